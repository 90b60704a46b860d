"""Who may hear what on the live stream: a session or a token says who, each room says it for its own topics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings

from ringround.kernel.errors import NotFound, RingroundError
from ringround.kernel.ids import parse_id
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.ui.live import Viewer

MaySee = Callable[[Actor, str], bool]


@dataclass(frozen=True, slots=True)
class Listener(Viewer):
    """A viewer that the rooms can be asked about."""

    actor: Actor


def listener(scope: MutableMapping[str, Any]) -> Listener | None:
    """Who opens the stream, or None for a stranger."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        actor = _by_token(headers) if "authorization" in headers else _by_cookie(headers)
    except RingroundError:
        return None
    if actor is None:
        return None
    return Listener(user_id=str(actor.user_id or actor.system_id), org_id=str(actor.org_id), actor=actor)


def by_token(token: str, acting_for: str | None) -> Actor | None:
    """The actor of a token; NotFound when it may not act for the organisation in the header."""
    merchant = parse_id(acting_for.strip()) if acting_for is not None else None
    if acting_for is not None and merchant is None:
        raise NotFound("organisation")
    return orgs.actor_for_token(raw=token, acting_for_id=merchant)


def _by_token(headers: Mapping[str, str]) -> Actor | None:
    scheme, _, token = headers["authorization"].partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token.isascii() or not 0 < len(token) <= 200:
        return None
    return by_token(token, headers.get("ringround-acting-for"))


def _by_cookie(headers: Mapping[str, str]) -> Actor | None:
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    if cookie is None or not cookie.value.isascii() or len(cookie.value) > 100:
        return None
    return orgs.actor_for_session_key(session_key=cookie.value)


def may_hear(viewer: Viewer, topic: str, rooms: Mapping[str, MaySee]) -> bool:
    """Whether this listener may hear `topic`; a topic that no room speaks for is nobody's."""
    assert isinstance(viewer, Listener)
    kind, _, id = topic.partition(":")
    if kind == "org":
        return id == viewer.org_id
    room = rooms.get(kind)
    try:
        return room is not None and room(viewer.actor, id)
    except RingroundError:
        return False
