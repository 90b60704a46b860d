"""Leads that another program gives us one by one, with their contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.campaigns.actions.leads import Added, NewLead, leads_add
from ringround.campaigns.actions.plan.store import check_not_archived, lock
from ringround.contacts import actions as contacts
from ringround.kernel.errors import Invalid
from ringround.orgs.actor import Actor


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact to be made on a list, by column names."""

    list_id: UUID
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """A lead to be placed: of a contact that there is, or of a new one."""

    contact: UUID | NewContact
    external_lead_id: str | None = None
    urgent: bool = False
    priority: int = 50
    next_contact_at: datetime | None = None


@transaction.atomic
def leads_feed(*, actor: Actor, campaign_id: UUID, leads: Sequence[Fed]) -> Added:
    """Place leads, making their contacts on the way; all of them or none."""
    campaign = lock(actor=actor, campaign_id=campaign_id, permission="campaigns.leads.add")
    check_not_archived(campaign)
    new = []
    for index, one in enumerate(leads):
        contact_id = one.contact if isinstance(one.contact, UUID) else _made(actor, one.contact, index)
        new.append(
            NewLead(
                contact_id=contact_id,
                external_lead_id=one.external_lead_id,
                urgent=one.urgent,
                priority=one.priority,
                next_contact_at=one.next_contact_at,
            )
        )
    return leads_add(actor=actor, campaign_id=campaign_id, leads=new)


def _made(actor: Actor, one: NewContact, index: int) -> UUID:
    try:
        return contacts.contact_create(actor=actor, list_id=one.list_id, fields=one.fields).id
    except Invalid as wrong:
        raise Invalid([fault.under("leads", index, "contact") for fault in wrong.errors]) from wrong
