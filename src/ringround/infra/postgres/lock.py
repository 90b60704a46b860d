"""One owner of a data folder at a time, by a lock that the kernel drops when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from ringround.infra.postgres.errors import Owned


class OwnerLock:
    """An exclusive flock. The file holds the owner's process id, for the message to whoever comes second."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def take(self) -> None:
        """Become the owner or raise Owned with the pid of the one who is."""
        # Not inherited by children (O_CLOEXEC is Python's default): else a child that outlives us would own it.
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        # Twice in 0.2 s: somebody who only looks (`taken_elsewhere`) holds the lock for an instant too.
        for last in (False, True):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if last:
                    said = os.read(handle, 20).decode("ascii", "replace").strip()
                    os.close(handle)
                    raise Owned(str(self.path.parent), int(said) if said.isdigit() else None) from None
                time.sleep(0.2)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._handle = handle

    def release(self) -> None:
        """Let go; nothing when not held. The file stays: removing it would let two owners lock two files."""
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None

    @property
    def held(self) -> bool:
        return self._handle is not None

    def taken_elsewhere(self) -> bool:
        """Whether some process (this one through another lock counts) owns the folder now."""
        if self._handle is not None or not self.path.exists():
            return False
        handle = os.open(self.path, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False
