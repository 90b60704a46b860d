"""What is known of the leads of several campaigns by name: the questions of their forms, the columns of their lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from ringround.campaigns.models import Campaign, FormField, Lead
from ringround.campaigns.queries.plan import visible_campaigns
from ringround.contacts import queries as contacts
from ringround.orgs.actor import Actor


@dataclass(frozen=True, slots=True)
class Asked:
    """A question by its key, or a column by its name; `options` are its answers where they are a list."""

    key: str
    label: str
    type: str
    options: tuple[str, ...] = ()


def questions_of(*, campaign_ids: Iterable[UUID]) -> list[Asked]:
    """The questions that these campaigns ask, each key once, with the answers of all of them."""
    rows = FormField.objects.filter(campaign__in=list(campaign_ids), removed_at=None)
    found: dict[str, Asked] = {}
    for row in rows.order_by("-campaign_id", "position").values_list("key", "label", "type", "options"):
        key, label, kind, options = row
        known = found.get(key)
        if known is None:
            found[key] = Asked(key, label, kind, tuple(options))
        elif options:
            found[key] = Asked(key, known.label, known.type, tuple(dict.fromkeys((*known.options, *options))))
    return list(found.values())


def columns_of_campaigns(*, campaign_ids: Iterable[UUID]) -> list[Asked]:
    """The columns of the contact lists that these campaigns use, each name once; numbers and what is hidden apart."""
    through = Campaign.lists.through.objects.filter(campaign_id__in=list(campaign_ids))
    lists = list(through.values_list("contactlist_id", flat=True).distinct())
    found: dict[str, Asked] = {}
    for columns in contacts.columns_for_leads(list_ids=lists).values():
        for one in columns:
            if one.type != "phone" and not one.hidden:
                found.setdefault(one.name, Asked(one.name, one.name, one.type))
    return list(found.values())


def lead_names(*, actor: Actor, lead_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The contacts' names of leads that the actor may see, by lead; leads that they may not are left out."""
    found = Lead.objects.filter(id__in=list(lead_ids), campaign__in=visible_campaigns(actor))
    people = dict(found.values_list("id", "contact_id"))
    names = {one.id: one.name for one in contacts.contacts_for_leads(list(people.values()))} if people else {}
    return {lead: names.get(contact) or "" for lead, contact in people.items()}
