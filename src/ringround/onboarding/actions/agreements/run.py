"""What time makes due: charges of their day, new tries, holds and terms that end. In batches, each a transaction: it
may be killed and run again anywhere, by several at once."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from uuid import UUID

from ringround.infra import sql
from ringround.infra.unit import unit
from ringround.kernel.ids import IdRow, new_id_text
from ringround.onboarding import events
from ringround.onboarding.actions.agreements.changes import collect_due, schedule_on, subscription_end
from ringround.onboarding.actions.agreements.collecting import Passed, charge_make, payments_passed
from ringround.onboarding.actions.agreements.store import (
    audit_write,
    put,
    subscription_lock,
    subscription_tell,
)
from ringround.onboarding.models import Charge, GatewayAccount, Subscription
from ringround.onboarding.rules import subscription as rules
from ringround.onboarding.rules.bankdays import Notice
from ringround.onboarding.rules.due import Due, collected_on, due_by
from ringround.onboarding.standing import notice_of, rail_of, standing_of, today_of

BATCH = 1_000
FEW = 100
# Nowhere on earth is it a later date than this long after UTC.
_LATEST = timedelta(hours=14)
log = logging.getLogger(__name__)


def charges_run(*, now: datetime, size: int = BATCH) -> bool:
    """Make the charges of the next subscriptions that are due, with the orders to collect them; whether more may
    wait."""
    with unit():
        rows = sql.rows(
            "onboarding", "subscriptions_due", now=now, latest=(now + _LATEST).date(), limit=size
        )  # fmt: skip
        if not rows:
            return False
        notices: dict[tuple[UUID, str], Notice] = {}
        plans: dict[tuple[object, ...], Due] = {}
        columns: dict[str, list[object]] = {name: [] for name in _COLUMNS}
        late: list[object] = []
        passed: dict[UUID, tuple[tuple[date, ...], date | None]] = {}
        for row in rows:
            key = (row["account_id"], row["method"])
            if key not in notices:
                account = GatewayAccount.objects.get(id=row["account_id"])
                notices[key] = Notice.of(rail_of(account, row["method"]), row["region"])
            what = (key, row["next_due_on"], row["schedule"], row["anchor_day"], row["today"])
            if what not in plans:
                plans[what] = due_by(
                    row["next_due_on"], row["schedule"], row["anchor_day"], today=row["today"], notice=notices[key]
                )  # fmt: skip
            plan, last = plans[what], row["expires_on"]
            over = last is not None and plan.due_on > last
            ended = over or (last is not None and plan.following_on > last)
            payable = row["payable"] and not over and plan.now
            values = (
                new_id_text() if payable else None, None, row["merchant_id"], row["agreement_id"], row["id"],
                row["mandate_id"], row["account_id"], row["amount"], row["currency"], plan.period, plan.due_on,
                # Without a mandate that pays its period stays the next one, for it may come back; after the end too.
                (plan.period if over else plan.following) if row["payable"] else row["next_due_on"],
                None if ended or not row["payable"] else plan.look_on,
            )  # fmt: skip
            if payable and plan.due_on > collected_on(row["next_due_on"], notices[key]):
                late.append(values[0])
            if row["payable"] and plan.passed:
                passed[row["id"]] = (plan.passed, None if over else plan.due_on)
            for name, value in zip(_COLUMNS, values, strict=True):
                columns[name].append(value)
        ids = IdRow.begin()
        columns["orders"] = [ids.text() for _ in rows]
        sql.rows("onboarding", "charges_add", now=now, **columns)
        if late:
            sql.run("onboarding", "begun_later", charges=late)
        if passed:
            found = Subscription.objects.select_related("agreement", "merchant").filter(id__in=passed)
            payments_passed((Passed(one, *passed[one.id]) for one in found), now=now)
        return len(rows) >= size


def retries_run(*, now: datetime) -> bool:
    """Try anew what has failed, by its plan; whether more may wait."""
    due = sql.rows("onboarding", "retries_due", now=now, latest=(now + _LATEST).date(), limit=FEW)
    for row in due:
        try:
            with unit():
                _retry(row["id"], row["subscription_id"], now)
        except Exception:
            # One that cannot be tried keeps no other waiting: tomorrow.
            log.exception("charge %s cannot be tried again", row["id"])
            Charge.objects.filter(id=row["id"]).update(retry_on=(now + _LATEST).date() + timedelta(days=1))
    return len(due) >= FEW


def terms_run(*, now: datetime) -> bool:
    """End holds whose date has come, and subscriptions whose end date has passed; whether more may wait."""
    due = sql.rows("onboarding", "terms_due", now=now, latest=(now + _LATEST).date(), limit=FEW)
    done = 0
    for row in due:
        try:
            with unit():
                _term(row["id"], now)
        except Exception:
            log.exception("the term of subscription %s", row["id"])
            continue
        done += 1
    return done >= FEW


def _term(subscription_id: UUID, now: datetime) -> None:
    row = subscription_lock(subscription_id)
    today = today_of(row.merchant, now)
    if row.state in ("active", "on_hold") and row.expires_on is not None and row.expires_on < today:
        subscription_end(row, reason="term", now=now, expired=True)
        return
    if row.state != "on_hold" or row.held_until is None or row.held_until > today:
        return
    put(row, rules.hold_over(standing_of(row), today=today, notice=notice_of(row)))
    collect_due(row, now=now)
    subscription_tell(row, events.SUBSCRIPTION_RESTARTED, now=now)
    row.save()
    audit_write(row.merchant, "subscription.restart", "subscription", row.id, data={"version": row.version})


def _retry(charge_id: UUID, subscription_id: UUID | None, now: datetime) -> None:
    row = subscription_lock(subscription_id) if subscription_id is not None else None
    charge = Charge.objects.select_for_update(no_key=True).get(id=charge_id)
    if charge.retry_on is None or charge.state != "failed":
        return
    charge.retry_on = None
    charge.save(update_fields=["retry_on"])
    if row is not None and row.state == "active":
        charge_make(subscription=row, period_on=charge.period_on, now=now, one_off=charge.one_off)
        row.schedule_on = schedule_on(row)
        row.save(update_fields=["schedule_on"])


_COLUMNS = (
    "ids", "orders", "merchants", "agreements", "subscriptions", "mandates", "accounts", "amounts", "currencies",
    "periods", "dues", "nexts", "looks",
)  # fmt: skip
