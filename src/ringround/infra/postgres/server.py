"""The embedded server's life: made, started, watched and stopped by one owner.

data folder/postgres/
  owner.lock        who owns it (lock.py)
  password          of both database roles; readable by the product's user only
  connection.json   where the server listens, for processes that did not start it
  cluster/          PostgreSQL's own data directory; owned by the server's user
  run/              the socket, when the path is short enough for one
  log/
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from ringround.infra.postgres import conf, leftovers
from ringround.infra.postgres.account import Account, choose
from ringround.infra.postgres.errors import PostgresError, WrongVersion
from ringround.infra.postgres.lock import OwnerLock
from ringround.infra.postgres.programs import Programs, find

ADMIN = "postgres"
ROLE = "ringround"
DATABASE = "ringround"
PORT = 5432
CLUSTER = "cluster"
# Where an upgrade makes the new data, before it takes the old one's place.
UPGRADED = "cluster.upgraded"
# A socket's whole path has at most 107 bytes, of which `/.s.PGSQL.5432` takes 14.
LONGEST_SOCKET_FOLDER = 90


class Server:
    """One embedded PostgreSQL under `data_dir`. Not for two threads at once, except `watch`."""

    def __init__(
        self,
        data_dir: Path,
        *,
        programs: Programs | None = None,
        settings: Mapping[str, str] | None = None,
        cluster: str = CLUSTER,
        dies_with_us: bool = True,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.home = self.data_dir / "postgres"
        self.cluster = self.home / cluster
        self.lock = OwnerLock(self.home / "owner.lock")
        self._programs = programs
        self._extra = dict(settings or {})
        self._dies_with_us = dies_with_us
        self._process: subprocess.Popen[bytes] | None = None
        self._log = self.home / "log"
        self._guard = threading.Lock()

    # ---- what others ask

    @property
    def programs(self) -> Programs:
        if self._programs is None:
            self._programs = find()
        return self._programs

    @property
    def dsn(self) -> str:
        """The address of the product's database, also when another process owns the server."""
        return self.dsn_for(DATABASE)

    def dsn_for(self, database: str, *, admin: bool = False) -> str:
        """The address of one database of this server, as the product's role or as the administrator."""
        where = urlencode({"host": str(self.socket_folder()), "port": PORT})
        return f"postgresql://{ADMIN if admin else ROLE}:{quote(self._password())}@/{database}?{where}"

    def running(self) -> bool:
        """Whether a server takes connections on this data, whoever started it."""
        if not self.cluster.is_dir() or not leftovers.ready(self.cluster):
            return False
        return leftovers.pid_of(self.cluster) in leftovers.of(self.cluster)

    @property
    def pid(self) -> int | None:
        return leftovers.pid_of(self.cluster) if self.running() else None

    def owned_elsewhere(self) -> bool:
        """Whether another process owns this data folder."""
        return self.lock.taken_elsewhere()

    def data_major(self) -> int | None:
        """The major version that made the data, None when there is none yet."""
        try:
            return int((self.cluster / "PG_VERSION").read_text())
        except (OSError, ValueError):
            return None

    def socket_folder(self) -> Path:
        """Where the server listens."""
        try:
            return Path(json.loads((self.home / "connection.json").read_text())["socket_folder"])
        except (OSError, ValueError, KeyError):
            return self.home / "run"

    # ---- life

    def start(self, *, options: Mapping[str, str] | None = None) -> str:
        """Make the data if there is none, start the server, and give the database's address. Safe after any crash.

        `options` are server settings over the product's own, kept for this object's life: tests turn fsync off.
        """
        self._extra.update(options or {})
        if self._process is not None:
            return self.dsn
        self._make_home()
        self.lock.take()
        try:
            upgraded = self.home / UPGRADED
            if self.cluster.name == CLUSTER and not self.cluster.exists() and upgraded.exists():
                # An upgrade was cut off between its two renames; the first is done only when all has been read.
                upgraded.rename(self.cluster)
            made = self.data_major()
            if made is not None and made != self.programs.major:
                raise WrongVersion(
                    f"the data in {self.cluster} is of PostgreSQL {made} and the programs are {self.programs.version}: "
                    "run `ringround upgrade-db`"
                )
            account = choose(self.home, self.programs.bin)
            self._make_folders(account)
            if made is None:
                self._initialise(account)
            self._launch(account)
            self._make_database()
        except BaseException:
            self._end(patience_s=10)
            self.lock.release()
            raise
        return self.dsn

    def stop(self, patience_s: float = 60.0) -> None:
        """Shut down cleanly and let go of the data folder. Nothing when not started here."""
        with self._guard:
            self._end(patience_s)
            self.lock.release()

    def revive(self) -> bool:
        """Start the server again if it died since it was started here; whether that was so."""
        with self._guard:
            if self._process is None or self._process.poll() is None:
                return False
            self._process = None
            self._launch(choose(self.home, self.programs.bin))
            return True

    def watch(self, stop: threading.Event, on_restart: Callable[[], None] | None = None, pause_s: float = 0.5) -> None:
        """Revive the server whenever it dies, until `stop` is set. Blocks: call it from the thread that started it,
        because the server is told to end when that thread ends."""
        while not stop.wait(pause_s):
            if self.revive() and on_restart is not None:
                on_restart()

    def discard(self) -> None:
        """Remove the data, for good. Only of a server that is not started: half an upgrade, a test's."""
        if self._process is not None:
            raise PostgresError(f"the server on {self.cluster} runs: stop it first")
        shutil.rmtree(self.cluster, ignore_errors=True)

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ---- steps

    def _make_home(self) -> None:
        if not self.data_dir.exists():
            self.data_dir.mkdir(parents=True)
            # The server's own user must pass through a folder of root's; an ordinary user's is nobody else's business.
            self.data_dir.chmod(0o711 if os.geteuid() == 0 else 0o700)
        self.home.mkdir(exist_ok=True)

    def _make_folders(self, account: Account) -> None:
        self._log.mkdir(exist_ok=True)
        account.give(self._log)
        sockets = self.home / "run"
        if len(os.fsencode(sockets)) > LONGEST_SOCKET_FOLDER:
            # The same short folder for the same data, so that one start does not litter for the next.
            name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
            sockets = Path(tempfile.gettempdir()) / f"ringround-{name}"
            if len(os.fsencode(sockets)) > LONGEST_SOCKET_FOLDER:
                sockets = Path("/tmp") / f"ringround-{name}"  # noqa: S108 - checked below to be ours alone
        sockets.mkdir(mode=0o700, exist_ok=True)
        owner = sockets.lstat()
        if sockets.is_symlink() or owner.st_uid not in {os.geteuid(), account.uid}:
            raise PostgresError(f"{sockets} belongs to somebody else: remove it")
        sockets.chmod(0o700)
        account.give(sockets)
        self._write(self.home / "connection.json", json.dumps({"socket_folder": str(sockets)}) + "\n")
        self._password()

    def _password(self) -> str:
        path = self.home / "password"
        if not path.exists():
            if self.cluster.exists():
                raise PostgresError(f"{path} is missing, and without it nobody can sign in: put it back from a copy")
            self._write(path, secrets.token_urlsafe(32) + "\n")
        return path.read_text().strip()

    def _write(self, path: Path, text: str) -> None:
        """A small file of ours, 0600, there whole or not at all."""
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def _initialise(self, account: Account) -> None:
        """Make the data directory beside its place and move it there, so that half of one is never taken for whole."""
        draft = self.cluster.with_name(self.cluster.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        account.give(draft)
        key = self.home / "password.init"
        key.unlink(missing_ok=True)
        self._write(key, self._password() + "\n")
        account.give(key)
        # C.UTF-8: the same order on every machine and after every upgrade of the system. Names are sorted by a key
        # the product computes, so no locale of the system is ever needed.
        words: list[str | Path] = [
            "--pgdata",
            draft,
            "--username",
            ADMIN,
            "--pwfile",
            key,
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]
        words += ["--auth=scram-sha-256", "--data-checksums", "--no-instructions"]
        if self.programs.major >= 17:
            words.append("--locale-provider=builtin")
        if self._extra.get("fsync") == "off":
            words.append("--no-sync")
        try:
            command = account.command(self.programs.path("initdb"), *words)
            done = subprocess.run(
                command, capture_output=True, text=True, env=self._environment(), check=False, cwd="/"
            )
        finally:
            key.unlink()
        if done.returncode:
            raise PostgresError(f"the database could not be made: {_last_line(done.stderr or done.stdout)}")
        with (draft / "postgresql.conf").open("a") as file:
            file.write("\ninclude_if_exists = 'ringround.conf'\ninclude_if_exists = 'local.conf'\n")
        local = draft / "local.conf"
        local.write_text(
            "# Server settings of your own. They win over Ringround's; they count from the next start on.\n"
        )
        account.give(local)
        draft.rename(self.cluster)

    def _launch(self, account: Account, patience_s: float = 90.0) -> None:
        """Start the program and wait until it takes connections, however long a recovery takes."""
        values = conf.settings(sockets=self.socket_folder(), log=self._log, total=conf.memory(), extra=self._extra)
        path = self.cluster / "ringround.conf"
        path.unlink(missing_ok=True)
        path.write_text(conf.text(values))
        account.give(path)
        started = time.monotonic()
        while True:
            leftovers.clear(self.cluster, patience_s)
            leftovers.unlock(self.socket_folder() / f".s.PGSQL.{PORT}.lock")
            sizes = {path: path.stat().st_size for path in self._log.glob("postgresql-*.log")}
            with (self._log / "start.log").open("wb") as said:
                self._process = subprocess.Popen(
                    account.command(
                        self.programs.path("postgres"), "-D", self.cluster, dies_with_us=self._dies_with_us
                    ),
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    env=self._environment(),
                    cwd="/",
                    # A Ctrl-C at the terminal is for us: we stop the server last.
                    start_new_session=True,
                )
            if self._wait_ready():
                return
            # Its log writer ends a moment after it, with the reason still in hand.
            leftovers.clear(self.cluster, patience_s)
            said_last = self._said(sizes)
            self._process = None
            # The one fault that passes by itself: an earlier server, killed but not yet gone.
            passing = "lock file" in said_last or "shared memory block" in said_last
            if not passing or time.monotonic() - started > patience_s:
                raise PostgresError(f"the database did not start: {_last_line(said_last)} (more in {self._log})")
            time.sleep(0.1)

    def _said(self, sizes: Mapping[Path, int]) -> str:
        """What the last start said: first to its own output, then, from some point on, to the log."""
        said = [(self._log / "start.log").read_text("utf-8", "replace")]
        for path in sorted(self._log.glob("postgresql-*.log")):
            with path.open("rb") as file:
                file.seek(min(sizes.get(path, 0), path.stat().st_size))
                said.append(file.read(100_000).decode("utf-8", "replace"))
        return "\n".join(said)

    def _wait_ready(self) -> bool:
        assert self._process is not None
        while self._process.poll() is None:
            if leftovers.pid_of(self.cluster) == self._process.pid and leftovers.ready(self.cluster):
                return True
            time.sleep(0.01)
        return False

    def _make_database(self) -> None:
        """The product's role and database: no superuser, so that no query of ours can touch files or programs."""
        with psycopg.connect(self.dsn_for("postgres", admin=True), autocommit=True) as connection:
            role, password = sql.Identifier(ROLE), sql.Literal(self._password())
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEDB IN ROLE pg_monitor PASSWORD {}").format(role, password)
                )
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), role))

    def _end(self, patience_s: float) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        # INT is a fast shutdown: sessions are ended, everything committed is kept. QUIT recovers at the next start.
        for number, seconds in ((2, patience_s), (3, 10.0), (9, 10.0)):
            if process.poll() is not None:
                return
            process.send_signal(number)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue

    def _environment(self) -> dict[str, str]:
        # Nothing of the caller's environment: it holds our keys, and PG* variables would change what is made.
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _last_line(text: str) -> str:
    """The telling end of what a program said: its last complaint, and the line before it, which often has the cause."""
    lines = [re.sub(r"^\d{4}-.*?\] +", "", line.strip()) for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not any(noise in line for noise in _NOISE)]
    fatal = next((number for number, line in enumerate(lines) if "FATAL" in line or "error:" in line), len(lines) - 1)
    return "; ".join(lines[max(0, fatal - 1) : fatal + 1]) or "it said nothing"


_NOISE = ("starting PostgreSQL", "listening on", "redirecting log output", "Future log output", "is shut down")
