"""Looking for garbage in a process that serves for long."""

from __future__ import annotations

import gc


def settle(young: int, middle: int, old: int) -> None:
    """What is loaded now stays as long as the process: looking through it for garbage again and again finds none, and
    holds up whoever waits. From here on it is looked among new objects every `young` of them, and among older ones
    every `middle` and `old` such looks (`gc.set_threshold`)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(young, middle, old)
