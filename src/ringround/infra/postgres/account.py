"""Under whom the server runs: PostgreSQL refuses root, so root hands it to a system user."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ringround.infra.postgres.errors import PostgresError

USERS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """How to start a program so that PostgreSQL accepts it. `uid` is None for an ordinary user: just run it."""

    uid: int | None
    gid: int | None
    prefix: tuple[str, ...]

    def command(self, *words: str | Path, dies_with_us: bool = False) -> list[str]:
        """The command line. `dies_with_us`: the kernel asks the server to shut down when the calling thread is gone."""
        prefix = list(self.prefix)
        if dies_with_us and (setpriv := shutil.which("setpriv")):
            # SIGINT is the server's own word for a fast and clean shutdown.
            prefix = [*(prefix or [setpriv]), "--pdeathsig", "INT"]
        return [*prefix, *map(str, words)]

    def give(self, path: Path) -> None:
        """Hand one file or folder to the server's user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def choose(folder: Path, programs: Path) -> Account:
    """The account for a server on `folder` with `programs`, both existing.

    Under a folder that the system user may not enter (a checkout in /root), that user gets the one capability that
    lets it pass: nothing is copied and nobody's permissions change. Read-and-search is tried first; a container that
    lacks it usually has dac_override.
    """
    if os.geteuid() != 0:
        return Account(uid=None, gid=None, prefix=())
    setpriv = shutil.which("setpriv")
    user = _user()
    if setpriv is None:
        raise PostgresError("root needs the program setpriv to start the database: install util-linux, or be no root")
    plain: tuple[str, ...] = (setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    tried = [plain]
    for capability in ("dac_read_search", "dac_override"):
        # Without no_setuid_fixup access(2) answers for the bare user, and the server does not find its own program.
        grant = (f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}", "--securebits=+no_setuid_fixup")
        tried.append((*plain, *grant))
    for prefix in tried:
        if _may_enter(prefix, folder, programs):
            return Account(uid=user.pw_uid, gid=user.pw_gid, prefix=prefix)
    raise PostgresError(
        f"the database runs as the user {user.pw_name}, who may not enter {folder} or {programs}: choose a data folder "
        "such as RINGROUND_DATA=/var/lib/ringround, keep the program outside /root, or run as an ordinary user"
    )


def _user() -> pwd.struct_passwd:
    for name in USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresError("no user to run the database as: create one with `useradd --system postgres`")


def _may_enter(prefix: tuple[str, ...], folder: Path, programs: Path) -> bool:
    # `sh` and its cd, because the shell's own test -x would ask with other rights than the server later has.
    script = 'cd "$1" && "$2" --version'
    command = [*prefix, "sh", "-c", script, "sh", str(folder), str(programs / "postgres")]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0
