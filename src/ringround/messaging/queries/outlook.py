"""Whether a message would go now: what the courier will ask, asked ahead, for whoever writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ringround.compliance.rules.messages import may_message
from ringround.infra import clock
from ringround.kernel.ids import new_id
from ringround.messaging.models import Message, Transport
from ringround.messaging.queries.sendable import REASONS, sendable, unwelcome
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


@dataclass(frozen=True, slots=True)
class Whither:
    """Where a message would go."""

    org_id: UUID
    campaign_id: UUID | None
    contact_id: UUID | None
    channel: str
    to: str | None


def refusals(*, asked: Sequence[Whither], now: datetime) -> list[str]:
    """Why a message there would be skipped as it is queued, in their order; empty where it would not. What is asked
    only as it is sent (hours, caps) is left out, and what lies in the words."""
    ways = set(
        Transport.objects.filter(organisation__in={one.org_id for one in asked})
        .values_list("organisation", "channel")
        .distinct()
    )
    found: list[str] = []
    messages: dict[UUID, int] = {}
    whole: list[Message] = []
    for at, one in enumerate(asked):
        address, fault = compose.address(one.channel, one.to)
        found.append(fault if (one.org_id, one.channel) in ways else "no_transport")
        if not found[at]:
            whole.append(
                Message(
                    id=new_id(), organisation_id=one.org_id, campaign_id=one.campaign_id, contact_id=one.contact_id,
                    channel=one.channel, to=address,
                )
            )  # fmt: skip
            messages[whole[-1].id] = at
    for id, reason in unwelcome(messages=whole, now=now).items():
        found[messages[id]] = reason
    return found
