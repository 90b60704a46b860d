"""Who is looking: answered by a room above, put in by the wiring. Until then nobody is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Identity:
    """The signed-in user as the frame of a page shows them."""

    user_id: str
    name: str
    email: str
    organisation: str
    # The one in which things are done: a page's writes say so, and none lands in another that was chosen meanwhile.
    organisation_id: str = ""
    # The merchant an agency user works for at this moment, where it is another than their own.
    acting_for: str = ""
    role: str = ""
    # Where one chooses another organisation; empty when there is only one.
    switch_url: str = ""
    # Where one ends acting for another organisation, by a form.
    leave_url: str = ""
    # Region for showing phone numbers: numbers of this country need no country code.
    region: str = "DK"


_identity: Callable[[HttpRequest], Identity | None] = lambda request: None  # noqa: E731
_allowed: Callable[[HttpRequest, str], bool] = lambda request, permission: False  # noqa: E731
_language_chosen: Callable[[HttpRequest, str], None] = lambda request, language: None  # noqa: E731


def connect(
    *,
    identity: Callable[[HttpRequest], Identity | None] | None = None,
    allowed: Callable[[HttpRequest, str], bool] | None = None,
    language_chosen: Callable[[HttpRequest, str], None] | None = None,
) -> None:
    """Called once by the wiring."""
    global _identity, _allowed, _language_chosen
    if identity is not None:
        _identity = identity
    if allowed is not None:
        _allowed = allowed
    if language_chosen is not None:
        _language_chosen = language_chosen


def identity(request: HttpRequest) -> Identity | None:
    """The user on the frame, or None when nobody is signed in. Asked once per request."""
    # In the request's own dict: a strict type checker knows no attributes of ours on it.
    kept = request.__dict__
    if "_rr_identity" not in kept:
        kept["_rr_identity"] = _identity(request)
    known: Identity | None = kept["_rr_identity"]
    return known


def allowed(request: HttpRequest, permission: str) -> bool:
    """Whether the request's user has this permission."""
    return _allowed(request, permission)


def language_chosen(request: HttpRequest, language: str) -> None:
    """Keep the language with whoever is signed in; nothing for a stranger."""
    _language_chosen(request, language)
