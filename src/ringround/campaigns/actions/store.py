"""Writing leads: the one place where a lead's row, its events, counts, timeline and placement are saved together.

A `Writer` gathers the changes of one transaction and writes them in a few statements, for one lead or thousands.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.campaigns.queries.packs import packs_of
from ringround.campaigns.queries.plan_facts import Plan
from ringround.campaigns.queries.rows import facts
from ringround.campaigns.queries.whereabouts import kept_of, numbers_left
from ringround.campaigns.rules.dispose import without_numbers
from ringround.campaigns.rules.lead import LeadFacts
from ringround.campaigns.rules.place import NO_PACKS, place
from ringround.contacts.queries import contacts_for_leads
from ringround.infra import events, sql
from ringround.kernel.errors import RingroundError
from ringround.kernel.ids import new_id
from ringround.orgs.actor import Actor

# Every column that a change may touch, with its type for the one UPDATE that writes many rows.
_TYPES = {
    "status": "text", "active": "boolean", "attempts": "int", "priority": "smallint", "urgent_at": "timestamptz",
    "position": "bigint", "assigned_to_id": "uuid", "owner_id": "uuid", "next_contact_at": "timestamptz",
    "no_callback_at": "timestamptz", "snoozed_until": "timestamptz", "expires_at": "timestamptz", "expired": "boolean",
    "last_contacted_by_id": "uuid", "last_contacted_at": "timestamptz", "result": "jsonb", "engaged": "boolean",
    "reserved_by_id": "uuid", "reserved_until": "timestamptz", "reserved_at": "timestamptz", "handout_rule": "text",
    "call_id": "uuid", "unsaid_call_id": "uuid", "suppressed": "boolean", "deactivated": "boolean",
    "numbers": "text[]", "order_text": "text", "callback_due_at": "timestamptz", "zone_id": "int", "event_no": "bigint",
    "queue": "smallint", "for_agent": "uuid", "rank": "bigint", "rank_text": "text", "turn_at": "timestamptz",
}  # fmt: skip
_PLACED = ("queue", "for_agent", "rank", "rank_text", "turn_at")
# Through unnest a JSON value goes as its text and a list as one text with commas (an E.164 number has none).
_SENT = {"jsonb": "text", "text[]": "text"}
_READ = {"result": "v.result::jsonb", "numbers": "string_to_array(v.numbers, ',')"}
_WRITE = sql.Statement(
    """
    WITH mine AS (
        -- In one order for all, so that two who end leases cannot wait for each other.
        SELECT merchant_id, number FROM campaigns_number_hold WHERE lead_id = ANY(%(freed)s::uuid[])
        ORDER BY merchant_id, number FOR UPDATE
    ), freed AS (
        DELETE FROM campaigns_number_hold h USING mine WHERE h.merchant_id = mine.merchant_id AND h.number = mine.number
    ), logged AS (
        INSERT INTO campaigns_handout_log
            (id, campaign_id, lead_id, user_id, what, rule, at, passed_over, reason, xid, snapshot)
        SELECT id, %(campaign)s::uuid, lead, agent, what, '', %(now)s::timestamptz, '{}', reason,
            pg_current_xact_id()::text::bigint, ''
        FROM unnest(%(log_id)s::uuid[], %(log_lead)s::uuid[], %(log_user)s::uuid[], %(log_what)s::text[],
            %(log_reason)s::text[]) AS v (id, lead, agent, what, reason)
    ), told AS (
        INSERT INTO campaigns_timeline (id, lead_id, at, kind, key, params, text, ref_type, ref_id, by_id)
        SELECT id, lead, %(now)s::timestamptz, kind, key, params::jsonb, text, ref_type, ref_id, by
        FROM unnest(%(line_id)s::uuid[], %(line_lead)s::uuid[], %(line_kind)s::text[], %(line_key)s::text[],
            %(line_params)s::text[], %(line_text)s::text[], %(line_ref_type)s::text[], %(line_ref_id)s::uuid[],
            %(line_by)s::uuid[]) AS v (id, lead, kind, key, params, text, ref_type, ref_id, by)
    ), counted AS (
        INSERT INTO campaigns_count_delta (campaign_id, key, n)
        SELECT %(campaign)s::uuid, key, n FROM unnest(%(count_key)s::text[], %(count_n)s::int[]) AS v (key, n)
    )
    UPDATE campaigns_lead l SET """  # noqa: S608 - its parts are the constants above
    + ", ".join(f"{name} = {_READ.get(name, 'v.' + name)}" for name in _TYPES)
    + " FROM unnest(%(id)s::uuid[], "
    + ", ".join(f"%({name})s::{_SENT.get(kind, kind)}[]" for name, kind in _TYPES.items())
    + f") AS v (id, {', '.join(_TYPES)}) WHERE l.id = v.id"
)
_WRITE.prepared = True
# One lead with what belongs to one change of it: each value by itself, which the server takes in quicker than lists.
_FEW_COUNTS = 4
_WRITE_ONE = sql.Statement(
    """
    WITH mine AS (
        SELECT merchant_id, number FROM campaigns_number_hold WHERE lead_id = %(freed)s::uuid
        ORDER BY merchant_id, number FOR UPDATE
    ), freed AS (
        DELETE FROM campaigns_number_hold h USING mine WHERE h.merchant_id = mine.merchant_id AND h.number = mine.number
    ), logged AS (
        INSERT INTO campaigns_handout_log
            (id, campaign_id, lead_id, user_id, what, rule, at, passed_over, reason, xid, snapshot)
        SELECT %(log_id)s::uuid, %(campaign)s::uuid, %(log_lead)s::uuid, %(log_user)s::uuid, %(log_what)s::text, '',
            %(now)s::timestamptz, '{}', %(log_reason)s::text, pg_current_xact_id()::text::bigint, ''
        WHERE %(log_id)s::uuid IS NOT NULL
    ), told AS (
        INSERT INTO campaigns_timeline (id, lead_id, at, kind, key, params, text, ref_type, ref_id, by_id)
        SELECT %(line_id)s::uuid, %(line_lead)s::uuid, %(now)s::timestamptz, %(line_kind)s::text, %(line_key)s::text,
            %(line_params)s::jsonb, %(line_text)s::text, %(line_ref_type)s::text, %(line_ref_id)s::uuid,
            %(line_by)s::uuid
        WHERE %(line_id)s::uuid IS NOT NULL
    ), counted AS (
        INSERT INTO campaigns_count_delta (campaign_id, key, n)
        SELECT %(campaign)s::uuid, key, n FROM (VALUES """  # noqa: S608 - its parts are the constants above
    + ", ".join(f"(%(key_{at})s::text, %(n_{at})s::int)" for at in range(_FEW_COUNTS))
    + ") AS v (key, n) WHERE key IS NOT NULL)"
    + " UPDATE campaigns_lead SET "
    + ", ".join(f"{name} = %({name})s::{kind}" for name, kind in _TYPES.items())
    + " WHERE id = %(id)s::uuid"
)
_WRITE_ONE.prepared = True
_LOG = ("log_id", "log_lead", "log_user", "log_what", "log_reason")
_LINE = (
    "line_id", "line_lead", "line_kind", "line_key", "line_params", "line_text", "line_ref_type", "line_ref_id",
    "line_by",
)  # fmt: skip
# What a change of these fields is called in `campaigns.lead.updated` and on the timeline; the rest is inner.
_TOLD = (
    "active", "priority", "urgent_at", "position", "assigned_to_id", "owner_id", "next_contact_at", "snoozed_until",
    "expires_at", "result",
)  # fmt: skip


@dataclass(slots=True)
class Writer:
    """Gathers what one transaction does to leads of one campaign. `cause` says which event or run led here; `causes`
    the same by lead, where many are changed at once."""

    plan: Plan
    now: datetime
    actor: Actor | None = None
    cause: Mapping[str, Any] | None = None
    causes: Mapping[UUID, Mapping[str, Any] | None] = field(default_factory=dict)
    _before: dict[UUID, LeadFacts] = field(default_factory=dict)
    _leads: dict[UUID, LeadFacts] = field(default_factory=dict)
    _events: list[events.Record] = field(default_factory=list)
    _timeline: list[tuple[Any, ...]] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _freed: list[UUID] = field(default_factory=list)
    _log: list[tuple[UUID, UUID, UUID, str, str]] = field(default_factory=list)

    def open(self, row: Mapping[str, Any]) -> LeadFacts:
        """Begin to change the lead of a locked row; the changes are made on what comes back."""
        lead = facts(row)
        # A shallow copy serves: nothing changes a list or a dictionary of a lead in place.
        self._before[lead.id] = copy(lead)
        self._leads[lead.id] = lead
        return lead

    @contextmanager
    def attempt(self, row: Mapping[str, Any], *, writes: bool = True) -> Iterator[LeadFacts]:
        """As `open`, for a change that may be refused: then all that was gathered of it is dropped, and what was
        written taken back. Not `writes`: the change is known to write nothing, and needs no savepoint."""
        gathered: tuple[list[Any], ...] = (self._events, self._timeline, self._freed, self._log)
        kept, counts = [len(one) for one in gathered], Counter(self._counts)
        lead = self.open(row)
        try:
            if writes:
                with transaction.atomic():
                    yield lead
            else:
                yield lead
        except RingroundError:
            for one, length in zip(gathered, kept, strict=True):
                del one[length:]
            self._counts = counts
            del self._before[lead.id], self._leads[lead.id]
            raise

    def event(self, lead: LeadFacts, kind: str, /, **data: Any) -> None:
        """An event of this lead, in the order of the calls."""
        lead.event_no += 1
        self._events.append(
            events.Record(
                org_id=self.plan.merchant_id,
                also_org_id=self.plan.also_org_id,
                type=kind,
                subject_type="lead",
                subject_id=lead.id,
                subject_no=lead.event_no,
                at=self.now,
                data={"campaign": str(self.plan.id), **data},
                cause=self.causes.get(lead.id, self.cause),
            )
        )

    def tell(
        self,
        lead: LeadFacts,
        kind: str,
        key: str,
        *,
        params: Mapping[str, Any] | None = None,
        text: str = "",
        ref: tuple[str, UUID] | None = None,
        by: UUID | None = None,
    ) -> None:
        """A line of the lead's timeline."""
        user = by or (self.actor.user_id if self.actor else None)
        ref_type, ref_id = ref or ("", None)
        self._timeline.append((new_id(), lead.id, kind, key, json.dumps(params or {}), text, ref_type, ref_id, user))

    def count(self, key: str, n: int = 1) -> None:
        """Add to a count of the campaign (`attempts`); statuses, `engaged` and `tried` are counted by what changed."""
        self._counts[key] += n

    def free(self, lead: LeadFacts, what: str, *, user: UUID | None = None, reason: str = "") -> None:
        """End the lease: the hold on its numbers goes, the pre-assignment stays. The hand-out log says `what`."""
        holder = user or lead.reserved_by_id
        assert lead.call_id is None, "the call is ended first (actions.calls)"
        lead.reserved_by_id = lead.reserved_until = lead.reserved_at = None
        lead.handout_rule = ""
        self._freed.append(lead.id)
        if holder is not None:
            self.log(lead, holder, what, reason)

    def log(self, lead: LeadFacts, user: UUID, what: str, reason: str = "") -> None:
        """A line of the hand-out log."""
        self._log.append((new_id(), lead.id, user, what, reason))

    def flush(self, *, quiet: bool = False) -> None:
        """Write everything. `quiet` leaves out `updated` events: a recomputation is nobody's doing."""
        order = self.plan.order
        self._renumber()
        packs = packs_of(self._leads.values(), self.plan, self.now)
        rows: list[list[Any]] = []
        uncounted: list[UUID] = []
        for lead in self._leads.values():
            before = self._before[lead.id]
            if lead.engaged != before.engaged:
                self._counts["engaged"] += 1 if lead.engaged else -1
                if before.engaged:
                    uncounted.append(lead.id)
            if bool(lead.attempts) != bool(before.attempts):
                self._counts["tried"] += 1 if lead.attempts else -1
            if lead.status != before.status:
                self._counts[f"status:{before.status}"] -= 1
                self._counts[f"status:{lead.status}"] += 1
                self.event(lead, "campaigns.lead.status_changed", **{"from": before.status, "to": lead.status})
            told = [name.removesuffix("_id") for name in _TOLD if getattr(lead, name) != getattr(before, name)]
            if told and not quiet:
                self.event(lead, "campaigns.lead.updated", fields=told)
            placed = place(lead, order, self.now, packs.get(lead.id, NO_PACKS))
            values = [getattr(lead, name) for name in _TYPES if name not in _PLACED]
            rows.append([lead.id, *values, *(getattr(placed, name) for name in _PLACED)])
        if uncounted:
            sql.run("campaigns", "engaged_uncount", leads=uncounted, now=self.now)
        if rows or self._log or self._timeline or any(self._counts.values()):
            self._write(rows)
        events.record_all(self._events)
        self._before, self._leads = {}, {}
        self._events, self._timeline, self._freed, self._log = [], [], [], []
        self._counts = Counter()

    def _renumber(self) -> None:
        """A promised callback may go to numbers whose tries are used up, anything else not: so they come and go."""
        turned = [
            lead
            for lead in self._leads.values()
            if lead.open and {lead.status, self._before[lead.id].status} - {"new", "automatic_redial"}
            and lead.status != self._before[lead.id].status
        ]  # fmt: skip
        if not turned:
            return
        kept = kept_of(contacts_for_leads([lead.contact_id for lead in turned]), self.plan, self.now)
        for lead in turned:
            lead.numbers = kept[lead.contact_id].numbers if lead.contact_id in kept else []
        for id, numbers in numbers_left(turned, self.plan).items():
            self._leads[id].numbers = numbers
            if without_numbers(self._leads[id], "no_answer"):
                self.event(self._leads[id], "campaigns.lead.exhausted", attempts=self._leads[id].attempts)

    def _write(self, rows: list[list[Any]]) -> None:
        counts = [(key, n) for key, n in self._counts.items() if n]
        one_each = max(len(self._freed), len(self._log), len(self._timeline)) < 2
        if len(rows) == 1 and one_each and len(counts) <= _FEW_COUNTS:
            self._write_one(rows[0], counts)
            return
        params = {
            **_columns(("id", *_TYPES), rows), **_columns(_LOG, self._log), **_columns(_LINE, self._timeline),
            "campaign": self.plan.id, "now": self.now, "freed": self._freed,
            "count_key": [key for key, _n in counts], "count_n": [n for _key, n in counts],
        }  # fmt: skip
        params["result"] = [json.dumps(value) for value in params["result"]]
        params["numbers"] = [",".join(value) for value in params["numbers"]]
        sql.later_text(_WRITE, params)

    def _write_one(self, row: Sequence[Any], counts: Sequence[tuple[str, int]]) -> None:
        params = dict(zip(("id", *_TYPES), row, strict=True))
        params["result"] = json.dumps(params["result"])
        for names, rows in ((_LOG, self._log), (_LINE, self._timeline)):
            params.update(zip(names, rows[0] if rows else (None,) * len(names), strict=True))
        for at in range(_FEW_COUNTS):
            params[f"key_{at}"], params[f"n_{at}"] = counts[at] if at < len(counts) else (None, None)
        params.update(campaign=self.plan.id, now=self.now, freed=self._freed[0] if self._freed else None)
        sql.later_text(_WRITE_ONE, params)


def _columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    if not rows:
        return {name: [] for name in names}
    return dict(zip(names, (list(column) for column in zip(*rows, strict=True)), strict=True))
