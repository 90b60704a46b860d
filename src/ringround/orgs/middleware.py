"""Who acts, on every request; and two doors: a membership, and a second factor where one is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ringround.http.problems import problem
from ringround.kernel.errors import Conflict, Forbidden
from ringround.kernel.messages import N_
from ringround.orgs.web import acting_ended, current
from ringround.ui import htmx

Handler = Callable[[HttpRequest], HttpResponse]

# What a user may reach who still lacks a second factor: setting one up, proving who they are, leaving.
MFA_DOOR = frozenset(
    {
        "account_logout",
        "account_reauthenticate",
        "account_reset_password",
        "account_set_password",
        "mfa_activate_totp",
        "mfa_reauthenticate",
        "ui:healthz",
        "ui:language",
        "ui:theme",
    }
)
# And to leave an organisation that asks for one, for another that one belongs to.
SWITCHES = frozenset({"orgs:choose", "orgs:leave"})
# Without an organisation one may accept an invitation to one, besides looking after the account itself.
MEMBER_DOOR = MFA_DOOR | {"orgs:join"}


class ActorMiddleware:
    """Sets `request.actor`: the session's user in the organisation they chose, or None. After authentication.

    An API call with a token is left to the API: there the session does not count.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Here and not before: files and unknown addresses ask nobody who they are."""
        match = request.resolver_match
        # Its pages of documentation lie beside the API, outside its namespace.
        api = request.path.startswith("/api/") and match is not None and bool(match.namespaces)
        if api and "Authorization" in request.headers:
            return None
        if not request.user.is_authenticated:
            return None
        request.actor = actor = current(request)  # type: ignore[attr-defined]
        name = match.view_name if match is not None else ""
        if actor is None:
            return None if name in MEMBER_DOOR else self._no_membership(request, api)
        # What is of the account is done all the same: who signs out is signed out.
        if acting_ended(request, actor) and name not in MFA_DOOR:
            return self._acting_ended(request, api)
        if actor.mfa_missing and name not in MFA_DOOR | SWITCHES:
            return self._to_mfa(request, api)
        return None

    @staticmethod
    def _acting_ended(request: HttpRequest, api: bool) -> HttpResponse:
        """What was meant for the organisation chosen before must not happen in another: asked for once more, from the
        home page of the one that is left."""
        words = N_("You no longer act for the organisation you had chosen. Nothing was done.")
        if api:
            return problem(request, Conflict("acting_ended", words))
        return htmx.redirect(request, "home", toast=str(words), tone="warning")

    @staticmethod
    def _no_membership(request: HttpRequest, api: bool) -> HttpResponse:
        words = N_("You do not belong to any organisation.")
        if api:
            return problem(request, Forbidden(detail=words, code="no_membership"))
        return render(request, "orgs/no_membership.html", status=403)

    @staticmethod
    def _to_mfa(request: HttpRequest, api: bool) -> HttpResponse:
        if api:
            words = N_("Your organisation asks for a second factor. Set it up first.")
            return problem(request, Forbidden(detail=words, code="mfa_required"))
        # The page says why one came there.
        return htmx.redirect(request, "mfa_activate_totp")


class SessionSeenMiddleware:
    """Keeps the list of sessions up to date, at most once a minute each.

    allauth's own middleware writes on every request, which at a live screen's pace is a write a second per agent.
    """

    STEP_S = 60
    MOST = 10_000

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self._seen: dict[str, tuple[float, str, str]] = {}
        self._lock = Lock()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.session.session_key if hasattr(request, "session") else None
        # A session nobody has opened yet is no reason to open it.
        if key is not None and request.user.is_authenticated and self._due(key, request):
            UserSession.objects.create_from_request(request)
        return self.get_response(request)

    def _due(self, key: str, request: HttpRequest) -> bool:
        now = time.monotonic()
        mark = (request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_USER_AGENT", ""))
        with self._lock:
            known = self._seen.get(key)
            if known is not None and known[1:] == mark and now - known[0] < self.STEP_S:
                return False
            if len(self._seen) >= self.MOST:
                self._seen.clear()
            self._seen[key] = (now, *mark)
            return True
