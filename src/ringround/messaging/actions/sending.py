"""What the courier writes: which messages may go now, and what has become of those that went."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ringround.compliance.rules.messages import may_message
from ringround.infra.unit import action
from ringround.messaging.actions.notes import status_note
from ringround.messaging.actions.parts import parts_note
from ringround.messaging.models import Message, MessagePart, Transport
from ringround.messaging.queries.sendable import sendable, why
from ringround.messaging.rules import senders
from ringround.messaging.rules.delivery import next_after_outage, next_try, rest_after
from ringround.messaging.transports.port import Outcome

log = logging.getLogger(__name__)

MAX_FAULT = 300


@action
def judged(*, messages: Sequence[Message], now: datetime, real: datetime) -> list[Message]:
    """Those of these claimed messages that may go now. The others are skipped, or wait; and give their try back.

    The caller holds the courier's lock, so that what goes at this moment is counted.
    """
    facts = sendable(messages=messages, now=now, real=real)
    going: list[Message] = []
    named: defaultdict[tuple[str, bool], list[UUID]] = defaultdict(list)
    for message in messages:
        if message.contact_id is not None and message.contact_id not in facts.zones:
            status_note(message, "skipped", now=now, reason="erased")
            continue
        if message.organisation.closing_at is not None:
            status_note(message, "skipped", now=now, reason="closed")
            continue
        transport = message.transport
        assert transport is not None
        own = facts.settings.get(message.organisation_id)
        if own is not None and not message.sender and (sender := own.sender(message.channel)):
            # Kept: who it was from is read later, and a repetition is from the same.
            message.sender = sender
            named[sender, False].append(message.id)
        if message.channel == "sms" and senders.kind(message.sender or transport.sender) is None:
            status_note(message, "skipped", now=now, reason="bad_sender")
            continue
        try:
            verdict = may_message(facts.of(message, going), now)
        except Exception:
            # It fails alone: the others of all organisations are in the same transaction.
            log.exception("message %s cannot be judged", message.id)
            status_note(message, "failed", now=now, reason="internal")
            continue
        if verdict.allow:
            if not message.sender and transport.sender:
                # Kept too, while it is there: parts of one message are from one, or no telephone joins them.
                message.sender, message.sender_lent = transport.sender, True
                named[message.sender, True].append(message.id)
            going.append(message)
            continue
        closed = [gate.gate for gate in verdict.reasons]
        if verdict.next_at is not None and facts.waits(message, closed):
            _put_back(message, verdict.next_at)
        else:
            status_note(message, "skipped", now=now, reason=why(closed))
    for (sender, lent), ids in named.items():
        Message.objects.filter(id__in=ids).update(sender=sender, sender_lent=lent)
    return going


def _put_back(message: Message, at: datetime) -> None:
    message.next_at, message.lease_until, message.tries = at, None, message.tries - 1
    if _nowhere(message):
        _leave(message)
    message.save(update_fields=["next_at", "lease_until", "tries", "transport", "sender", "sender_lent"])


def _nowhere(message: Message) -> bool:
    """Whether surely no provider has it, nor a part of it: then another transport may take it."""
    return not message.doubts and not (message.parts > 1 and MessagePart.objects.filter(message=message).exists())


def _leave(message: Message) -> None:
    """Another transport may take it, and it is from that one's sender then."""
    if message.sender_lent:
        message.sender, message.sender_lent = "", False
    message.transport = None


@action
def messages_done(*, outcomes: Mapping[UUID, tuple[int, Outcome]], now: datetime, real: datetime) -> None:
    """Note what has come of tries, by message: (number of the claim, outcome). One whose claim is no longer the latest,
    or that a receipt has spoken of meanwhile, is let go: the later word counts."""
    rows = Message.objects.select_for_update(no_key=True).filter(id__in=list(outcomes)).order_by("id")
    health: dict[UUID, Outcome] = {}
    for message in rows:
        claim_no, outcome = outcomes[message.id]
        if outcome.parts:
            # A second time, where the bind has noted them: it may not have been able to.
            parts_note(message_id=message.id, parts=outcome.parts)
        if outcome.kind == "sent" and outcome.provider_id and not message.provider_id:
            # Also where a receipt was quicker: the next one may name the provider's id alone.
            message.provider_id = outcome.provider_id[:200]
            message.save(update_fields=["provider_id"])
        noted = message.lease_until is None or message.status != "queued"
        if message.transport_id is not None and message.claim_no == claim_no and not (noted and outcome.down):
            known = health.get(message.transport_id)
            # Of several at once a good one speaks for the transport.
            if known is None or known.down:
                health[message.transport_id] = outcome
        if message.claim_no == claim_no and message.status == "skipped" and outcome.kind == "sent":
            # Its contact was erased while it was under way, and it went all the same.
            status_note(message, "sent", now=now)
        if message.claim_no != claim_no or noted:
            # Without a lease this try was noted already: the database went before it could say so.
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
    # Also of the last try: whoever reads the message sees how often it may have come.
    message.doubts += unknown
    if outcome.down and not unknown:
        # The transport's trouble, not the message's: that is no try of it.
        message.tries -= 1
        message.held_since = message.held_since or now
        at = next_after_outage(message.held_since, now)
    else:
        at = next_try(message.tries, now)
    # Who has it, or a part of it, or may have it, is switched off: nobody else may send it, and that one never will.
    left = message.transport is not None and not message.transport.active and not _nowhere(message)
    if at is None or left:
        message.save(update_fields=["doubts"])
        reason = "unknown_outcome" if unknown or left else outcome.reason
        status_note(message, "failed", now=now, reason=reason, detail=outcome.detail)
        return
    message.next_at, message.lease_until = at, None
    message.reason, message.detail = outcome.reason, outcome.detail[:MAX_FAULT]
    if _nowhere(message):
        _leave(message)
    message.save(
        update_fields=[
            "next_at", "lease_until", "tries", "held_since", "doubts", "reason", "detail", "transport", "sender",
            "sender_lent",
        ]
    )  # fmt: skip


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
