"""Who asks: a token in the header, or the session of one of our own pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from ninja.security.base import AuthBase

from ringround.http import ports
from ringround.http.ports import Asker
from ringround.kernel.errors import Conflict, Forbidden, Unauthenticated
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_

ACTING_FOR = "Ringround-Acting-For"
MAX_TOKEN = 200
# What the token of an external system may call.
FOR_SYSTEMS = "/api/v1/external/"
WHO_AM_I = "/api/v1/me"


def identify(request: HttpRequest) -> Asker:
    """The asker, or Unauthenticated. A bad token is never excused by a good session beside it."""
    header = request.headers.get("Authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        token = token.strip()
        asker = None
        # Anything longer is no token of ours, and need not be hashed to know it.
        if scheme.lower() == "bearer" and 0 < len(token) <= MAX_TOKEN and token.isascii():
            asker = ports.get().by_token(token, request.headers.get(ACTING_FOR))
        if asker is None:
            raise Unauthenticated(N_("The token is unknown, expired or revoked."), code="bad_token")
        if asker.user_id is None and request.path != WHO_AM_I and not request.path.startswith(FOR_SYSTEMS):
            # An external system has no role that permissions could be asked of: it gets what is made for it alone.
            raise Forbidden(detail=N_("The token of an external system opens only what is made for one."))
        return asker
    asker = ports.get().by_session(request)
    if asker is None:
        raise Unauthenticated(N_("Send a token: Authorization: Bearer …"))
    _check_csrf(request)
    # A session's organisation is the one chosen on the screen: what is meant for another must not happen there.
    meant = request.headers.get(ACTING_FOR)
    if meant is not None and parse_id(meant) != asker.org_id:
        raise Conflict("acting_ended", N_("The session acts for another organisation. Nothing was done."))
    return asker


def _check_csrf(request: HttpRequest) -> None:
    """A session cookie comes along with a request that another site has made the browser send; a token does not."""
    check = CsrfViewMiddleware(_nothing)
    request.csrf_processing_done = False  # type: ignore[attr-defined]
    check.process_request(request)
    if check.process_view(request, _nothing, (), {}) is not None:
        raise Forbidden(detail=N_("The header X-CSRFToken is missing or wrong."), code="csrf")


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class _Known(AuthBase):
    """For the document only: the frame has identified the asker before ninja asks."""

    def __call__(self, request: HttpRequest) -> object | None:
        return getattr(request, "actor", None)


class Bearer(_Known):
    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "A token made under Settings → Tokens or with `ringround token`."


class Session(_Known):
    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = "sessionid"
    openapi_description = "Our own pages; every write also needs the header X-CSRFToken."


# ninja names a scheme after its class; the document's names are part of the API.
Bearer.__name__, Session.__name__ = "bearer", "session"
