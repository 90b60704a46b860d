"""A workflow's definition: what is read, what is refused and where, who may do what."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ringround.kernel.errors import Invalid
from ringround.onboarding.rules import workflow
from ringround.onboarding.rules.workflow import Definition

BODY: dict[str, Any] = {
    "name": "Månedlig giver",
    "intention": "signup",
    "approval_message": "Tak for snakken. Færdiggør her:",
    "sms_sender": "Roedekors",
    "link_ttl_s": 172800,
    "contact_fields": [{"role": "first_name", "required": True}, {"role": "national_id", "sensitive": True}],
    "metadata_fields": [{"key": "segment", "label": "Segment", "type": "text"}],
    "products": [
        {
            "key": "fast",
            "name": "Fast støtte",
            "payment_type": "recurring",
            "agreement_name": "Fast støtte",
            "currency": "DKK",
            "amount": {"rule": "free", "value": 10000, "choices": [10000, 15000], "min": 5000, "max": None},
            "schedule": {"rule": "choice", "choices": ["monthly", "quarterly", "half_yearly", "yearly"]},
            "methods": ["card", "mobile", "direct_debit"],
            "one_off_at_start": False,
            "payment_required": False,
        }
    ],
    "upgrade": {
        "change_amount": "junior_agent",
        "change_frequency": "junior_agent",
        "change_payment_method": "junior_agent",
        "pause": "senior_agent",
        "restart": "senior_agent",
        "cancel": "senior_agent",
        "set_expiry": "senior_agent",
    },
}


def body(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(BODY), **changes}


def with_product(**changes: Any) -> dict[str, Any]:
    return body(products=[{**copy.deepcopy(BODY["products"][0]), **changes}])


def faults(raw: object) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(Invalid) as refused:
        workflow.parse(raw)
    return [(fault.loc, fault.code) for fault in refused.value.errors]


def test_the_example_of_the_api_is_read_whole() -> None:
    found = workflow.parse(BODY)
    product = found.product("fast")
    assert product is not None
    assert (found.name, found.link_ttl_s, found.sms_sender) == ("Månedlig giver", 172800, "Roedekors")
    assert product.amount.bounds == (5000, 100_000_000)
    assert product.schedule.allowed == ("monthly", "quarterly", "half_yearly", "yearly")
    assert found.upgrade["pause"].role == "senior_agent"
    assert workflow.parse(found.to_json()) == found


def test_what_is_not_said_has_its_usual_value() -> None:
    found = workflow.parse({"name": "W", "intention": "signup", "products": [{"key": "p", "name": "P"}]})
    product = found.products[0]
    assert (product.agreement_name, product.payment_type, product.currency) == ("P", "recurring", "DKK")
    assert product.methods == workflow.METHODS
    assert product.schedule.allowed == workflow.SCHEDULES
    assert (found.link_ttl_s, found.languages, found.upgrade) == (172800, ("da",), {})


def test_a_single_product_has_no_schedule_to_choose() -> None:
    found = workflow.parse(with_product(payment_type="single", schedule=None))
    assert found.products[0].schedule.allowed == ("single",)
    said = with_product(payment_type="single", schedule={"rule": "choice", "choices": ["monthly"]})
    assert faults(said) == [(("products", 0, "schedule", "choices", 0), "not_an_option")]


def test_a_national_id_is_sensitive_without_being_said_so() -> None:
    found = workflow.parse(body(contact_fields=[{"role": "national_id"}]))
    assert found.contact_fields[0].sensitive
    assert faults(body(contact_fields=[{"role": "national_id", "sensitive": False}])) == [
        (("contact_fields", 0, "sensitive"), "must_be_sensitive")
    ]


@pytest.mark.parametrize(
    ("raw", "place", "code"),
    [
        ([], (), "wrong_type"),
        (body(name=""), ("name",), "required"),
        (body(name="x" * 201), ("name",), "too_long"),
        (body(name=7), ("name",), "wrong_type"),
        (body(intention="both"), ("intention",), "not_an_option"),
        (body(colour="red"), ("colour",), "unknown_field"),
        (body(link_ttl_s=59), ("link_ttl_s",), "out_of_range"),
        (body(link_ttl_s=30 * 86400 + 1), ("link_ttl_s",), "out_of_range"),
        (body(link_ttl_s=True), ("link_ttl_s",), "wrong_type"),
        (body(sms_sender="RødeKors"), ("sms_sender",), "bad_sender"),
        (body(sms_sender="TwelveLetter"), ("sms_sender",), "bad_sender"),
        (body(sms_sender="12"), ("sms_sender",), "bad_sender"),
        (body(languages=[]), ("languages",), "required"),
        (body(languages=["xx"]), ("languages", 0), "not_an_option"),
        (body(terms={"text": "Vilkår"}), ("terms", "version"), "required"),
        (body(terms={"version": "1"}), ("terms", "text"), "required"),
        (body(terms={"text": "V", "version": "1", "by": "x"}), ("terms", "by"), "unknown_field"),
        (body(contact_fields=[{"role": "shoe_size"}]), ("contact_fields", 0, "role"), "not_an_option"),
        (body(contact_fields=[{"role": "city"}, {"role": "city"}]), ("contact_fields", 1, "role"), "twice"),
        (body(contact_fields=["city"]), ("contact_fields", 0), "wrong_type"),
        (body(metadata_fields=[{"key": "Ø", "label": "x"}]), ("metadata_fields", 0, "key"), "bad_key"),
        (body(metadata_fields=[{"key": "a", "type": "choice"}]), ("metadata_fields", 0, "options"), "required"),
        (body(metadata_fields=[{"key": "a", "options": ["b"]}]), ("metadata_fields", 0, "options"), "not_a_choice"),
        (body(products=[]), ("products",), "required"),
        (body(products=[{"key": f"p{n}", "name": "P"} for n in range(21)]), ("products",), "too_many"),
        (body(products=BODY["products"] * 2), ("products", 1, "key"), "twice"),
        (with_product(key="Fast"), ("products", 0, "key"), "bad_key"),
        (with_product(agreement_name="x" * 46), ("products", 0, "agreement_name"), "too_long"),
        (with_product(agreement_description="x" * 101), ("products", 0, "agreement_description"), "too_long"),
        (with_product(currency="KRO"), ("products", 0, "currency"), "unknown_currency"),
        (with_product(methods=[]), ("products", 0, "methods"), "required"),
        (with_product(methods=["cash"]), ("products", 0, "methods", 0), "not_an_option"),
        (with_product(methods=["card", "card"]), ("products", 0, "methods", 1), "twice"),
        (with_product(one_off_at_start=1), ("products", 0, "one_off_at_start"), "not_an_option"),
        (with_product(amount={"rule": "fixed"}), ("products", 0, "amount", "value"), "required"),
        (with_product(amount={"rule": "choice"}), ("products", 0, "amount", "choices"), "required"),
        (with_product(amount={"choices": [1, 1]}), ("products", 0, "amount", "choices", 1), "twice"),
        (with_product(amount={"value": 100.0}), ("products", 0, "amount", "value"), "wrong_type"),
        (with_product(amount={"value": 0}), ("products", 0, "amount", "value"), "out_of_range"),
        (with_product(amount={"value": 10**30}), ("products", 0, "amount", "value"), "out_of_range"),
        (with_product(amount={"min": 9, "max": 8}), ("products", 0, "amount", "max"), "below_min"),
        (with_product(amount={"value": 4, "min": 5}), ("products", 0, "amount", "value"), "out_of_range"),
        (with_product(amount={"choices": [9], "max": 8}), ("products", 0, "amount", "choices", 0), "out_of_range"),
        (
            with_product(amount={"rule": "choice", "choices": [9], "value": 8}),
            ("products", 0, "amount", "value"),
            "not_a_choice",
        ),
        (with_product(schedule={"rule": "fixed"}), ("products", 0, "schedule", "value"), "required"),
        (with_product(schedule={"value": "weekly"}), ("products", 0, "schedule", "value"), "not_an_option"),
        (body(upgrade={"give": "owner"}), ("upgrade", "give"), "unknown_field"),
        (body(upgrade={"pause": "viewer"}), ("upgrade", "pause", "role"), "not_an_option"),
        (body(upgrade={"pause": "junior_agent"}), ("upgrade", "pause", "role"), "role_too_low"),
        (
            body(upgrade={"pause": {"role": "owner", "methods": ["card"]}}),
            ("upgrade", "pause", "methods"),
            "unknown_field",
        ),
        (
            body(upgrade={"cancel": {"role": "owner", "contact_fields": ["email"]}}),
            ("upgrade", "cancel", "contact_fields", 0),
            "not_an_option",
        ),
        (body(intention="upgrade", upgrade={}), ("upgrade",), "required"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(raw: object, place: tuple[str | int, ...], code: str) -> None:
    assert faults(raw) == [(place, code)]


def test_every_fault_is_told_at_once() -> None:
    assert len(faults({"intention": "signup", "colour": 1, "link_ttl_s": 1})) == 4


@pytest.mark.parametrize("sender", ["1204", "+4520123456", "Red Cross", "", "A1"])
def test_a_sender_is_letters_a_short_code_or_a_number(sender: str) -> None:
    assert workflow.parse(body(sms_sender=sender)).sms_sender == sender


def test_an_act_may_say_more_than_its_role() -> None:
    found = workflow.parse(
        body(
            intention="upgrade",
            contact_fields=[{"role": "email"}, {"role": "city"}, {"role": "phone", "editable": False}],
            upgrade={
                "change_amount": {"role": "junior_agent", "amount": {"min": 5000}, "contact_fields": ["email"]},
                "pause": {"role": "supervisor", "kinds": ["skip"], "most_skipped": 3},
                "change_payment_method": {"role": "senior_agent", "methods": ["card"]},
                "cancel": "manager",
            },
        )
    )
    assert found.upgrade["change_amount"].amount.bounds == (5000, 100_000_000)
    assert (found.upgrade["pause"].kinds, found.upgrade["pause"].most_skipped) == (("skip",), 3)
    assert found.upgrade["change_payment_method"].methods == ("card",)
    assert workflow.upgrade_fields(found, "change_amount") == ("email",)
    assert workflow.upgrade_fields(found, "cancel") == ("email", "city")
    assert workflow.parse(found.to_json()) == found


# --- who may ----------------------------------------------------------------------------------


def upgrades(**acts: str) -> Definition:
    return workflow.parse({"name": "W", "intention": "upgrade", "upgrade": acts})


def test_a_sign_up_is_for_everybody_who_calls() -> None:
    found = workflow.parse(BODY)
    allowed = [role for role in (*workflow.ROLES, "quality", "viewer", "") if workflow.may(found, "sign_up", role)]
    assert allowed == list(workflow.ROLES)


@pytest.mark.parametrize("action", ["pause", "restart", "cancel", "set_expiry"])
def test_a_junior_never_stops_or_restarts_anything(action: str) -> None:
    found = upgrades(**{action: "senior_agent"})
    assert not workflow.may(found, action, "junior_agent")
    assert workflow.may(found, action, "senior_agent")


def test_an_action_is_for_its_role_and_those_above() -> None:
    found = upgrades(change_amount="supervisor")
    allowed = [role for role in workflow.ROLES if workflow.may(found, "change_amount", role)]
    assert allowed == ["supervisor", "manager", "owner"]


def test_what_the_workflow_does_not_name_nobody_may() -> None:
    found = upgrades(change_amount="junior_agent")
    assert not workflow.may(found, "cancel", "owner")
    assert not workflow.may(found, "sign_up", "owner")
    assert not workflow.may(found, "steal", "owner")
    assert not workflow.may(workflow.parse(BODY), "change_amount", "owner")


# --- its own fields ---------------------------------------------------------------------------


def test_metadata_is_read_by_its_type() -> None:
    found = workflow.parse(
        body(
            metadata_fields=[
                {"key": "segment", "type": "choice", "options": ["A", "B"]},
                {"key": "gifts", "type": "number"},
                {"key": "note", "required": True},
            ]
        )
    )
    assert workflow.read_metadata(found, {"segment": "A", "gifts": "12", "note": "x"}) == (
        {"segment": "A", "gifts": 12, "note": "x"},
        [],
    )
    _, wrong = workflow.read_metadata(found, {"segment": "C", "colour": "red"})
    assert [(fault.loc, fault.code) for fault in wrong] == [
        (("metadata", "segment"), "not_an_option"),
        (("metadata", "colour"), "unknown_field"),
        (("metadata", "note"), "required"),
    ]
    assert workflow.read_metadata(found, {}, complete=False) == ({}, [])


def test_the_sandboxes_fate_needs_no_field() -> None:
    assert workflow.read_metadata(workflow.parse(BODY), {"sandbox_fate": "03"}) == ({"sandbox_fate": "03"}, [])
    assert workflow.read_metadata(workflow.parse(BODY), ["x"])[1][0].code == "wrong_type"
