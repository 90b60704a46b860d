"""What every reader of a cell gets, and how it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from ringround.kernel.errors import Fault, Loc
from ringround.kernel.messages import Message


@dataclass(frozen=True, slots=True)
class Context:
    """How a cell is to be read; see columns.parse()."""

    options: Sequence[str]
    zone: ZoneInfo | None
    region: str | None
    decimal: str
    loc: Loc


def fault(c: Context, code: str, detail: Message) -> Fault:
    """A refusal at the cell's own place."""
    return Fault(c.loc, code, detail)


def number_text(number: int | float | Decimal, decimal: str = ".") -> str:
    """A number in full, never in scientific notation and without idle zeros: `12,5`."""
    if isinstance(number, int):
        return str(number)
    exact = number if isinstance(number, Decimal) else Decimal(str(number))
    text = f"{exact:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", decimal)
