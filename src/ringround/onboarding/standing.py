"""A subscription, its rail and its merchant's day, as the rules see them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ringround.kernel.calendar import local_date
from ringround.onboarding.accounts import account_sealed
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import Capabilities
from ringround.onboarding.models import GatewayAccount, Mandate, Subscription
from ringround.onboarding.rules.bankdays import Notice
from ringround.onboarding.rules.subscription import Standing, State
from ringround.orgs.actor import Organisation

# A rail that is not known any more (its kind is gone, or the account's method): nothing is asked of it but days.
UNKNOWN_RAIL = Capabilities()


def today_of(merchant: Organisation, now: datetime) -> date:
    """The date on the merchant's wall."""
    return local_date(now, ZoneInfo(merchant.timezone))


def rail_of(account: GatewayAccount | None, method: str) -> Capabilities:
    """What can be had by a method of this account, also while no key of ours opens it: its days stay the rail's."""
    if account is None or account.kind not in DRAWERS:
        return UNKNOWN_RAIL
    try:
        return DRAWERS[account.kind].capabilities(account_sealed(account), method)
    except ValueError:
        return UNKNOWN_RAIL


def rail_of_mandate(mandate: Mandate | None) -> Capabilities:
    """What can be had by a mandate."""
    return rail_of(mandate.account, mandate.method) if mandate is not None else UNKNOWN_RAIL


def notice_of(row: Subscription) -> Notice:
    """How long before its date the rail of a subscription wants a charge, by the merchant's bank days."""
    return Notice.of(rail_of_mandate(row.mandate), row.merchant.region)


def standing_of(row: Subscription) -> Standing:
    """The subscription as the rules see it."""
    return Standing(
        state=State(row.state), amount=row.amount, schedule=row.schedule, anchor_day=row.anchor_day,
        expires_on=row.expires_on, hold=row.hold, held_until=row.held_until, next_due_on=row.next_due_on,
        version=row.version,
    )  # fmt: skip
