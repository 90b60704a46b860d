"""A session of the contact in hand: its form in the middle of the console, and where it stands once it is submitted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ringround.campaigns import queries as campaigns
from ringround.campaigns.queries import Lead
from ringround.desk.queries.console import ONBOARDING, Console
from ringround.desk.views.answer import answer, gone_notice, shown_lead
from ringround.infra import clock
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.onboarding import actions as onboarding
from ringround.onboarding import queries as onboarding_queries
from ringround.onboarding.queries import entry as entries
from ringround.onboarding.queries.entry import Opened
from ringround.onboarding.queries.shown import Shown, shown
from ringround.orgs.actor import Actor
from ringround.orgs.web import ActorRequest, requires

# For so long a session that was submitted stands there again after a reload.
FOLLOWED = timedelta(minutes=10)


@require_safe
@requires("desk.console")
def form(request: ActorRequest) -> HttpResponse:
    """The same for another agreement of the contact's."""
    opened = _opened(request, data=False)
    return HttpResponse(_body(request, opened))


@require_POST
@requires("desk.console")
def submit(request: ActorRequest) -> HttpResponse:
    """Submit it: the contact is done with, the agent goes on to finish, and the session is there to be followed."""
    actor = request.actor
    opened = _opened(request, data=True)
    lead = opened.lead
    assert lead is not None
    held = campaigns.lead_held(actor=actor)
    if held is None or held.id != lead.id:
        notice, tone = gone_notice(actor, lead.id)
        response = answer(request, actor, notice=notice, tone=tone, gone=lead.id)
        response["Draft"] = "keep"
        return response
    session = None
    if opened.form.is_valid():
        try:
            session = onboarding.session_submit(actor=actor, ask=entries.ask_of(opened))
        except (Invalid, Conflict) as refused:
            opened.form.put(refused)
        except Forbidden as refused:
            opened.form.add_error(None, str(refused.detail))
        except NotFound:
            opened.form.add_error(None, str(entries.GONE))
    if session is None:
        return HttpResponse(_body(request, opened), status=422)
    response = answer(request, actor)
    context = {"session": shown(session, actor=actor), "oob": True}
    response.write(render_to_string("desk/_session.html", context, request))
    return response


@require_POST
@requires("desk.console")
def promise(request: ActorRequest) -> HttpResponse:
    """When the first payment is taken, by what is chosen so far."""
    opened = _opened(request, data=True)
    opened.form.is_valid()
    context = {"promise": entries.promise_of(opened)}
    return HttpResponse(render_to_string("onboarding/entry/_promise.html", context, request))


def followed(actor: Actor, console: Console) -> Shown | None:
    """After a reload: the session that the agent is following while they finish, if it has not ended."""
    if console.state.wrap_until is None or console.held is not None or console.campaign is None:
        return None
    recent = onboarding_queries.session_page(
        actor=actor, campaign=console.campaign.id, statuses=("New", "Processing"), from_=clock.now() - FOLLOWED, size=1
    ).items
    return shown(recent[0], actor=actor) if recent and recent[0].user_id == actor.user_id else None


def _opened(request: ActorRequest, *, data: bool) -> Opened:
    found = entries.lead_open(
        actor=request.actor, lead=_lead(request), data=request.POST if data else None, form_id=ONBOARDING,
        subscription_id=parse_id((request.POST or request.GET).get("subscription", "")),
        form_key=parse_id(request.POST.get("form_key", "")),
    )  # fmt: skip
    if found is None:
        raise Conflict("no_workflow", _("The campaign has no workflow."))
    return found


def _lead(request: ActorRequest) -> Lead:
    lead_id = shown_lead(request)
    if lead_id is None:
        raise NotFound("lead")
    return campaigns.lead_get(actor=request.actor, lead_id=lead_id)


def _body(request: ActorRequest, opened: Opened) -> str:
    return render_to_string("onboarding/entry/_body.html", body_context(opened), request)


def body_context(opened: Opened) -> dict[str, Any]:
    """What the form is drawn from, in the console."""
    return {
        **entries.form_context(opened, promise_url=reverse("desk:onboard-promise")),
        "others": opened.others, "others_url": reverse("desk:onboard-form"),
    }  # fmt: skip
