"""Events of the log: whom they concern, in the order in which they were numbered."""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from ringround.campaigns import queries as campaigns
from ringround.contacts import queries as contacts
from ringround.infra import clock, sql
from ringround.journeys.engine.book import ANSWERED, GONE, NOT_SENT, RECEIVED, Book, Loaded
from ringround.journeys.engine.entering import Candidate, entering
from ringround.journeys.engine.facts import Facts
from ringround.journeys.engine.halves import Held, in_halves
from ringround.journeys.engine.messages import text_of
from ringround.journeys.engine.rows import event_written, run_of
from ringround.journeys.engine.work import Batch, Item
from ringround.journeys.models import Heard, Intake, Outbox
from ringround.journeys.rules.catalogue import TRIGGERS
from ringround.journeys.rules.run import Happened, Run, Stop
from ringround.journeys.rules.values import Event
from ringround.kernel.ids import parse_id

log = logging.getLogger(__name__)

_MANY = "contacts.list.contacts_changed"
# As many contacts of imports are taken in one transaction.
CONTACTS = 5_000
# Under which events that were passed over are counted, of no version, by day; and for how long that is told.
PASSED_OVER = "passed_over"
TOLD = timedelta(days=30)
_CONTACT = frozenset({"contacts.contact.changed", _MANY, "contacts.contact.erased"})
# What became of a contact's agreement is told to all leads of it, on whatever campaign it was won.
_AGREEMENT = frozenset(TRIGGERS["agreement_changed"].events)
Asks = Callable[[str, UUID, str], bool]
Runs = dict[UUID, dict[UUID, tuple[Loaded, Run, dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Told:
    """An event of one lead. `campaign` in small letters, as graphs have it."""

    event: Event
    org_id: UUID
    lead_id: UUID
    campaign: str


def take(book: Book, limit: int, head: int) -> bool:
    """What the next events up to `head` cause; whether more wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM infra_cursor WHERE name = 'journeys' FOR UPDATE")
        reached = cursor.fetchone()[0]
    found = sql.rows("journeys", "events_next", after=reached, until=head, types=list(book.types), limit=limit)
    rows = _as_many(found)
    full = len(found) >= limit or len(rows) < len(found)
    try:
        in_halves(rows, lambda part: _hear(book, part), _passed_over, name=lambda row: ("event", row["id"]))
    except Held as held:
        # What came before it is done and stays so; whoever called commits that, and raises it.
        sql.run("journeys", "cursor_reach", name="journeys", seq=held.came[-1] if held.came else reached)
        raise
    sql.run("journeys", "cursor_reach", name="journeys", seq=rows[-1]["seq"] if full else head)
    return full


def _hear(book: Book, rows: Sequence[Mapping[str, Any]]) -> int:
    """Up to where they are heard then."""
    _not_sent(book, rows)
    if heard := list(told(rows, book.asks)):
        _remember(book, heard)
        carry_out(book, heard)
    return int(rows[-1]["seq"])


def _passed_over(row: Mapping[str, Any], fault: Exception) -> None:
    """An event that breaks what nobody foresaw is passed over, and told: all others are heard."""
    log.error("event %s (%s) is passed over", row["id"], row["type"], exc_info=fault)
    day = clock.now().date().isoformat()
    sql.run("journeys", "counts_add", versions=[0], nodes=[day], keys=[PASSED_OVER], ns=[1])


def _as_many(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first of these, as many as one transaction may do: an event of an import tells of thousands of contacts."""
    weight = 0
    for at, row in enumerate(rows):
        weight += row["data"].count(",") if row["type"] == _MANY else 0
        if weight > CONTACTS and at:
            return rows[:at]
    return rows


def _not_sent(book: Book, rows: Sequence[Mapping[str, Any]]) -> None:
    """Messages of steps that were queued and did not go after all: counted at their step, and a run that was to end
    there ends now. What was skipped as it was queued (its first event) the step itself has told."""
    late: list[tuple[UUID, UUID, str, str, str]] = []
    for row in rows:
        if row["type"] not in NOT_SENT or row["subject_no"] < 2:
            continue
        data = json.loads(row["data"])
        name, _, rest = str(data.get("key") or "").partition(":")
        run_id, node = parse_id(name), rest.rpartition(":")[0]
        if run_id is not None and node:
            outcome = row["type"].rpartition(".")[2]
            late.append((row["org_id"], run_id, node, outcome, str(data.get("reason") or "")))
    if not late:
        return
    now = clock.now()
    names = ("orgs", "runs", "nodes", "outcomes", "reasons")
    columns = dict(zip(names, (list(column) for column in zip(*late, strict=True)), strict=True))
    noted = sql.rows("journeys", "log_add_late", now=now, **columns)
    if not noted:
        return
    sql.run(
        "journeys", "counts_add", versions=[one["version_id"] for one in noted], nodes=[one["node"] for one in noted],
        keys=[f"{one['outcome']}:{one['reason']}" for one in noted], ns=[1 for _ in noted],
    )  # fmt: skip
    ends: dict[UUID, str] = {}
    for one in noted:
        loaded = book.get(one["version_id"])
        step = loaded.graph.steps.get(one["node"]) if loaded is not None else None
        if step is not None and one["outcome"] == "skipped" and step.params.get("on_skip") == "exit":
            ends.setdefault(one["run_id"], one["reason"])
    items = []
    for row in sql.rows("journeys", "runs_lock", runs=list(ends)) if ends else ():
        if (loaded := book.get(row["version_id"])) is not None:
            run, kept = run_of(row)
            items.append(Item(loaded, row["lead_id"], run, Stop(ends[row["id"]], how="skipped"), kept=kept))
    Batch(now).run(items)


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
        elif "error" in kept:
            continue
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
        if loaded is not None:
            # One that is parked hears nothing but that its lead is gone.
            found.setdefault(row["lead_id"], {})[row["id"]] = (loaded, *run_of(row))
    return found


def told(rows: Sequence[Mapping[str, Any]], asks: Asks) -> Iterable[Told]:
    """What rows of the log tell of leads. `asks(kind, organisation, campaign)`: whether such an event is of interest.
    Also for the simulation of what has been."""
    parsed = [(row, json.loads(row["data"])) for row in rows]
    told_of = {id for row, data in parsed for one in _contacts(row, data) if (id := parse_id(one))}
    leads = campaigns.leads_of_contacts(sorted(told_of)) if told_of else {}
    for row, data in parsed:
        yield from _told_of(asks, row, data, leads)


def _told_of(
    asks: Asks, row: Mapping[str, Any], data: Mapping[str, Any], leads: Mapping[UUID, Sequence[tuple[UUID, UUID]]]
) -> Iterable[Told]:
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
        return
    if row["type"] in _AGREEMENT:
        for one in filter(None, map(parse_id, _contacts(row, data))):
            for lead_id, campaign_id in leads.get(one, ()):
                if asks(row["type"], row["org_id"], str(campaign_id)):
                    yield Told(event, row["org_id"], lead_id, str(campaign_id))
        return
    found = row["subject_id"] if row["subject_type"] == "lead" else parse_id(data.get("lead"))
    campaign = str(data.get("campaign") or "").lower()
    kind = RECEIVED if row["type"] == ANSWERED else row["type"]
    if found is not None and asks(kind, row["org_id"], campaign):
        if row["type"] == ANSWERED:
            # Told by campaigns, which has found whose answer it is.
            event = replace(event, type=RECEIVED, text=text_of(data.get("message")))
        yield Told(event, row["org_id"], found, campaign)


def _contacts(row: Mapping[str, Any], data: Mapping[str, Any]) -> Sequence[str]:
    """The contacts that an event names, where it is they whom it concerns."""
    if row["type"] in _AGREEMENT:
        return [data["contact"]] if data.get("contact") else []
    return data.get("contacts") or [] if row["type"] in _CONTACT else []


def _columns(row: Mapping[str, Any], data: Mapping[str, Any]) -> dict[UUID, list[str]] | None:
    """Which columns an import has changed, by contact: its event tells of many at once, and leaves that out."""
    import_id = parse_id(data.get("import"))
    if row["type"] != _MANY or import_id is None:
        return None
    return contacts.columns_changed(
        import_id=import_id, contact_ids=[id for one in data["contacts"] if (id := parse_id(one))]
    )


def _remember(book: Book, told: Sequence[Told]) -> None:
    """What conditions of its organisation count is kept, as long as they count back; what is kept of leads that are
    gone goes."""
    kept, until = [], []
    for one in told:
        within = book.counted.get(one.event.type, {}).get(one.org_id)
        if within is not None:
            kept.append(one)
            until.append(one.event.at + within)
    if kept:
        sql.run(
            "journeys", "heard_add", leads=[one.lead_id for one in kept], times=[one.event.at for one in kept],
            until=until,
            events=[json.dumps(event_written(replace(one.event, text=None)), default=str) for one in kept],
        )  # fmt: skip
    gone = [one.lead_id for one in told if one.event.type in GONE]
    if gone:
        Outbox.objects.filter(lead_id__in=gone).delete()
        Intake.objects.filter(lead_id__in=gone).delete()
        Heard.objects.filter(lead_id__in=gone).delete()
