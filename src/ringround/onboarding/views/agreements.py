"""Agreements of the merchant: found by their contact, read with what is collected, and changed by its own people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.contacts import queries as contacts
from ringround.infra.audit import Entry
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.onboarding.actions.agreements import Waiting, charge_refund, subscription_change
from ringround.onboarding.forms.agreements import ActForm, RefundForm
from ringround.onboarding.forms.money import major
from ringround.onboarding.models import Agreement, Charge, Subscription
from ringround.onboarding.queries import agreements as queries
from ringround.onboarding.queries.payments import next_payments
from ringround.onboarding.texts import ACTIONS, HOLDS, METHODS, SUBSCRIPTIONS, end_text
from ringround.onboarding.views.common import day_of
from ringround.orgs import audit_words
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx

CHANGE, REFUND = "onboarding.agreements.change", "onboarding.refunds.make"
PAGE, CHARGES = 25, 25
# So many contacts are looked at for one search; more is no search for a person.
MOST_FOUND = 100
# In which states each act applies, for the buttons; the rules decide.
ACTS: dict[str, tuple[str, ...]] = {
    "change_amount": ("active", "on_hold"), "change_frequency": ("active", "on_hold"), "pause": ("active",),
    "restart": ("on_hold",), "set_expiry": ("active", "on_hold"), "cancel": ("active", "on_hold", "pending"),
}  # fmt: skip


@require_safe
@requires("onboarding.agreements.read")
def agreement_list(request: ActorRequest) -> HttpResponse:
    """Newest first; found by the contact's name, number or address."""
    asked = request.GET
    state = asked.get("state", "") if asked.get("state") in SUBSCRIPTIONS else ""
    q = asked.get("q", "").strip()[:200]
    one = parse_id(asked.get("contact", ""))
    ids: list[UUID] | None = [one] if one is not None else None
    many = False
    if q and allows(request.actor, "contacts.contacts.read"):
        found, more = contacts.contacts_search(actor=request.actor, q=q, size=MOST_FOUND)
        ids, many = [each.id for each in found], more is not None
    rows, following = queries.agreement_page(
        actor=request.actor, contact=ids, state=state or None, size=PAGE, after=asked.get("after") or None
    )
    names, once = _names(request, rows), queries.single_charges(rows)
    nexts = next_payments(queries.subscriptions_in(rows))
    context = {
        "rows": [
            (row, names.get(row.contact_id), one, once.get(row.id), nexts.get(one.id) if one is not None else None)
            for row in rows
            for one in [getattr(row, "subscription", None)]
        ],
        "next": following,
        "states": [(key, words) for key, (_tone, words) in SUBSCRIPTIONS.items()],
        "chosen": state,
        "many": many,
        "may_search": allows(request.actor, "contacts.contacts.read"),
        "filtered": bool(q or state or one),
    }
    return htmx.page_or_fragment(request, "onboarding/agreements.html", "onboarding/_agreements.html", context)


def _names(request: ActorRequest, rows: list[Agreement]) -> Mapping[UUID | None, str]:
    """Names of the contacts, of those that are still there."""
    ids = [row.contact_id for row in rows if row.contact_id is not None]
    found = contacts.contacts_for_leads(ids, org_id=request.actor.org_id)
    return {one.id: one.name or _("Without a name") for one in found}


@require_safe
@requires("onboarding.agreements.read")
def agreement(request: ActorRequest, agreement_id: UUID) -> HttpResponse:
    """One agreement."""
    return _page(request, queries.agreement_get(actor=request.actor, agreement_id=agreement_id))


@require_POST
@requires(CHANGE)
def agreement_act(request: ActorRequest, agreement_id: UUID, act: str) -> HttpResponse:
    """Pause, restart, end it, set its last day, or change amount or frequency."""
    found = queries.agreement_get(actor=request.actor, agreement_id=agreement_id)
    one: Subscription | None = getattr(found, "subscription", None)
    if act not in ACTS or one is None:
        raise NotFound("act")
    form = ActForm(request.POST, act=act, currency=one.currency)
    if form.is_valid():
        try:
            done = subscription_change(actor=request.actor, subscription_id=one.id, what=act, params=form.params())
            words = _("The payment provider is asked; it is changed when it has answered.")
            toast, tone = (words, "info") if isinstance(done, Waiting) else (_("The agreement is changed."), "success")
            return htmx.redirect(request, "onboarding:agreement", agreement_id, toast=toast, tone=tone)
        except (Invalid, Conflict) as wrong:
            form.put(wrong)
    return _page(request, found, wrong=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(REFUND)
def charge_back(request: ActorRequest, charge_id: UUID) -> HttpResponse:
    """Give money of a charge back."""
    charge = queries.charge_get(actor=request.actor, charge_id=charge_id)
    posted = request.POST if request.method == "POST" else None
    left = charge.amount - charge.refunded - queries.refunds_under_way([charge]).get(charge.id, 0)
    # What is sent a second time has been taken off what is left: the action knows it again.
    form = RefundForm(posted, currency=charge.currency, left=left if posted is None else charge.amount)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            charge_refund(
                actor=request.actor, charge_id=charge_id, amount=said["amount"], reason=said["reason"], key=said["key"]
            )  # fmt: skip
            words = _("The payment provider is asked to give it back.")
            return htmx.redirect(request, "onboarding:agreement", charge.agreement_id, toast=words)
        except (Invalid, Conflict) as wrong:
            form.put(wrong)
    context = {
        "form": form,
        "charge": charge,
        "refunds": queries.refunds_of(charge),
        "may_refund": charge.state == "charged" and left > 0,
        "crumbs": [
            (_("Agreements"), reverse("onboarding:agreements")),
            (charge.agreement.name, reverse("onboarding:agreement", args=[charge.agreement_id])),
        ],
    }
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "onboarding/refund.html", context, status=status)


def _page(request: ActorRequest, found: Agreement, wrong: ActForm | None = None) -> HttpResponse:
    one: Subscription | None = getattr(found, "subscription", None)
    charges, following = queries.charge_page(
        actor=request.actor, agreement_id=found.id, size=CHARGES, after=request.GET.get("after") or None
    )
    asked = queries.refunds_under_way(charges)
    may_change = allows(request.actor, CHANGE) and one is not None
    waiting = queries.change_waiting(one) if one is not None else None
    context = {
        "agreement": found,
        "subscription": one,
        "mandate": one.mandate if one is not None else None,
        "method": METHODS.get(one.mandate.method, "") if one is not None and one.mandate is not None else "",
        "contact": _names(request, [found]).get(found.contact_id),
        "next_on": next_payments([one]).get(one.id) if one is not None else None,
        "hold": _hold(one),
        "waiting": ACTIONS.get(waiting["action"], "") if waiting is not None else "",
        "ended": end_text(one.ended_reason) if one is not None else "",
        "twice": queries.collected_twice(found).order_by("period_on", "id"),
        "charges": [
            (row, end_text(row.reason), _refundable(row, asked.get(row.id, 0)), asked.get(row.id, 0)) for row in charges
        ],
        "next": following,
        "log": _log(one) if one is not None else [],
        "forms": _forms(one, wrong) if may_change and one is not None and waiting is None else [],
        "wrong": wrong,
        "may_refund": allows(request.actor, REFUND),
        "crumbs": [(_("Agreements"), reverse("onboarding:agreements"))],
    }
    status = 422 if wrong is not None else 200
    if wrong is None:
        return htmx.page_or_fragment(request, "onboarding/agreement.html", "onboarding/_charges.html", context)
    return htmx.render_fragment(request, "onboarding/agreement.html", context, status=status)


def _log(one: Subscription) -> list[tuple[datetime, object, str, str]]:
    """When, what, by whom, and what there is to say of it."""
    rows = queries.subscription_log(one)
    people = audit_words.names({"user": {row.actor_id for row in rows if row.actor_id is not None}})
    lines: list[tuple[datetime, object, str, str]] = []
    for row in rows:
        who = people.get(row.actor_id) if row.actor_id is not None else None
        lines.append((row.at, audit_words.text(row.action), who or str(audit_words.doer(row.actor_type)), _said(row)))
    return lines


def _said(row: Entry) -> str:
    """Why it ended, or which payments are not collected."""
    if row.action != "onboarding.subscription.passed_over":
        return end_text(str(row.data.get("reason", "")))
    words = _("Not collected: %(days)s.") % {"days": ", ".join(day_of(day) for day in row.data["periods"])}
    if row.data["next_on"] is None:
        return words
    return f"{words} " + _("The next payment is on %(day)s.") % {"day": day_of(row.data["next_on"])}


def _refundable(charge: Charge, asked: int) -> bool:
    return charge.state == "charged" and charge.refunded + asked < charge.amount


def _hold(one: Subscription | None) -> str:
    """How long a pause lasts, in words."""
    if one is None or one.hold is None:
        return ""
    until = one.hold.get("until")
    return _("until %(day)s") % {"day": day_of(until)} if until else str(HOLDS.get(str(one.hold.get("kind")), ""))


def _forms(one: Subscription, wrong: ActForm | None) -> list[tuple[str, Any, ActForm]]:
    """(act, label, form) of what may be done in this state."""
    initial = {"amount": major(one.amount, one.currency), "schedule": one.schedule, "date": one.expires_on}
    found = []
    for act, states in ACTS.items():
        if one.state not in states and (wrong is None or wrong.act != act):
            continue
        form = (
            wrong
            if wrong is not None and wrong.act == act
            else ActForm(act=act, currency=one.currency, initial=initial)
        )
        found.append((act, ACTIONS[act], form))
    return found
