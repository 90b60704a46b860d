"""Files of the data folder that are nobody else's: what people uploaded, mails, backups.

As root the data folder itself lets others through (0711), because the database runs as another user. So each folder
and file of ours says for itself whom it is for, whatever the umask of whoever started the program.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

FOLDER, FILE = 0o700, 0o600
# The folders of the data folder that hold people's data.
PERSONAL = ("uploads", "exports", "mail", "keys")


def folder(path: Path, *, within: Path | None = None) -> Path:
    """Make `path` and what is missing above it, all 0700; those above it and below `within` are tightened too."""
    for one in reversed([path, *path.parents]):
        if within is not None and (one == within or not one.is_relative_to(within)):
            continue
        if not one.exists():
            one.mkdir(mode=FOLDER, exist_ok=True)
        elif within is None and one != path:
            continue  # of others: /tmp, somebody's home
        tighten(one, FOLDER)
    return path


def create(path: Path) -> BinaryIO:
    """Open for writing from the start, 0600 also when it was there with other rights."""
    return _open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, "wb")


def append(path: Path) -> BinaryIO:
    """Open for writing at the end, 0600 also when it was there with other rights."""
    return _open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, "ab")


def tighten(path: Path, mode: int) -> None:
    """Take away every right that is not in `mode`."""
    now = stat.S_IMODE(path.stat().st_mode)
    if now & ~mode:
        path.chmod(now & mode)


def tighten_data(data: Path) -> None:
    """The folders of people's data, left open by an earlier version or by hand, are closed at the start."""
    for name in PERSONAL:
        if (data / name).is_dir():
            tighten(data / name, FOLDER)


def _open(path: Path, flags: int, mode: str) -> BinaryIO:
    file = os.fdopen(os.open(path, flags, FILE), mode)
    tighten(path, FILE)
    return file  # type: ignore[return-value]
