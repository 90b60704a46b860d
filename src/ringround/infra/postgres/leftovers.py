"""What a killed server leaves behind, and how to wait until a new one may start."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from ringround.infra.postgres.errors import PostgresError

PROC = Path("/proc")


def of(cluster: Path) -> list[int]:
    """The live processes that work in this data directory: every PostgreSQL process has it as its current folder.

    A zombie has no current folder any more, so a killed server that nobody reaped does not count.
    """
    wanted = cluster.stat()
    found = []
    for entry in PROC.iterdir() if PROC.is_dir() else ():
        if not entry.name.isdigit():
            continue
        try:
            there = (entry / "cwd").stat()
        except OSError:
            continue
        if (there.st_dev, there.st_ino) == (wanted.st_dev, wanted.st_ino) and _is_server(entry):
            found.append(int(entry.name))
    return found


def _is_server(entry: Path) -> bool:
    """Whether it is PostgreSQL: a shell that somebody opened in the folder is none of ours."""
    try:
        return (entry / "comm").read_text().strip() in {"postgres", "postmaster"}
    except OSError:
        return False


def clear(cluster: Path, patience_s: float = 90.0) -> None:
    """Wait until nothing works in `cluster` and its pid file does not stop a new server. The caller owns the folder.

    1. A server that still runs, or is shutting down, is one whose owner was killed: ask it to stop, and insist later.
    2. Processes without their server end by themselves; starting beside them would damage data, so they are awaited.
    3. A lock file whose process is gone is the new server's business. One whose process number lives on, as a zombie
       or as somebody else's process, would make it refuse for ever: that file is removed, after 1 and 2 only.
    """
    started = time.monotonic()
    asked = insisted = False
    while alive := of(cluster):
        waited = time.monotonic() - started
        leader = pid_of(cluster)
        if leader in alive:
            if not asked:
                _signal(leader, signal.SIGINT)
                asked = True
            elif waited > patience_s * 2 / 3 and not insisted:
                _signal(leader, signal.SIGQUIT)
                insisted = True
        if waited > patience_s:
            raise PostgresError(
                f"processes of an earlier database do not end: {', '.join(map(str, alive))}; end them and start again"
            )
        time.sleep(0.02)
    unlock(cluster / "postmaster.pid")


def unlock(lock_file: Path) -> None:
    """Remove a lock file that would make a new server refuse. Only when nothing works in the data directory."""
    pid = _pid_in(lock_file)
    if pid is not None and _number_in_use(pid):
        lock_file.unlink(missing_ok=True)


def pid_of(cluster: Path) -> int | None:
    """The process number in the pid file."""
    return _pid_in(cluster / "postmaster.pid")


def ready(cluster: Path) -> bool:
    """Whether the server says in its pid file that it takes connections."""
    lines = _lines(cluster / "postmaster.pid")
    return len(lines) > 7 and lines[7].strip() == "ready"


def _pid_in(lock_file: Path) -> int | None:
    lines = _lines(lock_file)
    return abs(int(lines[0])) if lines and lines[0].strip().lstrip("-").isdigit() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _number_in_use(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
