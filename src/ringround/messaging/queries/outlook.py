"""Whether a message would go now: what the courier will ask, asked ahead, for whoever writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ringround.compliance.rules.messages import MessageFacts, may_message
from ringround.infra import clock
from ringround.kernel.ids import new_id
from ringround.messaging.models import Message, Transport
from ringround.messaging.queries.sendable import REASONS, asked_of, patient, sendable, why
from ringround.messaging.queries.templates import settings_of
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
    reason = why(closed)
    return Outlook(
        "quiet" if reason == REASONS["quiet_hours"] and waits else reason, verdict.next_at if waits else None
    )


@dataclass(frozen=True, slots=True)
class Whither:
    """Where a message would go."""

    org_id: UUID
    campaign_id: UUID | None
    contact_id: UUID | None
    channel: str
    to: str | None


@dataclass(frozen=True, slots=True)
class Thither:
    """Why a message there would be skipped as it is queued (empty: it would not); by whose clocks it would go, and when
    others went to the same person lately, as far as the organisation's caps ask."""

    reason: str
    zones: tuple[str, ...] = ()
    sent: tuple[datetime, ...] = ()


def thither(*, asked: Sequence[Whither], now: datetime) -> list[Thither]:
    """Of messages there, in their order. What lies in the words is left out."""
    ways = set(
        Transport.objects.filter(organisation__in={one.org_id for one in asked})
        .values_list("organisation", "channel")
        .distinct()
    )
    organisations = {id: orgs.organisation_get(organisation_id=id) for id in {one.org_id for one in asked}}
    found: list[Thither] = []
    messages: dict[int, Message] = {}
    for at, one in enumerate(asked):
        address, fault = compose.address(one.channel, one.to)
        found.append(Thither(fault if (one.org_id, one.channel) in ways else "no_transport"))
        if not found[at].reason:
            messages[at] = Message(
                id=new_id(), organisation=organisations[one.org_id], campaign_id=one.campaign_id,
                contact_id=one.contact_id, channel=one.channel, to=address,
            )  # fmt: skip
    if messages:
        facts = sendable(messages=list(messages.values()), now=now, real=clock.real_now())
        for at, message in messages.items():
            closed = [("suppression", facts.barred), ("bounced", facts.bounced)]
            reason = next((REASONS[gate] for gate, ids in closed if message.id in ids), "")
            found[at] = Thither(reason, facts.zones_of(message), tuple(facts.sent.get(message.id, ())))
    return found


class PostGates:
    """An organisation's hours and caps as they are now, for who plays ahead what would be sent."""

    def __init__(self, *, org_id: UUID) -> None:
        self._settings = settings_of(org_id)

    def may(
        self, *, channel: str, zones: Sequence[str], quiet: Mapping[str, str] | None, sent: Sequence[datetime],
        now: datetime,
    ) -> tuple[datetime | None, str]:  # fmt: skip
        """When a message that is to go now goes, as the courier has it; None: it does not, and why. `quiet`: the
        message's own quiet hours; `sent`: when others went to the same person by the channel."""
        hours, caps = asked_of(self._settings, channel, quiet)
        verdict = may_message(MessageFacts(zones=tuple(zones), quiet=hours, caps=caps, sent=tuple(sent)), now)
        if verdict.allow:
            return now, ""
        closed = [gate.gate for gate in verdict.reasons]
        if verdict.next_at is not None and patient(self._settings, closed):
            return verdict.next_at, ""
        return None, why(closed)
