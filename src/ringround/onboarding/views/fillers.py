"""What the signing room puts into the slots of lower rooms' pages; the wiring says which."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from ringround.onboarding import queries
from ringround.onboarding.queries import agreements
from ringround.onboarding.texts import ACTIONS
from ringround.orgs.permissions import allows
from ringround.orgs.web import current

MOST = 10


def sessions_on_lead(request: HttpRequest, *, lead: Any) -> str:
    """On a campaign's lead: the sessions that were held for it, as far as the reader sees them."""
    actor = current(request)
    if actor is None or not allows(actor, "onboarding.sessions.read"):
        return ""
    page = queries.session_page(actor=actor, lead=lead.id, size=MOST)
    if not page.items:
        return ""
    rows = [(one, ACTIONS[one.action]) for one in page.items]
    return render_to_string("onboarding/fillers/_lead.html", {"rows": rows, "more": page.next}, request)


def agreements_on_contact(request: HttpRequest, *, contact: Any) -> str:
    """On a contact's page: what they have promised."""
    actor = current(request)
    if actor is None or actor.organisation.kind != "merchant" or not allows(actor, "onboarding.agreements.read"):
        return ""
    found, more = agreements.agreement_page(actor=actor, contact=contact.id, size=MOST)
    if not found:
        return ""
    once = agreements.single_charges(found)
    rows = [(one, getattr(one, "subscription", None), once.get(one.id)) for one in found]
    context = {"rows": rows, "more": more, "contact": contact}
    return render_to_string("onboarding/fillers/_contact.html", context, request)
