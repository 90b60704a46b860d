"""The one table of lead statuses."""

from __future__ import annotations

from itertools import product

import pytest

from ringround.campaigns.rules.lead import CLOSED, OPEN, Change, Status, allowed


def test_every_status_is_open_or_closed() -> None:
    assert {status.value for status in Status} == OPEN | CLOSED
    assert not OPEN & CLOSED


@pytest.mark.parametrize(("status", "change"), list(product(Status, Change)))
def test_every_change_leads_from_every_status_somewhere_known_or_is_refused(status: Status, change: Change) -> None:
    targets = {to.value for to in Status if allowed(status, change, to)}
    match change:
        case Change.DISPOSE:
            assert targets == OPEN | CLOSED
        case Change.RESET:
            assert targets == {"new"}
        case Change.EXHAUST:
            assert targets == ({"exhausted"} if status.value in OPEN else set())
        case Change.RELEASE_PRIVATE:
            assert targets == ({"common_redial"} if status is Status.PRIVATE_REDIAL else set())
