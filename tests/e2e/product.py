"""The real product in processes of its own, as `ringround demo` starts it: web, worker and relay on a database that is
made for it. Whatever it holds came in by its own screens, API and commands."""

from __future__ import annotations

import email
import email.policy
import json
import logging
import os
import secrets
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ringround.infra.postgres import Server, dump

# Each request as a line tells nothing that a failed one does not.
logging.getLogger("httpx").setLevel(logging.WARNING)

ROOT = Path(__file__).resolve().parents[2]
COPENHAGEN = ZoneInfo("Europe/Copenhagen")
PASSWORD = "ringround-demo-1"
# Long, because other tests may be using both processors.
STARTS_WITHIN_S = 300
# No TLS is spoken here, and reading whom to believe takes longer than most requests do.
NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True)
class Product:
    url: str
    data: Path
    process: subprocess.Popen[str]
    told: dict[str, Any]

    def api(self, token: str) -> Api:
        return Api(self.url, token)

    def mails(self, to: str) -> list[str]:
        """The bodies of the mails to an address, oldest first: without a mail server they are written to a folder."""
        found = []
        for file in sorted((self.data / "mail").glob("*"), key=lambda path: path.stat().st_mtime_ns):
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            if to in str(message["To"]):
                found.append(str(message.get_content()))
        return found

    def processes(self, name: str) -> list[int]:
        """Process ids of the children whose command line has this word."""
        me = self.process.pid
        children = Path(f"/proc/{me}/task/{me}/children").read_text().split()
        return [int(pid) for pid in children if name in Path(f"/proc/{pid}/cmdline").read_text()]

    def kill_web(self) -> None:
        """End every web process as a power cut would, and wait until new ones answer in their place."""
        old = self.processes("_web")
        assert old
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: len(self.processes("_web")) == len(old) and not set(old) & set(self.processes("_web")))
        wait_for(self._answers)

    def _answers(self) -> bool:
        # The socket outlives the processes, so a request waits there for whoever comes.
        try:
            return httpx.get(f"{self.url}/healthz", timeout=60).is_success
        except httpx.TransportError:
            return False

    def monday_ten(self) -> datetime:
        """Moves business time on to the next Monday at ten, Danish time, unless it is within the working day now."""
        api = self.api(self.told["tokens"]["owner"])
        now = datetime.fromisoformat(api.get("_clock")["now"]).astimezone(COPENHAGEN)
        if now.weekday() < 5 and 9 <= now.hour < 16:
            return now
        ahead = now.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=7 - now.weekday())
        api.post("_clock", {"set": ahead.isoformat()})
        return ahead

    def advance(self, by: timedelta) -> None:
        """Moves business time on; answered when all that was due by then is done."""
        self.api(self.told["tokens"]["owner"]).post("_clock", {"advance_s": int(by.total_seconds())})


class Api:
    """The HTTP API as a program uses it; anything but success fails the test with what the product said."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.Client(base_url=f"{url}/api/v1/", headers=headers, timeout=60, verify=NOBODY)

    def get(self, path: str, **query: str) -> Any:
        return self._read(self._client.get(path, params=query))

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._read(self._client.post(path, json=body or {}))

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return self._read(self._client.put(path, json=body))

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return self._read(self._client.patch(path, json=body))

    def delete(self, path: str) -> None:
        self._read(self._client.delete(path))

    @staticmethod
    def _read(answer: httpx.Response) -> Any:
        assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


def wait_for(true: Any, within_s: float = 60) -> None:
    """For what no screen shows."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@contextmanager
def running(
    *words: str,
    data: Path | None = None,
    url: str | None = None,
    template: str | None = None,
    like: str | None = None,
    environ: dict[str, str] | None = None,
) -> Iterator[Product]:
    """`ringround demo --json` with these words, and settings in `environ`. On the server in `url` a database is made
    for it, a copy of `template` or else migrated, and dropped at the end; without, it runs on its own embedded one,
    which begins as a copy of the database at `like` or else is migrated."""
    folder = data or Path(tempfile.mkdtemp(prefix="rr-e2e-"))
    if like is not None:
        fill(folder, like)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGROUND_")}
    environment |= {"RINGROUND_DATA": str(folder), "RINGROUND_LOG_LEVEL": "WARNING", **(environ or {})}
    with _database(url, template) as dsn:
        if dsn is not None:
            environment["RINGROUND_DATABASE_URL"] = dsn
        if dsn is not None and template is None:
            subprocess.run([*_ringround(), "migrate", "--quiet"], check=True, cwd=ROOT, env=environment)
        # The product's own words are kept beside its data and read out when it does not start.
        with (folder / "serve.log").open("w+") as log:
            process = subprocess.Popen(
                [*_ringround(), "demo", "--json", "--port", "0", *words],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            watchdog = _end_after(process, STARTS_WITHIN_S)
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                watchdog.cancel()
                assert line, f"the product did not start:\n{(folder / 'serve.log').read_text()}"
                told = json.loads(line)
                yield Product(told["url"], folder, process, told)
            finally:
                watchdog.cancel()
                process.terminate()
                process.wait(60)


def _end_after(process: subprocess.Popen[str], seconds: float) -> Any:
    from threading import Timer

    timer = Timer(seconds, process.terminate)
    timer.daemon = True
    timer.start()
    return timer


def fill(folder: Path, like: str) -> None:
    """A data folder with a copy of the database at `like`: a few seconds' work, and migrating some more."""
    server = Server(folder)
    url = server.start(options={"fsync": "off"})
    try:
        file = folder / "like.dump"
        dump.dump(like, file, server.programs)
        dump.load(url, file, server.programs)
        file.unlink()
    finally:
        server.stop()


def _ringround() -> list[str]:
    return [sys.executable, "-m", "ringround.cli"]


@contextmanager
def _database(url: str | None, template: str | None) -> Iterator[str | None]:
    if url is None:
        yield None
        return
    name = f"e2e_{secrets.token_hex(6)}"
    server = make_conninfo(url, dbname="postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(made.format(sql.Identifier(name), sql.Identifier(template or "template1")))
    try:
        address, mark, query = url.partition("?")
        yield f"{address.rpartition('/')[0]}/{name}{mark}{query}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
