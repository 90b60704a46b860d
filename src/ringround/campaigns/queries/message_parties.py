"""To whom a lead's messages go, and what they may say: numbers, address and merge values, of many leads in one read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import formats, translation

from ringround.campaigns.models import Campaign, Lead, LeadNumber
from ringround.campaigns.queries.leads import contacts_of, zones_of
from ringround.campaigns.rules import message as rules
from ringround.campaigns.rules.lead import LeadFacts
from ringround.campaigns.rules.site import as_text
from ringround.contacts import queries as contacts
from ringround.contacts.queries import ContactFacts
from ringround.orgs import queries as orgs
from ringround.telephony import queries as telephony

# What a message may always say, beside the contact's own columns and the answers.
FIXED = (
    "contact.name", "contact.phone", "contact.email", "contact.external_id", "agent.name", "agent.first_name",
    "campaign.name", "organisation.name", "organisation.agency", "lead.callback_date", "lead.callback_time", "lead.id",
    "lead.external_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A lead as a message needs it. `sms`, `email`: where it goes, None where there is nothing."""

    lead: Lead | LeadFacts
    campaign: Campaign
    contact: ContactFacts
    zone: ZoneInfo
    sms: str | None
    email: str | None
    columns: tuple[Any, ...]

    def to(self, channel: str) -> str | None:
        return self.sms if channel == "sms" else self.email

    @property
    def language(self) -> str:
        """Nobody says which language a person reads: their merchant's."""
        return str(self.campaign.merchant.language)


def parties(*, leads: Sequence[Lead | LeadFacts]) -> dict[UUID, Party]:
    """Of leads that the caller has found visible, by id; those whose contact was erased are left out."""
    found = contacts_of(leads)
    campaigns = {
        one.id: one
        for one in Campaign.objects.select_related("merchant", "agency").filter(id__in={x.campaign_id for x in leads})
    }
    columns = contacts.columns_for_leads(list_ids={one.list_id for one in found.values()})
    called = _called(leads)
    zones = zones_of(leads)
    parties: dict[UUID, Party] = {}
    for lead in leads:
        contact = found.get(lead.contact_id)
        if contact is None:
            continue
        numbers = [rules.Number(one.e164, one.type, one.valid) for one in contact.numbers if one.e164]
        parties[lead.id] = Party(
            lead=lead, campaign=campaigns[lead.campaign_id], contact=contact, zone=zones[lead.id],
            sms=rules.sms_number(numbers, last_called=called.get(lead.id, ())), email=contact.email or None,
            columns=columns.get(contact.list_id, ()),
        )  # fmt: skip
    return parties


def _called(leads: Sequence[Lead | LeadFacts]) -> dict[UUID, list[str]]:
    """The numbers of each lead that were called, the last first; that of a call under way before all."""
    found: dict[UUID, list[str]] = {}
    rows = LeadNumber.objects.filter(lead__in=[one.id for one in leads], last_at__isnull=False)
    for lead_id, number in rows.order_by("-last_at", "id").values_list("lead", "number"):
        found.setdefault(lead_id, []).append(number)
    for lead in leads:
        call_id = lead.call_id or lead.unsaid_call_id
        if call_id is not None:
            found.setdefault(lead.id, []).insert(0, telephony.call_of(call_id=call_id).number)
    return found


def values_of(party: Party, *, agent: str | None, language: str) -> dict[str, str | None]:
    """What merge fields stand for, by name. A national id is in no message, nor what the list hides from agents. What
    is not known is None, so that a fallback takes its place."""
    lead, contact, campaign = party.lead, party.contact, party.campaign
    data = contacts.fields_json(contact, national_ids=False, hidden=False)
    found: dict[str, str | None] = {}
    for one in party.columns:
        if one.name in data and one.role != "national_id":
            # The column's own name first; its role where no column is called that.
            for key in (one.name, one.role):
                if key:
                    found.setdefault(f"contact.{key}".casefold(), as_text(data[one.name]) or None)
    for key, value in (lead.result or {}).items():
        found[f"lead.answer.{key}".casefold()] = as_text(value) or None
    date = time = None
    if lead.next_contact_at is not None:
        at = lead.next_contact_at.astimezone(party.zone)
        with translation.override(language):
            date, time = formats.date_format(at, "DATE_FORMAT"), formats.time_format(at, "H:i")
    first = next((one.e164 for one in contact.numbers if one.e164), None)
    said = {
        "contact.name": contact.name,
        "contact.phone": party.sms or first,
        "contact.email": party.email,
        "contact.external_id": contact.external_id,
        "lead.id": str(lead.id),
        "lead.external_id": lead.external_lead_id,
        "lead.callback_date": date,
        "lead.callback_time": time,
        "campaign.name": campaign.name,
        "agent.name": agent,
        "agent.first_name": (agent or "").partition(" ")[0],
        "organisation.name": campaign.merchant.name,
        "organisation.agency": campaign.agency.name,
    }
    return {**found, **{name: value or found.get(name) or None for name, value in said.items()}}


def names_for(*, list_ids: Collection[UUID], answers: Collection[str] = ()) -> list[str]:
    """The merge fields that messages to contacts of these lists may have: the fixed ones, then columns by name."""
    columns = contacts.columns_for_leads(list_ids=list_ids)
    known = [one for found in columns.values() for one in found if one.role != "national_id" and one.type != "phone"]
    own = {f"contact.{one.name}" for one in known if "|" not in one.name and not set("{}") & set(one.name)}
    own |= {f"contact.{one.role}" for one in known if one.role}
    own |= {f"lead.answer.{one}" for one in answers}
    return [*FIXED, *sorted(own - set(FIXED))]


def agent_names(ids: Collection[UUID | None]) -> Mapping[UUID, str]:
    """Names of those who send."""
    known = [one for one in ids if one is not None]
    return orgs.user_names(user_ids=known) if known else {}
