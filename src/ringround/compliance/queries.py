"""Reading the rule packs."""

from __future__ import annotations

from ringround.compliance.packs import PACKS
from ringround.compliance.packs.shapes import Pack


def packs() -> tuple[Pack, ...]:
    """All that are served, in the order in which they are shown."""
    return tuple(PACKS.values())
