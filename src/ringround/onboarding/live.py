"""Who may hear this room's live topics: whoever sees the session, and of all of an organisation its own people."""

from __future__ import annotations

from ringround.kernel.ids import parse_id
from ringround.onboarding.queries.access import visible_sessions
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows


def session(actor: Actor, id: str) -> bool:
    """One session."""
    session_id = parse_id(id)
    return session_id is not None and visible_sessions(actor).filter(id=session_id).exists()


def sessions(actor: Actor, id: str) -> bool:
    """That something about the organisation's sessions has changed; which, the list says to who may see it."""
    return id == str(actor.org_id) and allows(actor, "onboarding.sessions.read")


ALLOWED = {"session": session, "sessions": sessions}
