"""What one of many breaks is undone, and done again without it: nobody else is held up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

T = TypeVar("T")
R = TypeVar("R")
log = logging.getLogger(__name__)


def in_halves(items: Sequence[T], do: Callable[[Sequence[T]], R], broken: Callable[[T, Exception], None]) -> list[R]:
    """Do it for all in one savepoint; where that fails for each half by itself, down to the one, which is `broken`."""
    if not items:
        return []
    try:
        with transaction.atomic():
            return [do(items)]
    except OperationalError:
        # A deadlock, or the server goes: nobody's fault among these. The whole step is tried again.
        raise
    except Exception as fault:
        raw = connection.connection
        if raw is None or raw.closed or isinstance(fault, InterfaceError):
            raise
        if len(items) == 1:
            broken(items[0], fault)
            return []
        log.warning("a batch of %s failed (%s); each half by itself", len(items), type(fault).__name__)
    middle = len(items) // 2
    return in_halves(items[:middle], do, broken) + in_halves(items[middle:], do, broken)
