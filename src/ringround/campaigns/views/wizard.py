"""The five steps of a campaign: each is saved as it goes, and can be left and opened again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from ringround.campaigns import actions, ports, queries
from ringround.campaigns.forms.hours import HoursForm
from ringround.campaigns.forms.parameters import ParametersForm
from ringround.campaigns.models import Campaign
from ringround.campaigns.rules import lifecycle
from ringround.campaigns.rules.preassign import ORDERS
from ringround.campaigns.views import parts, people
from ringround.campaigns.views.common import campaign_crumb, columns_of, crumbs, put_faults
from ringround.contacts import queries as contacts
from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.ids import parse_id
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx
from ringround.ui.wizard import Step

STEPS = (
    gettext_lazy("Parameters and lists"),
    gettext_lazy("Dispositions and form"),
    gettext_lazy("People"),
    gettext_lazy("Hours and retries"),
    gettext_lazy("Pre-assignment and approval"),
)
LAST = len(STEPS)
# Steps that change what the merchant approves; an agency may do the others.
MERCHANTS = frozenset({1, 2, 4})


def saved_steps(campaign: Campaign) -> int:
    """How many steps are done. What has been approved, by whatever way it was made, has them all."""
    return campaign.wizard_step if campaign.state == Campaign.State.UNAPPROVED else LAST


def steps_of(actor: Actor, campaign: Campaign | None, current: int) -> list[Step]:
    """The stepper: what is saved, where one is, and what comes after the first that is not saved yet."""
    saved = saved_steps(campaign) if campaign is not None else 0
    may_change = campaign is None or queries.may(actor, campaign, "campaigns.change")
    found = []
    for number, label in enumerate(STEPS, 1):
        open_ = number <= saved + 1 and (may_change or number not in MERCHANTS)
        state = "current" if number == current else "locked" if not open_ else "done" if number <= saved else "open"
        url = reverse("campaigns:step", args=[campaign.id, number]) if campaign is not None and open_ else ""
        found.append(Step(str(number), label, url, state))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.create")
def new(request: ActorRequest) -> HttpResponse:
    """Step 1 of a campaign that is not there yet: saving it makes it."""
    if request.actor.organisation.kind != "merchant":
        # Says so in the action's own words.
        actions.campaign_create(actor=request.actor, fields={"name": "-", "mode": "manual"})
    form = _parameters(request, None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.campaign_create(actor=request.actor, fields=form.values())
            return htmx.redirect(request, "campaigns:step", made.id, 2, toast=_("The campaign is saved."))
        except Invalid as wrong:
            put_faults(form, wrong)
    return _page(request, None, 1, {"form": form, "crumbs": crumbs()})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.overview")
def step(request: ActorRequest, campaign_id: UUID, number: int) -> HttpResponse:
    """One step of a campaign."""
    actor = request.actor
    campaign = queries.campaign_get(actor=actor, campaign_id=campaign_id)
    require(actor, "campaigns.people")
    if not 1 <= number <= LAST:
        return htmx.redirect(request, "campaigns:step", campaign.id, 1)
    if number > saved_steps(campaign) + 1:
        # Kindly: to the step that comes first, saying so.
        due = saved_steps(campaign) + 1
        words = _("First comes step %(number)s: %(name)s.") % {"number": due, "name": STEPS[due - 1]}
        return htmx.redirect(request, "campaigns:step", campaign.id, due, toast=words, tone="info")
    if number in MERCHANTS and not queries.may(actor, campaign, "campaigns.change"):
        words = _("This is for the merchant to change.")
        return htmx.redirect(request, "campaigns:detail", campaign.id, toast=words, tone="info")
    return _VIEWS[number](request, campaign)


def _page(request: ActorRequest, campaign: Campaign | None, number: int, context: dict[str, Any]) -> HttpResponse:
    form = context.get("form")
    faulty = form is not None and form.is_bound and not form.is_valid()
    base = {
        "campaign": campaign,
        "number": number,
        "warned": MERCHANTS,
        "steps": steps_of(request.actor, campaign, number),
        "step_name": STEPS[number - 1],
        "crumbs": crumbs(campaign_crumb(campaign)) if campaign is not None else crumbs(),
        "back": reverse("campaigns:step", args=[campaign.id, number - 1])
        if campaign is not None and number > 1
        else "",
    }
    return render(request, f"campaigns/wizard/step{number}.html", {**base, **context}, status=422 if faulty else 200)


def _saved(request: ActorRequest, campaign: Campaign, number: int, before: str) -> HttpResponse:
    """On to the next step, or back to the campaign when the wizard has been through or the button says so."""
    actions.wizard_save(actor=request.actor, campaign_id=campaign.id, step=number)
    campaign.refresh_from_db(fields=["state"])
    if before != campaign.state:
        messages.warning(request, _("The campaign needs a new approval after this change."))
    if request.POST.get("then") == "leave":
        return htmx.redirect(request, "campaigns:detail", campaign.id, toast=_("Saved."))
    return htmx.redirect(request, "campaigns:step", campaign.id, number + 1)


def _change(request: ActorRequest, campaign: Campaign, form: Any, number: int) -> HttpResponse | None:
    """Carry out the form's changes; None when it is to be shown again with what is wrong."""
    before = campaign.state
    try:
        if fields := form.values():
            version = request.POST.get("version", "")
            actions.campaign_change(
                actor=request.actor,
                campaign_id=campaign.id,
                fields=fields,
                version=int(version) if version.isdigit() else None,
            )
    except Invalid as wrong:
        put_faults(form, wrong)
        return None
    except Conflict as wrong:
        put_faults(form, wrong)
        # Pressing save again means it: what was told is now known.
        campaign.refresh_from_db()
        return None
    return _saved(request, campaign, number, before)


# --- step 1 -----------------------------------------------------------------------------------


def _parameters(request: ActorRequest, campaign: Campaign | None) -> ParametersForm:
    actor = request.actor
    chosen = (
        list(Campaign.lists.through.objects.filter(campaign_id=campaign.id).values_list("contactlist_id", flat=True))
        if campaign is not None
        else []
    )
    lists, _more = contacts.contact_list_list(actor=actor, size=500)
    # Who is acted for has nobody who could call: the agency that acts stands first.
    own = actor.home or actor.organisation
    agencies = [
        (own.id, own.name),
        *((one.id, one.name) for one in orgs.linked_agencies(actor=actor) if one.id != own.id),
    ]
    if campaign is not None and campaign.agency_id not in {id for id, _name in agencies}:
        agencies.append((campaign.agency_id, campaign.agency.name))
    return ParametersForm(
        request.POST or None,
        campaign=campaign,
        lists=[(one.id, one.name) for one in lists],
        chosen=chosen,
        agencies=agencies,
        columns=columns_of(campaign) if campaign is not None else (),
        systems=_systems(actor, campaign),
        sites=_sites(actor, campaign),
        workflows=_workflows(actor, campaign),
    )


def _systems(actor: Actor, campaign: Campaign | None) -> list[tuple[UUID, str]]:
    """The systems to choose from; the one that is chosen stands there whoever's it is."""
    rows, _more = queries.external_system_list(actor=actor, size=500)
    found = sorted(((one.id, one.name) for one in rows), key=lambda pair: pair[1].casefold())
    chosen = parse_id(campaign.external_system) if campaign is not None else None
    if chosen is not None and chosen not in {id for id, _name in found}:
        found.append((chosen, _("Another organisation's")))
    return found


def _sites(actor: Actor, campaign: Campaign | None) -> list[tuple[UUID, str]]:
    """The external sites to choose from, likewise."""
    rows, _more = queries.external_site_list(actor=actor, size=500)
    found = sorted(((one.id, one.name) for one in rows), key=lambda pair: pair[1].casefold())
    chosen = parse_id(campaign.external_site) if campaign is not None else None
    if chosen is not None and chosen not in {id for id, _name in found}:
        found.append((chosen, _("Another organisation's")))
    return found


def _workflows(actor: Actor, campaign: Campaign | None) -> list[tuple[UUID, str]]:
    """The merchant's workflows; the one that is chosen stands there though it has been put away."""
    found = list(ports.workflows(campaign.merchant_id if campaign is not None else actor.org_id))
    if campaign is not None and campaign.workflow is not None and campaign.workflow not in {id for id, _n in found}:
        found.append((campaign.workflow, _("Put away")))
    return found


def _step1(request: ActorRequest, campaign: Campaign) -> HttpResponse:
    form = _parameters(request, campaign)
    if request.method == "POST" and form.is_valid():
        answer = _change(request, campaign, form, 1)
        if answer is not None:
            return answer
    return _page(request, campaign, 1, {"form": form})


# --- steps 2 and 3: their parts are saved one by one as they are changed -------------------------


def _step2(request: ActorRequest, campaign: Campaign) -> HttpResponse:
    if request.method == "POST":
        return _saved(request, campaign, 2, campaign.state)
    context = {**parts.dispositions_context(request, campaign), **parts.questions_context(request, campaign)}
    return _page(request, campaign, 2, context)


def _step3(request: ActorRequest, campaign: Campaign) -> HttpResponse:
    if request.method == "POST":
        if not queries.may(request.actor, campaign, "campaigns.change"):
            return htmx.redirect(request, "campaigns:detail", campaign.id, toast=_("Saved."))
        return _saved(request, campaign, 3, campaign.state)
    return _page(request, campaign, 3, people.people_context(request, campaign))


# --- step 4 -----------------------------------------------------------------------------------


def _step4(request: ActorRequest, campaign: Campaign) -> HttpResponse:
    form = HoursForm(request.POST or None, campaign=campaign, columns=columns_of(campaign))
    if request.method == "POST" and "copy" in request.POST:
        form.copy_monday()
        form.is_valid()
        return _page(request, campaign, 4, {"form": form})
    if request.method == "POST" and form.is_valid():
        answer = _change(request, campaign, form, 4)
        if answer is not None:
            return answer
    return _page(request, campaign, 4, {"form": form})


# --- step 5 -----------------------------------------------------------------------------------


def preassign_context(campaign: Campaign) -> dict[str, Any]:
    """Who is kept how much, as it is now."""
    shown = actions.preassignment_json(campaign)
    names = {one.id: one.shown for one in queries.people_of(campaign=campaign, duty="agent")}
    most = max([one["leads"] for one in shown["agents"]], default=0)
    return {
        "campaign": campaign,
        "kept": shown,
        "shares": [(names.get(one["user"], "–"), one["leads"]) for one in shown["agents"]],
        "most": most,
        "columns": columns_of(campaign),
        "orders": ORDERS,
    }


def _step5(request: ActorRequest, campaign: Campaign) -> HttpResponse:
    actor = request.actor
    if request.method == "POST":
        if queries.may(actor, campaign, "campaigns.change"):
            actions.wizard_save(actor=actor, campaign_id=campaign.id, step=5)
        return htmx.redirect(request, "campaigns:detail", campaign.id, toast=_("The campaign is planned."))
    missing = {one.code: one for one in lifecycle.not_ready(queries.readiness(campaign=campaign))}
    checks = [
        (code, missing.get(code), reverse("campaigns:step", args=[campaign.id, at]), STEPS[at - 1])
        for code, at in lifecycle.STEP_OF.items()
    ]
    context = {
        **preassign_context(campaign),
        "checks": checks,
        "check_words": CHECKS,
        "ready": not missing,
        "four_eyes": campaign.merchant.four_eyes,
        "own": campaign.created_by_id == actor.user_id,
        "may_approve": queries.may(actor, campaign, "campaigns.approve") and campaign.state == "unapproved",
    }
    return _page(request, campaign, 5, context)


CHECKS = {
    "no_list": gettext_lazy("A contact list or leads"),
    "no_exchange": gettext_lazy("An exchange that can do what is asked"),
    "no_dispositions": gettext_lazy("Dispositions"),
    "no_agents": gettext_lazy("Agents"),
    "no_hours": gettext_lazy("Calling hours"),
}
_VIEWS = {1: _step1, 2: _step2, 3: _step3, 4: _step4, 5: _step5}


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.people")
def preassign(request: ActorRequest, campaign_id: UUID) -> HttpResponse:
    """The part of step 5 that keeps leads for agents; drawn again while a large campaign is being dealt."""
    campaign = queries.campaign_get(actor=request.actor, campaign_id=campaign_id)
    if request.method == "POST":
        if "file" in request.FILES:
            campaign = actions.preassign_file(
                actor=request.actor,
                campaign_id=campaign_id,
                raw=request.FILES["file"],  # type: ignore[arg-type]
            )
        else:
            campaign = actions.preassign(
                actor=request.actor,
                campaign_id=campaign_id,
                strategy=request.POST.get("strategy", "none"),
                order=request.POST.get("order", "list"),
                seed=request.POST.get("seed") or None,
                column=request.POST.get("column") or None,
            )
        running = campaign.preassignment.get("state") == "running"
        words = _("The leads are being shared out.") if running else _("The leads are shared out.")
        if not htmx.is_fragment(request):
            return htmx.redirect(request, "campaigns:step", campaign.id, 5, toast=words)
    response = htmx.render_fragment(request, "campaigns/wizard/_preassign.html", preassign_context(campaign))
    if request.method == "POST":
        htmx.toast(response, words)
    return response


@require_POST
@requires("campaigns.approve")
def approve(request: ActorRequest, campaign_id: UUID) -> HttpResponse:
    """Approve from the wizard's last step."""
    campaign = actions.campaign_approve(actor=request.actor, campaign_id=campaign_id)
    actions.wizard_save(actor=request.actor, campaign_id=campaign_id, step=5)
    return htmx.redirect(request, "campaigns:detail", campaign.id, toast=_("The campaign is approved."))
