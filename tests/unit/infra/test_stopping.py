"""Stopping by a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from threading import Event

import pytest

from ringround.infra.stopping import stop_on

# A process that does nothing but wait, as all of ours do between two rounds.
WAITS = """
import signal
from threading import Event
from ringround.infra.stopping import stop_on
stop = Event()
stop_on((signal.SIGTERM,), stop)
print("waits", flush=True)
while not stop.is_set():
    stop.wait(0.001)
"""

# It is told while it holds what `wait()` holds while it looks: a handler that took that would never come back.
HOLDS = """
import os, signal, sys, time
from threading import Event
from ringround.infra.stopping import stop_on
stop = Event()
stop_on((signal.SIGTERM,), stop)
with stop._cond:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.01)
sys.exit(not stop.wait(10))
"""


@pytest.mark.usefixtures("_handlers")
def test_a_signal_stops() -> None:
    stop = Event()
    stop_on((signal.SIGUSR1,), stop)
    assert not stop.is_set()
    os.kill(os.getpid(), signal.SIGUSR1)
    assert stop.wait(10)


def test_a_signal_that_comes_in_the_middle_of_waiting_for_it_stops_too() -> None:
    # Ended from outside if it hangs.
    assert subprocess.run([sys.executable, "-c", HOLDS], timeout=30).returncode == 0


def test_a_process_ends_whenever_it_is_told() -> None:
    process = subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "waits\n"
    process.terminate()
    assert process.wait(30) == 0
    process.stdout.close()


@pytest.fixture
def _handlers() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)
