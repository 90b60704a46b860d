"""Sessions: the list, its files, and one session with what may be done with it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ringround.kernel.errors import Conflict, Invalid, NotFound, TooMany
from ringround.kernel.text import csv_lines
from ringround.onboarding import actions, queries
from ringround.onboarding.actions.exports import sessions_export
from ringround.onboarding.models import Session
from ringround.onboarding.queries.shown import sent_words, shown
from ringround.onboarding.rules.session import Status
from ringround.onboarding.texts import (
    CHANNELS,
    CONTACT_ROLES,
    HOLDS,
    INTENTIONS,
    MEANINGS,
    METHODS,
    PARAMS,
    SCHEDULES,
    service_type_text,
)
from ringround.onboarding.views.common import day_of, filter_of, looked_of, times
from ringround.orgs import audit_words
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx
from ringround.ui.format import money_text

SUBMIT, EXPORT = "onboarding.sessions.submit", "onboarding.sessions.export"
# A workbook is made whole before its first byte is sent, in the time of one answer; more goes as CSV.
MOST_XLSX_ROWS = 10_000


@require_safe
@requires("onboarding.sessions.read")
def session_list(request: ActorRequest) -> HttpResponse:
    """Newest first, ten at a time."""
    looked = looked_of(request)
    if looked.instead:
        return htmx.redirect(request, looked.instead)
    form = filter_of(request, looked)
    after = request.GET.get("after") or None
    page = queries.session_page(actor=request.actor, size=form.rows, after=after, **form.asked())
    query = request.GET.copy()
    query.pop("after", None)
    context = {
        "form": form,
        "looked": looked,
        "rows": [(one, INTENTIONS[one.intention]) for one in page.items],
        "next": page.next,
        "here": request.get_full_path(),
        "query": query.urlencode(),
        "meanings": MEANINGS,
        "may_export": allows(request.actor, EXPORT),
        "may_make": allows(request.actor, "onboarding.workflows.change")
        and request.actor.organisation.kind == "merchant",
        "as_part": htmx.is_fragment(request),
        "topic": f"sessions:{request.actor.org_id}",
        **times(request),
    }
    return htmx.page_or_fragment(request, "onboarding/sessions.html", "onboarding/_sessions.html", context)


@require_safe
@requires(EXPORT)
def session_export(request: ActorRequest) -> HttpResponse:
    """What the filter finds as a CSV file or a workbook, sent as it is read."""
    form = filter_of(request, looked_of(request))
    rows = sessions_export(actor=request.actor, **form.asked())
    if request.GET.get("format") == "xlsx":
        try:
            parts: Iterable[Any] = _workbook(rows)
        except Conflict as refused:
            query = request.GET.copy()
            query.pop("format", None)
            here = f"{reverse('onboarding:sessions')}?{query.urlencode()}"
            return htmx.redirect(request, here, toast=refused.detail, tone="warning")
        name, kind = "sessions.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    else:
        # The byte order mark tells Excel that it is UTF-8.
        parts, name, kind = chain(["\ufeff"], csv_lines(rows)), "sessions.csv", "text/csv; charset=utf-8"
    answer = StreamingHttpResponse(
        parts, content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )  # fmt: skip
    # Django's two kinds of answers have only a private base in common.
    return cast(HttpResponse, answer)


def _workbook(rows: Iterable[list[str]]) -> Iterator[bytes]:
    """One sheet, made on disk row by row, and read from there. Nothing in it is taken for a formula or a link."""
    # Here, as few processes write one.
    import xlsxwriter

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sessions.xlsx"
        options = {"constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(path), options) as book:
            sheet = book.add_worksheet(_("Sessions")[:31])
            bold = book.add_format({"bold": True})
            for number, row in enumerate(rows):
                if number > MOST_XLSX_ROWS:
                    raise Conflict(
                        "too_many_rows",
                        _("A workbook holds at most %(most)s sessions. Filter the list, or take it as CSV.")
                        % {"most": MOST_XLSX_ROWS},
                    )
                for at, cell in enumerate(row):
                    sheet.write_string(number, at, cell, bold if number == 0 else None)
            sheet.freeze_panes(1, 0)
        # The folder goes now; what is open can be read to its end.
        return _pieces(path.open("rb"))


def _pieces(made: BinaryIO) -> Iterator[bytes]:
    with made:
        while piece := made.read(1 << 16):
            yield piece


# --- one --------------------------------------------------------------------------------------


@require_safe
@requires("onboarding.sessions.read")
def session(request: ActorRequest, session_id: UUID) -> HttpResponse:
    """One session; its part is fetched again as it goes on."""
    found = queries.session_get(actor=request.actor, session_id=session_id)
    context = _context(request, found)
    return htmx.page_or_fragment(request, "onboarding/session.html", "onboarding/_session.html", context)


def _context(request: ActorRequest, found: Session) -> dict[str, Any]:
    contact = queries.contact_shown(found)
    return {
        "session": found,
        "topic": f"session:{found.id}",
        "shown": shown(found, actor=request.actor),
        "title": queries.title_of(found),
        "service_type": service_type_text(found.action, found.payment_type),
        "contact": [(CONTACT_ROLES.get(role, role), role, value) for role, value in contact.items() if value],
        "agreed": queries.agreement_shown(found),
        "asked": _asked(found),
        "log": _log(found),
        "meanings": MEANINGS,
        "own": found.merchant_id == request.actor.org_id,
        "may_read_workflow": allows(request.actor, "onboarding.workflows.read"),
        "may_read_contact": allows(request.actor, "contacts.contacts.read"),
        "may_read_agreement": allows(request.actor, "onboarding.agreements.read"),
        "crumbs": [(_("Sessions"), reverse("onboarding:sessions"))],
        **times(request),
    }


def _asked(found: Session) -> list[tuple[Any, str]]:
    """What an upgrade is to change, as names and values that people read."""
    one = found.subscription
    words = {"schedule": SCHEDULES, "method": METHODS, "kind": HOLDS}
    said: list[tuple[Any, str]] = []
    for name, value in found.params.items():
        if value in (None, ""):
            continue
        if name == "amount" and isinstance(value, int) and one is not None:
            text = money_text(value, one.currency)
        elif name in ("until", "date"):
            text = day_of(str(value))
        else:
            text = str(words.get(name, {}).get(str(value), value))
        said.append((PARAMS.get(name, name), text))
    return said


def _log(found: Session) -> list[tuple[Any, object, str, list[str]]]:
    """When, what, by whom, and what was said with it. Ids say nothing to people and are left out."""
    rows = queries.session_log(found)
    people = audit_words.names({"user": {one.actor_id for one in rows if one.actor_id is not None}})
    lines: list[tuple[Any, object, str, list[str]]] = []
    for one in rows:
        who = people.get(one.actor_id) if one.actor_id is not None else None
        said = [_detail(name, value) for name, value in sorted(one.data.items())]
        text = audit_words.text(one.action)
        lines.append((one.at, text, who or str(audit_words.doer(one.actor_type)), [words for words in said if words]))
    return lines


def _detail(name: str, value: Any) -> str:
    if name == "channel":
        return str(CHANNELS.get(value, value))
    if name == "reason" and isinstance(value, str):
        return queries.reason_of(Session(reason=value))
    return ""


# --- what is done with it ---------------------------------------------------------------------


@never_cache
@require_safe
@requires("onboarding.sessions.read")
def session_state(request: ActorRequest, session_id: UUID) -> HttpResponse:
    """How far it is, with its buttons: the part that the console shows of it too."""
    return _state(request, session_id)


@never_cache
@require_POST
@requires(SUBMIT)
def session_link(request: ActorRequest, session_id: UUID) -> HttpResponse:
    """Send the approval link, or show it as a QR code: it is in no answer but the one that makes it."""
    channel = request.POST.get("channel", "")
    to = request.POST.get("to", "").strip()[:254] or None
    try:
        made = actions.session_send_link(actor=request.actor, session_id=session_id, channel=channel, to=to)
    except (Invalid, Conflict, TooMany) as refused:
        return _sent(request, session_id, status=422, fault=_words(refused))
    return _sent(request, session_id, sent=sent_words(made, channel))


def _sent(request: ActorRequest, session_id: UUID, *, status: int = 200, **said: Any) -> HttpResponse:
    """What sending came to; whole pages have it beside the session."""
    found = queries.session_get(actor=request.actor, session_id=session_id)
    if htmx.is_fragment(request):
        return htmx.render_fragment(request, "onboarding/entry/_sent.html", said, status=status)
    return htmx.render_fragment(request, "onboarding/session.html", {**_context(request, found), **said}, status=status)


@never_cache
@require_POST
@requires(SUBMIT)
def session_act(request: ActorRequest, session_id: UUID, act: str) -> HttpResponse:
    """Complete it on the caller's screen, or end it: declined by the donor, or taken back by the caller."""
    reason = request.POST.get("reason", "")
    todo: dict[str, Callable[[], Session]] = {
        "pay": lambda: actions.session_submit_payment(actor=request.actor, session_id=session_id),
        "decline": lambda: actions.session_decline(actor=request.actor, session_id=session_id, reason=reason),
        "cancel": lambda: actions.session_cancel(actor=request.actor, session_id=session_id, reason=reason),
    }
    if act not in todo:
        raise NotFound("act")
    try:
        done = todo[act]()
    except (Invalid, Conflict, TooMany) as refused:
        return _acted(request, session_id, fault=_words(refused))
    if act != "pay" and done.status == Status.COMPLETE:
        return _acted(request, session_id, fault=_("The donor was faster: the permission is given."))
    return _acted(request, session_id)


def _acted(request: ActorRequest, session_id: UUID, *, fault: str = "") -> HttpResponse:
    """Where it stands now, and why it was not done."""
    if htmx.is_fragment(request):
        # Drawn with what was refused or sent before it: a code to scan is of no more use.
        return _state(request, session_id, beside=True, fault=fault)
    tone = "warning" if fault else "success"
    return htmx.redirect(request, "onboarding:session", session_id, toast=fault or _("Done."), tone=tone)


def _state(request: ActorRequest, session_id: UUID, **said: Any) -> HttpResponse:
    found = queries.session_get(actor=request.actor, session_id=session_id)
    context = {"shown": shown(found, actor=request.actor), **said}
    return htmx.render_fragment(request, "onboarding/entry/_state.html", context)


def _words(refused: Invalid | Conflict | TooMany) -> str:
    said = [str(one.detail) for one in getattr(refused, "errors", ())]
    return " ".join(said) or str(refused.detail)
