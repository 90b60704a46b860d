"""What one of many breaks is undone, and done again without it: nobody else is held up.

Only what is surely the fault of the one is taken for it at once. Of anything else (a table that a newer release has
changed, a file that is gone) nobody can say whose fault it is: it is raised, and tried again on another connection, and
taken for the fault of the one only when that has failed for minutes while others of its batch got through.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from django.db import DataError, InterfaceError, OperationalError, connection, transaction

T = TypeVar("T")
R = TypeVar("R")
log = logging.getLogger(__name__)

OF_THE_DATA: tuple[type[Exception], ...] = (
    DataError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError,
)  # fmt: skip
# Of what is nobody's fault: too much of it at once (a limit of the server's, a statement that takes too long).
TOO_MUCH = ("54", "57014")
# So often and for so long has one to fail that nobody knows the fault of.
TIMES, PATIENCE_S = 3, 180.0

_failed: dict[Hashable, tuple[float, float, int]] = {}


class Held(Exception):
    """One fails, and it cannot be said that it is its own fault. `came`: what those before it came to."""

    def __init__(self, came: list[object]) -> None:
        super().__init__("one of many fails; it is tried again")
        self.came = came


def in_halves(
    items: Sequence[T], do: Callable[[Sequence[T]], R], broken: Callable[[T, Exception], None], *,
    name: Callable[[T], Hashable] | None = None, data: tuple[type[Exception], ...] = OF_THE_DATA,
) -> list[R]:  # fmt: skip
    """Do it for all in one savepoint; where that fails for each half by itself, in their order, down to the one, which
    is `broken`: at once by a fault of its `data`, by others when it has failed long enough under its `name`."""
    came: list[R] = []
    faults: list[tuple[T, Exception]] = []
    try:
        _halve(items, do, came, faults, name, data)
    except Held as held:
        held.came = list(came)
        raise
    unsure = next((fault for _, fault in faults if not isinstance(fault, data)), None)
    if unsure is not None and not came and len(items) > 1:
        raise Held([]) from unsure
    for item, fault in faults:
        broken(item, fault)
    return came


def _halve(
    items: Sequence[T], do: Callable[[Sequence[T]], R], came: list[R], faults: list[tuple[T, Exception]],
    name: Callable[[T], Hashable] | None, data: tuple[type[Exception], ...],
) -> None:  # fmt: skip
    if not items:
        return
    try:
        with transaction.atomic():
            result = do(items)
        came.append(result)
        return
    except Exception as fault:
        raw = connection.connection
        if raw is None or raw.closed or isinstance(fault, InterfaceError):
            raise
        if isinstance(fault, OperationalError) and not _too_much(fault):
            # A deadlock, or the server goes: nobody's fault among these. The whole step is tried again.
            raise
        if len(items) == 1:
            if not isinstance(fault, data) and (name is None or not _given_up(name(items[0]))):
                raise Held([]) from fault
            faults.append((items[0], fault))
            return
        log.warning("a batch of %s failed (%s); each half by itself", len(items), type(fault).__name__)
    middle = len(items) // 2
    _halve(items[:middle], do, came, faults, name, data)
    _halve(items[middle:], do, came, faults, name, data)


def _too_much(fault: OperationalError) -> bool:
    return str(getattr(fault.__cause__, "sqlstate", None) or "").startswith(TOO_MUCH)


def _given_up(name: Hashable) -> bool:
    """Whether what has failed under this name now has failed long enough."""
    now = time.monotonic()
    for old in [one for one, (_, last, _) in _failed.items() if now - last > 2 * PATIENCE_S]:
        del _failed[old]
    first, _, times = _failed.get(name, (now, now, 0))
    _failed[name] = first, now, times + 1
    return times + 1 >= TIMES and now - first >= PATIENCE_S
