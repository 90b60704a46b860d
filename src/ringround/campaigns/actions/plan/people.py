"""Who is on a campaign."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from ringround.campaigns.actions.plan import background
from ringround.campaigns.actions.plan.store import check_not_archived, lock, tell, touch
from ringround.campaigns.actions.refresh import leads_unassign
from ringround.campaigns.models import Campaign, CampaignMember
from ringround.campaigns.queries.members import fit_for
from ringround.infra import sql
from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.messages import N_
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor

MAX_PEOPLE = 5000
# An agent with more leads than this is taken off them in the background; what they hold goes back at once all the same.
INLINE = 5000


def agents_put(
    *, actor: Actor, campaign_id: UUID, users: Sequence[str | UUID], teams: Sequence[str | UUID] = ()
) -> Campaign:
    """Exactly these are the agents, by id or e-mail: people of the campaign's agency.

    Of `teams`, by id or name, those who are in them now and may do the work. Who is no longer among them gives back
    what they hold, and the leads kept for them are free.
    """
    return _put(actor, campaign_id, users, teams, CampaignMember.Duty.AGENT)


def supervisors_put(
    *, actor: Actor, campaign_id: UUID, users: Sequence[str | UUID], teams: Sequence[str | UUID] = ()
) -> Campaign:
    """Exactly these are the supervisors, by id or e-mail: people of the agency or the merchant who may supervise."""
    return _put(actor, campaign_id, users, teams, CampaignMember.Duty.SUPERVISOR)


@transaction.atomic
def _put(
    actor: Actor,
    campaign_id: UUID,
    users: Sequence[str | UUID],
    teams: Sequence[str | UUID],
    duty: CampaignMember.Duty,
) -> Campaign:
    campaign = lock(actor=actor, campaign_id=campaign_id, permission="campaigns.people")
    check_not_archived(campaign)
    wanted = _resolve(actor, campaign, users, teams, duty)
    # Membership rows are locked by hand-outs; the campaign's row lock keeps two managers from putting at once.
    now_on = dict(CampaignMember.objects.filter(campaign=campaign, duty=duty).values_list("user_id", "id"))
    gone = [user_id for user_id in now_on if user_id not in wanted]
    new = [user_id for user_id in wanted if user_id not in now_on]
    if not gone and not new:
        return campaign
    CampaignMember.objects.bulk_create(CampaignMember(campaign=campaign, user_id=one, duty=duty) for one in new)
    _take_off(actor, campaign, duty, gone)
    return campaign


def people_drop(*, organisation_id: UUID, user_id: UUID) -> None:
    """This person left the organisation, or has another role in it: they are off each campaign that they may not work.

    All the campaigns are locked before any agent, and the agent before any lead.
    """
    sides = Q(campaign__agency=organisation_id) | Q(campaign__merchant=organisation_id)
    on = CampaignMember.objects.filter(sides, user=user_id).exclude(campaign__state=Campaign.State.ARCHIVED)
    with transaction.atomic():
        campaigns = Campaign.objects.select_related("merchant", "agency").select_for_update(of=("self",))
        found = list(campaigns.filter(id__in=on.values("campaign")).order_by("id"))
        sql.rows("campaigns", "agents_lock", users=[user_id])
        for campaign in found:
            drop_unfit(actor=orgs.system_actor(organisation_id=campaign.merchant_id), campaign=campaign)


def drop_unfit(*, actor: Actor, campaign: Campaign) -> None:
    """Nobody stays who belongs to neither side, or may not do this work. The caller has locked the campaign."""
    for duty in CampaignMember.Duty:
        on = list(CampaignMember.objects.filter(campaign=campaign, duty=duty).values_list("user_id", flat=True))
        places, roles = fit_for(campaign, duty)
        stay = {one.id for one in orgs.members(organisation_ids=places, roles=sorted(roles), user_ids=on)} if on else ()
        if gone := [one for one in on if one not in stay]:
            _take_off(actor, campaign, duty, gone)


def agency_let_go(*, merchant_id: UUID, agency_id: UUID) -> None:
    """The link between the two is gone: the agency's agents give back what they hold of the merchant's leads."""
    of = CampaignMember.objects.filter(campaign__merchant=merchant_id, campaign__agency=agency_id, duty="agent")
    pairs = list(of.order_by("campaign", "user").values_list("campaign_id", "user_id"))
    with transaction.atomic():
        sql.rows("campaigns", "agents_lock", users=[user_id for _campaign, user_id in pairs])
        for campaign_id, user_id in pairs:
            _let_go(None, campaign_id, user_id)


def _take_off(actor: Actor, campaign: Campaign, duty: CampaignMember.Duty, gone: Sequence[UUID]) -> None:
    """These are off the campaign, and it says who is on it now. The caller has locked the campaign.

    Their own locks before their rows: a claim has the one and then writes the other.
    """
    sql.rows("campaigns", "agents_lock", users=list(gone))
    CampaignMember.objects.filter(campaign=campaign, duty=duty, user_id__in=gone).delete()
    fields = [f"{duty.value}s"]
    touch(campaign, actor, fields)
    tell(campaign, actor, "changed", fields=fields)
    campaign.save(update_fields=["version", "changed", "event_no"])
    if duty is CampaignMember.Duty.AGENT:
        for user_id in gone:
            _let_go(actor, campaign.id, user_id)


def _let_go(actor: Actor | None, campaign_id: UUID, user_id: UUID) -> None:
    """Free the leads of an agent who is off the campaign: here, or in the background where they are many."""
    row = sql.row("campaigns", "agent_has", campaign=campaign_id, user=user_id, most=INLINE)
    if row is not None and row["leads"] > INLINE:
        background.defer_unassign(campaign_id=campaign_id, user_id=user_id)
    else:
        leads_unassign(actor=actor, campaign_id=campaign_id, user_id=user_id)


def _resolve(
    actor: Actor,
    campaign: Campaign,
    users: Sequence[str | UUID],
    teams: Sequence[str | UUID],
    duty: CampaignMember.Duty,
) -> list[UUID]:
    """Ids of the people named, in their order, then those of the teams; Invalid with a fault for each that cannot be.

    A team may hold others than agents, or supervisors: those are passed over. Of two teams of one name, the merchant's
    and the agency's, the actor's own is meant; the other has its id.
    """
    if len(users) > MAX_PEOPLE or len(teams) > MAX_PEOPLE:
        raise Invalid.one("users", "too_many", N_("At most %(limit)s people.", limit=MAX_PEOPLE))
    agency_only = duty is CampaignMember.Duty.AGENT
    places, roles = fit_for(campaign, duty)
    people = orgs.members(organisation_ids=places)
    by_ref = {str(one.id): one for one in people} | {one.email.casefold(): one for one in people}
    # Who is in both organisations counts with the role that lets them.
    for one in people:
        if one.role in roles:
            by_ref[str(one.id)] = by_ref[one.email.casefold()] = one
    found: list[UUID] = []
    faults = []
    for index, ref in enumerate(users):
        person = by_ref.get(str(ref).strip().casefold())
        if person is None:
            detail = N_("The campaign's agency has no such person.")
            faults.append(Fault(("users", index), "unknown_user", detail))
        elif person.role not in roles:
            code = "not_an_agent" if agency_only else "not_a_supervisor"
            detail = (
                N_("%(name)s may not call.", name=person.shown)
                if agency_only
                else N_("%(name)s may not supervise.", name=person.shown)
            )
            faults.append(Fault(("users", index), code, detail))
        elif person.id not in found:
            found.append(person.id)
    ours = sorted(orgs.teams(organisation_ids=places), key=lambda one: one.organisation_id == actor.org_id)
    known = {ref: one.id for one in ours for ref in (str(one.id), one.name.casefold())}
    for index, ref in enumerate(teams):
        team_id = known.get(str(ref).strip().casefold())
        if team_id is None:
            faults.append(Fault(("teams", index), "unknown_team", N_("There is no such team.")))
        found += [one.id for one in people if one.team_id == team_id and one.role in roles and one.id not in found]
    if faults:
        raise Invalid(faults)
    return found
