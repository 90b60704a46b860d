"""When webhooks are tried again, rest, and are switched off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ringround.http import rules

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_delivery_is_tried_for_more_than_a_day_with_growing_pauses() -> None:
    at, tries, pauses = NOW, 1, []
    while (following := rules.retry_at(now=at, tries=tries)) is not None:
        pauses.append(following - at)
        at, tries = following, tries + 1
    assert at - NOW >= timedelta(hours=24)
    assert pauses == sorted(pauses)


def test_a_few_failures_are_the_events_and_many_in_a_row_are_the_targets() -> None:
    pauses = [rules.webhook_pause(failures=count) for count in range(40)]
    assert pauses[rules.PATIENT_FAILURES - 1] == timedelta(0) < pauses[rules.PATIENT_FAILURES]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(minutes=15)


def test_a_webhook_that_only_fails_is_off_after_three_days_and_one_that_is_gone_at_once() -> None:
    begun = NOW - timedelta(days=3)
    assert rules.off_reason(now=NOW, failing_since=begun, status=500) == "failing"
    assert rules.off_reason(now=NOW, failing_since=begun + timedelta(seconds=1), status=500) is None
    assert rules.off_reason(now=NOW, failing_since=NOW, status=410) == "gone"


def test_types_are_names_or_what_begins_so_and_none_are_all() -> None:
    assert rules.wants([], "telephony.call.ended")
    assert rules.wants(["campaigns.lead.*"], "campaigns.lead.created")
    assert not rules.wants(["campaigns.lead.*"], "campaigns.leads.added")
    assert not rules.wants(["campaigns.lead.created"], "campaigns.lead.created_twice")
