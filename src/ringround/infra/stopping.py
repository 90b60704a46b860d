"""Being told by a signal to stop."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from queue import SimpleQueue
from threading import Event, Thread


def stop_on(numbers: Iterable[signal.Signals], stop: Event) -> None:
    """Sets `stop` when one of the signals comes. Main thread only."""
    # A handler runs between two steps of the main thread, and that thread may be within the very `stop.wait()` whose
    # lock `stop.set()` takes: it would wait for itself for ever. A simple queue may be written to at any moment, and
    # another thread sets the event.
    heard: SimpleQueue[int] = SimpleQueue()

    def listen() -> None:
        heard.get()
        stop.set()

    Thread(target=listen, name="stop", daemon=True).start()
    for number in numbers:
        signal.signal(number, lambda caught, _frame: heard.put(caught))
