"""Who enters: whether an event is what a journey waits for, its entry condition, whether the lead may come again."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ringround.campaigns import queries as campaigns
from ringround.infra import sql
from ringround.journeys.engine.book import Loaded
from ringround.journeys.engine.facts import Facts
from ringround.journeys.engine.work import Item
from ringround.journeys.rules.entry import Before, Refused, admits, depth_of, may_enter
from ringround.journeys.rules.run import DEEPEST_CAUSE, Enter, Run
from ringround.journeys.rules.values import Event, Scope, zone_of
from ringround.kernel.ids import new_id

log = logging.getLogger(__name__)

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead that may enter a version, and what has happened to it; None: by hand, by the calendar, by a journey."""

    loaded: Loaded
    lead_id: UUID
    event: Event | None
    cause: Mapping[str, Any] | None = None

    @property
    def depth(self) -> int:
        if self.event is not None or self.cause is None:
            return depth_of(self.event)
        found = self.cause.get("depth")
        return found + 1 if isinstance(found, int) else 1


class _Unread(Exception):
    """A trigger asks about the lead, whose facts have not been read."""


class _NoFacts(Mapping[str, Any]):
    """Says when it is asked: most events are told apart without reading anything."""

    def __getitem__(self, name: str) -> Any:
        raise _Unread

    def get(self, key: str, default: Any = None) -> Any:
        raise _Unread

    def __iter__(self) -> Any:
        raise _Unread

    def __len__(self) -> int:
        raise _Unread


_NO_FACTS = _NoFacts()


def entering(candidates: Sequence[Candidate], facts: Facts, now: datetime) -> list[Item]:
    """The runs that begin. What was read of their leads stays in `facts`.

    1. What the event alone tells: that it is not what the trigger waits for.
    2. The lead: of the campaign and the organisation, what the trigger asks about it, whether journeys start each other
       without end, the entry condition. Once.
    3. Whether it may come again.
    """
    asked = [one for one in candidates if _may_be(one, now)]
    if not asked:
        return []
    facts.read([(one.loaded, one.lead_id) for one in asked])
    fit = []
    for one in asked:
        found = facts.of(one.loaded, one.lead_id)
        try:
            why = admits(one.loaded.graph, one.event, found, now) if found is not None else Refused.SCOPE
        except Exception:
            _broken(one)
            continue
        if why is Refused.TOO_DEEP or (why is None and one.depth > DEEPEST_CAUSE):
            _alarm(one)
        elif why is None:
            fit.append(one)
    if not fit:
        return []
    before = _Before(fit, facts)
    items: list[Item] = []
    for one in fit:
        found = facts.of(one.loaded, one.lead_id) or {}
        graph = one.loaded.graph
        if may_enter(graph, before.of(one), now, zone_of(found, graph.zone)) is not None:
            continue
        before.enters(one, now)
        run = Run(id=str(new_id()), started_at=now, depth=one.depth)
        items.append(Item(one.loaded, one.lead_id, run, Enter(one.event), fresh=True))
    return items


def _may_be(one: Candidate, now: datetime) -> bool:
    trigger = one.loaded.graph.trigger
    if one.event is None or trigger is None:
        return True
    try:
        return trigger(one.event, Scope(_NO_FACTS, one.event, now, _UTC))
    except _Unread:
        return True
    except Exception:
        _broken(one)
        return False


def _alarm(one: Candidate) -> None:
    """Journeys that start each other without end: this one stops here; the log and the figures say so."""
    log.error("journey %s was started by journeys that start each other without end", one.loaded.journey_id)
    _refused(one, Refused.TOO_DEEP)


def _broken(one: Candidate) -> None:
    """What a journey asks breaks on this lead or event: it does not enter, and everybody else goes on."""
    log.exception("whether a lead enters version %s cannot be told", one.loaded.id)
    _refused(one, "error")


def _refused(one: Candidate, why: str) -> None:
    sql.run("journeys", "counts_add", versions=[one.loaded.id], nodes=[""], keys=[f"refused:{why}"], ns=[1])


class _Before:
    """When leads have been through journeys, and are. With the key `contact`, the contact's other leads count too."""

    def __init__(self, candidates: Sequence[Candidate], facts: Facts) -> None:
        self._group: dict[UUID, tuple[UUID, ...]] = {}
        of_contact: dict[UUID, UUID] = {}
        for one in candidates:
            if one.loaded.graph.document.settings.key == "contact":
                found = facts.of(one.loaded, one.lead_id)
                assert found is not None
                of_contact[one.lead_id] = UUID(found["contact_id"])
        if of_contact:
            leads = campaigns.leads_of_contacts(sorted(set(of_contact.values())))
            self._group = {
                lead: tuple(other for other, _ in leads.get(contact, ())) for lead, contact in of_contact.items()
            }
        self._live: dict[tuple[UUID, UUID], list[datetime]] = {}
        self._ended: dict[tuple[UUID, UUID], tuple[int, datetime, datetime]] = {}
        all_leads = {one.lead_id for one in candidates} | {lead for group in self._group.values() for lead in group}
        journeys = {one.loaded.journey_id for one in candidates}
        for row in sql.rows("journeys", "live_runs", leads=sorted(all_leads), journeys=sorted(journeys)):
            self._live.setdefault((row["lead_id"], row["journey_id"]), []).append(row["entered_at"])
        for row in sql.rows("journeys", "been_through", leads=sorted(all_leads), journeys=sorted(journeys)):
            self._ended[row["lead_id"], row["journey_id"]] = row["runs"], row["entered_at"], row["ended_at"]

    def of(self, one: Candidate) -> Before:
        """What counts as before for this candidate."""
        leads = self._group.get(one.lead_id, (one.lead_id,)) or (one.lead_id,)
        keys = [(lead, one.loaded.journey_id) for lead in leads]
        live = [at for key in keys for at in self._live.get(key, ())]
        ended = [self._ended[key] for key in keys if key in self._ended]
        entered = [*live, *(at for _, at, _ in ended)]
        return Before(
            runs=len(live) + sum(count for count, _, _ in ended),
            running=bool(live),
            last_started_at=max(entered, default=None),
        )

    def enters(self, one: Candidate, now: datetime) -> None:
        self._live.setdefault((one.lead_id, one.loaded.journey_id), []).append(now)
