"""Settings → organisation."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ringround.kernel.errors import Invalid
from ringround.orgs import actions
from ringround.orgs.forms.settings import OrganisationForm
from ringround.orgs.models import Organisation
from ringround.orgs.permissions import allows, require
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx
from ringround.ui.forms import add_faults


@require_http_methods(["GET", "POST"])
@requires("orgs.settings.read")
def organisation(request: ActorRequest) -> HttpResponse:
    """Look at the settings, and change them."""
    actor = request.actor
    may_change = allows(actor, "orgs.settings.change")
    status = 200
    if request.method == "POST":
        require(actor, "orgs.settings.change")
        form = OrganisationForm(actor.organisation, request.POST)
        if form.is_valid():
            try:
                actions.organisation_change(actor=actor, **form.cleaned_data)
                return htmx.redirect(request, "orgs:organisation", toast=_("The settings are saved."))
            except Invalid as error:
                add_faults(form, error)
        status = 422
    else:
        form = OrganisationForm(actor.organisation)
    if not may_change:
        for field in form.fields.values():
            field.disabled = True
    may_take_out = allows(actor, "orgs.clients.read") and actor.organisation.kind == Organisation.Kind.MERCHANT
    context = {
        "form": form,
        "may_change": may_change,
        "may_take_out": may_take_out,
        "organisation": actor.organisation,
    }
    return htmx.render_fragment(request, "orgs/organisation.html", context, status=status)
