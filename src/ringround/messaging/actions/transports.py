"""Choosing how messages leave. Secrets are stored encrypted and never shown again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.infra import audit, clock
from ringround.infra.secrets import KeyTrouble
from ringround.kernel.columns import is_email
from ringround.kernel.errors import Conflict, Fault, Invalid, Loc, NotFound
from ringround.kernel.ids import new_token
from ringround.kernel.messages import N_
from ringround.messaging.actions.notes import status_note
from ringround.messaging.models import Message, Transport
from ringround.messaging.rules import senders
from ringround.messaging.transports import DRAWERS
from ringround.messaging.ways import seal, unseal
from ringround.orgs import actions as orgs
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

MOST = 50
MOST_PER_S = 1000.0
MAX_SECRET = 5_000
_NAMED = re.compile(r"[^<>\r\n\"]*<([^<>\s]+)>")


@transaction.atomic
def transport_create(
    *,
    actor: Actor,
    name: str,
    kind: str,
    channel: str,
    sender: str = "",
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    throttle_per_s: float | None = None,
    priority: int = 100,
    active: bool = True,
) -> Transport:
    """A way out for one channel. Invalid with every fault of its settings."""
    permissions.require(actor, "messaging.transports.change")
    orgs.still_acting(actor=actor)
    if Transport.objects.filter(organisation=actor.organisation).count() >= MOST:
        raise Conflict("too_many_transports", N_("There are as many transports as there may be."))
    now = clock.real_now()
    made = Transport(
        organisation=actor.organisation, name=name, kind=kind, channel=channel, sender=sender.strip(),
        settings=dict(settings or {}), throttle_per_s=throttle_per_s, priority=priority, active=active,
        token=new_token("rrm"), tokens_at=now, rests_until=now, created_at=now, updated_at=now,
    )  # fmt: skip
    kept = dict(secrets or {})
    _check(made, kept)
    made.secrets = seal(kept)
    made.save(force_insert=True)
    _write(actor, "created", made, kind=kind, channel=channel)
    return made


@transaction.atomic
def transport_change(
    *,
    actor: Actor,
    transport_id: UUID,
    secrets: Mapping[str, str | None] | None = None,
    rotate: bool = False,
    **fields: Any,
) -> Transport:
    """Change what is named: `name`, `sender`, `settings` (as a whole), `throttle_per_s`, `priority`, `active`. Of the
    secrets those that are named; None takes one away. `rotate`: another address for the provider to call."""
    mine = Transport.objects.filter(organisation=actor.org_id, id=transport_id)
    if not mine.exists():
        raise NotFound("transport")
    permissions.require(actor, "messaging.transports.change")
    # Before the transport's row: the organisation comes first.
    orgs.still_acting(actor=actor)
    found = mine.select_for_update(no_key=True).first()
    if found is None:
        raise NotFound("transport")
    for name in ("name", "sender", "settings", "throttle_per_s", "priority", "active"):
        if name in fields and (fields[name] is not None or name == "throttle_per_s"):
            setattr(found, name, fields[name])
    try:
        kept = unseal(found.secrets)
    except KeyTrouble:
        # Whoever writes them anew has mended it.
        kept = {}
    for name, value in (secrets or {}).items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = value
    _check(found, kept)
    if secrets:
        found.secrets = seal(kept)
    if rotate:
        found.token = new_token("rrm")
    now = clock.real_now()
    # Whoever mends it wants to see at once whether it works.
    found.failures, found.fault, found.rests_until, found.updated_at = 0, "", now, now
    found.save()
    if not found.active:
        transport_left(transport_id=found.id, now=clock.now(), real=now)
    changed = sorted({*fields, *(["secrets"] if secrets else []), *(["token"] if rotate else [])})
    _write(actor, "changed", found, fields=changed)
    return found


def transport_left(*, transport_id: UUID, now: datetime, real: datetime) -> int:
    """Messages that a transport has had and not answered can go by no other, and never by this one: it is switched off.
    How many have failed so. What is under way at this moment is failed by whoever notes it."""
    rows = (
        # Locked by nobody else: whoever notes an outcome locks the message first and the transport then.
        Message.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(transport=transport_id, status="queued")
        .exclude(lease_until__gt=real)
        .order_by("id")
    )
    return sum(status_note(one, "failed", now=now, reason="unknown_outcome") for one in rows)


def _check(transport: Transport, secrets: Mapping[str, str]) -> None:
    drawer = DRAWERS.get(transport.kind)
    if drawer is None:
        words = N_("There is no such kind of transport.")
        raise Invalid([Fault(("kind",), "unknown_kind", words, {"options": list(DRAWERS)})])
    faults = []
    if transport.channel not in drawer.channels:
        words = N_("This kind does not send on that channel.")
        faults.append(Fault(("channel",), "wrong_channel", words, {"options": list(drawer.channels)}))
    faults += drawer.check(transport.settings, secrets)
    if drawer.kind != "http":
        for name in secrets:
            if name not in drawer.secrets:
                faults.append(Fault(("secrets", name), "unknown_field", N_("There is no such secret.")))
    for name, value in secrets.items():
        if len(value) > MAX_SECRET:
            faults.append(Fault(("secrets", name), "too_long", N_("This is too long.")))
    faults += check_sender(transport.channel, transport.sender, loc=("sender",))
    per_s = transport.throttle_per_s
    if per_s is not None and not 0 < per_s <= MOST_PER_S:
        faults.append(Fault(("throttle_per_s",), "out_of_range", N_("This is out of range.")))
    if faults:
        raise Invalid(faults)


def check_sender(channel: str, sender: str, *, loc: Loc) -> list[Fault]:
    """Nothing, or why messages on this channel cannot be from this one."""
    if channel == "sms":
        return senders.check(sender, loc=loc)
    if email_of(sender) is not None:
        return []
    return [Fault(loc, "bad_sender", N_("Write an e-mail address, or a name and the address in <…>."))]


def email_of(sender: str) -> str | None:
    """The address of `Charity <hello@example.org>` or of a bare one; None where there is none."""
    named = _NAMED.fullmatch(sender.strip())
    address = named[1] if named else sender.strip()
    return address if is_email(address) else None


def _write(actor: Actor, verb: str, transport: Transport, **data: Any) -> None:
    audit.write(
        actor=actor, action=f"messaging.transport.{verb}", org_id=transport.organisation_id, subject_type="transport",
        subject_id=transport.id, data=data,
    )  # fmt: skip
