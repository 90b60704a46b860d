"""The one table of a lead's statuses is asked whoever changes it."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

import ringround.campaigns
from ringround.campaigns.rules.dispose import Booking, book
from ringround.campaigns.rules.lead import CLOSED, OPEN, TABLE, Change, LeadFacts, Status, allowed
from ringround.campaigns.rules.turn import bring_back, make_common
from ringround.kernel.errors import Conflict
from ringround.kernel.ids import new_id

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROOM = Path(ringround.campaigns.__file__).parent


def lead(status: str) -> LeadFacts:
    return LeadFacts(
        id=new_id(), campaign_id=new_id(), merchant_id=new_id(), contact_id=new_id(), status=status, created_at=NOW
    )


@pytest.mark.parametrize("change", Change)
@pytest.mark.parametrize("status", Status)
def test_a_lead_becomes_only_what_the_table_says(status: Status, change: Change) -> None:
    for to in Status:
        one = lead(status)
        if to in TABLE.get((status, change), ()):
            one.become(change, to)
            assert one.status == to
        else:
            with pytest.raises(Conflict):
                one.become(change, to)
            assert one.status == status


@pytest.mark.parametrize("status", sorted(CLOSED))
def test_neither_time_nor_a_callback_opens_a_closed_lead(status: str) -> None:
    one = lead(status)
    with pytest.raises(Conflict):
        book(one, Booking(NOW, True), new_id())
    with pytest.raises(Conflict):
        make_common(one)
    bring_back(one, new_id(), NOW)
    assert one.status == status


def test_every_status_can_be_reset_and_closed_ones_are_not_exhausted() -> None:
    assert all(allowed(status, Change.RESET, "new") for status in Status)
    assert {status for status in Status if allowed(status, Change.EXHAUST, "exhausted")} == OPEN


def test_no_status_is_written_past_the_table() -> None:
    written = []
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Assign):
                continue
            targets = [each for one in node.targets for each in (one.elts if isinstance(one, ast.Tuple) else [one])]
            for one in targets:
                if isinstance(one, ast.Attribute) and one.attr == "status" and isinstance(one.value, ast.Name):
                    written.append((path.relative_to(ROOM).as_posix(), one.value.id))
    assert [one for one in written if one[1] == "lead"] == []
    assert ("rules/lead.py", "self") in written
