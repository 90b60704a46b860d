"""What campaigns put into the slots of lower rooms' pages; the wiring says which."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from ringround.campaigns.queries.uses import campaigns_of_list, leads_of_contact
from ringround.orgs.permissions import allows
from ringround.orgs.web import current


def leads_on_contact(request: HttpRequest, *, contact: Any) -> str:
    """On a contact's page: its leads, with their way to them."""
    actor = current(request)
    if actor is None or not allows(actor, "campaigns.view"):
        return ""
    leads = leads_of_contact(actor=actor, contact_id=contact.id)
    return render_to_string("campaigns/fillers/_leads.html", {"leads": leads}, request)


def campaigns_on_list(request: HttpRequest, *, list: Any) -> str:
    """On a contact list's page: the campaigns that use it."""
    actor = current(request)
    if actor is None or not allows(actor, "campaigns.view"):
        return ""
    found = campaigns_of_list(actor=actor, list_id=list.id)
    context = {"campaigns": found, "may_create": allows(actor, "campaigns.create") and list.archived_at is None}
    return render_to_string("campaigns/fillers/_campaigns.html", context, request)
