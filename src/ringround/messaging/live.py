"""Who may hear this room's live topics."""

from __future__ import annotations

from ringround.orgs import permissions
from ringround.orgs.actor import Actor


def messages(actor: Actor, id: str) -> bool:
    """The organisation's messages."""
    return id == str(actor.org_id) and permissions.allows(actor, "messaging.messages.read")


ALLOWED = {"messages": messages}
