"""Choices that belong to the browser or the user's profile rather than to any room."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ringround.ui import ports
from ringround.ui.context import THEME_COOKIE, THEMES

YEAR_S = 365 * 24 * 3600


def _back(request: HttpRequest) -> HttpResponse:
    # Only within this site: the address comes from the form.
    to = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(to, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        to = "/"
    response = HttpResponseRedirect(to)
    response.status_code = 303
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark or as the machine; kept in this browser, since it is the room's light that decides."""
    response = _back(request)
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(
            THEME_COOKIE, chosen, max_age=YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return response


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The language: kept in the browser, and on the user where one is signed in."""
    response = _back(request)
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=YEAR_S,
            samesite="Lax",
            httponly=True,
            secure=request.is_secure(),
        )
        ports.language_chosen(request, chosen)
    return response


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Whether this process answers and reaches its database; says nothing else to strangers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "no_database"}, status=503)
    return JsonResponse({"status": "ok"})
