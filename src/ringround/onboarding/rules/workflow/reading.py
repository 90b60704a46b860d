"""Reads a workflow's definition from JSON, strictly: every fault with its place, unknown fields too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ringround.kernel.errors import Fault, Invalid, Loc
from ringround.kernel.messages import N_
from ringround.kernel.money import CURRENCIES
from ringround.onboarding.rules.session import Intention, PaymentType
from ringround.onboarding.rules.workflow import definition as d
from ringround.onboarding.rules.workflow.allowed import UPGRADES, least_role
from ringround.onboarding.rules.workflow.definition import (
    Amount,
    ContactField,
    Definition,
    MetadataField,
    Product,
    Schedules,
    Terms,
    UpgradeAct,
)
from ringround.onboarding.rules.workflow.taking import Take

T = TypeVar("T")

_KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
# As senders of messages are: letters and digits without national ones, a number, or a short code.
_SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 .&_\-]{1,11}|\+[0-9]{7,15}|[0-9]{3,8}", re.ASCII)


def parse(raw: object) -> Definition:
    """A definition from JSON; Invalid with every fault."""
    faults: list[Fault] = []
    found = read(raw, faults)
    if faults or found is None:
        raise Invalid(faults)
    return found


def read(raw: object, faults: list[Fault]) -> Definition | None:
    """A definition as far as it can be read; what is wrong goes to `faults`."""
    take = Take(raw, (), faults)
    if not take.whole:
        return None
    name = take.text("name", most=d.MAX_NAME, required=True)
    intention = take.option("intention", tuple(Intention), required=True)
    message = take.text("approval_message", most=d.MAX_MESSAGE, lines=True)
    sender = take.text("sms_sender", most=16)
    if sender and not _SENDER.fullmatch(sender):
        detail = N_("A sender is at most 11 letters and digits without æ, ø and å, a phone number, or a short code.")
        take.fault("sms_sender", "bad_sender", detail)
    ttl = take.number("link_ttl_s", d.MIN_LINK_TTL_S, d.MAX_LINK_TTL_S, usual=d.USUAL_LINK_TTL_S)
    languages = take.options("languages", d.LANGUAGES, usual=("da",))
    terms = _terms(take)
    fields = _many(take, "contact_fields", len(d.CONTACT_ROLES), _contact_field)
    _once(take, "contact_fields", [one.role if one else "" for one in fields])
    metadata = _many(take, "metadata_fields", d.MAX_METADATA, _metadata_field)
    _once(take, "metadata_fields", [one.key if one else "" for one in metadata], place="key")
    products = _many(take, "products", d.MAX_PRODUCTS, _product)
    _once(take, "products", [one.key if one else "" for one in products], place="key")
    upgrade = _upgrade(take, [one.role for one in fields if one])
    if intention == Intention.SIGNUP and not take.get("products"):
        take.fault("products", "required", N_("A workflow for sign-ups needs a product."))
    if intention == Intention.UPGRADE and not take.get("upgrade"):
        take.fault("upgrade", "required", N_("A workflow for upgrades needs an action."))
    take.nothing_else()
    return Definition(
        name=name, intention=intention, approval_message=message, sms_sender=sender, link_ttl_s=ttl or 0,
        languages=languages, terms=terms, contact_fields=tuple(one for one in fields if one),
        metadata_fields=tuple(one for one in metadata if one), products=tuple(one for one in products if one),
        upgrade=upgrade,
    )  # fmt: skip


# --- parts ------------------------------------------------------------------------------------


def _terms(outer: Take) -> Terms:
    if outer.get("terms") is None:
        return Terms()
    take = Take(outer.get("terms"), (*outer.loc, "terms"), outer.faults)
    version = take.text("version", most=d.MAX_TERMS_VERSION)
    text = take.text("text", most=d.MAX_TERMS, lines=True)
    if text and not version:
        take.fault(
            "version", "required", N_("Say which version of the terms this is: it is kept with each acceptance.")
        )
    if version and not text:
        take.fault("text", "required", N_("Give the text of the terms."))
    take.nothing_else()
    return Terms(version=version, text=text)


def _contact_field(raw: object, loc: Loc, faults: list[Fault]) -> ContactField | None:
    take = Take(raw, loc, faults)
    if not take.whole:
        return None
    role = take.option("role", d.CONTACT_ROLES, required=True)
    always = role in d.ALWAYS_SENSITIVE
    sensitive = take.flag("sensitive", always)
    if always and not sensitive:
        take.fault("sensitive", "must_be_sensitive", N_("A national id is always sensitive."))
    required, editable = take.flag("required", False), take.flag("editable", True)
    take.nothing_else()
    return ContactField(role=role, required=required, editable=editable, sensitive=sensitive)


def _metadata_field(raw: object, loc: Loc, faults: list[Fault]) -> MetadataField | None:
    take = Take(raw, loc, faults)
    if not take.whole:
        return None
    key = _key(take, "key")
    label = take.text("label", most=d.MAX_LABEL) or key
    kind = take.option("type", d.METADATA_TYPES, usual="text")
    required = take.flag("required", False)
    options = take.texts("options", most=d.MAX_OPTIONS, longest=d.MAX_LABEL)
    if kind == "choice" and not options:
        take.fault("options", "required", N_("A choice needs options."))
    if kind != "choice" and options:
        take.fault("options", "not_a_choice", N_("Only a choice has options."))
    take.nothing_else()
    return MetadataField(key=key, label=label, type=kind, required=required, options=options)


def _product(raw: object, loc: Loc, faults: list[Fault]) -> Product | None:
    take = Take(raw, loc, faults)
    if not take.whole:
        return None
    name = take.text("name", most=d.MAX_TAB, required=True)
    payment_type = take.option("payment_type", tuple(PaymentType), usual="recurring")
    single = payment_type == PaymentType.SINGLE
    agreement = take.text("agreement_name", most=d.MAX_AGREEMENT_NAME) or name[: d.MAX_AGREEMENT_NAME].strip()
    currency = take.text("currency", most=3) or "DKK"
    if currency not in CURRENCIES:
        take.fault("currency", "unknown_currency", N_("Use an ISO 4217 code such as DKK."))
    one_off = take.get("one_off_at_start")
    if one_off is None:
        one_off = False
    if not isinstance(one_off, bool | str) or one_off not in d.ONE_OFFS:
        take.fault("one_off_at_start", "not_an_option", N_("Say true, false or “optional”."))
        one_off = False
    if single and one_off:
        take.fault("one_off_at_start", "not_for_single", N_("A single payment has no other at its start."))
    product = Product(
        key=_key(take, "key"),
        name=name,
        payment_type=payment_type,
        agreement_name=agreement,
        agreement_description=take.text("agreement_description", most=d.MAX_AGREEMENT_DESCRIPTION),
        currency=currency,
        amount=_amount(take),
        schedule=_schedule(take, single=single),
        methods=take.options("methods", d.METHODS, usual=d.METHODS),
        starts=take.options("starts", d.STARTS, usual=d.STARTS),
        one_off_at_start=one_off,
        tax_deductible=take.flag("tax_deductible", False),
        purpose_code=take.text("purpose_code", most=d.MAX_PURPOSE),
        payment_required=take.flag("payment_required", False),
        welcome_message=take.text("welcome_message", most=d.MAX_MESSAGE, lines=True),
    )
    take.nothing_else()
    return product


def _amount(outer: Take) -> Amount:
    if outer.get("amount") is None:
        return Amount()
    take = Take(outer.get("amount"), (*outer.loc, "amount"), outer.faults)
    rule = take.option("rule", d.RULES, usual="free")
    value = take.number("value", d.MIN_AMOUNT, d.MAX_AMOUNT)
    least = take.number("min", d.MIN_AMOUNT, d.MAX_AMOUNT)
    most = take.number("max", d.MIN_AMOUNT, d.MAX_AMOUNT)
    choices = take.numbers("choices", d.MIN_AMOUNT, d.MAX_AMOUNT, most=d.MAX_CHOICES)
    amount = Amount(rule=rule, value=value, choices=choices, min=least, max=most)
    low, high = amount.bounds
    if low > high:
        take.fault("max", "below_min", N_("The most is less than the least."))
    elif value is not None and not low <= value <= high:
        take.fault("value", "out_of_range", N_("From %(least)s to %(most)s.", least=low, most=high))
    for index, one in enumerate(choices):
        if low <= high and not low <= one <= high:
            detail = N_("From %(least)s to %(most)s.", least=low, most=high)
            outer.faults.append(Fault((*take.loc, "choices", index), "out_of_range", detail))
    _fits(take, rule, value, choices)
    take.nothing_else()
    return amount


def _schedule(outer: Take, *, single: bool) -> Schedules:
    fixed = Schedules(rule="fixed", value=d.SINGLE)
    if outer.get("schedule") is None:
        return fixed if single else Schedules()
    take = Take(outer.get("schedule"), (*outer.loc, "schedule"), outer.faults)
    known = (d.SINGLE,) if single else d.SCHEDULES
    rule = take.option("rule", d.RULES, usual="fixed" if single else "free")
    value = take.option("value", known) or None
    choices = take.options("choices", known, usual=())
    if not single:
        _fits(take, rule, value, choices)
    take.nothing_else()
    return fixed if single else Schedules(rule=rule, value=value, choices=choices)


def _fits(take: Take, rule: str, value: object, choices: tuple[Any, ...]) -> None:
    """A fixed one needs its value, a choice its choices, and what is suggested must be one of them."""
    if rule == "fixed" and value is None:
        take.missing("value")
    if rule == "choice" and not choices:
        take.missing("choices")
    if rule == "choice" and choices and value is not None and value not in choices:
        take.fault("value", "not_a_choice", N_("What is suggested is none of the choices."))


def _upgrade(outer: Take, roles: list[str]) -> dict[str, UpgradeAct]:
    raw = outer.get("upgrade")
    if raw is None:
        return {}
    loc = (*outer.loc, "upgrade")
    if not isinstance(raw, Mapping):
        outer.faults.append(Fault(loc, "wrong_type", N_("Give an object.")))
        return {}
    found = {}
    for action in raw:
        if action not in UPGRADES:
            where = (*loc, str(action)[:100])
            outer.faults.append(Fault(where, "unknown_field", N_("There is no such action.")))
    for action in UPGRADES:
        if raw.get(action) is not None:
            act = _act(action.value, raw[action], (*loc, action.value), outer.faults, roles)
            if act is not None:
                found[action.value] = act
    return found


# What may be said of each action beside the role and the contact's fields.
_OF_ACTION = {
    "change_amount": "amount", "change_frequency": "schedules", "change_payment_method": "methods", "pause": "kinds",
}  # fmt: skip


def _act(action: str, raw: object, loc: Loc, faults: list[Fault], roles: list[str]) -> UpgradeAct | None:
    take = Take({"role": raw} if isinstance(raw, str) else raw, loc, faults)
    if not take.whole:
        return None
    usual = UpgradeAct(role="owner")
    role = take.option("role", d.ROLES, required=True)
    if role and d.ROLES.index(role) < d.ROLES.index(least_role(action)):
        take.fault("role", "role_too_low", N_("Junior agents never stop, pause, restart or end an agreement."))
    fields = None
    if take.get("contact_fields") is not None:
        fields = take.options("contact_fields", tuple(roles), empty=True)
    about = _OF_ACTION.get(action)
    act = UpgradeAct(
        role=role,
        contact_fields=fields,
        amount=_amount(take) if about == "amount" else usual.amount,
        schedules=take.options("schedules", d.SCHEDULES, usual=d.SCHEDULES)
        if about == "schedules"
        else usual.schedules,
        methods=take.options("methods", d.METHODS, usual=d.METHODS) if about == "methods" else usual.methods,
        kinds=take.options("kinds", d.PAUSE_KINDS, usual=d.PAUSE_KINDS) if about == "kinds" else usual.kinds,
        most_skipped=(take.number("most_skipped", 1, d.MAX_SKIP, usual=usual.most_skipped) or 0)
        if about == "kinds"
        else usual.most_skipped,
    )
    take.nothing_else()
    return act


# --- helpers ----------------------------------------------------------------------------------


def _key(take: Take, name: str) -> str:
    key = take.text(name, most=d.MAX_KEY, required=True)
    if key and not _KEY.fullmatch(key):
        take.fault(name, "bad_key", N_("Use small letters, digits, - and _, beginning with a letter."))
    return key


def _many(take: Take, name: str, most: int, one: Callable[[object, Loc, list[Fault]], T | None]) -> list[T | None]:
    items = take.items(name, most=most)
    return [one(item, (*take.loc, name, index), take.faults) for index, item in enumerate(items)]


def _once(take: Take, name: str, keys: list[str], *, place: str = "role") -> None:
    """Each may be there once."""
    seen: set[str] = set()
    for index, key in enumerate(keys):
        if key and key in seen:
            take.faults.append(Fault((*take.loc, name, index, place), "twice", N_("This is there twice.")))
        seen.add(key)
