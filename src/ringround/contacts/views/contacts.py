"""One contact, and finding one among all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.contacts import actions, ports, queries, texts
from ringround.contacts.forms import ContactForm, EraseForm, SearchForm
from ringround.kernel.columns import to_text
from ringround.kernel.errors import Conflict, Invalid
from ringround.orgs.permissions import allows, require
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx

SIZE = 25
FEW = 5


@require_safe
@requires("contacts.contacts.read")
def search(request: ActorRequest) -> HttpResponse:
    """Contacts of all lists."""
    q = request.GET.get("q", "")
    found, following = queries.contacts_search(actor=request.actor, q=q, size=SIZE, after=request.GET.get("after", ""))
    names = queries.contact_list_names(org_id=request.actor.org_id, ids={one.list_id for one in found})
    context = {
        "rows": [(one, names.get(one.list_id, "")) for one in found],
        "next": following,
        "searched": bool(q.strip()),
        "filter": SearchForm(request.GET),
        "crumbs": [(_("Contacts"), reverse("contacts:lists"))],
    }
    return htmx.page_or_fragment(request, "contacts/search.html", "contacts/_search.html", context)


@require_safe
@requires("contacts.contacts.read")
def detail(request: ActorRequest, contact_id: UUID) -> HttpResponse:
    """A contact: what is known, its numbers, what bars it, its leads."""
    details = queries.contact_details(actor=request.actor, contact_id=contact_id)
    contact = details.contact
    barred = (
        queries.suppressions_of_contact(
            actor=request.actor,
            contact_id=contact.id,
            numbers=[one.e164 for one in contact.numbers if one.e164],
            email=contact.email,
        )
        if allows(request.actor, "contacts.suppressions.read")
        else []
    )
    items, more = queries.contact_history(actor=request.actor, contact_id=contact_id, size=FEW)
    own = next((one for one in barred if one.kind == "contact" and one.campaign_id is None), None)
    basis = queries.basis_of([contact_id])[contact_id]
    context = {
        "contact": contact,
        "details": details,
        "basis": basis,
        "relation": texts.RELATIONS[basis.relation.kind] if basis.relation else "",
        "consents": [(one, texts.CHANNELS[one.channel]) for one in basis.consents],
        "values": [
            (one, contact.fields.get(one.name), to_text(contact.fields.get(one.name)))
            for one in details.columns
            if one.type != "phone"
        ],
        "barred": [(one, texts.BARRED[one.channel], texts.source_text(one.source)) for one in barred],
        "history": _items(items),
        "more_history": more is not None,
        "own_suppression": own,
        "crumbs": [
            (_("Contacts"), reverse("contacts:lists")),
            (details.list_name, reverse("contacts:list", args=[contact.list_id])),
        ],
        "may_change": allows(request.actor, "contacts.contacts.change"),
        "may_delete": allows(request.actor, "contacts.contacts.delete"),
        "may_suppress": allows(request.actor, "contacts.suppressions.change"),
    }
    return htmx.render_fragment(request, "contacts/contact.html", context)


@require_safe
@requires("contacts.contacts.read")
def history(request: ActorRequest, contact_id: UUID) -> HttpResponse:
    """All that was changed of a contact."""
    details = queries.contact_details(actor=request.actor, contact_id=contact_id)
    items, following = queries.contact_history(
        actor=request.actor, contact_id=contact_id, size=SIZE, after=request.GET.get("after", "")
    )
    contact = details.contact
    context = {
        "items": _items(items),
        "next": following,
        "crumbs": [
            (_("Contacts"), reverse("contacts:lists")),
            (details.list_name, reverse("contacts:list", args=[contact.list_id])),
            (contact.name or _("Contact"), reverse("contacts:contact", args=[contact_id])),
        ],
    }
    return htmx.page_or_fragment(request, "contacts/contact_history.html", "contacts/_history_page.html", context)


def _items(items: list[queries.HistoryItem]) -> list[tuple[queries.HistoryItem, Any, list[tuple[str, str, str]]]]:
    """(change, by what, (column, before, after) as text)."""
    return [
        (one, texts.VIA[one.via], [(said.column, to_text(said.before), to_text(said.after)) for said in one.changes])
        for one in items
    ]


@require_http_methods(["GET", "POST"])
@requires("contacts.lists.read")
def new(request: ActorRequest, list_id: UUID) -> HttpResponse:
    """A contact by hand."""
    found = queries.contact_list_get(actor=request.actor, list_id=list_id)
    require(request.actor, "contacts.contacts.change")
    form = ContactForm(request.POST or None, columns=queries.columns_of(found))
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.contact_create(actor=request.actor, list_id=list_id, fields=form.given())
            return htmx.redirect(request, "contacts:contact", made.id, toast=_("The contact is made."))
        except Invalid as error:
            form.add_faults(error)
    context = {
        "form": form,
        "title": _("New contact"),
        "key": f"contact-new:{list_id}",
        "back": reverse("contacts:list", args=[list_id]),
        "crumbs": [
            (_("Contacts"), reverse("contacts:lists")),
            (found.name, reverse("contacts:list", args=[list_id])),
        ],
    }
    status = 422 if request.method == "POST" else 200
    return htmx.page_or_fragment(
        request, "contacts/contact_edit.html", "contacts/_contact_edit.html", context, status=status
    )


@require_http_methods(["GET", "POST"])
@requires("contacts.contacts.read")
def edit(request: ActorRequest, contact_id: UUID) -> HttpResponse:
    """Change a contact."""
    details = queries.contact_details(actor=request.actor, contact_id=contact_id)
    require(request.actor, "contacts.contacts.change")
    contact = details.contact
    form = ContactForm(request.POST or None, columns=details.columns, contact=contact)
    if request.method == "POST" and form.is_valid():
        try:
            actions.contact_change(actor=request.actor, contact_id=contact_id, fields=_changed(form))
            return htmx.redirect(request, "contacts:contact", contact_id, toast=_("Saved."))
        except Invalid as error:
            form.add_faults(error)
    back = reverse("contacts:contact", args=[contact_id])
    context = {
        "form": form,
        "title": contact.name or contact.external_id or _("Contact"),
        "key": f"contact:{contact_id}",
        "back": back,
        "crumbs": [
            (_("Contacts"), reverse("contacts:lists")),
            (details.list_name, reverse("contacts:list", args=[contact.list_id])),
            (contact.name or _("Contact"), back),
        ],
    }
    status = 422 if request.method == "POST" else 200
    return htmx.page_or_fragment(
        request, "contacts/contact_edit.html", "contacts/_contact_edit.html", context, status=status
    )


def _changed(form: ContactForm) -> dict[str, object]:
    """Only what was changed on the screen: what somebody else has changed meanwhile stays theirs."""
    given = form.given()
    return {column.name: given[column.name] for n, column in enumerate(form.columns) if f"c{n}" in form.changed_data}


@require_http_methods(["GET", "POST"])
@requires("contacts.contacts.read")
def erase(request: ActorRequest, contact_id: UUID) -> HttpResponse:
    """Erase a person, once it has been seen what that does."""
    details = queries.contact_details(actor=request.actor, contact_id=contact_id)
    require(request.actor, "contacts.contacts.delete")
    contact = details.contact
    form = EraseForm(request.POST or None, initial={"suppress": True})
    if request.method == "POST" and form.is_valid():
        try:
            actions.contact_erase(actor=request.actor, contact_id=contact_id, suppress=form.cleaned_data["suppress"])
        except Conflict as error:
            return htmx.redirect(request, "contacts:contact-erase", contact_id, toast=str(error), tone="warning")
        return htmx.redirect(request, "contacts:list", contact.list_id, toast=_("The person is erased."))
    context = {
        "form": form,
        "contact": contact,
        "held": ports.held(contact_id),
        "crumbs": [
            (_("Contacts"), reverse("contacts:lists")),
            (details.list_name, reverse("contacts:list", args=[contact.list_id])),
            (contact.name or _("Contact"), reverse("contacts:contact", args=[contact_id])),
        ],
    }
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "contacts/contact_erase.html", context, status=status)


@require_POST
@requires("contacts.contacts.read")
def suppress(request: ActorRequest, contact_id: UUID) -> HttpResponse:
    """Bar a contact on all channels."""
    contact = queries.contact_get(actor=request.actor, contact_id=contact_id)
    actions.suppression_add(actor=request.actor, value=contact.id, kind="contact", channel="any")
    return htmx.redirect(request, "contacts:contact", contact_id, toast=_("The contact will not be contacted."))
