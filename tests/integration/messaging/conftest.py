"""What tests of the post room have in common. Rooms are imported late: this is read before Django is set up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ringround.messaging.actions import Queued
    from ringround.messaging.models import Transport

# A Monday at noon in Copenhagen.
NOON = datetime(2026, 11, 2, 11, 0, tzinfo=UTC)


@pytest.fixture
def at_noon() -> Iterator[None]:
    from ringround.infra import clock

    with clock.frozen(NOON):
        yield


@pytest.fixture
def org() -> Any:
    from tests import factories

    return factories.organisation("Charity", language="da")


@pytest.fixture
def transport() -> Callable[..., Transport]:
    from ringround.infra import clock
    from ringround.kernel.ids import new_id
    from ringround.messaging.models import Transport
    from ringround.messaging.ways import seal

    def make(org: Any, channel: str = "sms", kind: str = "sandbox", **more: Any) -> Transport:
        now = clock.real_now()
        # Rested long enough for a test that began a moment ago.
        before = now - timedelta(hours=1)
        sender = "Charity" if channel == "sms" else "Charity <hello@charity.example>"
        facts = {"name": kind, "sender": sender, **more}
        facts["secrets"] = seal(facts.get("secrets", {}))
        return Transport.objects.create(
            organisation=org, kind=kind, channel=channel, token=f"t-{new_id()}", tokens_at=now, rests_until=before,
            created_at=now, updated_at=now, **facts,
        )  # fmt: skip

    return make


@pytest.fixture
def queue(org: Any) -> Callable[..., Queued]:
    from ringround.infra import clock
    from ringround.kernel.ids import new_id
    from ringround.messaging.actions import Order, messages_queue

    def one(**more: Any) -> Queued:
        facts = {"key": str(new_id()), "org_id": org.id, "channel": "sms", "to": "+4520123456", "text": "Hej", **more}
        if facts["channel"] == "email":
            facts = {**facts, "subject": "Hej", "to": more.get("to", "anna@example.org")}
        return messages_queue(orders=[Order(**facts)], now=clock.now())[0]

    return one
