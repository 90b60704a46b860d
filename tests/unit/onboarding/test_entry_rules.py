"""The parameters of /onboard: what each means, what is missing, what is left out and told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ringround.onboarding.rules import entry, workflow
from ringround.onboarding.rules.entry import Entry

CAMPAIGN = "0190c0de-0000-7000-8000-000000000001"
SUBSCRIPTION = "0190c0de-0000-7000-8000-000000000002"
DEFINITION = workflow.parse(
    {
        "name": "W",
        "intention": "signup",
        "contact_fields": [{"role": role} for role in ("first_name", "last_name", "phone", "email", "national_id")],
        "metadata_fields": [{"key": "segment", "type": "choice", "options": ["A", "B"]}],
        "products": [
            {"key": "fast", "name": "Fast støtte", "amount": {"min": 5000}},
            {"key": "en", "name": "Én gang", "payment_type": "single", "amount": {"rule": "fixed", "value": 20000}},
        ],
    }
)


def read(**given: str) -> Entry:
    return entry.read(given.items(), region="DK")


def notes(found: Any) -> list[tuple[str, str]]:
    return [(note.loc[0], note.code) for note in found.notes]


def test_every_parameter_is_read() -> None:
    found = read(
        campaignGuid=CAMPAIGN, externalLeadId="crm-991", subscriptionGuid=SUBSCRIPTION, pre_firstName="Åse",
        pre_lastName="Ørum", pre_name="Åse Ørum", pre_msisdn="4520123456", pre_email="aase@example.org",
        pre_address="Gade 1", pre_address2="2. tv.", pre_postCode="8000", pre_city="Aarhus", pre_countryCode="dk",
        pre_birthDate="1980-02-29", pre_nationalId="290280-1234", companyName="ApS", pre_businessCode="12345678",
        pre_externalId="M-17", product="fast", pre_amount="100", pre_paymentMethodType="MobilePaySubscriptions",
        pre_scheduleType="HalfYearly", pre_scheduleStartType="FixedDay", pre_scheduleStartWithOneOff="1",
        pre_meta_segment="A",
    )  # fmt: skip
    assert (found.campaign, found.external_lead_id, found.subscription) == (CAMPAIGN, "crm-991", SUBSCRIPTION)
    assert found.contact == {
        "first_name": "Åse", "last_name": "Ørum", "name": "Åse Ørum", "phone": "+4520123456",
        "email": "aase@example.org", "address": "Gade 1", "address2": "2. tv.", "post_code": "8000", "city": "Aarhus",
        "country": "DK", "birth_date": "1980-02-29", "company": "ApS", "business_code": "12345678",
        "external_id": "M-17",
    }  # fmt: skip
    assert found.agreement == {"schedule": "half_yearly", "start": "fixed_day", "one_off": True}
    assert (found.product, found.amount, found.method, found.metadata) == (
        "fast", Decimal(100), "mobile", {"segment": "A"},
    )  # fmt: skip
    assert found.notes == ()


def test_a_national_id_is_kept_apart_and_is_not_shown_by_accident() -> None:
    found = read(pre_nationalId="290280-1234")
    assert found.national_id == "290280-1234"
    assert "290280" not in repr(found)
    assert "national_id" not in found.contact


@pytest.mark.parametrize("name", ["companyName", "pre_companyName", "COMPANYNAME"])
def test_a_companys_name_comes_with_and_without_the_prefix(name: str) -> None:
    assert read(**{name: "ApS"}).contact == {"company": "ApS"}


@pytest.mark.parametrize("name", ["product", "pre_product"])
def test_so_does_the_product(name: str) -> None:
    assert read(**{name: "fast"}).product == "fast"


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("100", "100"), ("100.50", "100.50"), ("99,95", "99.95"), ("1.250,00", "1250.00"), ("1,250.00", "1250.00"),
        ("1 250", "1250"), ("1.250.000", "1250000"), ("7,5", "7.5"),
        ("1.250", None), ("1,250", None), ("-5", None), ("0", None), ("1e3", None), ("NaN", None), ("ti", None),
        ("1.25.00", None), ("9" * 30, None), ("١٠٠", None),
    ],
)  # fmt: skip
def test_an_amount_is_in_kroner_with_dot_or_comma(written: str, amount: str | None) -> None:
    found = read(pre_amount=written)
    assert found.amount == (None if amount is None else Decimal(amount))
    assert notes(found) == ([] if amount else [("pre_amount", "malformed")])


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("4511223344", "+4511223344"), ("4520123456", "+4520123456"), ("+4520123456", "+4520123456"),
        ("20 12 34 56", "+4520123456"), ("004520123456", "+4520123456"), ("46701234567", "+46701234567"),
        ("12", None), ("abc", None),
    ],
)  # fmt: skip
def test_a_number_comes_with_and_without_its_plus(written: str, phone: str | None) -> None:
    assert read(pre_msisdn=written).contact.get("phone") == phone


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("campaignGuid", "17"), ("subscriptionGuid", "x"), ("pre_email", "aase"), ("pre_countryCode", "Danmark"),
        ("pre_birthDate", "yesterday"), ("pre_scheduleType", "Weekly"), ("pre_paymentMethodType", "Cash"),
        ("pre_scheduleStartType", "Soon"), ("pre_scheduleStartWithOneOff", "maybe"), ("pre_recurringFrequency", "2"),
        ("pre_nationalId", "1" * 201),
    ],
)  # fmt: skip
def test_what_is_malformed_is_left_out_and_told_without_its_value(name: str, value: str) -> None:
    found = read(**{name: value})
    assert notes(found) == [(name, "malformed")]
    assert found == Entry(notes=found.notes)
    assert value not in str(found.notes[0].detail)


def test_unknown_long_and_repeated_parameters_are_told() -> None:
    found = entry.read([("utm_source", "x"), ("pre_city", "y" * 501), ("pre_name", "A"), ("pre_name", "B")])
    assert notes(found) == [("utm_source", "unknown_parameter"), ("pre_city", "too_long"), ("pre_name", "twice")]
    assert found.contact == {"name": "A"}


def test_no_more_than_a_hundred_parameters_are_read() -> None:
    found = entry.read([(f"p{n}", "x") for n in range(5000)])
    assert len(found.notes) == 101


def test_script_stays_text() -> None:
    assert read(pre_firstName="<script>alert(1)</script>").contact == {"first_name": "<script>alert(1)</script>"}


def test_a_frequency_counts_months_and_the_schedule_goes_before_it() -> None:
    assert read(pre_recurringFrequency="3").agreement == {"schedule": "quarterly"}
    both = read(pre_recurringFrequency="3", pre_scheduleType="Monthly")
    assert both.agreement == {"schedule": "monthly"}
    assert notes(both) == [("pre_recurringFrequency", "contradicts")]


def test_the_test_method_is_the_sandboxs_card() -> None:
    found = read(pre_paymentMethodType="Test")
    assert (found.method, found.test) == ("card", True)


# --- missing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "intention", "names"),
    [
        ({}, None, ["campaignGuid"]),
        ({}, "signup", ["campaignGuid", "externalLeadId"]),
        ({"campaignGuid": CAMPAIGN}, "signup", ["externalLeadId"]),
        ({"campaignGuid": CAMPAIGN, "externalLeadId": "1"}, "signup", []),
        ({"campaignGuid": CAMPAIGN, "externalLeadId": "1"}, "upgrade", ["subscriptionGuid"]),
        ({"campaignGuid": CAMPAIGN, "subscriptionGuid": SUBSCRIPTION}, "upgrade", []),
    ],
)
def test_missing_ids_are_named_with_the_reason(given: dict[str, str], intention: str | None, names: list[str]) -> None:
    found = entry.missing(read(**given), intention)
    assert [one.parameter for one in found] == names
    assert all(str(one.why.detail) for one in found)


# --- the national id leaves the address -------------------------------------------------------


def test_a_national_id_leaves_the_address_and_nothing_else_does() -> None:
    found = entry.without_national_id(
        "/onboard?campaignGuid=1&pre_nationalId=290280-1234&pre_name=%C3%85se+%26+co&empty="
    )
    assert found.address == "/onboard?campaignGuid=1&pre_name=%C3%85se+%26+co&empty="
    assert found.national_id == "290280-1234"
    assert "290280" not in repr(found)


@pytest.mark.parametrize("name", ["PRE_NATIONALID", "pre%5FnationalId", "+pre_nationalId", "pre_nationalid"])
def test_however_it_is_written(name: str) -> None:
    found = entry.without_national_id(f"/onboard?{name}=2902801234")
    assert (found.address, found.national_id) == ("/onboard", "2902801234")


def test_an_address_without_one_stays_as_it_is() -> None:
    address = "/onboard?a=%20&b=1;c"
    assert entry.without_national_id(address).address == address


# --- on a workflow ----------------------------------------------------------------------------


def test_a_prefill_becomes_the_forms_first_values() -> None:
    found = entry.prefill(
        read(product="fast", pre_amount="100", pre_name="Åse Maria Ørum", pre_meta_segment="A"), DEFINITION
    )
    assert found.product is not None
    assert (found.product.key, found.values["amount"], found.metadata) == ("fast", 10000, {"segment": "A"})
    assert found.contact == {"first_name": "Åse Maria", "last_name": "Ørum"}
    assert found.notes == ()


def test_a_product_is_found_by_its_name_and_keeps_what_it_fixes() -> None:
    found = entry.prefill(read(product="én gang", pre_amount="100", pre_scheduleType="OneOff"), DEFINITION)
    assert found.product is not None
    assert (found.product.key, found.values["amount"]) == ("en", 20000)
    assert notes(found) == [("pre_amount", "fixed_by_product")]


def test_what_the_workflow_has_no_place_for_is_told() -> None:
    found = entry.prefill(
        read(product="guld", pre_city="Aarhus", pre_meta_colour="red", pre_meta_segment="C", pre_amount="100,005"),
        DEFINITION,
    )
    assert set(notes(found)) == {
        ("pre_amount", "malformed"), ("product", "unknown_product"), ("pre_meta_colour", "unknown_field"),
        ("pre_meta_segment", "not_an_option"), ("city", "not_asked"),
    }  # fmt: skip
    assert (found.contact, found.metadata) == ({}, {})


def test_in_our_own_console_the_contact_fills_the_form_and_nothing_is_told() -> None:
    own = entry.from_contact(
        {"name": "Åse Ørum", "phone": "+4520123456", "city": "Aarhus", "email": None, "national_id": "2902801234"},
        campaign=CAMPAIGN,
        external_lead_id="lead-1",
    )
    found = entry.prefill(own, DEFINITION)
    assert found.contact == {"first_name": "Åse", "last_name": "Ørum", "phone": "+4520123456"}
    assert found.notes == ()
    assert own.national_id == "2902801234"
