"""What was promised and what is collected. Locks: session, subscription, mandate, charges by id, then orders."""

from ringround.onboarding.actions.agreements.changes import (
    Applied,
    Waiting,
    subscription_change,
    upgrade_apply,
)
from ringround.onboarding.actions.agreements.refunds import charge_refund
from ringround.onboarding.actions.agreements.run import charges_run, retries_run, terms_run
from ringround.onboarding.actions.agreements.signed import method_changed, one_off_id, signed_up

__all__ = [
    "Applied",
    "Waiting",
    "charge_refund",
    "charges_run",
    "method_changed",
    "one_off_id",
    "retries_run",
    "signed_up",
    "subscription_change",
    "terms_run",
    "upgrade_apply",
]
