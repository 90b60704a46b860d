"""Everything that can go wrong, as `application/problem+json` (RFC 9457). No input makes a 500."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from ninja.errors import HttpError

from ringround.http.codes import CODES
from ringround.http.render import dumps
from ringround.kernel.errors import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    RingroundError,
    TooLarge,
    TooMany,
    Unauthenticated,
)
from ringround.kernel.messages import N_

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
TYPE = "/api/v1/docs/errors#{}"
SOURCES = frozenset({"body", "query", "path", "header"})

AGAIN = N_("Try again in a moment.")

TITLES: dict[int, object] = {
    400: N_("That request was not understood"),
    401: N_("Nobody is signed in"),
    403: N_("This is not allowed"),
    404: N_("There is nothing here"),
    405: N_("Not with this method"),
    409: N_("That is not possible right now"),
    411: N_("The length is missing"),
    413: N_("That is too large"),
    415: N_("This format is not read here"),
    422: N_("Something in it is not right"),
    429: N_("Too many requests"),
    500: N_("Something went wrong on the server"),
    503: N_("The server is busy"),
}


class MethodNotAllowed(RingroundError):
    status = 405
    code = "method_not_allowed"


class Malformed(RingroundError):
    status = 400
    code = "malformed_request"


class LengthRequired(RingroundError):
    status = 411
    code = "length_required"


class Busy(RingroundError):
    """The database asks to try again: a deadlock it has broken, a statement that it has stopped."""

    status = 503
    code = "busy"


class Bug(RingroundError):
    """What nobody foresaw; logged with the request's id."""

    status = 500
    code = "internal_error"


def problem(request: HttpRequest, error: RingroundError) -> HttpResponse:
    """The answer that says `error`."""
    body: dict[str, Any] = {
        # A link where there is something to read; RFC 9457 says about:blank where the status says it all.
        "type": TYPE.format(error.code) if error.code in CODES else "about:blank",
        "title": str(TITLES.get(error.status, TITLES[400])),
        "status": error.status,
        "detail": str(error) if str(error) != error.code else "",
        "code": error.code,
    }
    if isinstance(error, Invalid | Conflict):
        body["errors"] = [_fault(fault, request) for fault in error.errors]
    else:
        body["errors"] = []
    if isinstance(error, Conflict):
        body["allowed"] = list(error.allowed)
    if isinstance(error, Forbidden) and error.permission:
        body["permission"] = error.permission
    if isinstance(error, TooLarge) and error.limit is not None:
        body["limit"] = error.limit
    response = HttpResponse(dumps(body), status=error.status, content_type=CONTENT_TYPE)
    if isinstance(error, Unauthenticated):
        fault = ' error="invalid_token"' if error.code == "bad_token" else ""
        response["WWW-Authenticate"] = f'Bearer realm="ringround"{"," if fault else ""}{fault}'
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, Busy):
        response["Retry-After"] = "1"
        # `refusal` has told why; Django would say again that there was something.
        response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _fault(fault: Fault, request: HttpRequest) -> dict[str, Any]:
    loc = list(fault.loc)
    # An action does not know where its argument came from.
    if not loc or loc[0] not in SOURCES:
        loc.insert(0, "query" if request.method in ("GET", "HEAD") else "body")
    return {**fault.extra, "loc": loc, "code": fault.code, "detail": str(fault.detail)}


def refusal(error: Exception) -> RingroundError:
    """The refusal that an exception means; what is none of these is a Bug, and logged."""
    match error:
        case RingroundError():
            return error
        case Http404():
            return NotFound()
        case PermissionDenied():
            return Forbidden()
        case RequestDataTooBig() | TooManyFieldsSent() | TooManyFilesSent():
            return TooLarge()
        case MultiPartParserError():
            return Invalid.one(("body",), "malformed_form", N_("The form cannot be read."))
        case DjangoValidationError() | DataError() | UnicodeError() | OverflowError():
            # A number beyond its column, a nul, a date beyond the calendar: the checks before should have named the
            # field, so it is worth a line in the log, but it is the input that is wrong.
            log.warning("refused by the database or by arithmetic, not by a check", exc_info=error)
            return Invalid.one((), "bad_value", N_("A value in it cannot be used."))
        case IntegrityError():
            # Two requests at once for one thing, past the checks of both; or a check that is missing.
            log.warning("a constraint refused what no check did", exc_info=error)
            return Conflict("conflict", N_("Something else has changed this at the same moment. Try again."))
        case OperationalError() if _passing(error):
            log.warning("the database stopped a statement", exc_info=error)
            return Busy(AGAIN)
        case UnreadablePostError() | BadRequest() | SuspiciousOperation():
            return Malformed(N_("The request cannot be read."))
        case HttpError():
            return Malformed(N_("The request cannot be read."))
    log.error("the API failed", exc_info=error)
    return Bug(N_("This is a fault of ours and has been logged."))


def _passing(error: OperationalError) -> bool:
    """Serialization, deadlock, lock timeout, statement timeout, too many connections, shutting down."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state[:2] in {"40", "53", "55", "57", "08"}
