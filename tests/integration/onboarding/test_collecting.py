"""What is collected, tried anew, called back and given back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.kernel.errors import Conflict, Invalid
from ringround.onboarding.actions import intake
from ringround.onboarding.actions.agreements import (
    Applied,
    Waiting,
    charge_refund,
    charges_run,
    retries_run,
    subscription_change,
    terms_run,
)
from ringround.onboarding.actions.reconcile import reconcile
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import (
    AlreadyFinal,
    Capabilities,
    ChargeView,
    CutOff,
    Declined,
    GatewayEvent,
    MandateView,
    Permanent,
    RefundRef,
    Transient,
    Unknown,
)
from ringround.onboarding.models import Charge, GatewayAccount, GatewayOrder, Mandate, Refund, Subscription
from tests import factories
from tests.integration.onboarding.agreed import Round, account_of, at, charged_of, subscription_of
from tests.integration.onboarding.rail import Rail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]

# Where a test's own day begins: an hour after the due date does, in Copenhagen.
MORNING = at(2026, 12, 1)


@pytest.fixture
def morning() -> Iterator[None]:
    with clock.frozen(MORNING):
        yield


@pytest.fixture
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
def run() -> Round:
    return Round()


def failing(fault: Exception) -> Any:
    def call(*_: Any) -> Any:
        raise fault

    return call


def collect() -> None:
    while charges_run(now=clock.now()):
        pass


def said(account: GatewayAccount, kind: str, ref: str, event_id: str = "", **more: Any) -> None:
    told = GatewayEvent(event_id=event_id or f"{kind}:{ref}", kind=kind, ref=ref, occurred_at=clock.now(), **more)
    intake.events_add(account_id=account.id, told=[told], now=clock.now())
    while intake.events_apply(now=clock.now()):
        pass


def events() -> list[str]:
    return [one.removeprefix("onboarding.") for one in EventOut.objects.order_by("id").values_list("type", flat=True)]


# --- the charge run -------------------------------------------------------------------------------


def test_what_is_due_is_collected_once_and_the_next_period_waits(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    row = subscription_of(account)
    for _ in range(3):
        collect()
    charge = Charge.objects.get()
    assert (charge.period_on, charge.due_on, charge.attempt, charge.state) == (
        date(2026, 12, 1), date(2026, 12, 1), 1, "scheduled",
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.next_due_on, row.schedule_on, row.version) == (date(2027, 1, 1), date(2027, 1, 4), 1)
    run.all()
    charge.refresh_from_db()
    assert (charge.state, charge.ref) == ("submitted", f"c-{charge.id.hex}")
    assert [(name, key) for name, key, _ in rail.asked] == [("schedule_charge", f"charge:{charge.id.hex}")]
    said(account, "charge.charged", charge.ref)
    charge.refresh_from_db()
    assert charge.state == "charged"
    assert events() == ["charge.charged"]


def test_nothing_is_collected_before_its_day_on_hold_or_after_its_end(rail: Rail, account: GatewayAccount) -> None:
    subscription_of(account, due=date(2026, 12, 2))
    subscription_of(account, state="on_hold", hold={"kind": "indefinite"})
    subscription_of(account, state="inactive")
    last = subscription_of(account, expires_on=date(2026, 11, 30))
    collect()
    assert not Charge.objects.exists()
    last.refresh_from_db()
    assert last.schedule_on is None


@pytest.mark.parametrize(
    ("due", "midnight"),
    [
        (date(2026, 12, 1), at(2026, 11, 30, 23)),
        (date(2027, 7, 1), at(2027, 6, 30, 22)),
        # The day before has 23 hours, or 25.
        (date(2027, 3, 29), at(2027, 3, 28, 22)),
        (date(2027, 11, 1), at(2027, 10, 31, 23)),
    ],
)
def test_a_merchants_own_midnight_counts(rail: Rail, account: GatewayAccount, due: date, midnight: datetime) -> None:
    subscription_of(account, due=due)
    with clock.frozen(midnight - timedelta(minutes=1)):
        collect()
        assert not Charge.objects.exists()
    with clock.frozen(midnight):
        collect()
        assert Charge.objects.count() == 1


def test_who_pays_on_the_last_day_is_collected_from_on_the_last_day_of_every_month(
    rail: Rail, account: GatewayAccount
) -> None:
    subscription_of(account, due=date(2028, 1, 31))
    last = [at(2028, 1, 31), at(2028, 2, 29), at(2028, 3, 31)]
    for collected, day in enumerate(last):
        with clock.frozen(day - timedelta(days=1)):
            collect()
            assert Charge.objects.count() == collected
        with clock.frozen(day):
            collect()
    found = Charge.objects.order_by("period_on").values_list("period_on", flat=True)
    assert list(found) == [day.date() for day in last]


def test_an_amount_of_more_than_31_bits_is_collected_and_given_back_whole(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    subscription_of(account, amount=2**31)
    collect()
    run.all()
    Charge.objects.update(state="charged")
    charge_refund(actor=cast.charity.manager, charge_id=Charge.objects.get().id)
    run.all()
    asked = [(name, one.amount) for name, _key, one in rail.asked]
    assert asked == [("schedule_charge", 2**31), ("refund", 2**31)]
    assert Charge.objects.get().refunded == 2**31


def test_after_an_outage_the_latest_period_alone_is_collected(rail: Rail, account: GatewayAccount) -> None:
    row = subscription_of(account, due=date(2026, 9, 1))
    collect()
    assert [one.period_on for one in Charge.objects.all()] == [date(2026, 12, 1)]
    row.refresh_from_db()
    assert row.next_due_on == date(2027, 1, 1)


def test_a_mandate_that_was_stopped_collects_nothing(rail: Rail, account: GatewayAccount) -> None:
    row = subscription_of(account)
    Mandate.objects.update(state="stopped")
    collect()
    row.refresh_from_db()
    assert (row.schedule_on, row.next_due_on) == (None, date(2026, 12, 1))
    assert not Charge.objects.exists()


def test_an_account_that_no_key_opens_keeps_its_rails_days(rail: Rail, account: GatewayAccount) -> None:
    rail.caps = Capabilities(min_lead_days=1, bank_days=True, cut_off=CutOff(day=20))
    GatewayAccount.objects.update(secrets="sealed by a key that is not here")
    row = subscription_of(account, due=date(2027, 1, 1), schedule_on=date(2026, 12, 18))
    with clock.frozen(at(2026, 12, 18)):
        collect()
    assert Charge.objects.get().due_on == date(2027, 1, 4)
    row.refresh_from_db()
    # Some days before the 20th, by which February is handed in.
    assert row.schedule_on == date(2027, 1, 17)


# --- faults ---------------------------------------------------------------------------------------


def test_an_account_that_is_down_rests_and_its_orders_wait_for_days(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    subscription_of(account)
    collect()
    rail.on["schedule_charge"] = failing(Transient("unreachable"))
    assert run() == 1
    account.refresh_from_db()
    assert account.failures == 1
    assert run() == 0  # it rests
    for _ in range(30):
        run.later(hours=7)
        run()
    assert Charge.objects.get().state == "scheduled"
    del rail.on["schedule_charge"]
    run.later(hours=1)
    run.all()
    assert Charge.objects.get().state == "submitted"
    account.refresh_from_db()
    assert (account.failures, account.fault) == (0, "")
    # The same key at every try for the same day: it cannot be collected twice.
    keys = {(key, one.due_on) for _, key, one in rail.asked}
    assert len(keys) == len({key for key, _ in keys}) == len({due for _, due in keys}) > 1


def test_what_cannot_be_done_for_two_weeks_is_given_up_and_told(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    subscription_of(account)
    collect()
    rail.on["schedule_charge"] = failing(Transient("busy", down=False))
    for _ in range(16):
        run.later(days=1)
        run()
    charge = Charge.objects.get()
    assert (charge.state, charge.reason) == ("rejected", "given_up")
    assert [one for one in events() if one != "charge.moved"] == ["charge.failed"]


def test_an_answer_that_was_lost_is_asked_for_with_the_same_key(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    subscription_of(account)
    collect()
    run(lose=True)
    assert run() == 0  # leased
    run.later(minutes=5)
    run.all()
    assert Charge.objects.get().state == "submitted"
    assert len(rail.asked) == 2
    assert len(rail.done) == 1


def test_a_declined_card_is_tried_anew_by_the_plan_and_then_given_up(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    subscription_of(account)
    collect()
    rail.on["schedule_charge"] = failing(Declined("card_declined"))
    for _ in range(30):
        run.all()
        run.later(days=1)
        retries_run(now=clock.now())
    rows = list(Charge.objects.order_by("attempt"))
    assert [(one.attempt, one.state, one.retry_on) for one in rows] == [(n, "failed", None) for n in (1, 2, 3, 4)]
    assert {one.period_on for one in rows} == {date(2026, 12, 1)}
    assert [one.created_at.date() for one in rows] == [
        date(2026, 12, 1), date(2026, 12, 4), date(2026, 12, 9), date(2026, 12, 16),
    ]  # fmt: skip
    assert events() == ["charge.failed"] * 4


def test_a_retry_that_succeeds_ends_the_plan(rail: Rail, account: GatewayAccount, run: Round) -> None:
    subscription_of(account)
    collect()
    rail.on["schedule_charge"] = failing(Declined("insufficient_funds"))
    run.all()
    del rail.on["schedule_charge"]
    for _ in range(12):
        run.later(days=1)
        retries_run(now=clock.now())
        run.all()
    assert list(Charge.objects.order_by("attempt").values_list("state", flat=True)) == ["failed", "submitted"]


@pytest.mark.parametrize(("handed_over", "calls"), [(False, 0), (True, 1)])
def test_a_period_that_was_paid_after_all_is_not_collected_by_its_retry(
    rail: Rail, account: GatewayAccount, run: Round, handed_over: bool, calls: int
) -> None:
    subscription_of(account)
    collect()
    run.all()
    first = Charge.objects.get()
    said(account, "charge.failed", first.ref, reason_code="insufficient_funds")
    run.later(days=3)
    retries_run(now=clock.now())
    if handed_over:
        run.all()
    said(account, "charge.charged", first.ref)
    run.all()
    assert list(Charge.objects.order_by("attempt").values_list("state", flat=True)) == ["charged", "cancelled"]
    assert rail.names().count("cancel_charge") == calls


def test_a_rail_where_the_mandate_has_ended_ends_the_subscription(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    row = subscription_of(account)
    collect()
    rail.on["schedule_charge"] = failing(AlreadyFinal("stopped"))
    run.all()
    row.refresh_from_db()
    assert (row.state, row.ended_reason, row.version) == ("inactive", "mandate_stopped", 2)
    assert Charge.objects.get().state == "rejected"


# --- what the rail says ---------------------------------------------------------------------------


def first(n: int) -> UUID:
    """An id before all that are made now."""
    return UUID(f"01900000-0000-7000-b000-{n:012d}")


def test_a_hundred_merchants_whose_day_has_not_begun_keep_none_waiting_whose_day_it_is(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    subscription_of(account)
    collect()
    rail.on["schedule_charge"] = failing(Declined("insufficient_funds"))
    run.all()
    # Half past two at night in Copenhagen, the evening before in New York.
    run.later(days=2, hours=16, minutes=30)
    west = cast.magazine.org
    west.timezone = "America/New_York"
    west.save(update_fields=["timezone"])
    far = account_of(west, "west")
    Charge.objects.bulk_create(
        Charge(
            merchant=west,
            agreement=charge.agreement,
            account=far,
            state="failed",
            amount=100,
            currency="DKK",
            period_on=charge.period_on,
            due_on=charge.due_on,
            created_at=clock.now(),
            attempt=n,
            id=first(n),
        )
        for charge in [Charge.objects.get()]
        for n in range(100)
    )
    Charge.objects.filter(merchant=west).update(retry_on=clock.now().date())
    Charge.objects.filter(merchant=account.merchant).update(retry_on=clock.now().date())
    retries_run(now=clock.now())
    assert Charge.objects.filter(merchant=account.merchant, attempt=2).exists()
    assert Charge.objects.filter(merchant=west, retry_on__isnull=False).count() == 100


def test_a_stopped_mandate_ends_its_subscription_and_a_reinstated_one_brings_it_back(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    row = subscription_of(account, due=date(2026, 12, 20))
    assert row.mandate is not None
    said(account, "mandate.stopped", row.mandate.ref, actor="debtor")
    row.refresh_from_db()
    assert (row.state, row.ended_reason, row.version, row.schedule_on) == ("inactive", "mandate_stopped", 2, None)
    said(account, "mandate.stopped", row.mandate.ref, "again")
    said(account, "mandate.reinstated", row.mandate.ref)
    row.refresh_from_db()
    assert (row.state, row.next_due_on, row.version) == ("active", date(2026, 12, 20), 3)
    assert events() == ["subscription.ended", "subscription.activated"]


def test_a_pause_outlives_a_mandate_that_is_stopped_and_comes_back(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    row = subscription_of(account, due=date(2026, 12, 20))
    assert row.mandate is not None
    subscription_change(actor=cast.charity.owner, subscription_id=row.id, what="pause")
    said(account, "mandate.stopped", row.mandate.ref, actor="debtor")
    said(account, "mandate.reinstated", row.mandate.ref)
    row.refresh_from_db()
    assert (row.state, row.hold, row.schedule_on) == ("on_hold", {"kind": "indefinite"}, None)
    clock.advance(timedelta(days=40))
    collect()
    assert not Charge.objects.exists()


def test_money_that_was_fetched_back_is_a_failure_that_is_not_tried_anew(rail: Rail, account: GatewayAccount) -> None:
    charge = charged_of(account)
    said(account, "charge.chargeback", charge.ref)
    charge.refresh_from_db()
    assert (charge.state, charge.reason, charge.retry_on) == ("failed", "chargeback", None)


def test_a_word_that_comes_before_the_answer_is_known_by_our_reference(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    subscription_of(account)
    collect()
    charge = Charge.objects.get()
    said(account, "charge.charged", "c-theirs", reference=charge.id.hex)
    charge.refresh_from_db()
    assert (charge.state, charge.ref) == ("charged", "c-theirs")
    run.all()
    charge.refresh_from_db()
    assert (charge.state, charge.ref) == ("charged", "c-theirs")


# --- pause, cancel, and charges under way ---------------------------------------------------------


def test_a_charge_that_has_not_gone_is_not_collected_after_a_cancel(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    row = subscription_of(account)
    collect()
    done = subscription_change(actor=cast.charity.owner, subscription_id=row.id, what="cancel")
    assert isinstance(done, Applied)
    run.all()
    assert Charge.objects.get().state == "cancelled"
    assert rail.names() == ["cancel_mandate"]
    row.refresh_from_db()
    assert (row.state, row.version, row.next_due_on) == ("inactive", 2, None)
    assert Mandate.objects.get().state == "stopped"
    assert events() == ["subscription.ended"]


def test_a_charge_that_is_under_way_is_asked_back_and_not_collected_twice(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    row = subscription_of(account)
    collect()
    run(between=lambda: subscription_change(actor=cast.charity.owner, subscription_id=row.id, what="cancel"))
    charge = Charge.objects.get()
    assert charge.state == "submitted"
    run.all()
    charge.refresh_from_db()
    assert charge.state == "cancelled"
    assert rail.names() == ["schedule_charge", "cancel_charge", "cancel_mandate"]


def test_a_charge_that_was_taken_when_it_was_asked_back_stays(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    row = subscription_of(account)
    collect()
    run.all()
    rail.on["cancel_charge"] = lambda *_: "already_active"
    subscription_change(actor=cast.charity.owner, subscription_id=row.id, what="cancel")
    run.all()
    charge = Charge.objects.get()
    assert charge.state == "submitted"
    said(account, "charge.charged", charge.ref)
    charge.refresh_from_db()
    assert charge.state == "charged"


@pytest.mark.parametrize("fault", [Transient("busy", down=False), Unknown("timeout")])
def test_a_try_that_failed_while_it_was_cancelled_is_not_repeated(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round, fault: Exception
) -> None:
    row = subscription_of(account)
    collect()
    rail.on["schedule_charge"] = failing(fault)
    run(between=lambda: subscription_change(actor=cast.charity.owner, subscription_id=row.id, what="cancel"))
    del rail.on["schedule_charge"]
    for _ in range(5):
        run.later(hours=6)
        run.all()
    assert rail.names().count("schedule_charge") == 1
    assert Charge.objects.get().state == "cancelled"
    assert not GatewayOrder.objects.filter(state="pending").exists()


def lost(rail: Rail, run: Round, *, killed: bool = False, kept: bool) -> Charge:
    """A charge of which no answer came; whether the rail has it."""
    collect()
    charge = Charge.objects.get()
    if kept:
        rail.had.add(charge.id.hex)
    rail.on["schedule_charge"] = failing(Unknown("timeout"))
    run(lose=killed)
    del rail.on["schedule_charge"]
    return charge


@pytest.mark.parametrize("killed", [False, True], ids=["lost", "killed"])
@pytest.mark.parametrize("what", ["cancel", "pause"])
def test_a_charge_in_doubt_is_not_handed_over_again_after_it_was_called_back(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round, what: str, killed: bool
) -> None:
    row = subscription_of(account)
    charge = lost(rail, run, killed=killed, kept=False)
    subscription_change(actor=cast.charity.owner, subscription_id=row.id, what=what)
    for _ in range(5):
        run.later(hours=6)
        run.all()
    assert rail.names().count("schedule_charge") == 1
    charge.refresh_from_db()
    assert (charge.state, charge.reason) == ("cancelled", "called_back")
    # It is looked for, more than once: what was sent may be on its way.
    assert rail.names().count("find_charge") == 2
    assert not GatewayOrder.objects.filter(state="pending").exists()


@pytest.mark.parametrize("answer", ["cancelled", "already_active"])
def test_a_charge_that_the_rail_has_although_its_answer_was_lost_is_asked_back(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round, answer: str
) -> None:
    row = subscription_of(account)
    charge = lost(rail, run, kept=True)
    rail.on["cancel_charge"] = lambda *_: answer
    subscription_change(actor=cast.charity.owner, subscription_id=row.id, what="pause")
    run.all()
    charge.refresh_from_db()
    # What cannot be called back any more is told by the rail, and asked for.
    expected = "cancelled" if answer == "cancelled" else "submitted"
    assert (charge.state, charge.ref) == (expected, f"c-{charge.id.hex}")
    assert rail.names() == ["schedule_charge", "find_charge", "cancel_charge"]


def test_a_new_end_calls_back_what_was_handed_over_for_after_it_and_nothing_else(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    row = subscription_of(account)
    collect()
    run.all()
    first = Charge.objects.get()
    later = Charge.objects.create(
        merchant=row.merchant, agreement=row.agreement, subscription=row, mandate=row.mandate, account=account,
        ref="c-later", state="submitted", amount=10000, currency="DKK", period_on=date(2027, 1, 1),
        due_on=date(2027, 1, 4), created_at=clock.now(), submitted_at=clock.now(),
    )  # fmt: skip
    subscription_change(
        actor=cast.charity.owner, subscription_id=row.id, what="set_expiry", params={"date": "2026-12-31"}
    )
    run.all()
    assert [asked for name, _, asked in rail.asked if name == "cancel_charge"] == ["c-later"]
    first.refresh_from_db()
    later.refresh_from_db()
    assert (first.state, later.state) == ("submitted", "cancelled")


def test_a_charge_that_could_not_be_asked_back_once_is_asked_back_again(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    row = subscription_of(account)
    collect()
    run.all()
    owner = cast.charity.owner
    rail.on["cancel_charge"] = failing(Permanent("refused"))
    subscription_change(actor=owner, subscription_id=row.id, what="pause")
    run.all()
    assert Charge.objects.get().state == "submitted"
    del rail.on["cancel_charge"]
    subscription_change(actor=owner, subscription_id=row.id, what="cancel")
    run.all()
    assert Charge.objects.get().state == "cancelled"
    assert len({key for name, key, _ in rail.asked if name == "cancel_charge"}) == 2


def test_a_charge_that_was_heard_of_before_its_answer_stays_what_was_heard(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    subscription_of(account)
    charge = lost(rail, run, kept=True)
    said(account, "charge.submitted", f"c-{charge.id.hex}", reference=charge.id.hex)
    run.later(hours=6)
    run.all()
    charge.refresh_from_db()
    assert charge.state == "submitted"
    assert rail.names().count("schedule_charge") == 1


def test_what_was_called_back_by_a_pause_is_collected_once_when_it_goes_on(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    row = subscription_of(account, method="mobile")
    collect()
    owner = cast.charity.owner
    subscription_change(actor=owner, subscription_id=row.id, what="pause")
    row.refresh_from_db()
    assert (row.state, row.hold, row.next_due_on) == ("on_hold", {"kind": "indefinite"}, date(2026, 12, 1))
    collect()
    run.all()
    assert rail.asked == []
    subscription_change(actor=owner, subscription_id=row.id, what="restart")
    collect()
    run.all()
    assert list(Charge.objects.order_by("attempt").values_list("period_on", "attempt", "state")) == [
        (date(2026, 12, 1), 1, "cancelled"), (date(2026, 12, 1), 2, "submitted"),
    ]  # fmt: skip
    row.refresh_from_db()
    assert (row.state, row.version) == ("active", 3)


def test_a_hold_ends_on_its_date_and_skips_what_it_says(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    row = subscription_of(account, due=date(2026, 12, 10))
    subscription_change(
        actor=cast.charity.owner, subscription_id=row.id, what="pause", params={"kind": "skip", "count": 1}
    )
    for _ in range(45):
        terms_run(now=clock.now())
        collect()
        run.later(days=1)
    assert [one.period_on for one in Charge.objects.all()] == [date(2027, 1, 10)]
    assert events() == ["subscription.held", "subscription.restarted"]


@pytest.mark.parametrize("handed_over", [False, True])
def test_a_payment_that_is_called_back_for_a_pause_is_the_first_that_is_skipped(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round, handed_over: bool
) -> None:
    row = subscription_of(account)
    collect()
    if handed_over:
        run.all()
    subscription_change(
        actor=cast.charity.owner, subscription_id=row.id, what="pause", params={"kind": "skip", "count": 1}
    )
    for _ in range(45):
        run.all()
        terms_run(now=clock.now())
        collect()
        run.later(days=1)
    rows = Charge.objects.order_by("created_at").values_list("period_on", "state")
    assert list(rows) == [(date(2026, 12, 1), "cancelled"), (date(2027, 1, 1), "submitted")]


def test_a_subscription_expires_the_day_after_its_last(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    row = subscription_of(account, due=date(2026, 12, 10))
    subscription_change(
        actor=cast.charity.owner, subscription_id=row.id, what="set_expiry", params={"date": "2026-12-20"}
    )
    for _ in range(25):
        terms_run(now=clock.now())
        collect()
        run.all()
        run.later(days=1)
    row.refresh_from_db()
    assert (row.state, row.ended_reason, row.version) == ("expired", "term", 3)
    assert Charge.objects.count() == 1
    assert rail.names() == ["schedule_charge", "cancel_charge", "cancel_mandate"]


def test_what_does_not_apply_is_refused_and_changes_nothing(
    rail: Rail, account: GatewayAccount, cast: factories.Cast
) -> None:
    row = subscription_of(account)
    with pytest.raises(Conflict) as refused:
        subscription_change(actor=cast.charity.owner, subscription_id=row.id, what="restart")
    assert (refused.value.code, refused.value.allowed) == ("wrong_state", ("on_hold",))
    row.refresh_from_db()
    assert (row.state, row.version) == ("active", 1)


# --- a rail that is to be told --------------------------------------------------------------------


@pytest.fixture
def telling(monkeypatch: pytest.MonkeyPatch) -> Rail:
    made = Rail(tell_changes=True)
    monkeypatch.setitem(DRAWERS, "sandbox", made)
    return made


def test_a_new_price_waits_for_the_rail_and_rises_the_version_when_it_agrees(
    telling: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    row = subscription_of(account, due=date(2026, 12, 20))
    owner = cast.charity.owner
    done = subscription_change(actor=owner, subscription_id=row.id, what="change_amount", params={"amount": 15000})
    assert isinstance(done, Waiting)
    row.refresh_from_db()
    assert (row.amount, row.version) == (10000, 1)
    with pytest.raises(Conflict) as refused:
        subscription_change(actor=owner, subscription_id=row.id, what="change_amount", params={"amount": 16000})
    assert refused.value.code == "change_under_way"
    run.all()
    row.refresh_from_db()
    assert (row.amount, row.version) == (15000, 2)
    assert events() == ["subscription.changed"]


def test_a_rail_is_told_of_a_new_price_also_while_no_key_opens_its_account(
    telling: Rail, account: GatewayAccount, cast: factories.Cast
) -> None:
    row = subscription_of(account)
    GatewayAccount.objects.update(secrets="sealed by a key that is not here")
    done = subscription_change(
        actor=cast.charity.owner, subscription_id=row.id, what="change_amount", params={"amount": 20000}
    )
    assert isinstance(done, Waiting)


def test_a_new_price_that_the_rail_refuses_leaves_all_as_it_was(
    telling: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    row = subscription_of(account, due=date(2026, 12, 20))
    telling.on["update_mandate"] = failing(Permanent("too_much"))
    subscription_change(
        actor=cast.charity.owner, subscription_id=row.id, what="change_amount", params={"amount": 15000}
    )
    run.all()
    row.refresh_from_db()
    assert (row.amount, row.version) == (10000, 1)
    assert events() == []


# --- money back -----------------------------------------------------------------------------------


def test_money_is_given_back_in_parts_and_never_more_than_was_taken(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    charge = charged_of(account)
    manager = cast.charity.manager
    charge_refund(actor=manager, charge_id=charge.id, amount=4000)
    with pytest.raises(Invalid):
        charge_refund(actor=manager, charge_id=charge.id, amount=6001)
    run.all()
    charge_refund(actor=manager, charge_id=charge.id)
    run.all()
    charge.refresh_from_db()
    assert charge.refunded == 10000
    with pytest.raises(Invalid):
        charge_refund(actor=manager, charge_id=charge.id)
    assert [asked.amount for _, _, asked in rail.asked] == [4000, 6000]
    assert events() == ["charge.refunded", "charge.refunded"]


def test_a_refund_that_is_told_again_counts_once_and_one_made_at_the_rail_counts_too(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    charge = charged_of(account)
    rail.on["refund"] = lambda key, asked: RefundRef(ref=f"r-{key}", done=False)
    charge_refund(actor=cast.charity.manager, charge_id=charge.id, amount=4000)
    run.all()
    charge.refresh_from_db()
    assert charge.refunded == 0
    said(account, "charge.refunded", charge.ref, "r1", amount=4000)
    said(account, "charge.refunded", charge.ref, "r1", amount=4000)
    charge.refresh_from_db()
    assert charge.refunded == 4000
    said(account, "charge.refunded", charge.ref, "r2", amount=1000)
    charge.refresh_from_db()
    assert charge.refunded == 5000
    assert list(Refund.objects.order_by("id").values_list("amount", "state")) == [
        (4000, "refunded"),
        (1000, "refunded"),
    ]


def test_a_refund_that_is_refused_gives_nothing_back(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    charge = charged_of(account)
    rail.on["refund"] = failing(Permanent("too_old"))
    charge_refund(actor=cast.charity.manager, charge_id=charge.id, amount=4000)
    run.all()
    charge.refresh_from_db()
    assert (charge.refunded, Refund.objects.get().state) == (0, "failed")
    assert charge_refund(actor=cast.charity.manager, charge_id=charge.id).amount == 10000


def taken_and_no_more(rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round) -> Refund:
    """A refund that its rail has taken, of which it says no more."""
    rail.on["refund"] = lambda key, asked: RefundRef(ref=f"r-{asked.reference}", done=False)
    made = charge_refund(actor=cast.charity.manager, charge_id=charged_of(account).id, amount=4000)
    run.all()
    return made


def asked_again(run: Round, **by: float) -> None:
    run.later(**by)
    reconcile(now=clock.now())
    run.all()


def test_a_refund_of_which_its_rail_says_no_more_is_asked_for_once_a_day_by_the_same_key(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    refund = taken_and_no_more(rail, account, cast, run)
    for _ in range(50):
        asked_again(run, hours=23)
        asked_again(run, hours=2)
    assert rail.names().count("refund") == 51
    assert len({key for _name, key, _asked in rail.asked}) == 1
    del rail.on["refund"]
    asked_again(run, days=1, minutes=1)
    refund.refresh_from_db()
    assert (refund.state, refund.charge.refunded) == ("refunded", 4000)
    asked_again(run, days=2)
    assert rail.names().count("refund") == 52


def test_a_refund_that_is_refused_after_it_was_taken_can_be_given_anew(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    refund = taken_and_no_more(rail, account, cast, run)
    rail.on["refund"] = failing(Permanent("refused"))
    asked_again(run, days=1, minutes=1)
    refund.refresh_from_db()
    assert (refund.state, refund.reason, refund.charge.refunded) == ("failed", "refused", 0)
    assert charge_refund(actor=cast.charity.manager, charge_id=refund.charge_id).amount == 10000


def test_a_refund_that_its_rail_has_is_not_given_up_because_the_rail_cannot_be_asked(
    rail: Rail, account: GatewayAccount, cast: factories.Cast, run: Round
) -> None:
    refund = taken_and_no_more(rail, account, cast, run)
    rail.on["refund"] = failing(Unknown("timeout"))
    for _ in range(20):
        asked_again(run, days=1, minutes=1)
    refund.refresh_from_db()
    assert refund.state == "ordered"
    del rail.on["refund"]
    asked_again(run, days=1, minutes=1)
    refund.refresh_from_db()
    assert refund.state == "refunded"


# --- asking when nothing was told -----------------------------------------------------------------


def test_a_charge_whose_word_was_lost_is_asked_about_once_a_day(
    rail: Rail, account: GatewayAccount, run: Round
) -> None:
    subscription_of(account)
    collect()
    run.all()
    charge = Charge.objects.get()
    rail.charges[charge.ref] = ChargeView(ref=charge.ref, state="submitted")
    run.later(days=1, hours=1)
    for _ in range(3):
        reconcile(now=clock.now())
        run.all()
    assert rail.names().count("get_charge") == 1
    rail.charges[charge.ref] = ChargeView(ref=charge.ref, state="charged", charged=10000)
    run.later(days=1, hours=1)
    reconcile(now=clock.now())
    run.all()
    while intake.events_apply(now=clock.now()):
        pass
    charge.refresh_from_db()
    assert charge.state == "charged"


def test_every_mandate_is_looked_at_within_a_week(rail: Rail, account: GatewayAccount, run: Round) -> None:
    rows = [subscription_of(account, due=date(2027, 6, 1)) for _ in range(6)]
    gone = rows[0].mandate
    assert gone is not None
    for row in rows:
        assert row.mandate is not None
        rail.mandates[row.mandate.ref] = MandateView(ref=row.mandate.ref, state="active")
    rail.mandates[gone.ref] = MandateView(ref=gone.ref, state="stopped")
    with clock.frozen(at(2026, 12, 3, 2)):
        for _ in range(7):
            reconcile(now=clock.now())
            run.all()
            while intake.events_apply(now=clock.now()):
                pass
            run.real += timedelta(days=1)
            clock.advance(timedelta(days=1))
    assert sorted(ref for name, _, ref in rail.asked if name == "get_mandate") == sorted(rail.mandates)
    assert Subscription.objects.get(id=rows[0].id).state == "inactive"
    assert Subscription.objects.filter(state="active").count() == 5
