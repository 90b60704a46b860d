"""Campaigns made from others: duplicates, and the templates to start from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.campaigns import actions, queries, texts
from ringround.campaigns.forms.copies import NameForm
from ringround.campaigns.models import Campaign
from ringround.campaigns.views.common import campaign_crumb, crumbs, put_faults, size_of
from ringround.kernel.errors import Invalid
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx


def _source(request: ActorRequest, campaign_id: UUID) -> Campaign:
    """A campaign that the reader may copy."""
    campaign = queries.campaign_get(actor=request.actor, campaign_id=campaign_id)
    queries.check_may(request.actor, campaign, "campaigns.create")
    return campaign


def _named(
    request: ActorRequest, first: str, make: Callable[[str], HttpResponse], context: dict[str, Any]
) -> HttpResponse:
    """Ask for a name, and make what is to have it."""
    form = NameForm(request.POST or None, initial={"name": first})
    if request.method == "POST" and form.is_valid():
        try:
            return make(form.cleaned_data["name"])
        except Invalid as wrong:
            put_faults(form, wrong)
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "campaigns/copy.html", {"form": form, **context}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.create")
def duplicate(request: ActorRequest, campaign_id: UUID) -> HttpResponse:
    """Another campaign with this one's plan."""
    source = _source(request, campaign_id)

    def make(name: str) -> HttpResponse:
        made = actions.campaign_duplicate(actor=request.actor, campaign_id=source.id, name=name)
        return htmx.redirect(request, "campaigns:detail", made.id, toast=_("The campaign is duplicated."))

    context = {
        "crumbs": crumbs(campaign_crumb(source)),
        "what": "duplicate",
        "source": source.name,
        "title": _("Duplicate the campaign"),
        "button": _("Duplicate"),
        "cancel": reverse("campaigns:detail", args=[source.id]),
    }
    return _named(request, _("%(name)s (copy)") % {"name": source.name}, make, context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.create")
def template_save(request: ActorRequest, campaign_id: UUID) -> HttpResponse:
    """Keep the campaign's plan to start others from."""
    source = _source(request, campaign_id)

    def make(name: str) -> HttpResponse:
        actions.template_save(actor=request.actor, campaign_id=source.id, name=name)
        return htmx.redirect(request, "campaigns:templates", toast=_("The template is saved."))

    context = {
        "crumbs": crumbs(campaign_crumb(source)),
        "what": "template",
        "source": source.name,
        "title": _("Save as a template"),
        "button": _("Save the template"),
        "cancel": reverse("campaigns:detail", args=[source.id]),
    }
    return _named(request, source.name, make, context)


@require_safe
@requires("campaigns.create")
def template_list(request: ActorRequest) -> HttpResponse:
    """The templates, newest first."""
    page = queries.template_page(actor=request.actor, size=size_of(request), after=request.GET.get("after") or None)
    context = {"rows": page.items, "next": page.next, "modes": texts.MODES, "crumbs": crumbs()}
    return htmx.page_or_fragment(request, "campaigns/templates.html", "campaigns/_templates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.create")
def template_use(request: ActorRequest, template_id: UUID) -> HttpResponse:
    """A new campaign with the template's plan."""
    template = queries.template_get(actor=request.actor, template_id=template_id)

    def make(name: str) -> HttpResponse:
        made = actions.template_use(actor=request.actor, template_id=template.id, fields={"name": name})
        return htmx.redirect(
            request, "campaigns:step", made.id, 1, toast=_("The campaign is made. Go through its plan.")
        )

    context = {
        "crumbs": crumbs((_("Templates"), reverse("campaigns:templates"))),
        "what": "new",
        "source": template.name,
        "title": _("New campaign from a template"),
        "button": _("Make the campaign"),
        "cancel": reverse("campaigns:templates"),
    }
    return _named(request, "", make, context)


@require_POST
@requires("campaigns.create")
def template_delete(request: ActorRequest, template_id: UUID) -> HttpResponse:
    """Take a template away."""
    actions.template_delete(actor=request.actor, template_id=template_id)
    return htmx.redirect(request, "campaigns:templates", toast=_("The template is deleted."))
