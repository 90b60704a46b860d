"""What a session leads to: agreements, mandates, subscriptions. Their actions come in here (`connect`), since they are
the later half of the room and know sessions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ringround.onboarding.gateways.port import ChargeView, MandateView
from ringround.onboarding.models import Session, Subscription

View = MandateView | ChargeView


@dataclass(frozen=True, slots=True)
class Act:
    """What came of a local act: done, waiting for the rail's agreement, or refused with a reason."""

    what: Literal["applied", "waiting", "refused"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """All in the session's transaction, which is locked. `signed_up` makes agreement, mandate and subscription, or the
    single payment's charge; `method_changed` moves the subscription to the new mandate; `applied` does a local act;
    `unwanted` stops a permission that nobody wants any more."""

    signed_up: Callable[[Session, View, datetime], Subscription | None]
    method_changed: Callable[[Session, View, datetime], None]
    applied: Callable[[Session, datetime], Act]
    unwanted: Callable[[Session, str, datetime], None]


_outcomes: Outcomes | None = None


def connect(outcomes: Outcomes) -> None:
    """Called once, by the room's actions."""
    global _outcomes
    _outcomes = outcomes


def get() -> Outcomes:
    if _outcomes is None:
        raise RuntimeError("sessions lead nowhere: agreements are not connected")
    return _outcomes
