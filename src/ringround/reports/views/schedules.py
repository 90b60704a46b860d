"""Reports by e-mail: the schedules, one of them with its log, and the page by which a recipient stops one."""

from __future__ import annotations

from datetime import time
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.kernel.errors import Conflict, Invalid
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.reports import actions
from ringround.reports.actions.schedules import LANGUAGES
from ringround.reports.forms import ScheduleForm, initial
from ringround.reports.queries import NAMES
from ringround.reports.queries import schedules as queries
from ringround.reports.words import TITLES, describe, mail_error
from ringround.ui import htmx
from ringround.ui.forms import add_faults


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Reports"), reverse("reports:reports")), *more]


def _list_crumb() -> tuple[str, str]:
    return _("Reports by e-mail"), reverse("reports:schedules")


@require_safe
@requires("reports.schedules.read")
def schedules(request: ActorRequest) -> HttpResponse:
    """All of the organisation's."""
    found = queries.schedule_list(actor=request.actor)
    sent = queries.last_sent(schedules=found)
    context = {
        "crumbs": _crumbs(),
        "rows": [(one, TITLES[one.report], describe(one), sent.get(one.id, (None, ""))) for one in found],
        "may_change": allows(request.actor, "reports.schedules.change"),
    }
    return htmx.render_fragment(request, "reports/schedules.html", context)


@require_http_methods(["GET", "POST"])
@requires("reports.schedules.change")
def schedule_new(request: ActorRequest) -> HttpResponse:
    """A new one, of the report that one comes from."""
    language = get_language() or ""
    start: dict[str, Any] = {
        "report": request.GET.get("report") if request.GET.get("report") in NAMES else NAMES[0],
        "campaign": request.GET.get("campaign", ""), "agent": request.GET.get("agent", ""),
        "team": request.GET.get("team", ""), "format": "xlsx",
        "every": "weekly", "weekday": 0, "monthday": 1, "at": time(7), "active": True,
        "language": language if language in LANGUAGES else "en",
    }  # fmt: skip
    form = ScheduleForm(request.actor, request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.schedule_create(actor=request.actor, fields=form.values())
        except Invalid as error:
            add_faults(form, error)
        except Conflict as error:
            form.add_error(None, str(error.detail))
        else:
            return htmx.redirect(request, "reports:schedule", made.id, toast=_("The report will be sent."))
    context = {"form": form, "crumbs": _crumbs(_list_crumb())}
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "reports/schedule_new.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires("reports.schedules.read")
def schedule(request: ActorRequest, schedule_id: UUID) -> HttpResponse:
    """One of them: what it is, and what was sent of it."""
    one = queries.schedule_get(actor=request.actor, schedule_id=schedule_id)
    may_change = allows(request.actor, "reports.schedules.change")
    form = ScheduleForm(request.actor, request.POST or None, initial=initial(one))
    if request.method == "POST" and form.is_valid():
        try:
            actions.schedule_change(actor=request.actor, schedule_id=one.id, fields=form.values())
        except Invalid as error:
            add_faults(form, error)
        else:
            return htmx.redirect(request, "reports:schedule", one.id, toast=_("Saved."))
    sendings, following = queries.sending_page(
        actor=request.actor, schedule_id=one.id, after=request.GET.get("after") or None
    )
    context = {
        "crumbs": _crumbs(_list_crumb()),
        "schedule": one,
        "when": describe(one),
        "title": TITLES[one.report],
        "form": form if may_change else None,
        "stopped": [each.email for each in one.recipients.all() if each.stopped_at is not None],
        "sendings": [
            (each, mail_error(each.error), [(mail, mail_error(mail.error)) for mail in each.mails.all()])
            for each in sendings
        ],
        "next": following,
    }
    status = 422 if request.method == "POST" else 200
    return htmx.page_or_fragment(request, "reports/schedule.html", "reports/_sendings.html", context, status=status)


@require_POST
@requires("reports.schedules.change")
def schedule_send(request: ActorRequest, schedule_id: UUID) -> HttpResponse:
    """Send it now."""
    try:
        actions.schedule_send(actor=request.actor, schedule_id=schedule_id)
    except Invalid as refused:
        return htmx.redirect(request, "reports:schedule", schedule_id, toast=str(refused.detail), tone="warning")
    return htmx.redirect(request, "reports:schedule", schedule_id, toast=_("It is on its way."))


@require_POST
@requires("reports.schedules.change")
def schedule_delete(request: ActorRequest, schedule_id: UUID) -> HttpResponse:
    """Take it away."""
    actions.schedule_delete(actor=request.actor, schedule_id=schedule_id)
    return htmx.redirect(request, "reports:schedules", toast=_("It is sent no more."))


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """For whoever gets a report: they want it no longer. The link is the proof; mail programs post to it by
    themselves (RFC 8058), and what only looks at links stops nothing."""
    found = actions.recipient_of(token=token)
    if request.method == "POST":
        found = actions.recipient_stop(token=token)
    context = {"recipient": found, "schedule": found.schedule, "organisation": found.schedule.organisation.name}
    return htmx.render_fragment(request, "reports/stop.html", context)
