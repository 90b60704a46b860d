"""External sites: those of an organisation, what they would say of a lead, and what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from ringround.campaigns.models import (
    Attempt,
    Campaign,
    Disposition,
    ExternalSite,
    ExternalSystem,
    FormField,
    Lead,
    SiteDelivery,
)
from ringround.campaigns.queries.leads import lead_get
from ringround.campaigns.queries.plan import visible_campaigns
from ringround.campaigns.queries.plan_facts import Plan
from ringround.campaigns.rules import site as rules
from ringround.campaigns.rules.lead import LeadFacts
from ringround.contacts import queries as contacts
from ringround.contacts.queries import ContactFacts
from ringround.kernel import cursors
from ringround.kernel.errors import NotFound
from ringround.kernel.ids import parse_id
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require
from ringround.telephony import queries as telephony

SiteRequest = rules.Request
# How many of its campaigns' lists and forms are asked for their names.
MOST_CAMPAIGNS = 500


def external_site_list(
    *, actor: Actor, size: int = 50, after: str | None = None
) -> tuple[list[ExternalSite], str | None]:
    """The organisation's sites, newest first, and the cursor of the next page."""
    require(actor, "campaigns.external.read")
    found = ExternalSite.objects.filter(organisation=actor.organisation).order_by("-id")
    if after:
        (last,) = cursors.decode(after, UUID)
        found = found.filter(id__lt=last) if last is not None else found
    rows = list(found[: size + 1])
    return rows[:size], cursors.encode([rows[size - 1].id]) if len(rows) > size else None


def external_site_get(*, actor: Actor, site_id: UUID) -> ExternalSite:
    """A site of the organisation; NotFound."""
    found = ExternalSite.objects.filter(organisation=actor.organisation, id=site_id).first()
    if found is None:
        raise NotFound("external_site")
    require(actor, "campaigns.external.read")
    return found


def external_site_id(*, organisation_ids: list[UUID], ref: str) -> UUID | None:
    """The id of the site that is meant, in one of the organisations."""
    known = parse_id(ref)
    if known is None:
        return None
    return ExternalSite.objects.filter(organisation__in=organisation_ids, id=known).values_list("id", flat=True).first()


def site_of(*, ref: str | None, merchant_id: UUID, agency_id: UUID, live: bool = True) -> ExternalSite | None:
    """The site that a campaign names, where it may be told of its leads: the merchant's own, or the agency's as long as
    the link lives."""
    known = parse_id(ref)
    if known is None:
        return None
    found = ExternalSite.objects.filter(id=known, organisation__in=[merchant_id, agency_id]).first()
    if found is None or (found.organisation_id != merchant_id and not live):
        return None
    return found


def site_alone(plan: Plan) -> bool:
    """Whether only the external site stands before the agent. Where it is gone, the form does."""
    return plan.settings["interaction"] == "external_site" and (
        site_of(ref=plan.external_site, merchant_id=plan.merchant_id, agency_id=plan.agency_id, live=plan.live)
        is not None
    )


def rule_of(site: ExternalSite) -> rules.Site:
    return rules.Site(site.url, site.method, site.parameters, site.opens)


def names_known(*, actor: Actor) -> rules.Names:
    """What the contacts and forms of the actor's organisation have: of its campaigns, those given to it too, and of a
    merchant's own lists."""
    campaigns = list(visible_campaigns(actor).order_by("-id").values_list("id", flat=True)[:MOST_CAMPAIGNS])
    lists = set(
        Campaign.lists.through.objects.filter(campaign_id__in=campaigns).values_list("contactlist_id", flat=True)
    )
    lists |= set(contacts.list_ids_of(org_id=actor.org_id, most=MOST_CAMPAIGNS))
    columns = [(one.name, one.role) for found in contacts.columns_for_leads(list_ids=lists).values() for one in found]
    answers = FormField.objects.filter(campaign__in=campaigns, removed_at__isnull=True).values_list("key", flat=True)
    return rules.names_of(columns, list(answers))


# --- one lead's values ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is known of what happened, where something has. Ids and words as they are written."""

    disposition_id: str = ""
    disposition: str = ""
    kind: str = ""
    outcome: str = ""
    note: str = ""
    callback_at: str = ""
    call_id: UUID | None = None
    number: str = ""


def filled(
    *,
    site: ExternalSite,
    campaign_id: UUID,
    lead: Lead | LeadFacts,
    contact: ContactFacts,
    actor: Actor,
    said: Said,
) -> rules.Request:
    """The site as it is for this lead now. What an agent's browser opens says nothing that the list hides from them."""
    return preview(rule=rule_of(site), campaign_id=campaign_id, lead=lead, contact=contact, actor=actor, said=said)


def preview(
    *,
    rule: rules.Site,
    campaign_id: UUID,
    lead: Lead | LeadFacts,
    contact: ContactFacts,
    actor: Actor,
    said: Said,
) -> rules.Request:
    """As `filled`, of a site that need not have been saved."""
    campaign = Campaign.objects.select_related("merchant", "agency").get(id=campaign_id)
    columns = contacts.columns_for_leads(list_ids=[contact.list_id]).get(contact.list_id, ())
    answers = lead.result or {}
    names = rules.names_of([(one.name, one.role) for one in columns], list(answers))
    values = {
        **_of_contact(contact, columns, hidden=rule.by_server),
        **{f"answer.{rules.plain(key)}": value for key, value in answers.items()},
        **_of_lead(lead),
        **_of_campaign(campaign, actor),
        **_of_said(said, contact),
    }
    return rules.fill(rule, values, names)


def _of_contact(contact: ContactFacts, columns: tuple[Any, ...], *, hidden: bool) -> dict[str, Any]:
    data = contacts.fields_json(contact, national_ids=False, hidden=hidden)
    found: dict[str, Any] = {}
    for one in columns:
        if one.name not in data or one.role == "national_id":
            continue
        for key in (one.role, one.name):
            if key:
                found.setdefault(f"contact.{rules.plain(key)}", data[one.name])
    first = next((one.e164 for one in contact.numbers if one.e164), "")
    return {
        **found,
        "contact.id": str(contact.id),
        "contact.external_id": contact.external_id,
        "contact.name": contact.name,
        "contact.phone": first,
    }


def _of_lead(lead: Lead | LeadFacts) -> dict[str, Any]:
    return {
        "lead.id": str(lead.id),
        "lead.external_id": lead.external_lead_id,
        "lead.status": lead.status,
        "lead.attempts": lead.attempts,
    }


def _of_campaign(campaign: Campaign, actor: Actor) -> dict[str, Any]:
    user = actor.user
    external: Mapping[str, str] = {}
    system = parse_id(campaign.external_system)
    if system is not None and user is not None:
        external = ExternalSystem.objects.filter(id=system).values_list("agents", flat=True).first() or {}
    return {
        "campaign.id": str(campaign.id),
        "campaign.name": campaign.name,
        "campaign.external_id": campaign.external_campaign_id,
        "merchant.name": campaign.merchant.name,
        "agency.name": campaign.agency.name,
        "agent.id": str(user.id) if user is not None else None,
        "agent.name": str(user) if user is not None else None,
        "agent.email": user.email if user is not None else None,
        "agent.external_id": next((key for key, who in external.items() if user and who == str(user.id)), None),
    }


def _of_said(said: Said, contact: ContactFacts) -> dict[str, Any]:
    call = telephony.call_of(call_id=said.call_id) if said.call_id is not None else None
    number = call.number if call is not None else said.number
    found: dict[str, Any] = {
        "disposition.id": said.disposition_id or None,
        "disposition.name": said.disposition or None,
        "disposition.kind": said.kind or None,
        "disposition.outcome": said.outcome or None,
        "disposition.note": said.note or None,
        "callback.at": said.callback_at or None,
        "call.id": str(call.id) if call is not None else None,
        "call.number": number or None,
        "call.started_at": call.started_at.isoformat() if call is not None else None,
    }
    return {**found, "contact.phone": number} if number else found


# --- what was sent --------------------------------------------------------------------------------


def site_deliveries(
    *, actor: Actor, site_id: UUID, state: str | None = None, size: int = 50, after: str | None = None
) -> tuple[list[SiteDelivery], str | None]:
    """What was sent to a site of the organisation, newest first. An agency sees no more of a merchant's leads once the
    link has ended."""
    site = external_site_get(actor=actor, site_id=site_id)
    found = SiteDelivery.objects.filter(Q(site=site), campaign__in=visible_campaigns(actor).values("id"))
    if state:
        found = found.filter(state=state)
    if after:
        (last,) = cursors.decode(after, UUID)
        found = found.filter(id__lt=last) if last is not None else found
    rows = list(found.select_related("campaign", "agent").order_by("-id")[: size + 1])
    return rows[:size], cursors.encode([rows[size - 1].id]) if len(rows) > size else None


def site_campaigns(*, actor: Actor, site: ExternalSite) -> list[Campaign]:
    """The campaigns that name it, as far as the reader sees them."""
    return list(visible_campaigns(actor).filter(external_site=str(site.id)).order_by("-id")[:50])


def site_preview(*, actor: Actor, site: ExternalSite, lead_id: UUID) -> rules.Request:
    """What the site says of a lead that the actor sees; what happened last stands for what would."""
    lead = lead_get(actor=actor, lead_id=lead_id)
    return _sampled(actor, rule_of(site), lead)


def site_sample(*, actor: Actor, rule: rules.Site, campaign_id: UUID) -> tuple[Lead, rules.Request] | None:
    """The same with the campaign's lead that was called last, or else its first; None where it has none."""
    found = visible_campaigns(actor).filter(id=campaign_id).values("id")
    rows = Lead.objects.filter(campaign__in=found)
    lead = rows.filter(last_contacted_at__isnull=False).order_by("-last_contacted_at").first() or rows.first()
    return (lead, _sampled(actor, rule, lead)) if lead is not None else None


def _sampled(actor: Actor, rule: rules.Site, lead: Lead) -> rules.Request:
    last = (
        Attempt.objects.filter(lead=lead, disposition__isnull=False)
        .select_related("disposition")
        .order_by("-at")
        .first()
    )
    one = last.disposition if last is not None else None
    if one is None:
        some = Disposition.objects.filter(campaign=lead.campaign_id, removed_at__isnull=True, hidden=False)
        one = some.order_by("position", "id").first()
    said = Said(
        disposition_id=str(one.id) if one is not None else "",
        disposition=one.name if one is not None else "",
        kind=one.kind if one is not None else "",
        outcome=last.outcome if last is not None else "",
        call_id=last.call_id if last is not None else None,
        number=last.number if last is not None else "",
    )
    contact = contacts.contact_get_for_lead(lead.contact_id)
    return preview(rule=rule, campaign_id=lead.campaign_id, lead=lead, contact=contact, actor=actor, said=said)


def site_filled(*, actor: Actor, lead: Lead) -> tuple[str, rules.Request] | None:
    """The name and the request of the site that an agent's browser opens for the lead in hand; None where its campaign
    has none."""
    campaign = Campaign.objects.get(id=lead.campaign_id)
    live = orgs.link_is_live(merchant_id=campaign.merchant_id, agency_id=campaign.agency_id)
    site = site_of(
        ref=campaign.external_site, merchant_id=campaign.merchant_id, agency_id=campaign.agency_id, live=live
    )
    if site is None or rule_of(site).by_server:
        return None
    contact = contacts.contact_get_for_lead(lead.contact_id)
    said = Said(call_id=lead.call_id)
    made = filled(site=site, campaign_id=campaign.id, lead=lead, contact=contact, actor=actor, said=said)
    return site.name, made
