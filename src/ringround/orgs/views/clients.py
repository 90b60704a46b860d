"""Settings → clients, of an agency: the merchants that it runs itself."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from ringround.kernel import cursors
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.orgs import actions, mails, queries
from ringround.orgs.forms.settings import ClientForm, OwnerForm
from ringround.orgs.permissions import allows
from ringround.orgs.queries.acting import SESSION_ORGANISATION
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx
from ringround.ui.forms import add_faults

PAGE = 50


@require_http_methods(["GET", "POST"])
@requires("orgs.clients.read")
def clients(request: ActorRequest) -> HttpResponse:
    """Whom the agency runs; and a new one."""
    actor, status = request.actor, 200
    form = ClientForm(request.POST or None)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = actions.client_create(actor=actor, name=form.cleaned_data["name"])
                return htmx.redirect(request, "orgs:client", made.id, toast=_("The client is made."))
            except Invalid as error:
                add_faults(form, error)
            except Conflict as error:
                form.add_error("name", str(error))
    after = request.GET.get("after")
    rows = queries.client_list(actor=actor, after=cursors.decode_at(after) if after else None, size=PAGE + 1)
    shown = rows[:PAGE]
    context = {
        "form": form,
        "clients": shown,
        "next": cursors.encode_at(shown[-1].created_at, shown[-1].id) if len(rows) > PAGE else None,
        "may_change": allows(actor, "orgs.clients.change"),
        "may_act": allows(actor, "orgs.clients.act"),
    }
    return htmx.page_or_fragment(request, "orgs/clients.html", "orgs/_clients.html", context, status=status)


@require_http_methods(["GET"])
@requires("orgs.clients.read")
def client(request: ActorRequest, client_id: UUID) -> HttpResponse:
    """One client: act for it, hand it over, and what upper rooms have to say of its data."""
    return _page(request, client_id, OwnerForm())


def _page(request: ActorRequest, client_id: UUID, form: OwnerForm, status: int = 200) -> HttpResponse:
    found = queries.client_get(actor=request.actor, client_id=client_id)
    context = {
        "client": found,
        "form": form,
        "crumbs": _crumbs(),
        "may_act": allows(request.actor, "orgs.clients.act"),
        "may_hand_over": allows(request.actor, "orgs.clients.hand_over"),
        "agency": request.actor.home or request.actor.organisation,
    }
    return htmx.render_fragment(request, "orgs/client.html", context, status=status)


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Clients"), reverse("orgs:clients"))]


@require_POST
@requires("orgs.clients.act")
def act(request: ActorRequest, client_id: UUID) -> HttpResponse:
    """Work for the client from now on, until one leaves."""
    user = request.actor.user
    if user is None:
        raise NotFound("organisation")
    queries.client_of(actor=request.actor, client_id=client_id)
    chosen = actions.acting_choose(user=user, organisation_id=client_id)
    request.session[SESSION_ORGANISATION] = str(chosen.org_id)
    return htmx.redirect(request, "home")


@never_cache
@require_POST
@requires("orgs.clients.hand_over")
def hand_over(request: ActorRequest, client_id: UUID) -> HttpResponse:
    """Invite the client's own owner."""
    queries.client_of(actor=request.actor, client_id=client_id)
    form = OwnerForm(request.POST)
    if form.is_valid():
        try:
            made = actions.client_hand_over(actor=request.actor, client_id=client_id, **form.cleaned_data)
            # Drawn at once and not after a redirect: the link is known only here.
            context = {
                "invitation": made.invitation,
                "client": made.invitation.organisation,
                "url": mails.join_url(made.token),
                "crumbs": _crumbs(),
            }
            return htmx.render_fragment(request, "orgs/client_offered.html", context)
        except Invalid as error:
            add_faults(form, error)
        except Conflict as error:
            form.add_error("email", str(error))
    return _page(request, client_id, form, status=422)


@require_POST
@requires("orgs.clients.hand_over")
def keep(request: ActorRequest, client_id: UUID) -> HttpResponse:
    """Withdraw the invitation."""
    actions.client_keep(actor=request.actor, client_id=client_id)
    return htmx.redirect(request, "orgs:client", client_id, toast=_("The invitation is withdrawn."))
