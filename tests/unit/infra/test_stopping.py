"""Stopping by a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
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


@pytest.mark.usefixtures("_handlers")
def test_a_signal_stops() -> None:
    stop = Event()
    stop_on((signal.SIGUSR1,), stop)
    assert not stop.is_set()
    os.kill(os.getpid(), signal.SIGUSR1)
    assert stop.wait(10)


@pytest.mark.usefixtures("_handlers")
def test_a_signal_that_comes_in_the_middle_of_waiting_for_it_stops_too() -> None:
    stop = Event()
    stop_on((signal.SIGUSR1,), stop)
    # What `wait()` holds while it looks: a handler that took it would never come back.
    with stop._cond:  # type: ignore[attr-defined]
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(0.01)
    assert stop.wait(10)


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
