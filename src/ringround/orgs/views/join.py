"""The link of an invitation."""

from __future__ import annotations

from contextlib import suppress

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.core.exceptions import RateLimited
from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from ringround.kernel.errors import Conflict, Forbidden, Invalid, TooMany
from ringround.orgs import actions, queries
from ringround.orgs.forms.settings import JoinForm
from ringround.orgs.models import User
from ringround.orgs.queries.acting import SESSION_ORGANISATION
from ringround.orgs.words import ROLES
from ringround.ui import htmx
from ringround.ui.forms import add_faults


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: with a first password, or signed in to the account one has."""
    _limit(request)
    invited = queries.invitation_of(token=token)
    me = request.user if isinstance(request.user, User) and request.user.is_authenticated else None
    form = JoinForm(request.POST or None, initial={"name": invited.name})
    if request.method == "POST" and (not invited.new_user or form.is_valid()):
        given = form.cleaned_data if invited.new_user else {}
        try:
            actor = actions.invitation_accept(token=token, signed_in=me, **given)
        except Invalid as error:
            add_faults(form, error)
        except (Conflict, Forbidden):
            # The page says what state it is in; two tabs and late clicks end here.
            return htmx.redirect(request, "orgs:join", token)
        else:
            return _come_in(request, actor.user, str(actor.org_id), me)
    here = reverse("orgs:join", args=[token])
    context = {
        "invited": invited,
        "role": ROLES[invited.role],
        "form": form,
        "other": me if me is not None and me.id != invited.user_id else None,
        "me": me,
        "sign_in_url": f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': here})}",
        "token": token,
    }
    status = 422 if request.method == "POST" else 200 if invited.state == "open" else 410
    return htmx.render_fragment(request, "orgs/join.html", context, status=status)


@never_cache
@require_POST
def decline(request: HttpRequest, token: str) -> HttpResponse:
    """Say no; then the page says so, to late clicks too."""
    _limit(request)
    with suppress(Conflict):
        actions.invitation_decline(token=token)
    return htmx.redirect(request, "orgs:join", token)


def _come_in(request: HttpRequest, user: User | None, organisation_id: str, me: User | None) -> HttpResponse:
    assert user is not None
    request.session[SESSION_ORGANISATION] = organisation_id
    if me is not None:
        return htmx.redirect(request, "home", toast=_("Welcome."))
    # The password was chosen a moment ago.
    record_authentication(request, user, method="password", email=user.email)
    response: HttpResponse = perform_login(request, user, redirect_url=reverse("home"))
    return response


def _limit(request: HttpRequest) -> None:
    """The token cannot be guessed; who tries many is stopped all the same."""
    try:
        ratelimit.consume(
            request,
            app="allauth.account",
            action="orgs_join",
            config={"orgs_join": "60/m/ip"},
            limit_get=True,
            raise_exception=True,
        )
    except RateLimited:
        raise TooMany(60) from None
