"""Who may hear this room's live topics."""

from __future__ import annotations

from ringround.kernel.ids import parse_id
from ringround.onboarding.queries.access import visible_sessions
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows


def session(actor: Actor, id: str) -> bool:
    """A session: whoever may look at it."""
    session_id = parse_id(id)
    return (
        session_id is not None
        and allows(actor, "onboarding.sessions.read")
        and visible_sessions(actor).filter(id=session_id).exists()
    )


def sessions(actor: Actor, id: str) -> bool:
    """The organisation's sessions."""
    return id == str(actor.org_id) and allows(actor, "onboarding.sessions.read")


ALLOWED = {"session": session, "sessions": sessions}
