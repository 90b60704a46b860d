"""One charge: handed over, called back, and what its gateway says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F

from ringround.onboarding import events
from ringround.onboarding.actions.agreements.store import (
    audit_write,
    charge_tell,
    has_begun,
    subscription_tell,
)
from ringround.onboarding.actions.orders import order_anew, order_drop, order_put
from ringround.onboarding.models import Charge, Mandate, Subscription
from ringround.onboarding.rules import charge as rules
from ringround.onboarding.rules.bankdays import Notice
from ringround.onboarding.rules.due import collected_on, earliest, fits, payment_after, soonest, takes
from ringround.onboarding.standing import notice_of, rail_of, today_of

OPEN = ("scheduled", "submitted")


def charge_make(
    *, subscription: Subscription, period_on: date, now: datetime, one_off: bool = False, charge_id: UUID | None = None,
    least: date = date.min,
) -> Charge | None:  # fmt: skip
    """A charge of a period and the order to collect it, by the mandate that counts now, not before `least`; None where
    one stands for that period already, where there is nothing to collect by, or where it would be collected with the
    payment after it or after the last day. The subscription is locked."""
    mandate = subscription.mandate
    if mandate is None or mandate.state != "active" or subscription.merchant.closing_at is not None:
        return None
    there = Charge.objects.filter(subscription=subscription, period_on=period_on, one_off=one_off)
    before = list(there.order_by("attempt").values_list("attempt", "state"))
    if any(state in (*OPEN, "charged") for _, state in before):
        return None
    notice = notice_of(subscription)
    today = today_of(subscription.merchant, now)
    due_on = soonest(max(period_on, least), notice, today=today)
    if not _fits(subscription, period_on, one_off, due_on, notice):
        if not one_off:
            payments_passed([_passed(subscription, period_on, notice)], now=now)
        return None
    made = Charge(
        merchant_id=subscription.merchant_id, agreement=subscription.agreement, subscription=subscription,
        mandate=mandate, account=mandate.account, amount=subscription.amount, currency=subscription.currency,
        period_on=period_on, due_on=due_on, attempt=max((attempt for attempt, _ in before), default=0) + 1,
        one_off=one_off, created_at=now,
    )  # fmt: skip
    if charge_id is not None:
        made.id = charge_id
    made.save(force_insert=True)
    _begins(made)
    charge_order(made, now=now)
    return made


@dataclass(frozen=True, slots=True)
class Passed:
    """Periods of a subscription that are not collected, and the day on which its next payment is; None: none is."""

    subscription: Subscription
    periods: Sequence[date]
    next_on: date | None


def payments_passed(passed: Iterable[Passed], *, now: datetime) -> None:
    """Say of these subscriptions that payments are passed over; those of which nothing was to be collected yet begin
    with the next. They are locked; what is changed of them is saved."""
    given = {one.subscription.id: one for one in passed}
    made = Charge.objects.filter(subscription__in=given, one_off=False)
    begun = set(made.exclude(state="cancelled").values_list("subscription", flat=True).distinct())
    dates = {day for one in given.values() for day in one.periods}
    there = made.filter(period_on__in=dates, state__in=(*OPEN, "charged"))
    stand = set(there.values_list("subscription", "period_on"))
    told = []
    for one in given.values():
        row = one.subscription
        periods = [day.isoformat() for day in one.periods if (row.id, day) not in stand]
        if not periods:
            continue
        if one.next_on is not None and row.id not in begun:
            row.starts_on = one.next_on
        next_on = one.next_on.isoformat() if one.next_on is not None else None
        said: dict[str, Any] = {"periods": periods, "next_on": next_on}
        subscription_tell(row, events.SUBSCRIPTION_PASSED_OVER, now=now, **said)
        audit_write(row.merchant, "subscription.passed_over", "subscription", row.id, data=said)
        told.append(row)
    Subscription.objects.bulk_update(told, ["event_no", "starts_on"])


def _passed(row: Subscription, period: date, notice: Notice) -> Passed:
    """A period that comes too late for the payment after it, or for the last day."""
    following = row.next_due_on
    day = collected_on(following, notice) if following is not None and following > period else None
    over = day is not None and row.expires_on is not None and day > row.expires_on
    return Passed(row, [period], None if over else day)


def _begins(charge: Charge) -> None:
    """A subscription begins where its first payment is collected: so donor and merchant read it. It is locked."""
    owner = charge.subscription
    if owner is None or charge.one_off or owner.starts_on == charge.due_on or has_begun(owner, but=charge.id):
        return
    owner.starts_on = charge.due_on
    owner.save(update_fields=["starts_on"])


def charge_order(charge: Charge, *, now: datetime) -> None:
    """Have a charge of a mandate handed over."""
    assert charge.mandate_id is not None
    order_put(
        account_id=charge.account_id, what="schedule_charge", subject_id=charge.id, lane_id=charge.mandate_id,
        key=f"charge:{charge.id.hex}", at=now,
    )  # fmt: skip


def charge_in_time(charge: Charge, *, now: datetime) -> bool:
    """Whether its rail takes a charge of a mandate for its day still, when it is handed over today."""
    return takes(charge.due_on, _notice(charge), today=today_of(charge.merchant, now))


def charge_put_off(charge: Charge, *, now: datetime) -> bool:
    """Move a charge that came too late for its day to the first one that the rail takes, and say so; False where that
    would be the day of the payment after it, or after the last day. The charge is locked, with its subscription."""
    notice, today, before = _notice(charge), today_of(charge.merchant, now), charge.due_on
    # By the rail's own clock it may be too late when it is not by ours.
    due_on = collected_on(max(earliest(today, notice), before + timedelta(days=1)), notice)
    owner = charge.subscription
    if owner is not None and not _fits(owner, charge.period_on, charge.one_off, due_on, notice):
        return False
    charge.due_on = due_on
    charge_tell(charge, events.CHARGE_MOVED, now=now, before=before.isoformat())
    charge.save(update_fields=["due_on", "event_no"])
    _begins(charge)
    audit_write(
        charge.merchant, "charge.moved", "charge", charge.id,
        data={"before": before.isoformat(), "due_on": due_on.isoformat()},
    )  # fmt: skip
    return True


def _fits(owner: Subscription, period_on: date, one_off: bool, due_on: date, notice: Notice) -> bool:
    """Whether a period may be collected on that day: before the payment after it. After a one-off the charge run may
    have made that already."""
    others = [owner.next_due_on]
    if one_off:
        made = Charge.objects.filter(subscription=owner, one_off=False, state__in=(*OPEN, "charged"))
        later = made.filter(period_on__gt=period_on).order_by("period_on")
        others += later.values_list("period_on", flat=True)[:1]
    after = payment_after(period_on, owner.schedule, owner.anchor_day, one_off=one_off, others=others)
    return fits(due_on, notice, following=after, last=owner.expires_on)


def _notice(charge: Charge) -> Notice:
    assert charge.mandate is not None
    return Notice.of(rail_of(charge.account, charge.mandate.method), charge.merchant.region)


def charges_call_back(
    *, subscription: Subscription, now: datetime, moved: bool = False, last: date | None = None
) -> date | None:
    """What is to be collected of a subscription is not: what has not gone is cancelled here, what is under way or at
    the rail is asked back, in its lane's turn. The earliest period that was cancelled so. The subscription is locked.
    `moved`: what comes back is collected by the new mandate. `last`: what is due by then is collected all the same."""
    later = {"due_on__gt": last} if last is not None else {}
    rows = (
        Charge.objects.select_for_update(no_key=True, of=("self",))
        .select_related("agreement", "merchant", "subscription")
        .filter(subscription=subscription, state__in=OPEN, **later)
    )
    freed = []
    for row in rows.order_by("id"):
        free = row.state == "scheduled" and order_drop(
            subject_id=row.id, what="schedule_charge", now=now, doubtful=True
        ) is not False  # fmt: skip
        if free:
            charge_cancel(row, "called_back", now=now)
            if not row.one_off:
                freed.append(row.period_on)
        else:
            _ask_back(row, now=now, moved=moved)
    # Failed ones are not tried anew.
    failed = Charge.objects.filter(subscription=subscription, retry_on__isnull=False)
    failed.filter(**later).update(retry_on=None)
    return min(freed, default=None)


def _ask_back(row: Charge, *, now: datetime, moved: bool = False) -> None:
    order_anew(
        account_id=row.account_id, what="cancel_charge", subject_id=row.id, lane_id=row.mandate_id or row.id, at=now,
        data={"moved": True} if moved else {},
    )  # fmt: skip


def _others_end(charge: Charge, *, now: datetime) -> None:
    """What was tried anew of a period that is paid after all is not collected on top. The charge is locked, with its
    subscription."""
    if charge.subscription_id is None:
        return
    rows = Charge.objects.select_for_update(no_key=True, of=("self",)).select_related("agreement", "merchant")
    others = rows.filter(subscription=charge.subscription_id, period_on=charge.period_on, one_off=charge.one_off)
    for row in others.filter(state__in=OPEN).exclude(id=charge.id).order_by("id"):
        sure = row.state == "scheduled" and order_drop(subject_id=row.id, what="schedule_charge", now=now)
        if sure:
            charge_cancel(row, "called_back", now=now)
        else:
            _ask_back(row, now=now)
    others.filter(retry_on__isnull=False).exclude(id=charge.id).update(retry_on=None)


def _collected_too(charge: Charge) -> bool:
    """Whether another try of its period was collected, and not all of it went back. Its subscription is locked."""
    same = Charge.objects.filter(
        subscription=charge.subscription_id, period_on=charge.period_on, one_off=charge.one_off, state="charged"
    )
    return charge.subscription_id is not None and same.exclude(id=charge.id).filter(refunded__lt=F("amount")).exists()


def charge_cancel(charge: Charge, reason: str, *, now: datetime) -> bool:
    """It will not be collected; False where it has ended otherwise."""
    if not rules.TABLE.can(rules.State(charge.state), rules.Command.CANCEL):
        return False
    charge.state, charge.reason, charge.ended_at, charge.retry_on = "cancelled", reason, now, None
    charge.save(update_fields=["state", "reason", "ended_at", "retry_on"])
    audit_write(charge.merchant, "charge.cancelled", "charge", charge.id, data={"reason": reason})
    return True


def charge_said(charge: Charge, kind: str, *, now: datetime, reason: str = "", ref: str = "") -> bool:
    """Note a gateway's word about a charge that is locked, with its subscription; whether it changed anything."""
    twice = rules.after(charge.state, kind) is rules.State.CHARGED and _collected_too(charge)
    new, fields = charge_heard(charge, kind, now=now, failures=_failures, reason=reason, ref=ref, twice=twice)
    if new and charge.state == rules.State.CHARGED:
        _others_end(charge, now=now)
    if fields:
        charge.save(update_fields=fields)
    return new


def charge_heard(
    charge: Charge, kind: str, *, now: datetime, failures: Callable[[Charge], int], reason: str = "", ref: str = "",
    twice: bool = False,
) -> tuple[bool, list[str]]:  # fmt: skip
    """A gateway's word into a charge that is locked, and told; whether it changed anything, and what the caller saves.
    `failures`: how often its period has failed before. Others of a period that is paid are the caller's. `twice`: one
    of them was collected already."""
    fields = []
    if ref and not charge.ref:
        charge.ref = ref
        fields.append("ref")
    before = charge.state
    after = rules.after(charge.state, kind)
    if after is None:
        return False, fields
    charge.state = after.value
    fields += ["state", "reason", "event_no", "retry_on", "look_on"]
    if after is rules.State.SUBMITTED:
        charge.submitted_at = now
        fields.append("submitted_at")
    else:
        charge.ended_at = now
        fields.append("ended_at")
    charge.look_on = None
    if after is rules.State.CHARGED:
        # Nothing is given back by itself: which of the two is for the merchant to say.
        charge.reason, charge.retry_on = rules.TWICE if twice else "", None
        charge.look_on = rules.first_look(now.date())
        charge_tell(charge, events.CHARGE_CHARGED, now=now, twice=twice)
    elif after in (rules.State.FAILED, rules.State.REJECTED):
        back = before == rules.State.CHARGED
        charge.reason = "chargeback" if back else reason or "other"
        charge.retry_on = None if after is rules.State.REJECTED else _retry_on(charge, now, failures)
        shown = charge.retry_on.isoformat() if charge.retry_on else None
        charge_tell(charge, events.CHARGE_FAILED, now=now, reason=charge.reason, retry_on=shown)
    elif after is rules.State.CANCELLED:
        charge.reason = reason or "cancelled_by_gateway"
    if after is not rules.State.SUBMITTED:
        audit_write(charge.merchant, f"charge.{after.value}", "charge", charge.id, data={"reason": charge.reason})
    return True, fields


def mandate_stop(mandate: Mandate, *, now: datetime) -> None:
    """Have the rail stop a mandate, after what is in its lane."""
    order_anew(
        account_id=mandate.account_id, what="cancel_mandate", subject_id=mandate.id, lane_id=mandate.id, at=now
    )  # fmt: skip


def charges_move(
    *, subscription: Subscription, periods: Iterable[tuple[date, bool]], least: date, now: datetime
) -> None:
    """What was called back of these periods, or would have been tried anew, is collected by the mandate that counts
    now. Each with whether it is a one-off."""
    for period, one_off in sorted(set(periods)):
        charge_make(subscription=subscription, period_on=period, now=now, one_off=one_off, least=least)


def _retry_on(charge: Charge, now: datetime, failures: Callable[[Charge], int]) -> date | None:
    """By the plan, while the subscription is collected, and where the rail would still take it before the next one."""
    owner = charge.subscription
    if owner is None or owner.state != "active":
        return None
    day = rules.retry_on(failures=failures(charge) + 1, reason=charge.reason, day=today_of(charge.merchant, now))
    if day is None:
        return None
    notice = notice_of(owner)
    due_on = soonest(charge.period_on, notice, today=day)
    return day if _fits(owner, charge.period_on, charge.one_off, due_on, notice) else None


def _failures(charge: Charge) -> int:
    same = Charge.objects.filter(
        subscription=charge.subscription_id, period_on=charge.period_on, one_off=charge.one_off, state="failed"
    )
    return same.exclude(id=charge.id).count()
