"""What `ringround doctor` looks at in this room: whether transports answer and take our sign-in. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from ringround.infra import clock
from ringround.infra.doctor import Finding, readable
from ringround.messaging.models import Message, Transport
from ringround.messaging.transports import DRAWERS
from ringround.messaging.ways import way_of

MOST_LOOKED_AT = 20
# So long a message may be overdue before it is said.
OVERDUE = timedelta(minutes=10)
_WHAT = {"sms": "SMS", "email": "e-mail"}


def keys(settings: Any) -> Iterable[Finding]:
    """Without their key no provider takes a message of ours."""
    kept = Transport.objects.exclude(secrets="").order_by("id").values_list("secrets", flat=True)
    return readable(settings, "transports' secrets", kept)


def transports(settings: Any) -> Iterable[Finding]:
    """Each active transport, those that failed of late first."""
    found = Transport.objects.filter(active=True).select_related("organisation").order_by("-failures", "id")
    rows = list(found[:MOST_LOOKED_AT])
    for channel, what in _WHAT.items():
        if not any(row.channel == channel for row in rows):
            advice = f"To send {what}, make a transport under Messages, or by POST /transports."
            yield Finding(what, "ok", "no transport: none is sent", advice)
    for row in rows:
        name = f"{_WHAT[row.channel]}: {row.name} of {row.organisation.name}"
        way = way_of(row)
        if way is None:
            advice = "Add the old key to RINGROUND_ENCRYPTION_KEYS_FILE, or write the transport's secrets anew."
            yield Finding(name, "fault", "its secrets cannot be read", advice)
            continue
        wrong = DRAWERS[row.kind].look(way)
        if wrong:
            advice = "Check its settings and secrets, and that this machine may reach it. Its messages wait or fail."
            yield Finding(name, "fault", f"{row.kind} does not take us: {wrong}", advice)
        else:
            yield Finding(name, "ok", f"{row.kind} answers")
    if found.count() > MOST_LOOKED_AT:
        yield Finding("message transports", "ok", f"the first {MOST_LOOKED_AT} of {found.count()} were looked at")


def outbox(settings: Any) -> Iterable[Finding]:
    """Messages that should have gone."""
    late = Message.objects.filter(status="queued", next_at__lt=clock.now() - OVERDUE)
    counted = late[:10_001].count()
    if not counted:
        yield Finding("messages", "ok", "none overdue")
        return
    shown = f"{counted}" if counted <= 10_000 else "over 10000"
    advice = "Is the worker running (`ringround serve`), and an active transport there for each that waits?"
    yield Finding("messages", "warning", f"{shown} overdue for over {OVERDUE.seconds // 60} minutes", advice)


CHECKS = (keys, transports, outbox)
