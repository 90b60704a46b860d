"""External systems, and what they mean by their own ids."""

from __future__ import annotations

import re
from uuid import UUID

from ringround.campaigns.models import Campaign, ExternalSystem, Lead
from ringround.contacts import queries as contacts
from ringround.kernel import cursors, phones
from ringround.kernel.errors import Forbidden, Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require
from ringround.orgs.queries import Person

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def external_system_list(
    *, actor: Actor, size: int = 50, after: str | None = None
) -> tuple[list[ExternalSystem], str | None]:
    """The organisation's systems, newest first, and the cursor of the next page."""
    require(actor, "campaigns.external.read")
    found = ExternalSystem.objects.filter(organisation=actor.organisation).order_by("-id")
    if after:
        (last,) = cursors.decode(after, UUID)
        found = found.filter(id__lt=last) if last is not None else found
    rows = list(found[: size + 1])
    return rows[:size], cursors.encode([rows[size - 1].id]) if len(rows) > size else None


def external_system_get(*, actor: Actor, system_id: UUID) -> ExternalSystem:
    """A system of the organisation; NotFound."""
    found = ExternalSystem.objects.filter(organisation=actor.organisation, id=system_id).first()
    if found is None:
        raise NotFound("external_system")
    require(actor, "campaigns.external.read")
    return found


def external_system_id(*, organisation_ids: list[UUID], ref: str) -> UUID | None:
    """The id of the system that is meant by its id or its key, in one of the organisations."""
    found = ExternalSystem.objects.filter(organisation__in=organisation_ids)
    known = parse_id(ref)
    if known is None and not KEY.fullmatch(ref):
        # Whatever stands in an address, some of it nothing that a database could be asked for.
        return None
    found = found.filter(id=known) if known is not None else found.filter(key=ref)
    return found.order_by("id").values_list("id", flat=True).first()


def people_for(actor: Actor) -> list[Person]:
    """Who may stand in a system's table of agents: the organisation's people, and those of its agencies."""
    agencies = [one.id for one in orgs.linked_agencies(actor=actor)]
    return orgs.members(organisation_ids=[actor.org_id, *agencies])


def system_calling(*, actor: Actor, ref: str) -> ExternalSystem:
    """The system in the address, when it is the one that calls: NotFound for strangers, Forbidden for people."""
    system_id = external_system_id(organisation_ids=[actor.org_id], ref=ref)
    if system_id is None:
        raise NotFound("external_system")
    if actor.system_id != system_id:
        raise Forbidden(detail=N_("Only the system itself may do this, with its own token."))
    return ExternalSystem.objects.get(id=system_id)


def campaign_meant(*, system: ExternalSystem, external_campaign_id: str) -> Campaign:
    """The campaign that a system knows by this id; NotFound. Of several the newest that is not archived."""
    found = (
        Campaign.objects.filter(external_system=str(system.id), external_campaign_id=external_campaign_id)
        .exclude(state="archived")
        .order_by("-id")
        .first()
    )
    if found is None or not reaches(system=system, campaign=found):
        raise NotFound("campaign")
    return found


def reaches(*, system: ExternalSystem, campaign: Campaign) -> bool:
    """Whether the system works the campaign that names it: an agency's as long as the link lives, as its people do."""
    if system.organisation_id not in (campaign.merchant_id, campaign.agency_id):
        return False
    return orgs.link_is_live(merchant_id=campaign.merchant_id, agency_id=campaign.agency_id)


def agent_meant(*, system: ExternalSystem, campaign: Campaign, agent: str) -> Actor:
    """The person behind a system's id of an agent, acting on the campaign; 422 `unknown_user`."""
    user_id = parse_id(system.agents.get(agent.strip()))
    for organisation_id in dict.fromkeys((campaign.agency_id, campaign.merchant_id)):
        if user_id is not None:
            found = orgs.actor_for_member(organisation_id=organisation_id, user_id=user_id)
            if found is not None:
                return found
    raise Invalid.one("agent", "unknown_user", N_("This agent is not in the system's table, or no longer works here."))


def lead_meant(
    *, campaign: Campaign, lead: UUID | None, external_lead_id: str | None, phone: str | None
) -> tuple[UUID, str | None]:
    """The campaign's lead by its id, the caller's own, or a number of its contact; and that number. NotFound."""
    named = [one for one in (lead, external_lead_id, phone) if one]
    if len(named) != 1:
        raise Invalid.one((), "one_of", N_("Name the lead by exactly one of lead, external_lead_id and phone."))
    rows = Lead.objects.filter(campaign=campaign)
    number = None
    if lead is not None:
        rows = rows.filter(id=lead)
    elif external_lead_id:
        rows = rows.filter(external_lead_id=external_lead_id)
    else:
        merchant = orgs.organisation_get(organisation_id=campaign.merchant_id)
        parsed = phones.parse(phone or "", merchant.region)
        number = parsed.e164 if parsed is not None and parsed.valid else None
        if number is None:
            raise Invalid.one("phone", "bad_phone", N_("This is not a phone number."))
        some = contacts.contact_ids_matching(q=number)
        near = {row.contact_id: row.id for row in rows.filter(contact__in=some)[:200]}
        exact = [
            one.id for one in contacts.contacts_for_leads(list(near)) if number in {each.e164 for each in one.numbers}
        ]
        if exact:
            return near[min(exact)], number
        raise NotFound("lead")
    found = rows.values_list("id", flat=True).first()
    if found is None:
        raise NotFound("lead")
    return found, number
