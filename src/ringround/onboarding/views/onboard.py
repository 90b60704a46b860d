"""`/onboard`: a session's form for a signed-in agent, opened from a dialer, a CRM or an address that somebody was sent.

What is personal in such an address travels no further in it than it must: a national id is taken out at once, and what
a stranger brings along waits sealed while they sign in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from ringround.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound, TooLarge
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.onboarding import actions, sealing
from ringround.onboarding.queries import entry as entries
from ringround.onboarding.queries.entry import Lacking, Opened
from ringround.onboarding.rules.entry import Entry, read, without_national_id
from ringround.orgs.actor import Actor
from ringround.orgs.web import ActorRequest, current, requires
from ringround.ui import htmx

COOKIE = "rr_onboard"
# Signing in may take a while; nobody else can open what waits.
SIGN_IN_TTL_S = 3600
TOKEN = "t"  # noqa: S105 - the name of a parameter


@csrf_exempt  # Another system's page posts here; nothing is written by it, and its answer is an address of ours.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def onboard(request: HttpRequest) -> HttpResponse:
    """Parameters in the address, in a posted form, or sealed in a token of ours."""
    if request.method == "POST":
        return _sealed_away(request, _pairs(request.POST.lists()))
    stripped = without_national_id(request.get_full_path())
    if stripped.address != request.get_full_path():
        return _without_id(request, stripped.address, stripped.national_id)
    if current(request) is None and TOKEN not in request.GET and request.GET:
        # What is personal in it stands in no other address: neither in the one to sign in at nor behind it.
        return _sealed_away(request, _pairs(request.GET.lists()))
    response: HttpResponse = _opened(request)
    return _private(response)


onboard.permission = "onboarding.sessions.submit"  # type: ignore[attr-defined]


@requires("onboarding.sessions.submit")
def _opened(request: ActorRequest) -> HttpResponse:
    entry = _entry(request)
    if entry is None:
        context = {"missing": (), "notes": (), "stale": True}
        return htmx.render_fragment(request, "onboarding/entry/missing.html", context, status=410)
    entry = entries.entry_with_lead(actor=request.actor, entry=entry)
    opened = entries.entry_open(actor=request.actor, entry=entry)
    if isinstance(opened, Lacking):
        context = {"missing": opened.missing, "notes": opened.notes}
        return htmx.render_fragment(request, "onboarding/entry/missing.html", context, status=422)
    return htmx.render_fragment(request, "onboarding/entry/page.html", form_context(opened))


@never_cache
@require_POST
@requires("onboarding.sessions.submit")
def submit(request: ActorRequest) -> HttpResponse:
    """The form, filled in. Sent twice it is one session."""
    opened = posted(request.actor, request)
    session = submitted(request.actor, opened) if opened.form.is_valid() else None
    if session is None:
        template = "onboarding/entry/_body.html" if htmx.is_fragment(request) else "onboarding/entry/page.html"
        return htmx.render_fragment(request, template, form_context(opened), status=422)
    response = htmx.redirect(request, "onboarding:session", session.id)
    response.delete_cookie(COOKIE, path=reverse("onboarding:onboard"))
    return response


def posted(actor: Actor, request: HttpRequest, *, form_id: str = "") -> Opened:
    """The form that was sent, by the entry it was drawn from; Conflict where that is not ours."""
    token = request.POST.get("entry", "")
    entry = sealing.entry_unseal(token, purpose=sealing.FORM, of=str(actor.user_id))
    if entry is None:
        raise Conflict("form_not_yours", N_("This form was not opened by you. Open it again from where it came."))
    found = entries.entry_open(
        actor=actor,
        entry=entry,
        data=request.POST,
        form_id=form_id,
        form_key=parse_id(request.POST.get("form_key", "")),
    )
    if isinstance(found, Lacking):
        raise Conflict("form_not_yours", N_("This form was not opened by you. Open it again from where it came."))
    return found


def submitted(actor: Actor, opened: Opened) -> Any:
    """The session; None where it was refused, with the faults on the form."""
    try:
        return actions.session_submit(actor=actor, ask=entries.ask_of(opened))
    except (Invalid, Conflict) as refused:
        opened.form.put(refused)
    except Forbidden as refused:
        opened.form.add_error(None, str(refused.detail))
    except NotFound:
        # Since it was opened; what was typed stays.
        opened.form.add_error(None, str(entries.GONE))
    return None


def form_context(opened: Opened) -> dict[str, Any]:
    return entries.form_context(opened, promise_url=reverse("onboarding:promise"))


@never_cache
@require_POST
@requires("onboarding.sessions.submit")
def promise(request: ActorRequest) -> HttpResponse:
    """When the first payment is taken, by what is chosen in the form so far."""
    opened = posted(request.actor, request)
    opened.form.is_valid()
    context = {"promise": entries.promise_of(opened)}
    return htmx.render_fragment(request, "onboarding/entry/_promise.html", context)


# --- the address ------------------------------------------------------------------------------


def _pairs(lists: Iterable[tuple[str, list[Any]]]) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, values in lists for value in values if name != TOKEN]


def _region(request: HttpRequest) -> str:
    actor = current(request)
    return actor.organisation.region if actor is not None else "DK"


def _sealed_away(request: HttpRequest, pairs: list[tuple[str, str]]) -> HttpResponse:
    """On to the same with all of it sealed; a stranger signs in first."""
    entry = read(pairs, region=_region(request))
    known = current(request) is not None
    token = sealing.seal(
        sealing.LINK, {"entry": entry.to_json(), "notes": [_told(note) for note in entry.notes]},
        ttl_s=sealing.LINK_TTL_S if known else SIGN_IN_TTL_S,
    )  # fmt: skip
    if len(token) > sealing.LONGEST:
        raise TooLarge(N_("The form says more than an address can carry. Send fewer or shorter values."))
    here = f"{reverse('onboarding:onboard')}?{urlencode({TOKEN: token})}"
    if known:
        response = HttpResponse(status=303)
        response["Location"] = here
        return _private(response)
    return _private(HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': here})}"))


def _told(note: Fault) -> list[str]:
    return [str(note.loc[0]) if note.loc else "", note.code, str(note.detail)]


def _without_id(request: HttpRequest, address: str, national_id: str) -> HttpResponse:
    """Away from an address with a national id in it, at once and before anything else. What it was goes along in a
    sealed cookie that lives for minutes and fits this one entry."""
    response = HttpResponse(status=303)
    response["Location"] = address
    entry = read(parse_qsl(address.partition("?")[2]), region=None)
    if national_id:
        token = sealing.seal(
            sealing.NATIONAL_ID, {"of": _whose(entry), "value": national_id}, ttl_s=sealing.NATIONAL_ID_TTL_S
        )
        response.set_cookie(
            COOKIE, token, max_age=sealing.NATIONAL_ID_TTL_S, path=reverse("onboarding:onboard"), httponly=True,
            samesite="Lax", secure=request.is_secure(),
        )  # fmt: skip
    return _private(response)


def _whose(entry: Entry) -> list[str]:
    return [entry.campaign, entry.external_lead_id, entry.subscription]


def _entry(request: ActorRequest) -> Entry | None:
    token = request.GET.get(TOKEN, "")
    if token:
        found = entries.entry_of_token(token)
        if found is None:
            return None
        entry = found
    else:
        entry = read(_pairs(request.GET.lists()), region=request.actor.organisation.region)
    kept = sealing.unseal(sealing.NATIONAL_ID, request.COOKIES.get(COOKIE, ""))
    if kept is not None and kept["of"] == _whose(entry) and not entry.national_id:
        entry = replace(entry, national_id=kept["value"])
    return entry


def _private(response: HttpResponse) -> HttpResponse:
    """Whoever is linked to from here learns nothing of this address."""
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response
