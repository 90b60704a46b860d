"""What happens to every request before anybody looks at it: the proxy in front, the short way of a token's calls, and
what no database can store."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


class ProxyMiddleware:
    """Takes the caller's address and scheme from a trusted proxy, and from nobody else.

    Rate limits, lock-outs and the list of sessions go by the address, so a caller must not be able to choose it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        if not any(name in meta for name in _FORWARDED) and "%" not in meta.get("REMOTE_ADDR", ""):
            return self.get_response(request)
        if _trusted(meta.get("REMOTE_ADDR", "")):
            hops = [hop.strip() for hop in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
            # From the right: each trusted proxy has added whom it saw; the first untrusted one is the caller. What
            # stands left of it the caller may have written.
            for hop in reversed(hops):
                if _address(hop) is None:
                    break
                meta["REMOTE_ADDR"] = hop
                if not _trusted(hop):
                    break
            if meta.get("HTTP_X_FORWARDED_PROTO", "").split(",")[-1].strip().lower() == "https":
                meta["wsgi.url_scheme"] = "https"
        # The interface in `fe80::1%eth0` is this machine's own affair, and no column for addresses takes it.
        meta["REMOTE_ADDR"] = meta.get("REMOTE_ADDR", "").partition("%")[0]
        for name in _FORWARDED:
            meta.pop(name, None)
        return self.get_response(request)


class TokenCallsMiddleware:
    """A call of the API with a token, or with neither token nor cookie, takes the short way: past sessions, forms,
    messages and all else of pages.

    The API's frame (`http.api_root`) sees to who asks, to every refusal and to every exception. What the long way has
    for such a call is done here: the host is looked at, the reader's language is on, the answer says so and how long it
    is.
    A token that comes along with a session's cookie counts alone, its language included.
    """

    ROOT = "/api/v1/"
    MOST = 1_000
    # Addresses with a name in them that the same program calls again and again.
    OFTEN = "/webhook"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        # Addresses without an id in them: Django tries each of the hundreds before it every time.
        self._known: dict[str, ResolverMatch] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        # Without a cookie there is no session to ask: so do those who are asked for a token, and providers' webhooks.
        by_session = "HTTP_AUTHORIZATION" not in meta and "HTTP_COOKIE" in meta
        if by_session or not request.path_info.startswith(self.ROOT):
            return self.get_response(request)
        found = self._resolve(request.path_info)
        if found is None:
            return self.get_response(request)
        request.get_host()  # raises for a host that is not ours
        language = translation.get_language_from_request(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language
        timezone.deactivate()
        request.actor = None  # type: ignore[attr-defined]
        request.resolver_match = found
        response: HttpResponse = found.func(request, *found.args, **found.kwargs)
        headers = response.headers
        if not response.streaming and "Content-Length" not in headers:
            headers["Content-Length"] = str(len(response.content))
        headers.setdefault("Content-Language", language)
        headers.setdefault("X-Frame-Options", "DENY")
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response

    def _resolve(self, path: str) -> ResolverMatch | None:
        found = self._known.get(path)
        if found is None:
            try:
                found = resolve(path)
            except Resolver404:
                return None
            if found.namespaces != ["api"]:
                return None
            often = not found.kwargs or path.endswith(self.OFTEN)
            if often and found.url_name != "nothing" and len(self._known) < self.MOST:
                self._known[path] = found
        return found


class RefuseNulMiddleware:
    """400 for a page asked for with a nul in its address.

    No browser sends one, and PostgreSQL stores none: refused once here instead of by each view that filters by a text.
    The API says the same as a problem with the parameter's name, so its addresses pass.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") and not request.path.startswith("/api/"):
            raise BadRequest("a nul in the address")
        return self.get_response(request)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _trusted(text: str) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in settings.RINGROUND.trusted_proxy)
