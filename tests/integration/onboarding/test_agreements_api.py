"""Agreements, subscriptions and charges by HTTP; and what an agency sees of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from ringround.campaigns import actions as campaigns
from ringround.infra import clock
from ringround.infra.models import AuditPending, EventOut
from ringround.kernel.errors import NotFound
from ringround.kernel.ids import new_id
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.models import Charge, GatewayAccount, Subscription
from ringround.onboarding.queries.entry import existing
from tests import factories
from tests.integration.onboarding.agreed import account_of, at, charged_of, subscription_of
from tests.integration.onboarding.rail import Rail
from tests.integration.onboarding.test_gateways import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning() -> Iterator[None]:
    with clock.frozen(at(2026, 11, 20)):
        yield


@pytest.fixture(autouse=True)
def rail(monkeypatch: pytest.MonkeyPatch) -> Rail:
    made = Rail()
    monkeypatch.setitem(DRAWERS, "sandbox", made)
    return made


@pytest.fixture
def cast() -> factories.Cast:
    return factories.cast()


@pytest.fixture
def account(cast: factories.Cast) -> GatewayAccount:
    return account_of(cast.magazine.org)


@pytest.fixture
def row(account: GatewayAccount) -> Subscription:
    return subscription_of(account)


def test_the_next_payment_is_told_by_its_bank_day(cast: factories.Cast, account: GatewayAccount) -> None:
    row = subscription_of(account, due=date(2027, 1, 1))
    shown = Caller(cast.magazine.viewer)("GET", f"/subscriptions/{row.id}").json()
    assert shown["next_due_on"] == "2027-01-04"


def test_a_subscription_is_shown_as_it_was_agreed(cast: factories.Cast, row: Subscription) -> None:
    api = Caller(cast.magazine.viewer)
    shown = api("GET", f"/subscriptions/{row.id}").json()
    assert shown == {
        "id": str(row.id), "version": 1, "state": "active", "contact": str(row.agreement.contact_id),
        "agreement": {
            "id": str(row.agreement_id), "name": "Fast støtte", "amount": {"amount": 10000, "currency": "DKK"},
            "schedule": "monthly",
        },
        "payment_method": {"type": "card", "masked": "•••• 4242"}, "starts_on": "2026-12-01", "expires_on": None,
        "hold": None, "next_due_on": "2026-12-01", "ended_reason": None, "ended_note": None,
        "created_at": shown["created_at"],
    }  # fmt: skip
    listed = api("GET", f"/agreements?contact={row.agreement.contact_id}").json()["items"]
    assert [one["subscription"] for one in listed] == [shown]
    assert api("GET", f"/agreements/{row.agreement_id}").json() == listed[0]
    assert api("GET", f"/agreements?contact={new_id()}").json()["items"] == []
    assert api("GET", "/agreements?state=inactive").json()["items"] == []


def test_agreements_and_charges_are_paged(cast: factories.Cast, account: GatewayAccount) -> None:
    api = Caller(cast.magazine.owner)
    rows = [subscription_of(account) for _ in range(3)]
    first = api("GET", "/agreements?size=2").json()
    second = api("GET", f"/agreements?size=2&after={first['next']}").json()
    found = [one["id"] for one in (*first["items"], *second["items"])]
    assert found == [str(one.agreement_id) for one in reversed(rows)]
    assert second["next"] is None
    charge = charged_of(account)
    path = f"/agreements/{charge.agreement_id}/charges"
    assert [one["id"] for one in api("GET", path).json()["items"]] == [str(charge.id)]
    assert api("GET", f"{path}?after=nonsense").status_code == 422
    for number in (1, 2):
        Charge.objects.create(
            merchant=account.merchant, agreement=rows[0].agreement, subscription=rows[0], mandate=rows[0].mandate,
            account=account, state="charged", amount=1, currency="DKK", period_on=at(2026, number, 1).date(),
            due_on=at(2026, number, 1).date(), created_at=clock.now(),
        )  # fmt: skip
    path = f"/subscriptions/{rows[0].id}/charges?size=1"
    first = api("GET", path).json()
    second = api("GET", f"{path}&after={first['next']}").json()
    assert [one["period_on"] for one in (*first["items"], *second["items"])] == ["2026-02-01", "2026-01-01"]


def test_the_merchants_people_pause_restart_change_and_end(cast: factories.Cast, row: Subscription) -> None:
    api, path = Caller(cast.magazine.supervisor), f"/subscriptions/{row.id}"
    held = api("POST", f"{path}/pause", {"kind": "until", "until": "2099-03-01"}).json()
    assert (held["state"], held["hold"], held["next_due_on"], held["waiting"]) == (
        "on_hold", {"kind": "until", "until": "2099-03-01"}, "2099-03-02", False,
    )  # fmt: skip
    again = api("POST", f"{path}/pause")
    assert (again.status_code, again.json()["code"], again.json()["allowed"]) == (409, "wrong_state", ["active"])
    assert api("POST", f"{path}/restart").json()["state"] == "active"
    assert api("POST", f"{path}/change-amount", {"amount": 15000}).json()["agreement"]["amount"]["amount"] == 15000
    assert api("POST", f"{path}/change-frequency", {"schedule": "yearly"}).json()["agreement"]["schedule"] == "yearly"
    assert api("POST", f"{path}/set-expiry", {"date": "2099-12-31"}).json()["expires_on"] == "2099-12-31"
    ended = api("POST", f"{path}/cancel", {"reason": "moved abroad"}).json()
    assert (ended["state"], ended["version"], ended["ended_reason"]) == ("inactive", 7, "cancelled")
    assert ended["ended_note"] == "moved abroad"


def test_the_audit_log_tells_that_a_reason_was_given_and_not_which(cast: factories.Cast, row: Subscription) -> None:
    Caller(cast.magazine.supervisor)("POST", f"/subscriptions/{row.id}/cancel", {"reason": "moved abroad"})
    told = list(AuditPending.objects.filter(action="onboarding.subscription.cancel").values_list("data", flat=True))
    assert told == [{"version": 2, "noted": True}]
    assert "moved abroad" not in str([*told, *EventOut.objects.values_list("data", flat=True)])


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("pause", {"kind": "skip"}),
        ("pause", {"kind": "until"}),
        ("pause", {"kind": "until", "until": "2020-01-01"}),
        ("set-expiry", {"date": "2020-01-01"}),
        ("change-amount", {"amount": 0}),
        ("change-amount", {"amount": -1}),
        ("change-amount", {"amount": 2**60}),
        ("set-expiry", {"date": "2099-02-29"}),
        ("change-frequency", {"schedule": "single"}),
    ],
)
def test_what_makes_no_sense_is_422(cast: factories.Cast, row: Subscription, act: str, body: Any) -> None:
    assert Caller(cast.magazine.owner)("POST", f"/subscriptions/{row.id}/{act}", body).status_code == 422
    row.refresh_from_db()
    assert row.version == 1


def test_readers_change_nothing_and_agents_see_nothing(cast: factories.Cast, row: Subscription) -> None:
    assert Caller(cast.magazine.viewer)("POST", f"/subscriptions/{row.id}/cancel").status_code == 403
    assert Caller(cast.magazine.senior)("GET", f"/subscriptions/{row.id}").status_code == 403
    assert Caller(cast.magazine.junior)("GET", "/agreements").status_code == 403
    row.refresh_from_db()
    assert row.state == "active"


def test_refunds_are_the_managers(cast: factories.Cast, account: GatewayAccount) -> None:
    charge = charged_of(account)
    path = f"/charges/{charge.id}/refund"
    assert Caller(cast.magazine.supervisor)("POST", path).status_code == 403
    api = Caller(cast.magazine.manager)
    made = api("POST", path, {"amount": 4000, "reason": "by mistake"})
    assert (made.status_code, made.json()["state"], made.json()["amount"]["amount"]) == (202, "ordered", 4000)
    for amount in (6001, 0, -1, 2**31, 2**63):
        assert api("POST", path, {"amount": amount}).status_code == 422
    assert api("GET", f"/charges/{charge.id}").json()["state"] == "charged"


def given_campaign(cast: factories.Cast) -> Any:
    made = campaigns.campaign_create(
        actor=cast.magazine.manager, fields={"name": "Opgradering", "mode": "manual", "lists": []}
    )
    return campaigns.campaign_change(
        actor=cast.magazine.manager, campaign_id=made.id, fields={"agency": str(cast.agency.org.id)}
    )


def test_an_agency_sees_of_a_subscription_what_an_upgrade_needs_and_nothing_else(
    cast: factories.Cast, row: Subscription
) -> None:
    api = Caller(cast.agency.owner)
    assert api("GET", f"/subscriptions/{row.id}").status_code == 404
    assert api("GET", "/agreements").json()["items"] == []
    campaign = given_campaign(cast)
    shown = existing(campaign=campaign, subscription_id=row.id)
    assert {one.name for one in fields(shown)} == {
        "id", "name", "state", "amount", "currency", "schedule", "method", "next_on", "person",
    }  # fmt: skip
    assert shown.person == ""
    other = subscription_of(account_of(cast.charity.org, "other"))
    for subscription_id in (other.id, new_id()):
        with pytest.raises(NotFound):
            existing(campaign=campaign, subscription_id=subscription_id)
