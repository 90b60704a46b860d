"""The same change on many leads: at once where they are few, by a job where they are many.

A lead that refuses the change is left out and counted by its reason; the others are changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.actions.changes import apply, check, leads_reset, lock_agents
from ringround.campaigns.actions.leads import leads_place_again
from ringround.campaigns.actions.plan import background
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.models import BulkChange, Lead
from ringround.campaigns.queries.access import is_agent
from ringround.campaigns.queries.bulk import Bulk, told
from ringround.campaigns.queries.filters import LeadFilter, filtered
from ringround.campaigns.queries.plan_facts import plan_load
from ringround.contacts.actions import contacts_keep
from ringround.infra import audit, clock, jobs, sql
from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.ids import parse_id
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

# Leads of one transaction; so many are changed while the caller waits, more go to the background.
BATCH = 1000
# For so long it can be asked how a change went.
KEPT = timedelta(days=30)
_TIMES = ("snoozed_until", "next_contact_at")
_PEOPLE = ("assigned_to", "owner")


def leads_bulk(
    *,
    actor: Actor,
    filter: LeadFilter | None = None,
    ids: Sequence[UUID] | None = None,
    set: Mapping[str, Any] | None = None,
    action: str | None = None,
    all: bool = False,
    most: int | None = None,
) -> Bulk:
    """The same change on many leads. `action`: `reset` or `release`.

    Which leads: `ids`, a `filter` that asks for something, or `all` that the actor may see. An empty selection is
    refused and never taken for all: it is what a program sends whose own list came out empty. More than `most`, the
    number that somebody was shown, is 409 `more_than_shown`.
    """
    require(actor, "campaigns.leads.change")
    if (set is None) == (action is None) or [filter is not None, ids is not None, all].count(True) != 1:
        raise Invalid.one("body", "one_of", _("Give a filter, ids or all, and a change or an action."))
    if action not in (None, "reset", "release"):
        raise Invalid.one("action", "unknown_action", _("There is no such action."))
    if ids is not None and not ids:
        raise Invalid.one("ids", "empty_selection", _("No lead is chosen."))
    if filter is not None and not filter.asks:
        raise Invalid.one("filter", "empty_selection", _("The filter asks for nothing: to mean every lead, say all."))
    changes = dict(set or {})
    check(changes)
    by = (changes.get("reservation") or {}).get("by")
    if by is not None and (ids is None or len(ids) > 1):
        raise Invalid.one("reservation", "one_lead", _("An agent holds one contact at a time: reserve a single one."))
    # The ids are fixed first, so that a change which takes leads out of the filter does not move the rest past it.
    chosen = LeadFilter(ids=tuple(ids)) if ids is not None else filter or LeadFilter()
    return carry_out(actor, filtered(actor, chosen).order_by("id"), changes, action, most=most)


def carry_out(
    actor: Actor, found: QuerySet[Lead], changes: Mapping[str, Any], action: str | None, *, most: int | None = None
) -> Bulk:
    """The change on the leads that are found, in their order: at once, or by a job where they are many.

    `again` is an action of `actions.recycle` alone.
    """
    few = list(found.values_list("id", flat=True)[: BATCH + 1])
    if len(few) > BATCH:
        return _later(actor, found, changes, action, most)
    _check_most(len(few), most)
    with transaction.atomic():
        count, refused = _change(actor, few, changes, action)
    return Bulk("done", len(few), count, refused)


def _check_most(count: int, most: int | None) -> None:
    if most is not None and count > most:
        raise Conflict(
            "more_than_shown", _("More leads are found now: %(count)s. Look again first.") % {"count": count}
        )


# --- in the background ------------------------------------------------------------------------


# The database packs the ids: those of a million leads would be a hundred megabytes of objects here.
_CHOOSE = """
UPDATE campaigns_bulk_change SET leads = packed.leads, total = packed.total
FROM (
    SELECT coalesce(string_agg(uuid_send(id), ''::bytea ORDER BY at), ''::bytea) AS leads, count(*) AS total
    FROM (SELECT id, row_number() OVER () AS at FROM ({found}) AS found) AS placed
) AS packed
WHERE campaigns_bulk_change.id = %s
RETURNING campaigns_bulk_change.total
"""


@transaction.atomic
def _later(
    actor: Actor, found: QuerySet[Lead], changes: Mapping[str, Any], action: str | None, most: int | None
) -> Bulk:
    row = BulkChange.objects.create(
        organisation_id=actor.org_id, user=actor.user, system_id=actor.system_id, action=action or "",
        changes=_written(changes), total=0, created_at=clock.now(),
    )  # fmt: skip
    text, params = found.values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_CHOOSE.format(found=text), [*params, row.id])
        row.total = cursor.fetchone()[0]
    _check_most(row.total, most)
    background.defer_bulk(bulk_id=row.id)
    return told(row)


def bulk_run(*, bulk_id: UUID) -> None:
    """Carry out a change from wherever it was left, a batch a transaction; nothing where it is over."""
    while _part(bulk_id):
        jobs.look_up()


@transaction.atomic
def _part(bulk_id: UUID) -> bool:
    """The next batch, and with it how far the change has come; whether there is more."""
    rows = BulkChange.objects.select_for_update().defer("leads")
    row = rows.filter(id=bulk_id, state=BulkChange.State.RUNNING).first()
    if row is None:
        return False
    # Asked again for each batch, as for each request: who may no longer does nothing from now on, and what they no
    # longer see (the merchant has revoked the agency's link) is left as it is.
    actor = orgs.actor_later(
        organisation_id=row.organisation_id, user_id=row.user_id, system_id=row.system_id,
        permission="campaigns.leads.change",
    )  # fmt: skip
    if actor is None:
        _over(row, BulkChange.State.FAILED)
        return False
    part = sql.row("campaigns", "bulk_part", id=bulk_id, first=row.at * 16 + 1, bytes=BATCH * 16)
    packed = bytes(part["leads"]) if part else b""
    leads = [UUID(bytes=packed[at : at + 16]) for at in range(0, len(packed), 16)]
    found = set(filtered(actor, LeadFilter(ids=tuple(leads))).values_list("id", flat=True))
    seen = [one for one in leads if one in found]
    count, refused = _change(actor, seen, _read(row.changes), row.action or None)
    row.at += len(leads)
    row.count += count
    row.refused = dict(Counter(row.refused) + Counter(refused) + Counter(not_found=len(leads) - len(seen)))
    row.save(update_fields=["at", "count", "refused"])
    if row.at >= row.total:
        _over(row, BulkChange.State.DONE)
    return row.state == BulkChange.State.RUNNING


@transaction.atomic
def bulk_fail(*, bulk_id: UUID) -> None:
    """The job has been given up: what was done stays, and the rest is not."""
    row = BulkChange.objects.select_for_update().filter(id=bulk_id, state=BulkChange.State.RUNNING).first()
    if row is not None:
        _over(row, BulkChange.State.FAILED)


def bulk_rescue() -> None:
    """Give up each change that is written down as running and has no job: its last worker was killed, or failed."""
    running = list(BulkChange.objects.filter(state=BulkChange.State.RUNNING).values_list("id", flat=True))
    if running:
        with_job = {parse_id(args["bulk_id"]) for args in jobs.under_way("campaigns.bulk")}
        for bulk_id in running:
            if bulk_id not in with_job:
                bulk_fail(bulk_id=bulk_id)


def bulk_clear() -> None:
    """Forget changes that have long been over."""
    BulkChange.objects.filter(finished_at__lt=clock.now() - KEPT).delete()


def _over(row: BulkChange, state: BulkChange.State) -> None:
    row.state, row.leads, row.finished_at = state, b"", clock.now()
    row.save(update_fields=["state", "leads", "finished_at"])


def _written(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes as JSON has them. A reservation for somebody is of one lead, and so never here."""
    return {name: str(value) if isinstance(value, UUID | datetime) else value for name, value in changes.items()}


def _read(written: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(written)
    for name in found.keys() & set(_TIMES) - {name for name, value in found.items() if value is None}:
        found[name] = datetime.fromisoformat(found[name])
    for name in found.keys() & set(_PEOPLE) - {name for name, value in found.items() if value is None}:
        found[name] = UUID(found[name])
    return found


# --- one batch --------------------------------------------------------------------------------


def _change(
    actor: Actor, ids: Sequence[UUID], changes: Mapping[str, Any], action: str | None
) -> tuple[int, dict[str, int]]:
    """Change one batch in the caller's transaction: how many leads, and how many refused for which reason."""
    if action == "again":
        made = leads_place_again(campaign_id=UUID(changes["campaign"]), leads=ids, actor=actor)
        return made, {"contact_gone": len(ids) - made} if made < len(ids) else {}
    now = clock.now()
    lock_agents(changes)
    rows = sql.rows("campaigns", "leads_lock", leads=list(ids))
    done, refused = 0, Counter[str]()
    for campaign_id in sorted({row["campaign_id"] for row in rows}):
        plan = plan_load(campaign_id=campaign_id)
        writer = Writer(plan, now, actor)
        mine = [row for row in rows if row["campaign_id"] == campaign_id]
        if action == "release":
            mine = [row for row in mine if row["reserved_by_id"] is not None]
        left_out = 0
        if action == "reset":
            # Who was erased is nobody, and does not begin anew.
            there = set(contacts_keep(contact_ids=[row["contact_id"] for row in mine]))
            alive = [row for row in mine if row["contact_id"] in there]
            if left := len(mine) - len(alive):
                refused["contact_gone"] += left
            mine = alive
            leads_reset(writer, [writer.open(row) for row in mine])
        else:
            # Asked once of a campaign: who is named has been locked, and is not taken off before the end.
            agent = cache(partial(is_agent, plan=plan))
            for row in mine:
                try:
                    with writer.attempt(row) as lead:
                        apply(writer, plan, lead, {"reservation": None} if action == "release" else changes, agent)
                except (Conflict, Invalid) as why:
                    refused[_reason(why)] += 1
                    left_out += 1
        writer.flush()
        done += len(mine) - left_out
        audit.write(
            actor=actor, action=f"campaigns.leads.{action or 'changed'}", org_id=plan.merchant_id,
            subject_type="campaign", subject_id=plan.id,
            data={"count": len(mine) - left_out, "fields": sorted(changes)},
        )  # fmt: skip
    return done, dict(refused)


def _reason(why: Conflict | Invalid) -> str:
    return why.errors[0].code if isinstance(why, Invalid) else why.code
