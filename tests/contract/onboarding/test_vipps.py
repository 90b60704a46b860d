"""What is Vipps MobilePay's alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ringround.infra import clock
from ringround.kernel.ids import new_id
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import (
    Account,
    AlreadyFinal,
    InvalidData,
    MandateChange,
    OneOff,
    Permanent,
    Registers,
    SignatureError,
    Transient,
)
from ringround.onboarding.gateways.vipps import client, webhooks
from tests.contract.onboarding.rails import ASE, SECRET
from tests.contract.onboarding.vipps_rail import HOOK, MSN, VippsRail, problem

BOX = DRAWERS["vipps"]


# What `rail` makes.
RAIL = VippsRail


def active(rail: VippsRail, **more: Any) -> str:
    ref = BOX.begin_mandate(rail.account(), rail.mandate(**more), new_id().hex).ref
    rail.donor_accepts(ref)
    rail.calls()
    return ref


# --- signatures -----------------------------------------------------------------------------------------

# The example of their documentation: https://github.com/vippsas/webhooks-api/blob/main/request-authentication.md
VECTOR_SECRET = "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A=="
VECTOR_URL = "https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63"
VECTOR_BODY = b'{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}'
VECTOR_HEADERS = {
    "x-ms-date": "Thu, 30 Mar 2023 08:38:32 GMT",
    "x-ms-content-sha256": "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=",
    "Authorization": (
        "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256"
        "&Signature=agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U="
    ),
}
VECTOR_NOW = datetime(2023, 3, 30, 8, 38, 40, tzinfo=UTC)
THEIRS = Account(id=new_id(), kind="vipps", webhook_secrets=(VECTOR_SECRET,))


def test_their_published_signature_is_believed() -> None:
    assert BOX.verify_webhook(THEIRS, VECTOR_HEADERS, VECTOR_BODY, VECTOR_URL, VECTOR_NOW) == []
    # However a standard port is written.
    same = VECTOR_URL.replace("webhook.site", "webhook.site:443")
    assert BOX.verify_webhook(THEIRS, VECTOR_HEADERS, VECTOR_BODY, same, VECTOR_NOW) == []


@pytest.mark.parametrize(
    ("url", "change"),
    [
        (VECTOR_URL + "?a=b", {}),
        (VECTOR_URL + "/", {}),
        (VECTOR_URL.replace("webhook.site", "webhook.example"), {}),
        (VECTOR_URL.replace("webhook.site", "webhook.site:8443"), {}),
        (VECTOR_URL, {"x-ms-date": "Thu, 30 Mar 2023 08:38:33 GMT"}),
        (VECTOR_URL, {"x-ms-content-sha256": "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj5="}),
        (VECTOR_URL, {"Authorization": VECTOR_HEADERS["Authorization"].replace("agAi", "agBi")}),
        (VECTOR_URL, {"Authorization": VECTOR_HEADERS["Authorization"].replace("x-ms-date;host;", "host;")}),
        (VECTOR_URL, {"x-ms-date": "yesterday"}),
    ],
)
def test_their_published_signature_is_of_nothing_else(url: str, change: dict[str, str]) -> None:
    with pytest.raises(SignatureError):
        BOX.verify_webhook(THEIRS, {**VECTOR_HEADERS, **change}, VECTOR_BODY, url, VECTOR_NOW)


def test_their_published_signature_is_too_old_by_now() -> None:
    with pytest.raises(SignatureError, match="stale"):
        BOX.verify_webhook(THEIRS, VECTOR_HEADERS, VECTOR_BODY, VECTOR_URL, VECTOR_NOW + timedelta(minutes=6))


# --- events ---------------------------------------------------------------------------------------------


def said(rail: VippsRail, **payload: Any) -> list[Any]:
    rail.calls()
    rail.say(payload)
    return rail.told(rail.account())


@pytest.mark.parametrize(
    ("actor", "who", "why"),
    [
        ("USER", "debtor", "cancelled_by_debtor"),
        ("MERCHANT", "merchant", "cancelled_by_merchant"),
        ("ADMIN", "gateway", "cancelled_by_gateway"),
    ],
)
def test_who_stopped_an_agreement_is_told(rail: VippsRail, actor: str, who: str, why: str) -> None:
    ref = active(rail)
    rail.debtor_stops(ref, actor)
    (event,) = rail.told(rail.account())
    assert (event.kind, event.actor, event.reason_code) == ("mandate.stopped", who, why)
    assert BOX.get_mandate(rail.account(), ref).state == "stopped"


def test_an_agreement_that_ran_out_is_expired(rail: VippsRail) -> None:
    (event,) = said(rail, agreementId="agr_1", eventType="recurring.agreement-expired.v1", actor="ADMIN")
    assert (event.kind, event.reason_code) == ("mandate.expired", "expired")
    ref = BOX.begin_mandate(rail.account(), rail.mandate(), new_id().hex).ref
    rail.agreements[ref]["status"] = "EXPIRED"
    assert BOX.get_mandate(rail.account(), ref).state == "expired"


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("user_action_required", "card_declined"),
        ("charge_amount_too_high", "limit_exceeded"),
        ("technical_error", "technical"),
        ("something_new", "other"),
        (None, "other"),
    ],
)
def test_why_a_charge_failed_is_told(rail: VippsRail, why: str | None, reason: str) -> None:
    (event,) = said(
        rail, agreementId="agr_1", chargeId="chr_1", eventType="recurring.charge-failed.v1", failureReason=why,
        chargeExternalId="our-own", amount=10_000, currency="DKK",
    )  # fmt: skip
    assert (event.kind, event.reason_code, event.reference) == ("charge.failed", reason, "our-own")
    assert (event.ref, event.mandate_ref, event.amount) == ("agr_1/chr_1", "agr_1", 10_000)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"eventType": "recurring.agreement-activated.v1"},
        {"eventType": "recurring.charge-captured.v1", "agreementId": "agr_1"},
        {"eventType": "epayments.payment.created.v1", "reference": "x", "agreementId": "agr_1"},
        {"eventType": ["recurring.agreement-activated.v1"], "agreementId": {"a": 1}},
        {"eventType": "recurring.agreement-activated.v1", "agreementId": "agr_1", "msn": "999999"},
    ],
)
def test_what_says_nothing_of_ours_is_taken_and_left(rail: VippsRail, payload: dict[str, Any]) -> None:
    assert said(rail, **payload) == []


@pytest.mark.parametrize("occurred", [None, 7, "now", "2026-13-45", "2026-11-02T11:00:01.1234567Z"])
def test_an_event_with_a_strange_moment_is_read(rail: VippsRail, occurred: object) -> None:
    (event,) = said(
        rail, agreementId="agr_1", eventType="recurring.agreement-activated.v1", occurred=occurred
    )  # fmt: skip
    assert event.occurred_at.tzinfo is not None


def test_nothing_personal_is_kept_of_an_event(rail: VippsRail) -> None:
    (event,) = said(
        rail, agreementId="agr_1", eventType="recurring.agreement-activated.v1", phoneNumber="4520123456",
        userinfo={"name": "Åse"},
    )  # fmt: skip
    assert "4520123456" not in repr(event)
    assert "Åse" not in repr(event)


# --- agreements -----------------------------------------------------------------------------------------


def test_an_agreement_is_written_within_their_bounds(rail: VippsRail) -> None:
    long = rail.mandate(name="Fast støtte " * 9, description="Tak " * 99, donor=replace(ASE, msisdn="+4520123456"))
    BOX.begin_mandate(rail.account(), long, new_id().hex)
    ((headers, body),) = rail.called("POST", "/recurring/v3/agreements")
    assert (len(body["productName"]), len(body["productDescription"])) == (45, 100)
    assert (body["phoneNumber"], body["countryCode"]) == ("4520123456", "DK")
    assert body["merchantRedirectUrl"] == long.return_url
    assert 8 <= len(headers["idempotency-key"]) <= 40


def test_a_landline_is_not_filled_in_on_their_page(rail: VippsRail) -> None:
    BOX.begin_mandate(rail.account(), rail.mandate(donor=replace(ASE, msisdn="+46812345678")), new_id().hex)
    ((_headers, body),) = rail.called("POST", "/recurring/v3/agreements")
    assert "phoneNumber" not in body


@pytest.mark.parametrize(
    ("schedule", "unit", "count"),
    [("monthly", "MONTH", 1), ("quarterly", "MONTH", 3), ("half_yearly", "MONTH", 6), ("yearly", "YEAR", 1)],
)
def test_a_schedule_is_an_interval(rail: VippsRail, schedule: Any, unit: str, count: int) -> None:
    BOX.begin_mandate(rail.account(), rail.mandate(schedule=schedule), new_id().hex)
    ((_headers, body),) = rail.called("POST", "/recurring/v3/agreements")
    assert body["interval"] == {"unit": unit, "count": count}


def test_a_schedule_without_an_interval_is_refused_by_its_name(rail: VippsRail) -> None:
    with pytest.raises(InvalidData) as fault:
        BOX.begin_mandate(rail.account(), rail.mandate(schedule="single"), new_id().hex)
    assert fault.value.field == "schedule"


def test_a_free_amount_is_variable_with_a_suggested_most(rail: VippsRail) -> None:
    ref = active(rail, amount=None, most=50_000)
    assert rail.agreements[ref]["pricing"] == {"type": "VARIABLE", "currency": "DKK", "suggestedMaxAmount": 50_000}
    BOX.update_mandate(rail.account(), ref, MandateChange(currency="DKK", amount=20_000, most=9_000_000), "update-it")
    assert rail.agreements[ref]["pricing"]["suggestedMaxAmount"] == 2_000_000
    # An amount alone is not theirs to know of.
    BOX.update_mandate(rail.account(), ref, MandateChange(currency="DKK", amount=30_000), "update-more")
    assert "amount" not in rail.agreements[ref]["pricing"]


def test_all_agreements_of_an_account_may_be_variable(rail: VippsRail) -> None:
    account = rail.account()
    account = replace(account, settings={**account.settings, "pricing": "variable"})
    BOX.begin_mandate(account, rail.mandate(amount=10_000), new_id().hex)
    ((_headers, body),) = rail.called("POST", "/recurring/v3/agreements")
    assert body["pricing"] == {"type": "VARIABLE", "currency": "DKK", "suggestedMaxAmount": 10_000}


def test_a_one_off_is_the_first_charge_and_is_told_of(rail: VippsRail) -> None:
    one_off = OneOff(reference=new_id().hex, amount=5_000)
    begun = BOX.begin_mandate(rail.account(), rail.mandate(one_off=one_off), new_id().hex)
    assert begun.charge_ref == f"{begun.ref}/{one_off.reference}"
    rail.donor_accepts(begun.ref)
    assert [event.kind for event in rail.told(rail.account())] == ["mandate.active", "charge.charged"]
    assert BOX.get_charge(rail.account(), begun.charge_ref).charged == 5_000


def test_a_key_of_any_kind_is_made_to_fit(rail: VippsRail) -> None:
    for key in ("æ", "session:1:begin", "x" * 200):
        BOX.begin_mandate(rail.account(), rail.mandate(), key)
    assert len(rail.agreements) == 3


def test_a_key_that_was_used_for_something_else_is_said_to_be(rail: VippsRail) -> None:
    BOX.begin_mandate(rail.account(), rail.mandate(), "one-and-the-same")
    with pytest.raises(Permanent, match="key_reused"):
        BOX.begin_mandate(rail.account(), rail.mandate(), "one-and-the-same")


def test_a_number_that_they_do_not_take_is_said_by_its_field(rail: VippsRail) -> None:
    with pytest.raises(InvalidData) as fault:
        BOX.begin_mandate(rail.account(), rail.mandate(donor=replace(ASE, msisdn="+45-2012")), new_id().hex)
    assert fault.value.field == "donor.msisdn"


def test_one_that_is_pending_and_cannot_be_called_back_is_waited_for(
    rail: VippsRail, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = BOX.begin_mandate(rail.account(), rail.mandate(), new_id().hex).ref
    refusal = problem(400, "illegal-agreement-update")
    monkeypatch.setattr(rail, "_patch", lambda agreement, body: refusal)
    with pytest.raises(Transient) as fault:
        BOX.cancel_mandate(rail.account(), ref, "cancel-it", pending_only=True)
    assert (fault.value.code, fault.value.retry_after_s, fault.value.down) == ("still_pending", 600, False)
    rail.agreements[ref]["status"] = "EXPIRED"
    assert BOX.cancel_mandate(rail.account(), ref, "cancel-it", pending_only=True) == "already_final"


# --- charges --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_on", "amount", "field", "code"),
    [
        (date(2026, 11, 3), 10_000, "due_on", "too_soon"),
        (date(2029, 1, 1), 10_000, "due_on", "too_late"),
        (date(2026, 11, 9), 50_001, "amount", "too_high"),
    ],
)
def test_a_charge_out_of_bounds_is_said_by_its_field(
    rail: VippsRail, due_on: date, amount: int, field: str, code: str
) -> None:
    ref = active(rail)
    with pytest.raises(InvalidData) as fault:
        BOX.schedule_charge(rail.account(), ref, rail.charge(due_on=due_on, amount=amount), new_id().hex)
    assert (fault.value.field, fault.value.code) == (field, code)


def test_a_charge_whose_key_was_forgotten_there_is_found_by_its_reference(rail: VippsRail) -> None:
    ref, asked = active(rail), rail.charge()
    first = BOX.schedule_charge(rail.account(), ref, asked, "first-key")
    rail.keys.clear()
    assert BOX.schedule_charge(rail.account(), ref, asked, "first-key").ref == first.ref
    with pytest.raises(Permanent, match="key_reused"):
        BOX.schedule_charge(rail.account(), ref, replace(asked, amount=9_000), "other-key")
    assert rail.happened("charge") == 1


def test_a_pending_agreement_is_not_charged(rail: VippsRail) -> None:
    ref = BOX.begin_mandate(rail.account(), rail.mandate(), new_id().hex).ref
    with pytest.raises(Permanent, match="not_active"):
        BOX.schedule_charge(rail.account(), ref, rail.charge(), new_id().hex)


def test_their_own_retries_are_at_most_a_fortnight(rail: VippsRail) -> None:
    BOX.schedule_charge(rail.account(), active(rail), rail.charge(retry_days=30, description=""), new_id().hex)
    ((_headers, body),) = rail.called("POST", "/recurring/v3/agreements/[^/]+/charges")
    assert (body["retryDays"], body["description"]) == (14, "-")


@pytest.mark.parametrize(
    ("status", "state"),
    [("PENDING", "scheduled"), ("DUE", "scheduled"), ("PROCESSING", "submitted"), ("RESERVED", "reserved"),
     ("CHARGED", "charged"), ("PARTIALLY_REFUNDED", "charged"), ("CANCELLED", "cancelled"), ("FAILED", "failed")],
)  # fmt: skip
def test_their_states_are_ours(rail: VippsRail, status: str, state: str) -> None:
    ref = BOX.schedule_charge(rail.account(), active(rail), rail.charge(), new_id().hex).ref
    agreement, charge = ref.split("/")
    rail.charges[agreement][charge]["status"] = status
    assert BOX.get_charge(rail.account(), ref).state == state


def test_a_state_that_is_new_to_us_is_asked_for_another_time(rail: VippsRail) -> None:
    ref = active(rail)
    rail.agreements[ref]["status"] = "PAUSED"
    with pytest.raises(Transient, match="garbled"):
        BOX.get_mandate(rail.account(), ref)


def test_what_is_being_collected_cannot_be_called_back(rail: VippsRail) -> None:
    ref = BOX.schedule_charge(rail.account(), active(rail), rail.charge(), new_id().hex).ref
    agreement, charge = ref.split("/")
    rail.charges[agreement][charge]["status"] = "PROCESSING"
    assert BOX.cancel_charge(rail.account(), ref, "cancel-it") == "already_active"


def test_a_refund_below_their_least_is_said_so(rail: VippsRail) -> None:
    with pytest.raises(InvalidData) as fault:
        BOX.refund(rail.account(), "agr_1/chr_1", rail.back(99), "refund-it")
    assert (fault.value.field, fault.value.code) == ("amount", "too_low")
    ref = BOX.schedule_charge(rail.account(), active(rail), rail.charge(), new_id().hex).ref
    rail.is_due(ref, succeeds=False)
    with pytest.raises((AlreadyFinal, Permanent)):
        BOX.refund(rail.account(), ref, rail.back(100), "refund-more")


# --- the sign-in ----------------------------------------------------------------------------------------


def test_a_token_is_kept_and_fetched_anew_when_it_counts_no_more(rail: VippsRail) -> None:
    for _ in range(3):
        BOX.begin_mandate(rail.account(), rail.mandate(), new_id().hex)
    assert rail.tokens == 1
    rail.good_token = "withdrawn"
    BOX.begin_mandate(rail.account(), rail.mandate(), new_id().hex)
    assert rail.tokens == 2
    # New keys are tried at once.
    other = replace(rail.account(), secrets={"client_secret": "other", "subscription_key": "0f14ebca"})
    with pytest.raises(Transient, match="credentials"):
        BOX.begin_mandate(other, rail.mandate(), new_id().hex)


@pytest.mark.parametrize(("lasts", "used"), [("3600", 3300.0), ("100", 50.0), ("0", 0.0), ("soon", 0.0), (None, 0.0)])
def test_a_token_is_used_until_shortly_before_it_ends(lasts: str | None, used: float) -> None:
    assert client._lasts(lasts) == used


def test_the_test_environment_is_another_place() -> None:
    account = Account(id=new_id(), kind="vipps")
    assert client.root(account) == "https://api.vipps.no"
    assert client.root(replace(account, test=True)) == "https://apitest.vipps.no"


def test_a_webhook_is_asked_for_and_those_from_before_are_taken_away(rail: VippsRail) -> None:
    assert isinstance(BOX, Registers)
    account = rail.account()
    assert BOX.look(account) == ""
    assert BOX.register_webhook(account) == "090a478d-37ff-4e77"
    ((_headers, body),) = rail.called("POST", "/webhooks/v1/webhooks")
    assert body["url"] == HOOK
    assert "recurring.agreement-activated.v1" in body["events"]
    assert [hook["url"] for hook in rail.hooks.values()] == [HOOK]
    assert "hook-old" not in rail.hooks
    assert BOX.look(replace(account, webhook_url="https://ringround.example/other")) == "no webhook leads here"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({}, set()),
        ({"client_id": ""}, {("settings", "client_id")}),
        ({"merchant_serial_number": 7}, {("settings", "merchant_serial_number")}),
        ({"agreement_url": "not an address"}, {("settings", "agreement_url")}),
        ({"url": "ftp://x"}, {("settings", "url")}),
        ({"pricing": "free"}, {("settings", "pricing")}),
        ({"test": "yes"}, {("settings", "test")}),
        ({"colour": "red"}, {("settings", "colour")}),
    ],
)
def test_its_settings_are_looked_at(change: dict[str, Any], where: set[tuple[str, str]]) -> None:
    given = {"client_id": "a", "merchant_serial_number": MSN, "agreement_url": "https://charity.example/mine"}
    secrets = {"client_secret": "s", "subscription_key": "k"}
    assert {fault.loc for fault in BOX.check({**given, **change}, secrets)} == where
    assert {fault.loc[1] for fault in BOX.check(given, {"client_secret": "a\nb"})} == {
        "client_secret", "subscription_key",
    }  # fmt: skip


def test_a_body_that_is_no_object_is_taken_and_left(rail: VippsRail) -> None:
    rail.say({})
    ((headers, _body, url),) = rail.calls()
    for body in (b"[]", b"null", b"\xff", b"{" * 1000, json.dumps("x").encode()):
        signed = webhooks.signature(SECRET.encode(), date=headers["x-ms-date"], url=url, body=body)
        given = {**headers, "Authorization": signed, "x-ms-content-sha256": webhooks.content_hash(body)}
        assert BOX.verify_webhook(rail.account(), given, body, url, clock.real_now()) == []
