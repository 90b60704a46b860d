"""What a telephone exchange does for us, and nothing of how.

An exchange says what it can by `capabilities`; each capability is a small protocol of its own, so that an adapter has
the verbs it serves and no others. Calls carry our own id everywhere (`Order.call_id`): it is the idempotency key,
and what finds a call again after a restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID


class Capability(StrEnum):
    """What an exchange may be able to do beside giving a way to dial."""

    ORIGINATE = "originate"  # places calls by itself, and reports each fact of them
    HANG_UP = "hang_up"  # ends a call for the agent
    LIVE_CALLS = "live_calls"  # lists what lives, to reconcile after a restart


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A call to be placed. `number` and `caller_id` are E.164; the same `call_id` twice is one call."""

    call_id: UUID
    number: str
    caller_id: str | None = None
    ring_timeout_s: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placed:
    """How the call goes out. `link` is for the agent's own device to open; None where the exchange dials."""

    link: str | None


@runtime_checkable
class Exchange(Protocol):
    """The least: a name, what it can, and a way to dial."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> frozenset[Capability]: ...

    def dial(self, order: Order) -> Placed:
        """Place the call, or say how the agent does. Never waits for an answer."""
        ...


@runtime_checkable
class HangsUp(Protocol):
    """An exchange with `HANG_UP`."""

    def hang_up(self, call_id: UUID) -> None:
        """End the call; one that is gone already is no fault."""
        ...


@runtime_checkable
class ListsCalls(Protocol):
    """An exchange with `LIVE_CALLS`."""

    def live_calls(self) -> frozenset[UUID]:
        """Our ids of all calls that live on it now."""
        ...
