"""What every way out is: one drawer a kind, each removable without touching another.

A drawer knows no database. `carry` runs in a thread of the courier; what it cannot do it says by its outcome, and never
raises on purpose. Whatever address it calls a user has written: it goes by `infra.outbound` alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol
from uuid import UUID

from ringround.infra import outbound
from ringround.kernel.errors import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A transport as its drawer sees it. `receipts_url`: where the provider may call us."""

    id: UUID
    sender: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    receipts_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message on its way out. `id` is the stable key, the same at every try."""

    id: UUID
    channel: str
    to: str
    sender: str
    text: str
    subject: str = ""
    html: str = ""
    unsubscribe_url: str = ""
    # The numbers of its parts that the provider has had at an earlier try.
    handed: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try.

    - `sent`: the provider has it, by its `provider_id`;
    - `refused`: it will never be taken; `reason` and `detail` say why;
    - `later`: it was surely not taken, and may be another time. `down`: so is everything else by this transport;
    - `unknown`: it may have been taken.

    Of a message in parts that are handed over one by one, `parts` says which were taken at this try: (number, the
    provider's id). What is not among them is handed over next time.
    """

    kind: Literal["sent", "refused", "later", "unknown"]
    provider_id: str = ""
    reason: str = ""
    detail: str = ""
    down: bool = False
    parts: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What a provider says of a message of ours: `message_id`, or its own id of it. `status`: sent, delivered, failed
    or bounced."""

    status: str
    message_id: UUID | None = None
    provider_id: str = ""
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Handed:
    """One of several parts of a message of ours has been taken by the provider."""

    message_id: UUID
    number: int
    provider_id: str


@dataclass(frozen=True, slots=True)
class Part:
    """The `number`th of `total` parts of what somebody writes; all have the same `ref`."""

    ref: int
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Heard:
    """An SMS that somebody has written to us, or one `part` of it where the provider brings them one by one. `said_at`:
    the provider's own moment, where it has no id."""

    number: str
    to: str
    text: str
    provider_id: str = ""
    said_at: str = ""
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request of the provider's, at the address with the transport's token."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    content_type: str
    body: bytes


class NotTheirs(Exception):
    """The call is not signed as this provider signs: to whoever made it there is nothing at this address."""


class NotRead(Exception):
    """The call cannot be read."""


class Drawer(Protocol):
    """One kind of transport."""

    kind: ClassVar[str]
    channels: ClassVar[tuple[str, ...]]
    # Whether the provider knows a key again, so that asking it twice sends once.
    idempotent: ClassVar[bool]
    # The names of secrets; each may be left out where it stands in `OPTIONAL`.
    secrets: ClassVar[tuple[str, ...]]

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fault]:
        """What is wrong with these settings."""

    def carry(self, way: Way, letter: Letter) -> Outcome:
        """One try."""

    def hear(self, way: Way, call: Call) -> tuple[Sequence[Said], Sequence[Heard]]:
        """Read a call of the provider's; NotTheirs, NotRead."""

    def look(self, way: Way) -> str:
        """For `doctor`: empty when the provider answers and takes our sign-in, else what is wrong; nothing is sent."""


# --- what several have in common ------------------------------------------------------------------

# Answers are read to here; a longer one is none of an API.
MOST_ANSWER = 16_384
DEADLINE_S = 15.0


def post(url: str, *, headers: Mapping[str, str], body: bytes, method: str = "POST") -> outbound.Answer | Outcome:
    """A request to a provider: its answer, or what has become of the try without one."""
    try:
        return outbound.send(method, url, headers=headers, body=body, most=MOST_ANSWER, deadline_s=DEADLINE_S)
    except outbound.Unsent as fault:
        return unsent(fault)


def answers(url: str, headers: Mapping[str, str]) -> str:
    """For `look`: empty when a GET is answered well, else what is wrong."""
    try:
        answer = outbound.send("GET", url, headers=headers, deadline_s=DEADLINE_S)
    except outbound.Unsent as fault:
        return fault.code
    return "" if answer.good else "credentials" if answer.status in (401, 403) else f"HTTP {answer.status}"


def unsent(fault: outbound.Unsent) -> Outcome:
    """Without an answer: surely not taken while the request had not begun to leave."""
    if fault.begun:
        return Outcome("unknown", reason="unreachable", detail=fault.code, down=True)
    return Outcome("later", reason="unreachable", detail=fault.code, down=True)


def by_status(answer: outbound.Answer, detail: str = "") -> Outcome:
    """What an answer of HTTP means that is not good, where the provider does not say it otherwise."""
    said = detail or f"HTTP {answer.status}: {answer.text[:300]}"
    if answer.status in (401, 403):
        return Outcome("later", reason="credentials", detail=said, down=True)
    if answer.status == 429:
        return Outcome("later", reason="rate", detail=said, down=True)
    if answer.status >= 500:
        # It may have been taken before it stumbled.
        return Outcome("unknown", reason="server", detail=said, down=True)
    return Outcome("refused", reason="refused", detail=said)


def json_of(body: bytes) -> Any:
    """The JSON of a body, None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def told(call: Call) -> dict[str, Any]:
    """A call's body as an object of JSON; NotRead."""
    found = json_of(call.body)
    if not isinstance(found, dict):
        raise NotRead
    return found
