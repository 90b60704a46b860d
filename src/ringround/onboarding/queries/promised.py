"""When the first payment is taken, in words: as it would be by now, and as it has come to be."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ringround.infra import clock
from ringround.onboarding.accounts import account_for
from ringround.onboarding.models import Session
from ringround.onboarding.queries.asked import able
from ringround.onboarding.rules.agreed import Agreed
from ringround.onboarding.rules.bankdays import Notice
from ringround.onboarding.rules.schedule import first_charge_promise


def promise_of_session(session: Session) -> str:
    """When the first payment of a session is taken, in words; of one that is complete, what it has come to."""
    if not session.agreed:
        return ""
    if session.status == "Complete":
        made = session.subscription
        if made is None:
            return ""
        day = date_format(made.starts_on, "DATE_FORMAT")
        if session.agreed.get("one_off"):
            account = session.account
            if account is not None and not able(account, session.payment_method).one_off_start:
                return _ordered(day)
            return _("First payment with the approval, the next on %(day)s.") % {"day": day}
        return _("First payment on %(day)s.") % {"day": day}
    agreed = Agreed.from_json(session.agreed)
    return promised(session.merchant_id, replace(agreed, method=session.payment_method or agreed.method))


def promised(merchant_id: UUID, agreed: Agreed) -> str:
    """When the first payment is taken of what would be agreed now; "" where that cannot be said yet."""
    account = account_for(merchant_id=merchant_id, method=agreed.method) if agreed.method else None
    if account is None:
        return ""
    if agreed.payment_type == "single":
        return _("Taken when the donor approves.")
    merchant = account.merchant
    rail = able(account, agreed.method)
    notice = Notice.of(rail, merchant.region)
    promise = first_charge_promise(
        clock.now(), ZoneInfo(merchant.timezone), notice, start=agreed.start, day=agreed.day, schedule=agreed.schedule,
        one_off=agreed.one_off,
    )  # fmt: skip
    words = date_format(promise.due_on, "DATE_FORMAT")
    if agreed.one_off and not rail.one_off_start:
        return _ordered(words)
    if agreed.one_off:
        return _("First payment when the donor approves, the next on %(day)s.") % {"day": words}
    return _("First payment on %(day)s, if the donor approves today.") % {"day": words}


def _ordered(day: str) -> str:
    """Of a rail that takes no payment with the approval: the first is ordered afterwards."""
    return _("First payment as soon as it can be collected, the next on %(day)s.") % {"day": day}
