"""What is a user's own: profile, safety, the organisation they work for."""

from __future__ import annotations

from typing import Any

from allauth.account.views import EmailView
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.kernel.errors import Invalid, NotFound, Unauthenticated
from ringround.kernel.ids import parse_id
from ringround.orgs import actions, permissions, queries
from ringround.orgs.forms.settings import ProfileForm
from ringround.orgs.models import User
from ringround.orgs.queries.acting import SESSION_ORGANISATION
from ringround.orgs.user_agents import describe
from ringround.orgs.web import ActorRequest, requires
from ringround.orgs.words import ROLES
from ringround.ui import htmx
from ringround.ui.context import THEME_COOKIE
from ringround.ui.forms import add_faults

YEAR_S = 365 * 24 * 3600


def _me(request: ActorRequest) -> User:
    if request.actor.user is None:
        raise Unauthenticated()
    return request.actor.user


@require_http_methods(["GET", "POST"])
@requires(None)
def profile(request: ActorRequest) -> HttpResponse:
    """Name, language, time zone, appearance."""
    user = _me(request)
    initial = {name: getattr(user, name) for name in ("name", "language", "timezone", "theme")}
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            changed = actions.profile_change(actor=request.actor, **form.cleaned_data)
        except Invalid as error:
            add_faults(form, error)
        else:
            # The next page speaks the language just chosen, and so does its toast.
            with translation.override(changed.language):
                response = htmx.redirect(request, "orgs:profile", toast=_("Your profile is saved."))
            _remember(request, response, settings.LANGUAGE_COOKIE_NAME, changed.language)
            _remember(request, response, THEME_COOKIE, changed.theme)
            return response
    context = {"form": form, "me": user, "role": ROLES[request.actor.role], "organisation": request.actor.organisation}
    return htmx.render_fragment(request, "orgs/profile.html", context, status=422 if form.errors else 200)


def _remember(request: HttpRequest, response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure())


class ChangeEmail(EmailView):  # type: ignore[misc]
    """The address one signs in with; see `actions.address_settle`."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and isinstance(request.user, User) and request.user.is_authenticated:
            actions.address_settle(user=request.user)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[no-any-return]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        new = context.get("new_emailaddress")
        # The address one has, never confirmed, is no new one: nobody asked for a change.
        if new is not None and isinstance(self.request.user, User) and new.email == self.request.user.email:
            context["new_emailaddress"] = None
        return context


@require_safe
@requires(None)
def security(request: ActorRequest) -> HttpResponse:
    """Password, second factor, sessions."""
    user = _me(request)
    factors = {one.type: one for one in Authenticator.objects.filter(user_id=user.id)}
    codes = factors.get(Authenticator.Type.RECOVERY_CODES)
    context: dict[str, Any] = {
        "totp": factors.get(Authenticator.Type.TOTP),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes is not None else 0,
        "mfa_asked": queries.mfa_asked(user=user),
        "sessions": [
            (one, describe(one.user_agent), one.session_key == request.session.session_key)
            for one in sorted(UserSession.objects.purge_and_list(user), key=lambda row: row.last_seen_at, reverse=True)
        ],
    }
    return htmx.render_fragment(request, "orgs/security.html", context)


@require_POST
@requires(None)
def end_session(request: ActorRequest, session_id: int) -> HttpResponse:
    """Sign out one session."""
    actions.session_end(actor=request.actor, session_id=session_id)
    return htmx.redirect(request, "orgs:security", toast=_("The session is ended."))


@require_POST
@requires(None)
def end_sessions(request: ActorRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    actions.sessions_end(actor=request.actor, keep=request.session.session_key)
    return htmx.redirect(request, "orgs:security", toast=_("You are signed out everywhere else."))


@require_http_methods(["GET", "POST"])
@requires(None)
def choose(request: ActorRequest) -> HttpResponse:
    """The organisation to work for now."""
    user = _me(request)
    if request.method == "POST":
        organisation_id = parse_id(request.POST.get("organisation"))
        if organisation_id is None:
            raise NotFound("organisation")
        chosen = actions.acting_choose(user=user, organisation_id=organisation_id)
        request.session[SESSION_ORGANISATION] = str(chosen.org_id)
        return htmx.redirect(request, "home")
    found = queries.choices(user=user)
    rows = [(one, ROLES[one.role], one.organisation.id == request.actor.org_id) for one in found]
    return htmx.render_fragment(request, "orgs/choose.html", {"choices": rows})


@require_POST
@requires(None)
def leave(request: ActorRequest) -> HttpResponse:
    """Act for one's own organisation again."""
    actor = request.actor
    actions.acting_choose(user=_me(request), organisation_id=actor.home_id)
    request.session[SESSION_ORGANISATION] = str(actor.home_id)
    home = actor.home or actor.organisation
    if permissions.allows(actor, "orgs.clients.read") and actor.acting_for is not None:
        return htmx.redirect(request, "orgs:clients", toast=_("You act for %(name)s again.") % {"name": home.name})
    return htmx.redirect(request, "home")
