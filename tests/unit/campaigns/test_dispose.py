"""What each kind of disposition makes of a lead."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ringround.campaigns.rules.dispose import Booking, Effect, Said, Terms, dispose, outcome_of, reset
from ringround.campaigns.rules.lead import LeadFacts
from ringround.campaigns.rules.settings import Retry
from tests.unit.campaigns.test_place import ANNA, BO, HOUR, NOW, lead

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
TERMS = Terms(max_attempts=5, retry=Retry(3600), no_callback_days=30)


def say(
    one: LeadFacts,
    kind: str,
    status: str | None = None,
    booking: Booking | None = None,
    terms: Terms = TERMS,
    now: datetime = NOW,
    agent: UUID = ANNA,
) -> Effect:
    return dispose(one, Said(kind, status), booking, terms, agent, COPENHAGEN, now)


@pytest.mark.parametrize(
    ("kind", "status"),
    [("engaged", "success"), ("not_engaged", "not_interested"), ("invalid", "invalid")],
)
def test_a_closing_kind_sets_its_status_and_clears_the_next_contact(kind: str, status: str) -> None:
    one = lead(next_contact_at=NOW, status="automatic_redial")
    say(one, kind)
    assert (one.status, one.next_contact_at, one.attempts) == (status, None, 1)


def test_a_disposition_may_set_a_status_of_its_own() -> None:
    one = lead()
    say(one, "not_engaged", "unqualified")
    assert one.status == "unqualified"


def test_no_contact_is_tried_again_after_the_quarantine() -> None:
    one = lead()
    assert say(one, "no_contact") == Effect(counted=True, engaged=False, exhausted=False)
    assert (one.status, one.next_contact_at) == ("automatic_redial", NOW + HOUR)


def test_a_multiplied_delay_grows_with_each_attempt() -> None:
    terms = replace(TERMS, retry=Retry(3600, 2))
    one = lead(attempts=2)
    say(one, "no_contact", terms=terms)
    assert one.next_contact_at == NOW + 4 * HOUR


def test_the_last_attempt_without_contact_exhausts() -> None:
    one = lead(attempts=4)
    assert say(one, "no_contact").exhausted
    assert (one.status, one.next_contact_at) == ("exhausted", None)


def test_the_last_attempt_that_closes_does_not_exhaust() -> None:
    one = lead(attempts=4)
    assert not say(one, "not_engaged").exhausted
    assert one.status == "not_interested"


def test_the_last_attempt_with_a_booked_callback_stays_open() -> None:
    one = lead(attempts=4)
    assert not say(one, "callback_private", booking=Booking(NOW + HOUR, True)).exhausted
    assert one.status == "private_redial"


def test_a_rules_own_limit_counts_the_tries_with_that_result() -> None:
    terms = replace(TERMS, retry=Retry(3600, max_attempts=2))
    assert not say(lead(attempts=3), "no_contact", terms=replace(terms, tries=1)).exhausted
    assert say(lead(attempts=1), "no_contact", terms=replace(terms, tries=2)).exhausted


def test_a_private_callback_is_its_agents_and_waits_for_its_time() -> None:
    one = lead(snoozed_until=NOW - HOUR, no_callback_at=NOW - HOUR)
    say(one, "callback_private", booking=Booking(NOW + HOUR, True))
    assert (one.status, one.owner_id, one.next_contact_at, one.callback_due_at) == (
        "private_redial", ANNA, NOW + HOUR, NOW + HOUR,
    )  # fmt: skip
    assert one.snoozed_until is one.no_callback_at is None


def test_a_private_callback_is_its_owners_and_keeps_the_preassignment_for_later() -> None:
    one = lead(assigned_to_id=BO)
    say(one, "callback_private", booking=Booking(NOW + HOUR, True))
    assert (one.owner_id, one.assigned_to_id) == (ANNA, BO)


def test_a_common_callback_has_no_owner_and_keeps_the_preassignment() -> None:
    one = lead(assigned_to_id=BO, status="private_redial", owner_id=ANNA)
    say(one, "callback_common", booking=Booking(NOW + HOUR, False))
    assert (one.status, one.owner_id, one.assigned_to_id) == ("common_redial", None, BO)


@pytest.mark.parametrize("status", ["new", "automatic_redial", "common_redial", "private_redial"])
def test_do_not_call_back_leaves_the_status_and_clears_the_next_contact(status: str) -> None:
    one = lead(status=status, owner_id=ANNA if status == "private_redial" else None, next_contact_at=NOW)
    say(one, "do_not_call_back")
    assert (one.status, one.next_contact_at, one.no_callback_at) == (status, None, NOW)


@pytest.mark.parametrize(
    ("at", "days", "back"),
    [
        # 12:00 in Copenhagen, before and after the clocks go forward on 29 March 2026.
        (datetime(2026, 3, 20, 11, 0, tzinfo=UTC), 10, datetime(2026, 3, 30, 10, 0, tzinfo=UTC)),
        # And back on 25 October.
        (datetime(2026, 10, 20, 10, 0, tzinfo=UTC), 7, datetime(2026, 10, 27, 11, 0, tzinfo=UTC)),
        # 02:30 does not exist on 29 March: the clock reads 03:30 then.
        (datetime(2026, 3, 28, 1, 30, tzinfo=UTC), 1, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ],
)
def test_do_not_call_back_counts_days_at_the_same_local_time(at: datetime, days: int, back: datetime) -> None:
    one = lead()
    say(one, "do_not_call_back", terms=replace(TERMS, no_callback_days=days), now=at)
    assert one.snoozed_until == back


def test_no_action_changes_nothing() -> None:
    one, before = lead(urgent_at=NOW), lead(urgent_at=NOW)
    assert say(one, "no_action") == Effect(counted=False, engaged=False, exhausted=False)
    assert one == before


def test_an_attempt_ends_the_urgency_and_says_who_tried() -> None:
    one = lead(urgent_at=NOW)
    say(one, "no_contact")
    assert (one.urgent_at, one.last_contacted_by_id, one.last_contacted_at) == (None, ANNA, NOW)


def test_a_lead_counts_towards_the_target_once_until_it_is_reset() -> None:
    one = lead()
    assert say(one, "engaged").engaged
    assert not say(one, "engaged").engaged
    reset(one)
    assert say(one, "engaged").engaged


def test_a_disposition_that_keeps_the_lead_for_its_agent_waits_out_the_quarantine() -> None:
    one = lead()
    say(one, "not_engaged", "private_redial")
    assert (one.owner_id, one.next_contact_at) == (ANNA, NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("said", "chosen", "outcome"),
    [
        (Said("no_contact"), None, "no_answer"),
        (Said("invalid"), None, "invalid_number"),
        (Said("engaged"), None, "answered"),
        (Said("no_contact", None, "machine"), None, "machine"),
        (Said("no_contact", None, "machine"), "busy", "busy"),
    ],
)
def test_the_outcome_is_what_was_chosen_else_the_dispositions_else_by_kind(
    said: Said, chosen: str | None, outcome: str
) -> None:
    assert outcome_of(said, chosen) == outcome


def test_a_reset_lead_is_as_if_added_now_but_for_its_place_and_expiry() -> None:
    one = lead(
        status="exhausted", attempts=5, active=False, owner_id=ANNA, next_contact_at=NOW, snoozed_until=NOW,
        no_callback_at=NOW, callback_due_at=NOW, urgent_at=NOW, result={"a": 1}, engaged=True, assigned_to_id=BO,
        expires_at=NOW + HOUR, priority=90, last_contacted_at=NOW,
    )  # fmt: skip
    reset(one)
    assert one == lead(assigned_to_id=BO, expires_at=NOW + HOUR, priority=90, last_contacted_at=NOW)
