"""Two claims at once: the second meets what the first has not committed yet, and waits for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from psycopg.rows import dict_row

from ringround.campaigns.models import Campaign, HandoutLog
from ringround.campaigns.queries.plan_facts import plan_load
from ringround.infra import clock, sql
from ringround.kernel.ids import new_id
from tests.integration.campaigns.rig import Rig
from tests.integration.campaigns.rig import rig as make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def committed(monday_ten: datetime) -> Rig:
    return make()


@pytest.fixture
def other() -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """Another process's connection, in a transaction that is still open. Who waits for it is told at once."""
    settings = connection.settings_dict
    with psycopg.connect(
        dbname=settings["NAME"], user=settings["USER"], password=settings["PASSWORD"], host=settings["HOST"],
        port=settings["PORT"], row_factory=dict_row,
    ) as made:  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        yield made
        made.rollback()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")


def claim(on: psycopg.Connection[dict[str, Any]], campaign: Campaign, user_id: UUID | None) -> UUID | None:
    plan = plan_load(campaign_id=campaign.id)
    row = on.execute(
        sql.load("campaigns")["claim"],
        {
            "campaign": plan.id, "version": plan.version, "user": user_id, "now": clock.now(),
            "until": clock.now() + timedelta(minutes=10), "zones": list(plan.zones), "known_zones": len(plan.zones),
            "max_attempts": 5, "new_per_retried": None, "log_id": new_id(), "event_id": new_id(), "turned": False,
            "packs": None,
        },
    ).fetchone()  # fmt: skip
    assert row is not None
    return row["lead_id"] if row["what"] == "given" else None


def test_a_lead_that_another_claim_has_locked_is_passed_over_and_logged(committed: Rig, other: Any) -> None:
    campaign = committed.campaign()
    first, second = committed.leads(campaign, 2)
    assert claim(other, campaign, committed.staff.senior.user_id) == first
    assert committed.given(committed.staff.junior, campaign) == second
    assert HandoutLog.objects.get(lead_id=second).passed_over == [first]


def test_a_number_that_another_claim_is_taking_is_passed_over(committed: Rig, other: Any) -> None:
    campaign = committed.campaign()
    first, same, third = (
        committed.lead(campaign, mobile=mobile) for mobile in ("+4528127771", "+4528127771", "+4528127772")
    )
    assert claim(other, campaign, committed.staff.senior.user_id) == first
    assert committed.given(committed.staff.junior, campaign) == third
    assert HandoutLog.objects.get(lead_id=third).passed_over == [first, same]


def test_a_lease_that_is_just_being_ended_is_not_waited_for(committed: Rig, other: Any) -> None:
    one, two = committed.campaign(), committed.campaign()
    held = committed.lead(one, mobile="+4528127773")
    same, free = committed.lead(two, mobile="+4528127773"), committed.lead(two)
    assert committed.given(committed.staff.senior, one) == held
    other.execute("DELETE FROM campaigns_number_hold WHERE lead_id = %s", [held])
    assert committed.given(committed.staff.junior, two) == free
    assert HandoutLog.objects.get(lead_id=free).passed_over == [same]


def test_a_claim_that_was_rolled_back_leaves_the_lead_where_it_was(committed: Rig, other: Any) -> None:
    campaign = committed.campaign()
    first, _second = committed.leads(campaign, 2)
    assert claim(other, campaign, committed.staff.senior.user_id) == first
    other.rollback()
    assert committed.given(committed.staff.junior, campaign) == first


def test_the_same_agents_second_claim_waits_for_the_first(committed: Rig, other: Any) -> None:
    from django.db import OperationalError

    campaign = committed.campaign()
    first, _second = committed.leads(campaign, 2)
    assert claim(other, campaign, committed.staff.senior.user_id) == first
    with pytest.raises(OperationalError):
        committed.next(committed.staff.senior, campaign)
    other.commit()
    assert committed.given(committed.staff.senior, campaign) == first
