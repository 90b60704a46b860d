"""An upgrade's act that needs no link: done at once, where the rail does not have to agree first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ringround.onboarding.actions.agreements.changes import Applied, upgrade_apply
from ringround.onboarding.actions.agreements.noted import SESSION_TOLD
from ringround.onboarding.actions.sessions import store
from ringround.onboarding.models import Session
from ringround.onboarding.rules.session import Command, Status
from ringround.onboarding.rules.subscription import Refused
from ringround.orgs.actor import Actor


def perform(session: Session, *, actor: Actor, now: datetime) -> None:
    """New → Processing → Complete, or Failed where the act does not apply; the subscription is then as it was. Where
    the rail must agree, the session waits in Processing."""
    store.move(session, Command.BEGIN, now=now, actor=actor)
    done = upgrade_apply(session=session, now=now)
    if isinstance(done, Refused):
        store.move(session, Command.FAIL, now=now, actor=actor, reason=done.reason)
    elif isinstance(done, Applied):
        store.move(session, Command.ACCEPT, now=now, actor=actor)
    else:
        # The rail's answer ends it, or that there is none; not the time in which a donor is to accept.
        session.look_at = None
        session.save(update_fields=["look_at"])


def answered(session_id: UUID, refused: str, now: datetime) -> None:
    """The rail has agreed to what a session waits for, or `refused` it with a reason. Its row is locked already."""
    session = store.lock(session_id)
    if session is None or session.status != Status.PROCESSING:
        return
    if refused:
        store.move(session, Command.FAIL, now=now, reason=refused)
    else:
        store.move(session, Command.ACCEPT, now=now)


SESSION_TOLD.append(answered)
