"""An entry laid on a workflow: what its form starts with, and what of the entry has no place there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.messages import N_
from ringround.kernel.money import Money
from ringround.kernel.text import fold
from ringround.onboarding.rules import agreed
from ringround.onboarding.rules.entry.seen import Entry
from ringround.onboarding.rules.workflow import Definition, Product, read_metadata


@dataclass(frozen=True, slots=True)
class Prefill:
    """What a form starts with. `values` by name of `agreed.FIELDS` and `method`; `contact` by the roles that the
    workflow asks for; `notes` for the agent, the entry's own first."""

    product: Product | None
    values: Mapping[str, Any]
    contact: Mapping[str, str]
    metadata: Mapping[str, Any]
    notes: tuple[Fault, ...]


# The parameter by which the agent knows each field of an agreement.
_PARAMETER = {
    "amount": "pre_amount", "schedule": "pre_scheduleType", "start": "pre_scheduleStartType",
    "one_off": "pre_scheduleStartWithOneOff", "method": "pre_paymentMethodType",
}  # fmt: skip


def prefill(entry: Entry, definition: Definition) -> Prefill:
    """Lay the entry on the workflow. Nothing of it changes what the product fixes, and nothing is refused."""
    notes = list(entry.notes)
    product = _product(entry, definition, notes)
    values: Mapping[str, Any] = {}
    if product is not None:
        given = dict(entry.agreement)
        if entry.method:
            given["method"] = entry.method
        if entry.amount is not None:
            try:
                given["amount"] = Money.of_major(entry.amount, product.currency).amount
            except Invalid as wrong:
                notes += [Fault(("pre_amount",), fault.code, fault.detail) for fault in wrong.errors]
        filled = agreed.fill(product, given)
        values = filled.values
        notes += [Fault((_PARAMETER.get(str(note.loc[0]), str(note.loc[0])),), note.code, note.detail, note.extra)
                  for note in filled.notes]  # fmt: skip
    metadata, wrong_metadata = read_metadata(definition, entry.metadata, complete=False)
    notes += [Fault((f"pre_meta_{fault.loc[1]}",), fault.code, fault.detail) for fault in wrong_metadata]
    return Prefill(product, values, _contact(entry, definition, notes), metadata, tuple(notes))


def _product(entry: Entry, definition: Definition, notes: list[Fault]) -> Product | None:
    """By its key or its name; the first one where none is asked for."""
    first = definition.products[0] if definition.products else None
    if not entry.product:
        return first
    wanted = fold(entry.product)
    for product in definition.products:
        if entry.product == product.key or wanted in (fold(product.key), fold(product.name)):
            return product
    notes.append(Fault(("product",), "unknown_product", N_("The workflow has no such product.")))
    return first


def _contact(entry: Entry, definition: Definition, notes: list[Fault]) -> dict[str, str]:
    """The values that the form asks for; a name comes in one piece or in two, as it is asked for."""
    asked = {one.role for one in definition.contact_fields}
    given = dict(entry.contact)
    if "name" in given and "name" not in asked and asked & {"first_name", "last_name"}:
        first, _, last = given.pop("name").rpartition(" ")
        given.setdefault("first_name", first or last)
        if first:
            given.setdefault("last_name", last)
    if "name" in asked and "name" not in given:
        whole = " ".join(part for role in ("first_name", "last_name") if (part := given.get(role)))
        if whole:
            given["name"] = whole
            for role in {"first_name", "last_name"} - asked:
                given.pop(role, None)
    if not entry.own:
        notes += [
            Fault((role,), "not_asked", N_("The workflow does not ask for this, and it was left out."))
            for role in given
            if role not in asked
        ]
    return {role: value for role, value in given.items() if role in asked}
