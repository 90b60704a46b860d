"""What this room asks of rooms above it; the wiring gives the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from ringround.orgs.actor import Actor


@dataclass(frozen=True, slots=True)
class Sample:
    """Somebody real to try a text on. `values`: what merge fields stand for."""

    name: str
    url: str
    values: dict[str, str | None]


# The campaigns whose contacts may be looked at, by name; one of them for a sample in a language; the fields there are.
Campaigns = Callable[[Actor], Sequence[tuple[UUID, str]]]
SampleOf = Callable[[Actor, UUID, str], Sample | None]
Fields = Callable[[Actor], Sequence[str]]
# Where one reads of the leads of messages: {lead: (name, address)}, as far as the actor sees them.
Leads = Callable[[Actor, Sequence[UUID]], dict[UUID, tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Above:
    campaigns: Campaigns
    sample: SampleOf
    fields: Fields
    leads: Leads


_above: Above | None = None


def connect(above: Above) -> None:
    """Called once by the wiring."""
    global _above
    _above = above


def above() -> Above:
    """The rooms above."""
    assert _above is not None, "the wiring has not connected the post room"
    return _above
