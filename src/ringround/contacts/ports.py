"""What this room asks of rooms above it; the wiring gives the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from ringround.orgs.actor import Actor

# Whether anything has happened to a contact that must stay (a lead, calls, agreements); asked before it is deleted.
# Without an upper room nothing can have.
HISTORY: list[Callable[[UUID], bool]] = []
# (id, name) of the campaigns that the actor may put contacts on.
_campaigns: Callable[[Actor], Sequence[tuple[UUID, str]]] | None = None


def connect(
    *,
    history: Iterable[Callable[[UUID], bool]] = (),
    campaigns: Callable[[Actor], Sequence[tuple[UUID, str]]] | None = None,
) -> None:
    """Called once by the wiring."""
    global _campaigns
    HISTORY.extend(one for one in history if one not in HISTORY)
    if campaigns is not None:
        _campaigns = campaigns


def has_history(contact_id: UUID) -> bool:
    """Whether a contact must stay because something has happened to it."""
    return any(ask(contact_id) for ask in HISTORY)


def campaigns(actor: Actor) -> Sequence[tuple[UUID, str]]:
    """The campaigns of the actor's organisation that take contacts, by name."""
    return _campaigns(actor) if _campaigns is not None else ()


def knows_campaign(actor: Actor, campaign_id: UUID) -> bool:
    """Whether it is one of those. Without a campaigns room an id is only an id, and nobody acts on it."""
    return _campaigns is None or any(one == campaign_id for one, _name in _campaigns(actor))
