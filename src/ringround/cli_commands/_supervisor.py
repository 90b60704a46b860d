"""Keeps child processes alive, and takes them along when it goes."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import click

from ringround.infra.stopping import stop_on

SHORTEST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# A process that lived this long was well: its next death begins with the shortest pause again.
WELL_AFTER_S = 30.0
# Deaths in a row before the service was ever ready, after which it gives up: it would never be.
HOPELESS_AFTER = 5
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(slots=True)
class Child:
    """One process to keep alive. `grace_s`: how long it may take to end."""

    name: str
    command: Sequence[str]
    fds: tuple[int, ...] = ()
    grace_s: float = 10.0
    process: subprocess.Popen[bytes] | None = None
    pause_s: float = SHORTEST_PAUSE_S
    born: float = 0.0
    again_at: float = 0.0
    deaths: int = 0


@dataclass(slots=True)
class Supervisor:
    """Starts the children in order, restarts the dead with growing pauses, stops all in order."""

    children: list[Child]
    stop: threading.Event = field(default_factory=threading.Event)

    def run(
        self,
        *,
        ready: Callable[[], bool] = lambda: True,
        on_ready: Callable[[], None] = lambda: None,
        each: Callable[[], None] = lambda: None,
        pause_s: float = 0.1,
    ) -> int:
        """Blocks until `stop` is set, or until the children turn out to be hopeless; the exit code. Main thread only.

        `ready` is asked until it is true, then `on_ready` is called once; `each` is called on every round.
        """
        is_ready = False
        try:
            while not self.stop.is_set():
                each()
                self._revive()
                if not is_ready and ready():
                    is_ready = True
                    on_ready()
                if not is_ready and (hopeless := [c.name for c in self.children if c.deaths >= HOPELESS_AFTER]):
                    say(f"{', '.join(hopeless)} does not stay up; its own words are above")
                    return 1
                self.stop.wait(pause_s)
        finally:
            self._stop_all()
        return 0

    def _revive(self) -> None:
        now = time.monotonic()
        for child in self.children:
            process = child.process
            if process is not None:
                if process.poll() is None:
                    continue
                if now - child.born > WELL_AFTER_S:
                    child.pause_s, child.deaths = SHORTEST_PAUSE_S, 0
                child.process, child.deaths = None, child.deaths + 1
                child.again_at = now + child.pause_s
                say(f"{child.name} ended ({_how(process.returncode)}); starting it again in {child.pause_s:g} s")
                child.pause_s = min(child.pause_s * 2, LONGEST_PAUSE_S)
            if now >= child.again_at:
                child.process = _start(child)
                child.born = now

    def _stop_all(self) -> None:
        """In order: whoever takes work first, so that those behind it finish what is already there."""
        for child in self.children:
            process, child.process = child.process, None
            if process is None or process.poll() is not None:
                continue
            process.terminate()
            # All children of one kind go together; waiting for each in turn would add their graces up.
            child.process = process
        deadline = time.monotonic() + max((child.grace_s for child in self.children), default=0.0)
        for child in self.children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                say(f"{child.name} did not end in time; ending it hard")
                child.process.kill()
                child.process.wait()
            child.process = None


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM, Ctrl-C and a closed terminal set `stop`."""
    stop_on((signal.SIGTERM, signal.SIGINT, signal.SIGHUP), stop)


def python(*words: str) -> list[str]:
    """A command line for this very Python."""
    return [sys.executable, *words]


def say(text: str) -> None:
    """A line of the supervisor's own, on stderr: stdout belongs to what the command answers."""
    click.echo(f"ringround: {text}", err=True)


def _start(child: Child) -> subprocess.Popen[bytes]:
    parent = os.getpid()

    def dies_with_parent() -> None:
        # Killed with SIGKILL we cannot stop anybody: the kernel tells the child then. The parent may have died
        # between fork and here, so ask afterwards.
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return subprocess.Popen(
        child.command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        pass_fds=child.fds,
        # A group of its own: Ctrl-C reaches only us, and we stop the children in order.
        process_group=0,
        preexec_fn=dies_with_parent,
    )


def _how(code: int) -> str:
    return f"by signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
