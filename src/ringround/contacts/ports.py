"""What this room asks of rooms above it; the wiring gives the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from ringround.kernel.messages import Message
from ringround.orgs.actor import Actor

# Whether anything has happened to a contact that must stay (a lead, calls, agreements); asked before it is deleted.
# Without an upper room nothing can have.
HISTORY: list[Callable[[UUID], bool]] = []
# Of these contacts, those that have been worked on since; where they are to go, the others' traces are removed. Asked
# when an import is taken back: (contacts, since when, whether they are to go) -> those that stay.
Retract = Callable[[Sequence[UUID], datetime, bool], set[UUID]]
RETRACT: list[Retract] = []
# What is to be done first, in a sentence, before a person may be erased; None: nothing.
Held = Callable[[UUID], Message | None]
HELD: list[Held] = []
# (id, name) of the campaigns that the actor may put contacts on.
_campaigns: Callable[[Actor], Sequence[tuple[UUID, str]]] | None = None


def connect(
    *,
    history: Iterable[Callable[[UUID], bool]] = (),
    campaigns: Callable[[Actor], Sequence[tuple[UUID, str]]] | None = None,
    retract: Iterable[Retract] = (),
    held: Iterable[Held] = (),
) -> None:
    """Called once by the wiring."""
    global _campaigns
    RETRACT.extend(one for one in retract if one not in RETRACT)
    HELD.extend(one for one in held if one not in HELD)
    HISTORY.extend(one for one in history if one not in HISTORY)
    if campaigns is not None:
        _campaigns = campaigns


def has_history(contact_id: UUID) -> bool:
    """Whether a contact must stay because something has happened to it."""
    return any(ask(contact_id) for ask in HISTORY)


def held(contact_id: UUID) -> Message | None:
    """What is to be done before a contact may be erased; None: nothing."""
    return next((words for ask in HELD if (words := ask(contact_id)) is not None), None)


def worked(contact_ids: Sequence[UUID], since: datetime) -> set[UUID]:
    """Those of these contacts that somebody has worked on since."""
    return set().union(*(ask(contact_ids, since, False) for ask in RETRACT)) if contact_ids else set()


def retract(contact_ids: Sequence[UUID], since: datetime) -> set[UUID]:
    """Take away what upper rooms made of these contacts, which are to go; those that stay, since they were worked."""
    stay = worked(contact_ids, since)
    for take in RETRACT:
        stay |= take([one for one in contact_ids if one not in stay], since, True)
    return stay


def campaigns(actor: Actor) -> Sequence[tuple[UUID, str]]:
    """The campaigns of the actor's organisation that take contacts, by name."""
    return _campaigns(actor) if _campaigns is not None else ()


def knows_campaign(actor: Actor, campaign_id: UUID) -> bool:
    """Whether it is one of those. Without a campaigns room an id is only an id, and nobody acts on it."""
    return _campaigns is None or any(one == campaign_id for one, _name in _campaigns(actor))
