"""A callback called before its time: which gates its agent's word opens."""

from __future__ import annotations

from collections.abc import Sequence

from ringround.compliance.rules import Gate

# The agent's own word is the time. Hours, suppression, attempts and all else stand.
WAIVED = frozenset({"due"})


def shut_for_early(gates: Sequence[Gate]) -> list[Gate]:
    """What stands in the way of calling a callback now."""
    return [gate for gate in gates if not gate.ok and gate.gate not in WAIVED]
