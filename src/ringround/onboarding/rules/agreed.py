"""What was agreed: a product, and what was asked for within it. What the product fixes nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ringround.kernel.errors import Fault, Invalid, Loc
from ringround.kernel.messages import N_
from ringround.onboarding.rules.session import PaymentType
from ringround.onboarding.rules.workflow.definition import METHODS, SCHEDULES, SINGLE, STARTS, Amount, Product

# Names of the agreement's fields in the API; the method stands beside them as `payment_method`.
FIELDS = ("amount", "currency", "schedule", "start", "day", "one_off")
NEXT_POSSIBLE, FIXED_DAY = STARTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What the donor is asked to accept. `amount` in minor units for each time; `schedule` is `single` of a single
    payment; `day` is the day of the month, 1 to 31, where `start` is `fixed_day`; `method` is "" where the donor
    chooses; `one_off`: the first payment is taken with the acceptance."""

    product: str
    payment_type: str
    name: str
    description: str
    amount: int
    currency: str
    schedule: str
    start: str = NEXT_POSSIBLE
    day: int | None = None
    method: str = ""
    one_off: bool = False
    tax_deductible: bool = False
    purpose_code: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it is stored; `from_json` gives the same back."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Agreed:
        """From what `to_json` has written."""
        return cls(**raw)


def agree(product: Product, given: object, method: object = None, *, served: Collection[str] | None = None) -> Agreed:
    """What is agreed by this product and a form or an API body (`agreement` and `payment_method`); Invalid with every
    fault under its own name. `served`: the methods that the merchant's accounts have; None: not asked."""
    faults: list[Fault] = []
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        raise Invalid.one("agreement", "wrong_type", N_("Give an object."))
    for key in given:
        if key not in FIELDS:
            faults.append(Fault(("agreement", str(key)[:100]), "unknown_field", N_("There is no such field.")))
    found: dict[str, Any] = {}
    for name in FIELDS:
        value = _READERS[name](product, given.get(name), ("agreement", name))
        if isinstance(value, Fault):
            faults.append(value)
        else:
            found[name] = value
    if found.get("start") != FIXED_DAY:
        found["day"] = None
    elif "day" in found and found["day"] is None:
        faults.append(Fault(("agreement", "day"), "required", N_("Say which day of the month.")))
    how = _method(product, method, ("payment_method",), served)
    if isinstance(how, Fault):
        raise Invalid([*faults, how])
    if faults:
        raise Invalid(faults)
    return Agreed(
        product=product.key, payment_type=product.payment_type, name=product.agreement_name,
        description=product.agreement_description, method=how, tax_deductible=product.tax_deductible,
        purpose_code=product.purpose_code, **found,
    )  # fmt: skip


def choose_method(product: Product, agreed: Agreed, method: object, *, served: Collection[str] | None = None) -> Agreed:
    """The same with the method that the donor has chosen on their own page; Invalid. What was agreed on the telephone
    may be changed by the donor among what the product allows."""
    how = _method(product, method, ("payment_method",), served)
    if not isinstance(how, Fault) and not how:
        how = Fault(("payment_method",), "required", N_("Choose how to pay."))
    if isinstance(how, Fault):
        raise Invalid([how])
    return Agreed.from_json({**agreed.to_json(), "method": how})


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form starts with, and what of a prefill was left out: notes for the agent, never with the value."""

    values: Mapping[str, Any]
    notes: tuple[Fault, ...] = ()


def fill(product: Product, given: Mapping[str, Any]) -> Filled:
    """A form's first values: what the product fixes, then what is given, then what the product suggests.

    `given` has names of FIELDS and `method`. What does not fit, or is not what the product fixes, is left out with a
    note under its name.
    """
    start = NEXT_POSSIBLE if NEXT_POSSIBLE in product.starts else product.starts[0]
    values: dict[str, Any] = {
        "amount": product.amount.usual, "currency": product.currency, "schedule": product.schedule.usual,
        "start": start, "day": None, "one_off": product.one_off_at_start is True,
        "method": product.methods[0] if len(product.methods) == 1 else "",
    }  # fmt: skip
    notes = []
    for name, raw in given.items():
        if raw is None or raw == "":
            continue
        reader = _READERS.get(name)
        read = _method(product, raw, (name,), None) if reader is None else reader(product, raw, (name,))
        if isinstance(read, Fault):
            notes.append(read)
        else:
            values[name] = read
    return Filled(values, tuple(notes))


def check_amount(amount: Amount, raw: object, loc: Loc) -> int | Fault:
    """An amount in minor units by its rule, or what is wrong with it; None is what is fixed, or missing."""
    low, high = amount.bounds
    if raw is None:
        if amount.rule == "fixed" and amount.value is not None:
            return amount.value
        return Fault(loc, "required", N_("Say how much."))
    if isinstance(raw, bool) or not isinstance(raw, int):
        return Fault(loc, "wrong_type", N_("Amounts are whole minor units (øre, cents)."))
    if amount.rule == "fixed" and raw != amount.value:
        return _fixed(loc)
    if amount.rule == "choice" and raw not in amount.choices:
        return Fault(loc, "not_a_choice", N_("Choose one of the amounts."), {"choices": list(amount.choices)})
    if not low <= raw <= high:
        detail = N_("The amount must be within the product's limits.")
        return Fault(loc, "out_of_range", detail, {"least": low, "most": high})
    return raw


# --- one field --------------------------------------------------------------------------------


def _fixed(loc: Loc) -> Fault:
    return Fault(loc, "fixed_by_product", N_("The product fixes this."))


def _option(raw: object, loc: Loc, allowed: tuple[str, ...], known: tuple[str, ...]) -> str | Fault:
    """One of what is allowed; what is known but not allowed is refused by the product, else by the language."""
    if isinstance(raw, str) and raw in allowed:
        return raw
    if len(allowed) == 1 and isinstance(raw, str) and raw in known:
        return _fixed(loc)
    return Fault(loc, "not_an_option", N_("Choose one of the options."), {"options": list(allowed)})


def _amount(product: Product, raw: object, loc: Loc) -> int | Fault:
    return check_amount(product.amount, raw, loc)


def _currency(product: Product, raw: object, loc: Loc) -> str | Fault:
    return product.currency if raw is None or raw == product.currency else _fixed(loc)


def _schedule(product: Product, raw: object, loc: Loc) -> str | Fault:
    allowed = product.schedule.allowed
    if raw is None:
        return allowed[0] if len(allowed) == 1 else Fault(loc, "required", N_("Say how often."))
    return _option(raw, loc, allowed, (*SCHEDULES, SINGLE))


def _start(product: Product, raw: object, loc: Loc) -> str | Fault:
    if raw is None:
        return NEXT_POSSIBLE if NEXT_POSSIBLE in product.starts else product.starts[0]
    return _option(raw, loc, product.starts, STARTS)


def _day(product: Product, raw: object, loc: Loc) -> int | Fault | None:
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int):
        return Fault(loc, "wrong_type", N_("Give a whole number."))
    if not 1 <= raw <= 31:
        return Fault(loc, "out_of_range", N_("From %(least)s to %(most)s.", least=1, most=31), {"least": 1, "most": 31})
    return raw


def _one_off(product: Product, raw: object, loc: Loc) -> bool | Fault:
    fixed = product.one_off_at_start
    if raw is None:
        return fixed is True
    if not isinstance(raw, bool):
        return Fault(loc, "wrong_type", N_("Say true or false."))
    if product.payment_type == PaymentType.SINGLE and raw:
        return Fault(loc, "not_for_single", N_("A single payment has no other at its start."))
    return raw if fixed == "optional" or raw is fixed else _fixed(loc)


def _method(product: Product, raw: object, loc: Loc, served: Collection[str] | None) -> str | Fault:
    if raw is None or raw == "":
        if len(product.methods) == 1:
            raw = product.methods[0]
        elif product.payment_required:
            return Fault(loc, "required", N_("Choose how to pay."))
        else:
            return ""
    found = _option(raw, loc, product.methods, METHODS)
    if not isinstance(found, Fault) and served is not None and found not in served:
        return Fault(loc, "method_not_served", N_("There is no payment account for this method."))
    return found


_READERS: dict[str, Callable[[Product, object, Loc], Any]] = {
    "amount": _amount,
    "currency": _currency,
    "schedule": _schedule,
    "start": _start,
    "day": _day,
    "one_off": _one_off,
}
