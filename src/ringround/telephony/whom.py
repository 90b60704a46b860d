"""Whom calls were made to, and for what: asked of a room above; the wiring gives the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from ringround.orgs.actor import Actor
from ringround.telephony.models import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """The contact and the campaign of a call, with the pages of both; without an address where the reader has none."""

    name: str
    url: str
    campaign: str
    campaign_url: str


Ask = Callable[[Actor, Sequence[Call]], dict[UUID, Whom]]
_ask: Ask | None = None


def connect(ask: Ask) -> None:
    """Called once by the wiring."""
    global _ask
    _ask = ask


def whom(*, actor: Actor, calls: Sequence[Call]) -> dict[UUID, Whom]:
    """By call, of those whose contact the actor may see."""
    return _ask(actor, calls) if _ask is not None and calls else {}
