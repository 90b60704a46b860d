"""Events of the log: whom they concern, in the order in which they were numbered."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection

from ringround.campaigns import queries as campaigns
from ringround.contacts import queries as contacts
from ringround.infra import clock, sql
from ringround.journeys.engine.book import ANSWERED, GONE, RECEIVED, Book, Loaded
from ringround.journeys.engine.entering import Candidate, entering
from ringround.journeys.engine.facts import Facts
from ringround.journeys.engine.messages import text_of
from ringround.journeys.engine.rows import PARKED, event_written, run_of
from ringround.journeys.engine.work import Batch, Item
from ringround.journeys.models import Intake, Outbox
from ringround.journeys.rules.run import Happened, Run, Stop
from ringround.journeys.rules.values import Event
from ringround.kernel.ids import parse_id

_MANY = "contacts.list.contacts_changed"
_CONTACT = frozenset({"contacts.contact.changed", _MANY, "contacts.contact.erased"})
Runs = dict[UUID, dict[UUID, tuple[Loaded, Run, dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Told:
    """An event of one lead. `campaign` in small letters, as graphs have it."""

    event: Event
    org_id: UUID
    lead_id: UUID
    campaign: str


def take(book: Book, limit: int) -> bool:
    """What the next events cause; whether more wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM infra_cursor WHERE name = 'journeys' FOR UPDATE")
        reached = cursor.fetchone()[0]
        cursor.execute("SELECT seq FROM infra_cursor WHERE name = 'relay'")
        head = cursor.fetchone()[0]
    rows = sql.rows("journeys", "events_next", after=reached, until=head, types=list(book.types), limit=limit)
    full = len(rows) >= limit
    sql.run("journeys", "cursor_reach", name="journeys", seq=rows[-1]["seq"] if full else head)
    if told := list(_told(book, rows)):
        _remember(book, told)
        carry_out(book, told)
    return full


def carry_out(book: Book, told: Sequence[Told]) -> None:
    """In waves, so that each lead has one event at a time: the second sees what the first has done."""
    now = clock.now()
    runs = _runs(book, [one.lead_id for one in told if one.event.type in book.listened or one.event.type in GONE])
    queues: dict[UUID, deque[Told]] = {}
    for one in told:
        queues.setdefault(one.lead_id, deque()).append(one)
    while queues:
        wave = [queue.popleft() for queue in queues.values()]
        queues = {lead: queue for lead, queue in queues.items() if queue}
        items: list[Item] = []
        candidates: list[Candidate] = []
        for one in wave:
            mine = runs.get(one.lead_id, {})
            items += _concerned(one, mine.values())
            candidates += [
                Candidate(loaded, one.lead_id, one.event)
                for loaded in book.starts.get(one.event.type, {}).get(one.campaign, ())
                if loaded.org_id == one.org_id
            ]
        # Those that wait first: a run that ends by what has happened may be begun anew by it.
        _run(Batch(now), items, None, runs)
        facts = Facts(now)
        _run(Batch(now), entering(candidates, facts, now), facts, runs)


def _run(batch: Batch, items: Sequence[Item], facts: Facts | None, runs: Runs) -> None:
    """Move these on, and keep what became of them for what happens to the same leads next."""
    batch.run(items, facts)
    for id, after in batch.after.items():
        if after is None:
            for mine in runs.values():
                mine.pop(id, None)
        else:
            loaded, lead_id, run, kept = after
            runs.setdefault(lead_id, {})[id] = (loaded, run, kept)


def _concerned(told: Told, runs: Iterable[tuple[Loaded, Run, dict[str, Any]]]) -> list[Item]:
    kind = told.event.type
    found = []
    for loaded, run, kept in runs:
        if kind in GONE:
            found.append(Item(loaded, told.lead_id, run, Stop("lead_gone"), kept=kept))
        elif kind in loaded.graph.listens(run.node) and not loaded.held and loaded.org_id == told.org_id:
            # Its own change comes back to it as an event, too; what it means is the document's to say.
            found.append(Item(loaded, told.lead_id, run, Happened(told.event), kept=kept))
    return found


def _runs(book: Book, leads: Sequence[UUID]) -> Runs:
    found: Runs = {}
    if not leads:
        return found
    for row in sql.rows("journeys", "runs_of_leads", leads=list(dict.fromkeys(leads))):
        loaded = book.get(row["version_id"])
        if loaded is not None and row["state"] != PARKED:
            found.setdefault(row["lead_id"], {})[row["id"]] = (loaded, *run_of(row))
    return found


def _told(book: Book, rows: Sequence[Mapping[str, Any]]) -> Iterable[Told]:
    parsed = [(row, json.loads(row["data"])) for row in rows]
    told_of = {
        id for row, data in parsed if row["type"] in _CONTACT for one in data["contacts"] if (id := parse_id(one))
    }
    leads = campaigns.leads_of_contacts(sorted(told_of)) if told_of else {}
    for row, data in parsed:
        event = Event(
            type=row["type"], at=row["at"], data=data, cause=json.loads(row["cause"]) if row["cause"] else None,
            id=str(row["id"]),
        )  # fmt: skip
        if row["type"] in _CONTACT:
            columns = _columns(row, data)
            for one in filter(None, map(parse_id, data["contacts"])):
                if columns is not None:
                    event = replace(event, data={**data, "columns": columns.get(one, [])})
                for lead_id, campaign_id in leads.get(one, ()):
                    yield Told(event, row["org_id"], lead_id, str(campaign_id))
            continue
        found = row["subject_id"] if row["subject_type"] == "lead" else parse_id(data.get("lead"))
        campaign = str(data.get("campaign") or "").lower()
        kind = RECEIVED if row["type"] == ANSWERED else row["type"]
        interesting = (
            kind in book.listened or kind in GONE or kind in book.counted or campaign in book.starts.get(kind, {})
        )  # fmt: skip
        if found is not None and interesting:
            if row["type"] == ANSWERED:
                # Told by campaigns, which has found whose answer it is.
                event = replace(event, type=RECEIVED, text=text_of(data.get("message")))
            yield Told(event, row["org_id"], found, campaign)


def _columns(row: Mapping[str, Any], data: Mapping[str, Any]) -> dict[UUID, list[str]] | None:
    """Which columns an import has changed, by contact: its event tells of many at once, and leaves that out."""
    import_id = parse_id(data.get("import"))
    if row["type"] != _MANY or import_id is None:
        return None
    return contacts.columns_changed(
        import_id=import_id, contact_ids=[id for one in data["contacts"] if (id := parse_id(one))]
    )


def _remember(book: Book, told: Sequence[Told]) -> None:
    """What conditions count is kept; what is kept of leads that are gone goes."""
    kept = [one for one in told if one.event.type in book.counted]
    if kept:
        sql.run(
            "journeys", "heard_add", leads=[one.lead_id for one in kept], times=[one.event.at for one in kept],
            events=[json.dumps(event_written(replace(one.event, text=None)), default=str) for one in kept],
        )  # fmt: skip
    gone = [one.lead_id for one in told if one.event.type in GONE]
    if gone:
        Outbox.objects.filter(lead_id__in=gone).delete()
        Intake.objects.filter(lead_id__in=gone).delete()
