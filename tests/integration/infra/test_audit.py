"""The audit chain: appended in the transaction, sealed, and every kind of tampering found."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from ringround.infra import audit
from ringround.infra.models import AuditPending
from ringround.infra.unit import unit
from ringround.kernel.ids import new_id
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sealed() -> int:
    """Ten rows in the chain; how many there are in all."""
    actor = factories.member(factories.organisation("Audited"), "owner")
    for number in range(10):
        audit.write(
            actor=actor,
            action="test.thing.done",
            org_id=actor.org_id,
            subject_type="thing",
            subject_id=new_id(),
            data={"n": number},
        )
    while audit.seal_pending():
        pass
    count, faults = audit.verify()
    assert not faults
    return count


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_whole_chain_is_found_whole(sealed: int) -> None:
    assert audit.verify(batch=3) == (sealed, [])


def test_a_row_of_a_transaction_that_rolls_back_is_not_kept(sealed: int) -> None:
    actor = factories.member(factories.organisation("Rolled back"), "owner")
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        audit.write(actor=actor, action="test.x.y", org_id=actor.org_id, subject_type="thing", subject_id=None)
        raise RuntimeError
    assert audit.seal_pending() == 0


def test_rows_of_a_unit_are_kept_in_their_order_without_what_was_taken_back(sealed: int) -> None:
    actor = factories.member(factories.organisation("In units"), "owner")

    def write(action: str) -> None:
        data = {"æ": [1, None, "\"'\\"]}
        audit.write(actor=actor, action=action, org_id=None, subject_type="thing", subject_id=new_id(), data=data)

    with unit():
        write("test.one")
        with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
            write("test.taken_back")
            raise RuntimeError
        with transaction.atomic():
            write("test.two")
        write("test.three")
    rows = AuditPending.objects.order_by("id")
    assert [one.action for one in rows] == ["test.one", "test.two", "test.three"]
    assert {str(one.data) for one in rows} == {str({"æ": [1, None, "\"'\\"]})}
    assert audit.seal_pending() == 3
    assert audit.verify() == (sealed + 3, [])


@pytest.mark.parametrize(
    ("tamper", "problem"),
    [
        ("""UPDATE infra_audit SET data = '{"n": 99}' WHERE seq = (SELECT max(seq) - 4 FROM infra_audit)""", "altered"),
        (
            "UPDATE infra_audit SET at = at + interval '1 hour' WHERE seq = (SELECT max(seq) - 4 FROM infra_audit)",
            "altered",
        ),
        ("UPDATE infra_audit SET actor_id = NULL WHERE seq = (SELECT max(seq) FROM infra_audit)", "altered"),
        ("DELETE FROM infra_audit WHERE seq = (SELECT max(seq) - 4 FROM infra_audit)", "missing"),
        ("DELETE FROM infra_audit WHERE seq = (SELECT max(seq) FROM infra_audit)", "cut_off"),
        ("DELETE FROM infra_audit", "cut_off"),
    ],
)
def test_tampering_is_found(sealed: int, tamper: str, problem: str) -> None:
    run(tamper)
    _, faults = audit.verify()
    assert [fault.problem for fault in faults] == [problem]


def test_a_row_behind_the_end_of_the_chain_is_found(sealed: int) -> None:
    run(
        "INSERT INTO infra_audit SELECT seq + 1, gen_random_uuid(), at, org_id, actor_type, actor_id, acting_org_id,"
        " action, subject_type, subject_id, data, hash FROM infra_audit ORDER BY seq DESC LIMIT 1"
    )
    _, faults = audit.verify()
    assert [fault.problem for fault in faults] == ["cut_off"]


def test_the_sealer_does_not_wait_for_a_walk_of_the_chain(sealed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay seals: were it to wait, no event would be numbered while `doctor --audit` reads millions of rows."""
    actor = factories.member(factories.organisation("Walked"), "owner")
    done: list[int] = []
    seal = audit._seal

    def in_the_middle(previous: bytes, seq: int, row: tuple[Any, ...]) -> bytes:
        if not done:
            done.append(0)
            thread = threading.Thread(target=elsewhere, daemon=True)
            thread.start()
            thread.join(timeout=30)
        return seal(previous, seq, row)

    def elsewhere() -> None:
        try:
            audit.write(actor=actor, action="test.x.y", org_id=actor.org_id, subject_type="thing", subject_id=None)
            done[0] = audit.seal_pending()
        finally:
            connection.close()

    monkeypatch.setattr(audit, "_seal", in_the_middle)
    assert audit.verify(batch=3) == (sealed, [])
    assert done == [1]
