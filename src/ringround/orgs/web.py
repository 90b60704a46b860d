"""Who is looking, for views and the frame of the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from ringround.http.auth import ACTING_FOR
from ringround.kernel.errors import Conflict, Unauthenticated
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.orgs import actions, permissions, queries
from ringround.orgs.actor import Actor
from ringround.orgs.models import User
from ringround.orgs.queries.acting import SESSION_ORGANISATION
from ringround.orgs.words import ROLES
from ringround.ui.ports import Identity

P = ParamSpec("P")

DRAWN_FOR = "_for"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
LOOKED_AT = "merchant"
# Where one chooses the organisation, from whichever page.
CHOOSING = frozenset({"orgs:choose", "orgs:leave", "orgs:client-act"})


class ActorRequest(HttpRequest):
    """A request of somebody who is known; what a view behind `requires` gets."""

    actor: Actor


def current(request: HttpRequest) -> Actor | None:
    """The actor of this request's session, asked once; None for strangers and for users without an organisation."""
    known = getattr(request, "_rr_actor", ...)
    if known is ...:
        known = None
        # Not `request.user` first: a request without a session must not cost a query.
        session, user = getattr(request, "session", None), getattr(request, "user", None)
        # A request refused for its host has a session already and never gets a user.
        if session is not None and user is not None and user.is_authenticated:
            known = queries.actor_for_session(user=user, org_id=parse_id(session.get(SESSION_ORGANISATION)))
        request._rr_actor = known  # type: ignore[attr-defined]
    return known


def acting_ended(request: HttpRequest, actor: Actor) -> bool:
    """Whether the session had chosen another organisation than the actor has now; then the choice is forgotten."""
    chosen = request.session.get(SESSION_ORGANISATION)
    if chosen is None or chosen == str(actor.org_id):
        return False
    del request.session[SESSION_ORGANISATION]
    return True


def _drawn_for_another(request: HttpRequest, actor: Actor) -> bool:
    """Whether what is to be written was typed on a page of another organisation than the session acts for by now:
    another tab has chosen one since. htmx says it by a header, other forms by a field."""
    if request.method in SAFE:
        return False
    meant = request.headers.get(ACTING_FOR)
    if meant is None and request.content_type in FORMS:
        meant = request.POST.get(DRAWN_FOR)
    if not meant or parse_id(meant) == actor.org_id:
        return False
    match = request.resolver_match
    return match is None or match.view_name not in CHOOSING


def requires(
    permission: str | None,
) -> Callable[
    [Callable[Concatenate[ActorRequest, P], HttpResponse]], Callable[Concatenate[HttpRequest, P], HttpResponse]
]:
    """A view for signed-in users with this permission; None is for every member."""

    def decorate(
        view: Callable[Concatenate[ActorRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            actor = getattr(request, "actor", None)
            if actor is None:
                raise Unauthenticated()
            if _drawn_for_another(request, actor):
                words = N_("This page is of another organisation than the one you act for now. Nothing was done.")
                raise Conflict("acting_ended", words)
            if permission is not None:
                permissions.require(actor, permission)
            return view(request, *args, **kwargs)  # type: ignore[arg-type]

        # Read by the test that walks the routes.
        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def allowed(request: HttpRequest, permission: str) -> bool:
    """For `ui.ports`: whether the menu may show what needs this permission."""
    actor = getattr(request, "actor", None) or current(request)
    return actor is not None and permissions.allows(actor, permission)


def looked_at(request: ActorRequest, merchants: Sequence[tuple[UUID, str]]) -> UUID | None:
    """Which of those that an agency works for its lists show: what is chosen now, else what was chosen last; None: all.
    A list of one campaign is of its merchant whatever was chosen."""
    if "merchant" in request.GET:
        request.session[LOOKED_AT] = request.GET["merchant"][:36]
    elif request.GET.get("campaign"):
        return None
    asked = parse_id(request.session.get(LOOKED_AT, ""))
    return next((one for one, _name in merchants if one == asked), None)


def language_chosen(request: HttpRequest, language: str) -> None:
    """For `ui.ports`: the choice at the foot of every page is a change of the profile as any other."""
    actor = getattr(request, "actor", None) or current(request)
    if actor is not None and actor.user is not None:
        actions.profile_change(actor=actor, language=language)


def identity(request: HttpRequest) -> Identity | None:
    """For `ui.ports`: the user on the frame of the page."""
    actor = getattr(request, "actor", None) or current(request)
    if actor is None or actor.user is None:
        return None
    acting_for, user = actor.acting_for, actor.user
    return Identity(
        user_id=str(actor.user.id),
        name=str(actor.user),
        email=actor.user.email,
        organisation=(actor.home or actor.organisation).name,
        organisation_id=str(actor.org_id),
        acting_for=acting_for.name if acting_for is not None else "",
        role=str(ROLES[actor.role]),
        # Asked for by whole pages alone; a fragment needs only the region.
        switch_url=cast(str, SimpleLazyObject(lambda: _switch_url(user))),
        leave_url=reverse("orgs:leave") if acting_for is not None else "",
        region=actor.organisation.region,
    )


def _switch_url(user: User) -> str:
    return reverse("orgs:choose") if len(queries.choices(user=user)) > 1 else ""
