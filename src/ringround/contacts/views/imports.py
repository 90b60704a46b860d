"""A file's way into a list, on screen: upload, columns, a try, the import."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.contacts import actions, queries, texts
from ringround.contacts.forms import (
    FileColumnSet,
    OptionsForm,
    ReadingForm,
    TargetSet,
    UploadForm,
    add_column_faults,
    column_initial,
)
from ringround.contacts.queries import ImportState, Preview
from ringround.contacts.rules.mapping import unnamed
from ringround.kernel.errors import Conflict, Invalid, TooLarge
from ringround.orgs.permissions import allows, require
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx
from ringround.ui.forms import add_faults
from ringround.ui.wizard import Step

SIZE = 25
SAMPLES = 3


@require_http_methods(["GET", "POST"])
@requires("contacts.imports.run")
def upload(request: ActorRequest) -> HttpResponse:
    """The first step of a new list from a file."""
    return _upload(request, None)


@require_http_methods(["GET", "POST"])
@requires("contacts.lists.read")
def upload_to(request: ActorRequest, list_id: UUID) -> HttpResponse:
    """The first step of a file into a list that is there."""
    return _upload(request, list_id)


def _upload(request: ActorRequest, list_id: UUID | None) -> HttpResponse:
    found = queries.contact_list_get(actor=request.actor, list_id=list_id) if list_id is not None else None
    require(request.actor, "contacts.imports.run")
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            row = actions.import_draft(
                actor=request.actor, list_id=list_id, file=file.chunks(), file_name=file.name or "file"
            )
            return htmx.redirect(request, "contacts:import-columns", row.id)
        except Invalid as error:
            add_faults(form, error)
        except TooLarge as error:
            form.add_error("file", str(error))
    context = {
        "form": form,
        "list": found,
        "steps": _steps("file"),
        "crumbs": _crumbs(found),
        "title": found.name if found else _("New list from a file"),
    }
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "contacts/import_upload.html", context, status=status)


def _crumbs(found: Any) -> list[tuple[str, str]]:
    crumbs = [(_("Contacts"), reverse("contacts:lists"))]
    if found is not None:
        crumbs.append((found.name, reverse("contacts:list", args=[found.id])))
    return crumbs


def _steps(current: str) -> list[Step]:
    keys = [("file", _("File")), ("columns", _("Columns")), ("import", _("Try and import"))]
    at = [key for key, _label in keys].index(current)
    return [
        Step(key, label, "", "done" if number < at else "current" if number == at else "locked")
        for number, (key, label) in enumerate(keys)
    ]


@require_http_methods(["GET", "POST"])
@requires("contacts.imports.read")
def columns(request: ActorRequest, import_id: UUID) -> HttpResponse:
    """The second step: what the columns are, or where they go."""
    state = queries.import_get(actor=request.actor, import_id=import_id)
    require(request.actor, "contacts.imports.run")
    if state.state != "draft":
        return htmx.redirect(request, "contacts:import", import_id)
    do = request.POST.get("do", "")
    if do == "reread":
        seen = queries.import_preview(actor=request.actor, import_id=import_id).sniffed
        reading = ReadingForm(request.POST, prefix="reading", sheets=seen.sheets, hidden=seen.hidden)
        if reading.is_valid():
            try:
                actions.import_redraft(actor=request.actor, import_id=import_id, **reading.reading())
            except Invalid as error:
                return htmx.redirect(
                    request, "contacts:import-columns", import_id, toast=error.errors[0].detail, tone="danger"
                )
        return htmx.redirect(request, "contacts:import-columns", import_id)
    preview = queries.import_preview(actor=request.actor, import_id=import_id)
    new = _is_new(request, preview)
    posted = request.POST if request.method == "POST" else None
    options = OptionsForm(posted, actor=request.actor, prefix="options", initial=_usual_options(preview))
    rows = FileColumnSet(posted, prefix="columns", initial=_column_initials(preview)) if new else None
    targets = (
        None
        if new
        else TargetSet(
            posted,
            prefix="targets",
            initial=[{"target": preview.columns[to].name if to is not None else ""} for to in preview.places],
            form_kwargs={"columns": preview.columns},
        )
    )
    name = request.POST.get("name", preview.state.list_name or _list_name(state.file_name))
    faults: list[str] = []
    if posted is not None and options.is_valid() and (rows or targets).is_valid():  # type: ignore[union-attr]
        values = {**options.options(), "dry_run": do != "import"}
        try:
            row = _confirm(request, import_id, preview, values, name, rows, targets)
            return htmx.redirect(request, "contacts:import", row.id)
        except Invalid as error:
            if rows is not None:
                add_column_faults(options, [one for one in rows.forms if one.cleaned_data.get("take")], error)
            else:
                add_faults(options, error)
            faults = [str(fault.detail) for fault in error.errors if fault.loc and fault.loc[0] == "name"]
    shown = rows.forms if rows is not None else targets.forms if targets is not None else []
    context = {
        "state": state,
        "preview": preview,
        "new": new,
        "name": name,
        "name_faults": faults,
        "rows": rows,
        "targets": targets,
        "table": list(zip(_headers(preview), _samples(preview), shown, strict=False)),
        "options": options,
        "reading": ReadingForm(
            prefix="reading",
            sheets=preview.sniffed.sheets,
            hidden=preview.sniffed.hidden,
            initial={
                "delimiter": preview.sniffed.delimiter,
                "header": preview.sniffed.has_header,
                "sheet": preview.sniffed.sheet,
            },
        ),
        "encoding": _encoding(preview.sniffed.encoding),
        "sheet": preview.sniffed.sheet,
        "delimiter": texts.DELIMITERS.get(preview.sniffed.delimiter, preview.sniffed.delimiter),
        "steps": _steps("columns"),
        "crumbs": [(_("Contacts"), reverse("contacts:lists"))],
    }
    status = 422 if request.method == "POST" else 200
    return htmx.page_or_fragment(
        request, "contacts/import_columns.html", "contacts/_import_columns.html", context, status=status
    )


def _is_new(request: ActorRequest, preview: Preview) -> bool:
    """Whether the columns are still to be chosen: there is no list yet, or it came of this file and is empty."""
    if preview.state.list_id is None:
        return True
    if not preview.state.options.get("new_list"):
        return False
    found = queries.contact_list_get(actor=request.actor, list_id=preview.state.list_id)
    return found.contact_count == 0


def _column_initials(preview: Preview) -> list[dict[str, Any]]:
    """The columns as proposed, or as they were chosen when the file was tried before."""
    mapping = preview.state.options.get("mapping") or {}
    declared = {column.name: column for column in preview.columns}
    initials = []
    names = zip(preview.sniffed.headers, _headers(preview), preview.proposed, strict=True)
    for header, name, proposed in names:
        if preview.state.list_id is None:
            initials.append({**column_initial(proposed), "name": name, "take": True})
            continue
        chosen = declared.get(mapping.get(header) or "")
        shown = column_initial(chosen) if chosen is not None else {**column_initial(proposed), "name": name}
        initials.append({**shown, "take": chosen is not None})
    return initials


def _usual_options(preview: Preview) -> dict[str, Any]:
    known = preview.state.options
    return {
        "match": known.get("match") or ["phone"],
        "on_match": known.get("on_match") or "update",
        "invalid_numbers": known.get("invalid_numbers") or "reject",
        "invalid_values": known.get("invalid_values") or "leave_out",
        "campaign": known.get("campaign") or "",
    }


def _samples(preview: Preview) -> list[list[str]]:
    return [
        [row[at] for row in preview.sniffed.rows if at < len(row) and row[at]][:SAMPLES]
        for at in range(len(preview.sniffed.headers))
    ]


def _encoding(name: str) -> str:
    return str(texts.ENCODINGS.get(name, name))


def _headers(preview: Preview) -> list[str]:
    """The file's columns as they are called on screen: who reads Danish sees `Kolonne 3` where the file has no name."""
    return [
        _("Column %(number)s") % {"number": number} if header == unnamed(number) else header
        for number, header in enumerate(preview.sniffed.headers, start=1)
    ]


def _list_name(file_name: str) -> str:
    return file_name.rsplit(".", 1)[0].replace("_", " ").strip()[:200]


def _confirm(
    request: ActorRequest,
    import_id: UUID,
    preview: Preview,
    options: dict[str, Any],
    name: str,
    rows: Any,
    targets: Any,
) -> Any:
    headers = preview.sniffed.headers
    if rows is not None:
        taken = [(header, one) for header, one in zip(headers, rows.forms, strict=False) if one.cleaned_data["take"]]
        declared = [one.declared() for _header, one in taken]
        mapping: dict[str, str | None] = dict.fromkeys(headers)
        mapping |= {header: str(one["name"]) for (header, _form), one in zip(taken, declared, strict=True)}
        return actions.import_confirm(
            actor=request.actor,
            import_id=import_id,
            options={**options, "mapping": mapping},
            new_list={"name": name, "columns": declared},
        )
    mapping = {header: one.cleaned_data["target"] or None for header, one in zip(headers, targets.forms, strict=False)}
    return actions.import_confirm(actor=request.actor, import_id=import_id, options={**options, "mapping": mapping})


@require_safe
@requires("contacts.imports.read")
def detail(request: ActorRequest, import_id: UUID) -> HttpResponse:
    """The third step, and what became of it: progress that is live, counts, rejected rows, what to do next."""
    state = queries.import_get(actor=request.actor, import_id=import_id)
    if state.state == "draft":
        return htmx.redirect(request, "contacts:import-columns", import_id)
    crumbs = [(_("Contacts"), reverse("contacts:lists"))]
    if state.list_id is not None:
        crumbs.append((state.list_name, reverse("contacts:list", args=[state.list_id])))
    elif state.kind == "suppressions":
        crumbs = [(_("Suppression"), reverse("contacts:suppressions"))]
    context = {
        "state": state,
        "counts": _counts(state),
        "steps": _steps("import") if state.kind == "contacts" else None,
        "crumbs": crumbs,
        "encoding": _encoding(state.detected.get("encoding", "")),
        "may_run": allows(request.actor, queries.RUN[state.kind]),
        "kept": _kept(request, state) if state.revert is not None else [],
        "may_see_rows": allows(request.actor, queries.RUN[state.kind]),
    }
    return htmx.page_or_fragment(request, "contacts/import.html", "contacts/_import.html", context)


def _kept(request: ActorRequest, state: ImportState) -> list[tuple[UUID, str, Any]]:
    """(id, name, why) of contacts that stayed when the import was taken back."""
    rows = queries.import_kept(state.id)
    names = {
        one.id: one.name or one.external_id or "" for one in queries.contacts_for_leads(r.contact_id for r in rows)
    }
    return [(one.contact_id, names[one.contact_id], texts.KEPT[one.reason]) for one in rows if one.contact_id in names]


def _counts(state: ImportState) -> list[tuple[str, str, Any, Any, int]]:
    """(key, tone, label, hint, number); a colour only where there is something."""
    by_address = state.options.get("by") == "name_address"
    if by_address:
        names: tuple[str, ...] = ("rows", "new", "duplicate", "suppressed", "near", "rejected")
    elif state.kind == "suppressions":
        names = ("rows", "new", "duplicate", "rejected")
    else:
        names = tuple(name for name in texts.COUNTS if name != "near")
    # A try that is still being read says what would be, as it does when it is done.
    at = 0 if state.open and not state.dry_run else 2 if state.dry_run else 1
    shown = []
    for name in names:
        tone, label, hints = texts.COUNTS[name]
        if state.kind == "suppressions":
            hints = (texts.COUNTS_OF_REGISTERS if by_address else texts.COUNTS_OF_SUPPRESSIONS).get(name, hints)
        # Rows are counted as they are read, in a try too; a file that was refused was not read to its end.
        hint = hints[0 if name == "rows" and (state.open or state.state == "failed") else at]
        number = state.counts[name]
        shown.append((name, tone if number else "neutral", label, hint, number))
    return shown


@require_POST
@requires("contacts.imports.read")
def discard(request: ActorRequest, import_id: UUID) -> HttpResponse:
    """Throw an uploaded file away."""
    actions.import_discard(actor=request.actor, import_id=import_id)
    return htmx.redirect(request, "contacts:lists", toast=_("The file is thrown away."))


@require_POST
@requires("contacts.imports.read")
def again(request: ActorRequest, import_id: UUID) -> HttpResponse:
    """Import the same file in earnest, or look at its columns again."""
    draft, toast = request.POST.get("do") == "columns", ""
    try:
        try:
            row = actions.import_again(
                actor=request.actor, import_id=import_id, options={"dry_run": False}, draft=draft
            )
        except Invalid as error:
            # What was chosen is no longer possible: a campaign that takes no more contacts. It is chosen anew.
            draft, toast = True, str(error.errors[0].detail)
            if queries.import_get(actor=request.actor, import_id=import_id).kind != "contacts":
                return htmx.redirect(request, "contacts:import", import_id, toast=toast, tone="warning")
            row = actions.import_again(
                actor=request.actor, import_id=import_id, options={"dry_run": False, "campaign": None}, draft=True
            )
    except Conflict as error:
        return htmx.redirect(request, "contacts:import", import_id, toast=str(error), tone="warning")
    step = "contacts:import-columns" if draft else "contacts:import"
    return htmx.redirect(request, step, row.id, toast=toast, tone="warning")


@require_http_methods(["GET", "POST"])
@requires("contacts.imports.read")
def revert(request: ActorRequest, import_id: UUID) -> HttpResponse:
    """Take an import back, once it has been seen what that does."""
    if request.method == "POST":
        try:
            actions.import_revert(actor=request.actor, import_id=import_id)
        except Conflict as error:
            return htmx.redirect(request, "contacts:import", import_id, toast=str(error), tone="warning")
        return htmx.redirect(request, "contacts:import", import_id)
    preview = queries.import_revert_preview(actor=request.actor, import_id=import_id)
    state = preview.state
    if not state.can_revert:
        return htmx.redirect(request, "contacts:import", import_id)
    crumbs = [
        (_("Contacts"), reverse("contacts:lists")),
        (state.list_name, reverse("contacts:list", args=[state.list_id])),
        (state.file_name, reverse("contacts:import", args=[import_id])),
    ]
    context = {"state": state, "preview": preview, "crumbs": crumbs}
    return htmx.render_fragment(request, "contacts/import_revert.html", context)


@require_safe
@requires("contacts.imports.read")
def rejected(request: ActorRequest, import_id: UUID) -> HttpResponse:
    """The rejected rows as CSV; `?for=excel` as Excel opens it by a double click."""
    excel = request.GET.get("for") == "excel"
    rows = queries.rejected_file(actor=request.actor, import_id=import_id, excel=excel)
    response = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="rejected.csv"'
    return cast("HttpResponse", response)


@require_safe
@requires("contacts.lists.read")
def of_list(request: ActorRequest, list_id: UUID) -> HttpResponse:
    """A list's imports, newest first."""
    found = queries.contact_list_get(actor=request.actor, list_id=list_id)
    rows, following = queries.import_list(
        actor=request.actor, list_id=list_id, size=SIZE, after=request.GET.get("after", "")
    )
    context = {
        "list": found,
        "rows": rows,
        "next": following,
        "crumbs": [
            (_("Contacts"), reverse("contacts:lists")),
            (found.name, reverse("contacts:list", args=[list_id])),
        ],
        "may_import": allows(request.actor, "contacts.imports.run"),
    }
    return htmx.page_or_fragment(request, "contacts/imports.html", "contacts/_imports.html", context)
