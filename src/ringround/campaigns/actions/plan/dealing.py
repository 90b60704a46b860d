"""Keeping leads for named agents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID

from django.db import transaction

from ringround.campaigns.actions.plan import background
from ringround.campaigns.actions.plan.dealing_by_file import deal_part, keep_rows, parts_end
from ringround.campaigns.actions.plan.store import check_not_archived, lock, tell
from ringround.campaigns.models import Campaign
from ringround.campaigns.queries.members import agent_ids
from ringround.campaigns.queries.plan import campaign_get, check_may
from ringround.campaigns.rules import preassign as rules
from ringround.contacts import queries as contacts
from ringround.infra import clock, jobs, sql
from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.ids import new_id, parse_id
from ringround.kernel.messages import N_
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor

# So many leads are dealt while the caller waits; more go to the background. 20,000 take about two seconds.
INLINE = 20_000
CHUNK = 5_000
# When a job looks whether what was dealt at once is done.
RESCUE_S = 60


@dataclass(frozen=True, slots=True)
class Leads:
    """Ids of leads and their contacts in list order, 16 bytes each: a million leads are two strings of 16 MB."""

    leads: bytes
    contacts: bytes

    def __len__(self) -> int:
        return len(self.leads) // 16

    def part(self, start: int) -> tuple[list[UUID], list[UUID]]:
        return _ids(self.leads, start), _ids(self.contacts, start)


def _ids(packed: bytes, start: int) -> list[UUID]:
    stop = min(len(packed), (start + CHUNK) * 16)
    return [UUID(bytes=packed[at : at + 16]) for at in range(start * 16, stop, 16)]


def preassign(
    *,
    actor: Actor,
    campaign_id: UUID,
    strategy: str,
    order: str = "list",
    seed: str | int | None = None,
    column: str | None = None,
) -> Campaign:
    """Keep each open lead for an agent, or (`none`) for nobody. Private callbacks stay with their agent.

    May be asked again while the campaign runs; large campaigns are dealt in the background, a part at a time, so that
    agents go on meanwhile. `campaign.preassignment["state"]` is `running` until it is `done` or, given up, `failed`.
    """
    wanted = rules.read(strategy=strategy, order=order, seed=seed, column=column)
    if wanted.strategy == "csv":
        raise Invalid.one("strategy", "file_needed", N_("Send the file with the agents of the leads."))
    with transaction.atomic():
        campaign = lock(actor=actor, campaign_id=campaign_id, permission="campaigns.people")
        check_not_archived(campaign)
        agents = agent_ids(campaign=campaign)
        if wanted.strategy != "none" and not agents:
            raise Conflict("no_agents", N_("Put agents on the campaign first."))
        if wanted.strategy == "column":
            _check_column(campaign, wanted.column or "")
        if wanted.order == "random" and wanted.seed is None:
            # Without a seed of the caller's own the order is still the same each time it is dealt again.
            wanted = rules.Strategy(
                strategy=wanted.strategy, order="random", seed=str(campaign_id), column=wanted.column
            )
        many = sql.row("campaigns", "leads_many", campaign=campaign_id, most=INLINE)
        inline = many is None or many["leads"] <= INLINE
        run = _begin(campaign, actor, wanted, inline=inline)
    return _dealt(campaign, run, inline=inline)


def preassign_file(*, actor: Actor, campaign_id: UUID, raw: IO[bytes]) -> Campaign:
    """Keep leads as a CSV file says (`keep_rows` tells how it is written). Leads it does not name stay as they are.

    The whole file is taken or none of it; a row that cannot be read is named by its line. Rows that name no open lead
    of the campaign, or nobody who is an agent, are counted as `unknown`. A long file is dealt in the background.
    """
    check_may(actor, campaign_get(actor=actor, campaign_id=campaign_id), "campaigns.people")
    file = new_id()
    with transaction.atomic():
        inline = keep_rows(campaign_id=campaign_id, raw=raw, file=file) <= INLINE
        # Late: reading a long file takes its time, and agents are given leads meanwhile.
        campaign = lock(actor=actor, campaign_id=campaign_id, permission="campaigns.people")
        check_not_archived(campaign)
        run = _begin(campaign, actor, rules.Strategy(strategy="csv"), inline=inline, file=file)
    return _dealt(campaign, run, inline=inline)


def _begin(campaign: Campaign, actor: Actor, wanted: rules.Strategy, *, inline: bool, file: UUID | None = None) -> int:
    """Write down on the locked campaign what is to be dealt, and defer the job; the number of the run.

    A later run takes over from one that is still dealing: it sees that it is no longer the one.
    """
    run = int(campaign.preassignment.get("run", 0)) + 1
    campaign.preassignment = {
        **wanted.to_json(), "run": run, "state": "running", "at": clock.now().isoformat(), "unknown": 0,
        **({"file": str(file)} if file else {}),
    }  # fmt: skip
    tell(campaign, actor, "changed", fields=["preassignment"])
    campaign.save(update_fields=["preassignment", "event_no"])
    # Also where it is done here and now: what a killed process leaves undone, the job does.
    background.defer_preassign(campaign_id=campaign.id, run=run, in_s=RESCUE_S if inline else 0)
    return run


def _dealt(campaign: Campaign, run: int, *, inline: bool) -> Campaign:
    if inline:
        preassign_run(campaign_id=campaign.id, run=run)
        campaign.refresh_from_db(fields=["preassignment", "event_no"])
    return campaign


def preassign_run(*, campaign_id: UUID, run: int) -> None:
    """Carry out the pre-assignment that the campaign has written down; stops when a later one has been asked for."""
    campaign = Campaign.objects.get(id=campaign_id)
    if campaign.preassignment.get("run") != run or campaign.preassignment.get("state") != "running":
        return
    file = parse_id(campaign.preassignment.get("file"))
    unknown = _deal_file(campaign, run, file) if file else _deal_all(campaign, run)
    if unknown is None:
        return
    _end(campaign_id, run, "done", unknown)


def preassign_rescue() -> None:
    """Give up each pre-assignment that is written down as running and has no job: its last worker was killed, or
    failed. What has been dealt stays."""
    running = Campaign.objects.filter(preassignment__state="running").values_list("id", "preassignment__run")
    if found := list(running):
        with_job = {(parse_id(args["campaign_id"]), args["run"]) for args in jobs.under_way("campaigns.preassign")}
        for campaign_id, run in found:
            if (campaign_id, run) not in with_job:
                _end(campaign_id, run, "failed", 0)


@transaction.atomic
def _end(campaign_id: UUID, run: int, state: str, unknown: int) -> None:
    campaign = Campaign.objects.select_for_update().get(id=campaign_id)
    if campaign.preassignment.get("run") != run or campaign.preassignment["state"] != "running":
        return
    file = parse_id(campaign.preassignment.get("file"))
    unknown += parts_end(campaign_id=campaign_id, file=file)
    campaign.preassignment = {**campaign.preassignment, "state": state, "unknown": unknown}
    campaign.preassignment.pop("file", None)
    tell(campaign, orgs.system_actor(organisation_id=campaign.merchant_id), "changed", fields=["preassignment"])
    campaign.save(update_fields=["preassignment", "event_no"])


def _deal_file(campaign: Campaign, run: int, file: UUID) -> int | None:
    """Deal all parts of a file; None when another pre-assignment has taken over."""
    more = True
    while more:
        with transaction.atomic():
            if not _goes_on(campaign, run):
                return None
            more = deal_part(campaign, file)
        jobs.look_up()
    return 0


def _deal_all(campaign: Campaign, run: int) -> int | None:
    """Deal all leads; how many name nobody who is an agent, None when another pre-assignment has taken over."""
    row = sql.row("campaigns", "preassign_all", campaign=campaign.id)
    found = Leads(bytes(row["leads"] or b""), bytes(row["contacts"] or b"")) if row else Leads(b"", b"")
    unknown = 0
    for start in range(0, len(found), CHUNK):
        jobs.look_up()
        nobody = _deal(campaign, run, start, *found.part(start))
        if nobody is None:
            return None
        unknown += nobody if campaign.preassignment["strategy"] == "column" else 0
    return unknown


def _goes_on(campaign: Campaign, run: int) -> bool:
    """Whether this run is still the one. None that takes over can begin before the caller's transaction has ended: it
    would deal, and this part be written over it."""
    return bool(sql.rows("campaigns", "preassign_goes_on", campaign=campaign.id, run=run))


@transaction.atomic
def _deal(campaign: Campaign, run: int, start: int, leads: list[UUID], of_contacts: list[UUID]) -> int | None:
    """Deal one part among who is an agent now; how many go to nobody, None when another pre-assignment has taken over.

    Sets `assigned_to` and, for leads that stand in the order, `for_agent`, as `rules.place` would: nothing else of a
    lead's place depends on its agent. Locks by id, like everyone else; nobody who is dealt to can be taken off before
    the part is written, and who is taken off after gives it back.
    """
    if not _goes_on(campaign, run):
        return None
    fit = set(agent_ids(campaign=campaign))
    agents = [row["user_id"] for row in sql.rows("campaigns", "agents_keep", campaign=campaign.id)]
    agents = [one for one in agents if one in fit]
    written = campaign.preassignment
    named: Sequence[UUID | None] = [None] * len(leads)
    if agents and written["strategy"] == "proportional":
        seed = written["seed"] if written["order"] == "random" else None
        named = rules.deal(len(leads), agents, start=start, seed=seed)
    elif agents and written["strategy"] == "column":
        named = _named(campaign, of_contacts, agents, written["column"])
    sql.rows("campaigns", "preassign_lock", leads=leads)
    sql.run("campaigns", "preassign_set", leads=leads, agents=list(named))
    return named.count(None)


def _named(campaign: Campaign, contact_ids: list[UUID], agents: list[UUID], column: str) -> list[UUID | None]:
    people = orgs.members(organisation_ids={campaign.agency_id}, user_ids=agents)
    by_name = {one.external_id.casefold(): one.id for one in people if one.external_id}
    by_name |= {one.email.casefold(): one.id for one in people}
    fields = {one.id: one.fields for one in contacts.contacts_for_leads(contact_ids)}
    return rules.by_name([fields.get(one, {}).get(column) for one in contact_ids], by_name)


def _check_column(campaign: Campaign, column: str) -> None:
    ids = list(campaign.lists.through.objects.filter(campaign=campaign).values_list("contactlist_id", flat=True))
    names = {one.name for columns in contacts.columns_for_leads(list_ids=ids).values() for one in columns}
    if names and column not in names:
        raise Invalid.one("column", "unknown_column", N_("None of the campaign's lists has this column."))


def shares(*, campaign_id: UUID) -> dict[UUID | None, int]:
    """How many open leads are kept for whom; None: for nobody. The caller has found the campaign visible."""
    return {row["agent"]: row["leads"] for row in sql.rows("campaigns", "preassign_shares", campaign=campaign_id)}


def preassignment_json(campaign: Campaign) -> dict[str, Any]:
    """What the API answers: the strategy, whether it is done, and each agent's share."""
    found = shares(campaign_id=campaign.id)
    agents = agent_ids(campaign=campaign)
    return {
        "strategy": campaign.preassignment.get("strategy", "none"),
        "order": campaign.preassignment.get("order", "list"),
        "seed": campaign.preassignment.get("seed"),
        "column": campaign.preassignment.get("column"),
        "state": campaign.preassignment.get("state", "done"),
        "agents": [{"user": one, "leads": found.get(one, 0)} for one in agents],
        "unassigned": found.get(None, 0),
        # Leads whose column names nobody who is an agent here.
        "unknown": campaign.preassignment.get("unknown", 0),
    }
