"""Leads as conditions see them: plain nested values, read for many at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ringround.campaigns.models import Campaign
from ringround.campaigns.queries.plan_facts import Plan, plan_known, zone_facts
from ringround.campaigns.rules.lead import OPEN
from ringround.compliance.rules import lead_windows
from ringround.contacts.queries import ContactFacts, contacts_for_leads, contacts_meant
from ringround.infra import sql
from ringround.kernel.ids import parse_id
from ringround.kernel.windows import Window

_PLAIN = (
    "status", "active", "attempts", "priority", "position", "external_lead_id", "next_contact_at", "no_callback_at",
    "snoozed_until", "expires_at", "expired", "last_contacted_at", "engaged", "created_at", "suppressed", "deactivated",
)  # fmt: skip
_PEOPLE = ("assigned_to", "owner", "last_contacted_by")


def leads_facts(lead_ids: Sequence[UUID], *, contacts: bool = True) -> dict[UUID, dict[str, Any]]:
    """`{lead, contact, campaign, zone}` of each lead that is there, by its id; ids as text, times as aware moments.

    Of whatever organisation: the caller has found them its own. Without `contacts` that part is left out, which spares
    half of the reading.
    """
    rows = sql.rows("campaigns", "leads_facts", leads=list(dict.fromkeys(lead_ids)))
    people: dict[UUID, ContactFacts] = {}
    if contacts and rows:
        people = {one.id: one for one in contacts_for_leads([row["contact_id"] for row in rows])}
    plans: dict[UUID, Plan] = {}
    found: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        plan = plans.get(row["campaign_id"])
        if plan is None:
            plan = plans[row["campaign_id"]] = plan_known(
                campaign_id=row["campaign_id"], version=row["plan_version"], state=row["campaign_state"],
                member_id=None, live=True,
            )  # fmt: skip
        found[row["id"]] = _facts(row, plan, people.get(row["contact_id"]), contacts=contacts)
    return found


def leads_windows(lead_ids: Sequence[UUID]) -> dict[UUID, list[Window]]:
    """When each lead may be called, by its campaign's hours where it is; all of them must be open."""
    found: dict[UUID, list[Window]] = {}
    for row in sql.rows("campaigns", "leads_facts", leads=list(lead_ids)):
        plan = plan_known(
            campaign_id=row["campaign_id"], version=row["plan_version"], state=row["campaign_state"], member_id=None,
            live=True,
        )  # fmt: skip
        found[row["id"]] = list(lead_windows(zone_facts(row["zone_key"]), plan.facts))
    return found


def leads_of_contacts(contact_ids: Sequence[UUID]) -> dict[UUID, list[tuple[UUID, UUID]]]:
    """The leads of contacts, each with its campaign, by contact."""
    found: dict[UUID, list[tuple[UUID, UUID]]] = {}
    for row in sql.rows("campaigns", "leads_of_contacts_named", contacts=list(contact_ids)):
        found.setdefault(row["contact_id"], []).append((row["id"], row["campaign_id"]))
    return found


def leads_after(*, campaign_ids: Sequence[UUID], org_id: UUID, after: UUID, size: int) -> list[UUID]:
    """A page of the leads of campaigns of an organisation, by id."""
    rows = sql.rows("campaigns", "leads_after", campaigns=list(campaign_ids), org=org_id, after=after, limit=size)
    return [row["id"] for row in rows]


def leads_meant(*, campaign_ids: Sequence[UUID], org_id: UUID, by: str, value: str) -> list[UUID]:
    """The leads of these campaigns that an outside program means: `by` lead, external_lead_id, phone or email."""
    if by == "lead":
        lead_id = parse_id(value)
        named = sql.rows("campaigns", "leads_named", leads=[lead_id]) if lead_id is not None else []
        return [one["id"] for one in named if one["campaign_id"] in campaign_ids and one["merchant_id"] == org_id]
    if by == "external_lead_id":
        rows = sql.rows("campaigns", "leads_by_external", campaigns=list(campaign_ids), org=org_id, value=value)
        return [row["id"] for row in rows]
    contacts = contacts_meant(org_id=org_id, phone=value if by == "phone" else "", email=value if by == "email" else "")
    wanted = set(campaign_ids)
    found = leads_of_contacts(contacts) if contacts else {}
    return sorted(lead for leads in found.values() for lead, campaign in leads if campaign in wanted)


def _facts(row: Mapping[str, Any], plan: Plan, contact: ContactFacts | None, *, contacts: bool) -> dict[str, Any]:
    result = row["result"]
    lead: dict[str, Any] = {name: row[name] for name in _PLAIN}
    lead |= {name: str(row[f"{name}_id"]) if row[f"{name}_id"] is not None else None for name in _PEOPLE}
    lead |= {
        "id": str(row["id"]),
        "campaign": str(row["campaign_id"]),
        "open": row["status"] in OPEN,
        "urgent": row["urgent_at"] is not None,
        "in_call": row["call_id"] is not None,
        "held": row["reserved_by_id"] is not None,
        "held_until": row["reserved_until"],
        "result": json.loads(result) if isinstance(result, str) else result,
    }
    found = {
        "org": str(row["campaign_merchant"]),
        "contact_id": str(row["contact_id"]),
        "lead": lead,
        "campaign": {
            "id": str(row["campaign_id"]),
            "name": row["campaign_name"],
            "state": row["campaign_state"],
            "max_attempts": plan.settings["max_attempts"],
        },
        # Where the lead's times are told: the first zone that it may be in.
        "zone": (zone_facts(row["zone_key"]).number_zones or (row["campaign_zone"],))[0],
    }
    if contacts:
        # An erased contact is there and empty.
        found["contact"] = _contact(contact) if contact is not None else {"id": str(row["contact_id"]), "fields": {}}
    return found


def _contact(contact: ContactFacts) -> dict[str, Any]:
    return {
        "id": str(contact.id),
        "list": str(contact.list_id),
        "name": contact.name,
        "external_id": contact.external_id,
        "email": contact.email,
        "country": contact.country,
        "suppressed": contact.suppressed,
        # What a national id says is for nobody's condition.
        "fields": {name: value for name, value in contact.fields.items() if name not in contact.national_ids},
    }


def campaign_zone(*, campaign_id: UUID) -> str | None:
    """A campaign's time zone by its name; None where it is gone."""
    return Campaign.objects.filter(id=campaign_id).values_list("timezone", flat=True).first()


def campaigns_owned(*, org_id: UUID) -> dict[UUID, UUID]:
    """The merchant's own campaigns that are not put away, each with the agency that works it."""
    found = Campaign.objects.filter(merchant=org_id).exclude(state="archived")
    return dict(found.values_list("id", "agency_id"))


def lists_of_campaigns(*, campaign_ids: Sequence[UUID]) -> set[UUID]:
    """The contact lists of campaigns."""
    through = Campaign.lists.through.objects.filter(campaign_id__in=campaign_ids)
    return set(through.values_list("contactlist_id", flat=True))
