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

    ORIGINATE = "originate"  # places calls by itself, reports each fact of them, and has a seat for each agent
    DETECT = "detect"  # says whether a person or a machine has answered
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


class What(StrEnum):
    """What an exchange reports: of one call or seat in order, each at most once; `ended` and `unseated` surely."""

    RINGING = "ringing"
    ANSWERED = "answered"
    PERSON = "person"  # of a detection: also when it is not sure
    MACHINE = "machine"
    CONNECTED = "connected"  # the customer hears the agent of the seat
    ENDED = "ended"
    SEATED = "seated"  # the agent's telephone is up, and waits
    UNSEATED = "unseated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A fact of a call or of a seat (`id` is ours). `cause` is Q.850, with the end of either."""

    what: What
    id: UUID
    cause: int | None = None


class DeviceKind(StrEnum):
    BROWSER = "browser"  # a softphone over WebRTC, registered by name
    PHONE = "phone"  # a SIP telephone, registered by name
    NUMBER = "number"  # any telephone, called by its number


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDevice:
    """An agent's telephone: the name it registers by, or its E.164 number."""

    kind: DeviceKind
    address: str


@dataclass(frozen=True, slots=True)
class Live:
    """Our ids of all that lives on an exchange."""

    calls: frozenset[UUID]
    seats: frozenset[UUID]


class Away(Exception):
    """The exchange is not there, or went away before it answered: what was asked may have been done."""


class Hears(Protocol):
    """Who is told. Called in a thread of the exchange, in the order of things; it may not wait."""

    def heard(self, report: Report) -> None: ...

    def came(self) -> None:
        """The exchange is there, for the first time or again: what happened meanwhile was not heard; ask what lives."""
        ...

    def went(self, fault: str) -> None:
        """It is gone; why, as a word of the adapter's."""
        ...


@runtime_checkable
class Originates(Protocol):
    """An exchange with `ORIGINATE`. Orders never wait: what comes of them is reported. Said twice, they are one."""

    def start(self, hears: Hears) -> None: ...

    def stop(self) -> None: ...

    def seat(self, seat_id: UUID, device: AgentDevice) -> None:
        """Call the agent's telephone and keep it, waiting: `seated`, or `unseated` with a cause."""
        ...

    def unseat(self, seat_id: UUID) -> None:
        """Put the agent's telephone down. Who is connected with it stays on the line, alone."""
        ...

    def connect(self, call_id: UUID, seat_id: UUID) -> None:
        """Let the customer and the agent hear each other: `connected`."""
        ...

    def hang_up(self, call_id: UUID) -> None:
        """End the call; the agent's telephone stays. One that is gone already is no fault."""
        ...

    def live(self) -> Live:
        """All that lives now; waits for the answer, and raises Away without one."""
        ...


@runtime_checkable
class Detects(Protocol):
    """An exchange with `DETECT`."""

    def detect(self, call_id: UUID) -> None:
        """Listen who has answered: `person` or `machine`, unless the call ends first."""
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
