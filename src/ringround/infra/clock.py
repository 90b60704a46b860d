"""Business time. Real time plus an offset that only the demo's virtual clock moves; tests freeze it.

Rules never ask here: an action calls `now()` once and hands it down. Sign-ins, tokens, leases of
processes and webhook windows stay on real time (`real_now`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

_path: Path | None = None
# What tells one writing of the file from the next: two may fall into one tick of the file system's clock.
_mark: tuple[int, ...] = ()
_offset = timedelta(0)
_frozen: datetime | None = None


def use_file(path: Path | None) -> None:
    """Follow the offset kept in `path` (`{"offset_s": 12.5}`); None is real time."""
    global _path, _mark, _offset
    _path, _mark, _offset = path, (), timedelta(0)


def real_now() -> datetime:
    """The machine's time, aware UTC."""
    return datetime.now(UTC)


def now() -> datetime:
    """Business time, aware UTC."""
    if _frozen is not None:
        return _frozen
    return real_now() + offset()


def offset() -> timedelta:
    """How far business time is ahead of real time. All processes read one file, so they agree."""
    global _mark, _offset
    if _path is None:
        return timedelta(0)
    try:
        found = _path.stat()
    except FileNotFoundError:
        return timedelta(0)
    mark = (found.st_mtime_ns, found.st_ino, found.st_size)
    if mark != _mark:
        _offset = timedelta(seconds=float(json.loads(_path.read_text())["offset_s"]))
        _mark = mark
    return _offset


def set_offset(value: timedelta) -> None:
    """Write the offset for every process, in one rename so that nobody reads half of it."""
    global _mark
    if _path is None:
        raise RuntimeError("the virtual clock is not on")
    temporary = _path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps({"offset_s": value.total_seconds()}))
    temporary.replace(_path)
    _mark = ()


def is_virtual() -> bool:
    return _path is not None


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Stand still at `at` in this process: for tests and for making demo data."""
    global _frozen
    before, _frozen = _frozen, at
    try:
        yield
    finally:
        _frozen = before


def advance(by: timedelta) -> datetime:
    """Move a frozen clock forward; returns the new moment."""
    global _frozen
    if _frozen is None:
        raise RuntimeError("the clock is not frozen")
    _frozen += by
    return _frozen
