"""What a contact says again when an import that changed it is taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

# The code of an import whose taking back was given up: the file itself had been taken.
REVERT_FAILED = "revert_failed"
# (id of the import or "", via, {column: [before, after]}), the oldest first.
History = Sequence[tuple[str, str, Mapping[str, Sequence[Any]]]]


def restored(
    history: History, import_id: str, said: Mapping[str, Any], gone: Collection[str] = ()
) -> tuple[dict[str, Any], list[str]]:
    """(column: what it says again, columns that stay since somebody has said something else after the import).

    Column by column, what it would say if this import and those that are gone (`gone`: taken back before) had never
    been. Import A says `Vejle` where it said `Odense`, B says `Aarhus`. Taking A back leaves `Aarhus`, which is B's;
    taking B back after that gives `Odense`, because what B found was A's.
    """
    base: dict[str, Any] = {}
    mine: set[str] = set()
    later: set[str] = set()
    for found, via, changes in history:
        for column, (was, now) in changes.items():
            value = base.setdefault(column, was)
            if via == "import" and found == import_id:
                mine.add(column)
            elif via != "revert" and not (via == "import" and found in gone):
                value = now
                if column in mine:
                    later.add(column)
            base[column] = value
    back = {name: base[name] for name in mine - later if said.get(name) != base[name]}
    return back, sorted(later)


def can_revert(state: str, counts: Mapping[str, int]) -> bool:
    """Whether there is something of an import to take back: it is done, or failed after a part of it was taken."""
    return state == "done" or (state == "failed" and bool(counts.get("new") or counts.get("updated")))
