"""A unit of work: one action's transaction, and with it what is written once at its end.

An action that another action calls is part of that one's unit: it opens no savepoint of its own, and its events and
its rows of the audit log go with the caller's, each in one statement. So a caller must let a refusal of it through; who
wants to catch one and go on opens a savepoint (`transaction.atomic`) around the call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
R = TypeVar("R")
Write = Callable[[list[Any]], None]


@dataclass(slots=True)
class _Unit:
    depth: int
    waiting: dict[Write, list[Any]] = field(default_factory=dict)


class _Here(threading.local):
    unit: _Unit | None = None


_here = _Here()


@contextmanager
def unit(*, inner: bool = False) -> Iterator[None]:
    """Open a unit of work, or be part of the one that is open. `inner`: one within it, taken back by itself."""
    outer = _here.unit
    if outer is not None and not inner:
        yield
        return
    with transaction.atomic():
        mine = _here.unit = _Unit(len(connection.savepoint_ids))
        try:
            yield
            for write, rows in mine.waiting.items():
                write(rows)
        finally:
            _here.unit = outer


def outside() -> None:
    """Said where somebody outside is called: no unit may be open, since what was begun would be taken back with it."""
    if _here.unit is not None:
        raise RuntimeError("called outside within a unit of work")


def action(function: Callable[P, R]) -> Callable[P, R]:
    """A function that is one unit of work."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _here.unit is not None:
            return function(*args, **kwargs)
        with unit():
            return function(*args, **kwargs)

    return run


def later(write: Write, rows: list[Any]) -> None:
    """`write(rows)` at the end of the unit, with all that was handed in for it; at once where no unit is open.

    Inside a savepoint also at once: were it rolled back, its rows must go with it.
    """
    mine = _here.unit
    if mine is None or len(connection.savepoint_ids) != mine.depth:
        write(rows)
    else:
        mine.waiting.setdefault(write, []).extend(rows)
