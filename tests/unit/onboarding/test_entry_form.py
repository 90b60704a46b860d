"""The form of a session, made of its workflow."""

from __future__ import annotations

from typing import Any

import pytest

from ringround.kernel.errors import Fault, Invalid
from ringround.onboarding.forms.entry import Offer, SessionForm
from ringround.onboarding.forms.money import major, minor
from ringround.onboarding.rules.entry import Entry, Prefill, prefill, read
from ringround.onboarding.rules.workflow import Definition, parse
from ringround.ui.format import money_text

WORKFLOW: dict[str, Any] = {
    "name": "Månedlig giver",
    "intention": "signup",
    "contact_fields": [
        {"role": "first_name", "required": True},
        {"role": "last_name", "editable": False},
        {"role": "national_id", "sensitive": True},
    ],
    "metadata_fields": [{"key": "segment", "label": "Segment", "type": "choice", "options": ["A", "B"]}],
    "products": [
        {
            "key": "fast", "name": "Fast støtte", "payment_type": "recurring", "agreement_name": "Fast støtte",
            "amount": {"rule": "free", "value": 10000, "min": 5000}, "schedule": {"rule": "free"},
        },
        {
            "key": "gave", "name": "Gave", "payment_type": "single", "agreement_name": "Gave",
            "amount": {"rule": "fixed", "value": 25000}, "methods": ["card"],
        },
    ],
}  # fmt: skip
UPGRADE: dict[str, Any] = {
    "name": "Opgradering",
    "intention": "upgrade",
    "upgrade": {"change_amount": "junior_agent", "pause": "senior_agent"},
}


def offer(raw: dict[str, Any] = WORKFLOW, **more: Any) -> Offer:
    definition: Definition = parse(raw)
    return Offer(definition=definition, **more)


def known(raw: dict[str, Any] = WORKFLOW, entry: Entry | None = None, **given: str) -> Prefill:
    """An entry with these parameters, laid on the workflow."""
    return prefill(entry or read(given.items()), parse(raw))


def filled(data: dict[str, str], **more: Any) -> SessionForm:
    form = SessionForm({"language": "da", **data}, offer=offer(**more), prefill=known())
    form.is_valid()
    return form


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("100", 10000), ("99,50", 9950), ("99.5", 9950), ("1.500", 150000), ("1,500", 150000), ("1 500,00", 150000),
        ("1.500,75", 150075), ("1,500.75", 150075), ("150 kr.", 15000), ("150,-", 15000),
        ("", None), ("-5", None), ("1e3", None), ("12.3456", None), ("٥٠", None), ("NaN", None), ("99,505,1", None),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_people_write_it(written: str, amount: int | None) -> None:
    assert minor(written, "DKK") == amount


@pytest.mark.parametrize("amount", [1, 50, 100, 9950, 10000, 123456789])
def test_an_amount_that_was_written_is_read_as_the_same(amount: int) -> None:
    assert minor(major(amount, "DKK"), "DKK") == amount


def test_a_tab_is_chosen_by_the_prefill_and_filled_with_it() -> None:
    form = SessionForm(offer=offer(), prefill=known(product="fast", pre_amount="150", pre_scheduleType="Yearly"))
    assert [(one.key, one.chosen) for one in form.panels] == [("fast", True), ("gave", False)]
    assert form["product-fast-amount"].value() == "150"
    assert form["product-fast-schedule"].value() == "yearly"


def test_a_prefill_never_changes_what_the_product_fixes_and_the_agent_is_told() -> None:
    first = known(product="gave", pre_amount="1")
    form = SessionForm(offer=offer(), prefill=first)
    assert "product-gave-amount" not in form.fields
    assert [str(words) for label, words in form.panels[1].fixed if str(label) == "Amount"] == [money_text(25000, "DKK")]
    assert [note.code for note in first.notes] == ["fixed_by_product"]


def test_only_the_chosen_tab_is_read() -> None:
    form = filled({"product": "gave", "contact-first_name": "Åse", "product-fast-start": "yesterday"})
    assert form.is_valid(), form.errors
    assert form.agreement == {}
    assert form.payment_method is None


def test_what_was_chosen_is_said_in_the_words_of_the_action() -> None:
    form = filled(
        {
            "product": "fast", "contact-first_name": "Åse", "product-fast-amount": "150", "product-fast-method": "card",
            "product-fast-schedule": "monthly", "product-fast-start": "fixed_day", "product-fast-day": "15",
            "metadata-segment": "A",
        }
    )  # fmt: skip
    assert form.is_valid(), form.errors
    assert form.agreement == {"amount": 15000, "schedule": "monthly", "start": "fixed_day", "day": 15}
    assert form.payment_method == "card"
    assert form.contact_given == {"first_name": "Åse"}
    assert form.metadata_given == {"segment": "A"}


def test_what_the_donor_types_is_not_asked_of_the_agent() -> None:
    form = SessionForm(offer=offer(), prefill=known(entry=Entry(national_id="2110625629")))
    assert "contact-national_id" not in form.fields
    assert form.unspoken == ["National id"]
    assert "2110625629" not in form.render()


def test_what_is_known_and_not_editable_is_shown_alone() -> None:
    form = SessionForm(offer=offer(), prefill=known(pre_lastName="Ørum"))
    assert "contact-last_name" not in form.fields
    assert [words for _label, words in form.known] == ["Ørum"]
    assert "contact-last_name" in SessionForm(offer=offer(), prefill=known()).fields


def test_methods_without_an_account_are_not_offered() -> None:
    form = SessionForm(offer=offer(served=frozenset({"card", "mobile"})), prefill=known())
    field = form.fields["product-fast-method"]
    assert [value for value, _words in field.choices] == ["", "card", "mobile"]  # type: ignore[attr-defined]


def test_an_upgrade_shows_the_acts_that_this_agent_may_do() -> None:
    form = SessionForm(offer=offer(UPGRADE, actions=("change_amount",)), prefill=known(UPGRADE))
    assert [one.key for one in form.panels] == ["change_amount"]
    assert form.chosen == "change_amount"


def test_the_inputs_of_a_pause_follow_its_kind() -> None:
    made = offer(UPGRADE, actions=("change_amount", "pause"))
    data = {"language": "da", "action": "pause", "pause-kind": "skip", "pause-count": "2", "pause-until": "2027-03-01"}
    form = SessionForm(data, offer=made, prefill=known(UPGRADE))
    assert form.is_valid(), form.errors
    assert form.params == {"kind": "skip", "count": 2}


def test_faults_of_the_action_stand_at_their_fields() -> None:
    form = filled({"product": "fast", "contact-first_name": "Åse", "product-fast-amount": "10"})
    form.put(
        Invalid([
            Fault(("agreement", "amount"), "out_of_range", "too little"),
            Fault(("contact", "first_name"), "too_long", "too long"),
            Fault(("payment_method",), "required", "choose"),
            Fault(("campaign",), "not_running", "not running"),
        ])
    )  # fmt: skip
    assert "too little" in form.errors["product-fast-amount"]
    assert "too long" in form.errors["contact-first_name"]
    assert "choose" in form.errors["product-fast-method"]
    assert "not running" in form.non_field_errors()


def test_nothing_chosen_is_a_fault() -> None:
    form = SessionForm(
        {"language": "da"}, offer=offer(UPGRADE, actions=("change_amount", "pause")), prefill=known(UPGRADE)
    )
    assert not form.is_valid()
    assert form.non_field_errors()


def test_an_upgrade_asks_for_a_language_only_where_a_link_is_sent() -> None:
    acts = {**UPGRADE["upgrade"], "change_payment_method": "junior_agent"}
    both = offer({**UPGRADE, "upgrade": acts}, actions=("pause", "change_payment_method"), served=("card", "mobile"))
    form = SessionForm(offer=both, prefill=known({**UPGRADE, "upgrade": acts}))
    asked = {panel.key: [one.name for one in panel.fields] for panel in form.panels}
    assert ("language" in asked["pause"], "language" in asked["change_payment_method"]) == (False, True)
    # Whoever does without a link is not held up by a language that was not said.
    paused = SessionForm({"action": "pause", "pause-kind": "indefinite"}, offer=both, prefill=form.prefill)
    assert (paused.is_valid(), paused.errors) == (True, {})
    sent = SessionForm({"action": "change_payment_method"}, offer=both, prefill=form.prefill)
    assert (sent.is_valid(), list(sent.errors)) == (False, ["change_payment_method-method", "language"])


def test_an_upgrade_of_acts_without_a_link_asks_for_no_language() -> None:
    form = SessionForm(offer=offer(UPGRADE, actions=("pause",)), prefill=known(UPGRADE))
    assert "language" not in form.fields
