"""What happens around every request: language and zone, security headers, refusals as pages or toasts.

Order in settings: `SecurityHeadersMiddleware` first; after authentication `PreferencesMiddleware`; last
`KeptMiddleware` and `ErrorsMiddleware`.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render, resolve_url
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from ringround.kernel.errors import Invalid, RingroundError, TooMany, Unauthenticated
from ringround.ui import htmx

Handler = Callable[[HttpRequest], HttpResponse]

# No inline script or style anywhere, nothing from elsewhere. `data:` pictures are the arrows and ticks
# in the stylesheet and the QR code of a second factor.
CSP: Mapping[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'", "data:"),
    "font-src": ("'self'",),
    "connect-src": ("'self'",),
    "media-src": ("'self'",),
    "manifest-src": ("'self'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
    "base-uri": ("'none'",),
}
# The softphone will ask for the microphone; nothing here asks for the rest.
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(self), payment=(), usb=()"


def allow_csp(response: HttpResponse, directive: str, *sources: str) -> HttpResponse:
    """Widen the policy of this one answer: `allow_csp(response, "frame-src", "https://crm.example.org")`."""
    wider: dict[str, tuple[str, ...]] = getattr(response, "csp_wider", {})
    wider[directive] = (*wider.get(directive, ()), *sources)
    response.csp_wider = wider  # type: ignore[attr-defined]
    return response


def _policy(wider: Mapping[str, tuple[str, ...]]) -> str:
    if not wider:
        return _PLAIN
    merged = dict(CSP)
    for directive, sources in wider.items():
        known = tuple(source for source in merged.get(directive, ()) if source != "'none'")
        merged[directive] = (*known, *sources)
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in merged.items())


_PLAIN = "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in CSP.items())


class SecurityHeadersMiddleware:
    """Content-Security-Policy, Permissions-Policy, and no copies of signed-in pages in any cache."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _policy(getattr(response, "csp_wider", {})))
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if response.get("Content-Type", "").startswith("text/html"):
            # Personal data on a shared computer: after signing out, "back" must not show it again.
            response.headers.setdefault("Cache-Control", "no-store")
        return response


@lru_cache(maxsize=64)
def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None


class PreferencesMiddleware:
    """The user's own language and zone; for strangers the browser's choice, then what it accepts."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None)
        known = user is not None and user.is_authenticated
        language = getattr(user, "language", "") if known else ""
        if language not in dict(settings.LANGUAGES):
            language = translation.get_language_from_request(request)
        zone = _zone(getattr(user, "timezone", "") or "") if known else None
        translation.activate(language)
        request.LANGUAGE_CODE = language
        if zone is not None:
            timezone.activate(zone)
        else:
            timezone.deactivate()
        try:
            response = self.get_response(request)
        finally:
            timezone.deactivate()
        # The language stays active until here: lazily translated text is drawn with the response.
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


TITLES = {
    400: lambda: _("That request was not understood"),
    403: lambda: _("You may not do this"),
    404: lambda: _("Not found"),
    409: lambda: _("That is not possible right now"),
    413: lambda: _("That is too large"),
    422: lambda: _("Something in it is not right"),
    429: lambda: _("Too many tries"),
}


def _words(error: RingroundError) -> str:
    """What went wrong, in the reader's language; nothing where the error has only a code."""
    detail = str(error)
    if isinstance(error, Invalid):
        detail = " ".join(dict.fromkeys(str(fault.detail) for fault in error.errors)) or detail
    return detail if detail != error.code else ""


class ErrorsMiddleware:
    """`kernel.errors` and sign-in redirects become what the asker can use: a page, a toast, or 401."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.headers.get("HX-Request") == "true" and isinstance(response, HttpResponseRedirect):
            # htmx would follow this and put the sign-in page where a table was. The page says so instead,
            # and what was typed stays.
            target = urlsplit(response["Location"]).path
            if target == urlsplit(resolve_url(settings.LOGIN_URL)).path:
                return HttpResponse(status=401)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Only refusals made on purpose; anything else is a bug and goes its way to 500."""
        if not isinstance(exception, RingroundError):
            return None
        if isinstance(exception, Unauthenticated):
            if request.headers.get("HX-Request") == "true":
                return HttpResponse(status=401)
            login = resolve_url(settings.LOGIN_URL)
            return HttpResponseRedirect(f"{login}?next={quote(request.get_full_path())}")
        title = TITLES.get(exception.status, TITLES[400])()
        words = _words(exception)
        if request.headers.get("HX-Request") == "true":
            response = htmx.toast(HttpResponse(status=exception.status), words or title, "danger")
            # 422 is otherwise swapped in, since that is how a form with faults comes back.
            response["HX-Reswap"] = "none"
        else:
            response = render(
                request,
                "ui/error.html",
                {"status": exception.status, "title": title, "detail": words, "code": exception.code},
                status=exception.status,
            )
        if isinstance(exception, TooMany):
            response["Retry-After"] = str(exception.retry_after_s)
        return response


class KeptMiddleware:
    """Tells the browser that a kept draft was saved: only the server knows that a POST went well.

    The form carries the draft's key; a redirect after it means saved, a page again means faults. One that leads to a
    page to sign in at, and from there back, means that nothing was done.
    """

    COOKIE = "rr_kept"
    FIELD = "_keep"

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and response.status_code in (302, 303) and self._is_form(request):
            posted: QueryDict = request.POST
            key = posted.get(self.FIELD, "")
            if key and len(key) <= 200 and not self._comes_back(response["Location"]):
                response.set_cookie(
                    self.COOKIE, quote(key, safe=""), max_age=300, samesite="Lax", secure=request.is_secure()
                )
        return response

    @staticmethod
    def _comes_back(location: str) -> bool:
        found = urlsplit(location)
        return REDIRECT_FIELD_NAME in QueryDict(found.query) or found.path == resolve_url(settings.LOGIN_URL)

    @staticmethod
    def _is_form(request: HttpRequest) -> bool:
        # Reading POST of another kind of body would read it a second time.
        return request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data")
