"""The supervisor, with real processes that are really killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ringround.cli_commands import _supervisor
from ringround.cli_commands._supervisor import Child, Supervisor

PATIENCE_S = 20.0
# A process that supervises one child and writes both process numbers.
PARENT = """
import os, sys
from pathlib import Path
from ringround.cli_commands._supervisor import Child, Supervisor
child = Child("sleeper", ["sleep", "600"])
def note():
    Path(sys.argv[1]).write_text(str(child.process.pid))
Supervisor([child]).run(on_ready=note)
"""


def until(what: Callable[[], bool]) -> None:
    """Wait for another process to get there."""
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_supervisor, "SHORTEST_PAUSE_S", 0.01)


def test_a_killed_child_is_started_again() -> None:
    child = Child("sleeper", ["sleep", "600"], pause_s=0.01)
    supervisor = Supervisor([child])
    pids: list[int] = []

    def each() -> None:
        if child.process is not None and child.process.poll() is None and child.process.pid not in pids:
            pids.append(child.process.pid)
            if len(pids) == 3:
                supervisor.stop.set()
            else:
                os.kill(child.process.pid, signal.SIGKILL)

    assert supervisor.run(each=each, pause_s=0.01) == 0
    assert len(pids) == 3
    assert all(gone(pid) for pid in pids)


def test_children_that_never_stay_up_end_it_with_their_name(capfd: pytest.CaptureFixture[str]) -> None:
    supervisor = Supervisor([Child("broken", ["false"], pause_s=0.001)])
    assert supervisor.run(ready=lambda: False, pause_s=0.001) == 1
    assert "broken does not stay up" in capfd.readouterr().err


def test_a_child_that_ignores_the_request_is_ended_hard() -> None:
    deaf = [sys.executable, "-c", "import signal; signal.signal(15, signal.SIG_IGN); print(flush=True); signal.pause()"]
    child = Child("deaf", deaf, grace_s=0.2)
    stop = threading.Event()
    pids: list[int] = []

    def is_deaf() -> bool:
        assert child.process is not None
        status = Path(f"/proc/{child.process.pid}/status").read_text()
        ignored = next(line for line in status.splitlines() if line.startswith("SigIgn"))
        return bool(int(ignored.split()[1], 16) & 1 << (signal.SIGTERM - 1))

    def ready() -> None:
        assert child.process is not None
        pids.append(child.process.pid)
        stop.set()

    assert Supervisor([child], stop).run(ready=is_deaf, on_ready=ready, pause_s=0.01) == 0
    assert gone(pids[0])


def test_children_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(note)])
    until(lambda: note.exists() and note.read_text() != "")
    child = int(note.read_text())
    assert not gone(child)
    parent.kill()
    parent.wait()
    until(lambda: gone(child))


def test_what_children_write_goes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    """`demo --json` answers with one line, and nothing else may be on stdout."""
    stop = threading.Event()
    child = Child("talker", ["sh", "-c", "echo noise; exec sleep 600"])
    heard: list[str] = []

    def ready() -> bool:
        heard.append(capfd.readouterr().err)
        return "noise" in "".join(heard)

    Supervisor([child], stop).run(ready=ready, on_ready=stop.set, pause_s=0.01)
    assert capfd.readouterr().out == ""
