"""What an upper room does to leads by itself (journeys), many at once: the rules, gates and events of the single
actions, with one read of the leads and one write for each campaign.

A step is refused by itself and never by an exception: it comes back `skipped` or `failed` with its reason, or `later`
while a call is under way on its lead, or on the one that it places its contact on. In the caller's transaction:

1. What concerns the contact and not the lead (suppression, contact fields): those locks come before all others.
2. The campaigns that leads are placed on, then the agents who are given leads, then the leads by id.
3. The steps in waves, so that one lead has at most one in each; a wave is one write for each campaign.
4. Placing on other campaigns.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.campaigns.actions.apply.one_lead import change
from ringround.campaigns.actions.apply.steps import (
    ACTIONS,
    AFTER_CALL,
    OF_CONTACT,
    PLACING,
    LeadStep,
    Refused,
    Stepped,
    note_of,
    opens,
    shown_of,
    told_of,
)
from ringround.campaigns.actions.callbacks import Promise, callbacks_follow, promise
from ringround.campaigns.actions.changes import leads_reset
from ringround.campaigns.actions.notes import timeline_add
from ringround.campaigns.actions.place_on import Placed, Places, Placing
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.queries.access import is_agent
from ringround.campaigns.queries.dispositions import form_fields_of
from ringround.campaigns.queries.plan_facts import Plan, plan_known
from ringround.campaigns.rules.forms import FieldSpec, parse_answers
from ringround.campaigns.rules.lead import LeadFacts
from ringround.contacts import actions as contacts_do
from ringround.contacts.actions import contacts_keep
from ringround.infra import audit, sql
from ringround.kernel.calendar import find_zone
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.orgs import queries as orgs

__all__ = ["LeadStep", "Stepped", "leads_apply"]

MOMENT = timedelta(seconds=1)
FALLBACK = timedelta(minutes=5)


def leads_apply(*, changes: Sequence[LeadStep], now: datetime) -> list[Stepped]:
    """Carry out the steps, for each lead in their order; what became of each, in their order."""
    if not changes:
        return []
    with transaction.atomic():
        return _Apply(changes, now).run()


class _Apply:
    """One batch. Steps go by their place in it, `at`."""

    def __init__(self, steps: Sequence[LeadStep], now: datetime) -> None:
        self.steps, self.now = steps, now
        self.done: dict[int, Stepped] = {}
        self.placed: dict[int, Placed] = {}
        self.plans: dict[UUID, Plan] = {}
        self.forms: dict[UUID, list[FieldSpec]] = {}
        self.counts: Counter[tuple[UUID, str, str]] = Counter()

    def run(self) -> list[Stepped]:
        leads = list({one.lead_id for one in self.steps})
        named = {row["id"]: row for row in sql.rows("campaigns", "leads_named", leads=leads)}
        for at, step in enumerate(self.steps):
            row = named.get(step.lead_id)
            if row is None or row["merchant_id"] != step.org_id:
                self._end(at, "skipped", "lead_gone")
            elif step.action not in ACTIONS:
                self._end(at, "failed", "unknown_action")
        # 1.
        for at in self._left(OF_CONTACT):
            self._of_contact(at, named[self.steps[at].lead_id])
        # 2.
        placings = {at: _placing(at, self.steps[at], named[self.steps[at].lead_id]) for at in self._left(PLACING)}
        places = Places(list(placings.values()), self.now)
        places.lock()
        users = [self.steps[at].params.get("user") for at in self._left(frozenset({"assign"}))]
        if users:
            sql.rows("campaigns", "agents_lock", users=[one for one in users if one is not None])
        ids = {self.steps[at].lead_id for at in self._left()} | set(places.there.values())
        rows = self._lock(ids)
        # 3.
        first = True
        for wave in self._waves():
            rows = rows if first else self._lock({self.steps[at].lead_id for at in wave})
            first = False
            wave = [at for at in wave if self._may(at, rows.get(self.steps[at].lead_id))]
            mine = [placings[at] for at in wave if at in placings]
            self.placed = places.put(mine) if mine else {}
            self._busy_there(mine)
            wave = [at for at in wave if at not in self.done]
            by_campaign: dict[UUID, list[int]] = {}
            for at in wave:
                by_campaign.setdefault(rows[self.steps[at].lead_id]["campaign_id"], []).append(at)
            for campaign_id in sorted(by_campaign):
                self._wave(self.plans[campaign_id], by_campaign[campaign_id], rows)
            self._there_already(places, [one for one in self._there(mine) if self.done[one.at].outcome == "ok"])
        self._audit()
        return [self.done[at] for at in range(len(self.steps))]

    # --- which, and in which order --------------------------------------------------------------

    def _left(self, actions: frozenset[str] | None = None) -> list[int]:
        return [
            at
            for at, step in enumerate(self.steps)
            if at not in self.done and (actions is None or step.action in actions)
        ]

    def _waves(self) -> list[list[int]]:
        waves: list[list[int]] = []
        seen: Counter[UUID] = Counter()
        for at in self._left():
            lead = self.steps[at].lead_id
            if seen[lead] == len(waves):
                waves.append([])
            waves[seen[lead]].append(at)
            seen[lead] += 1
        return waves

    def _lock(self, ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
        rows = {row["id"]: row for row in sql.rows("campaigns", "leads_lock", leads=sorted(ids))}
        wanted = {row["campaign_id"] for row in rows.values()} - self.plans.keys()
        for mark in sql.rows("campaigns", "plan_marks", campaigns=list(wanted)) if wanted else ():
            self.plans[mark["id"]] = plan_known(
                campaign_id=mark["id"], version=mark["version"], state=mark["state"], member_id=None, live=True
            )
        return rows

    def _may(self, at: int, row: Mapping[str, Any] | None) -> bool:
        """Whether the step may be tried at all; else it is ended here."""
        step = self.steps[at]
        if row is None:
            self._end(at, "skipped", "lead_gone")
        elif row["call_id"] is not None and step.action in AFTER_CALL:
            self._later(at, row)
        elif step.status is not None and row["status"] != step.status:
            self._end(at, "skipped", "status_changed")
        else:
            return True
        return False

    def _later(self, at: int, row: Mapping[str, Any]) -> None:
        """The lease's end is the latest moment; whoever waits also sees what is said before."""
        until = row["reserved_until"] or self.now + FALLBACK
        self.done[at] = Stepped(self.steps[at].key, "later", "in_call", max(until, self.now) + MOMENT)

    def _end(self, at: int, outcome: str, reason: str = "", lead_id: UUID | None = None) -> None:
        self.done[at] = Stepped(self.steps[at].key, outcome, reason, None, lead_id)

    # --- a wave on one campaign -----------------------------------------------------------------

    def _wave(self, plan: Plan, wave: Sequence[int], rows: Mapping[UUID, Mapping[str, Any]]) -> None:
        steps = {at: self.steps[at] for at in wave}
        writer = Writer(plan, self.now, causes={step.lead_id: step.cause for step in steps.values()})
        alive = self._alive([rows[steps[at].lead_id] for at in wave if opens(steps[at], rows[steps[at].lead_id])])
        agent = cache(partial(is_agent, plan=plan))
        followed: list[tuple[LeadFacts, Promise]] = []
        resets: list[LeadFacts] = []
        answered: list[tuple[UUID, dict[str, Any]]] = []
        for at, step in steps.items():
            row = rows[step.lead_id]
            try:
                with writer.attempt(row, writes=False) as lead:
                    before = promise(lead)
                    if step.action == "reset":
                        if row["contact_id"] not in alive:
                            raise Refused("skipped", "contact_gone")
                        resets.append(lead)
                    elif step.action == "set_field":
                        answered.append((lead.id, self._answer(plan, lead, step.params)))
                    else:
                        change(writer, lead, step, agent, alive=row["contact_id"] in alive, placed=self.placed.get(at))
                        followed.append((lead, before))
            except Refused as why:
                self._end(at, why.outcome, why.reason)
            except (Conflict, Invalid) as wrong:
                self._end(at, "failed", wrong.errors[0].code if isinstance(wrong, Invalid) else wrong.code)
            else:
                made = self.placed[at].made if at in self.placed else None
                self._end(at, "ok", "", made)
                if step.action == "note":
                    writer.tell(lead, "note", "", params=shown_of(step), text=note_of(step), ref=step.ref)
                else:
                    writer.tell(lead, "journey", f"journey_{step.action}", params=told_of(step), ref=step.ref)
                self.counts[plan.id, str((step.cause or {}).get("journey", "")), step.action] += 1
        if resets:
            leads_reset(writer, resets, tell=False)
        if answered:
            sql.run(
                "campaigns", "answers_put_by", ids=[new_id() for _ in answered], leads=[one for one, _ in answered],
                at=self.now, user=None, why="journey", answers=[json.dumps(values) for _, values in answered],
            )  # fmt: skip
        callbacks_follow(writer, followed)
        writer.flush()

    def _alive(self, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
        return set(contacts_keep(contact_ids=[row["contact_id"] for row in rows])) if rows else set()

    def _there(self, mine: Sequence[Placing]) -> list[Placing]:
        """Those that are leads of the other campaign already, and are to be updated or reset there."""
        return [
            one
            for one in mine
            if one.duplicate != "skip" and self.placed[one.at].there not in (None, self.steps[one.at].lead_id)
        ]  # fmt: skip

    def _busy_there(self, mine: Sequence[Placing]) -> None:
        """What cannot be done there is not begun here: a lead that is moved is not closed for nothing."""
        asked = {one.at: there for one in self._there(mine) if (there := self.placed[one.at].there) is not None}
        rows = self._lock(set(asked.values())) if asked else {}
        alive = self._alive(list(rows.values()))
        for at, there in asked.items():
            row = rows.get(there)
            if row is None or row["contact_id"] not in alive:
                self._end(at, "skipped", "contact_gone")
            elif row["call_id"] is not None:
                self._later(at, row)

    def _there_already(self, places: Places, mine: Sequence[Placing]) -> None:
        """Those leads of the other campaign, updated or reset."""
        rows = self._lock({one_id for one in mine if (one_id := self.placed[one.at].there) is not None}) if mine else {}
        by_lead = {self.placed[one.at].there: one for one in mine}
        for campaign_id in sorted({row["campaign_id"] for row in rows.values()}):
            plan = self.plans[campaign_id]
            here = [row for row in rows.values() if row["campaign_id"] == campaign_id]
            times = places.times(plan, [by_lead[row["id"]] for row in here])
            writer = Writer(plan, self.now, causes={row["id"]: by_lead[row["id"]].cause for row in here})
            resets: list[LeadFacts] = []
            followed: list[tuple[LeadFacts, Promise]] = []
            for row in here:
                one = by_lead[row["id"]]
                lead = writer.open(row)
                if one.duplicate == "reset":
                    resets.append(lead)
                elif lead.open:
                    before = promise(lead)
                    lead.next_contact_at = times[one.at] or lead.next_contact_at
                    followed.append((lead, before))
                self._end(one.at, "ok", "", lead.id)
            if resets:
                leads_reset(writer, resets, tell=False)
                for lead in resets:
                    lead.next_contact_at = times[by_lead[lead.id].at]
                    writer.tell(lead, "journey", "journey_reset", params={"by": self.steps[by_lead[lead.id].at].by})
            callbacks_follow(writer, followed)
            writer.flush()

    def _answer(self, plan: Plan, lead: LeadFacts, params: Mapping[str, Any]) -> dict[str, Any]:
        form = self.forms.get(plan.id)
        if form is None:
            form = self.forms[plan.id] = form_fields_of(campaign_id=plan.id)
        values = parse_answers(
            form,
            {params["key"]: params.get("value")},
            required=False,
            zone=find_zone(plan.timezone),
            before=lead.result,
        )
        lead.result = {**lead.result, **values}
        return values

    # --- of the contact -------------------------------------------------------------------------

    def _of_contact(self, at: int, row: Mapping[str, Any]) -> None:
        """Suppression and contact fields: another room's action, which may refuse in its own words."""
        step = self.steps[at]
        actor = orgs.system_actor(organisation_id=step.org_id)
        try:
            with transaction.atomic():
                if step.action == "suppress":
                    contacts_do.suppression_add(
                        actor=actor, value=str(row["contact_id"]), kind="contact",
                        channel=step.params.get("channel", "any"),
                        scope=row["campaign_id"] if step.params.get("scope") == "campaign" else "organisation",
                        source=step.by,
                    )  # fmt: skip
                else:
                    contacts_do.contact_change(
                        actor=actor, contact_id=row["contact_id"],
                        fields={step.params["field"]: step.params.get("value")}, cause=step.cause,
                    )  # fmt: skip
        except NotFound:
            self._end(at, "skipped", "contact_gone")
        except (Conflict, Invalid) as wrong:
            self._end(at, "failed", wrong.errors[0].code if isinstance(wrong, Invalid) else wrong.code)
        else:
            self._end(at, "ok")
            timeline_add(
                lead_id=step.lead_id, kind="journey", key=f"journey_{step.action}", params=told_of(step), ref=step.ref
            )

    def _audit(self) -> None:
        """One row for all that the same did to leads of a campaign in this batch."""
        for (campaign_id, journey, what), count in self.counts.items():
            plan = self.plans[campaign_id]
            audit.write(
                actor=orgs.system_actor(organisation_id=plan.merchant_id), action="campaigns.leads.changed",
                org_id=plan.merchant_id, subject_type="campaign", subject_id=campaign_id,
                data={"count": count, "fields": [what], "journey": journey},
            )  # fmt: skip


def _placing(at: int, step: LeadStep, row: Mapping[str, Any]) -> Placing:
    params = step.params
    return Placing(
        at=at, campaign_id=params["campaign"], contact_id=row["contact_id"], org_id=step.org_id,
        next_contact_at=params.get("next_contact_at"), days=params.get("days"),
        duplicate=params.get("duplicate", "skip"), cause=step.cause,
    )  # fmt: skip
