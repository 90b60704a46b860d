"""Agreements, subscriptions and charges over HTTP: for the merchant's people alone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ringround.http.kit import ApiRequest, Field, Id, Line, Out, Page, Paging, Query, Router, Schema, Status
from ringround.onboarding.actions.agreements import Waiting, charge_refund, subscription_change
from ringround.onboarding.queries import agreements as queries

agreements = Router(tags=["Agreements"])
subscriptions = Router(tags=["Agreements"])
charges = Router(tags=["Agreements"])

Minor = Annotated[int, Field(gt=0, le=2**53 - 1)]


class Money(Out):
    amount: int
    """In minor units."""
    currency: str


class TermsOut(Out):
    id: UUID
    name: str
    amount: Money
    schedule: str


class MethodOut(Out):
    type: str
    masked: str
    """What pays, as far as people may see it: `•••• 4242`."""


class SubscriptionOut(Out):
    id: UUID
    version: int
    """Rises with each change that took effect."""
    state: str
    """`pending`, `active`, `on_hold`, `inactive` or `expired`."""
    contact: UUID | None
    agreement: TermsOut
    payment_method: MethodOut | None
    starts_on: date
    """The day on which the first payment is collected; without a one-off at the start. It moves with that payment."""
    expires_on: date | None
    hold: dict[str, Any] | None
    """`{"kind": "indefinite"}`, or `skip` with `count`, or `until`; with the date on which it goes on."""
    next_due_on: date | None
    """The bank day on which the next payment is collected, be it under way, tried anew or to come; while on hold the
    first after it, where that has a date."""
    ended_reason: str | None
    """A code: `cancelled`, `mandate_stopped`, `term`, …"""
    ended_note: str | None
    """Why, in the words of who ended it."""
    created_at: datetime


class ChangedOut(SubscriptionOut):
    waiting: bool
    """The payment provider has been asked: the change takes effect, or does not, with its answer."""


class AgreementOut(Out):
    id: UUID
    contact: UUID | None
    campaign: UUID | None
    product: str
    name: str
    description: str
    payment_type: str
    purpose_code: str | None
    tax_deductible: bool
    metadata: dict[str, Any]
    subscription: SubscriptionOut | None
    """None of a single payment."""
    created_at: datetime


class ChargeOut(Out):
    id: UUID
    agreement: UUID
    subscription: UUID | None
    state: str
    """`scheduled`, `submitted`, `charged`, `failed`, `rejected` or `cancelled`."""
    amount: Money
    refunded: Money
    period_on: date
    """The date of the schedule that it is for."""
    due_on: date
    """The day on which it is collected."""
    attempt: int
    one_off: bool
    reason: str | None
    """Why it was not collected; `collected_twice` of one that was, where another try of its period was too."""
    retry_on: date | None
    created_at: datetime
    ended_at: datetime | None


class RefundOut(Out):
    id: UUID
    charge: UUID
    state: str
    """`ordered`, `refunded` or `failed`."""
    amount: Money
    reason: str | None
    created_at: datetime
    ended_at: datetime | None


class AgreementQuery(Paging):
    contact: UUID | None = None
    state: Literal["pending", "active", "on_hold", "inactive", "expired"] | None = None
    """Of the subscription."""


class PauseIn(Schema):
    kind: Literal["indefinite", "skip", "until"] = "indefinite"
    count: Annotated[int, Field(ge=1, le=24)] | None = None
    """How many payments are skipped, with `skip`."""
    until: date | None = None
    """With `until`."""


class CancelIn(Schema):
    reason: Line | None = None
    """Kept with the subscription as its `ended_note`."""


class AmountIn(Schema):
    amount: Minor
    """In minor units of the agreement's currency."""


class FrequencyIn(Schema):
    schedule: Literal["monthly", "quarterly", "half_yearly", "yearly"]


class ExpiryIn(Schema):
    date: date
    """The last day on which anything is collected."""


class RefundIn(Schema):
    amount: Minor | None = None
    """All that is left where none is given."""
    reason: Line = ""


@agreements.get("", response=Page[AgreementOut], summary="List agreements")
def agreement_list(request: ApiRequest, filter: Query[AgreementQuery]) -> object:
    """Newest first."""
    rows, following = queries.agreement_page(
        actor=request.actor, contact=filter.contact, state=filter.state, size=filter.size, after=filter.after or ""
    )
    return {"items": queries.agreements_json(rows), "next": following}


@agreements.get("/{agreement_id}", response=AgreementOut, summary="An agreement")
def agreement(request: ApiRequest, agreement_id: Id) -> object:
    return queries.agreement_json(queries.agreement_get(actor=request.actor, agreement_id=agreement_id))


@agreements.get("/{agreement_id}/charges", response=Page[ChargeOut], summary="An agreement's charges")
def agreement_charges(request: ApiRequest, agreement_id: Id, filter: Query[Paging]) -> object:
    """The latest due first."""
    rows, following = queries.charge_page(
        actor=request.actor, agreement_id=agreement_id, size=filter.size, after=filter.after or ""
    )
    return {"items": [queries.charge_json(row) for row in rows], "next": following}


@subscriptions.get("/{subscription_id}", response=SubscriptionOut, summary="A subscription")
def subscription(request: ApiRequest, subscription_id: Id) -> object:
    return queries.subscription_json(queries.subscription_get(actor=request.actor, subscription_id=subscription_id))


@subscriptions.get("/{subscription_id}/charges", response=Page[ChargeOut], summary="A subscription's charges")
def subscription_charges(request: ApiRequest, subscription_id: Id, filter: Query[Paging]) -> object:
    """The latest due first."""
    rows, following = queries.charge_page(
        actor=request.actor, subscription_id=subscription_id, size=filter.size, after=filter.after or ""
    )
    return {"items": [queries.charge_json(row) for row in rows], "next": following}


@subscriptions.post("/{subscription_id}/pause", response=ChangedOut, summary="Put a subscription on hold")
def pause(request: ApiRequest, subscription_id: Id, body: PauseIn = PauseIn()) -> object:  # noqa: B008 - it is frozen
    """What has not been collected yet is called back. 409 `wrong_state` unless it is active."""
    return _changed(request, subscription_id, "pause", _given(body))


@subscriptions.post("/{subscription_id}/restart", response=ChangedOut, summary="Restart a paused subscription")
def restart(request: ApiRequest, subscription_id: Id) -> object:
    """It is collected from its next own date on, never at once."""
    return _changed(request, subscription_id, "restart", {})


@subscriptions.post("/{subscription_id}/cancel", response=ChangedOut, summary="End a subscription")
def subscription_cancel(request: ApiRequest, subscription_id: Id, body: CancelIn = CancelIn()) -> object:  # noqa: B008 - it is frozen
    """Its mandate is stopped, and what has not been collected yet is called back."""
    return _changed(request, subscription_id, "cancel", _given(body))


@subscriptions.post("/{subscription_id}/change-amount", response=ChangedOut, summary="Change the amount")
def change_amount(request: ApiRequest, subscription_id: Id, body: AmountIn) -> object:
    return _changed(request, subscription_id, "change_amount", _given(body))


@subscriptions.post("/{subscription_id}/change-frequency", response=ChangedOut, summary="Change the frequency")
def change_frequency(request: ApiRequest, subscription_id: Id, body: FrequencyIn) -> object:
    return _changed(request, subscription_id, "change_frequency", _given(body))


@subscriptions.post("/{subscription_id}/set-expiry", response=ChangedOut, summary="Set an end date")
def set_expiry(request: ApiRequest, subscription_id: Id, body: ExpiryIn) -> object:
    return _changed(request, subscription_id, "set_expiry", _given(body))


@charges.get("/{charge_id}", response=ChargeOut, summary="A charge")
def charge(request: ApiRequest, charge_id: Id) -> object:
    return queries.charge_json(queries.charge_get(actor=request.actor, charge_id=charge_id))


@charges.post("/{charge_id}/refund", response={202: RefundOut}, summary="Give money back")
def refund(request: ApiRequest, charge_id: Id, body: RefundIn = RefundIn()) -> object:  # noqa: B008 - it is frozen
    """Part of a charge that was collected, or all that is left of it."""
    made = charge_refund(actor=request.actor, charge_id=charge_id, amount=body.amount, reason=body.reason)
    return Status(202, queries.refund_json(made, made.charge.currency))


def _changed(request: ApiRequest, subscription_id: UUID, what: str, params: dict[str, Any]) -> object:
    done = subscription_change(actor=request.actor, subscription_id=subscription_id, what=what, params=params)
    row = queries.subscription_get(actor=request.actor, subscription_id=subscription_id)
    return {**queries.subscription_json(row), "waiting": isinstance(done, Waiting)}


def _given(body: Schema) -> dict[str, Any]:
    """As the actions take parameters: dates as text, without what is not given."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in body.model_dump().items()
        if value is not None
    }
