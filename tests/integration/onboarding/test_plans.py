"""What is asked of great tables again and again walks along its indexes, however much there is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from ringround.infra import clock, sql
from ringround.kernel.ids import new_id
from ringround.onboarding.models import Charge, GatewayAccount, GatewayOrder, Mandate, Session
from ringround.onboarding.queries.agreements import collected_twice
from tests import factories
from tests.integration.onboarding.agreed import account_of, at, charged_of, subscription_of
from tests.integration.onboarding.scene import Scene

pytestmark = pytest.mark.django_db

MANY = 20_000
NOW = at(2026, 12, 1)
# A few pages for each row that comes back, not a table of twenty thousand.
PAGES = 300


@pytest.fixture
def account() -> GatewayAccount:
    return account_of(factories.cast().charity.org)


def copied(table: str, row_id: Any, changes: str) -> None:
    """`MANY` copies of a row, each with an id of its own and `changes`: JSON's members, in SQL."""
    own = "('01900000-0000-7000-a000-' || lpad(n::text, 12, '0'))"
    with connection.cursor() as cursor:
        cursor.execute(
            # Constants of this file.
            f"INSERT INTO {table} SELECT r.* FROM {table} t, generate_series(1, %s) AS n,"  # noqa: S608
            f" LATERAL jsonb_populate_record(t, jsonb_build_object('id', {own}, {changes})) AS r WHERE t.id = %s",
            [MANY, row_id],
        )
        cursor.execute(f"ANALYZE {table}")


def plan_of(name: str, **params: Any) -> dict[str, Any]:
    with connection.cursor() as cursor:
        # Once before: what other tests have put in and taken back is passed over from then on.
        for _ in range(2):
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql.load("onboarding")[name], params)
            found = cursor.fetchone()[0]
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan


def pages(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def scanned(plan: dict[str, Any]) -> Iterator[str]:
    """Tables that are read from end to end."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for inner in plan.get("Plans", []):
        yield from scanned(inner)


def test_what_is_under_way_is_counted_without_reading_all_that_waits(account: GatewayAccount) -> None:
    order = GatewayOrder.objects.create(
        account=account, what="look", subject_id=new_id(), lane_id=new_id(), key="k", created_at=NOW, next_at=NOW
    )
    copied("onboarding_gateway_order", order.id, "'key', n::text, 'lane_id', gen_random_uuid()")
    real = clock.real_now()
    leased = GatewayOrder.objects.order_by("-id")[:3].values("id")
    GatewayOrder.objects.filter(id__in=leased).update(lease_until=real + timedelta(seconds=60))
    asked = {"now": NOW, "real": real, "each": 16}
    plan = plan_of("orders_waiting", **asked)
    assert "onboarding_gateway_order" not in set(scanned(plan))
    assert pages(plan) < PAGES
    (found,) = sql.rows("onboarding", "orders_waiting", **asked)
    assert (found["ready"], found["under_way"]) == (16, 3)


def test_lost_charges_are_found_among_those_submitted_alone(account: GatewayAccount) -> None:
    charge = charged_of(account)
    copied("onboarding_charge", charge.id, "'ref', n::text")
    lost = Charge.objects.order_by("-id")[:2].values("id")
    Charge.objects.filter(id__in=lost).update(state="submitted", submitted_at=NOW)
    later = NOW + timedelta(days=5)
    asked = {"day": later.date(), "since": later - timedelta(days=1), "limit": 500}
    plan = plan_of("lost_charges", **asked)
    assert "onboarding_charge" not in set(scanned(plan))
    assert pages(plan) < PAGES
    assert len(sql.rows("onboarding", "lost_charges", **asked)) == 2


def test_what_may_have_gone_back_is_found_by_its_day_alone(account: GatewayAccount) -> None:
    charge = charged_of(account)
    day = NOW.date()
    copied("onboarding_charge", charge.id, f"'ref', n::text, 'look_on', '{day + timedelta(days=9)}'")
    Charge.objects.filter(id__in=Charge.objects.order_by("-id")[:2].values("id")).update(look_on=day)
    asked = {"day": day, "limit": 500}
    plan = plan_of("charges_look", **asked)
    assert "onboarding_charge" not in set(scanned(plan))
    assert pages(plan) < PAGES
    assert len(sql.rows("onboarding", "charges_look", **asked)) == 2


def test_what_was_collected_twice_is_found_among_such_alone(account: GatewayAccount) -> None:
    charge = charged_of(account)
    copied("onboarding_charge", charge.id, "'ref', n::text")
    found = collected_twice().order_by("ended_at", "id")
    with connection.cursor() as cursor:
        text, params = found[:6].query.sql_with_params()
        cursor.execute("EXPLAIN (FORMAT JSON) " + text, params)
        raw = cursor.fetchone()[0]
    plan = (json.loads(raw) if isinstance(raw, str) else raw)[0]["Plan"]
    assert "onboarding_charge" not in set(scanned(plan))
    assert "charge_twice" in json.dumps(plan)


def test_lost_sessions_are_found_among_those_at_their_gateway_alone(scene: Scene) -> None:
    session = scene.at_gateway()
    Session.objects.update(status="Complete", phase="done")
    copied("onboarding_session", session.id, "'form_key', gen_random_uuid()")
    lost = Session.objects.order_by("-id")[:2].values("id")
    Session.objects.filter(id__in=lost).update(status="Processing", phase="at_gateway")
    asked = {"since": clock.now(), "ended": clock.now() - timedelta(days=7), "limit": 500}
    plan = plan_of("lost_sessions", **asked)
    assert "onboarding_session" not in set(scanned(plan))
    assert pages(plan) < PAGES
    assert len(sql.rows("onboarding", "lost_sessions", **asked)) == 2


def test_mandates_that_were_asked_about_are_not_read_again(account: GatewayAccount) -> None:
    mandate = subscription_of(account).mandate
    assert mandate is not None
    weeks = clock.now() + timedelta(days=8)
    copied("onboarding_mandate", mandate.id, f"'ref', n::text, 'looked_at', '{weeks.isoformat()}'")
    behind = Mandate.objects.exclude(id=mandate.id).order_by("-id")[:2].values("id")
    Mandate.objects.filter(id__in=behind).update(looked_at=None)
    asked = {"now": weeks, "since": weeks - timedelta(days=7), "limit": 500}
    plan = plan_of("mandates_look", **asked)
    assert "onboarding_mandate" not in set(scanned(plan))
    assert pages(plan) < PAGES
    # The two, and the one that was copied, have just been noted: they are not asked about twice.
    assert sql.rows("onboarding", "mandates_look", **asked) == []
    assert Mandate.objects.filter(looked_at=weeks).count() == MANY + 1


def test_a_batch_of_the_charge_run_reads_no_more_than_itself(account: GatewayAccount) -> None:
    with clock.frozen(NOW):
        one = subscription_of(account)
    own = "('01900000-0000-7000-a000-' || lpad(n::text, 12, '0'))"
    copied("onboarding_agreement", one.agreement_id, "'name', 'x'")
    copied("onboarding_mandate", one.mandate_id, "'ref', n::text")
    copied("onboarding_subscription", one.id, f"'agreement_id', {own}, 'mandate_id', {own}")
    asked = {"now": NOW, "latest": NOW.date(), "limit": 50}
    plan = plan_of("subscriptions_due", **asked)
    assert not {"onboarding_subscription", "onboarding_mandate"} & set(scanned(plan))
    assert pages(plan) < 2 * PAGES
    assert len(sql.rows("onboarding", "subscriptions_due", **asked)) == 50
