"""What the linter says, and what it may be told of the organisation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ringround.kernel.errors import Fault, Loc
from ringround.kernel.messages import Message

# A document that is wrong everywhere is said to be so, not told in ten thousand sentences.
MOST_FLAWS = 200


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to refer to; None: not looked at. Templates by their channel."""

    campaigns: Collection[str] | None = None
    users: Collection[str] | None = None
    templates: Mapping[str, str] | None = None
    journeys: Collection[str] | None = None
    answers: Collection[str] | None = None  # keys of the campaigns' forms
    columns: Collection[str] | None = None  # columns of the campaigns' contact lists


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong. `node` is a node's id, None for the journey itself; `field` where in it (`params.duration`).

    An error keeps the journey from being published, a warning does not.
    """

    level: str
    code: str
    node: str | None
    field: str
    text: Message

    def to_json(self) -> dict[str, Any]:
        return {
            "level": self.level, "code": self.code, "node": self.node, "field": self.field, "text": str(self.text),
        }  # fmt: skip

    def fault(self, loc: Loc = ("document",)) -> Fault:
        """As the API's errors have it."""
        where: Loc = (*loc, *(("nodes", self.node) if self.node is not None else ()), *_parts(self.field))
        return Fault(where, self.code, self.text, {"level": self.level, "node": self.node})


def _parts(field: str) -> Iterator[str | int]:
    for part in field.split(".") if field else ():
        yield int(part) if part.isascii() and part.isdigit() and len(part) < 10 else part


class Flaws:
    """Gathers; says no more than `MOST_FLAWS`."""

    __slots__ = ("found", "more")

    def __init__(self) -> None:
        self.found: list[Flaw] = []
        self.more = False

    @property
    def full(self) -> bool:
        return self.more

    @property
    def errors(self) -> bool:
        return any(one.level == "error" for one in self.found)

    def error(self, code: str, text: Message, *, node: str | None = None, loc: Loc = ()) -> None:
        self._add("error", code, text, node, loc)

    def warn(self, code: str, text: Message, *, node: str | None = None, loc: Loc = ()) -> None:
        self._add("warning", code, text, node, loc)

    def _add(self, level: str, code: str, text: Message, node: str | None, loc: Loc) -> None:
        if len(self.found) >= MOST_FLAWS:
            self.more = True
            return
        # Names come from outside: what cannot be written as text would break the answer that tells of it.
        field = ".".join(str(part) for part in loc).encode("utf-8", "replace").decode().replace("\0", "?")
        self.found.append(Flaw(level, code, node, field, text))
