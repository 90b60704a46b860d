"""Words of rails that are applied together leave what each alone leaves, in the order in which they were told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ringround.infra import clock
from ringround.infra.models import AuditPending, EventOut
from ringround.onboarding.actions import intake
from ringround.onboarding.gateways.port import GatewayEvent as Told
from ringround.onboarding.models import Charge, GatewayAccount, GatewayEvent, GatewayOrder, Mandate, Subscription
from tests import factories
from tests.integration.onboarding.agreed import DUE, account_of, at, charged_of, subscription_of

pytestmark = pytest.mark.django_db

Word = tuple[str, str]
# What an event tells that is the same of every life.
DATA = ("state", "version", "reason", "amount", "currency", "attempt", "due_on", "retry_on", "twice")
LIVES: dict[str, Sequence[Word]] = {
    "collected": [("charge.charged", "c")],
    "taken, then collected": [("charge.submitted", "c"), ("charge.charged", "c")],
    "not collected": [("charge.failed", "c")],
    "refused": [("charge.rejected", "c")],
    "collected, and fetched back": [("charge.charged", "c"), ("charge.chargeback", "c")],
    "another card": [("mandate.active", "m")],
    "the same again": [("mandate.active", "m"), ("mandate.active", "m")],
    "stopped while it is collected": [("mandate.stopped", "m")],
    "collected, then stopped": [("charge.charged", "c"), ("mandate.stopped", "m")],
    "not collected, then stopped": [("charge.failed", "c"), ("mandate.stopped", "m")],
    "stopped, then collected all the same": [("mandate.stopped", "m"), ("charge.charged", "c")],
    "stopped and brought back": [
        ("charge.charged", "c"), ("mandate.stopped", "m"), ("mandate.reinstated", "m"), ("mandate.active", "m"),
    ],
    "given back": [("charge.charged", "c"), ("charge.refunded", "c")],
}  # fmt: skip


def life(account: GatewayAccount, tries: int = 1, **more: Any) -> tuple[Subscription, Charge]:
    """An agreement with a charge at the gateway, the last of so many tries of its period."""
    row = subscription_of(account, **{"due": date(2027, 1, 1), **more})
    for attempt in range(1, tries + 1):
        charge = Charge.objects.create(
            merchant=account.merchant, agreement=row.agreement, subscription=row, mandate=row.mandate, account=account,
            ref=f"c-{row.id.hex}-{attempt}", state="submitted" if attempt == tries else "failed", amount=10000,
            currency="DKK", period_on=DUE, due_on=DUE, attempt=attempt, created_at=clock.now(),
        )  # fmt: skip
    return row, charge


def tell(account: GatewayAccount, row: Subscription, charge: Charge, words: Sequence[Word]) -> None:
    assert row.mandate is not None
    for number, (kind, about) in enumerate(words):
        told = Told(
            event_id=f"{row.id}:{number}", kind=kind, ref=charge.ref if about == "c" else row.mandate.ref,
            instrument="•••• 1111" if about == "m" else "", occurred_at=clock.now(),
        )  # fmt: skip
        intake.events_add(account_id=account.id, told=[told], now=clock.now())


def together() -> None:
    while intake.events_apply(now=clock.now()):
        pass


def each_alone() -> None:
    waiting = GatewayEvent.objects.filter(state="received").order_by("next_at", "id")
    for one in list(waiting.values_list("id", flat=True)):
        intake.event_apply(event_id=one, now=clock.now())


def left(row: Subscription, charge: Charge) -> dict[str, Any]:
    """What has become of a life: its rows, its log, its events, what its rail is to be told."""
    owner, mandate = Subscription.objects.get(id=row.id), Mandate.objects.get(id=row.mandate_id)
    subjects = {row.id: "subscription", mandate.id: "mandate", charge.id: "charge"}

    def seen(one: Any, *names: str) -> dict[str, Any]:
        return {name: getattr(one, name) for name in names}

    told = EventOut.objects.filter(subject_id__in=subjects).order_by("id")
    logged = AuditPending.objects.filter(subject_id__in=subjects)
    return {
        "owner": seen(owner, "state", "version", "hold", "held_until", "next_due_on", "starts_on", "schedule_on",
                      "ended_reason", "ended_at", "event_no", "amount", "schedule"),
        "mandate": seen(mandate, "state", "reason", "masked", "activated_at", "ended_at"),
        "charges": [seen(one, "state", "reason", "submitted_at", "ended_at", "retry_on", "look_on", "event_no",
                         "refunded")
                    for one in Charge.objects.filter(subscription=row).order_by("attempt")],
        "events": [(one.type, one.subject_no, {name: one.data.get(name) for name in DATA}) for one in told],
        "log": sorted((subjects[one.subject_id], one.action, str(one.data)) for one in logged if one.subject_id),
        "orders": sorted(GatewayOrder.objects.filter(lane_id=mandate.id).values_list("what", "state")),
        "words": list(GatewayEvent.objects.filter(event_id__startswith=str(row.id)).order_by("event_id")
                      .values_list("kind", "state")),
    }  # fmt: skip


@pytest.fixture
def account() -> GatewayAccount:
    return account_of(factories.cast().charity.org)


def test_together_they_leave_what_each_alone_leaves(account: GatewayAccount) -> None:
    found: list[list[dict[str, Any]]] = []
    ways: Sequence[Callable[[], None]] = (together, each_alone)
    with clock.frozen(at(2026, 12, 3)):
        for apply in ways:
            lives = [life(account, tries) for tries in (1, 2, 4) for _ in LIVES]
            for (row, charge), words in zip(lives, [*LIVES.values()] * 3, strict=True):
                tell(account, row, charge, words)
            apply()
            found.append([left(row, charge) for row, charge in lives])
    for name, one, other in zip([*LIVES] * 3, *found, strict=True):
        assert one == other, name
    assert [one["owner"]["state"] for one in found[0][: len(LIVES)]] == [
        "inactive" if kinds and kinds[-1] == "mandate.stopped" else "active"
        for kinds in ([kind for kind, about in words if about == "m"] for words in LIVES.values())
    ]


def test_many_are_applied_with_as_many_questions_as_few(account: GatewayAccount) -> None:
    asked = []
    with clock.frozen(at(2026, 12, 3)):
        for many in (2, 20):
            for _ in range(many):
                tell(
                    account,
                    *life(account),
                    [("charge.charged", "c"), ("mandate.stopped", "m"), ("mandate.reinstated", "m")],
                )
                tell(account, *life(account, 2), [("mandate.active", "m"), ("charge.failed", "c")])
                tell(account, *life(account), [("charge.submitted", "c"), ("charge.chargeback", "c")])
            with CaptureQueriesContext(connection) as seen:
                together()
            asked.append(len(seen))
            assert "received" not in GatewayEvent.objects.values_list("state", flat=True)
    assert asked[0] == asked[1]


def test_one_that_raises_is_tried_again_and_the_others_are_applied() -> None:
    cast = factories.cast()
    account, other = account_of(cast.charity.org), account_of(cast.magazine.org, "other")
    with clock.frozen(at(2026, 12, 3)):
        odd, good = life(other), [life(account) for _ in range(3)]
        # Whoever asks for the date there is told that there is no such place.
        type(other.merchant).objects.filter(id=other.merchant_id).update(timezone="Nowhere/Atall")
        tell(other, *odd, [("charge.failed", "c")])
        for row, charge in good:
            tell(account, row, charge, [("charge.failed", "c")])
        together()
    states = dict(GatewayEvent.objects.values_list("account_id", "state"))
    assert states == {account.id: "applied", other.id: "received"}
    assert Charge.objects.filter(state="failed", retry_on=date(2026, 12, 6)).count() == 3
    assert GatewayEvent.objects.get(account=other).tries == 1


def test_a_second_failure_of_a_period_waits_longer_than_the_first(account: GatewayAccount) -> None:
    with clock.frozen(at(2026, 12, 3)):
        lives = [life(account, tries) for tries in (1, 2, 3, 4)]
        for row, charge in lives:
            tell(account, row, charge, [("charge.failed", "c")])
        together()
    found = [Charge.objects.get(id=charge.id).retry_on for _, charge in lives]
    assert found == [date(2026, 12, 3) + timedelta(days=days) for days in (3, 5, 7)] + [None]


def test_what_follows_of_a_mandate_waits_for_what_is_applied_alone(account: GatewayAccount) -> None:
    with clock.frozen(at(2026, 12, 3)):
        row, charge = life(account)
        tell(account, row, charge, [("mandate.stopped", "m"), ("charge.charged", "c")])
        together()
    assert left(row, charge)["charges"][0]["state"] == "charged"
    # It was at the rail when the mandate was stopped, so it was to be called back.
    assert left(row, charge)["orders"] == [("cancel_charge", "pending")]


@pytest.mark.parametrize("later", ["submitted", "failed"])
def test_a_period_that_is_paid_after_all_is_not_collected_on_top(account: GatewayAccount, later: str) -> None:
    with clock.frozen(at(2026, 12, 3)):
        row, second = life(account, 2)
        Charge.objects.filter(id=second.id).update(state=later, retry_on=DUE if later == "failed" else None)
        first = Charge.objects.get(subscription=row, attempt=1)
        tell(account, row, first, [("charge.charged", "c")])
        together()
    second.refresh_from_db()
    assert [one["state"] for one in left(row, first)["charges"]] == ["charged", later]
    assert second.retry_on is None
    assert left(row, first)["orders"] == ([("cancel_charge", "pending")] if later == "submitted" else [])


def test_a_single_payment_has_nothing_beside_it(account: GatewayAccount) -> None:
    charge = charged_of(account)
    told = Told(event_id="back", kind="charge.chargeback", ref=charge.ref, occurred_at=clock.now())
    intake.events_add(account_id=account.id, told=[told], now=clock.now())
    together()
    charge.refresh_from_db()
    assert (charge.state, charge.reason, charge.retry_on) == ("failed", "chargeback", None)
