"""Who is looking, for views and the frame of the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from ringround.http.auth import ACTING_FOR
from ringround.kernel.errors import Conflict, Unauthenticated
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.orgs import actions, permissions, queries
from ringround.orgs.actor import Actor
from ringround.orgs.models import User
from ringround.orgs.queries.acting import SESSION_ORGANISATION
from ringround.orgs.words import ROLES
from ringround.ui import htmx
from ringround.ui.ports import Identity

P = ParamSpec("P")

DRAWN_FOR = "_for"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
LOOKED_AT = "merchant"
# As what is asked for and no id is: it finds nothing.
NOBODY = UUID(int=0)
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


@dataclass(frozen=True, slots=True)
class Looked:
    """Whose things a list shows, and what its page needs for it."""

    merchant: UUID | None  # None: everybody's
    offered: Sequence[tuple[UUID, str]]  # by its filter; none: it has no such filter
    everything: str  # its address with nothing chosen
    chosen: bool  # by its filter just now, which is then drawn anew
    instead: str  # the address that its page has to have; "": the one that it has


def looked_at(request: ActorRequest, merchants: Sequence[tuple[UUID, str]]) -> Looked:
    """Which of those that an agency works for its list shows: its address says it, and so do the links, files and live
    parts that come of it. What was chosen last only says which address a page that names none is led to. Who is none of
    them finds nothing, as by API."""
    asked, several = request.GET.get(LOOKED_AT, ""), len(merchants) > 1
    merchant = (parse_id(asked) or NOBODY) if asked else None
    chosen = _chosen(request)
    if chosen and (not asked or any(one == merchant for one, _name in merchants)):
        wanted = str(merchant or "")
        if request.session.get(LOOKED_AT, "") != wanted:
            request.session[LOOKED_AT] = wanted
    instead = ""
    if several and LOOKED_AT not in request.GET and not htmx.is_fragment(request):
        query = request.GET.copy()
        # A list of one campaign is of its merchant, whatever was chosen.
        last = None if query.get("campaign") else parse_id(request.session.get(LOOKED_AT, ""))
        query[LOOKED_AT] = next((str(one) for one, _name in merchants if one == last), "")
        instead = f"{request.path}?{query.urlencode()}"
    return Looked(
        merchant=merchant,
        offered=_offered(request, merchants, merchant),
        everything=f"{request.path}?{LOOKED_AT}=" if several or merchant is not None else request.path,
        chosen=chosen,
        instead=instead,
    )


def _chosen(request: HttpRequest) -> bool:
    """Whether this is the filter's own request: sent by a page of the same list that shows another merchant. A live
    part asks for what its page shows, and a page that is opened by its address comes from none."""
    if LOOKED_AT not in request.GET:
        return False
    try:
        page = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    except ValueError:
        return False
    return page.path == request.path and QueryDict(page.query).get(LOOKED_AT, "") != request.GET[LOOKED_AT]


def _offered(
    request: ActorRequest, merchants: Sequence[tuple[UUID, str]], merchant: UUID | None
) -> Sequence[tuple[UUID, str]]:
    """Those that one chooses among; and who is looked at without being one of them, so that the filter says it."""
    if merchant is None:
        return merchants if len(merchants) > 1 else ()
    if any(one == merchant for one, _name in merchants):
        return merchants
    own = request.actor.organisation
    return [*merchants, (merchant, own.name if merchant == own.id else _("Unknown merchant"))]


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
