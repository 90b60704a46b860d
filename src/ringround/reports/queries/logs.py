"""The reports that are lists: calls, callbacks, sessions. Read a page at a time, by key, within one local day each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from ringround.campaigns.queries import figures
from ringround.infra.bounded import bounded
from ringround.kernel import cursors
from ringround.onboarding import queries as onboarding
from ringround.orgs import queries as orgs
from ringround.reports import pictures
from ringround.reports.queries.shape import Asked, Column, Report, Table, column
from ringround.reports.rules.sums import Attained

BATCH = 500
After = tuple[datetime, UUID]

CALLS = (
    column("id", "id"), column("started_at", "moment"), column("agent", "id"), column("name"),
    column("campaign", "id"), column("campaign_name"), column("lead", "id"), column("contact_name"),
    column("number", "phone"), column("direction"), column("outcome"), column("disposition_name"),
    column("duration_s", "seconds"),
)  # fmt: skip
CALLBACKS = (
    column("id", "id"), column("at", "moment"), column("campaign", "id"), column("campaign_name"),
    column("lead", "id"), column("contact_name"), column("number", "phone"), column("owner", "id"),
    column("owner_name"), column("private"), column("state"), column("overdue"), column("created_by_name"),
    column("created_at", "moment"),
)  # fmt: skip
SESSIONS = (
    column("id", "id"), column("submitted_at", "moment"), column("status"), column("service_type"), column("action"),
    column("campaign", "id"), column("campaign_name"), column("workflow"), column("agency", "id"),
    column("agency_name"), column("agent", "id"), column("name"), column("lead", "id"), column("external_lead_id"),
    column("amount", "money"), column("payment_method"), column("completed_at", "moment"), column("reason"),
)  # fmt: skip
_COLUMNS = {"call_log": CALLS, "callbacks": CALLBACKS, "sessions": SESSIONS}
_KEYS = {"call_log": "started_at", "callbacks": "at", "sessions": "created_at"}
# What has happened, newest first; callbacks lie ahead.
_PAST = ("call_log", "sessions")


def log_columns(name: str) -> tuple[Column, ...]:
    return _COLUMNS[name]


def log_page(asked: Asked, *, size: int, after: str | None = None) -> tuple[list[dict[str, Any]], str | None]:
    """A page and the cursor of the next: calls and sessions newest first, callbacks by their time."""
    rows = list(islice(_raw(asked, cursors.decode_at(after) if after else None, size + 1), size + 1))
    more = len(rows) > size
    rows = rows[:size]
    key = _KEYS[asked.name]
    return _told(asked, rows), cursors.encode_at(rows[-1][key], rows[-1]["id"]) if more else None


def log_rows(asked: Asked) -> Iterator[dict[str, Any]]:
    """Every row of the period, read as it goes out."""
    rows = _raw(asked, None, BATCH)
    while batch := list(islice(rows, BATCH)):
        yield from _told(asked, batch)


def log_report(asked: Asked) -> Report:
    """The list in figures: how many on each day, and what came of them. Its table is read by `log_page`."""
    days: list[dict[str, Any]] = []
    totals: dict[str, Any] = {}
    for day, since, until in asked.period.slices():
        if asked.name in _PAST and since > asked.now:
            break
        row: dict[str, Any]
        if asked.name == "call_log":
            row = {"day": day, "outcomes": _calls_of(asked, since, until)}
            for outcome, n in row["outcomes"].items():
                totals[outcome] = totals.get(outcome, 0) + n
        elif asked.name == "sessions":
            attained = _sessions_of(asked, since, until)
            row = {"day": day, **attained.row()}
            for status, n in attained.statuses.items():
                totals[status] = totals.get(status, 0) + n
        else:
            row = {"day": day, "states": {}}
            for one in _callbacks_of(asked, since, until):
                row["states"][one["state"]] = row["states"].get(one["state"], 0) + one["n"]
                totals[one["state"]] = totals.get(one["state"], 0) + one["n"]
                totals["overdue"] = totals.get("overdue", 0) + one["overdue"]
        days.append(row)
    draw = _PICTURES[asked.name]
    return Report(asked, {asked.name: Table(asked.name, log_columns(asked.name), [])}, totals, [draw(days)])


_PICTURES = {
    "call_log": pictures.calls_by_day, "callbacks": pictures.callbacks_by_day, "sessions": pictures.sessions_by_day,
}  # fmt: skip


def _sessions_of(asked: Asked, since: datetime, until: datetime) -> Attained:
    found = Attained()
    with bounded():
        rows = onboarding.session_counts(
            actor=asked.actor, campaign_ids=asked.campaign_ids, since=since, until=until, agent_ids=asked.agent_ids
        )
    for one in rows:
        found.add(one.status, one.payment_type, one.sessions)
    return found


def _calls_of(asked: Asked, since: datetime, until: datetime) -> dict[str, int]:
    found: dict[str, int] = {}
    with bounded():
        rows = figures.calls(
            campaign_ids=asked.campaign_ids, merchant_ids=asked.merchant_ids, since=since, until=until,
            agent_ids=asked.agent_ids,
        )  # fmt: skip
    for row in rows:
        found[row["outcome"]] = found.get(row["outcome"], 0) + row["calls"]
    return found


def _callbacks_of(asked: Asked, since: datetime, until: datetime) -> list[dict[str, Any]]:
    with bounded():
        return figures.callbacks(
            campaign_ids=asked.campaign_ids, since=since, until=until, now=asked.now, agent_ids=asked.agent_ids
        )


def _raw(asked: Asked, after: After | None, size: int) -> Iterator[dict[str, Any]]:
    """Rows as the database has them, a day at a time, from `after` on."""
    past = asked.name in _PAST
    slices = list(asked.period.slices())
    for _day, since, until in reversed(slices) if past else slices:
        if after is not None and (since > after[0] if past else until <= after[0]):
            continue
        # A day that has not begun has no calls and no sessions; it may have callbacks.
        if past and since > asked.now:
            continue
        last = after
        while True:
            batch = _batch(asked, since, until, last, size)
            yield from batch
            if len(batch) < size:
                break
            last = (batch[-1][_KEYS[asked.name]], batch[-1]["id"])


def _batch(asked: Asked, since: datetime, until: datetime, after: After | None, size: int) -> list[dict[str, Any]]:
    with bounded():
        if asked.name == "call_log":
            return figures.call_page(
                campaign_ids=asked.campaign_ids, merchant_ids=asked.merchant_ids, since=since, until=until, size=size,
                agent_ids=asked.agent_ids, after=after,
            )  # fmt: skip
        if asked.name == "sessions":
            return onboarding.session_rows(
                actor=asked.actor, campaign_ids=asked.campaign_ids, since=since, until=until, size=size,
                agent_ids=asked.agent_ids, after=after,
            )  # fmt: skip
        return figures.callback_page(
            campaign_ids=asked.campaign_ids, since=since, until=until, size=size, agent_ids=asked.agent_ids, after=after
        )


def _told(asked: Asked, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with names in place of ids; a handful of queries for all of them."""
    if asked.name == "sessions":
        return _sessions_told(asked, rows)
    of = {one.id: one.name for one in asked.campaigns}
    contacts = figures.contact_names(lead_ids=[row["lead_id"] for row in rows])
    people = orgs.user_names(
        user_ids=[row.get(key) for row in rows for key in ("agent_id", "owner_id", "created_by_id")]
    )
    made = []
    for row in rows:
        common = {
            "id": row["id"],
            "campaign": row["campaign_id"],
            "campaign_name": of[row["campaign_id"]],
            "lead": row["lead_id"],
            "contact_name": contacts.get(row["lead_id"], ""),
            "number": row["number"],
        }
        if asked.name == "call_log":
            ended = row["ended_at"]
            common |= {
                "started_at": row["started_at"],
                "agent": row["agent_id"],
                "name": people.get(row["agent_id"], ""),
                "direction": row["direction"],
                "outcome": row["outcome"],
                "disposition_name": row["disposition"] or "",
                "duration_s": round((ended - row["started_at"]).total_seconds()) if ended else None,
            }
        else:
            common |= {
                "at": row["at"],
                "owner": row["owner_id"],
                "owner_name": people.get(row["owner_id"], ""),
                "private": row["private"],
                "state": row["state"],
                "overdue": row["state"] == "booked" and row["at"] <= asked.now,
                "created_by_name": people.get(row["created_by_id"], ""),
                "created_at": row["created_at"],
            }
        made.append(common)
    return made


def _sessions_told(asked: Asked, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    of = {one.id: one.name for one in asked.campaigns}
    people = orgs.user_names(user_ids=[row["user_id"] for row in rows])
    agencies = orgs.organisation_names(organisation_ids={row["agency_id"] for row in rows})
    return [
        {
            "id": row["id"],
            "submitted_at": row["created_at"],
            "status": row["status"],
            "service_type": row["service_type"],
            "action": row["action"],
            "campaign": row["campaign_id"],
            "campaign_name": of[row["campaign_id"]],
            "workflow": row["workflow"],
            "agency": row["agency_id"],
            "agency_name": agencies.get(row["agency_id"], ""),
            "agent": row["user_id"],
            "name": people.get(row["user_id"], ""),
            "lead": row["lead_id"],
            "external_lead_id": row["external_lead_id"],
            "amount": row["agreed"],
            "payment_method": row["payment_method"],
            "completed_at": row["completed_at"],
            "reason": row["reason"],
        }
        for row in rows
    ]
