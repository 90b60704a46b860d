"""Whether a message would go now: what the courier will ask, asked ahead, for whoever writes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ringround.compliance.rules.messages import may_message
from ringround.infra import clock
from ringround.messaging.models import Message, Transport
from ringround.messaging.queries.sendable import REASONS, sendable
from ringround.messaging.rules import compose
from ringround.orgs import queries as orgs


@dataclass(frozen=True, slots=True)
class Outlook:
    """`reason` is empty where it would go at once. With `at` it waits until then; without, it would not go at all."""

    reason: str = ""
    at: datetime | None = None


def outlook(
    *, org_id: UUID, campaign_id: UUID | None, contact_id: UUID | None, channel: str, to: str | None, now: datetime
) -> Outlook:
    """For a room that has found the contact visible. Nothing is held by it: it is asked again when it is sent."""
    address, fault = compose.address(channel, to)
    if fault:
        return Outlook(fault)
    if not Transport.objects.filter(organisation=org_id, channel=channel).exists():
        return Outlook("no_transport")
    message = Message(
        organisation=orgs.organisation_get(organisation_id=org_id), campaign_id=campaign_id, contact_id=contact_id,
        channel=channel, to=address,
    )  # fmt: skip
    facts = sendable(messages=[message], now=now, real=clock.real_now())
    if contact_id is not None and contact_id not in facts.zones:
        return Outlook("erased")
    verdict = may_message(facts.of(message, ()), now)
    if verdict.allow:
        return Outlook()
    closed = [gate.gate for gate in verdict.reasons]
    waits = verdict.next_at is not None and facts.waits(message, closed)
    reason = next((one for one in closed if one != "quiet_hours"), closed[0])
    return Outlook(
        "quiet" if reason == "quiet_hours" and waits else REASONS[reason], verdict.next_at if waits else None
    )
