"""The console's buttons."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ringround.campaigns import actions as campaign_actions
from ringround.campaigns import queries as campaigns
from ringround.campaigns.actions import NoLead
from ringround.desk import actions, queries
from ringround.desk.views.answer import answer, gone_notice, outcomes, shown_lead, unsaved
from ringround.dialer import actions as dialer
from ringround.http import idempotency
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx

ANSWER = "a-"


@require_POST
@requires("desk.console")
def next_lead(request: ActorRequest) -> HttpResponse:
    """*Get customer*; a preview console asks by itself."""
    try:
        found = actions.next_lead(actor=request.actor)
    except Conflict as refused:
        if refused.code == "not_joined":
            return htmx.redirect(request, "desk:home", toast=refused.detail, tone="warning")
        return answer(request, request.actor, notice=str(refused.detail), tone="warning")
    if isinstance(found, NoLead):
        return answer(request, request.actor, reason=found.reason)
    return answer(request, request.actor)


@require_POST
@requires("desk.console")
def skip(request: ActorRequest) -> HttpResponse:
    lead = shown_lead(request)
    try:
        actions.skip(actor=request.actor, lead_id=lead, reason=request.POST.get("reason", ""))
    except Conflict as refused:
        if refused.code != "not_held" or lead is None:
            raise
        notice, tone = gone_notice(request.actor, lead)
        return answer(request, request.actor, notice=notice, tone=tone, gone=lead)
    return answer(request, request.actor)


@require_POST
@requires("desk.console")
def call(request: ActorRequest) -> HttpResponse:
    """Begin the call, then let the agent's own telephone dial."""
    lead = shown_lead(request)
    if lead is None:
        raise NotFound("lead")
    try:
        started = actions.call(actor=request.actor, lead_id=lead, number=request.POST.get("number") or None)
    except Conflict as refused:
        if refused.code == "may_not_contact" and refused.errors:
            words = " ".join([str(refused.detail), *(str(fault.detail) for fault in refused.errors)])
            return htmx.toast(answer(request, request.actor), words, "warning")
        if refused.code != "not_held":
            raise
        notice, tone = gone_notice(request.actor, lead)
        return answer(request, request.actor, notice=notice, tone=tone, gone=lead)
    response = answer(request, request.actor)
    if started.opens_site:
        htmx.trigger(response, "desk:open", {"url": reverse("desk:site", args=[lead])})
    return htmx.trigger(response, "desk:dial", {"link": started.dial}) if started.dial else response


@require_POST
@requires("desk.console")
def hang_up(request: ActorRequest) -> HttpResponse:
    """Only the call of the contact that stands on this screen: another window may hold the next one already."""
    lead = shown_lead(request)
    try:
        actions.hang_up(actor=request.actor, lead_id=lead)
    except Conflict as refused:
        if refused.code != "not_held":
            raise
        if lead is not None:
            notice, tone = gone_notice(request.actor, lead)
            return answer(request, request.actor, notice=notice, tone=tone, gone=lead)
    return answer(request, request.actor)


@require_POST
@requires("desk.console")
def disposition(request: ActorRequest) -> HttpResponse:
    """Save what happened. Sent twice (a lost network, another window) it happens once, and both are told kindly."""
    lead_id = parse_id(request.POST.get("lead", ""))
    if lead_id is None:
        raise NotFound("lead")
    actor = request.actor

    def save() -> HttpResponse:
        actions.disposition(
            actor=actor, lead_id=lead_id, **read_save(request.POST, campaigns.lead_get(actor=actor, lead_id=lead_id))
        )
        return HttpResponse(status=204)

    try:
        done = idempotency.once(actor, request.POST.get("key", ""), save, _fingerprint(request.POST))
    except Invalid as wrong:
        return _refused(request, lead_id, wrong)
    except Conflict as refused:
        if refused.code not in ("not_held", "key_reused"):
            raise
        held = campaigns.lead_held(actor=actor)
        if held is not None and held.id == lead_id:
            raise
        return unsaved(request, actor, lead_id)
    if idempotency.REPLAYED in done.headers:
        return answer(request, actor, notice=_("This contact was saved already."))
    return answer(request, actor)


def read_save(posted: QueryDict, lead: Any) -> dict[str, Any]:
    """The arguments of `actions.disposition` from the console's form."""
    chosen = posted.get("disposition", "")
    if not chosen:
        raise Invalid.one("disposition", "required", _("Choose what happened."))
    choice = next((one for one in queries.choices_of(campaign_id=lead.campaign_id) if str(one.id) == chosen), None)
    note = posted.get("note", "").strip()
    if choice is not None and choice.sub:
        # Which of the finer results it was is told first in the note, where colleagues read it.
        sub = posted.get(f"sub-{chosen}", "")
        note = "\n".join(part for part in (sub if sub in choice.sub else "", note) if part)
    callback: dict[str, Any] | None = None
    if choice is not None and choice.books:
        callback = {
            "at": queries.local_time(posted.get("callback_at", ""), queries.lead_zone(lead=lead)),
            "private": posted.get("callback_private", "") == "yes",
            "number": posted.get("callback_number", "") or None,
            "note": posted.get("callback_note", "").strip(),
        }
    return {
        "disposition": chosen,
        "outcome": posted.get("outcome") or None,
        "number": posted.get("number") or None,
        "answers": read_answers(posted, lead, opens=choice is not None and choice.opens_form),
        "note": note,
        "callback": callback,
    }


def read_answers(posted: QueryDict, lead: Any, *, opens: bool) -> dict[str, Any] | None:
    """Answers by key. None where nothing was or is answered and the disposition does not ask for the form."""
    found: dict[str, Any] = {}
    for one in campaigns.form_fields_of(campaign_id=lead.campaign_id):
        name = f"{ANSWER}{one.key}"
        if name not in posted and f"{name}-shown" not in posted:
            continue
        if one.type == "multi_choice":
            found[one.key] = [value for value in posted.getlist(name) if value] or None
        else:
            found[one.key] = posted.get(name, "").strip() or None
    untouched = all(value is None and lead.result.get(key) is None for key, value in found.items())
    return None if untouched and not opens else found


def _fingerprint(posted: QueryDict) -> str:
    values = sorted(
        (name, tuple(values))
        for name, values in posted.lists()
        if name not in ("_keep", "csrfmiddlewaretoken", "shown", "mark")
    )
    return hashlib.sha256(repr(values).encode()).hexdigest()


def _refused(request: ActorRequest, lead_id: UUID, wrong: Invalid) -> HttpResponse:
    """The form again, with what was typed and what is wrong with it."""
    lead = campaigns.lead_get(actor=request.actor, lead_id=lead_id)
    shown = queries.shown(actor=request.actor, lead=lead)
    shown.posted = dict(request.POST.lists())
    for fault in wrong.errors:
        name = ".".join(str(part) for part in fault.loc) or "form"
        shown.faults.setdefault(name, []).append(str(fault.detail))
        nearest = fault.extra.get("nearest")
        if nearest:
            shown.nearest = queries.as_suggestion(datetime.fromisoformat(nearest), queries.lead_zone(lead=lead))
    shown.questions = [_filled(one, shown) for one in shown.questions]
    shown.choices = [replace(one, chosen=request.POST.get(f"sub-{one.id}", "")) for one in shown.choices]
    return HttpResponse(
        render_to_string("desk/_save.html", {"shown": shown, "outcomes": outcomes()}, request), status=422
    )


def _filled(one: queries.Question, shown: queries.Shown) -> queries.Question:
    given = shown.posted.get(f"{ANSWER}{one.key}", [])
    return replace(
        one,
        value=given[-1] if given else "",
        values=tuple(given),
        faults=tuple(shown.faults.get(f"answers.{one.key}", ())),
    )


@require_POST
@requires("desk.console")
def contact(request: ActorRequest) -> HttpResponse:
    """One column of the contact, as the agent has corrected it."""
    lead = shown_lead(request)
    name = request.POST.get("column", "")
    if lead is None:
        raise NotFound("lead")
    faults: list[str] = []
    try:
        actions.contact_edit(actor=request.actor, lead_id=lead, fields={name: request.POST.get("value", "")})
    except Invalid as wrong:
        faults = [str(fault.detail) for fault in wrong.errors]
    shown = queries.shown(actor=request.actor, lead=campaigns.lead_get(actor=request.actor, lead_id=lead))
    field = next((one for one in shown.fields if one.name == name and one.editable), None)
    if field is None:
        raise NotFound("column")
    typed = request.POST.get("value", "") if faults else field.value
    context = {"shown": shown, "field": field, "faults": faults, "typed": typed}
    response = HttpResponse(render_to_string("desk/_column.html", context, request), status=422 if faults else 200)
    if not faults:
        response.write(render_to_string("desk/_who.html", {"shown": shown, "oob": True}, request))
        response.write(render_to_string("desk/_script.html", {"shown": shown, "oob": True}, request))
    return response


@require_POST
@requires("desk.console")
def note(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """A note that came too late for its save."""
    campaign_actions.note_add(actor=request.actor, lead_id=lead_id, text=request.POST.get("note", "")[:10_000])
    return htmx.toast(HttpResponse(), _("The note is added."))


@require_safe
@requires("desk.console")
def callback_check(request: ActorRequest) -> HttpResponse:
    """Whether one may call then, as the agent chooses a time."""
    lead_id = parse_id(request.GET.get("lead", ""))
    if lead_id is None:
        raise NotFound("lead")
    lead = campaigns.lead_get(actor=request.actor, lead_id=lead_id)
    checked = queries.callback_check(actor=request.actor, lead=lead, written=request.GET.get("callback_at", ""))
    return htmx.render_fragment(request, "desk/_callback_check.html", {"checked": checked})


@require_POST
@requires("desk.console")
def pause(request: ActorRequest) -> HttpResponse:
    dialer.presence_pause(actor=request.actor, reason=request.POST.get("reason", "")[:200])
    return answer(request, request.actor)


@require_POST
@requires("desk.console")
def resume(request: ActorRequest) -> HttpResponse:
    dialer.presence_resume(actor=request.actor)
    return answer(request, request.actor)


@require_POST
@requires("desk.console")
def leave(request: ActorRequest) -> HttpResponse:
    dialer.presence_leave(actor=request.actor, release=request.POST.get("release") == "yes")
    return htmx.redirect(request, "desk:home")


@require_POST
@requires("desk.console")
def seen(request: ActorRequest) -> HttpResponse:
    """A sign of life; 205 tells the console that it was given up and is back, so that it looks again."""
    back = dialer.presence_seen(actor=request.actor)
    return HttpResponse(status=205 if back else 204)


@require_safe
@requires("desk.console")
def pulse(request: ActorRequest) -> HttpResponse:
    """Something happened to this agent: what of it this screen does not show yet."""
    actor = request.actor
    console = queries.console(actor=actor)
    if not console.state.joined and not console.state.lost and console.held is None:
        return htmx.redirect(request, "desk:home", toast=_("You have been signed off this campaign."), tone="info")
    shown = shown_lead(request)
    held = console.held.id if console.held is not None else None
    if request.GET.get("mark") == console.mark and held == shown:
        return HttpResponse(status=204)
    if shown is not None and held != shown:
        notice, tone = gone_notice(actor, shown)
        return answer(request, actor, notice=notice, tone=tone, console=console, gone=shown)
    if shown is None and held is None and request.GET.get("idle") == console.state.state + _running(console):
        # Only the bar has changed: the words in the middle stay, and with them the countdown that runs.
        return HttpResponse(render_to_string("desk/_bar.html", {"console": console, "oob": True}, request))
    notice, tone = "", "info"
    gone = parse_id(request.GET.get("gone", "")) if held is None else None
    if gone is not None and queries.gone(actor=actor, lead_id=gone).why in ("released", "lapsed"):
        # The lead went a moment ago, and now the agent's state follows: the words about it stay.
        notice, tone = gone_notice(actor, gone)
    response = answer(request, actor, notice=notice, tone=tone, console=console, gone=gone)
    due = request.GET.get("due", "")
    if due.isdigit() and console.due > int(due):
        htmx.toast(response, _("A callback of yours is due."), "info")
    return response


def _running(console: queries.Console) -> str:
    return console.campaign.state if console.campaign is not None else ""


@require_safe
@requires("desk.console")
def campaign(request: ActorRequest) -> HttpResponse:
    """*Campaign information*."""
    console = queries.console(actor=request.actor)
    if console.campaign is None:
        raise NotFound("campaign")
    progress = campaigns.progress(campaigns=[console.campaign])[console.campaign.id]
    context = {"campaign": console.campaign, "progress": progress}
    return htmx.render_fragment(request, "desk/_campaign.html", context)


@require_safe
@requires("desk.console")
def history(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """Earlier lines of the lead's history."""
    page = campaigns.lead_timeline(
        actor=request.actor, lead_id=lead_id, size=queries.HISTORY, after=request.GET.get("after") or None
    )
    context = {"lead_id": lead_id, "items": page.items, "following": page.next}
    return htmx.render_fragment(request, "desk/_history_page.html", context)
