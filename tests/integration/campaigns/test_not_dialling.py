"""Why is this campaign not dialling: it says what the hand-out does, and what it costs is bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ringround.campaigns import queries
from ringround.campaigns.models import Campaign
from ringround.campaigns.queries import not_dialling
from ringround.campaigns.queries.not_dialling import NotDialling
from ringround.infra import clock
from tests.integration.campaigns.plan_setup import browser
from tests.integration.campaigns.rig import Rig, later
from tests.integration.http.calling import Caller, token_for

pytestmark = pytest.mark.django_db
WEEKDAYS = {day: [["09:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def _asked(rig: Rig, campaign: Campaign) -> NotDialling:
    found = queries.why_not_dialling(actor=rig.staff.manager, campaign_id=campaign.id)
    assert found is not None
    return found


def test_a_promised_callback_with_its_attempts_used_up_can_be_called(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    rig.put(lead, status="common_redial", attempts=9, next_contact_at=clock.now())
    found = _asked(rig, campaign)
    assert (found.callable_now, found.by_gate) == (1, {})
    assert rig.given(rig.staff.senior, campaign) == lead


def test_the_next_time_is_one_at_which_all_is_open(rig: Rig) -> None:
    campaign = rig.campaign(hours=WEEKDAYS)
    lead = rig.lead(campaign)
    later(hours=13)  # 23:00, and due at 02:00
    rig.put(lead, status="automatic_redial", next_contact_at=clock.now() + timedelta(hours=3))
    at_nine = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    assert _asked(rig, campaign).next_at == at_nine
    assert queries.why_not(actor=rig.staff.manager, lead_id=lead).next_at == at_nine


def test_nothing_is_called_before_the_campaigns_start(rig: Rig) -> None:
    campaign = rig.campaign(hours=WEEKDAYS)
    rig.lead(campaign)
    Campaign.objects.filter(id=campaign.id).update(starts_at=datetime(2026, 4, 4, 12, 0, tzinfo=UTC))  # a Saturday
    assert _asked(rig, campaign).next_at == datetime(2026, 4, 6, 7, 0, tzinfo=UTC)


def test_after_its_end_waiting_does_not_help(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    rig.put(lead, status="automatic_redial", next_contact_at=clock.now() + timedelta(hours=3))
    Campaign.objects.filter(id=campaign.id).update(ends_at=clock.now() + timedelta(hours=2))
    assert _asked(rig, campaign).next_at is None


def test_a_held_lead_may_be_called_when_its_reservation_lapses(rig: Rig) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    assert rig.given(rig.staff.senior, campaign) == lead
    assert _asked(rig, campaign).next_at == rig.see(lead).reserved_until


# --- what it costs ----------------------------------------------------------------------------


def _counts(rig: Rig, campaign: Campaign, times: int) -> int:
    with CaptureQueriesContext(connection) as seen:
        for _ in range(times):
            queries.why_not_dialling(actor=rig.staff.manager, campaign_id=campaign.id)
    return sum("FROM campaigns_lead k" in one["sql"] for one in seen.captured_queries)


@pytest.fixture
def large(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """A campaign whose leads are many, and take a minute to count."""
    cache.clear()
    monkeypatch.setattr(not_dialling, "FEW", 0)
    monkeypatch.setattr(not_dialling, "monotonic", iter(range(0, 6000, 60)).__next__)
    campaign = rig.campaign()
    rig.leads(campaign, 2)
    return campaign


def test_a_small_campaign_is_counted_each_time(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.leads(campaign, 2)
    assert _counts(rig, campaign, 3) == 3


def test_agents_who_wait_share_one_count_of_a_small_campaign_for_some_seconds(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.leads(campaign, 2)
    with CaptureQueriesContext(connection) as seen:
        for _ in range(50):
            queries.standing(campaign=campaign, late_s=10)
        later(seconds=10)
        queries.standing(campaign=campaign, late_s=10)
    assert sum("FROM campaigns_lead k" in one["sql"] for one in seen.captured_queries) == 2


def test_fifty_pages_share_one_count_of_a_large_campaign_for_ten_times_as_long_as_it_took(
    rig: Rig, large: Campaign
) -> None:
    assert _counts(rig, large, 50) == 1
    later(minutes=9, seconds=59)
    assert _counts(rig, large, 50) == 0
    later(seconds=1)
    assert _counts(rig, large, 50) == 1


def test_while_one_counts_the_others_get_the_last_count_and_do_not_wait(rig: Rig, large: Campaign) -> None:
    cache.add(f"campaigns.standing.counting:{large.id}", 1, 60)
    assert queries.why_not_dialling(actor=rig.staff.manager, campaign_id=large.id) is None
    path = f"/campaigns/{large.id}/why-not-dialling"
    assert Caller(token_for(rig.staff.manager))("GET", path).status_code == 429
    assert "being counted" in browser(rig.staff.manager).get(path, HTTP_HX_REQUEST="true").content.decode()
    cache.delete(f"campaigns.standing.counting:{large.id}")
    first = _asked(rig, large)
    cache.add(f"campaigns.standing.counting:{large.id}", 1, 60)
    later(hours=1)
    assert _asked(rig, large).counted_at == first.counted_at


def test_what_is_the_campaigns_own_is_never_old(rig: Rig, large: Campaign) -> None:
    assert _asked(rig, large).callable_now == 2
    Campaign.objects.filter(id=large.id).update(state="paused")
    assert _asked(rig, large).callable_now == 0


def test_the_campaigns_page_counts_no_leads_until_the_card_is_asked_for(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.leads(campaign, 2)
    client = browser(rig.staff.supervisor)
    with CaptureQueriesContext(connection) as seen:
        client.get(f"/campaigns/{campaign.id}/")
        client.get(f"/campaigns/{campaign.id}/figures", HTTP_HX_REQUEST="true")
    assert not [one for one in seen.captured_queries if "FROM campaigns_lead k" in one["sql"]]
    card = client.get(f"/campaigns/{campaign.id}/why-not-dialling", HTTP_HX_REQUEST="true").content.decode()
    assert "2 of 2 leads can be called now" in card


# --- who may ask ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["why-not-dialling", "preassign"])
def test_agents_do_not_read_how_a_campaign_stands(rig: Rig, path: str) -> None:
    campaign = rig.campaign()
    assert Caller(token_for(rig.staff.senior))("GET", f"/campaigns/{campaign.id}/{path}").status_code == 403
    assert Caller(token_for(rig.staff.viewer))("GET", f"/campaigns/{campaign.id}/{path}").status_code == 200
