"""The figures of the reports, beside the raw log, the board, the timeline and each other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ringround.campaigns import actions as campaigns
from ringround.campaigns import queries as campaign_queries
from ringround.campaigns.models import Attempt, Callback, Lead, TimelineItem
from ringround.campaigns.queries.overview import burn_up
from ringround.desk import actions as desk
from ringround.dialer import actions as dialer
from ringround.dialer.models import Presence, PresenceLog
from ringround.infra import clock
from ringround.kernel.errors import Forbidden, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.orgs import actions as orgs
from ringround.orgs.models import AgencyLink, Membership
from ringround.reports import queries
from ringround.reports.queries.shape import zone_of
from ringround.telephony.models import Call
from tests.factories import cast
from tests.integration.desk.scene import Scene, scene
from tests.integration.reports.work import ALWAYS, join, play, read, try_one, wait

pytestmark = pytest.mark.django_db

MONDAY = "2026-03-02"


@pytest.fixture
def work(monday_ten: datetime) -> Scene:
    """A campaign that runs, with six people to call round the clock."""
    return scene("manual", 6, hours=ALWAYS, holidays=None, target=3)


@pytest.fixture
def played(monday_ten: datetime) -> Scene:
    """Two agents who have worked for days, over midnights."""
    made = scene("manual", 60, hours=ALWAYS, holidays=None)
    play(made, [made.agent, made.agent2], seed=7, steps=70)
    return made


def row_of(rows: list[dict[str, Any]], **like: Any) -> dict[str, Any]:
    return next(row for row in rows if all(row[name] == value for name, value in like.items()))


# --- hours ------------------------------------------------------------------------------------


def test_an_agents_time_is_told_by_what_it_went_to(work: Scene) -> None:
    join(work, work.agent)
    wait(minutes=10)
    lead = desk.next_lead(actor=work.agent).lead_id  # type: ignore[union-attr]
    desk.call(actor=work.agent, lead_id=lead, number=None)
    wait(seconds=120)
    desk.hang_up(actor=work.agent)
    wait(seconds=15)
    desk.disposition(actor=work.agent, lead_id=lead, disposition=work.disposition("not_engaged"))
    dialer.presence_pause(actor=work.agent, reason="Frokost")
    wait(minutes=30)
    dialer.presence_resume(actor=work.agent)
    wait(minutes=5)
    dialer.presence_leave(actor=work.agent)
    row = read(work.supervisor, "agent_hours").main.rows[0]
    assert row["name"] == "Jonas Junior"
    assert {name: row[name] for name in ("ready_s", "talk_s", "wrap_s", "pause_s", "signed_in_s", "work_s")} == {
        "ready_s": 900, "talk_s": 120, "wrap_s": 15, "pause_s": 1800, "signed_in_s": 2835, "work_s": 1035,
    }  # fmt: skip
    assert row["pauses"] == {"Frokost": 1800}
    assert row["occupancy"] == 135 / 1035


def test_time_over_midnight_is_part_of_both_days(work: Scene) -> None:
    wait(hours=13)
    join(work, work.agent)
    wait(hours=3)
    dialer.presence_leave(actor=work.agent)
    days = {row["day"].isoformat(): row["ready_s"] for row in read(work.supervisor, "agent_hours").tables["day"].rows}
    assert (days["2026-03-02"], days["2026-03-03"]) == (3600, 7200)


def test_an_agent_signed_in_over_the_periods_edges_counts_within_them(work: Scene) -> None:
    join(work, work.agent)
    wait(days=3)
    found = read(work.supervisor, "agent_hours", since="2026-03-03", until="2026-03-04")
    assert found.totals["signed_in_s"] == 2 * 24 * 3600
    exact = read(work.supervisor, "agent_hours", since="2026-03-03T10:00:00+01:00", until="2026-03-03T10:30:00+01:00")
    assert exact.totals["signed_in_s"] == 1800


def test_a_stretch_that_runs_counts_until_now(work: Scene) -> None:
    join(work, work.agent)
    wait(minutes=7)
    assert read(work.supervisor, "agent_hours", since=MONDAY, until=MONDAY).totals["signed_in_s"] == 420


@pytest.mark.parametrize(
    ("before", "day", "hours"),
    [
        (datetime(2026, 3, 28, 20, tzinfo=UTC), "2026-03-29", 23),
        (datetime(2026, 10, 24, 20, tzinfo=UTC), "2026-10-25", 25),
    ],
    ids=["spring", "autumn"],
)
def test_days_of_summer_time_have_their_hours(before: datetime, day: str, hours: int) -> None:
    with clock.frozen(before):
        made = scene("manual", 1, hours=ALWAYS, holidays=None)
        join(made, made.agent)
        wait(hours=60)
        found = read(made.supervisor, "agent_hours", since=day, until=day)
    assert found.totals["signed_in_s"] == hours * 3600
    assert found.tables["day"].rows[0]["signed_in_s"] == hours * 3600


def test_a_lost_connection_is_no_time_signed_in(work: Scene) -> None:
    dialer.presence_join(actor=work.agent, campaign_id=work.campaign.id, console=True)
    wait(minutes=1)
    # The console has not been heard of for longer than it is waited for.
    Presence.objects.update(seen_at=clock.real_now() - timedelta(hours=1))
    dialer.lapse_silent()
    wait(hours=1)
    assert read(work.supervisor, "agent_hours").totals["signed_in_s"] == 60


def test_hours_are_those_of_the_raw_log(played: Scene) -> None:
    now = clock.now()
    spent: dict[Any, float] = {}
    for one in PresenceLog.objects.all():
        spent[one.user_id] = spent.get(one.user_id, 0.0) + ((one.ended_at or now) - one.began_at).total_seconds()
    rows = read(played.supervisor, "agent_hours", since="2026-03-01").main.rows
    assert {row["agent"] for row in rows} == set(spent)
    for row in rows:
        # Each part of each day is rounded to a second.
        assert abs(row["signed_in_s"] - spent[row["agent"]]) < 60


def test_agents_days_and_totals_give_the_same_sums(played: Scene) -> None:
    for name in ("agent_hours", "agent_results"):
        found = read(played.supervisor, name, since="2026-03-01")
        by_day, by_agent = found.tables["day"].totals, found.tables["agent"].totals
        assert by_day == by_agent == found.totals


# --- results ----------------------------------------------------------------------------------


def test_results_are_counted_as_in_the_raw_log(played: Scene) -> None:
    found = read(played.supervisor, "agent_results", since="2026-03-01")
    made = Attempt.objects.all()
    for row in found.main.rows:
        mine = made.filter(user=row["agent"])
        assert row["attempts"] == mine.count()
        assert row["contacts"] == mine.filter(outcome="answered").count()
        assert row["engaged"] == mine.filter(engaged=True).count()
        assert row["calls"] == Call.objects.filter(agent=row["agent"], state="ended").count()
    assert found.totals["attempts"] == made.count() > 10


def test_every_report_has_the_same_tries(played: Scene) -> None:
    asked = {"since": "2026-03-01"}
    agents = read(played.supervisor, "agent_results", **asked)
    plans = read(played.supervisor, "campaign_results", **asked)
    said = read(played.supervisor, "dispositions", **asked)
    for figure in ("attempts", "contacts", "engaged"):
        seen = {
            found.table(by).totals[figure]  # type: ignore[index]
            for found in (agents, plans, said)
            for by in found.tables
        }
        assert len(seen) == 1, figure
    assert sum(row["share"] for row in said.main.rows) == pytest.approx(1)


def test_figures_agree_with_the_board(played: Scene) -> None:
    row = read(played.supervisor, "campaign_results", since="2026-03-01").main.rows[0]
    progress = campaign_queries.progress(campaigns=[played.campaign])[played.campaign.id]
    assert (row["leads"], row["open"], row["engaged"]) == (progress.leads, progress.open, progress.engaged)
    assert row["attempts"] == progress.attempts
    assert sum(row[name] for name in row if name.startswith("status_")) == row["leads"]


def test_figures_agree_with_the_timeline(played: Scene) -> None:
    told = TimelineItem.objects.filter(key="dispositioned", kind="call").count()
    assert read(played.supervisor, "dispositions", since="2026-03-01").totals["attempts"] == told


def test_days_agree_with_the_burn_up(played: Scene) -> None:
    drawn = burn_up(campaign=played.campaign, now=clock.now(), zone=zone_of(played.supervisor), days=60)
    found = read(played.supervisor, "campaign_results", since="2026-02-20").tables["day"].rows
    days = {row["day"]: (row["attempts"], row["engaged"]) for row in found}
    assert {one.day: (one.attempts, one.engaged) for one in drawn} == {day: days[day] for day in (d.day for d in drawn)}


def test_what_ceased_to_count_is_taken_off_when_it_did(work: Scene) -> None:
    join(work, work.agent)
    lead = try_one(work, work.agent, "engaged", answers={"belob": 5}).lead_id
    wait(days=1)
    campaigns.leads_bulk(actor=work.supervisor, ids=[lead], action="reset")
    days = {row["day"]: row["engaged"] for row in read(work.supervisor, "agent_results").tables["day"].rows}
    assert (days[date(2026, 3, 2)], days[date(2026, 3, 3)]) == (1, -1)
    assert read(work.supervisor, "agent_results").totals["engaged"] == 0


def test_rates_are_for_an_hour_of_work_without_the_breaks(work: Scene) -> None:
    join(work, work.agent)
    try_one(work, work.agent, "engaged", talk_s=900, answers={"belob": 5})
    try_one(work, work.agent, "no_contact", talk_s=900)
    dialer.presence_pause(actor=work.agent, reason="")
    wait(hours=2)
    row = read(work.supervisor, "agent_results").main.rows[0]
    assert (row["work_s"], row["calls"], row["contacts"]) == (1800, 2, 1)
    assert (row["calls_per_hour"], row["engaged_per_hour"], row["contact_rate"]) == (4.0, 2.0, 0.5)


def test_a_number_dialled_in_vain_is_a_call_of_its_own(work: Scene) -> None:
    join(work, work.agent)
    try_one(work, work.agent, "not_engaged", numbers=2)
    found = read(work.supervisor, "agent_results").totals
    assert (found["attempts"], found["calls"]) == (1, 2)
    log, _ = queries.log_page(queries.ask(actor=work.supervisor, name="call_log"), size=10)
    assert [(row["outcome"], row["campaign_name"]) for row in log] == [
        ("answered", work.campaign.name),
        ("no_answer", work.campaign.name),
    ]


def test_the_tried_are_the_leads_with_a_try_since_their_last_reset(played: Scene) -> None:
    def tried() -> int:
        (row,) = read(played.supervisor, "campaign_results", since="2026-03-01").main.rows
        assert row["tried"] == Lead.objects.filter(attempts__gt=0).count()
        return int(row["tried"])

    before = tried()
    worked = Lead.objects.filter(attempts__gt=0, reserved_by=None).values_list("id", flat=True)[:3]
    campaigns.leads_bulk(actor=played.supervisor, ids=list(worked), action="reset")
    assert tried() == before - 3


def test_penetration_and_completion_are_shares_of_the_leads(work: Scene) -> None:
    join(work, work.agent)
    try_one(work, work.agent, "not_engaged")
    try_one(work, work.agent, "no_contact")
    row = read(work.supervisor, "campaign_results").main.rows[0]
    assert (row["leads"], row["tried"], row["penetration"], row["completion"]) == (6, 2, 2 / 6, 1 / 6)


def test_results_are_told_by_hour_of_the_local_day(work: Scene) -> None:
    join(work, work.agent)
    try_one(work, work.agent, "not_engaged")
    wait(hours=2)
    try_one(work, work.agent, "no_contact")
    rows = read(work.supervisor, "campaign_results").tables["hour"].rows
    assert [(row["hour"], row["attempts"], row["contacts"]) for row in rows] == [(10, 1, 1), (12, 1, 0)]


def test_one_agent_or_one_campaign_can_be_asked_for(played: Scene) -> None:
    whole = read(played.supervisor, "agent_results", since="2026-03-01")
    for row in whole.main.rows:
        alone = read(played.supervisor, "agent_results", since="2026-03-01", agent_id=row["agent"])
        assert alone.main.rows == [row]
    of = read(played.supervisor, "agent_results", since="2026-03-01", campaign_id=played.campaign.id)
    assert of.totals == whole.totals


# --- lists ------------------------------------------------------------------------------------


def test_the_call_log_has_every_call_once_over_its_pages(played: Scene) -> None:
    asked = queries.ask(actor=played.supervisor, name="call_log", since="2026-03-01")
    found: list[Any] = []
    after = None
    while True:
        rows, after = queries.log_page(asked, size=7, after=after)
        found += [row["id"] for row in rows]
        if after is None:
            break
    assert found == list(Call.objects.order_by("-started_at", "-id").values_list("id", flat=True))
    assert [row["id"] for row in queries.log_rows(asked)] == found


def test_a_call_under_way_is_in_the_log_without_a_result(work: Scene) -> None:
    join(work, work.agent)
    lead = desk.next_lead(actor=work.agent).lead_id  # type: ignore[union-attr]
    desk.call(actor=work.agent, lead_id=lead, number=None)
    rows, _ = queries.log_page(queries.ask(actor=work.supervisor, name="call_log"), size=5)
    assert [(row["outcome"], row["lead"], row["duration_s"]) for row in rows] == [(None, lead, None)]


def test_callbacks_of_a_period_are_listed_with_what_became_of_them(work: Scene) -> None:
    join(work, work.agent)
    at = clock.now() + timedelta(hours=26)
    try_one(work, work.agent, "callback_private", callback={"at": at})
    late = try_one(work, work.agent, "callback_private", callback={"at": at + timedelta(hours=1)})
    campaigns.callback_cancel(actor=work.supervisor, lead_id=late.lead_id)
    asked = queries.ask(actor=work.supervisor, name="callbacks", since="2026-03-03", until="2026-03-03")
    rows, _ = queries.log_page(asked, size=10)
    assert [(row["state"], row["owner_name"], row["overdue"]) for row in rows] == [
        ("booked", "Jonas Junior", False),
        ("cancelled", "Jonas Junior", False),
    ]
    wait(hours=27)
    asked = queries.ask(actor=work.supervisor, name="callbacks", since="2026-03-03", until="2026-03-03")
    assert queries.log_page(asked, size=10)[0][0]["overdue"]


def test_all_callbacks_are_found_by_pages(played: Scene) -> None:
    asked = queries.ask(actor=played.supervisor, name="callbacks", since="2026-03-01", until="2026-06-01")
    first, after = queries.log_page(asked, size=2)
    rest, _ = queries.log_page(asked, size=500, after=after)
    wanted = list(Callback.objects.order_by("at", "id").values_list("id", flat=True))
    assert [row["id"] for row in first + rest] == wanted


# --- who and when -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", queries.NAMES)
def test_a_teams_figures_are_those_of_its_members(played: Scene, name: str) -> None:
    team = orgs.team_create(actor=played.cast.charity.owner, name="Aften")
    since, both = "2026-03-01", [played.agent.user_id, played.agent2.user_id]
    Membership.objects.filter(user_id=played.agent.user_id).update(team=team)

    def found(**more: Any) -> list[dict[str, Any]]:
        asked = queries.ask(actor=played.supervisor, name=name, since=since, **more)
        return list(queries.log_rows(asked)) if name in queries.LOGS else queries.report(asked).main.rows

    assert found(team_id=team.id) == found(agent_id=both[0])
    assert found(team_id=team.id, agent_id=both[1]) == found(agent_id=new_id()), "both at once: nobody"
    # Whoever leaves the organisation is still in what they did.
    before = found(team_id=team.id)
    Membership.objects.filter(user_id=played.agent.user_id).update(active=False)
    assert found(team_id=team.id) == before


def test_a_team_of_another_organisation_is_none(played: Scene) -> None:
    theirs = orgs.team_create(actor=played.cast.magazine.owner, name="Aften")
    with pytest.raises(NotFound):
        queries.ask(actor=played.supervisor, name="agent_hours", team_id=theirs.id)


def test_another_organisation_sees_nothing(played: Scene) -> None:
    outsider = played.cast.outsider
    assert read(outsider, "agent_hours", since="2026-03-01").main.rows == []
    assert read(outsider, "campaign_results", since="2026-03-01").main.rows == []
    assert list(queries.log_rows(queries.ask(actor=outsider, name="call_log", since="2026-03-01"))) == []
    with pytest.raises(NotFound):
        queries.ask(actor=outsider, name="agent_hours", campaign_id=played.campaign.id)


def test_an_agency_sees_its_campaigns_figures_while_its_link_is_live(monday_ten: datetime) -> None:
    who = cast()
    made = scene("manual", 3, who=who, hours=ALWAYS, holidays=None)
    assert made.campaign.agency_id == who.charity.org.id
    link = AgencyLink.objects.get(merchant=who.magazine.org)
    made.campaign.merchant_id, made.campaign.agency_id = who.magazine.org.id, who.agency.org.id
    made.campaign.save(update_fields=["merchant_id", "agency_id"])
    PresenceLog.objects.create(
        user=who.agency.junior.user, organisation=who.agency.org, campaign=made.campaign, state="ready",
        began_at=clock.now() - timedelta(hours=1), ended_at=clock.now(),
    )  # fmt: skip
    for actor in (who.agency.supervisor, who.magazine.supervisor):
        assert read(actor, "agent_hours", since=MONDAY).totals["signed_in_s"] == 3600
    orgs.agency_link_revoke(actor=who.magazine.owner, link_id=link.id)
    assert read(who.agency.supervisor, "agent_hours", since=MONDAY).main.rows == []


def test_agents_read_no_reports(work: Scene) -> None:
    with pytest.raises(Forbidden):
        queries.ask(actor=work.agent, name="agent_hours")


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        ("2026-03-05", "2026-03-01", "wrong_order"),
        ("soon", "", "bad_time"),
        ("2026-02-30", "", "bad_time"),
        ("2026-03-01T10:00:00", "", "no_offset"),
        ("2020-01-01", "2026-03-01", "period_too_long"),
        ("0001-01-01", "", "out_of_range"),
        ("", "9999-12-31", "out_of_range"),
    ],
)
def test_a_period_that_is_none_is_refused(work: Scene, since: str, until: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        queries.ask(actor=work.supervisor, name="agent_hours", since=since, until=until)
    assert refused.value.code == code


def test_without_a_period_it_is_the_last_seven_days(work: Scene) -> None:
    asked = queries.ask(actor=work.supervisor, name="agent_hours")
    assert (asked.period.first.isoformat(), asked.period.last.isoformat()) == ("2026-02-24", "2026-03-02")
