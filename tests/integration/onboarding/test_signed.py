"""What a session's success makes, a new payment method, and what is left when a person is erased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from ringround.campaigns import actions as campaigns
from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.onboarding.accounts import seal
from ringround.onboarding.actions.agreements import (
    Applied,
    charges_run,
    method_changed,
    one_off_id,
    signed_up,
    upgrade_apply,
)
from ringround.onboarding.actions.forget import contacts_erase, sessions_forget
from ringround.onboarding.actions.intake import events_apply
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import Account, Capabilities, ChargeView, CutOff, MandateView
from ringround.onboarding.models import (
    Agreement,
    Charge,
    GatewayAccount,
    GatewayOrder,
    Mandate,
    OnboardingSettings,
    Session,
    Subscription,
)
from ringround.onboarding.rules.agreed import Agreed
from ringround.onboarding.rules.subscription import Refused
from tests import factories
from tests.integration.onboarding.agreed import Round, account_of, agreement_of, at, subscription_of
from tests.integration.onboarding.rail import Rail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


@pytest.fixture
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
    return account_of(cast.charity.org)


@pytest.fixture
def session(cast: factories.Cast, account: GatewayAccount) -> Any:
    org = cast.charity.org
    version = agreement_of(org).workflow_version
    Agreement.objects.all().delete()
    made = campaigns.campaign_create(
        actor=cast.charity.manager, fields={"name": "Efterår", "mode": "manual", "lists": []}
    )

    def make(
        action: str = "sign_up", subscription: Subscription | None = None, params: Any = None, **more: Any
    ) -> Session:
        now = clock.now()
        facts = {
            "product": "fast", "payment_type": "recurring", "name": "Fast støtte", "description": "", "amount": 10000,
            "currency": "DKK", "schedule": "monthly", "start": "fixed_day", "day": 1, **more,
        }  # fmt: skip
        agreed = Agreed(**facts)
        contact = agreement_of(org).contact
        Agreement.objects.filter(contact=contact).delete()
        return Session.objects.create(
            merchant=org, agency=org, campaign_id=made.id, contact=contact, external_lead_id="x",
            workflow_version=version, intention="signup" if action == "sign_up" else "upgrade", action=action,
            payment_type=agreed.payment_type, agreed=agreed.to_json(), account=account, payment_method="card",
            given={"first_name": "Åse"}, metadata={"segment": "A"}, secrets="sealed", params=params or {},
            subscription=subscription, created_at=now, expires_at=now,
        )  # fmt: skip

    return make


def mandate(ref: str = "m1", **more: Any) -> MandateView:
    return MandateView(ref=ref, state="active", instrument="•••• 4242", **more)


def test_a_sign_up_makes_all_of_it_and_its_first_charge_on_the_promised_day(session: Any, rail: Rail) -> None:
    one = session()
    with transaction.atomic():
        row = signed_up(session=one, view=mandate(), now=clock.now())
    assert row is not None
    assert (row.state, row.version, row.next_due_on, row.anchor_day) == ("active", 1, date(2026, 12, 1), 1)
    assert row.mandate is not None
    assert (row.mandate.state, row.mandate.masked, row.mandate.method) == ("active", "•••• 4242", "card")
    assert (row.agreement.contact_id, row.agreement.metadata) == (one.contact_id, {"segment": "A"})
    event = EventOut.objects.get(subject_type="subscription")
    assert (event.type, event.data["session"]) == ("onboarding.subscription.activated", str(one.id))
    with clock.frozen(at(2026, 12, 1)):
        charges_run(now=clock.now())
    assert Charge.objects.get().period_on == date(2026, 12, 1)


def test_it_begins_on_the_bank_day_that_was_promised_and_keeps_to_the_day_that_was_agreed(session: Any) -> None:
    with transaction.atomic():
        row = signed_up(session=session(day=5), view=mandate(), now=clock.now())
    assert row is not None
    # The 5th is a Saturday.
    assert (row.starts_on, row.next_due_on, row.anchor_day) == (date(2026, 12, 7), date(2026, 12, 5), 5)


def test_what_can_be_collected_today_is_ordered_with_the_acceptance(session: Any) -> None:
    with transaction.atomic():
        row = signed_up(session=session(start="next_possible", day=None), view=mandate(), now=clock.now())
    assert row is not None
    charge = Charge.objects.get()
    assert (charge.period_on, charge.state) == (date(2026, 11, 20), "scheduled")
    row.refresh_from_db()
    assert (row.next_due_on, row.anchor_day) == (date(2026, 12, 20), 20)


def test_a_one_off_at_the_start_is_not_followed_by_another_at_once(session: Any, rail: Rail) -> None:
    one = session(start="next_possible", day=None, one_off=True)
    with transaction.atomic():
        row = signed_up(session=one, view=mandate(), now=clock.now())
    assert row is not None
    charge = Charge.objects.get()
    assert (charge.id, charge.one_off, charge.state) == (one_off_id(one.id), True, "scheduled")
    assert row.next_due_on == date(2026, 12, 20)
    Round().all()
    assert [asked.reference for _, _, asked in rail.asked] == [one_off_id(one.id).hex]


def test_a_one_off_that_the_rail_took_with_the_acceptance_is_not_collected_again(session: Any, rail: Rail) -> None:
    one = session(start="next_possible", day=None, one_off=True)
    with transaction.atomic():
        signed_up(session=one, view=mandate(charge_ref="c9"), now=clock.now())
    charge = Charge.objects.get()
    assert (charge.ref, charge.state) == ("c9", "submitted")
    rail.charges["c9"] = ChargeView(ref="c9", state="charged", charged=10000)
    Round().all()
    assert rail.names() == ["get_charge"]


@pytest.mark.parametrize(
    ("state", "after"), [("charged", "charged"), ("reserved", "submitted"), ("scheduled", "submitted")]
)
def test_a_single_payment_is_a_charge_and_nothing_more(session: Any, state: Any, after: str) -> None:
    one = session(payment_type="single", schedule="single", start="next_possible", day=None)
    with transaction.atomic():
        assert signed_up(session=one, view=ChargeView(ref="p1", state=state), now=clock.now()) is None
    charge = Charge.objects.get()
    assert (charge.state, charge.ref, charge.subscription_id) == (after, "p1", None)
    assert not GatewayOrder.objects.exists()
    assert not Mandate.objects.exists()


def test_of_a_single_payment_that_is_taken_back_before_anything_was_told_both_are_known(session: Any) -> None:
    one = session(payment_type="single", schedule="single", start="next_possible", day=None)
    with transaction.atomic():
        signed_up(session=one, view=ChargeView(ref="p1", state="chargeback"), now=clock.now())
    charge = Charge.objects.get()
    assert (charge.state, charge.reason) == ("failed", "chargeback")
    told = EventOut.objects.filter(subject_id=charge.id).order_by("subject_no").values_list("type", flat=True)
    assert list(told) == ["onboarding.charge.charged", "onboarding.charge.failed"]


def test_of_what_the_donor_alone_types_the_agreement_keeps_nothing(session: Any) -> None:
    one = session(tax_deductible=True)
    one.secrets = seal({"national_id": "0101701234", "bank_account": "00400440116243"})
    with transaction.atomic():
        signed_up(session=one, view=mandate(), now=clock.now())
    (kept,) = Agreement.objects.values()
    assert kept["tax_deductible"]
    # The sealed words of the house, whichever they are, begin alike.
    head = one.secrets[:6]
    assert [name for name, value in kept.items() if "0101701234" in str(value) or head in str(value)] == []


class Reserving(Rail):
    """One that a donor's yes has only reserve the money."""

    def take_payment(self, account: Account, ref: str, key: str) -> ChargeView:
        self.asked.append(("take_payment", key, ref))
        return ChargeView(ref=ref, state="charged", amount=10000, charged=10000, currency="DKK")


def test_a_single_payment_that_is_only_reserved_is_taken_by_the_courier_once(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rail = Reserving()
    monkeypatch.setitem(DRAWERS, "sandbox", rail)
    one = session(payment_type="single", schedule="single", start="next_possible", day=None)
    with transaction.atomic():
        signed_up(session=one, view=ChargeView(ref="p1", state="reserved"), now=clock.now())
    charge = Charge.objects.get()
    assert charge.state == "submitted"
    courier = Round()
    courier.all()
    events_apply(now=clock.now())
    charge.refresh_from_db()
    assert charge.state == "charged"
    courier.later(days=1)
    courier.all()
    assert rail.asked == [("take_payment", f"look:take:{charge.id.hex}", "p1")]


def test_an_agreement_without_a_payment_collects_nothing(session: Any) -> None:
    with transaction.atomic():
        row = signed_up(session=session(), view=None, now=clock.now())
    assert row is not None
    assert (row.mandate_id, row.next_due_on, row.schedule_on) == (None, None, None)
    with clock.frozen(at(2027, 1, 2)):
        charges_run(now=clock.now())
    assert not Charge.objects.exists()


def test_a_new_method_takes_what_is_to_come_and_the_old_one_is_stopped_after_it(
    session: Any, account: GatewayAccount, rail: Rail
) -> None:
    row = subscription_of(account)
    old = row.mandate
    assert old is not None
    with clock.frozen(at(2026, 12, 1)):
        charges_run(now=clock.now())
        with transaction.atomic():
            method_changed(session=session("change_payment_method", row), view=mandate("new"), now=clock.now())
        row.refresh_from_db()
        assert (row.version, row.mandate_id != old.id) == (2, True)
        Round().all()
    rows = list(Charge.objects.order_by("attempt").values_list("state", "mandate__ref"))
    assert rows == [("cancelled", old.ref), ("submitted", "new")]
    assert sorted(rail.names()) == ["cancel_mandate", "schedule_charge"]
    old.refresh_from_db()
    assert old.state == "stopped"
    row.refresh_from_db()
    assert row.state == "active"


def test_a_charge_under_way_moves_when_the_old_rail_lets_it_go(
    session: Any, account: GatewayAccount, rail: Rail
) -> None:
    row = subscription_of(account)
    with clock.frozen(at(2026, 12, 1)):
        charges_run(now=clock.now())
        Round().all()
        with transaction.atomic():
            method_changed(session=session("change_payment_method", row), view=mandate("new"), now=clock.now())
        Round().all()
    rows = list(Charge.objects.order_by("attempt").values_list("attempt", "state"))
    assert rows == [(1, "cancelled"), (2, "submitted")]
    assert rail.names()[:2] == ["schedule_charge", "cancel_charge"]


def test_a_month_that_the_new_rail_takes_no_sooner_than_the_next_is_not_collected_with_it(
    session: Any, account: GatewayAccount, rail: Rail
) -> None:
    """From card to direct debit, a few days after the cut-off for December."""
    row = subscription_of(account)
    rail.caps = Capabilities(min_lead_days=1, bank_days=True, cut_off=CutOff(day=18))
    with clock.frozen(at(2026, 11, 23)):
        with transaction.atomic():
            method_changed(session=session("change_payment_method", row), view=mandate("new"), now=clock.now())
        for _ in range(30):
            charges_run(now=clock.now())
            clock.advance(timedelta(days=1))
    assert list(Charge.objects.values_list("period_on", "due_on")) == [(date(2027, 1, 1), date(2027, 1, 4))]


def test_what_was_told_of_a_change_is_kept_by_a_rail_that_says_yes_sooner(
    session: Any, account: GatewayAccount, rail: Rail
) -> None:
    row = subscription_of(account)
    rail.caps = Capabilities(min_lead_days=1, bank_days=True, cut_off=CutOff(day=25))
    made = session("change_payment_method", row)
    made.snapshot["next_on"] = "2027-01-04"
    with clock.frozen(at(2026, 11, 23)):
        with transaction.atomic():
            method_changed(session=made, view=mandate("new"), now=clock.now())
        row.refresh_from_db()
        # Nothing was collected before: so it begins.
        assert (row.next_due_on, row.starts_on) == (date(2027, 1, 1), date(2027, 1, 4))
        for _ in range(36):
            charges_run(now=clock.now())
            clock.advance(timedelta(days=1))
    assert list(Charge.objects.values_list("period_on", "due_on")) == [(date(2027, 1, 1), date(2027, 1, 4))]


def test_what_is_due_is_made_with_the_change(session: Any, account: GatewayAccount, rail: Rail) -> None:
    row = subscription_of(account)
    rail.caps = Capabilities(min_lead_days=1, bank_days=True, cut_off=CutOff(day=18))
    with clock.frozen(at(2026, 11, 23)), transaction.atomic():
        method_changed(session=session("change_payment_method", row), view=mandate("new"), now=clock.now())
    row.refresh_from_db()
    assert row.next_due_on == date(2027, 1, 1)


@pytest.mark.parametrize("one_off", [False, True])
def test_a_payment_that_has_failed_is_collected_by_the_new_method(
    session: Any, account: GatewayAccount, rail: Rail, one_off: bool
) -> None:
    row = subscription_of(account)
    with clock.frozen(at(2026, 12, 1)):
        charges_run(now=clock.now())
        Charge.objects.update(state="failed", reason="card_expired", retry_on=date(2026, 12, 4), one_off=one_off)
        GatewayOrder.objects.update(state="done")
    with clock.frozen(at(2026, 12, 2)), transaction.atomic():
        method_changed(session=session("change_payment_method", row), view=mandate("new"), now=clock.now())
    rows = Charge.objects.order_by("attempt").values_list("state", "retry_on", "mandate__ref", "one_off", "due_on")
    assert list(rows)[1:] == [("scheduled", None, "new", one_off, date(2026, 12, 2))]
    assert Charge.objects.get(attempt=1).retry_on is None


def test_a_local_act_of_a_session_takes_effect_or_leaves_all_as_it_was(session: Any, account: GatewayAccount) -> None:
    row = subscription_of(account)
    with transaction.atomic():
        done = upgrade_apply(session=session("change_amount", row, {"amount": 20000}), now=clock.now())
    assert isinstance(done, Applied)
    row.refresh_from_db()
    assert (row.amount, row.version) == (20000, 2)
    with transaction.atomic():
        assert isinstance(upgrade_apply(session=session("restart", row), now=clock.now()), Refused)
    row.refresh_from_db()
    assert (row.state, row.version) == ("active", 2)


def test_erasing_a_person_empties_their_sessions_and_keeps_the_accounting(session: Any) -> None:
    one, other = session(), session()
    with transaction.atomic():
        signed_up(session=one, view=mandate(), now=clock.now())
    for _ in range(2):
        contacts_erase(contact_ids=[one.contact_id])
    one.refresh_from_db()
    assert (one.given, one.secrets, one.metadata, one.contact_id) == ({}, "", {}, None)
    other.refresh_from_db()
    assert other.given == {"first_name": "Åse"}
    kept = Agreement.objects.get(subscription__isnull=False)
    assert (kept.contact_id, kept.metadata, kept.name) == (None, {}, "Fast støtte")
    assert Subscription.objects.get().amount == 10000


def test_sessions_are_kept_as_long_as_their_merchant_says(session: Any, cast: factories.Cast) -> None:
    old, young, open_one = session(), session(), session()
    Session.objects.filter(id=old.id).update(ended_at=clock.now() - timedelta(days=31))
    Session.objects.filter(id=young.id).update(ended_at=clock.now() - timedelta(days=29))
    sessions_forget(now=clock.now())
    old.refresh_from_db()
    assert old.given
    OnboardingSettings.objects.create(merchant=cast.charity.org, keep_days=30, updated_at=clock.now())
    sessions_forget(now=clock.now())
    for row, empty in ((old, True), (young, False), (open_one, False)):
        row.refresh_from_db()
        assert (row.given == {}) is empty
