"""Leads that another program gives us one by one, with their contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.campaigns.actions.leads import Added, NewLead, leads_add
from ringround.campaigns.actions.plan.store import check_not_archived, lock
from ringround.campaigns.queries.plan import campaign_get, check_may
from ringround.contacts import actions as contacts
from ringround.kernel.errors import Fault, Invalid
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
    check_may(actor, campaign_get(actor=actor, campaign_id=campaign_id), "campaigns.leads.add")
    made = _make(actor, leads)
    # Locked late: making many contacts takes its time, and agents take leads meanwhile.
    check_not_archived(lock(actor=actor, campaign_id=campaign_id, permission="campaigns.leads.add"))
    return leads_add(
        actor=actor,
        campaign_id=campaign_id,
        leads=[
            NewLead(
                contact_id=one.contact if isinstance(one.contact, UUID) else made[index],
                external_lead_id=one.external_lead_id,
                urgent=one.urgent,
                priority=one.priority,
                next_contact_at=one.next_contact_at,
            )
            for index, one in enumerate(leads)
        ],
    )


def _make(actor: Actor, leads: Sequence[Fed]) -> dict[int, UUID]:
    """The contacts that are new, by their place among the leads; list by list, in the order of all who lock lists."""
    places: dict[UUID, list[tuple[int, NewContact]]] = {}
    for index, one in enumerate(leads):
        if isinstance(one.contact, NewContact):
            places.setdefault(one.contact.list_id, []).append((index, one.contact))
    made: dict[int, UUID] = {}
    faults: list[Fault] = []
    for list_id, mine in sorted(places.items()):
        try:
            ids = contacts.contacts_create(actor=actor, list_id=list_id, rows=[one.fields for _index, one in mine])
        except Invalid as wrong:
            for fault in wrong.errors:
                row, *loc = fault.loc
                faults.append(replace(fault, loc=("leads", mine[int(row)][0], "contact", *loc)))
        else:
            made.update(zip((index for index, _one in mine), ids, strict=True))
    if faults:
        raise Invalid(faults)
    return made
