"""The donor's own pages, behind the link that they were sent: `/a/<token>`.

For strangers on their own telephone: the address is the proof, and nothing else is asked of them. No script, no cookie
but the one that tells the browser that went on from any other, nothing from elsewhere, and nothing kept in between.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import wraps
from typing import Any

from allauth.core.exceptions import RateLimited
from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound, NotNow, TooMany
from ringround.onboarding import actions, texts
from ringround.onboarding.actions.sessions import DonorPage
from ringround.onboarding.views.donor.asked import typed, way
from ringround.onboarding.views.donor.words import agreed, intro, stands
from ringround.ui import assets
from ringround.ui.middleware import allow_csp

COOKIE = "rr_link"
# As long as a donor may take at their bank.
COOKIE_S = 90 * 86_400
LANGUAGES = (("da", "Dansk"), ("en", "English"))
# So often a page on which something is to come looks again.
LOOK_S = 5
# One telephone asks once every five seconds; a stand in the street is behind one address.
_RATES = {"approval_link": "240/m/ip", "approval_guess": "20/m/ip"}

MARK_BYTES = 24
_MARK = re.compile(r"[A-Za-z0-9_-]{32}")

View = Callable[[HttpRequest, str], HttpResponse]


def for_donors(view: View) -> View:
    """Everything that these pages have in common: how often, refusals as pages of their own, and the headers."""

    @csrf_exempt  # Whoever knows the address may do all that it can; nobody else knows it.
    @sensitive_post_parameters()
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def guarded(request: HttpRequest, token: str) -> HttpResponse:
        try:
            _count(request, "approval_link")
            response = view(request, token)
        except NotFound:
            response = _unknown(request)
        except TooMany:
            response = _state(request, _("Too many tries"), _("Wait a minute, and open the link again."), 429)
            response["Retry-After"] = "60"
        except NotNow as refused:
            response = _state(request, _("That did not work"), str(refused.detail), 409)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return guarded


def _unknown(request: HttpRequest) -> HttpResponse:
    """The same answer to a link that never was, and to one that was guessed; who guesses on is stopped."""
    try:
        _count(request, "approval_guess")
    except TooMany:
        response = _state(request, _("Too many tries"), _("Wait a minute, and open the link again."), 429)
        response["Retry-After"] = "60"
        return response
    words = _("Look whether the whole link was copied, or ask for a new one where you were called from.")
    return _state(request, _("There is nothing at this link"), words, 404)


def _count(request: HttpRequest, what: str) -> None:
    try:
        ratelimit.consume(
            request, app="allauth.account", action=what, config=_RATES, limit_get=True, raise_exception=True
        )
    except RateLimited:
        raise TooMany(60) from None


def _language(request: HttpRequest, usual: str = "") -> str:
    """What was chosen on the page, then what the session is in, then what the browser reads."""
    asked = request.GET.get("lang", "")
    known = [code for code, _name in LANGUAGES]
    if asked in known:
        return asked
    if usual in known:
        return usual
    found = translation.get_language_from_request(request)[:2]
    return found if found in known else known[0]


def _draw(
    request: HttpRequest, template: str, context: dict[str, Any], language: str, status: int = 200
) -> HttpResponse:
    with translation.override(language):
        # Without the request: nothing of a user who may be signed in here gets onto the page.
        page = render_to_string(template, {"languages": LANGUAGES, **context})
    response = HttpResponse(page, status=status)
    response["Content-Language"] = language
    # Within the page: on a slow line each file more is as long again until anything is seen.
    return allow_csp(response, "style-src", assets.style("donor")[1])


def _state(request: HttpRequest, heading: str, text: str, status: int, *, tone: str = "note") -> HttpResponse:
    context = {"heading": heading, "text": text, "tone": tone}
    return _draw(request, "onboarding/donor/state.html", context, translation.get_language(), status)


# --- the pages --------------------------------------------------------------------------------


def _here(token: str, language: str = "", **more: str) -> str:
    query = {**({"lang": language} if language else {}), **more}
    return reverse("onboarding:donor", args=[token]) + (f"?{urlencode(query)}" if query else "")


@for_donors
def donor(request: HttpRequest, token: str) -> HttpResponse:
    """What was agreed, to be looked at and confirmed; and afterwards, what became of it."""
    holder = request.COOKIES.get(COOKIE, "")
    # Whoever only asks whether it is there, as gateways of messages do, is no donor who looks.
    page = actions.link_open(token=token, holder=holder, look=request.method == "HEAD")
    language = _language(request, page.language)
    if request.method == "POST":
        return _confirm(request, token, page, language)
    if page.state == "open":
        return _open(request, token, page, language)
    return _told(request, token, page, language)


def _confirm(request: HttpRequest, token: str, page: DonorPage, language: str) -> HttpResponse:
    """The donor agrees. The browser that does so is the one that goes on, and gets a mark of its own: as the page had
    it, so that who presses twice, or sends the form again because no answer came, is known again."""
    holder = request.COOKIES.get(COOKIE, "") or _mark(request.POST)
    chosen = request.GET.get("lang", "")
    method = request.POST.get("method", "")[:40]
    names = {one.role: one.role for one in page.asked}
    names |= {one.role: f"{method}-{one.role}" for one in page.asked_by.get(method, ())}
    given = {role: request.POST.get(name, "")[:500] for role, name in names.items()}
    accepted = request.POST.get("terms_version", "")[:100] if request.POST.get("terms") == "yes" else ""
    try:
        confirmed = actions.link_confirm(
            token=token, holder=holder, values=given, method=method,
            terms_version=accepted, return_url=settings.RINGROUND.base_url + _here(token, chosen, back="1"),
        )  # fmt: skip
    except Invalid as wrong:
        # What a rail has refused is asked for again.
        page = actions.link_open(token=token, holder=holder)
        return _holding(request, token, holder, _open(request, token, page, language, wrong.errors, request.POST))
    except Conflict as refused:
        if refused.code in ("link_taken", "link_over"):
            return _told(request, token, actions.link_open(token=token, holder=holder), language, status=409)
        with translation.override(language):
            words = str(refused.detail)
        faults = [Fault((), refused.code, words)]
        response = _open(request, token, page, language, faults, request.POST, status=409)
        return _holding(request, token, holder, response)
    response = HttpResponse(status=303)
    # On by a page of ours: a policy that says where forms may go would hold a browser back from anywhere else.
    response["Location"] = _here(token, chosen, **({"go": "1"} if confirmed.redirect_url else {}))
    return _holding(request, token, holder, response)


def _holding(request: HttpRequest, token: str, holder: str, response: HttpResponse) -> HttpResponse:
    """With the browser's mark: the link may be its own already where going on has not succeeded."""
    response.set_cookie(
        COOKIE, holder, max_age=COOKIE_S, path=reverse("onboarding:donor", args=[token]), httponly=True,
        samesite="Lax", secure=request.is_secure(),
    )  # fmt: skip
    return response


def _mark(posted: QueryDict | None) -> str:
    """The mark that the page had, or one for a page that has none yet."""
    given = posted.get("mark", "") if posted is not None else ""
    return given if _MARK.fullmatch(given) else secrets.token_urlsafe(MARK_BYTES)


@for_donors
def donor_decline(request: HttpRequest, token: str) -> HttpResponse:
    """No; asked once more."""
    holder = request.COOKIES.get(COOKIE, "")
    page = actions.link_open(token=token, holder=holder, look=request.method == "HEAD")
    language = _language(request, page.language)
    chosen = request.GET.get("lang", "")
    if page.state not in ("open", "at_gateway"):
        return _told(request, token, page, language)
    if request.method == "POST":
        try:
            page = actions.link_decline(token=token, holder=holder)
        except Conflict as refused:
            if refused.code in ("link_taken", "link_over"):
                return _told(request, token, actions.link_open(token=token, holder=holder), language, status=409)
            with translation.override(language):
                return _state(request, _("That did not work"), str(refused.detail), 409)
        response = HttpResponse(status=303)
        response["Location"] = _here(token, chosen)
        return response
    context = {
        "merchant": page.merchant,
        "changes": page.action != "sign_up",
        "here": f"{reverse('onboarding:donor-decline', args=[token])}{f'?lang={language}' if chosen else ''}",
        "back_url": _here(token, chosen),
    }
    return _draw(request, "onboarding/donor/decline.html", context, language)


def _open(
    request: HttpRequest,
    token: str,
    page: DonorPage,
    language: str,
    faults: Iterable[Fault] = (),
    posted: QueryDict | None = None,
    *,
    status: int = 422,
) -> HttpResponse:
    """The page to confirm; with what was typed and what is wrong with it, where something is."""
    chosen = request.GET.get("lang", "")
    found: dict[str, list[str]] = {}
    with translation.override(language):
        for fault in faults:
            found.setdefault(str(fault.loc[-1]) if fault.loc else "", []).append(str(fault.detail))
        # What a rail has refused is called by its own names.
        fields = [
            replace(
                typed(one.role, one.role, one.required, posted, found.pop(one.role, [])),
                needed=", ".join(str(texts.METHODS[method]) for method in page.needed.get(one.role, ())),
            )
            for one in page.asked
        ]
        picked = posted.get("method", "") if posted is not None else page.method
        methods = [way(page, one, posted, found if one == picked else {}, picked) for one in page.methods]
        asked = fields + [one for each in methods for one in each.fields]
        method_fault = " ".join(found.pop("payment_method", []))
        terms_fault = " ".join(found.pop("terms", []))
        told = [{"id": one.id, "text": f"{one.label}: {' '.join(one.faults)}"} for one in asked if one.faults]
        if method_fault:
            told.append({"id": "method", "text": method_fault})
        if terms_fault:
            told.append({"id": "terms", "text": terms_fault})
        told += [{"id": "", "text": words} for rest in found.values() for words in rest]
        context = {
            "merchant": page.merchant,
            "heading": _("Is this right?"),
            "intro": intro(page),
            "agreed": agreed(page),
            "faults": told,
            "fields": fields,
            "methods": methods if len(methods) > 1 else [],
            "method_fault": method_fault,
            "terms": {
                "text": page.terms.text, "version": page.terms.version, "fault": terms_fault,
                "accepted": posted is not None and posted.get("terms") == "yes",
            } if page.terms is not None else None,
            "next_step": _("You are taken to the payment provider, and can still say no there."),
            "yes": _("Yes, go on"),
            "mark": _mark(posted),
            "works_until": date_format(page.expires_at, "DATETIME_FORMAT") if page.expires_at else "",
            "here": _here(token, chosen),
            "decline_url": reverse("onboarding:donor-decline", args=[token])
            + (f"?{urlencode({'lang': chosen})}" if chosen else ""),
        }  # fmt: skip
    return _draw(request, "onboarding/donor/confirm.html", context, language, status if posted is not None else 200)


def _told(request: HttpRequest, token: str, page: DonorPage, language: str, *, status: int = 200) -> HttpResponse:
    """What happened, or is happening. While something is to come the page looks again by itself."""
    chosen = request.GET.get("lang", "")
    with translation.override(language):
        tone, heading, text = stands(page)
        context: dict[str, Any] = {
            "merchant": page.merchant,
            "heading": heading,
            "text": text,
            "tone": tone,
            "agreed": agreed(page) if page.name and page.state in ("done", "at_gateway") else None,
        }
        if page.state == "at_gateway":
            waits = "back" in request.GET or not page.redirect_url
            context["again_s"] = LOOK_S
            if page.redirect_url and "go" in request.GET:
                context |= {
                    # At once: what moves on by itself later is taken away from who still reads it.
                    "again_s": None, "go_to": page.redirect_url,
                    "heading": _("You are taken to the payment"), "text": _("If nothing happens, use the button."),
                }  # fmt: skip
            elif page.redirect_url and not waits:
                # Opened again from the message: the way on, and no hurry.
                context |= {"again_s": None, "heading": _("The payment is not finished")}
                context["text"] = _("You have begun. Go on where you were, or say no.")
            context["go_url"] = page.redirect_url
            context["again_url"] = _here(token, chosen, back="1") if waits else ""
            context["decline_url"] = reverse("onboarding:donor-decline", args=[token]) if not waits else ""
    return _draw(request, "onboarding/donor/state.html", context, language, status)
