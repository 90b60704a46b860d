"""Rows of ids: what several processes draw at once is ordered as it was told to be."""

from __future__ import annotations

import pickle
from uuid import UUID

from ringround.kernel.ids import IdRow


def test_ids_of_a_row_are_uuids_of_version_seven_and_rise() -> None:
    row = IdRow.begin()
    drawn = [row.text() for _ in range(40_000)]
    assert drawn == sorted(set(drawn))
    assert all(UUID(one).version == 7 and str(UUID(one)) == one for one in drawn[::997])


def test_a_row_begun_later_gives_greater_ids_whoever_draws_first() -> None:
    first, second = IdRow.begin(), IdRow.begin()
    later = second.text()
    assert max(first.text() for _ in range(1000)) < later


def test_a_row_goes_on_in_another_process_where_it_was() -> None:
    row = IdRow.begin()
    before = row.text()
    other = pickle.loads(pickle.dumps(row))  # noqa: S301 - our own
    assert before < other.text()
