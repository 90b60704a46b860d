"""The order in which one batch is numbered."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from ringround.infra.relay.numbering import in_subject_order


def row(subject: UUID, number: int) -> tuple[Any, ...]:
    return (uuid4(), uuid4(), None, "t", "lead", subject, number)


A, B = UUID(int=1), UUID(int=2)


def test_a_subjects_events_come_in_the_order_of_its_own_numbers() -> None:
    ordered = in_subject_order([row(A, 3), row(B, 1), row(A, 1), row(A, 2)])
    assert [(r[5], r[6]) for r in ordered] == [(A, 1), (B, 1), (A, 2), (A, 3)]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), unique=True))
def test_every_event_stays_and_each_subject_keeps_its_places(pairs: list[tuple[int, int]]) -> None:
    rows = [row(UUID(int=subject), number) for subject, number in pairs]
    ordered = in_subject_order(rows)
    assert sorted(r[0] for r in ordered) == sorted(r[0] for r in rows)
    assert [r[5] for r in ordered] == [r[5] for r in rows]
    for subject in {r[5] for r in rows}:
        numbers = [r[6] for r in ordered if r[5] == subject]
        assert numbers == sorted(numbers)
