"""Definitions: what is written is read back as the same; whatever is read never breaks."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.text import clean
from ringround.onboarding.rules import workflow
from ringround.onboarding.rules.workflow import (
    CONTACT_ROLES,
    METHODS,
    PAUSE_KINDS,
    ROLES,
    SCHEDULES,
    STARTS,
    Amount,
    ContactField,
    Definition,
    MetadataField,
    Product,
    Schedules,
    Terms,
    UpgradeAct,
)
from ringround.onboarding.rules.workflow.allowed import UPGRADES

keys = st.from_regex(r"[a-z][a-z0-9_-]{0,10}", fullmatch=True)


def texts(most: int, least: int = 0) -> st.SearchStrategy[str]:
    return st.text(max_size=most).map(clean).filter(lambda text: least <= len(text) <= most)


def some(options: tuple[str, ...], least: int = 1) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(options), min_size=least, unique=True).map(tuple)


@st.composite
def amounts(draw: st.DrawFn) -> Amount:
    low, high = sorted(draw(st.tuples(st.integers(1, 10**8), st.integers(1, 10**8))))
    choices = tuple(draw(st.lists(st.integers(low, high), unique=True, max_size=5)))
    rule = draw(st.sampled_from(["free", "fixed", "choice"] if choices else ["free", "fixed"]))
    value = draw(st.sampled_from(choices) if rule == "choice" else st.integers(low, high))
    given_value = value if rule == "fixed" or draw(st.booleans()) else None
    return Amount(
        rule=rule, value=given_value, choices=choices, min=draw(st.sampled_from([None, low])) if low else low, max=high
    )


@st.composite
def products(draw: st.DrawFn, key: str) -> Product:
    single = draw(st.booleans())
    choices = draw(some(SCHEDULES))
    schedule = draw(
        st.sampled_from(
            [
                Schedules(),
                Schedules(rule="fixed", value=choices[0]),
                Schedules(rule="choice", choices=choices),
                Schedules(rule="choice", choices=choices, value=choices[-1]),
            ]
        )
    )
    return Product(
        key=key,
        name=draw(texts(100, 1)),
        payment_type="single" if single else "recurring",
        agreement_name=draw(texts(45, 1)),
        agreement_description=draw(texts(100)),
        currency=draw(st.sampled_from(["DKK", "SEK", "ISK", "KWD"])),
        amount=draw(amounts()),
        schedule=Schedules(rule="fixed", value="single") if single else schedule,
        methods=draw(some(METHODS)),
        starts=draw(some(STARTS)),
        one_off_at_start=False if single else draw(st.sampled_from([True, False, "optional"])),
        tax_deductible=draw(st.booleans()),
        purpose_code=draw(texts(35)),
        payment_required=draw(st.booleans()),
        welcome_message=draw(texts(50)),
    )


@st.composite
def acts(draw: st.DrawFn, action: str, fields: tuple[str, ...]) -> UpgradeAct:
    about: dict[str, Any] = {}
    if action == "change_amount":
        about["amount"] = draw(amounts())
    elif action == "change_frequency":
        about["schedules"] = draw(some(SCHEDULES))
    elif action == "change_payment_method":
        about["methods"] = draw(some(METHODS))
    elif action == "pause":
        about |= {"kinds": draw(some(PAUSE_KINDS)), "most_skipped": draw(st.integers(1, 24))}
    shown = draw(st.none() | (some(fields, 0) if fields else st.just(())))
    return UpgradeAct(role=draw(st.sampled_from(ROLES[1:])), contact_fields=shown, **about)


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    fields = draw(some(CONTACT_ROLES, 0))
    actions = [action.value for action in UPGRADES]
    named = draw(st.lists(keys, unique=True, max_size=4))
    return Definition(
        name=draw(texts(200, 1)),
        intention=draw(st.sampled_from(["signup", "upgrade"])),
        approval_message=draw(texts(100)),
        link_ttl_s=draw(st.integers(60, 2592000)),
        languages=draw(some(("da", "en"))),
        terms=draw(st.just(Terms()) | st.builds(Terms, version=texts(50, 1), text=texts(100, 1))),
        contact_fields=tuple(
            ContactField(
                role=role,
                required=draw(st.booleans()),
                editable=draw(st.booleans()),
                sensitive=role == "national_id" or draw(st.booleans()),
            )
            for role in fields
        ),
        metadata_fields=tuple(MetadataField(key=key, label=draw(texts(100, 1))) for key in named),
        products=tuple(draw(products(key)) for key in draw(st.lists(keys, unique=True, min_size=1, max_size=3))),
        upgrade={action: draw(acts(action, fields)) for action in actions if action == "pause" or draw(st.booleans())},
    )


@settings(max_examples=25)  # a definition is large
@given(definitions())
def test_what_is_written_is_read_back_as_the_same(definition: Definition) -> None:
    assert workflow.parse(json.loads(json.dumps(definition.to_json()))) == definition


@settings(max_examples=25)  # a definition is large
@given(definitions())
def test_nobody_below_the_role_may_and_no_junior_stops_anything(definition: Definition) -> None:
    for action, act in definition.upgrade.items():
        allowed = [role for role in ROLES if workflow.may(definition, action, role)]
        expected = ROLES[ROLES.index(act.role) :] if definition.intention == "upgrade" else ()
        assert allowed == list(expected)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = ["name", "intention", "link_ttl_s", "languages", "terms", "contact_fields", "metadata_fields", "products",
         "upgrade", "sms_sender"]  # fmt: skip


@given(json_values | st.dictionaries(st.sampled_from(NAMES), json_values, max_size=8))
def test_anything_is_read_or_refused_with_places(raw: Any) -> None:
    faults: list[Fault] = []
    found = workflow.read(raw, faults)
    assert found is None or isinstance(found, Definition)
    if faults:
        assert all(str(fault.detail) and fault.code for fault in faults)
    else:
        assert found is not None
        assert workflow.parse(found.to_json()) == found


@settings(max_examples=25)  # a definition is large
@given(definitions(), st.data())
def test_one_wrong_value_anywhere_is_a_fault_and_no_crash(definition: Definition, data: st.DataObject) -> None:
    raw = definition.to_json()
    at: Any = raw
    while True:
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if isinstance(at[key], dict | list) and at[key] and data.draw(st.booleans()):
            at = at[key]
            continue
        at[key] = data.draw(json_values)
        break
    try:
        found = workflow.parse(raw)
    except Invalid as refused:
        assert refused.errors  # noqa: PT017
        return
    assert workflow.parse(found.to_json()) == found
