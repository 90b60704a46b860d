"""Reading facts and comparing values: total, whatever is in them. Text is compared without regard to case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ringround.journeys.rules.durations import FIRST, LAST
from ringround.kernel.calendar import day_start, find_zone, from_local

_UTC = ZoneInfo("UTC")
OPEN = frozenset({"new", "automatic_redial", "common_redial", "private_redial"})
_NOTHING: Mapping[str, Any] = {}
# A number written as text is read up to here; longer digits are an id.
_LONGEST_NUMBER = 40
# Paths whose last part is a name of the organisation's own, dots and all: `contact.fields.Tlf. nr.`
OWN = ("lead.result.", "contact.fields.", "event.data.")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a lead. `data` as in docs/events.md; `text` is an SMS's, read from its row when asked.

    `cause` is what led to it: `{"run", "journey", "depth"}` where a journey did.
    """

    type: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    text: str | None = None
    cause: Mapping[str, Any] | None = None
    id: str = ""


@dataclass(slots=True)
class Scope:
    """What a condition may ask: the facts of the lead, what has just happened, the time and the zone."""

    facts: Mapping[str, Any]
    event: Event | None
    now: datetime
    zone: ZoneInfo

    def get(self, path: tuple[str, ...]) -> Any:
        """The value at a path, None where there is none."""
        head = path[0]
        if head == "event":
            return self._of_event(path)
        found: Any = self.facts
        for part in path:
            if not isinstance(found, Mapping):
                return None
            found = found.get(part)
        return None if found == "" or found == [] else found

    def _of_event(self, path: tuple[str, ...]) -> Any:
        if self.event is None or len(path) < 2:
            return None
        match path[1]:
            case "type":
                return self.event.type
            case "at":
                return self.event.at
            case "text":
                return self.event.text or None
            case "data" if len(path) == 3:
                found = self.event.data.get(path[2])
                return None if found == "" or found == [] else found
            case _:
                return None

    def moment(self, value: object) -> datetime | None:
        return moment(value, self.zone)


def split(path: str) -> tuple[str, ...]:
    """`lead.result.why_not` in its parts; a name of the organisation's own stays whole."""
    for prefix in OWN:
        if path.startswith(prefix):
            return (*prefix.rstrip(".").split("."), path[len(prefix) :])
    return tuple(path.split("."))


def zone_of(facts: Mapping[str, Any], fixed: ZoneInfo | None) -> ZoneInfo:
    """The journey's own zone, else the lead's, else UTC."""
    if fixed is not None:
        return fixed
    named = facts.get("zone")
    if isinstance(named, ZoneInfo):
        return named
    return (find_zone(named) if isinstance(named, str) else None) or _UTC


def moment(value: object, zone: ZoneInfo) -> datetime | None:
    """A time, a date (where it begins in the zone) or either as ISO text; None for anything else."""
    if isinstance(value, str):
        value = _written(value)
    try:
        if isinstance(value, datetime):
            at = value.astimezone(UTC) if value.tzinfo is not None else from_local(value, zone)
        elif isinstance(value, date):
            at = day_start(value, zone)
        else:
            return None
    except (OverflowError, ValueError):
        return None
    return at if FIRST <= at <= LAST else None


def _written(text: str) -> object:
    if not 8 <= len(text) <= 40 or not text[:4].isdigit():
        return None
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


def same(value: object, asked: object, zone: ZoneInfo) -> bool:
    """Whether a fact is what is asked for. Never raises."""
    if isinstance(value, list | tuple) or isinstance(asked, list | tuple):
        if not (isinstance(value, list | tuple) and isinstance(asked, list | tuple)) or len(value) != len(asked):
            return False
        # Lists within lists are told apart: a webhook may send them as deep as it likes.
        pairs = zip(value, asked, strict=True)
        return all(not isinstance(one, list | tuple) and same(one, other, zone) for one, other in pairs)
    if isinstance(value, bool) or isinstance(asked, bool):
        return value is asked
    if isinstance(value, str | UUID) and isinstance(asked, str | UUID):
        return plain(value) == plain(asked)
    return compared(value, asked, zone) == 0


def plain(value: object) -> str:
    return str(value).strip().casefold()


def compared(value: object, asked: object, zone: ZoneInfo) -> int | None:
    """-1, 0 or 1 as `value` is before, at or after `asked`; None where they cannot be compared. Never raises.

    Numbers with numbers (also written ones), times with times, else text with text.
    """
    if isinstance(value, bool) or isinstance(asked, bool):
        return None
    left: Any
    right: Any
    if isinstance(value, date) or isinstance(asked, date):  # a datetime is a date
        left, right = moment(value, zone), moment(asked, zone)
    elif (left := number(value)) is not None and (right := number(asked)) is not None:
        pass
    elif isinstance(value, str) and isinstance(asked, str):
        left, right = moment(value, zone), moment(asked, zone)
        if left is None or right is None:
            left, right = plain(value), plain(asked)
    else:
        return None
    if left is None or right is None:
        return None
    if left == right:
        return 0
    return -1 if left < right else 1


def number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    if isinstance(value, int):
        return Decimal(value)
    written = str(value).strip()
    if not written or len(written) > _LONGEST_NUMBER or not (written[0].isdigit() or written[0] in "+-."):
        return None
    try:
        found = Decimal(written)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def contains(value: object, asked: object, zone: ZoneInfo) -> bool:
    """A list that has it, or a text in which it stands."""
    if isinstance(value, list | tuple):
        return any(not isinstance(one, list | tuple) and same(one, asked, zone) for one in value)
    if isinstance(value, str) and isinstance(asked, str | int):
        return not isinstance(asked, bool) and plain(asked) in plain(value)
    return False


def as_told(facts: Mapping[str, Any], event: Event) -> Mapping[str, Any] | None:
    """The facts with the status that the event tells of, where a later one has taken its place already; else None.

    Events are taken in order, facts are of now: a lead that became won and lost again was won in between.
    """
    if event.type != "campaigns.lead.status_changed":
        return None
    lead, to = facts.get("lead"), event.data.get("to")
    if not isinstance(lead, Mapping) or not isinstance(to, str) or lead.get("status") == to:
        return None
    return {**facts, "lead": {**lead, "status": to, "open": to in OPEN}}
