"""Which key stands for which disposition: its own, else the next free digit."""

from __future__ import annotations

from collections.abc import Sequence

DIGITS = "123456789"


def assign(own: Sequence[str]) -> list[str]:
    """A key for each, in order; empty when the digits have run out. `own` are the ones chosen by the campaign.

    A key chosen twice goes to the first; the other is served as if it had chosen none.
    """
    taken: set[str] = set()
    keys: list[str] = []
    for one in own:
        key = one.strip().casefold()[:1]
        keys.append("" if key in taken else key)
        taken.add(key)
    taken.discard("")
    free = (digit for digit in DIGITS if digit not in taken)
    return [key or next(free, "") for key in keys]
