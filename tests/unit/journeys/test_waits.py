"""How a run waits: for how long, until when, and what else ends the wait."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ringround.journeys.rules.graph import Graph
from ringround.journeys.rules.interpreter import advance
from ringround.journeys.rules.run import Happened, Moved, Timer
from ringround.kernel.windows import DEFAULT_HOURS, Hours, Window
from tests.unit.journeys.graphs import NOW, begin, end, event, facts, graph, hours, is_, minutes, node, note, told

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COPENHAGEN).astimezone(UTC)


def due(moved: Moved) -> datetime:
    assert moved.wait is not None
    assert moved.wait.at is not None
    return moved.wait.at


@pytest.mark.parametrize(
    ("since", "n", "unit", "until"),
    [
        ("2025-11-30 10:00", 3, "months", "2026-02-28 10:00"),
        ("2027-11-30 10:00", 3, "months", "2028-02-29 10:00"),
        ("2026-01-31 10:00", 1, "months", "2026-02-28 10:00"),
        ("2024-02-29 10:00", 1, "years", "2025-02-28 10:00"),
        ("2026-03-28 12:00", 1, "days", "2026-03-29 12:00"),  # 23 hours
        ("2026-03-28 12:00", 24, "hours", "2026-03-29 13:00"),
        ("2026-10-24 12:00", 1, "weeks", "2026-10-31 12:00"),
        ("2026-03-28 02:30", 1, "days", "2026-03-29 03:30"),  # 02:30 is skipped
        ("2026-03-02 10:00", 90, "seconds", "2026-03-02 10:01:30"),
    ],
)
def test_days_and_months_go_by_the_calendar_where_the_lead_is(since: str, n: int, unit: str, until: str) -> None:
    made = graph(node("w", "wait", "note", duration={"n": n, "unit": unit}), note())
    assert due(begin(made, now=local(since))) == local(until)


def test_the_journeys_own_zone_goes_before_the_leads() -> None:
    made = graph(
        node("w", "wait_time", "note", time="10:00", days=["mon"]), note(), settings={"zone": "America/New_York"}
    )
    assert due(begin(made)) == datetime(2026, 3, 2, 15, tzinfo=UTC)


def test_a_wait_of_nothing_is_over_at_once() -> None:
    assert begin(graph(node("w", "wait", "note", duration=minutes(0)), note())).effect is not None


# --- a time of day ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "time", "days", "until"),
    [
        ("2026-03-02 09:59", "10:00", ["mon"], "2026-03-02 10:00"),
        ("2026-03-02 10:01", "10:00", ["mon"], "2026-03-09 10:00"),
        ("2026-03-06 17:00", "08:30", ["mon", "wed"], "2026-03-09 08:30"),
        ("2026-03-28 12:00", "02:30", ["sun"], "2026-03-29 03:30"),
        ("2026-10-24 12:00", "02:30", ["sun"], "2026-10-25 02:30"),
    ],
)
def test_the_next_time_of_day_on_a_weekday_where_the_lead_is(
    since: str, time: str, days: list[str], until: str
) -> None:
    made = graph(node("w", "wait_time", "note", time=time, days=days), note())
    assert due(begin(made, now=local(since))) == local(until)


def test_whoever_comes_at_that_very_time_goes_on() -> None:
    made = graph(node("w", "wait_time", "note", time="10:00", days=["mon"]), note())
    assert begin(made).effect is not None


def test_met_again_in_a_loop_it_is_for_the_next_day() -> None:
    made = graph(
        node("w", "wait_time", "g", time="10:00"), node("g", "goto", {"again": "w", "done": "note"}, max=2), note()
    )
    moved = begin(made, now=local("2026-03-02 09:00"))
    assert due(moved) == local("2026-03-02 10:00")
    moved = advance(made, moved.run, Timer(moved.run.epoch), facts(), local("2026-03-02 10:00"))
    assert due(moved) == local("2026-03-03 10:00")
    moved = advance(made, moved.run, Timer(moved.run.epoch), facts(), local("2026-03-03 10:00:20"))
    assert due(moved) == local("2026-03-04 10:00")
    moved = advance(made, moved.run, Timer(moved.run.epoch), facts(), local("2026-03-04 10:00"))
    assert moved.effect is not None


# --- a date of the lead -------------------------------------------------------------------------------


def dated(**params: object) -> Graph:
    return graph(
        node("w", "wait_date", {"next": "note", "skipped": "other"}, field="lead.next_contact_at", **params),
        note(),
        note("other"),
    )


@pytest.mark.parametrize(
    ("value", "until"),
    [
        (local("2026-03-05 14:00"), "2026-03-05 12:00"),
        ("2026-03-05T14:00:00+01:00", "2026-03-05 12:00"),
        ("2026-03-05T14:00:00", "2026-03-05 12:00"),
        ("2026-03-05", "2026-03-04 22:00"),
        (date(2026, 3, 5), "2026-03-04 22:00"),
    ],
)
def test_it_waits_until_so_long_before_a_date(value: object, until: str) -> None:
    made = dated(offset=hours(2))
    assert due(begin(made, facts(next_contact_at=value))) == local(until)


def test_it_waits_until_so_long_after_a_date() -> None:
    made = dated(offset={"n": 1, "unit": "days"}, direction="after")
    assert due(begin(made, facts(next_contact_at=local("2026-03-28 12:00")))) == local("2026-03-29 12:00")


@pytest.mark.parametrize("value", [None, "", "soon", 17, [], {"a": 1}, True, "9999-12-31", "0001-01-01"])
def test_a_date_that_is_none_is_skipped(value: object) -> None:
    moved = begin(dated(past="now"), facts(next_contact_at=value))
    assert moved.effect is not None
    assert moved.effect.node == "other"
    assert told(moved, "skipped") == [("w", "no_date")]


@pytest.mark.parametrize(("past", "node_id"), [("now", "note"), ("skip", "other"), ("exit", None)])
def test_a_date_in_the_past_is_gone_on_from_skipped_or_ends_the_run(past: str, node_id: str | None) -> None:
    moved = begin(dated(past=past), facts(next_contact_at=NOW - timedelta(minutes=1)))
    assert (moved.effect.node if moved.effect else None) == node_id
    assert (moved.finished is not None) == (past == "exit")


def test_it_follows_the_field_when_it_changes() -> None:
    made = dated(offset=hours(2))
    moved = begin(made, facts(next_contact_at=local("2026-03-02 14:00")))
    later = facts(next_contact_at=local("2026-03-02 16:00"))
    moved = advance(made, moved.run, Happened(event("campaigns.lead.updated")), later, local("2026-03-02 11:30"))
    assert due(moved) == local("2026-03-02 14:00")
    assert "campaigns.callback.moved" in made.listens("w")


def test_a_timer_of_a_date_that_has_moved_does_nothing_though_its_event_has_not_come_yet() -> None:
    made = dated(offset=hours(2))
    moved = begin(made, facts(next_contact_at=local("2026-03-02 14:00")))
    later = facts(next_contact_at=local("2026-03-02 16:00"))
    moved = advance(made, moved.run, Timer(moved.run.epoch), later, local("2026-03-02 12:00"))
    assert due(moved) == local("2026-03-02 14:00")


def test_a_date_that_is_taken_off_is_skipped() -> None:
    made = dated(offset=hours(2))
    moved = begin(made, facts(next_contact_at=local("2026-03-02 14:00")))
    moved = advance(made, moved.run, Happened(event("campaigns.callback.cancelled")), facts(), NOW)
    assert moved.effect is not None
    assert moved.effect.node == "other"


def test_it_does_not_follow_where_it_is_told_not_to() -> None:
    made = dated(offset=hours(2), follow=False)
    moved = begin(made, facts(next_contact_at=local("2026-03-02 14:00")))
    assert made.listens("w") == frozenset()
    moved = advance(made, moved.run, Timer(moved.run.epoch), facts(), local("2026-03-02 12:00"))
    assert moved.effect is not None
    assert moved.effect.node == "note"


# --- until something happens, until a condition -----------------------------------------------------------


OPENED = {"type": "message_opened", "params": {"channel": "email"}}


def test_what_is_waited_for_goes_on_by_its_arrow_and_time_by_the_other() -> None:
    made = graph(
        node("w", "wait_event", {"happened": "note", "timeout": "late"}, event=OPENED, timeout=hours(1)),
        note(),
        note("late"),
    )
    begun = begin(made)
    assert due(begun) == NOW + timedelta(hours=1)
    machine = Happened(event("messaging.message.opened", channel="email", machine=True))
    assert advance(made, begun.run, machine, facts(), NOW).stale
    person = Happened(event("messaging.message.opened", channel="email", machine=False))
    happened = advance(made, begun.run, person, facts(), NOW)
    assert happened.effect is not None
    assert happened.effect.node == "note"
    late = advance(made, begun.run, Timer(begun.run.epoch), facts(), NOW + timedelta(hours=1))
    assert late.effect is not None
    assert late.effect.node == "late"
    # Whoever is second is stale: its epoch has gone by.
    assert advance(made, happened.run, Timer(begun.run.epoch), facts(), NOW + timedelta(hours=1)).stale
    assert advance(made, late.run, Happened(person.event, begun.run.epoch), facts(), NOW).stale


def test_without_a_timeout_there_is_no_timer() -> None:
    made = graph(node("w", "wait_event", {"happened": "note"}, event=OPENED), note())
    moved = begin(made)
    assert moved.wait is not None
    assert moved.wait.at is None
    assert made.listens("w") == {"messaging.message.opened"}


def until(condition: object, **params: object) -> Graph:
    going = {"met": "note", "timeout": "late"}
    return graph(node("w", "wait_until", going, condition=condition, **params), note(), note("late"))


def test_a_condition_that_holds_already_is_not_waited_for() -> None:
    assert begin(until(is_("lead.status", "new"))).effect is not None


def test_a_condition_is_asked_when_something_happens_that_may_change_it() -> None:
    made = until(is_("lead.status", "success"))
    moved = begin(made)
    changed = Happened(event("campaigns.lead.status_changed", to="success"))
    assert advance(made, moved.run, changed, facts(), NOW).stale
    met = advance(made, moved.run, changed, facts(status="success"), NOW)
    assert met.effect is not None
    assert met.effect.node == "note"


def test_a_condition_that_time_alone_meets_is_met_at_that_instant() -> None:
    made = until(is_("lead.last_contacted_at", hours(3), "older_than"), timeout=hours(9))
    known = facts(last_contacted_at=NOW - timedelta(hours=1))
    moved = begin(made, known)
    assert due(moved) == NOW + timedelta(hours=2)
    early = advance(made, moved.run, Timer(moved.run.epoch), known, NOW + timedelta(hours=2, seconds=-1))
    assert early.wait is not None
    assert early.run == moved.run
    met = advance(made, moved.run, Timer(moved.run.epoch), known, NOW + timedelta(hours=2))
    assert met.effect is not None
    assert met.effect.node == "note"


def test_a_later_date_moves_the_time_at_which_a_condition_is_met_by_itself() -> None:
    made = until(is_("lead.last_contacted_at", hours(3), "older_than"), timeout=hours(9))
    moved = begin(made, facts(last_contacted_at=NOW - timedelta(hours=1)))
    called = Happened(event("campaigns.lead.attempted"))
    moved = advance(made, moved.run, called, facts(last_contacted_at=NOW), NOW)
    assert due(moved) == NOW + timedelta(hours=3)


def test_a_condition_that_is_never_met_runs_out() -> None:
    made = until(is_("lead.status", "success"), timeout=hours(9))
    moved = begin(made)
    moved = advance(made, moved.run, Timer(moved.run.epoch), facts(), NOW + timedelta(hours=9))
    assert moved.effect is not None
    assert moved.effect.node == "late"


# --- the campaign's hours -----------------------------------------------------------------------------


WAIT_HOURS = graph(node("w", "wait_hours", {"next": "note", "skipped": "other"}), note(), note("other"))


def windowed(*hours_: Hours, holidays: str | None = None) -> dict[str, object]:
    return {**facts(), "windows": tuple(Window(one, COPENHAGEN, holidays) for one in hours_)}


def test_within_the_campaigns_hours_it_goes_on() -> None:
    moved = begin(WAIT_HOURS, windowed(DEFAULT_HOURS))
    assert moved.effect is not None
    assert moved.effect.node == "note"


def test_outside_it_waits_until_they_begin_and_every_window_must_be_open() -> None:
    late = Hours.parse({"mon": [["12:00", "20:00"]]})
    assert due(begin(WAIT_HOURS, windowed(DEFAULT_HOURS, late))) == local("2026-03-02 12:00")


def test_a_holiday_is_no_opening() -> None:
    moved = begin(WAIT_HOURS, windowed(DEFAULT_HOURS, holidays="DK"), now=local("2026-12-24 21:00"))
    assert due(moved) == local("2026-12-28 09:00")


def test_hours_are_asked_anew_when_they_should_have_begun() -> None:
    moved = begin(WAIT_HOURS, windowed(DEFAULT_HOURS), now=local("2026-03-02 21:00"))
    other = windowed(Hours.parse({"tue": [["12:00", "20:00"]]}))
    moved = advance(WAIT_HOURS, moved.run, Timer(moved.run.epoch), other, local("2026-03-03 09:00"))
    assert due(moved) == local("2026-03-03 12:00")


def test_a_campaign_that_never_opens_is_skipped() -> None:
    for known in (windowed(Hours.parse({})), facts()):
        moved = begin(WAIT_HOURS, known)
        assert moved.effect is not None
        assert moved.effect.node == "other"


# --- too late, too early ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "seconds", "node_id"),
    [
        ("run", 7200, "note"),
        ("skip", 599, "note"),
        ("skip", 600, "other"),
        ("exit", 599, "note"),
        ("exit", 600, None),
    ],
)
def test_what_comes_too_late_runs_is_skipped_or_ends_the_run(rule: str, seconds: int, node_id: str | None) -> None:
    going = {"next": "note", "skipped": "other"} if rule == "skip" else {"next": "note"}
    made = graph(
        node("w", "wait", going, duration=hours(1), late=rule, late_after=minutes(10)),
        note(),
        note("other"),
    )
    begun = begin(made)
    moved = advance(made, begun.run, Timer(begun.run.epoch), facts(), NOW + timedelta(hours=1, seconds=seconds))
    assert (moved.effect.node if moved.effect else None) == node_id
    assert moved.late_s == seconds
    if node_id is None:
        assert end(moved) == "late"


def test_a_timer_before_its_time_changes_nothing() -> None:
    made = graph(node("w", "wait", "note", duration=hours(1)), note())
    begun = begin(made)
    moved = advance(made, begun.run, Timer(begun.run.epoch), facts(), NOW + timedelta(minutes=59, seconds=59))
    assert (moved.run, due(moved)) == (begun.run, NOW + timedelta(hours=1))
