"""What journeys have to tell whoever is signed in: a bell in the frame of every page, and the list behind it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from ringround.campaigns import queries as campaigns
from ringround.journeys import actions, queries
from ringround.kernel.ids import parse_id
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, current, requires
from ringround.ui import htmx

# What is shown at first, and with each "Show more".
UNSEEN, SEEN, MORE = 50, 10, 50
MOST_PAGES = 20


def bell(request: HttpRequest, *, where: str) -> str:
    """The button with its number. A page may have it twice, for a phone and for a wide screen."""
    if _waiting(request) is None:
        return ""
    return render_to_string("journeys/fillers/_bell.html", {"where": where, **_count(request)}, request)


def behind(request: HttpRequest, *, where: str) -> str:
    """What the button opens, once a page; and what keeps the number right."""
    if _waiting(request) is None:
        return ""
    context = {"where": where, "topic": f"notices:{_user(request)}"}
    return render_to_string("journeys/fillers/_notices.html", context, request)


def _user(request: HttpRequest) -> UUID | None:
    actor = current(request)
    return actor.user_id if actor is not None else None


def _waiting(request: HttpRequest) -> int | None:
    """How many are not seen, asked once a request; None for whoever is told nothing."""
    kept = request.__dict__
    if "_rr_notices" not in kept:
        actor = current(request)
        told = actor is not None and actor.user_id is not None and allows(actor, "journeys.notices")
        kept["_rr_notices"] = queries.notices_waiting(actor=actor) if told and actor is not None else None
    found: int | None = kept["_rr_notices"]
    return found


def _count(request: HttpRequest) -> dict[str, Any]:
    waiting = _waiting(request) or 0
    return {"count": waiting, "many": waiting >= queries.MOST_COUNTED}


@require_safe
@requires("journeys.notices")
def count(request: ActorRequest) -> HttpResponse:
    """The number, for each bell of the page."""
    return htmx.render_fragment(request, "journeys/_bells.html", _count(request))


@require_safe
@requires("journeys.notices")
def notice_list(request: ActorRequest) -> HttpResponse:
    """What is new, and below it what was seen last; `?pages=` shows more of both."""
    return htmx.render_fragment(request, "journeys/_notices.html", _shown(request))


def _shown(request: ActorRequest) -> dict[str, Any]:
    pages, apart = _pages(request), "apart" in request.GET
    further = MORE * (pages - 1)
    new, more_new = queries.notice_list(actor=request.actor, seen=False, size=UNSEEN + further)
    seen, more_seen = queries.notices_seen_last(actor=request.actor, size=SEEN + further)
    names = campaigns.lead_names(actor=request.actor, lead_ids=[one.lead_id for one in (*new, *seen) if one.lead_id])

    def named(one: Any) -> tuple[Any, bool, str]:
        return one, one.lead_id in names, names.get(one.lead_id, "") if one.lead_id else ""

    return {
        "new": [named(one) for one in new],
        "seen": [named(one) for one in seen],
        "newest": new[0].id if len(new) > 1 else None,
        "oldest": new[-1].id if new else None,
        "apart": apart,
        "query": _query(apart, pages),
        "more": _query(apart, pages + 1) if (more_new or more_seen) and pages < MOST_PAGES else "",
        "topic": f"notices:{request.actor.user_id}",
    }


def _pages(request: ActorRequest) -> int:
    """How often more was asked for, and once."""
    said = request.GET.get("pages", "")
    return min(max(int(said), 1), MOST_PAGES) if said.isascii() and said.isdigit() and len(said) < 3 else 1


def _query(apart: bool, pages: int) -> str:
    said: dict[str, int] = {"apart": 1} if apart else {}
    if pages > 1:
        said["pages"] = pages
    return f"?{urlencode(said)}" if said else ""


@require_POST
@requires("journeys.notices")
def seen(request: ActorRequest, notice_id: UUID) -> HttpResponse:
    """One is seen."""
    actions.notice_seen(actor=request.actor, notice_id=notice_id)
    return _told(request)


@require_POST
@requires("journeys.notices")
def all_seen(request: ActorRequest) -> HttpResponse:
    """All are seen that were on the list."""
    oldest, newest = (parse_id(request.POST.get(name, "")) for name in ("oldest", "newest"))
    if oldest is not None and newest is not None:
        actions.notices_seen(actor=request.actor, oldest=oldest, newest=newest)
    return _told(request)


def _told(request: ActorRequest) -> HttpResponse:
    """The list as it is now, with the focus on it, and the number of each bell."""
    context = {**_shown(request), **_count(request), "changed": True}
    parts = ("journeys/_notices.html", "journeys/_bells.html")
    return HttpResponse(SafeString("").join(render_to_string(one, context, request) for one in parts))
