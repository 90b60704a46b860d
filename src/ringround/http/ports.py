"""What this room asks of the hall above it: who a token is, what a role may do. Put in by the wiring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.http import HttpRequest


class Asker(Protocol):
    """Who calls, as this room needs to know: `orgs.actor.Actor` is one."""

    @property
    def org_id(self) -> UUID: ...
    @property
    def home_id(self) -> UUID: ...
    @property
    def user_id(self) -> UUID | None: ...
    @property
    def system_id(self) -> UUID | None: ...
    @property
    def token_id(self) -> UUID | None: ...
    @property
    def role(self) -> str: ...
    @property
    def audit_type(self) -> str: ...
    @property
    def audit_id(self) -> UUID | None: ...


@dataclass(frozen=True, slots=True)
class Ports:
    """`by_token(token, acting_for)` and `by_session(request)` give None for a stranger. `require(asker, permission)`
    raises Forbidden. `hold(asker)` locks the asker's organisation and raises Conflict where its work is over, or who
    acts for it no longer does. `merchants(asker)` are the merchants whose shared events an agency may read now;
    `merchants_of(org_id)` are those of an organisation, whoever asks.
    `run_until(moment)` moves the virtual clock there and does what is due on the way."""

    by_token: Callable[[str, str | None], Asker | None]
    by_session: Callable[[HttpRequest], Asker | None]
    require: Callable[[Asker, str], None]
    hold: Callable[[Asker], None]
    merchants: Callable[[Asker], Sequence[UUID]]
    merchants_of: Callable[[UUID], Sequence[UUID]]
    run_until: Callable[[datetime], None]


_ports: Ports | None = None


def connect(ports: Ports) -> None:
    """Called once by the wiring."""
    global _ports
    _ports = ports


def get() -> Ports:
    if _ports is None:
        raise RuntimeError("the API is not wired")
    return _ports
