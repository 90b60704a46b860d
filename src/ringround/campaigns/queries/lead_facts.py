"""Leads as conditions see them: plain nested values, read for many at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ringround.campaigns.queries.plan_facts import Plan, plan_known, zone_facts
from ringround.campaigns.rules.lead import OPEN
from ringround.contacts.queries import ContactFacts, contacts_for_leads
from ringround.infra import sql

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
        "result": json.loads(result) if isinstance(result, str) else result,
    }
    found = {
        "org": str(row["campaign_merchant"]),
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
