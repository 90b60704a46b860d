"""What a contact is to the merchant, and has agreed to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ringround.contacts import actions, queries
from ringround.contacts.forms import ConsentForm, RelationForm
from ringround.kernel.errors import Conflict, Invalid
from ringround.orgs.permissions import require
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx
from ringround.ui.forms import add_faults


@require_http_methods(["GET", "POST"])
@requires("contacts.contacts.read")
def relation(request: ActorRequest, contact_id: UUID) -> HttpResponse:
    """Say what the contact is."""
    details = queries.contact_details(actor=request.actor, contact_id=contact_id)
    require(request.actor, "contacts.contacts.change")
    known = queries.basis_of([contact_id])[contact_id].relation
    initial = {"kind": known.kind, "since": known.since, "until": known.until} if known else {}
    form = RelationForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.relation_set(actor=request.actor, contact_id=contact_id, relation=form.given())
            return htmx.redirect(request, "contacts:contact", contact_id, toast=_("Saved."))
        except Invalid as error:
            _add(form, error)
    return _page(request, details, form, _("Relation"), _("Save"))


@require_http_methods(["GET", "POST"])
@requires("contacts.contacts.read")
def consent(request: ActorRequest, contact_id: UUID) -> HttpResponse:
    """Record a consent."""
    details = queries.contact_details(actor=request.actor, contact_id=contact_id)
    require(request.actor, "contacts.contacts.change")
    form = ConsentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.consent_add(actor=request.actor, contact_id=contact_id, **form.cleaned_data)
            return htmx.redirect(request, "contacts:contact", contact_id, toast=_("The consent is recorded."))
        except Invalid as error:
            _add(form, error)
        except Conflict as error:
            form.add_error(None, str(error))
    return _page(request, details, form, _("Record a consent"), _("Record"))


@require_POST
@requires("contacts.contacts.read")
def withdraw(request: ActorRequest, contact_id: UUID, consent_id: UUID) -> HttpResponse:
    """The person has taken it back."""
    actions.consent_withdraw(actor=request.actor, contact_id=contact_id, consent_id=consent_id)
    return htmx.redirect(request, "contacts:contact", contact_id, toast=_("The consent is withdrawn."))


def _add(form: forms.Form, error: Invalid) -> None:
    """Faults of a relation name its part within the contact."""
    parts = [replace(fault, loc=fault.loc[1:]) if fault.loc[:1] == ("relation",) else fault for fault in error.errors]
    add_faults(form, Invalid(parts))


def _page(request: ActorRequest, details: queries.Details, form: forms.Form, title: str, yes: str) -> HttpResponse:
    contact = details.contact
    context: dict[str, Any] = {
        "form": form,
        "title": title,
        "yes": yes,
        "contact": contact,
        "crumbs": [
            (_("Contacts"), reverse("contacts:lists")),
            (details.list_name, reverse("contacts:list", args=[contact.list_id])),
            (contact.name or _("Contact"), reverse("contacts:contact", args=[contact.id])),
        ],
    }
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "contacts/contact_basis.html", context, status=status)
