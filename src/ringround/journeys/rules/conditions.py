"""Conditions: `{"path", "op", "value"}`, `{"count", "op", "value"}`, and all / any / not of them.

A condition is total: it is true or false on any facts, and never raises. A value that is missing (none, an empty text,
an empty list) makes every comparison false, `ne` and `nin` true. It reads no clock: the scope has the time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ringround.journeys.rules.durations import Duration
from ringround.journeys.rules.values import Scope, compared, contains, plain, same, split

Test = Callable[[Scope], bool]
# The next moment after now at which time alone may change the answer.
Flip = Callable[[Scope], datetime | None]

OPS = ("eq", "ne", "in", "nin", "lt", "le", "gt", "ge", "contains", "starts", "exists", "within", "older_than")
ORDER: dict[str, Callable[[int], bool]] = {
    "lt": lambda sign: sign < 0,
    "le": lambda sign: sign <= 0,
    "gt": lambda sign: sign > 0,
    "ge": lambda sign: sign >= 0,
}
# What a count of events can be asked.
COUNT_OPS = ("eq", "ne", "lt", "le", "gt", "ge")
DEEPEST = 16
MOST_PARTS = 200


@dataclass(frozen=True, slots=True)
class Counted:
    """Events of a lead to be counted: facts' `counts[key]` is how many of them lie within that time."""

    key: str
    event: str
    params: Mapping[str, Any]
    within: Duration


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition made ready to ask."""

    test: Test
    flip: Flip | None = None
    paths: frozenset[tuple[str, ...]] = frozenset()
    counts: tuple[Counted, ...] = ()


def always(scope: Scope) -> bool:
    return True


ALWAYS = Condition(always)


def count_key(raw: Mapping[str, Any]) -> str:
    """The name under which facts give a count: the same question has the same name in every journey."""
    written = json.dumps(raw, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.blake2b(written.encode(), digest_size=9).hexdigest()


def ready(raw: Mapping[str, Any] | None) -> Condition:
    """Compile a condition that the linter has found good; None is always true."""
    if not raw:
        return ALWAYS
    if "all" in raw:
        parts = [ready(part) for part in raw["all"]]
        tests = tuple(part.test for part in parts)
        return _joined(lambda scope: all(test(scope) for test in tests), parts)
    if "any" in raw:
        parts = [ready(part) for part in raw["any"]]
        tests = tuple(part.test for part in parts)
        return _joined(lambda scope: any(test(scope) for test in tests), parts)
    if "not" in raw:
        part = ready(raw["not"])
        return _joined(lambda scope: not part.test(scope), [part])
    if "count" in raw:
        return _count(raw)
    return _compare(raw)


def _joined(test: Test, parts: Sequence[Condition]) -> Condition:
    flips = tuple(part.flip for part in parts if part.flip is not None)
    return Condition(
        test,
        (lambda scope: first(flip(scope) for flip in flips)) if flips else None,
        frozenset().union(*(part.paths for part in parts)),
        tuple(one for part in parts for one in part.counts),
    )


def first(times: Iterable[datetime | None]) -> datetime | None:
    return min((at for at in times if at is not None), default=None)


def _count(raw: Mapping[str, Any]) -> Condition:
    asked = raw["count"]
    key = count_key(asked)
    within = Duration.read(asked["within"])
    assert within is not None
    path = ("counts", key)
    test = _test(path, raw["op"], raw["value"])
    return Condition(test, None, frozenset({path}), (Counted(key, asked["event"], asked.get("params", {}), within),))


def _compare(raw: Mapping[str, Any]) -> Condition:
    path, op, value = split(raw["path"]), raw["op"], raw.get("value")
    if op in ("within", "older_than"):
        duration = Duration.read(value)
        assert duration is not None
        return Condition(_timed(path, op, duration), _flip(path, op, duration), frozenset({path}))
    return Condition(_test(path, op, value), None, frozenset({path}))


def _test(path: tuple[str, ...], op: str, value: Any) -> Test:
    """The operators, each a closure over what it asks."""
    if op == "exists":
        wanted = value is not False
        return lambda scope: (scope.get(path) is not None) is wanted
    if op in ORDER:
        fits = ORDER[op]

        def ordered(scope: Scope) -> bool:
            found = scope.get(path)
            sign = None if found is None else compared(found, value, scope.zone)
            return sign is not None and fits(sign)

        return ordered
    hit = _hit(op, value)
    if op in ("ne", "nin"):
        return lambda scope: (found := scope.get(path)) is None or not hit(found, scope)
    return lambda scope: (found := scope.get(path)) is not None and hit(found, scope)


def _hit(op: str, value: Any) -> Callable[[Any, Scope], bool]:
    if op in ("eq", "ne"):
        if isinstance(value, str) and not value[:1].isdigit():
            # The usual question, asked a thousand times a second: a status, an answer.
            wanted = plain(value)
            return lambda found, scope: (
                plain(found) == wanted if isinstance(found, str) else same(found, value, scope.zone)
            )
        return lambda found, scope: same(found, value, scope.zone)
    if op in ("in", "nin"):
        values = tuple(value)
        return lambda found, scope: any(
            same(one, asked, scope.zone)
            for one in (found if isinstance(found, list | tuple) else (found,))
            for asked in values
        )
    if op == "contains":
        return lambda found, scope: contains(found, value, scope.zone)
    start = plain(value)
    return lambda found, scope: isinstance(found, str) and plain(found).startswith(start)


def _timed(path: tuple[str, ...], op: str, duration: Duration) -> Test:
    """`within`: no further away than that, before or behind; `older_than`: at least that long ago.

    Both half open, so that each changes at the very instant that `flip` tells.
    """

    def within(scope: Scope) -> bool:
        at = scope.moment(scope.get(path))
        return at is not None and duration.before(at, scope.zone) <= scope.now < duration.after(at, scope.zone)

    def older(scope: Scope) -> bool:
        at = scope.moment(scope.get(path))
        return at is not None and duration.after(at, scope.zone) <= scope.now

    return within if op == "within" else older


def _flip(path: tuple[str, ...], op: str, duration: Duration) -> Flip:
    def flip(scope: Scope) -> datetime | None:
        at = scope.moment(scope.get(path))
        if at is None:
            return None
        times = [duration.after(at, scope.zone)]
        if op == "within":
            times.append(duration.before(at, scope.zone))
        return first(one for one in times if one > scope.now)

    return flip
