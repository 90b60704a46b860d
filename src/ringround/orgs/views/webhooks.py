"""Settings → webhooks: where events go, and what became of them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.http import actions, queries, texts
from ringround.kernel.errors import Invalid
from ringround.orgs.forms.webhooks import DeliveryFilter, WebhookForm
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx
from ringround.ui.forms import add_faults

PAGE = 50
LOG_PAGE = 25


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Webhooks"), reverse("orgs:webhooks"))]


@require_safe
@requires("http.webhooks.read")
def webhooks(request: ActorRequest) -> HttpResponse:
    """The organisation's webhooks, newest first."""
    rows, following = queries.webhook_list(actor=request.actor, size=PAGE, after=request.GET.get("after"))
    context = {"webhooks": rows, "next": following, "may_change": allows(request.actor, "http.webhooks.change")}
    return htmx.page_or_fragment(request, "orgs/webhooks.html", "orgs/_webhooks.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@requires("http.webhooks.change")
def create(request: ActorRequest) -> HttpResponse:
    """A new webhook; its secret is shown here and never again."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = actions.webhook_create(actor=request.actor, **form.cleaned_data)
            context = {"webhook": made, "secret": secret, "crumbs": _crumbs(), "rotated": False}
            return htmx.render_fragment(request, "orgs/webhook_secret.html", context)
        except Invalid as error:
            add_faults(form, error)
    context = {"form": form, "crumbs": _crumbs(), "webhook": None}
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "orgs/webhook_form.html", context, status=status)


@require_safe
@requires("http.webhooks.read")
def webhook(request: ActorRequest, webhook_id: UUID) -> HttpResponse:
    """One webhook with the log of its deliveries."""
    row = queries.webhook_get(actor=request.actor, webhook_id=webhook_id)
    filter = DeliveryFilter(request.GET)
    filter.is_valid()
    deliveries, following = queries.delivery_list(
        actor=request.actor,
        webhook_id=webhook_id,
        status=filter.cleaned_data.get("status") or None,
        size=LOG_PAGE,
        after=request.GET.get("after"),
    )
    context = {
        "webhook": row,
        "off": texts.OFF.get(row.off_reason, ""),
        "deliveries": [(one, texts.ERRORS.get(one.error, one.error)) for one in deliveries],
        "next": following,
        "filter": filter,
        "filtered": bool(filter.cleaned_data.get("status")),
        "crumbs": _crumbs(),
        "may_change": allows(request.actor, "http.webhooks.change"),
    }
    return htmx.page_or_fragment(request, "orgs/webhook.html", "orgs/_deliveries.html", context)


@require_http_methods(["GET", "POST"])
@requires("http.webhooks.change")
def change(request: ActorRequest, webhook_id: UUID) -> HttpResponse:
    """Where it goes and what it gets."""
    row = queries.webhook_get(actor=request.actor, webhook_id=webhook_id)
    form = WebhookForm(request.POST or None, initial={"url": row.url, "types": row.types}, kept=row.types)
    if request.method == "POST" and form.is_valid():
        try:
            actions.webhook_change(actor=request.actor, webhook_id=webhook_id, **form.cleaned_data)
            return htmx.redirect(request, "orgs:webhook", webhook_id, toast=_("The webhook is changed."))
        except Invalid as error:
            add_faults(form, error)
    crumbs = [*_crumbs(), (row.url, reverse("orgs:webhook", args=[webhook_id]))]
    context = {"form": form, "crumbs": crumbs, "webhook": row}
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "orgs/webhook_form.html", context, status=status)


@never_cache
@require_POST
@requires("http.webhooks.change")
def rotate(request: ActorRequest, webhook_id: UUID) -> HttpResponse:
    """A new secret, shown here and never again."""
    row, secret = actions.webhook_rotate(actor=request.actor, webhook_id=webhook_id)
    context = {"webhook": row, "secret": secret, "crumbs": _crumbs(), "rotated": True}
    return htmx.render_fragment(request, "orgs/webhook_secret.html", context)


@require_POST
@requires("http.webhooks.change")
def switch_on(request: ActorRequest, webhook_id: UUID) -> HttpResponse:
    """Send again, from now on."""
    actions.webhook_change(actor=request.actor, webhook_id=webhook_id, state="on")
    return htmx.redirect(request, "orgs:webhook", webhook_id, toast=_("The webhook is on."))


@require_POST
@requires("http.webhooks.change")
def switch_off(request: ActorRequest, webhook_id: UUID) -> HttpResponse:
    """Send nothing more."""
    actions.webhook_change(actor=request.actor, webhook_id=webhook_id, state="off")
    return htmx.redirect(request, "orgs:webhook", webhook_id, toast=_("The webhook is off."))


@require_POST
@requires("http.webhooks.change")
def delete(request: ActorRequest, webhook_id: UUID) -> HttpResponse:
    """End it, with its log."""
    actions.webhook_delete(actor=request.actor, webhook_id=webhook_id)
    return htmx.redirect(request, "orgs:webhooks", toast=_("The webhook is deleted."))


@require_POST
@requires("http.webhooks.change")
def again(request: ActorRequest, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Send one event again."""
    actions.delivery_again(actor=request.actor, webhook_id=webhook_id, delivery_id=delivery_id)
    return htmx.redirect(request, "orgs:webhook", webhook_id, toast=_("It is being sent again."))
