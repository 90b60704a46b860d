"""The reports that are figures: built from sums, with tables, totals and pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _

from ringround.campaigns import queries as campaigns
from ringround.campaigns.queries import Campaign
from ringround.campaigns.queries import figures as campaign_figures
from ringround.campaigns.texts import LEAD_STATUSES
from ringround.kernel.text import sort_key
from ringround.orgs import queries as orgs
from ringround.reports import pictures
from ringround.reports.queries.gather import Results, days_of, results, sessions, times
from ringround.reports.queries.shape import Asked, Column, Report, Table, column
from ringround.reports.rules.sums import ATTAINED, COLUMNS, Attained, Hours, Tally, ratio
from ringround.reports.words import STATUS_PREFIX, pause_label, status_label

TALLY = (
    column("attempts", "int"),
    column("contacts", "int"),
    column("engaged", "int"),
    column("contact_rate", "share"),
    column("conversion", "share"),
)
# Where no campaign is chosen: those at work stand there also without a try in the period.
AT_WORK = frozenset({"running", "paused"})


def report(asked: Asked) -> Report:
    """The report that was asked for, one of `AGGREGATES`."""
    return _BUILDERS[asked.name](asked)


# --- agents -----------------------------------------------------------------------------------


def _hours_columns(found: Iterable[Hours]) -> list[Column]:
    reasons = sorted({reason for one in found for reason in one.pauses})
    return [
        column("signed_in_s", "seconds"),
        column("work_s", "seconds"),
        *(column(name, "seconds") for name in COLUMNS),
        *(column(f"pauses.{reason}", "seconds", pause_label(reason)) for reason in reasons),
        column("occupancy", "share"),
    ]


def _sum_hours(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Totals of what is shown, so that the foot is the sum of its column to the second."""
    total: dict[str, Any] = {name: sum(row[name] for row in rows) for name in ("signed_in_s", "work_s", *COLUMNS)}
    pauses: dict[str, int] = {}
    for row in rows:
        for reason, seconds in row["pauses"].items():
            pauses[reason] = pauses.get(reason, 0) + seconds
    busy = total["work_s"] - total["ready_s"]
    return {**total, "pauses": pauses, "occupancy": ratio(busy, total["work_s"])}


def _agent_hours(asked: Asked) -> Report:
    found = times(asked)
    names = orgs.user_names(user_ids=found.agents)
    rows = [
        {
            "agent": user_id,
            "name": names.get(user_id, ""),
            **hours.row(),
            "first_at": found.edges[user_id][0],
            "last_at": found.edges[user_id][1],
        }
        for user_id, hours in found.agents.items()
    ]
    rows.sort(key=lambda row: (sort_key(row["name"]), row["agent"]))
    parts = _hours_columns(found.agents.values())
    by_agent = Table(
        "agent",
        [column("agent", "id"), column("name"), *parts, column("first_at", "moment"), column("last_at", "moment")],
        rows,
        _sum_hours(rows),
    )
    days = [{"day": day, **found.days[day].row()} for day, _since, _until in days_of(asked)]
    by_day = Table("day", [column("day", "day"), *parts], days, _sum_hours(days))
    chart = pictures.time_by_day(days)
    return Report(asked, {"agent": by_agent, "day": by_day}, _sum_hours(rows), [chart])


def _agent_results(asked: Asked) -> Report:
    worked, reached = times(asked), results(asked)
    names = orgs.user_names(user_ids=[*worked.agents, *reached.agents])
    rows = []
    for user_id in {*worked.agents, *reached.agents}:
        hours = worked.agents[user_id].row() if user_id is not None and user_id in worked.agents else Hours().row()
        name = names.get(user_id, "") if user_id is not None else _("No agent")
        rows.append({"agent": user_id, "name": name, **_worked(hours, reached.agents[user_id])})
    rows.sort(key=lambda row: (row["agent"] is None, sort_key(row["name"]), str(row["agent"])))
    days = [
        {"day": day, **_worked(worked.days[day].row(), reached.days[day])} for day, _since, _until in days_of(asked)
    ]
    parts = [
        column("signed_in_s", "seconds"),
        column("work_s", "seconds"),
        column("calls", "int"),
        *TALLY,
        column("calls_per_hour", "rate"),
        column("contacts_per_hour", "rate"),
        column("engaged_per_hour", "rate"),
    ]
    by_agent = Table("agent", [column("agent", "id"), column("name"), *parts], rows, _sum_worked(rows))
    by_day = Table("day", [column("day", "day"), *parts], days, _sum_worked(days))
    return Report(asked, {"agent": by_agent, "day": by_day}, _sum_worked(rows), [pictures.tries_by_day(days)])


def _worked(hours: dict[str, Any], tally: Tally) -> dict[str, Any]:
    return {
        "signed_in_s": hours["signed_in_s"],
        "work_s": hours["work_s"],
        "calls": tally.calls,
        **tally.row(),
        **tally.rates(hours["work_s"]),
    }


def _sum_worked(rows: list[dict[str, Any]]) -> dict[str, Any]:
    tally = _sum(rows)
    tally.calls = sum(row["calls"] for row in rows)
    hours = {name: sum(row[name] for row in rows) for name in ("signed_in_s", "work_s")}
    return _worked(hours, tally)


def _sum(rows: list[dict[str, Any]]) -> Tally:
    return Tally(*(sum(row[name] for row in rows) for name in ("attempts", "contacts", "engaged")))


# --- campaigns --------------------------------------------------------------------------------


def _campaign_results(asked: Asked) -> Report:
    reached = results(asked)
    shown = [
        one
        for one in asked.campaigns
        if asked.campaign is not None or one.state in AT_WORK or any(reached.campaigns.get(one.id, Tally()))
    ]
    progress = campaigns.progress(campaigns=shown) if shown else {}
    rows = [_standing(one, progress[one.id], reached.campaigns[one.id]) for one in shown]
    statuses = [column(STATUS_PREFIX + status, "int", status_label(status)) for status in LEAD_STATUSES]
    by_campaign = Table(
        "campaign",
        [
            column("campaign", "id"), column("campaign_name"), column("state"), column("leads", "int"),
            column("open", "int"), column("tried", "int"), column("penetration", "share"),
            column("completion", "share"), column("target", "int"), *TALLY, *statuses,
        ],
        rows,
        _sum_standing(rows),
    )  # fmt: skip
    days = _days(asked, reached)
    hours = [{"hour": hour, **reached.hours[hour].row()} for hour in range(24) if any(reached.hours[hour])]
    return Report(
        asked,
        {
            "campaign": by_campaign,
            "day": Table("day", [column("day", "day"), *TALLY], days, _sum(days).row()),
            "hour": Table("hour", [column("hour", "int"), *TALLY], hours, _sum(hours).row()),
        },
        _sum_standing(rows),
        [pictures.tries_by_day(days), pictures.contacts_by_hour(reached.week)],
    )


def _standing(campaign: Campaign, progress: Any, tally: Tally) -> dict[str, Any]:
    return {
        "campaign": campaign.id,
        "campaign_name": campaign.name,
        "state": campaign.state,
        "leads": progress.leads,
        "open": progress.open,
        "tried": progress.tried,
        "penetration": ratio(progress.tried, progress.leads),
        "completion": ratio(progress.leads - progress.open, progress.leads),
        "target": campaign.target,
        **tally.row(),
        **{STATUS_PREFIX + status: progress.by_status.get(status, 0) for status in LEAD_STATUSES},
    }


def _sum_standing(rows: list[dict[str, Any]]) -> dict[str, Any]:
    summed = ("leads", "open", "tried", *(STATUS_PREFIX + status for status in LEAD_STATUSES))
    total = {name: sum(row[name] for row in rows) for name in summed}
    return {
        **total,
        "penetration": ratio(total["tried"], total["leads"]),
        "completion": ratio(total["leads"] - total["open"], total["leads"]),
        **_sum(rows).row(),
    }


# --- dispositions -----------------------------------------------------------------------------


def _dispositions(asked: Asked) -> Report:
    reached = results(asked)
    named = campaign_figures.dispositions_named(ids=[one for _, one in reached.dispositions if one is not None])
    of = {one.id: one.name for one in asked.campaigns}
    total = sum(tally.attempts for tally in reached.dispositions.values())
    rows: list[dict[str, Any]] = []
    for (campaign_id, disposition_id), tally in reached.dispositions.items():
        said = named.get(disposition_id) if disposition_id is not None else None
        rows.append(
            {
                "campaign": campaign_id,
                "campaign_name": of[campaign_id],
                "disposition": disposition_id,
                "disposition_name": said.name if said else _("None: ended by itself"),
                "kind": said.kind if said else None,
                "attempts": tally.attempts,
                "share": ratio(tally.attempts, total),
                "contacts": tally.contacts,
                "engaged": tally.engaged,
            }
        )
    rows.sort(key=lambda row: (-row["attempts"], sort_key(row["disposition_name"]), str(row["disposition"])))
    totals = {**_plain(_sum(rows)), "share": ratio(total, total)}
    by_disposition = Table(
        "disposition",
        [
            column("campaign", "id"), column("disposition", "id"), column("disposition_name"), column("kind"),
            column("campaign_name"), column("attempts", "int"), column("share", "share"), column("contacts", "int"),
            column("engaged", "int"),
        ],
        rows,
        totals,
    )  # fmt: skip
    days = _days(asked, reached)
    by_day = Table("day", [column("day", "day"), *TALLY], days, _sum(days).row())
    return Report(asked, {"disposition": by_disposition, "day": by_day}, totals, [pictures.tries_by_day(days)])


# --- sessions ---------------------------------------------------------------------------------


def _sessions_by_agent(asked: Asked) -> Report:
    signed = sessions(asked)
    names = orgs.user_names(user_ids=[one for one in signed.agents if one is not None])
    rows = [
        {"agent": id, "name": names.get(id, "") if id is not None else _("No agent"), **attained.row()}
        for id, attained in signed.agents.items()
    ]
    rows.sort(key=lambda row: (row["agent"] is None, sort_key(row["name"]), str(row["agent"])))
    of = {one.id: one.name for one in asked.campaigns}
    plans = [
        {"campaign": one, "campaign_name": of[one], **signed.campaigns[one].row()}
        for one in of
        if one in signed.campaigns
    ]
    days = [{"day": day, **signed.days[day].row()} for day, _since, _until in days_of(asked)]
    parts = [*(column(name, "int") for name in ATTAINED), column("success", "share")]
    total = _sum_sessions(signed.days.values())
    tables = {
        "agent": Table("agent", [column("agent", "id"), column("name"), *parts], rows, total),
        "campaign": Table("campaign", [column("campaign", "id"), column("campaign_name"), *parts], plans, total),
        "day": Table("day", [column("day", "day"), *parts], days, total),
    }
    return Report(asked, tables, total, [pictures.sessions_by_day(days)])


def _sum_sessions(found: Iterable[Attained]) -> dict[str, Any]:
    total = Attained()
    for one in found:
        total.recurring += one.recurring
        total.single += one.single
        for status, n in one.statuses.items():
            total.statuses[status] = total.statuses.get(status, 0) + n
    return total.row()


def _days(asked: Asked, reached: Results) -> list[dict[str, Any]]:
    return [{"day": day, **reached.days[day].row()} for day, _since, _until in days_of(asked)]


def _plain(tally: Tally) -> dict[str, Any]:
    return {"attempts": tally.attempts, "contacts": tally.contacts, "engaged": tally.engaged}


_BUILDERS: dict[str, Callable[[Asked], Report]] = {
    "agent_hours": _agent_hours,
    "agent_results": _agent_results,
    "campaign_results": _campaign_results,
    "dispositions": _dispositions,
    "sessions_by_agent": _sessions_by_agent,
}
