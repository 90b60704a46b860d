"""Who is on a campaign."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction

from ringround.campaigns.actions.plan import background
from ringround.campaigns.actions.plan.store import check_not_archived, lock, tell, touch
from ringround.campaigns.actions.refresh import leads_unassign
from ringround.campaigns.models import Campaign, CampaignMember
from ringround.infra import sql
from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.messages import N_
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import AGENT, SUPERVISOR

MAX_PEOPLE = 5000
# An agent with more leads than this is taken off them in the background; what they hold goes back at once all the same.
INLINE = 5000


def agents_put(*, actor: Actor, campaign_id: UUID, users: Sequence[str | UUID]) -> Campaign:
    """Exactly these are the agents, by id or e-mail: people of the campaign's agency.

    Who is no longer among them gives back what they hold, and the leads kept for them are free.
    """
    return _put(actor, campaign_id, users, CampaignMember.Duty.AGENT)


def supervisors_put(*, actor: Actor, campaign_id: UUID, users: Sequence[str | UUID]) -> Campaign:
    """Exactly these are the supervisors, by id or e-mail: people of the agency or the merchant who may supervise."""
    return _put(actor, campaign_id, users, CampaignMember.Duty.SUPERVISOR)


@transaction.atomic
def _put(actor: Actor, campaign_id: UUID, users: Sequence[str | UUID], duty: CampaignMember.Duty) -> Campaign:
    campaign = lock(actor=actor, campaign_id=campaign_id, permission="campaigns.people")
    check_not_archived(campaign)
    wanted = _resolve(campaign, users, duty)
    # Membership rows are locked by hand-outs; the campaign's row lock keeps two managers from putting at once.
    now_on = dict(CampaignMember.objects.filter(campaign=campaign, duty=duty).values_list("user_id", "id"))
    gone = [user_id for user_id in now_on if user_id not in wanted]
    new = [user_id for user_id in wanted if user_id not in now_on]
    if not gone and not new:
        return campaign
    CampaignMember.objects.filter(campaign=campaign, duty=duty, user_id__in=gone).delete()
    CampaignMember.objects.bulk_create(CampaignMember(campaign=campaign, user_id=one, duty=duty) for one in new)
    fields = [f"{duty.value}s"]
    touch(campaign, actor, fields)
    tell(campaign, actor, "changed", fields=fields)
    campaign.save(update_fields=["version", "changed", "event_no"])
    if duty is CampaignMember.Duty.AGENT:
        let_go(actor=actor, campaign_id=campaign.id, users=gone)
    return campaign


def let_go(*, actor: Actor, campaign_id: UUID, users: Iterable[UUID]) -> None:
    """Free the leads of agents who are off the campaign: here, or in the background where they are many."""
    for user_id in users:
        row = sql.row("campaigns", "agent_has", campaign=campaign_id, user=user_id, most=INLINE)
        if row is not None and row["leads"] > INLINE:
            background.defer_unassign(campaign_id=campaign_id, user_id=user_id)
        else:
            leads_unassign(actor=actor, campaign_id=campaign_id, user_id=user_id)


def _resolve(campaign: Campaign, users: Sequence[str | UUID], duty: CampaignMember.Duty) -> list[UUID]:
    """Ids of the people named, in their order; Invalid with a fault for each that cannot be."""
    if len(users) > MAX_PEOPLE:
        raise Invalid.one("users", "too_many", N_("At most %(limit)s people.", limit=MAX_PEOPLE))
    agency_only = duty is CampaignMember.Duty.AGENT
    places = {campaign.agency_id} if agency_only else {campaign.agency_id, campaign.merchant_id}
    roles = AGENT if agency_only else SUPERVISOR
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
    if faults:
        raise Invalid(faults)
    return found


def drop_strangers(*, actor: Actor, campaign: Campaign) -> None:
    """After a change of agency: nobody stays who belongs to neither side. The caller has locked the campaign."""
    for duty, places in (("agent", {campaign.agency_id}), ("supervisor", {campaign.agency_id, campaign.merchant_id})):
        on = list(CampaignMember.objects.filter(campaign=campaign, duty=duty).values_list("user_id", flat=True))
        stay = {one.id for one in orgs.members(organisation_ids=places, user_ids=on)} if on else set()
        gone = [one for one in on if one not in stay]
        CampaignMember.objects.filter(campaign=campaign, duty=duty, user_id__in=gone).delete()
        if duty == "agent":
            let_go(actor=actor, campaign_id=campaign.id, users=gone)
