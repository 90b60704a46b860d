"""How messages leave, and what the organisation asks of them."""

from __future__ import annotations

from datetime import time
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.infra import clock
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.messaging import actions, queries
from ringround.messaging.forms import PLAIN, RulesForm, TransportForm, initial_of
from ringround.messaging.models import Transport
from ringround.messaging.texts import CHANNELS, KINDS, fault_text
from ringround.messaging.transports import DRAWERS
from ringround.orgs.permissions import allows, require
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx

CHANGE = "messaging.transports.change"


@require_safe
@requires("messaging.transports.read")
def transport_list(request: ActorRequest) -> HttpResponse:
    """In the order in which they are used."""
    rows = queries.transport_list(actor=request.actor)
    context = {
        "rows": [(one, CHANNELS[one.channel], KINDS[one.kind], _state(one)) for one in rows],
        "kinds": [(kind, KINDS[kind]) for kind in DRAWERS],
        "may_change": allows(request.actor, CHANGE),
        "crumbs": _crumbs(request)[:-1],
    }
    return htmx.render_fragment(request, "messaging/transports.html", context)


def _state(one: Transport) -> tuple[str, Any, str]:
    """Tone and words, and what was wrong at the latest try."""
    if not one.active:
        return "neutral", _("Not in use"), ""
    if one.fault and one.failures:
        return ("danger" if one.rests_until > clock.real_now() else "warning"), _("Failing"), fault_text(one.fault)
    return "success", _("In use"), ""


def _crumbs(request: ActorRequest) -> list[tuple[str, str]]:
    return [(_("Messages"), reverse("messaging:list")), (_("Transports"), reverse("messaging:transports"))]


@require_http_methods(["GET", "HEAD", "POST"])
@requires("messaging.transports.change")
def transport_new(request: ActorRequest, kind: str) -> HttpResponse:
    """A new way out of this kind."""
    drawer = DRAWERS.get(kind)
    if drawer is None:
        raise NotFound("transport")
    first = drawer.channels[0]
    form = TransportForm(
        request.POST if request.method == "POST" else None, kind=kind, channel=first, channels=drawer.channels,
        initial={"name": str(KINDS[kind]).partition(" (")[0]},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.transport_create(
                actor=request.actor, kind=kind, channel=form.cleaned_data.get("channel") or first, **form.said()
            )
            return htmx.redirect(request, "messaging:transport", made.id, toast=_("The transport is saved."))
        except (Invalid, Conflict) as wrong:
            form.put(wrong)
    return _page(request, form, None, kind)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("messaging.transports.read")
def transport(request: ActorRequest, transport_id: UUID) -> HttpResponse:
    """One way out."""
    found = queries.transport_get(actor=request.actor, transport_id=transport_id)
    initial = {
        **initial_of(found.settings),
        **{name: getattr(found, name) for name in ("name", "sender", "throttle_per_s", "priority", "active")},
    }
    form = TransportForm(
        request.POST if request.method == "POST" else None, kind=found.kind, channel=found.channel,
        has_secrets=bool(found.secrets), initial=initial,
    )  # fmt: skip
    if request.method == "POST":
        require(request.actor, CHANGE)
        if form.is_valid():
            try:
                actions.transport_change(actor=request.actor, transport_id=transport_id, **form.said())
                return htmx.redirect(request, "messaging:transport", transport_id, toast=_("The transport is saved."))
            except (Invalid, Conflict) as wrong:
                form.put(wrong)
    return _page(request, form, found, found.kind)


@require_POST
@requires("messaging.transports.change")
def transport_check(request: ActorRequest, transport_id: UUID) -> HttpResponse:
    """Ask whether the provider is there."""
    try:
        wrong = actions.transport_check(actor=request.actor, transport_id=transport_id)
    except Conflict as refused:
        return htmx.redirect(request, "messaging:transport", transport_id, toast=refused.detail, tone="warning")
    if wrong:
        words = _("It does not work: %(why)s") % {"why": fault_text(wrong)}
        return htmx.redirect(request, "messaging:transport", transport_id, toast=words, tone="danger")
    return htmx.redirect(request, "messaging:transport", transport_id, toast=_("It answers."))


@require_POST
@requires("messaging.transports.change")
def transport_try(request: ActorRequest, transport_id: UUID) -> HttpResponse:
    """Send a message by it now."""
    try:
        outcome = actions.transport_try(
            actor=request.actor, transport_id=transport_id, to=request.POST.get("to", ""),
            subject=_("A test from Ringround"), text=_("This is a test from Ringround."),
        )  # fmt: skip
    except Invalid as wrong:
        return htmx.redirect(
            request, "messaging:transport", transport_id, toast=str(wrong.errors[0].detail), tone="warning"
        )
    except Conflict as refused:
        return htmx.redirect(request, "messaging:transport", transport_id, toast=refused.detail, tone="warning")
    if outcome.kind == "sent":
        return htmx.redirect(request, "messaging:transport", transport_id, toast=_("The provider has taken it."))
    why = fault_text(f"{outcome.reason} {outcome.detail}".strip())
    words = _("It does not work: %(why)s") % {"why": why}
    return htmx.redirect(request, "messaging:transport", transport_id, toast=words, tone="danger")


def _page(request: ActorRequest, form: TransportForm, found: Transport | None, kind: str) -> HttpResponse:
    tells = kind not in ("sandbox", "smpp")
    context = {
        "form": form,
        "transport": found,
        "kind": KINDS[kind],
        "state": _state(found) if found is not None else None,
        "channel": found.channel if found is not None else "",
        "receipts_url": queries.transport_json(found, actor=request.actor)["receipts_url"]
        if found is not None and tells and allows(request.actor, CHANGE)
        else "",
        "may_change": allows(request.actor, CHANGE),
        "crumbs": _crumbs(request),
    }
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "messaging/transport.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("messaging.settings.read")
def rules(request: ActorRequest) -> HttpResponse:
    """Quiet hours, caps, and what is told of mails."""
    row = queries.message_settings(actor=request.actor)
    first = {one["channel"]: one for one in reversed(row.caps)}
    initial: dict[str, Any] = {name: getattr(row, name) for name in PLAIN}
    for channel, cap in first.items():
        initial |= {f"{channel}_most": cap["most"], f"{channel}_days": cap["days"]}
    if row.quiet:
        initial |= {f"quiet_{name}": time.fromisoformat(row.quiet[name]) for name in ("from", "to")}
    form = RulesForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST":
        require(request.actor, "messaging.settings.change")
        if form.is_valid():
            said = form.said()
            # Further caps of a channel, which only the API makes, stay.
            said["caps"] += [one for one in row.caps if one is not first[one["channel"]]]
            try:
                actions.message_settings_change(actor=request.actor, **said)
                return htmx.redirect(request, "messaging:settings", toast=_("Saved."))
            except Invalid as wrong:
                form.put(wrong)
    context = {
        "form": form,
        "more": [one for one in row.caps if one is not first[one["channel"]]],
        "may_change": allows(request.actor, "messaging.settings.change"),
        "crumbs": _crumbs(request)[:-1],
    }
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "messaging/settings.html", context, status=status)
