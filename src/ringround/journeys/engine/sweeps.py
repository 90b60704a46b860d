"""What is done to many, a batch at a time; each batch moves the sweep's own cursor in its transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from ringround.campaigns import queries as campaigns
from ringround.infra import clock, sql
from ringround.journeys.engine import unread
from ringround.journeys.engine.book import Book, Loaded
from ringround.journeys.engine.entering import Candidate, entering
from ringround.journeys.engine.facts import Facts
from ringround.journeys.engine.rows import run_of
from ringround.journeys.engine.work import Batch, Carry, Item
from ringround.journeys.models import Journey, Sweep
from ringround.journeys.rules.entry import in_audience, next_scheduled
from ringround.journeys.rules.run import Stop
from ringround.kernel.calendar import find_zone

FIRST_ID = UUID(int=0)
NOT_READ = timedelta(hours=1)
_UTC = ZoneInfo("UTC")


def next_after(served: UUID) -> UUID | None:
    """Whose turn it is: one after the other, so that a large one of somebody's keeps nobody else waiting. Those of a
    journey that is held wait until it goes on; runs are ended all the same."""
    waiting = Sweep.objects.filter(Q(kind="stop") | ~Q(journey__state="paused"), state="running").order_by("id")
    found = waiting.filter(id__gt=served).values_list("id", flat=True).first()
    return found or waiting.values_list("id", flat=True).first()


def take(book: Book, sweep_id: UUID, limit: int) -> bool:
    """The next batch of this sweep; whether more may wait."""
    sweep = Sweep.objects.select_for_update(of=("self",)).filter(id=sweep_id, state="running").first()
    if sweep is None:
        return True
    now = clock.now()
    done = _runs(book, sweep, now, limit) if sweep.kind in ("stop", "migrate") else _leads(book, sweep, now, limit)
    if done:
        sweep.state = Sweep.State.DONE
    sweep.save(update_fields=["version_id", "after", "looked_at", "entered", "state", "params"])
    return True


def _leads(book: Book, sweep: Sweep, now: datetime, limit: int) -> bool:
    """Leads let in that fit; whether that was the last of them."""
    loaded = book.current(sweep.journey_id)
    if loaded is None or (sweep.kind == "schedule" and loaded.graph.document.trigger.type != "schedule"):
        return True
    # Published anew meanwhile: the rest enter as whoever enters now does.
    sweep.version_id = loaded.id
    ids = campaigns.leads_after(
        campaign_ids=[UUID(one) for one in sorted(loaded.graph.campaigns)], org_id=loaded.org_id, after=sweep.after,
        size=limit,
    )  # fmt: skip
    facts = Facts(now)
    items = entering([Candidate(loaded, one, None) for one in audience(loaded, ids, facts, now)], facts, now)
    Batch(now).run(items, facts)
    sweep.looked_at += len(ids)
    sweep.entered += len(items)
    if ids:
        sweep.after = ids[-1]
    return len(ids) < limit


def audience(loaded: Loaded, ids: list[UUID], facts: Facts, now: datetime) -> list[UUID]:
    """Those that the schedule's audience fits; without one all."""
    if loaded.graph.document.trigger.type != "schedule" or not ids:
        return ids
    facts.read([(loaded, one) for one in ids])
    return [
        one for one in ids if (about := facts.of(loaded, one)) is not None and in_audience(loaded.graph, about, now)
    ]  # fmt: skip


def _runs(book: Book, sweep: Sweep, now: datetime, limit: int) -> bool:
    """Runs ended, or taken over to the sweep's version; whether those were the last."""
    versions = sweep.params["versions"]
    page = sql.rows("journeys", "runs_of_version", versions=versions, after=sweep.after, limit=limit)
    ids = [row["id"] for row in page]
    to = book.get(sweep.version_id)
    items: list[Item] = []
    for row in sql.rows("journeys", "runs_lock", runs=ids) if ids else ():
        loaded = book.get(row["version_id"])
        if loaded is None and sweep.kind == "stop":
            unread.end([row], sweep.params.get("reason", "stopped"), now)
        if loaded is None or (sweep.kind == "migrate" and to is None):
            continue
        run, kept = run_of(row)
        wake: Any = Stop(sweep.params.get("reason", "stopped"))
        if sweep.kind == "migrate" and to is not None:
            wake = Carry(to, sweep.params.get("targets") or {})
        items.append(Item(loaded, row["lead_id"], run, wake, kept=kept))
    Batch(now).run(items)
    sweep.looked_at += len(ids)
    sweep.entered += len(items)
    if ids:
        sweep.after = ids[-1]
    return len(ids) < limit


def schedule(book: Book) -> bool:
    """Journeys whose time has come: a sweep begins, and the next time is reckoned. One that was slept over is one."""
    now = clock.now()
    due = Journey.objects.select_for_update().filter(state="published", next_at__lte=now).order_by("id")[:100]
    for journey in due:
        loaded = book.current(journey.id)
        if loaded is not None:
            Sweep.objects.create(journey=journey, version_id=loaded.id, kind="schedule", at=now, after=FIRST_ID)
            journey.next_at = next_of(loaded, now)
        else:
            # This release cannot read it. Another may: its calendar is not forgotten.
            journey.next_at = now + NOT_READ
        journey.save(update_fields=["next_at"])
    return bool(due)


def next_of(loaded: Loaded, now: datetime) -> datetime | None:
    """When the journey's schedule comes next; None where it has none."""
    return next_scheduled(loaded.graph, now, zone_of_journey(loaded))


def zone_of_journey(loaded: Loaded) -> ZoneInfo:
    """Where a journey's own times are told: as it says, else where its first campaign is."""
    if loaded.graph.zone is not None:
        return loaded.graph.zone
    for one in sorted(loaded.graph.campaigns):
        found = campaigns.campaign_zone(campaign_id=UUID(one))
        if found:
            return find_zone(found) or _UTC
    return _UTC
