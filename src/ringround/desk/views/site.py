"""The campaign's external site, opened for the lead in hand or told of it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ringround.desk import actions, queries
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx
from ringround.ui.middleware import allow_csp


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires("desk.console")
def site(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """In a tab of its own: on to the page of the other system, by a link or by a form that sends itself.

    It is filled in when it is opened and not before, so that it says what is true by then; and the policy for where a
    form may go is widened on this one answer, which holds nothing but that form.
    """
    if request.method == "POST":
        actions.site_send(actor=request.actor, lead_id=lead_id)
        return htmx.toast(HttpResponse(status=200), _("It is being sent."))
    opened = queries.site_opened(actor=request.actor, lead_id=lead_id)
    if opened.made.method == "GET" and not opened.made.error:
        return HttpResponseRedirect(opened.made.url)
    page = render_to_string("desk/site.html", {"name": opened.name, "made": opened.made}, request)
    response = HttpResponse(page, status=422 if opened.made.error else 200)
    # Where the other system sends the browser on to (a sign-in, often) is asked of the policy as well.
    return allow_csp(response, "form-action", "https:", "http:")
