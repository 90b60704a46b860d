"""What is agreed within a product: from a form, and from a prefill."""

from __future__ import annotations

from typing import Any

import pytest

from ringround.kernel.errors import Invalid
from ringround.onboarding.rules import agreed
from ringround.onboarding.rules.agreed import Agreed
from ringround.onboarding.rules.workflow import Amount, Product, Schedules

FREE = Product(key="fast", name="Fast", agreement_name="Fast støtte", amount=Amount(min=5000, max=50000))
FIXED = Product(
    key="medlem", name="Medlem", agreement_name="Medlemskab", amount=Amount(rule="fixed", value=20000),
    schedule=Schedules(rule="fixed", value="yearly"), methods=("card",), starts=("next_possible",),
    tax_deductible=True, purpose_code="M1",
)  # fmt: skip
CHOICE = Product(
    key="valg", name="Valg", amount=Amount(rule="choice", choices=(10000, 15000)),
    schedule=Schedules(rule="choice", choices=("monthly", "quarterly")), one_off_at_start="optional",
    payment_required=True,
)  # fmt: skip
SINGLE = Product(key="en", name="Én gang", payment_type="single", schedule=Schedules(rule="fixed", value="single"))
ALL = {"amount": 10000, "currency": "DKK", "schedule": "monthly", "start": "next_possible"}


def faults(product: Product, given: object, method: object = None, **more: Any) -> list[tuple[Any, str]]:
    with pytest.raises(Invalid) as refused:
        agreed.agree(product, given, method, **more)
    return [(fault.loc, fault.code) for fault in refused.value.errors]


def test_what_is_asked_for_within_the_product_is_agreed() -> None:
    found = agreed.agree(FREE, ALL, "card")
    assert found == Agreed(
        product="fast", payment_type="recurring", name="Fast støtte", description="", amount=10000, currency="DKK",
        schedule="monthly", method="card",
    )  # fmt: skip
    assert Agreed.from_json(found.to_json()) == found


def test_of_a_product_that_fixes_all_nothing_need_be_said() -> None:
    found = agreed.agree(FIXED, None)
    assert (found.amount, found.schedule, found.method, found.start) == (20000, "yearly", "card", "next_possible")
    assert (found.tax_deductible, found.purpose_code) == (True, "M1")


@pytest.mark.parametrize(
    ("name", "value"),
    [("amount", 10000), ("currency", "SEK"), ("schedule", "monthly"), ("start", "fixed_day"), ("one_off", True)],
)
def test_what_is_fixed_is_not_changed_by_a_form(name: str, value: object) -> None:
    assert faults(FIXED, {name: value}) == [(("agreement", name), "fixed_by_product")]


def test_a_fixed_method_is_not_changed() -> None:
    assert faults(FIXED, {}, "mobile") == [(("payment_method",), "fixed_by_product")]


@pytest.mark.parametrize(
    ("product", "given", "place", "code"),
    [
        (FREE, {**ALL, "amount": 4999}, ("agreement", "amount"), "out_of_range"),
        (FREE, {**ALL, "amount": 50001}, ("agreement", "amount"), "out_of_range"),
        (FREE, {**ALL, "amount": 100.0}, ("agreement", "amount"), "wrong_type"),
        (FREE, {**ALL, "amount": True}, ("agreement", "amount"), "wrong_type"),
        (FREE, {**ALL, "amount": None}, ("agreement", "amount"), "required"),
        (FREE, {**ALL, "schedule": None}, ("agreement", "schedule"), "required"),
        (FREE, {**ALL, "schedule": "weekly"}, ("agreement", "schedule"), "not_an_option"),
        (FREE, {**ALL, "schedule": "single"}, ("agreement", "schedule"), "not_an_option"),
        (FREE, {**ALL, "colour": 1}, ("agreement", "colour"), "unknown_field"),
        (FREE, {**ALL, "start": "fixed_day"}, ("agreement", "day"), "required"),
        (FREE, {**ALL, "start": "fixed_day", "day": 32}, ("agreement", "day"), "out_of_range"),
        (FREE, {**ALL, "start": "fixed_day", "day": "1"}, ("agreement", "day"), "wrong_type"),
        (FREE, [], ("agreement",), "wrong_type"),
        (SINGLE, {"amount": 100, "one_off": True}, ("agreement", "one_off"), "not_for_single"),
    ],
)
def test_what_does_not_fit_is_named(product: Product, given: object, place: tuple[str, ...], code: str) -> None:
    assert faults(product, given, "card") == [(place, code)]


UNBOUNDED = Product(key="fri", name="Fri", amount=Amount())


@pytest.mark.parametrize("amount", [0, -1, -(2**31), 100_000_001, 2**31 - 1, 2**31, 2**63, 10**40])
def test_nothing_negative_nor_more_than_anybody_gives_is_agreed_though_the_product_has_no_bounds(amount: int) -> None:
    assert faults(UNBOUNDED, {**ALL, "amount": amount}) == [(("agreement", "amount"), "out_of_range")]


@pytest.mark.parametrize("amount", [1, 100_000_000])
def test_the_least_and_the_most_are_agreed(amount: int) -> None:
    assert agreed.agree(UNBOUNDED, {**ALL, "amount": amount}).amount == amount


@pytest.mark.parametrize("currency", ["dkk", "XXX", "", "EUR", "DKK ", 208, []])
def test_no_other_currency_than_the_products_is_agreed(currency: object) -> None:
    assert faults(FREE, {**ALL, "currency": currency}) == [(("agreement", "currency"), "fixed_by_product")]


def test_only_the_choices_may_be_chosen_and_a_method_must_be() -> None:
    assert faults(CHOICE, {"amount": 12000, "schedule": "yearly"}) == [
        (("agreement", "amount"), "not_a_choice"),
        (("agreement", "schedule"), "not_an_option"),
        (("payment_method",), "required"),
    ]


def test_a_method_without_an_account_is_not_served() -> None:
    assert faults(FREE, ALL, "mobile", served={"card"}) == [(("payment_method",), "method_not_served")]


def test_a_fixed_day_keeps_its_day_and_another_start_has_none() -> None:
    assert agreed.agree(FREE, {**ALL, "start": "fixed_day", "day": 31}).day == 31
    assert agreed.agree(FREE, {**ALL, "day": 15}).day is None


def test_the_donor_may_choose_the_method_themselves() -> None:
    found = agreed.agree(FREE, ALL)
    assert found.method == ""
    assert agreed.choose_method(FREE, found, "mobile").method == "mobile"
    with pytest.raises(Invalid):
        agreed.choose_method(FREE, found, "")
    with pytest.raises(Invalid):
        agreed.choose_method(FIXED, found, "mobile")


def test_a_single_payment_has_the_single_schedule() -> None:
    assert agreed.agree(SINGLE, {"amount": 100}).schedule == "single"


# --- prefill ----------------------------------------------------------------------------------


def test_a_prefill_never_changes_what_is_fixed_and_the_agent_is_told() -> None:
    filled = agreed.fill(FIXED, {"amount": 10000, "schedule": "monthly", "method": "mobile", "one_off": True})
    assert (filled.values["amount"], filled.values["schedule"], filled.values["method"]) == (20000, "yearly", "card")
    assert [(note.loc, note.code) for note in filled.notes] == [
        (("amount",), "fixed_by_product"),
        (("schedule",), "fixed_by_product"),
        (("method",), "fixed_by_product"),
        (("one_off",), "fixed_by_product"),
    ]


def test_a_prefill_goes_before_what_the_product_suggests() -> None:
    suggesting = Product(key="p", name="P", amount=Amount(value=10000, choices=(10000, 15000)))
    assert agreed.fill(suggesting, {}).values["amount"] == 10000
    assert agreed.fill(suggesting, {"amount": 15000, "method": "mobile"}).values["amount"] == 15000


def test_a_prefill_out_of_bounds_is_left_out_with_a_note() -> None:
    filled = agreed.fill(FREE, {"amount": 1, "schedule": ""})
    assert filled.values["amount"] is None
    assert [note.code for note in filled.notes] == ["out_of_range"]
