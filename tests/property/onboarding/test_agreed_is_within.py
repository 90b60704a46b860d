"""Whatever is asked for, what is agreed is within the product, and what is fixed stays."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ringround.kernel.errors import Invalid
from ringround.onboarding.rules import agreed
from ringround.onboarding.rules.agreed import FIELDS, Agreed
from ringround.onboarding.rules.workflow import METHODS, SCHEDULES, Amount, Product, Schedules

amounts = st.sampled_from(
    [
        Amount(),
        Amount(min=100, max=200),
        Amount(rule="fixed", value=150),
        Amount(rule="choice", choices=(100, 150), value=100),
        Amount(value=150, choices=(150, 500), max=600),
    ]
)
schedules = st.sampled_from(
    [Schedules(), Schedules(rule="fixed", value="yearly"), Schedules(rule="choice", choices=SCHEDULES[:2])]
)
products = st.builds(
    Product, key=st.just("p"), name=st.just("P"), amount=amounts, schedule=schedules,
    methods=st.sampled_from([METHODS, ("card",), ("mobile", "card")]),
    starts=st.sampled_from([("next_possible",), ("fixed_day",), ("next_possible", "fixed_day")]),
    one_off_at_start=st.sampled_from([True, False, "optional"]), payment_required=st.booleans(),
)  # fmt: skip
values = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 700), st.floats(), st.text(max_size=4),
    st.sampled_from(["DKK", "next_possible", "fixed_day", *SCHEDULES, *METHODS]), st.just([]),
)  # fmt: skip
asked = st.dictionaries(st.sampled_from([*FIELDS, "colour"]), values, max_size=6)


def is_within(product: Product, found: Agreed) -> bool:
    low, high = product.amount.bounds
    return (
        low <= found.amount <= high
        and (product.amount.rule != "fixed" or found.amount == product.amount.value)
        and (product.amount.rule != "choice" or found.amount in product.amount.choices)
        and found.currency == product.currency
        and found.schedule in product.schedule.allowed
        and found.start in product.starts
        and (found.day is not None) == (found.start == "fixed_day")
        and found.method in (*product.methods, *([] if product.payment_required else [""]))
        and (product.one_off_at_start == "optional" or found.one_off is product.one_off_at_start)
    )


@given(products, asked, values)
def test_what_is_agreed_is_within_the_product(product: Product, given_: dict[str, Any], method: object) -> None:
    try:
        found = agreed.agree(product, given_, method)
    except Invalid as refused:
        assert all(fault.loc[0] in ("agreement", "payment_method") for fault in refused.errors)  # noqa: PT017
        return
    assert is_within(product, found)
    assert Agreed.from_json(found.to_json()) == found


@given(products, asked, values)
def test_a_form_that_starts_with_a_prefill_can_be_sent(
    product: Product, given_: dict[str, Any], method: object
) -> None:
    given_.pop("colour", None)
    filled = agreed.fill(product, {**given_, "method": method})
    start = {name: filled.values[name] for name in FIELDS}
    start["amount"] = start["amount"] or product.amount.bounds[0]
    start["day"] = start["day"] or 1
    assert is_within(product, agreed.agree(product, start, filled.values["method"] or product.methods[0]))
    assert all(note.code and "DKK" not in str(note.detail) for note in filled.notes)
