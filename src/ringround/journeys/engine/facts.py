"""What runs are decided on: leads as they are now, read for all of a batch at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ringround.campaigns import queries as campaigns
from ringround.infra import sql
from ringround.journeys.engine.book import Loaded
from ringround.journeys.engine.rows import event_read
from ringround.journeys.rules.match import matcher
from ringround.journeys.rules.values import Event, Scope
from ringround.kernel.calendar import find_zone

_UTC = ZoneInfo("UTC")
Wanted = Sequence[tuple[Loaded, UUID]]


class Facts:
    """Read what versions ask about leads; `of` gives it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._leads: dict[UUID, dict[str, Any]] = {}
        self._asked: set[UUID] = set()
        self._with_contact: set[UUID] = set()
        self._counts: dict[UUID, dict[str, int]] = {}

    def read(self, wanted: Wanted, *, again: bool = False) -> None:
        """Read what is not there yet; `again`: what has been there may have changed."""
        if not wanted:
            return
        whole = {lead for loaded, lead in wanted if loaded.contacts}
        bare = {lead for _, lead in wanted} - whole
        if not again:
            whole -= self._with_contact
            bare -= self._asked
        for ids, contacts in ((whole, True), (bare, False)):
            if ids:
                found = campaigns.leads_facts(sorted(ids), contacts=contacts)
                for id in ids:
                    self._leads.pop(id, None)
                self._leads |= found
                self._asked |= ids
                self._with_contact = self._with_contact | ids if contacts else self._with_contact - ids
        shut = {lead for loaded, lead in wanted if loaded.windows and lead in self._leads}
        if shut:
            for lead, windows in campaigns.leads_windows(sorted(shut)).items():
                self._leads[lead]["windows"] = windows
        counted: dict[UUID, set[Loaded]] = {}
        for loaded, lead in wanted:
            if loaded.graph.counts and lead in self._leads:
                counted.setdefault(lead, set()).add(loaded)
        if counted:
            self._count(counted)

    def of(self, loaded: Loaded, lead_id: UUID) -> dict[str, Any] | None:
        """The lead's facts; None where it is gone, or is not of the journey's organisation."""
        found = self._leads.get(lead_id)
        return found if found is not None and found["org"] == str(loaded.org_id) else None

    def _count(self, wanted: Mapping[UUID, set[Loaded]]) -> None:
        counts = [one for versions in wanted.values() for loaded in versions for one in loaded.graph.counts]
        since = min(one.within.before(self.now, _UTC) for one in counts)
        heard: dict[UUID, list[Event]] = {}
        for row in sql.rows("journeys", "heard", leads=sorted(wanted), since=since):
            heard.setdefault(row["lead_id"], []).append(event_read(json.loads(row["event"])))
        for lead, versions in wanted.items():
            facts = self._leads[lead]
            zone = find_zone(facts["zone"]) or _UTC
            found: dict[str, int] = {}
            for loaded in versions:
                for one in loaded.graph.counts:
                    fits = matcher(one.event, one.params)
                    first = one.within.before(self.now, zone)
                    found[one.key] = sum(
                        event.at > first and fits(event, Scope(facts, event, self.now, zone))
                        for event in heard.get(lead, ())
                    )
            facts["counts"] = {**facts.get("counts", {}), **found}
