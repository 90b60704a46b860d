"""Changing a subscription: by a session, by the merchant's own people, by its date, by its payer or their bank.

The version rises with what took effect. Where the rail is to be told of a change, the change waits for its answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ringround.infra import clock
from ringround.infra.unit import action as unit_action
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.kernel.messages import N_
from ringround.kernel.text import clean
from ringround.onboarding import events
from ringround.onboarding.actions.agreements.collecting import (
    Passed,
    charge_make,
    charges_call_back,
    mandate_stop,
    payments_passed,
)
from ringround.onboarding.actions.agreements.store import (
    OF_ACTION,
    audit_write,
    put,
    subscription_lock,
    subscription_tell,
)
from ringround.onboarding.actions.orders import order_drop, order_put
from ringround.onboarding.models import GatewayOrder, Session, Subscription
from ringround.onboarding.queries.access import own_subscriptions
from ringround.onboarding.rules import subscription as rules
from ringround.onboarding.rules.due import collected_on, due_by, hand_in, period_after, periods_before
from ringround.onboarding.rules.subscription import Refused
from ringround.onboarding.standing import notice_of, rail_of_mandate, standing_of, today_of
from ringround.orgs import actions as orgs
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

# What the rail may have to be told of, or to agree to.
_AT_RAIL = ("change_amount", "change_frequency")
# What is not collected any more by then is called back.
_ENDING = ("pause", "cancel", "set_expiry")


@dataclass(frozen=True, slots=True)
class Applied:
    """It is done."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class Waiting:
    """The rail has been asked; its answer does it, or refuses it."""

    subscription: Subscription


def subscription_act(
    *, subscription_id: UUID, what: str, params: Mapping[str, Any], now: datetime, actor: Actor | None = None,
    session_id: UUID | None = None, agreed: bool = False,
) -> Applied | Waiting | Refused:  # fmt: skip
    """Change a subscription, in the caller's transaction. The parameters are right. `agreed`: the rail has said yes."""
    row = subscription_lock(subscription_id)
    rail = rail_of_mandate(row.mandate)
    today, notice = today_of(row.merchant, now), notice_of(row)
    after = rules.act(standing_of(row), what, params, today=today, notice=notice)
    if isinstance(after, Refused):
        return after
    if what in _AT_RAIL and row.mandate is not None and row.mandate.state == "active" and not agreed:
        if rail.tell_changes:
            _ask_rail(row, what, params, now=now, session_id=session_id)
            return Waiting(row)
        if what == "change_amount" and not rail.change_amount:
            return Refused("refused_by_rail")
    last = after.expires_on if what == "set_expiry" else None
    freed = charges_call_back(subscription=row, now=now, last=last) if what in _ENDING else None
    if freed is not None:
        # What was called back is due again when it goes on, and counts among what is skipped.
        renewed = rules.act(standing_of(row), what, params, today=today, notice=notice, freed=freed)
        assert not isinstance(renewed, Refused)
        after = renewed
    put(row, after)
    _settle(row, what, freed, now)
    kind, more = OF_ACTION[what]
    if what == "pause":
        more = {"until": (row.hold or {}).get("until")}
    if what == "cancel":
        row.ended_reason, row.ended_at = "cancelled", now
        row.ended_note = clean(params.get("reason") or "")
    subscription_tell(row, kind, now=now, session_id=session_id, **more)
    row.save()
    shown: dict[str, Any] = {"version": row.version, **({"session": str(session_id)} if session_id else {})}
    if row.ended_note and what == "cancel":
        # That it was told why, and not the words: what is sealed cannot be emptied.
        shown["noted"] = True
    audit_write(row.merchant, f"subscription.{what}", "subscription", row.id, actor=actor, data=shown)
    return Applied(row)


def _settle(row: Subscription, what: str, freed: date | None, now: datetime) -> None:
    """What a change means for what is collected; the row is saved by the caller. `freed`: the earliest period that was
    called back."""
    if what == "set_expiry" and freed is not None and row.next_due_on is not None:
        row.next_due_on = min(freed, row.next_due_on)
    if what == "cancel" and row.mandate is not None:
        mandate_stop(row.mandate, now=now)
    row.schedule_on = schedule_on(row)


def period_freed(row: Subscription, period: date, *, now: datetime) -> None:
    """A charge that was at the rail has been called back for a pause: its period counts among what is skipped. The row
    is locked."""
    before = standing_of(row)
    after = rules.hold_freed(before, period=period, today=today_of(row.merchant, now), notice=notice_of(row))
    if after != before:
        put(row, after)
        if after.hold != before.hold:
            subscription_tell(row, events.SUBSCRIPTION_CHANGED, now=now, fields=["hold"])
        row.save(update_fields=["hold", "held_until", "next_due_on", "starts_on", "event_no"])


def schedule_on(row: Subscription) -> date | None:
    """From which day on the charge run looks at a subscription; None: it does not."""
    if row.state != "active" or row.next_due_on is None or row.mandate_id is None:
        return None
    notice = notice_of(row)
    if row.expires_on is not None and collected_on(row.next_due_on, notice) > row.expires_on:
        return None
    return hand_in(row.next_due_on, notice)


def _ask_rail(
    row: Subscription, what: str, params: Mapping[str, Any], *, now: datetime, session_id: UUID | None
) -> None:
    assert row.mandate is not None
    if GatewayOrder.objects.filter(subject_id=row.mandate.id, what="update_mandate", state="pending").exists():
        raise Conflict("change_under_way", N_("The payment provider is being asked for another change just now."))
    order_put(
        account_id=row.mandate.account_id, what="update_mandate", subject_id=row.mandate.id, lane_id=row.mandate.id,
        key=f"update_mandate:{row.id.hex}:{row.version}:{(session_id or new_id()).hex}", at=now,
        data={"subscription": str(row.id), "action": what, "params": dict(params),
              "currency": row.currency, "session": str(session_id) if session_id else None},
    )  # fmt: skip


def upgrade_apply(*, session: Session, now: datetime) -> Applied | Waiting | Refused:
    """The local act of a session, which is locked by the caller."""
    assert session.subscription_id is not None
    return subscription_act(
        subscription_id=session.subscription_id, what=session.action, params=session.params, now=now,
        session_id=session.id,
    )  # fmt: skip


def upgrade_drop(*, session: Session, now: datetime) -> bool:
    """Take back what the rail was to be asked for a session, which is locked; False where it is being asked, or may
    have been."""
    assert session.subscription_id is not None
    row = subscription_lock(session.subscription_id)
    if row.mandate_id is None:
        return True
    return order_drop(subject_id=row.mandate_id, what="update_mandate", now=now) is not False


@unit_action
def subscription_change(
    *, actor: Actor, subscription_id: UUID, what: str, params: Mapping[str, Any] | None = None
) -> Applied | Waiting:
    """A change by the merchant's own people: pause, restart, cancel, change_amount, change_frequency, set_expiry.
    Conflict `wrong_state` with the states in which it applies, `refused_by_rail`; Invalid."""
    found = own_subscriptions(actor).filter(id=subscription_id).select_related("merchant").first()
    if found is None:
        raise NotFound("subscription")
    permissions.require(actor, "onboarding.agreements.change")
    orgs.still_acting(actor=actor)
    now = clock.now()
    given = dict(params or {})
    if faults := rules.faults_of(what, given, today=today_of(found.merchant, now)):
        raise Invalid(faults)
    done = subscription_act(subscription_id=found.id, what=what, params=given, now=now, actor=actor)
    if isinstance(done, Refused):
        if done.reason == "refused_by_rail":
            raise Conflict("refused_by_rail", N_("The payment provider does not let this be changed."))
        raise Conflict("wrong_state", N_("The agreement is not in a state in which this can be done."), done.allowed)
    return done


def subscription_end(row: Subscription, *, reason: str, now: datetime, expired: bool = False) -> bool:
    """It is not collected any more: its payer or their bank has stopped the mandate, or its end date has passed. The
    row is locked. Whether it was collected before."""
    if not subscription_over(row, reason=reason, now=now, expired=expired):
        return False
    charges_call_back(subscription=row, now=now)
    if row.mandate is not None and row.mandate.state == "active":
        mandate_stop(row.mandate, now=now)
    row.save()
    return True


def subscription_over(row: Subscription, *, reason: str, now: datetime, expired: bool = False) -> bool:
    """As `subscription_end`, for the row alone, which the caller saves: what is open of it is the caller's."""
    command = rules.Command.EXPIRE if expired else rules.Command.CANCEL
    if not rules.TABLE.can(rules.State(row.state), command):
        return False
    row.state = rules.TABLE.step(rules.State(row.state), command).value
    row.version += 1
    row.schedule_on = None
    if reason != "mandate_stopped":
        # A mandate may come back, and a pause with it.
        row.hold, row.held_until = None, None
    row.ended_reason, row.ended_at = reason, now
    subscription_tell(row, events.SUBSCRIPTION_ENDED, now=now, reason=reason)
    audit_write(row.merchant, "subscription.ended", "subscription", row.id, data={"reason": reason})
    return True


def subscription_back(row: Subscription, *, now: datetime) -> bool:
    """The mandate is back that was stopped by its payer or their bank. The row is locked, and the caller saves it where
    this is true."""
    if row.state != "inactive" or row.ended_reason != "mandate_stopped" or row.next_due_on is None:
        return False
    if row.merchant.closing_at is not None:
        return False
    held = bool(row.hold)
    if not held:
        put(row, rules.restarted(standing_of(row), today=today_of(row.merchant, now), notice=notice_of(row)))
    row.state, row.version = ("on_hold" if held else "active"), row.version + 1
    row.ended_reason, row.ended_at, row.schedule_on = "", None, schedule_on(row)
    if held:
        subscription_tell(row, events.SUBSCRIPTION_HELD, now=now, until=(row.hold or {}).get("until"))
    else:
        subscription_tell(row, events.SUBSCRIPTION_ACTIVATED, now=now)
    audit_write(row.merchant, "subscription.reinstated", "subscription", row.id)
    return True


def collect_due(row: Subscription, *, now: datetime, least: date = date.min) -> None:
    """Make what is due of a subscription that is locked, and move it on; the row is not saved. What would be collected
    before `least` is passed over."""
    today = today_of(row.merchant, now)
    if row.next_due_on is not None:
        notice = notice_of(row)
        before = periods_before(row.next_due_on, row.schedule, row.anchor_day, least=least, notice=notice)
        if before:
            row.next_due_on = period_after(before[-1], row.schedule, row.anchor_day)
            on = collected_on(row.next_due_on, notice)
            over = row.expires_on is not None and on > row.expires_on
            payments_passed([Passed(row, before, None if over else on)], now=now)
    day = schedule_on(row)
    if day is not None and day <= today and row.next_due_on is not None:
        due = due_by(row.next_due_on, row.schedule, row.anchor_day, today=today, notice=notice_of(row))
        if due.passed:
            over = row.expires_on is not None and due.due_on > row.expires_on
            payments_passed([Passed(row, due.passed, None if over else due.due_on)], now=now)
        if due.now:
            charge_make(subscription=row, period_on=due.period, now=now)
        row.next_due_on = due.following
    row.schedule_on = schedule_on(row)
