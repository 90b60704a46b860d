"""How far a campaign has come, day by day: what ceases to count is taken off on the day on which it does."""

from __future__ import annotations

from importlib import import_module
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from ringround.campaigns import actions, queries
from ringround.campaigns.models import Attempt, Campaign
from ringround.campaigns.queries.overview import burn_up
from ringround.infra import clock
from tests.integration.campaigns.rig import Rig, later

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def win(rig: Rig, campaign: Campaign, leads: int) -> list[UUID]:
    """So many leads are won today."""
    made = rig.leads(campaign, leads)
    for _lead in made:
        got = rig.given(rig.staff.senior, campaign)
        assert got is not None
        rig.say(rig.staff.senior, got, "engaged")
    return made


def days(campaign: Campaign) -> list[tuple[int, int]]:
    """(what the day changed, the total at its end), and that the last total is the campaign's own figure."""
    found = burn_up(campaign=campaign, now=clock.now(), zone=COPENHAGEN)
    assert found[-1].total == queries.progress(campaigns=[campaign])[campaign.id].engaged
    return [(one.engaged, one.total) for one in found]


@pytest.mark.parametrize("change", [{"action": "reset"}, {"set": {"status": "not_interested"}}])
def test_it_falls_on_the_day_on_which_a_lead_ceases_to_count(rig: Rig, change: dict[str, Any]) -> None:
    campaign = rig.campaign()
    leads = win(rig, campaign, 3)
    later(days=1)
    assert days(campaign) == [(3, 3), (0, 3)]
    actions.leads_bulk(actor=rig.staff.supervisor, ids=leads[:2], **change)
    assert days(campaign) == [(3, 3), (-2, 1)]
    later(days=1)
    assert days(campaign) == [(3, 3), (-2, 1), (0, 1)]


def test_one_lead_corrected_by_hand_falls_too(rig: Rig) -> None:
    campaign = rig.campaign()
    (lead,) = win(rig, campaign, 1)
    actions.lead_change(actor=rig.staff.supervisor, lead_id=lead, status="unqualified")
    assert days(campaign) == [(0, 0)]


def test_a_lead_won_again_after_its_reset_counts_once(rig: Rig) -> None:
    campaign = rig.campaign()
    (lead,) = win(rig, campaign, 1)
    later(days=1)
    actions.leads_bulk(actor=rig.staff.supervisor, ids=[lead], action="reset")
    later(days=1)
    assert rig.given(rig.staff.senior, campaign) == lead
    rig.say(rig.staff.senior, lead, "engaged")
    assert days(campaign) == [(1, 1), (-1, 0), (1, 1)]
    actions.leads_bulk(actor=rig.staff.supervisor, ids=[lead], action="reset")
    assert days(campaign) == [(1, 1), (-1, 0), (0, 0)]


def test_what_ceased_to_count_before_the_days_shown_is_not_in_their_total(rig: Rig) -> None:
    campaign = rig.campaign()
    leads = win(rig, campaign, 2)
    later(days=1)
    actions.leads_bulk(actor=rig.staff.supervisor, ids=leads[:1], action="reset")
    later(days=60)
    assert days(campaign)[0] == (0, 1)


def test_a_change_that_takes_no_success_away_leaves_it(rig: Rig) -> None:
    campaign = rig.campaign()
    leads = win(rig, campaign, 1)
    actions.leads_bulk(actor=rig.staff.supervisor, ids=leads, set={"priority": 3})
    actions.leads_bulk(actor=rig.staff.supervisor, ids=leads, set={"status": "success"})
    assert days(campaign) == [(1, 1)]


def test_the_migration_finds_when_former_ones_ceased_to_count(rig: Rig) -> None:
    campaign = rig.campaign()
    leads = win(rig, campaign, 2)
    later(days=1)
    actions.leads_bulk(actor=rig.staff.supervisor, ids=leads[:1], action="reset")
    Attempt.objects.update(uncounted_at=None)
    with connection.cursor() as cursor:
        cursor.execute(import_module("ringround.campaigns.migrations.0012_uncounted").PAST)
    assert days(campaign) == [(2, 2), (-1, 1)]
