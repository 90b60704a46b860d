"""Settings → external sites: pages of other systems that are opened, or told, for a lead; and what was sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.campaigns import actions, queries, texts
from ringround.campaigns.forms.sites import METHODS, OPENS, SiteForm
from ringround.campaigns.models import ExternalSite
from ringround.campaigns.queries.sites import names_known
from ringround.campaigns.rules import site as rules
from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.ids import parse_id
from ringround.orgs.permissions import allows, require
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx

PAGE, LOG_PAGE = 50, 25
CHANGE = "campaigns.external.change"
STATES = ("pending", "delivered", "failed")


def _crumbs() -> list[tuple[str, str]]:
    return [(_("External sites"), reverse("campaigns:sites"))]


@require_safe
@requires("campaigns.external.read")
def sites(request: ActorRequest) -> HttpResponse:
    """The organisation's sites, newest first."""
    rows, following = queries.external_site_list(actor=request.actor, size=PAGE, after=request.GET.get("after"))
    context = {
        "sites": [(one, OPENS[one.opens], METHODS[one.method]) for one in rows],
        "next": following,
        "may_change": allows(request.actor, CHANGE),
    }
    return htmx.page_or_fragment(request, "campaigns/sites.html", "campaigns/_sites.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.external.change")
def create(request: ActorRequest) -> HttpResponse:
    """A new site, or what it would say."""
    form = _form(request, None)
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            return _page(request, form, None, _preview(request, form))
        try:
            made = actions.external_site_create(actor=request.actor, **form.fields_said())
            return htmx.redirect(request, "campaigns:site", made.id, toast=_("The site is saved."))
        except Invalid as wrong:
            form.put_faults(wrong)
    return _page(request, form, None, None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.external.read")
def site(request: ActorRequest, site_id: UUID) -> HttpResponse:
    """What it says, and what was sent to it."""
    row = queries.external_site_get(actor=request.actor, site_id=site_id)
    if request.method != "POST" and htmx.is_fragment(request):
        return htmx.render_fragment(request, "campaigns/_site_log.html", _log(request, row))
    form = _form(request, row)
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            return _page(request, form, row, _preview(request, form))
        require(request.actor, CHANGE)
        try:
            actions.external_site_change(actor=request.actor, site_id=site_id, **form.fields_said())
            return htmx.redirect(request, "campaigns:site", site_id, toast=_("The site is saved."))
        except Invalid as wrong:
            form.put_faults(wrong)
        except Conflict as wrong:
            form.add_error(None, str(wrong.detail))
    return _page(request, form, row, None)


@require_POST
@requires("campaigns.external.change")
def delete(request: ActorRequest, site_id: UUID) -> HttpResponse:
    """End it, with its log."""
    actions.external_site_delete(actor=request.actor, site_id=site_id)
    return htmx.redirect(request, "campaigns:sites", toast=_("The site is deleted."))


@require_POST
@requires("campaigns.external.change")
def again(request: ActorRequest, site_id: UUID, site_delivery_id: UUID) -> HttpResponse:
    """Send one again."""
    actions.site_delivery_again(actor=request.actor, site_id=site_id, delivery_id=site_delivery_id)
    return htmx.redirect(request, "campaigns:site", site_id, toast=_("It is being sent again."))


@require_POST
@requires("campaigns.external.change")
def again_all(request: ActorRequest, site_id: UUID) -> HttpResponse:
    """Send again whatever was given up."""
    count = actions.site_deliveries_again(actor=request.actor, site_id=site_id)
    words = ngettext("%(n)s is being sent again.", "%(n)s are being sent again.", count) % {"n": count}
    return htmx.redirect(request, "campaigns:site", site_id, toast=words)


# --- inside ---------------------------------------------------------------------------------------


def _form(request: ActorRequest, row: ExternalSite | None) -> SiteForm:
    found = queries.campaign_page(actor=request.actor, states=list(texts.CAMPAIGN_STATES), size=200).items
    mine = [one for one in found if row is not None and one.external_site == str(row.id)]
    order = [*mine, *(one for one in found if one not in mine)]
    return SiteForm(request.POST or None, campaigns=[(one.id, one.name) for one in order], site=row)


def _preview(request: ActorRequest, form: SiteForm) -> dict[str, Any] | None:
    """What the form says of a real lead, saved or not; None where it cannot be said."""
    said = form.fields_said()
    rule = rules.Site(said["url"].strip(), said["method"], said["parameters"], said["opens"])
    # What the address leads to is asked when it is saved; here nothing is called.
    faults = rules.check(rule, names_known(actor=request.actor), private=True)
    if faults:
        form.put_faults(Invalid(faults))
        return None
    campaign_id = parse_id(form.cleaned_data["sample"])
    found = campaign_id and queries.site_sample(actor=request.actor, rule=rule, campaign_id=campaign_id)
    if not found:
        form.add_error("sample", _("There is no contact on this campaign yet."))
        return None
    lead, made = found
    return {"lead": lead, "request": made}


def _page(
    request: ActorRequest, form: SiteForm, row: ExternalSite | None, preview: dict[str, Any] | None
) -> HttpResponse:
    names = rules.known(names_known(actor=request.actor))
    context: dict[str, Any] = {
        "form": form,
        "site": row,
        "crumbs": _crumbs(),
        "may_change": allows(request.actor, CHANGE),
        "preview": preview,
        "placeholders": ["{{" + one + "}}" for one in names],
        "campaigns": queries.site_campaigns(actor=request.actor, site=row) if row is not None else [],
    }
    if row is not None:
        context |= _log(request, row)
    status = 422 if request.method == "POST" and form.errors else 200
    return htmx.render_fragment(request, "campaigns/site.html", context, status=status)


def _log(request: ActorRequest, row: ExternalSite) -> dict[str, Any]:
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    deliveries, following = queries.site_deliveries(
        actor=request.actor, site_id=row.id, state=state or None, size=LOG_PAGE, after=request.GET.get("after")
    )
    return {
        "site": row,
        "deliveries": [
            (one, texts.SITE_ERRORS.get(one.error, one.error), OPENS.get(one.moment, one.moment)) for one in deliveries
        ],
        "next": following,
        "state": state,
        "may_change": allows(request.actor, CHANGE),
    }
