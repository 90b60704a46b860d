"""Reading: what was promised to a merchant, and what is collected of it. The merchant's people alone see it; of one
subscription an agency's see the least that an upgrade needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from ringround.infra import audit
from ringround.kernel import cursors
from ringround.kernel.errors import NotFound
from ringround.onboarding.models import Agreement, Charge, GatewayOrder, Refund, Subscription
from ringround.onboarding.queries.access import own_agreements, own_charges, own_subscriptions
from ringround.onboarding.queries.payments import next_payments
from ringround.onboarding.rules.charge import TWICE
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

READ = "onboarding.agreements.read"


def agreement_page(
    *, actor: Actor, contact: UUID | Collection[UUID] | None = None, state: str | None = None, size: int = 50,
    after: str | None = None,
) -> tuple[list[Agreement], str | None]:  # fmt: skip
    """The merchant's agreements, newest first, and the cursor of the next page. `contact`: one, or any of several;
    `state`: of the subscription."""
    permissions.require(actor, READ)
    found = _with_all(own_agreements(actor))
    if contact is not None:
        found = found.filter(contact__in=[contact] if isinstance(contact, UUID) else list(contact))
    if state:
        found = found.filter(subscription__state=state)
    return _page(found, size, after)


def agreement_get(*, actor: Actor, agreement_id: UUID) -> Agreement:
    """One of the merchant's; NotFound."""
    found = _with_all(own_agreements(actor)).filter(id=agreement_id).first()
    if found is None:
        raise NotFound("agreement")
    permissions.require(actor, READ)
    return found


def subscription_get(*, actor: Actor, subscription_id: UUID) -> Subscription:
    """One of the merchant's; NotFound."""
    rows = own_subscriptions(actor).select_related("agreement", "mandate__account", "merchant")
    found = rows.filter(id=subscription_id).first()
    if found is None:
        raise NotFound("subscription")
    permissions.require(actor, READ)
    return found


def subscriptions_in(rows: Iterable[Agreement]) -> list[Subscription]:
    """Those that are collected again and again, of agreements that were read here."""
    return [one for row in rows if (one := getattr(row, "subscription", None)) is not None]


def charge_get(*, actor: Actor, charge_id: UUID) -> Charge:
    """One of the merchant's; NotFound."""
    found = own_charges(actor).select_related("agreement", "mandate").filter(id=charge_id).first()
    if found is None:
        raise NotFound("charge")
    permissions.require(actor, READ)
    return found


def charge_page(
    *, actor: Actor, subscription_id: UUID | None = None, agreement_id: UUID | None = None, size: int = 50,
    after: str | None = None,
) -> tuple[list[Charge], str | None]:  # fmt: skip
    """Charges of a subscription or an agreement, the latest due first."""
    if subscription_id is not None:
        subscription_get(actor=actor, subscription_id=subscription_id)
    if agreement_id is not None:
        agreement_get(actor=actor, agreement_id=agreement_id)
    permissions.require(actor, READ)
    found = own_charges(actor)
    if subscription_id is not None:
        found = found.filter(subscription=subscription_id)
    if agreement_id is not None:
        found = found.filter(agreement=agreement_id)
    if after:
        day, last = cursors.decode(after, str, UUID)
        due = _day(day)
        found = found.filter(Q(due_on__lt=due) | Q(due_on=due, id__lt=last))
    rows = list(found.order_by("-due_on", "-id")[: size + 1])
    following = cursors.encode([rows[size - 1].due_on.isoformat(), rows[size - 1].id]) if len(rows) > size else None
    return rows[:size], following


def collected_twice(agreement: Agreement | None = None) -> QuerySet[Charge]:
    """The charges of an agreement that the caller has found visible, or of all, whose period another try has collected
    too, while neither has been given back nor is to be."""
    found = Charge.objects.filter(agreement=agreement) if agreement is not None else Charge.objects.all()

    def kept(rows: QuerySet[Charge]) -> QuerySet[Charge]:
        waiting = Refund.objects.filter(charge=OuterRef("pk"), state="ordered").order_by().values("charge")
        back = F("refunded") + Coalesce(Subquery(waiting.annotate(sum=Sum("amount")).values("sum")), 0)
        return rows.filter(state="charged").annotate(back=back).filter(back__lt=F("amount"))

    other = Charge.objects.filter(
        subscription=OuterRef("subscription"), period_on=OuterRef("period_on"), one_off=OuterRef("one_off")
    ).exclude(pk=OuterRef("pk"))
    return kept(found.filter(reason=TWICE)).filter(Exists(kept(other)))


def refunds_of(charge: Charge) -> list[Refund]:
    """What was given back of a charge that the caller has found visible, the latest first."""
    return list(Refund.objects.filter(charge=charge).select_related("by").order_by("-id"))


def refunds_under_way(charges: Collection[Charge]) -> dict[UUID, int]:
    """{charge: what the provider is being asked to give back}, of charges that the caller has found visible."""
    rows = Refund.objects.filter(charge__in=[one.id for one in charges], state="ordered").values("charge")
    return {row["charge"]: row["sum"] for row in rows.annotate(sum=Sum("amount"))}


def single_charges(agreements: Collection[Agreement]) -> dict[UUID, Charge]:
    """{agreement: its one payment} of those among them that are for one alone."""
    ids = [one.id for one in agreements if one.payment_type == "single"]
    return {one.agreement_id: one for one in Charge.objects.filter(agreement__in=ids).order_by("id")}


def change_waiting(subscription: Subscription) -> Mapping[str, Any] | None:
    """What the rail is being asked to change, of a subscription that the caller has found visible: the action and its
    parameters."""
    if subscription.mandate_id is None:
        return None
    asked = GatewayOrder.objects.filter(subject_id=subscription.mandate_id, what="update_mandate", state="pending")
    data = asked.order_by("id").values_list("data", flat=True).first()
    return {"action": data["action"], "params": data["params"]} if data is not None else None


def subscription_log(subscription: Subscription, *, size: int = 100) -> list[audit.Entry]:
    """What happened to a subscription that the caller has found visible: its rows of the audit log, newest first."""
    return audit.read(
        org_id=subscription.merchant_id, prefix="onboarding.subscription.", subject_id=subscription.id, size=size
    )


def subscription_json(row: Subscription) -> dict[str, Any]:
    """A subscription as the API shows it."""
    return _subscription_json(row, next_payments([row]).get(row.id))


def _subscription_json(row: Subscription, next_on: date | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "version": row.version,
        "state": row.state,
        "contact": row.agreement.contact_id,
        "agreement": {
            "id": row.agreement_id,
            "name": row.agreement.name,
            "amount": _money(row.amount, row.currency),
            "schedule": row.schedule,
        },
        "payment_method": _method(row),
        "starts_on": row.starts_on,
        "expires_on": row.expires_on,
        "hold": row.hold and {name: value for name, value in row.hold.items() if name != "from"},
        "next_due_on": next_on,
        "ended_reason": row.ended_reason or None,
        "ended_note": row.ended_note or None,
        "created_at": row.created_at,
    }


def agreement_json(row: Agreement) -> dict[str, Any]:
    """An agreement as the API shows it, with its subscription where it has one."""
    return agreements_json([row])[0]


def agreements_json(rows: Sequence[Agreement]) -> list[dict[str, Any]]:
    """The same of several."""
    nexts = next_payments(subscriptions_in(rows))
    return [_agreement_json(row, nexts) for row in rows]


def _agreement_json(row: Agreement, nexts: Mapping[UUID, date | None]) -> dict[str, Any]:
    subscription: Subscription | None = getattr(row, "subscription", None)
    return {
        "id": row.id,
        "contact": row.contact_id,
        "campaign": row.campaign_id,
        "product": row.product,
        "name": row.name,
        "description": row.description,
        "payment_type": row.payment_type,
        "purpose_code": row.purpose_code or None,
        "tax_deductible": row.tax_deductible,
        "metadata": row.metadata,
        "subscription": _subscription_json(subscription, nexts.get(subscription.id)) if subscription else None,
        "created_at": row.created_at,
    }


def charge_json(row: Charge) -> dict[str, Any]:
    """A charge as the API shows it."""
    return {
        "id": row.id,
        "agreement": row.agreement_id,
        "subscription": row.subscription_id,
        "state": row.state,
        "amount": _money(row.amount, row.currency),
        "refunded": _money(row.refunded, row.currency),
        "period_on": row.period_on,
        "due_on": row.due_on,
        "attempt": row.attempt,
        "one_off": row.one_off,
        "reason": row.reason or None,
        "retry_on": row.retry_on,
        "created_at": row.created_at,
        "ended_at": row.ended_at,
    }


def refund_json(row: Refund, currency: str) -> dict[str, Any]:
    """A refund as the API shows it."""
    return {
        "id": row.id,
        "charge": row.charge_id,
        "state": row.state,
        "amount": _money(row.amount, currency),
        "reason": row.reason or None,
        "created_at": row.created_at,
        "ended_at": row.ended_at,
    }


def _method(row: Subscription) -> dict[str, str] | None:
    if row.mandate is None:
        return None
    return {"type": row.mandate.method, "masked": row.mandate.masked}


def _money(amount: int, currency: str) -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        # A cursor that nobody was given: decoding it as a time says so.
        cursors.decode_at("")
        raise


def _with_all(found: QuerySet[Agreement]) -> QuerySet[Agreement]:
    return found.select_related("subscription__mandate__account", "subscription__agreement", "subscription__merchant")


def _page(found: QuerySet[Agreement], size: int, after: str | None) -> tuple[list[Agreement], str | None]:
    if after:
        at, last = cursors.decode_at(after)
        found = found.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=last))
    rows = list(found.order_by("-created_at", "-id")[: size + 1])
    following = cursors.encode_at(rows[size - 1].created_at, rows[size - 1].id) if len(rows) > size else None
    return rows[:size], following
