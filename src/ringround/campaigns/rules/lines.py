"""One line of text as a plan has it: a name, a label, an option."""

from __future__ import annotations

from ringround.kernel import text
from ringround.kernel.errors import Fault, Loc
from ringround.kernel.messages import N_


def read_line(raw: object, most: int, loc: Loc, faults: list[Fault]) -> str | None:
    """The line cleaned, at most `most` characters; None, and a fault, where there is none or it is too long."""
    cleaned = text.clean(raw) if isinstance(raw, str) else ""
    if not cleaned:
        faults.append(Fault(loc, "required", N_("This is required.")))
        return None
    if len(cleaned) > most:
        faults.append(Fault(loc, "too_long", N_("At most %(limit)s characters.", limit=most)))
        return None
    return cleaned
