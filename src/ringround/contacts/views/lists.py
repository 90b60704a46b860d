"""Contact lists: all of them, one, its columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.contacts import actions, queries
from ringround.contacts.forms import ColumnSet, ListForm, SearchForm, add_column_faults, column_initial
from ringround.contacts.rules.columns import MAX_COLUMNS, Column
from ringround.kernel.errors import Conflict, Invalid
from ringround.orgs.permissions import allows, require
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx

SHOWN = 6  # columns of a list's table besides the name, unless others are chosen
SIZE = 25


@require_safe
@requires("contacts.lists.read")
def lists(request: ActorRequest) -> HttpResponse:
    """All lists, newest first."""
    q, archived = request.GET.get("q", ""), request.GET.get("archived") == "1"
    found, following = queries.contact_list_list(
        actor=request.actor, q=q, archived=archived, size=SIZE, after=request.GET.get("after", "")
    )
    context = {
        "lists": found,
        "next": following,
        "archived": archived,
        "searched": bool(q),
        "filter": SearchForm(request.GET),
        "may_change": allows(request.actor, "contacts.lists.change"),
    }
    return htmx.page_or_fragment(request, "contacts/lists.html", "contacts/_lists.html", context)


@require_http_methods(["GET", "POST"])
@requires("contacts.lists.change")
def new(request: ActorRequest) -> HttpResponse:
    """A list from nothing."""
    usual = [
        Column(_("Name"), "text", "name"),
        Column(_("Mobile"), "phone"),
        Column(_("City"), "text", "city"),
    ]
    return _editor(
        request,
        title=_("New list"),
        initial={"region": request.actor.organisation.region},
        columns=usual,
        save=lambda **values: actions.contact_list_create(actor=request.actor, **values).id,
        saved=_("The list is made."),
    )


@require_http_methods(["GET", "POST"])
@requires("contacts.lists.read")
def edit(request: ActorRequest, list_id: UUID) -> HttpResponse:
    """A list's name and columns."""
    found = queries.contact_list_get(actor=request.actor, list_id=list_id)
    require(request.actor, "contacts.lists.change")
    return _editor(
        request,
        title=found.name,
        initial={"name": found.name, "region": found.region},
        columns=list(queries.columns_of(found)),
        save=lambda **values: actions.contact_list_change(actor=request.actor, list_id=list_id, **values).id,
        saved=_("Saved."),
        list=found,
    )


def _editor(
    request: ActorRequest,
    *,
    title: str,
    initial: dict[str, Any],
    columns: list[Column],
    save: Any,
    saved: str,
    list: Any = None,
) -> HttpResponse:
    """Name, country and columns; columns are added, moved and taken away before anything is saved."""
    crumbs = [(_("Contacts"), reverse("contacts:lists"))]
    if list is not None:
        crumbs.append((list.name, reverse("contacts:list", args=[list.id])))
    context: dict[str, Any] = {"title": title, "list": list, "crumbs": crumbs, "most": MAX_COLUMNS}
    if request.method != "POST":
        context |= {
            "form": ListForm(initial=initial),
            "columns": ColumnSet(initial=[column_initial(one) for one in columns], prefix="columns"),
        }
        return htmx.render_fragment(request, "contacts/list_edit.html", context)
    form, rows = ListForm(request.POST), ColumnSet(request.POST, prefix="columns")
    valid = form.is_valid() and rows.is_valid()
    do = request.POST.get("do", "save")
    if do != "save":
        # The other buttons only change what is on the screen.
        moved = _moved([_typed(one) for one in rows.forms], do)
        context |= {"form": _unbound(form), "columns": ColumnSet(initial=moved, prefix="columns")}
        return htmx.page_or_fragment(request, "contacts/list_edit.html", "contacts/_list_edit.html", context)
    if valid:
        named = [one for one in rows.forms if one.cleaned_data.get("name")]
        try:
            made = save(**form.cleaned_data, columns=[one.declared() for one in named])
            return htmx.redirect(request, "contacts:list", made, toast=saved)
        except Invalid as error:
            add_column_faults(form, named, error)
        except Conflict as error:
            form.add_error(None, str(error))
    context |= {"form": form, "columns": rows}
    return htmx.page_or_fragment(request, "contacts/list_edit.html", "contacts/_list_edit.html", context, status=422)


def _typed(form: Any) -> dict[str, Any]:
    return {name: form[name].value() for name in form.fields}


def _unbound(form: ListForm) -> ListForm:
    return ListForm(initial={name: form[name].value() for name in form.fields})


def _moved(rows: list[dict[str, Any]], do: str) -> list[dict[str, Any]]:
    word, _dash, number = do.partition("-")
    at = int(number) if number.isdecimal() else -1
    if word == "add" and len(rows) < MAX_COLUMNS:
        return [*rows, {"type": "text", "editable": True}]
    if word == "remove" and 0 <= at < len(rows):
        return rows[:at] + rows[at + 1 :]
    if word == "up" and 0 < at < len(rows):
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
    if word == "down" and 0 <= at < len(rows) - 1:
        rows[at + 1], rows[at] = rows[at], rows[at + 1]
    return rows


@require_safe
@requires("contacts.lists.read")
def detail(request: ActorRequest, list_id: UUID) -> HttpResponse:
    """A list: its contacts, searched and by the columns chosen."""
    found = queries.contact_list_get(actor=request.actor, list_id=list_id)
    columns = queries.columns_of(found)
    q, sort = request.GET.get("q", ""), request.GET.get("sort", "")
    contacts, following = queries.contacts_search(
        actor=request.actor,
        list_id=list_id,
        q=q,
        sort="name" if sort == "name" else "newest",
        size=SIZE,
        after=request.GET.get("after", ""),
    )
    asked = request.GET.getlist("column")
    choosable = [one for one in columns if one.role != "national_id"]
    chosen = [one for one in choosable if one.name in asked] if asked else _usual(choosable)
    context = {
        "list": found,
        "columns": chosen,
        "all_columns": [(one, one in chosen) for one in choosable],
        "rows": [(one, cells(one, chosen)) for one in contacts],
        "next": following,
        "searched": bool(q.strip()),
        "filter": SearchForm(request.GET),
        "crumbs": [(_("Contacts"), reverse("contacts:lists"))],
        "may_change": allows(request.actor, "contacts.lists.change"),
        "may_add": allows(request.actor, "contacts.contacts.change"),
        "may_import": allows(request.actor, "contacts.imports.run"),
        "may_export": allows(request.actor, "contacts.export"),
        "has_phone": any(one.type == "phone" for one in columns),
    }
    return htmx.page_or_fragment(request, "contacts/list.html", "contacts/_contacts.html", context)


def _usual(columns: list[Column]) -> list[Column]:
    plain = [one for one in columns if one.role not in ("name", "first_name", "last_name") and not one.hidden]
    return sorted(plain, key=lambda one: one.type != "phone")[:SHOWN]


def cells(contact: queries.ContactFacts, columns: list[Column]) -> list[tuple[Column, Any]]:
    """(column, value) of a contact's row; of a phone column the number."""
    numbers = {number.label: number for number in contact.numbers}
    return [
        (one, numbers.get(one.name) if one.type == "phone" else contact.fields.get(one.name, "")) for one in columns
    ]


@require_POST
@requires("contacts.lists.read")
def archive(request: ActorRequest, list_id: UUID) -> HttpResponse:
    """Put a list away."""
    found = actions.contact_list_archive(actor=request.actor, list_id=list_id)
    return htmx.redirect(request, "contacts:list", found.id, toast=_("The list is put away. Its leads go on."))


@require_POST
@requires("contacts.lists.read")
def restore(request: ActorRequest, list_id: UUID) -> HttpResponse:
    """Take a list out again."""
    found = actions.contact_list_restore(actor=request.actor, list_id=list_id)
    return htmx.redirect(request, "contacts:list", found.id, toast=_("The list is back."))


@require_safe
@requires("contacts.lists.read")
def export(request: ActorRequest, list_id: UUID) -> HttpResponse:
    """A list as CSV, as it comes from the database."""
    found = queries.contact_list_get(actor=request.actor, list_id=list_id)
    require(request.actor, "contacts.export")
    rows = queries.contacts_export(actor=request.actor, list_id=list_id)
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slugify(found.name) or "contacts"}.csv"'
    # It streams, so it is no HttpResponse by its class, and one in every way that counts.
    return cast("HttpResponse", response)


def _lines(rows: Iterator[list[str]]) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    # The mark makes Excel read the letters right.
    out.write("\ufeff")
    for row in rows:
        writer.writerow(row)
        if out.tell() > 1 << 15:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()
