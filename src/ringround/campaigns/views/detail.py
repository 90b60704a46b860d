"""A campaign's page: how it goes, why it does not call, its people and settings, its life."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ringround.campaigns import actions, queries, texts
from ringround.campaigns.forms.fields import WORDS, said
from ringround.campaigns.forms.hours import DAY_NAMES
from ringround.campaigns.models import Campaign
from ringround.campaigns.queries.overview import burn_up
from ringround.campaigns.rules import settings as rules_settings
from ringround.campaigns.rules.lifecycle import Command
from ringround.campaigns.views import people
from ringround.campaigns.views.callbacks import callback_rows
from ringround.campaigns.views.common import crumbs, size_of, tabs
from ringround.campaigns.views.wizard import preassign_context
from ringround.compliance import queries as compliance
from ringround.contacts import queries as contacts
from ringround.infra import clock
from ringround.kernel.errors import NotFound
from ringround.kernel.windows import DAYS
from ringround.orgs.web import ActorRequest, requires
from ringround.orgs.words import ROLES
from ringround.ui import htmx
from ringround.ui.charts import BurnUp
from ringround.ui.countries import country_text
from ringround.ui.format import duration_text

COMMANDS = {
    Command.APPROVE: actions.campaign_approve,
    Command.START: actions.campaign_start,
    Command.PAUSE: actions.campaign_pause,
    Command.COMPLETE: actions.campaign_complete,
    Command.REOPEN: actions.campaign_reopen,
    Command.ARCHIVE: actions.campaign_archive,
}


def _done(command: Command) -> str:
    return {
        Command.APPROVE: _("The campaign is approved."),
        Command.START: _("The campaign runs."),
        Command.PAUSE: _("The campaign is paused."),
        Command.COMPLETE: _("The campaign is completed."),
        Command.REOPEN: _("The campaign is open again, and paused."),
        Command.ARCHIVE: _("The campaign is archived."),
    }[command]


@require_safe
@requires("campaigns.overview")
def detail(request: ActorRequest, campaign_id: UUID) -> HttpResponse:
    """How the campaign goes."""
    campaign = queries.campaign_get(actor=request.actor, campaign_id=campaign_id)
    context = {
        **tabs(request.actor, campaign, "overview"),
        **_figures(request, campaign),
        "crumbs": crumbs(),
        "due": queries.callback_list(actor=request.actor, campaign_id=campaign_id, size=5).items,
        "unfinished": campaign.wizard_step < 5 and campaign.state == "unapproved",
    }
    return render(request, "campaigns/detail.html", context)


@require_safe
@requires("campaigns.overview")
def figures(request: ActorRequest, campaign_id: UUID) -> HttpResponse:
    """The part of the page that follows what happens."""
    campaign = queries.campaign_get(actor=request.actor, campaign_id=campaign_id)
    return htmx.render_fragment(request, "campaigns/_figures.html", _figures(request, campaign))


def _figures(request: ActorRequest, campaign: Campaign) -> dict[str, Any]:
    progress = queries.progress(campaigns=[campaign])[campaign.id]
    now = clock.now()
    days = burn_up(campaign=campaign, now=now, zone=timezone.get_current_timezone())
    chart = BurnUp(
        title=_("Engaged, day by day"),
        labels=[formats.date_format(one.day, "d/m") for one in days],
        values=[one.total for one in days],
        target=campaign.target,
        first=_("Day"),
        name=_("Engaged"),
    )
    statuses = [(key, tone, word, progress.by_status.get(key, 0)) for key, (tone, word) in texts.LEAD_STATUSES.items()]
    return {
        "campaign": campaign,
        "topic": f"campaign:{campaign.id}",
        "leads_href": f"{reverse('campaigns:leads')}?campaign={campaign.id}",
        "progress": progress,
        "chart": chart,
        "statuses": statuses,
        "tried": progress.leads - progress.by_status.get("new", 0),
        "now": now,
    }


@require_safe
@requires("campaigns.overview")
def why_not_dialling(request: ActorRequest, campaign_id: UUID) -> HttpResponse:
    """Apart from the figures, and not with each change: all leads are counted for it."""
    campaign = queries.campaign_get(actor=request.actor, campaign_id=campaign_id)
    context = {
        "campaign": campaign,
        "why": queries.why_not_dialling(actor=request.actor, campaign_id=campaign_id),
        "gates": texts.SHUT_GATES,
        "shut": campaign.state == "running" and not queries.open_now(campaign=campaign),
    }
    return htmx.render_fragment(request, "campaigns/_why_not_dialling.html", context)


@require_safe
@requires("campaigns.overview")
def detail_callbacks(request: ActorRequest, campaign_id: UUID) -> HttpResponse:
    """The campaign's callbacks, the next first."""
    campaign = queries.campaign_get(actor=request.actor, campaign_id=campaign_id)
    page = queries.callback_list(
        actor=request.actor, campaign_id=campaign_id, size=size_of(request), after=request.GET.get("after") or None
    )
    context = {
        **tabs(request.actor, campaign, "callbacks"),
        "crumbs": crumbs(),
        "rows": callback_rows(page.items),
        "next": page.next,
        "now": clock.now(),
        "here": request.get_full_path(),
    }
    return htmx.page_or_fragment(request, "campaigns/detail_callbacks.html", "campaigns/callbacks/_list.html", context)


@require_safe
@requires("campaigns.overview")
def detail_people(request: ActorRequest, campaign_id: UUID) -> HttpResponse:
    """Supervisors and agents, with what is kept for each."""
    campaign = queries.campaign_get(actor=request.actor, campaign_id=campaign_id)
    context = {
        **tabs(request.actor, campaign, "people"),
        **preassign_context(campaign),
        "crumbs": crumbs(),
        "duties": [people.duty_context(request, campaign, duty) for duty in people.DUTIES],
        "roles": ROLES,
    }
    return render(request, "campaigns/detail_people.html", context)


@require_safe
@requires("campaigns.overview")
def detail_settings(request: ActorRequest, campaign_id: UUID) -> HttpResponse:
    """Everything that is planned, to read; each part leads to the step that changes it."""
    campaign = queries.campaign_get(actor=request.actor, campaign_id=campaign_id)
    ids = list(Campaign.lists.through.objects.filter(campaign_id=campaign.id).values_list("contactlist_id", flat=True))
    names = contacts.contact_list_names(org_id=campaign.merchant_id, ids=ids) if ids else {}
    values = rules_settings.whole(campaign.settings)
    names_of_packs = {one.key: str(one.name) for one in compliance.packs()}
    context = {
        **tabs(request.actor, campaign, "settings"),
        "crumbs": crumbs(),
        "modes": texts.MODES,
        "lists": [(one, names.get(one, "–")) for one in ids],
        "site": queries.site_of(
            ref=campaign.external_site, merchant_id=campaign.merchant_id, agency_id=campaign.agency_id
        ),
        "days": [(DAY_NAMES[day], campaign.hours.get(day, [])) for day in DAYS],
        "holidays": country_text(campaign.holidays) if campaign.holidays else "",
        "packs": [(key, names_of_packs.get(key, key)) for key in campaign.packs],
        "groups": _groups(values),
        "retry": [
            (texts.OUTCOMES[outcome], _minutes(rule.get("delay_s")), rule.get("multiply"), rule.get("max_attempts"))
            for outcome, rule in values["retry"].items()
        ],
        "dispositions": queries.dispositions_of(campaign_id=campaign.id),
        "questions": queries.form_fields_of(campaign_id=campaign.id),
        "kinds": texts.KINDS,
        "types": texts.FIELD_TYPES,
    }
    return render(request, "campaigns/detail_settings.html", context)


def _groups(values: dict[str, Any]) -> list[tuple[str, int, list[tuple[str, str]]]]:
    """Settings in words, by group, each with the wizard's step that changes it."""
    headings = {
        "handout": (_("Hand-out"), 1), "work": (_("Calling"), 1), "retry": (_("Retries and expiry"), 4),
        "end": (_("Completion"), 1),
    }  # fmt: skip
    return [
        (
            heading,
            at,
            [
                (said(one.label), _shown(name, values[name]))
                for name, one in rules_settings.SETTINGS.items()
                if one.group == group and one.kind != "retry"
            ],
        )
        for group, (heading, at) in headings.items()
    ]


def _minutes(seconds: int | None) -> str:
    return "" if seconds is None else f"{seconds / 60:g}"


def _shown(name: str, value: Any) -> str:
    if value is None:
        return _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in WORDS:
        return str(WORDS[name].get(value, str(value).removeprefix("column:")))
    if name.endswith("_s"):
        return duration_text(value)
    if name.endswith("_h"):
        return duration_text(value * 3600)
    return str(value)


@require_POST
@requires("campaigns.overview")
def command(request: ActorRequest, campaign_id: UUID, name: str) -> HttpResponse:
    """Give a command of the lifecycle."""
    try:
        wanted = Command(name)
        action = COMMANDS[wanted]
    except (ValueError, KeyError):
        raise NotFound("command") from None
    action(actor=request.actor, campaign_id=campaign_id)
    return htmx.redirect(request, "campaigns:detail", campaign_id, toast=_done(wanted))
