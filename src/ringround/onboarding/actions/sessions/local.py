"""An upgrade's act that needs no link: done at once, where the rail does not have to agree first."""

from __future__ import annotations

from datetime import datetime

from ringround.onboarding.actions.sessions import outcomes, store
from ringround.onboarding.models import Session
from ringround.onboarding.rules.session import Command
from ringround.orgs.actor import Actor


def perform(session: Session, *, actor: Actor, now: datetime) -> None:
    """New → Processing → Complete, or Failed where the act does not apply; the subscription is then as it was. Where
    the rail must agree, the session waits in Processing."""
    store.move(session, Command.BEGIN, now=now, actor=actor)
    done = outcomes.get().applied(session, now)
    if done.what == "applied":
        store.move(session, Command.ACCEPT, now=now, actor=actor)
    elif done.what == "refused":
        store.move(session, Command.FAIL, now=now, actor=actor, reason=done.reason)


def answered(session: Session, *, ok: bool, now: datetime, reason: str = "refused_by_rail") -> None:
    """The rail has agreed to what a locked session waits for, or has refused it."""
    if ok:
        store.move(session, Command.ACCEPT, now=now)
    else:
        store.move(session, Command.FAIL, now=now, reason=reason)
