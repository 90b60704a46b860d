"""What a session's success makes: the agreement, its mandate, subscription and first charge; a new payment method."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from ringround.onboarding import events
from ringround.onboarding.actions.agreements.changes import collect_due, schedule_on
from ringround.onboarding.actions.agreements.collecting import (
    charge_make,
    charge_said,
    charges_call_back,
    charges_move,
    mandate_stop,
)
from ringround.onboarding.actions.agreements.store import (
    audit_write,
    subscription_lock,
    subscription_tell,
)
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import ChargeView, MandateView, Takes
from ringround.onboarding.models import Agreement, Charge, GatewayOrder, Mandate, Session, Subscription
from ringround.onboarding.rules.agreed import Agreed
from ringround.onboarding.rules.bankdays import Notice
from ringround.onboarding.rules.schedule import Promise, first_charge_promise
from ringround.onboarding.standing import rail_of_mandate, today_of

View = MandateView | ChargeView


def one_off_id(session_id: UUID) -> UUID:
    """The id of the charge that a session's mandate begins with: known before there is one, the rail is given it."""
    return uuid5(session_id, "one_off")


def signed_up(*, session: Session, view: View | None, now: datetime) -> Subscription | None:
    """Make what was agreed, in the transaction of the session's success, which is locked. `view`: as the rail has the
    mandate or the payment; None where nothing is paid by a rail. The subscription; None for a single payment."""
    agreed = Agreed.from_json(session.agreed)
    agreement = Agreement.objects.create(
        merchant_id=session.merchant_id, contact_id=session.contact_id, agency_id=session.agency_id,
        campaign_id=session.campaign_id, workflow_version_id=session.workflow_version_id, product=agreed.product,
        payment_type=agreed.payment_type, name=agreed.name, description=agreed.description,
        purpose_code=agreed.purpose_code, tax_deductible=agreed.tax_deductible, metadata=session.metadata,
        created_at=now,
    )  # fmt: skip
    audit_write(session.merchant, "agreement.made", "agreement", agreement.id, data={"session": str(session.id)})
    if agreed.payment_type == "single":
        if view is not None:
            _single(session, agreement, agreed, view, now)
        return None
    mandate = _mandate(session, view, now) if isinstance(view, MandateView) else None
    row = _subscription(session, agreement, agreed, mandate, now)
    if mandate is not None and agreed.one_off:
        _one_off(session, row, view, now)
    collect_due(row, now=now)
    subscription_tell(row, events.SUBSCRIPTION_ACTIVATED, now=now, session_id=session.id)
    row.save()
    return row


def method_changed(*, session: Session, view: View, now: datetime) -> Subscription | None:
    """The subscription is collected by the session's new mandate, which is active; the one before is stopped after it.
    What has not been taken yet moves along. The session is locked. None where the subscription has ended."""
    assert session.subscription_id is not None
    row = subscription_lock(session.subscription_id)
    if row.state not in ("active", "on_hold"):
        return None
    before = row.mandate
    assert isinstance(view, MandateView)
    row.mandate = _mandate(session, view, now)
    row.version += 1
    row.save(update_fields=["mandate", "version"])
    mine = Charge.objects.filter(subscription=row)
    # What has failed and would be tried anew is tried by the new one.
    periods = list(mine.filter(retry_on__isnull=False).values_list("period_on", "one_off"))
    waiting = list(mine.filter(state="scheduled").values_list("id", flat=True))
    charges_call_back(subscription=row, now=now, moved=True)
    periods += mine.filter(id__in=waiting, state="cancelled").values_list("period_on", "one_off")
    # Never before the day that the donor was told.
    told = session.snapshot.get("next_on")
    least = date.fromisoformat(told) if told else date.min
    if row.state == "active":
        charges_move(subscription=row, periods=periods, least=least, now=now)
        collect_due(row, least=least, now=now)
    if before is not None and before.state == "active":
        mandate_stop(before, now=now)
    row.schedule_on = schedule_on(row)
    subscription_tell(
        row, events.SUBSCRIPTION_CHANGED, now=now, session_id=session.id, fields=["payment_method"]
    )  # fmt: skip
    row.save()
    audit_write(
        row.merchant, "subscription.change_payment_method", "subscription", row.id,
        data={"version": row.version, "session": str(session.id)},
    )  # fmt: skip
    return row


def _mandate(session: Session, view: MandateView, now: datetime) -> Mandate:
    assert session.account_id is not None
    made, _ = Mandate.objects.get_or_create(
        account_id=session.account_id, ref=view.ref,
        defaults={
            "merchant_id": session.merchant_id, "method": session.payment_method, "state": "active",
            "masked": view.instrument, "created_at": now, "activated_at": now,
        },
    )  # fmt: skip
    return made


def _subscription(
    session: Session, agreement: Agreement, agreed: Agreed, mandate: Mandate | None, now: datetime
) -> Subscription:
    notice = Notice.of(rail_of_mandate(mandate), session.merchant.region)
    # The yes is here, and with it the promise that is kept: never earlier than what the donor was told.
    promise = first_charge_promise(
        now, ZoneInfo(session.merchant.timezone), notice, start=agreed.start, day=agreed.day, schedule=agreed.schedule,
        one_off=agreed.one_off, accepted=True, promised=Promise.from_json(session.snapshot.get("promise")),
    )  # fmt: skip
    first, anchor = promise.period_on, promise.anchor_day
    return Subscription.objects.create(
        merchant_id=session.merchant_id, agreement=agreement, mandate=mandate, state="active", amount=agreed.amount,
        currency=agreed.currency, schedule=agreed.schedule, anchor_day=anchor, starts_on=promise.due_on,
        next_due_on=first if mandate is not None else None, created_at=now,
    )  # fmt: skip


def _one_off(session: Session, row: Subscription, view: View | None, now: datetime) -> None:
    """The payment with the acceptance: the rail has it by its own word, or it is collected as soon as can be."""
    assert row.mandate is not None
    today = today_of(session.merchant, now)
    ref = view.charge_ref if isinstance(view, MandateView) else ""
    if not ref:
        charge_make(subscription=row, period_on=today, now=now, one_off=True, charge_id=one_off_id(session.id))
        return
    made = Charge.objects.create(
        id=one_off_id(session.id), merchant_id=row.merchant_id, agreement=row.agreement, subscription=row,
        mandate=row.mandate, account=row.mandate.account, ref=ref, state="submitted", amount=row.amount,
        currency=row.currency, period_on=today, due_on=today, one_off=True, created_at=now, submitted_at=now,
    )  # fmt: skip
    look_put(account_id=made.account_id, ref=ref, of="charge", subject_id=made.id, key=f"one_off:{made.id.hex}", at=now)


def _single(session: Session, agreement: Agreement, agreed: Agreed, view: View, now: datetime) -> None:
    assert session.account is not None
    today = today_of(session.merchant, now)
    made = Charge.objects.create(
        merchant_id=session.merchant_id, agreement=agreement, account_id=session.account.id, ref=view.ref,
        state="submitted", amount=agreed.amount, currency=agreed.currency, period_on=today, due_on=today,
        created_at=now, submitted_at=now,
    )  # fmt: skip
    if view.state == "chargeback":
        # What is taken back was taken, also where nobody told us.
        charge_said(made, "charge.charged", now=now)
    charge_said(made, f"charge.{view.state}", now=now, reason=view.reason_code)
    if view.state == "reserved" and isinstance(DRAWERS.get(session.account.kind), Takes):
        look_put(
            account_id=made.account_id, ref=made.ref, of="charge", subject_id=made.id, key=f"take:{made.id.hex}",
            at=now, take=True,
        )  # fmt: skip


def look_put(
    *, account_id: UUID, ref: str, of: str, subject_id: UUID, key: str, at: datetime, take: bool = False
) -> None:
    """Ask a rail how a mandate or a charge stands; its answer comes as if it had told it. `take`: what the donor of a
    single payment has accepted and the rail has only reserved is taken with it."""
    GatewayOrder.objects.bulk_create(
        [
            GatewayOrder(
                account_id=account_id, what="look", subject_id=subject_id, lane_id=subject_id, key=f"look:{key}",
                data={"ref": ref, "of": of} | ({"take": True} if take else {}), created_at=at, next_at=at,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
