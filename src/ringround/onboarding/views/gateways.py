"""The merchant's accounts with payment providers, and what it asks of its own sessions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.infra import clock
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.onboarding.actions.gateways import gateway_change, gateway_create
from ringround.onboarding.actions.gateways import gateway_check as check_now
from ringround.onboarding.actions.gateways import gateway_rotate as rotate_now
from ringround.onboarding.actions.settings import onboarding_settings_change
from ringround.onboarding.forms.gateways import GatewayForm
from ringround.onboarding.forms.lists import SettingsForm
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import Registers
from ringround.onboarding.models import GatewayAccount
from ringround.onboarding.queries import gateways as queries
from ringround.onboarding.queries.settings import onboarding_settings
from ringround.onboarding.texts import KINDS, METHODS
from ringround.orgs.permissions import allows, require
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx

CHANGE = "onboarding.gateways.change"


@require_safe
@requires("onboarding.gateways.read")
def gateway_list(request: ActorRequest) -> HttpResponse:
    """In the order in which they are used."""
    rows = queries.gateway_list(actor=request.actor)
    context = {
        "rows": [
            (one, KINDS.get(one.kind, one.kind), [METHODS.get(method, method) for method in one.methods], _state(one))
            for one in rows
        ],
        "kinds": [(kind, KINDS.get(kind, kind)) for kind in DRAWERS],
        "may_change": _may_change(request),
    }
    return htmx.render_fragment(request, "onboarding/gateways.html", context)


def _may_change(request: ActorRequest) -> bool:
    return allows(request.actor, CHANGE) and request.actor.organisation.kind == "merchant"


def _state(one: GatewayAccount) -> tuple[str, Any, str]:
    """Tone and words, and what was wrong at the latest try."""
    if not one.active:
        return "neutral", _("Not in use"), ""
    if one.fault:
        return ("danger" if one.rests_until > clock.real_now() else "warning"), _("Failing"), one.fault
    return "success", _("In use"), ""


def _crumbs() -> list[tuple[object, str]]:
    return [(_("Payment gateways"), reverse("onboarding:gateways"))]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(CHANGE)
def gateway_new(request: ActorRequest, kind: str) -> HttpResponse:
    """A new account of this kind."""
    if kind not in DRAWERS:
        raise NotFound("gateway")
    posted = request.POST if request.method == "POST" else None
    first = {"name": str(KINDS.get(kind, kind)).partition(" (")[0]}
    form = GatewayForm(posted, kind=kind, fresh=True, initial=first)
    if posted is not None and form.is_valid():
        said = form.cleaned_data
        try:
            made = gateway_create(
                actor=request.actor, name=said["name"], kind=kind, slug=said["slug"] or None,
                settings=form.settings({}), secrets=form.secrets(), webhook_secret=said.get("webhook_secret") or None,
                methods=said.get("methods") or None, priority=said["priority"], active=said["active"],
            )  # fmt: skip
            return htmx.redirect(request, "onboarding:gateway", made.id, toast=_("The payment account is saved."))
        except (Invalid, Conflict) as wrong:
            form.put(wrong)
    return _page(request, form, None, kind)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("onboarding.gateways.read")
def gateway(request: ActorRequest, account_id: UUID) -> HttpResponse:
    """One account."""
    found = queries.gateway_get(actor=request.actor, account_id=account_id)
    facts = queries.gateway_json(found)
    initial = {
        **GatewayForm.start(found.settings), "name": found.name, "methods": found.methods, "priority": found.priority,
        "active": found.active,
    }  # fmt: skip
    kept = (*facts["secrets"], *(("webhook",) if facts["webhook_secrets"] else ()))
    posted = request.POST if request.method == "POST" else None
    form = GatewayForm(posted, kind=found.kind, kept=kept, initial=initial)
    if posted is not None:
        require(request.actor, CHANGE)
        if form.is_valid():
            said = form.cleaned_data
            try:
                gateway_change(
                    actor=request.actor, account_id=account_id, name=said["name"],
                    settings=form.settings(found.settings), secrets=form.secrets() or None,
                    webhook_secret=said.get("webhook_secret") or None, methods=said.get("methods") or None,
                    priority=said["priority"], active=said["active"], anyway=said.get("anyway", False),
                )  # fmt: skip
                words = _("The payment account is saved.")
                return htmx.redirect(request, "onboarding:gateway", account_id, toast=words)
            except (Invalid, Conflict) as wrong:
                form.put(wrong)
                # What was looked at may have been changed for the try.
                found.refresh_from_db()
    return _page(request, form, found, found.kind, facts)


@require_POST
@requires(CHANGE)
def gateway_check(request: ActorRequest, account_id: UUID) -> HttpResponse:
    """Ask whether the provider answers and takes our sign-in."""
    try:
        wrong = check_now(actor=request.actor, account_id=account_id)
    except Conflict as refused:
        return htmx.redirect(request, "onboarding:gateway", account_id, toast=refused.detail, tone="warning")
    if wrong:
        words = _("It does not work: %(why)s") % {"why": wrong}
        return htmx.redirect(request, "onboarding:gateway", account_id, toast=words, tone="danger")
    return htmx.redirect(request, "onboarding:gateway", account_id, toast=_("It answers."))


@require_POST
@requires(CHANGE)
def gateway_rotate(request: ActorRequest, account_id: UUID) -> HttpResponse:
    """A new secret for the web hook, or the one before forgotten."""
    try:
        if "forget" in request.POST:
            gateway_change(actor=request.actor, account_id=account_id, forget_before=True)
            words = _("The secret before counts no more.")
        else:
            rotate_now(actor=request.actor, account_id=account_id)
            words = _("There is a new secret; the one before counts until you forget it.")
    except Conflict as refused:
        said = " ".join(str(one.detail) for one in refused.errors)
        return htmx.redirect(
            request, "onboarding:gateway", account_id, toast=f"{refused.detail} {said}".strip(), tone="warning"
        )
    return htmx.redirect(request, "onboarding:gateway", account_id, toast=words)


def _page(
    request: ActorRequest, form: GatewayForm, found: GatewayAccount | None, kind: str, facts: Any = None
) -> HttpResponse:
    may_change = _may_change(request)
    context = {
        "form": form,
        "account": found,
        "facts": facts,
        "kind": KINDS.get(kind, kind),
        "state": _state(found) if found is not None else None,
        "may_change": may_change,
        "may_rotate": may_change and (kind == "sandbox" or isinstance(DRAWERS[kind], Registers)),
        "crumbs": _crumbs(),
    }
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "onboarding/gateway.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("onboarding.settings.read")
def settings(request: ActorRequest) -> HttpResponse:
    """How times are written, and how long sessions keep personal data."""
    row = onboarding_settings(org_id=request.actor.org_id)
    initial = {"dashed_times": row.dashed_times, "keep_days": row.keep_days}
    form = SettingsForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST":
        require(request.actor, "onboarding.settings.change")
        if form.is_valid():
            onboarding_settings_change(actor=request.actor, **form.cleaned_data)
            return htmx.redirect(request, "onboarding:settings", toast=_("Saved."))
    context = {
        "form": form,
        # Personal data is the merchant's to keep or to let go.
        "own": request.actor.organisation.kind == "merchant",
        "may_change": allows(request.actor, "onboarding.settings.change"),
    }
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "onboarding/settings.html", context, status=status)
