"""The days on which clocks change, the day that most years do not have, and a clock that jumps: hours, callbacks,
quarantine, rest, expiry, leases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from ringround.campaigns import actions, queries
from ringround.infra import clock
from ringround.kernel.errors import Invalid
from tests.integration.campaigns.rig import Rig, later, rig

if TYPE_CHECKING:
    from ringround.campaigns.models import Campaign

pytestmark = pytest.mark.django_db

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NIGHT = {day: [["02:00", "04:00"]] for day in DAYS}
OFFICE = {day: [["09:00", "20:00"]] for day in DAYS}


def utc(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def local(written: str) -> datetime:
    """A time on the wall in Copenhagen, as an instant."""
    return datetime.fromisoformat(written).replace(tzinfo=COPENHAGEN).astimezone(UTC)


def opens_at(made: Rig, campaign: Campaign) -> datetime | None:
    """When *why not* says that the lead can be called; None for now."""
    lead = queries.lead_list(actor=made.staff.supervisor, filter=queries.LeadFilter(campaign=(campaign.id,))).items[0]
    found = queries.why_not(actor=made.staff.supervisor, lead_id=lead.id)
    return None if found.callable else found.next_at


@pytest.mark.parametrize(
    ("at", "open_"),
    [
        ("2026-03-29T00:59:59", False),  # 01:59:59 before the clock goes forward
        ("2026-03-29T01:00:00", True),  # 03:00: what was to begin at 02:00 begins now
        ("2026-03-29T01:59:59", True),
        ("2026-03-29T02:00:00", False),  # 04:00
        ("2026-10-24T23:59:59", False),
        ("2026-10-25T00:00:00", True),  # 02:00, the first time
        ("2026-10-25T01:30:00", True),  # 02:30, the second time
        ("2026-10-25T02:59:59", True),
        ("2026-10-25T03:00:00", False),  # 04:00
        ("2028-02-29T01:30:00", True),  # 02:30
        ("2028-02-29T03:00:00", False),
    ],
)
def test_hours_are_those_on_the_leads_wall(at: str, open_: bool) -> None:
    with clock.frozen(utc(at)):
        made = rig()
        campaign = made.campaign(hours=NIGHT)
        lead = made.lead(campaign)
        assert made.given(made.staff.senior, campaign) == (lead if open_ else None)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-03-28T20:00:00", "2026-03-29T09:00"),
        ("2026-10-24T20:00:00", "2026-10-25T09:00"),
        ("2028-02-28T20:00:00", "2028-02-29T09:00"),
        ("2028-02-29T20:00:00", "2028-03-01T09:00"),
    ],
)
def test_why_not_names_the_opening_of_an_odd_day(at: str, opens: str) -> None:
    with clock.frozen(utc(at)):
        made = rig()
        campaign = made.campaign(hours=OFFICE)
        lead = made.lead(campaign)
        assert opens_at(made, campaign) == local(opens)
        clock.advance(local(opens) - timedelta(microseconds=1) - clock.now())
        assert made.given(made.staff.senior, campaign) is None
        later(microseconds=1)
        assert made.given(made.staff.senior, campaign) == lead


@pytest.mark.parametrize("at", ["2026-03-29T00:30:00", "2026-10-25T00:30:00", "2028-02-28T22:30:00"])
def test_a_quarantine_is_its_seconds_whatever_the_clock_on_the_wall_does(at: str) -> None:
    with clock.frozen(utc(at)):
        made = rig()
        campaign = made.campaign(settings={"quarantine_s": 5400})
        lead = made.lead(campaign)
        assert made.given(made.staff.senior, campaign) == lead
        made.say(made.staff.senior, lead, "no_contact")
        later(seconds=5399)
        assert made.given(made.staff.senior, campaign) is None
        later(seconds=1)
        assert made.given(made.staff.senior, campaign) == lead


@pytest.mark.parametrize(
    ("at", "days", "back"),
    [
        ("2026-03-20T10:00", 10, "2026-03-30T10:00"),
        ("2026-10-20T10:00", 7, "2026-10-27T10:00"),
        ("2028-01-30T10:00", 30, "2028-02-29T10:00"),
        ("2028-02-29T10:00", 366, "2029-03-01T10:00"),
    ],
)
def test_do_not_call_back_ends_at_the_same_local_time(at: str, days: int, back: str) -> None:
    with clock.frozen(local(at)):
        made = rig()
        campaign = made.campaign(settings={"no_callback_days": days})
        lead = made.lead(campaign)
        assert made.given(made.staff.senior, campaign) == lead
        made.say(made.staff.senior, lead, "do_not_call_back")
        assert made.see(lead).snoozed_until == local(back)
    with clock.frozen(local(back) - timedelta(seconds=1)):
        made.relay()
        assert made.given(made.staff.senior, campaign) is None
    with clock.frozen(local(back)):
        made.relay()
        assert made.given(made.staff.senior, campaign) == lead


@pytest.mark.parametrize("at", ["2026-03-28T12:00:00", "2026-10-24T12:00:00", "2028-02-28T12:00:00"])
def test_a_lead_expires_after_days_of_24_hours(at: str) -> None:
    with clock.frozen(utc(at)):
        made = rig()
        campaign = made.campaign(settings={"expiry_days": 1})
        lead = made.lead(campaign)
        assert made.see(lead).expires_at == clock.now() + timedelta(hours=24)
        later(hours=24)
        made.relay()
        assert made.given(made.staff.senior, campaign) is None


@pytest.mark.parametrize(
    "at",
    [
        "2026-03-29T03:30:00+02:00",
        "2026-10-25T02:30:00+02:00",  # the first time round
        "2026-10-25T02:30:00+01:00",  # the second
        "2028-02-29T10:00:00+01:00",
    ],
)
def test_a_callback_comes_at_its_instant(at: str) -> None:
    booked = datetime.fromisoformat(at)
    with clock.frozen(booked - timedelta(hours=20)):
        made = rig()
        campaign = made.campaign()
        lead = made.lead(campaign)
        assert made.given(made.staff.senior, campaign) == lead
        made.say(made.staff.senior, lead, "callback_private", callback={"at": booked})
        clock.advance(booked - timedelta(seconds=1) - clock.now())
        assert made.given(made.staff.senior, campaign) is None
        later(seconds=1)
        assert made.given(made.staff.senior, campaign) == lead


def test_a_callback_in_shut_hours_of_an_odd_day_is_told_the_nearest_that_is_open() -> None:
    with clock.frozen(local("2026-03-28T15:00")):
        made = rig()
        campaign = made.campaign(hours=OFFICE)
        lead = made.lead(campaign)
        assert made.given(made.staff.senior, campaign) == lead
        with pytest.raises(Invalid) as refused:
            made.say(made.staff.senior, lead, "callback_private", callback={"at": local("2026-03-29T08:59")})
    assert datetime.fromisoformat(str(refused.value.errors[0].extra["nearest"])) == local("2026-03-29T09:00")


def test_a_clock_that_jumps_forward_lets_leases_run_out_once() -> None:
    with clock.frozen(local("2026-03-02T10:00")):
        made = rig()
        campaign = made.campaign(settings={"reservation_s": 600})
        lead = made.lead(campaign)
        assert made.given(made.staff.senior, campaign) == lead
        later(days=400)
        made.relay()
        made.relay()
        assert made.log(lead) == [("handed_out", "new"), ("lapsed", "")]
        assert made.given(made.staff.junior, campaign) == lead


def test_a_clock_that_jumps_back_gives_no_lead_twice() -> None:
    with clock.frozen(local("2026-03-02T10:00")):
        made = rig()
        campaign = made.campaign(settings={"reservation_s": 600, "quarantine_s": 60})
        first, second = made.lead(campaign), made.lead(campaign)
        assert made.given(made.staff.senior, campaign) == first
        clock.advance(timedelta(minutes=-5))
        made.relay()
        assert made.given(made.staff.junior, campaign) == second
        assert made.given(made.staff.senior, campaign) == first
        made.say(made.staff.senior, first, "no_contact")
        # A minute of rest, counted from the clock as it is now.
        assert made.see(first).next_contact_at == clock.now() + timedelta(seconds=60)
        assert actions.turn_due(now=clock.now()) == 0
        assert made.held_numbers() == set(made.see(second).numbers)


def test_a_clock_that_jumps_back_far_leaves_leads_to_be_offered_again() -> None:
    """A day ahead by mistake, a lead worked, and the clock put right: it waits until its time, and is not lost."""
    with clock.frozen(local("2026-03-03T10:00")):
        made = rig()
        campaign = made.campaign(settings={"quarantine_s": 3600})
        lead = made.lead(campaign)
        assert made.given(made.staff.senior, campaign) == lead
        made.say(made.staff.senior, lead, "no_contact")
        clock.advance(timedelta(days=-1))
        made.relay()
        assert made.given(made.staff.senior, campaign) is None
        assert opens_at(made, campaign) == local("2026-03-03T11:00")
        clock.advance(timedelta(hours=25))
        assert made.given(made.staff.senior, campaign) == lead
