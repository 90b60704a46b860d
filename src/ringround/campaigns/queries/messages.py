"""Messages to leads: who may see which, and what one is composed from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from ringround.campaigns.models import Campaign, FormField, Lead
from ringround.campaigns.queries.access import require_lead
from ringround.campaigns.queries.leads import contacts_of
from ringround.campaigns.queries.message_parties import Party, agent_names, names_for, parties, values_of
from ringround.campaigns.queries.plan import AGENTS, visible_campaigns
from ringround.contacts import queries as contacts
from ringround.infra import clock
from ringround.kernel.errors import NotFound
from ringround.messaging import queries as messaging
from ringround.messaging.queries import Message, Outlook, Preview
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows, require


def message_page(
    *, actor: Actor, lead_id: UUID | None = None, campaign_id: UUID | None = None, channel: str | None = None,
    status: str | None = None, size: int = 50, after: str | None = None,
) -> tuple[list[Message], str | None]:  # fmt: skip
    """Messages to the leads that the actor sees, newest first, and the cursor of the next page. Agents see those to one
    lead, else what they have sent themselves."""
    require(actor, "campaigns.view")
    found = visible_campaigns(actor)
    if lead_id is not None:
        found = found.filter(id=require_lead(actor=actor, lead_id=lead_id).campaign_id)
    if campaign_id is not None:
        found = found.filter(id=campaign_id)
        if not found.exists():
            raise NotFound("campaign")
    rows = list(found.values_list("id", "merchant"))
    own = actor.role in AGENTS and lead_id is None
    return messaging.messages_of_campaigns(
        campaign_ids=[one for one, _ in rows], org_ids={merchant for _, merchant in rows}, channel=channel,
        status=status, by_id=actor.user_id if own else None, lead_id=lead_id, size=size, after=after,
    )  # fmt: skip


def message_seen(*, actor: Actor, message_id: UUID) -> Message:
    """A message to a lead that the actor sees; NotFound."""
    found = messaging.message_of(message_id=message_id)
    if found is None or found.lead_id is None:
        raise NotFound("message")
    try:
        lead = require_lead(actor=actor, lead_id=found.lead_id)
    except NotFound:
        raise NotFound("message") from None
    if lead.merchant_id != found.organisation_id:
        raise NotFound("message")
    require(actor, "campaigns.view")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Composing:
    """What somebody who writes to a lead chooses among."""

    lead: Lead
    party: Party
    channels: tuple[str, ...]
    templates: Mapping[str, list[Any]]
    may_write: bool
    fields: list[str]


def composing(*, actor: Actor, lead_id: UUID) -> Composing:
    """The lead's numbers and addresses, and the templates of its merchant and of its agency."""
    lead = require_lead(actor=actor, lead_id=lead_id)
    require(actor, "campaigns.messages.send")
    party = party_of(lead)
    found = messaging.templates_for(org_ids={party.campaign.merchant_id, party.campaign.agency_id})
    answers = FormField.objects.filter(campaign=lead.campaign_id, removed_at__isnull=True).values_list("key", flat=True)
    return Composing(
        lead=lead, party=party, channels=tuple(one for one in ("sms", "email") if party.to(one)),
        templates={channel: [one for one in found if one.channel == channel] for channel in ("sms", "email")},
        may_write=allows(actor, "campaigns.messages.own_text"),
        fields=names_for(list_ids=[party.contact.list_id], answers=list(answers)),
    )  # fmt: skip


def party_of(lead: Lead) -> Party:
    """The one whom a visible lead's messages go to; NotFound where the person was erased."""
    found = parties(leads=[lead]).get(lead.id)
    if found is None:
        raise NotFound("contact")
    return found


def message_preview(
    *, actor: Actor, party: Party, channel: str, template_id: UUID | None, subject: str = "", text: str = ""
) -> Preview | None:
    """What it would say to this lead; None where there is no such template."""
    values = merge_values(actor=actor, party=party)
    if template_id is None:
        return messaging.preview(channel=channel, values=values, language=party.language, subject=subject, text=text)
    orgs = {party.campaign.merchant_id, party.campaign.agency_id}
    template = messaging.template_find(org_ids=orgs, template_id=template_id)
    if template is None or template.channel != channel:
        return None
    return messaging.template_filled(template=template, values=values, language=party.language)


def merge_values(*, actor: Actor, party: Party) -> dict[str, str | None]:
    """What fields stand for when the actor writes."""
    who = actor.user_id or party.lead.last_contacted_by_id
    name = agent_names([who]).get(who) if who is not None else None
    return values_of(party, agent=name, language=party.language)


def message_outlook(*, party: Party, channel: str, now: datetime | None = None) -> Outlook:
    """Whether a message to this lead would go now; else why not, or when."""
    lead = party.lead
    return messaging.outlook(
        org_id=lead.merchant_id, campaign_id=lead.campaign_id, contact_id=lead.contact_id, channel=channel,
        to=party.to(channel), now=now or clock.now(),
    )  # fmt: skip


def leads_reach(lead_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Why no message of a channel would be queued to each lead, `{"sms": "no_address", "email": "", "zones": {…},
    "sent": {…}}`, with the clocks that a channel's messages go by and when the last went, as far as caps ask; of
    whatever organisation, as `leads_facts`. One whose contact was erased is left out."""
    leads = list(Lead.objects.filter(id__in=lead_ids))
    asked = [
        (one.lead.id, messaging.Whither(one.lead.merchant_id, one.lead.campaign_id, one.lead.contact_id, channel, to))
        for one in parties(leads=leads).values()
        for channel, to in (("sms", one.sms), ("email", one.email))
    ]
    found: dict[UUID, dict[str, Any]] = {}
    there = messaging.thither(asked=[one for _, one in asked], now=clock.now())
    for (lead_id, one), it in zip(asked, there, strict=True):
        reach = found.setdefault(lead_id, {"zones": {}, "sent": {}})
        reach[one.channel] = it.reason
        reach["zones"][one.channel], reach["sent"][one.channel] = it.zones, it.sent
    return found


# --- for the post room ----------------------------------------------------------------------------

MOST_SAMPLED, MOST_FIELDS_OF = 200, 50


def message_campaigns(*, actor: Actor) -> list[tuple[UUID, str]]:
    """Campaigns whose contacts a text may be tried on, the newest first."""
    found = visible_campaigns(actor).exclude(state="archived").order_by("-id")
    return list(found.values_list("id", "name")[:MOST_SAMPLED])


def message_sample(
    *, actor: Actor, campaign_id: UUID, language: str
) -> tuple[Lead, Party, dict[str, str | None]] | None:
    """The campaign's lead that was called last, or else its first, and what merge fields are for it. An agent's is one
    that they hold or is kept for them, as in lists: a preview may say anything of whoever it is filled in with."""
    found = visible_campaigns(actor).filter(id=campaign_id).values("id")
    rows = Lead.objects.filter(campaign__in=found)
    if actor.role in AGENTS:
        rows = rows.filter(Q(reserved_by=actor.user_id) | Q(owner=actor.user_id) | Q(assigned_to=actor.user_id))
    lead = rows.filter(last_contacted_at__isnull=False).order_by("-last_contacted_at").first() or rows.first()
    party = parties(leads=[lead]).get(lead.id) if lead is not None else None
    if lead is None or party is None:
        return None
    name = str(actor.user) if actor.user is not None else None
    return lead, party, values_of(party, agent=name, language=language)


def message_fields(*, actor: Actor) -> list[str]:
    """The merge fields that the actor's contacts and forms have."""
    campaigns = list(visible_campaigns(actor).order_by("-id").values_list("id", flat=True)[:MOST_FIELDS_OF])
    lists = Campaign.lists.through.objects.filter(campaign_id__in=campaigns).values_list("contactlist_id", flat=True)
    own = contacts.list_ids_of(org_id=actor.org_id, most=MOST_FIELDS_OF)
    asked = FormField.objects.filter(campaign__in=campaigns, removed_at__isnull=True).values_list("key", flat=True)
    return names_for(list_ids={*lists, *own}, answers=set(asked))


def leads_of_messages(*, actor: Actor, lead_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names of the contacts of these leads, of those that the actor sees."""
    rows = list(Lead.objects.filter(id__in=lead_ids, campaign__in=visible_campaigns(actor)))
    found = contacts_of(rows)
    return {one.id: found[one.contact_id].name for one in rows if one.contact_id in found}
