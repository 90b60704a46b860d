"""The operators of conditions, for whom draws a condition's form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ringround.kernel.messages import N_, Message

_ANY = ("text", "int", "bool", "moment", "choice", "user", "campaign", "any")
_EXACT = ("text", "int", "bool", "choice", "user", "campaign", "any")
_ORDERED = ("text", "int", "moment", "any")


@dataclass(frozen=True, slots=True)
class Operator:
    """`value` is the type of what is asked: value, values, duration, bool; `kinds` the kinds of fields it suits."""

    op: str
    label: Message
    value: str
    kinds: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"op": self.op, "label": str(self.label), "value": self.value, "kinds": list(self.kinds)}


OPERATORS = (
    Operator("eq", N_("is"), "value", _EXACT),
    Operator("ne", N_("is not"), "value", _EXACT),
    Operator("in", N_("is one of"), "values", _EXACT),
    Operator("nin", N_("is none of"), "values", _EXACT),
    Operator("lt", N_("is less than"), "value", _ORDERED),
    Operator("le", N_("is at most"), "value", _ORDERED),
    Operator("gt", N_("is more than"), "value", _ORDERED),
    Operator("ge", N_("is at least"), "value", _ORDERED),
    Operator("contains", N_("contains"), "value", ("text", "any")),
    Operator("starts", N_("starts with"), "value", ("text", "any")),
    Operator("exists", N_("is filled in"), "bool", _ANY),
    Operator("within", N_("is no further away than"), "duration", ("moment", "any")),
    Operator("older_than", N_("is longer ago than"), "duration", ("moment", "any")),
)
