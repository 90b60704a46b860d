"""What the courier writes: which messages may go now, and what has become of those that went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ringround.compliance.rules.messages import Cap, MessageFacts, may_message, quiet_hours
from ringround.contacts import queries as contacts
from ringround.contacts.queries import Recipient
from ringround.infra import sql
from ringround.infra.unit import action
from ringround.kernel import phones
from ringround.kernel.windows import Hours
from ringround.messaging.actions.notes import status_note
from ringround.messaging.models import Message, MessageSettings, Transport
from ringround.messaging.rules import senders
from ringround.messaging.rules.delivery import next_try, rest_after
from ringround.messaging.transports.port import Outcome

# The gates' names, as reasons of messages.
_REASONS = {"suppression": "suppressed", "bounced": "bounced_before", "quiet_hours": "no_hours", "cap": "capped"}
TEST = "test"
MAX_FAULT = 300


@action
def judged(*, messages: Sequence[Message], now: datetime, real: datetime) -> list[Message]:
    """Those of these claimed messages that may go now. The others are skipped, or wait; and give their try back.

    The caller holds the courier's lock, so that what goes at this moment is counted.
    """
    facts = _facts(messages, now, real)
    wait_over_cap = {one.organisation_id for one in facts.settings.values() if one.over_cap == "wait"}
    going: list[Message] = []
    for message in messages:
        if message.contact_id is not None and message.contact_id not in facts.zones:
            status_note(message, "skipped", now=now, reason="erased")
            continue
        if message.organisation.closing_at is not None:
            status_note(message, "skipped", now=now, reason="closed")
            continue
        transport = message.transport
        assert transport is not None
        if message.channel == "sms" and senders.kind(message.sender or transport.sender) is None:
            status_note(message, "skipped", now=now, reason="bad_sender")
            continue
        verdict = may_message(facts.of(message, going), now)
        if verdict.allow:
            going.append(message)
            continue
        shut = verdict.reasons[0].gate
        waits = verdict.next_at is not None and all(
            gate.gate == "quiet_hours" or (gate.gate == "cap" and message.organisation_id in wait_over_cap)
            for gate in verdict.reasons
        )
        if waits:
            assert verdict.next_at is not None
            _put_back(message, verdict.next_at)
        else:
            reason = next((gate.gate for gate in verdict.reasons if gate.gate != "quiet_hours"), shut)
            status_note(message, "skipped", now=now, reason=_REASONS[reason])
    return going


def _put_back(message: Message, at: datetime) -> None:
    message.next_at, message.lease_until, message.tries = at, None, message.tries - 1
    if not message.doubts:
        message.transport = None
    message.save(update_fields=["next_at", "lease_until", "tries", "transport"])


class _Facts:
    """What is asked about a batch, read at once."""

    settings: dict[UUID, MessageSettings]
    zones: dict[UUID, str]
    barred: set[UUID]
    bounced: set[UUID]
    sent: dict[UUID, list[datetime]]
    now: datetime

    def of(self, message: Message, going: Sequence[Message]) -> MessageFacts:
        """The facts of one; `going` are those of the batch that go before it."""
        if (message.cause or {}).get(TEST):
            # Somebody waits for it, at an address of their own.
            return MessageFacts(suppressed=message.id in self.barred)
        settings = self.settings.get(message.organisation_id)
        own = settings.quiet if settings is not None else None
        quiet: list[Hours] = [hours for raw in (own, message.quiet) if (hours := quiet_hours(raw)) is not None]
        caps = tuple(
            Cap(one["most"], timedelta(days=one["days"]))
            for one in (settings.caps if settings is not None else ())
            if one["channel"] == message.channel
        )
        before = [self.now for one in going if _same_person(one, message)]
        return MessageFacts(
            suppressed=message.id in self.barred,
            bounced=message.id in self.bounced,
            zones=self._zones(message),
            quiet=tuple(quiet),
            caps=caps,
            sent=tuple(self.sent.get(message.id, ())) + tuple(before) if caps else (),
        )

    def _zones(self, message: Message) -> tuple[str, ...]:
        own = self.zones.get(message.contact_id, "") if message.contact_id is not None else ""
        asked = (message.quiet or {}).get("zone")
        if own or asked:
            return (own or str(asked),)
        of_number = phones.timezones(message.to) if message.channel == "sms" else ()
        return tuple(of_number) or (message.organisation.timezone,)


def _same_person(one: Message, other: Message) -> bool:
    return (
        one.organisation_id == other.organisation_id
        and one.channel == other.channel
        and (one.to == other.to or (one.contact_id is not None and one.contact_id == other.contact_id))
    )


def _facts(messages: Sequence[Message], now: datetime, real: datetime) -> _Facts:
    found = _Facts()
    found.now = now
    org_ids = {one.organisation_id for one in messages}
    found.settings = {one.organisation_id: one for one in MessageSettings.objects.filter(organisation__in=org_ids)}
    found.zones = contacts.contact_zones({one.contact_id for one in messages if one.contact_id is not None})
    kind = {"sms": "phone", "email": "email"}
    asked = [
        Recipient(one.organisation_id, one.campaign_id, one.contact_id, kind[one.channel], one.to) for one in messages
    ]
    found.barred = {messages[at].id for at in contacts.messages_barred(recipients=asked, now=now)}
    mails = [one for one in messages if one.channel == "email"]
    found.bounced, found.sent = set(), defaultdict(list)
    if mails:
        rows = sql.rows(
            "messaging", "messages_bounced", orgs=[one.organisation_id for one in mails],
            addresses=[one.to for one in mails],
        )  # fmt: skip
        found.bounced = {mails[row["i"] - 1].id for row in rows}
    capped = [one for one in messages if one.organisation_id in found.settings]
    days = max((cap["days"] for one in found.settings.values() for cap in one.caps), default=0)
    if capped and days:
        of_batch = {one.id for one in messages}
        rows = sql.rows(
            "messaging", "messages_recent", now=now, real=real, since=now - timedelta(days=days),
            ids=[one.id for one in capped], orgs=[one.organisation_id for one in capped],
            channels=[one.channel for one in capped], addresses=[one.to for one in capped],
            contacts=[one.contact_id for one in capped],
        )  # fmt: skip
        for row in rows:
            # Those of the batch are counted as they are let go.
            if row["id"] not in of_batch:
                found.sent[capped[row["i"] - 1].id].append(row["at"])
    return found


@action
def messages_done(*, outcomes: Mapping[UUID, tuple[int, Outcome]], now: datetime, real: datetime) -> None:
    """Note what has come of tries, by message: (number of the claim, outcome). One whose claim is no longer the latest,
    or that a receipt has spoken of meanwhile, is let go: the later word counts."""
    rows = Message.objects.select_for_update(no_key=True).filter(id__in=list(outcomes)).order_by("id")
    health: dict[UUID, Outcome] = {}
    for message in rows:
        claim_no, outcome = outcomes[message.id]
        if outcome.kind == "sent" and outcome.provider_id and not message.provider_id:
            # Also where a receipt was quicker: the next one may name the provider's id alone.
            message.provider_id = outcome.provider_id[:200]
            message.save(update_fields=["provider_id"])
        if message.transport_id is not None and message.claim_no == claim_no:
            known = health.get(message.transport_id)
            # Of several at once a good one speaks for the transport.
            if known is None or known.down:
                health[message.transport_id] = outcome
        if message.claim_no != claim_no or message.status != "queued":
            continue
        if outcome.kind == "sent":
            status_note(message, "sent", now=now)
        elif outcome.kind == "refused":
            status_note(message, "failed", now=now, reason=outcome.reason or "refused", detail=outcome.detail)
        else:
            _again(message, outcome, now)
    for transport_id, outcome in sorted(health.items()):
        _health(transport_id, outcome, real)


def _again(message: Message, outcome: Outcome, now: datetime) -> None:
    """Another try later, or none."""
    unknown = outcome.kind == "unknown"
    at = next_try(message.tries, now)
    if at is None:
        reason = "unknown_outcome" if unknown else outcome.reason
        status_note(message, "failed", now=now, reason=reason, detail=outcome.detail)
        return
    message.next_at, message.lease_until = at, None
    message.doubts += unknown
    message.reason, message.detail = outcome.reason, outcome.detail[:MAX_FAULT]
    if not message.doubts:
        # Surely nowhere: another transport may take it.
        message.transport = None
    message.save(update_fields=["next_at", "lease_until", "doubts", "reason", "detail", "transport"])


def _health(transport_id: UUID, outcome: Outcome, real: datetime) -> None:
    transport = Transport.objects.select_for_update(no_key=True).get(id=transport_id)
    if outcome.down:
        transport.failures += 1
        transport.rests_until = real + rest_after(transport.failures)
        transport.fault, transport.fault_at = f"{outcome.reason} {outcome.detail}".strip()[:MAX_FAULT], real
        transport.save(update_fields=["failures", "rests_until", "fault", "fault_at"])
    elif transport.failures:
        transport.failures, transport.fault = 0, ""
        transport.save(update_fields=["failures", "fault"])
