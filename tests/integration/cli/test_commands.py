"""The `ringround` command as its operator runs it: real processes on a data folder of its own."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ringround.infra.postgres import Server
from tests.e2e.product import fill
from tests.soak.house import migrated

PATIENCE_S = 120.0


class Operator:
    """Runs commands on one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        plain = {name: value for name, value in os.environ.items() if not name.startswith("RINGROUND_")}
        self.environment = plain | {"RINGROUND_DATA": str(data)}

    def run(self, *words: str, code: int = 0, stdin: str = "", **settings: str) -> str:
        """What the command said on stdout, or on stderr when it was to fail."""
        done = subprocess.run(
            [sys.executable, "-m", "ringround.cli", *words],
            env=self.environment | settings,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.data,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stderr if code else done.stdout


@pytest.fixture(scope="module")
def operator() -> Iterator[Operator]:
    """A migrated database that runs, as beside a `serve`, with one merchant. `serve` below migrates an empty one."""
    with tempfile.TemporaryDirectory(prefix="rr-cli-", ignore_cleanup_errors=True) as path:
        made = Operator(Path(path))
        # `ringround migrate` has made it.
        fill(made.data, migrated())
        with Server(made.data) as server:
            assert server.running()
            made.run("user", "add", "anna@example.org", "--name", "Anna", "--new", "merchant", "--org", "Dansk Hjælp")
            yield made


def test_a_migrated_database_passes_the_check(operator: Operator) -> None:
    operator.run("migrate", "--check")


def test_a_wrong_setting_stops_every_command_with_code_2_and_one_line(operator: Operator) -> None:
    said = operator.run("user", "list", code=2, RINGROUND_PORT="many", RINGROUND_PROT="1")
    assert said.count("\n") == 1
    assert "RINGROUND_PROT is not a setting" in said
    assert "RINGROUND_PORT must be a whole number" in said


def test_a_database_that_is_not_there_is_one_line(operator: Operator) -> None:
    said = operator.run("user", "list", code=1, RINGROUND_DATABASE_URL="postgresql://x@127.0.0.1:1/x")
    assert said.startswith("ringround: the database cannot be used")
    assert said.count("\n") == 1


def test_an_unknown_command_says_where_to_look(operator: Operator) -> None:
    assert "see `ringround --help`" in operator.run("sevre", code=2)


def test_a_backup_is_restored_into_another_empty_folder_and_never_beside_a_running_product(
    operator: Operator, tmp_path: Path
) -> None:
    file = tmp_path / "all.tar"
    assert "keys are NOT in it" in operator.run("backup", str(file))
    assert "stop `ringround serve`" in operator.run("restore", str(file), "--force", code=1)
    with tempfile.TemporaryDirectory(prefix="rr-other-", ignore_cleanup_errors=True) as path:
        other = Operator(Path(path))
        other.run("restore", str(file))
        assert "anna@example.org" in other.run("user", "list")
        assert "--force" in other.run("restore", str(file), code=1)


def test_a_backup_that_is_there_is_replaced_only_when_told(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "all.tar"
    file.write_text("the only copy")
    assert "all.tar is there already" in operator.run("backup", str(file), code=1)
    assert file.read_text() == "the only copy"
    operator.run("backup", str(file), "--force")
    assert tarfile.is_tarfile(file)


@contextlib.contextmanager
def serving(operator: Operator, *words: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "ringround.cli", "serve", "--port", str(port), *words],
        env=operator.environment,
        stderr=subprocess.PIPE,
        text=True,
        cwd=operator.data,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "runs; open http://localhost:" in line:
                break
        yield process, port
    finally:
        process.kill()
        process.communicate()


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def status(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/", headers={"Host": "localhost"})
        return connection.getresponse().status
    finally:
        connection.close()


def children(pid: int, word: str) -> list[int]:
    """The direct children of a process whose command line has this word."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError):
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == pid and word in (entry / "cmdline").read_text():
                found.append(int(entry.name))
    return found


def test_serve_survives_the_killing_of_each_part_and_stops_when_told() -> None:
    with tempfile.TemporaryDirectory(prefix="rr-serve-", ignore_cleanup_errors=True) as path:
        operator = Operator(Path(path))
        with serving(operator) as (process, port):
            assert status(port) < 500
            # Each web process in turn: the port stays open and somebody answers.
            for web in children(process.pid, "_web"):
                os.kill(web, signal.SIGKILL)
                assert status(port) < 500
            # The database: pages come back by themselves.
            [database] = children(process.pid, "postgres")
            os.kill(database, signal.SIGKILL)
            until(lambda: children(process.pid, "postgres") not in ([], [database]))
            until(lambda: status(port) < 500)
            for word in ("relay", "_worker"):
                [one] = children(process.pid, word)
                os.kill(one, signal.SIGKILL)
                until(lambda gone=one, word=word: children(process.pid, word) not in ([], [gone]))  # type: ignore[misc]
            # A second one on the same data is refused with the number of the first.
            assert f"process {process.pid}" in operator.run("serve", "--port", "0", code=1)
            process.terminate()
            process.communicate(timeout=PATIENCE_S)
            assert process.returncode == 0
            assert not Server(operator.data).running()


def test_a_taken_port_is_told_before_anything_starts(operator: Operator) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = operator.run("serve", "--port", str(taken.getsockname()[1]), code=1)
    assert "take another by --port" in said
