"""Messages of runs, and what was written back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.campaigns import actions as campaigns
from ringround.campaigns.actions import LeadMessage
from ringround.journeys import events
from ringround.journeys.engine.book import Loaded
from ringround.journeys.rules.run import Effect, Outcome, Run
from ringround.kernel.ids import parse_id
from ringround.messaging import queries as messages

_CHANNEL = {"send_sms": "sms", "send_email": "email"}


def send(asked: Sequence[tuple[Loaded, UUID, Run, Effect]], now: datetime) -> list[Outcome]:
    """Write down what is to be sent; a message that cannot be is skipped with its reason, and never in the way."""
    orders = [
        LeadMessage(
            key=effect.key, lead_id=lead, channel=_CHANNEL[effect.type], template_id=parse_id(effect.data["template"]),
            cause=events.cause_of(loaded.journey_id, run), quiet=effect.data.get("quiet_hours") or None,
        )
        for loaded, lead, run, effect in asked
    ]  # fmt: skip
    came = []
    for (_loaded, _lead, run, _effect), queued in zip(
        asked, campaigns.messages_send(orders=orders, now=now), strict=True
    ):
        if queued is None:
            came.append(Outcome(run.epoch, "skipped", "lead_gone"))
        elif queued.status == "skipped":
            came.append(Outcome(run.epoch, "skipped", queued.reason))
        else:
            came.append(Outcome(run.epoch))
    return came


def text_of(message_id: Any) -> str | None:
    """What was written to us; read for conditions, and kept nowhere."""
    found = parse_id(message_id)
    message = messages.message_of(message_id=found) if found is not None else None
    return message.text if message is not None else None
