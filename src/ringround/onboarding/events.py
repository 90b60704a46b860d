"""Events of this room: ids, states and amounts, never a personal value."""

from __future__ import annotations

from collections.abc import Mapping

from ringround.infra.event_types import declare

_SESSION = {
    "campaign": "the campaign's id",
    "lead": "the id of the campaign's lead, or null",
    "contact": "the contact's id, or null",
    "external_lead_id": "what groups the attempts on one person",
    "workflow": "the workflow's id",
    "workflow_version": "the number of its version",
    "intention": "signup or upgrade",
    "action": "what was to be done: sign_up, change_amount, …",
    "payment_type": "recurring or single",
    "service_type": "SignUpRecurring, SignUpSingle, UpgradeRecurring or UpgradeSingle",
    "subscription": "the subscription's id, or null",
    "agent": "the id of who submitted it, or null",
    "status": "its status now",
}
_SUBSCRIPTION = {
    "contact": "the contact's id, or null",
    "agreement": "the agreement's id",
    "campaign": "the id of the campaign on which it was won, or null",
    "session": "the id of the session that led to it, or null",
    "version": "its version now",
    "state": "its state now",
}
_CHARGE = {
    "contact": "the contact's id, or null",
    "agreement": "the agreement's id",
    "subscription": "the subscription's id; null for a single payment",
    "amount": "in minor units",
    "currency": "ISO 4217",
    "due_on": "the date on which it is collected",
    "attempt": "1, and one more for each new try",
}
_REASON = {"reason": "a code: why"}


def _session(verb: str, description: str, data: Mapping[str, str] | None = None) -> str:
    return declare(f"onboarding.session.{verb}", description, subject="session", data={**_SESSION, **(data or {})})


def _subscription(verb: str, description: str, data: Mapping[str, str] | None = None) -> str:
    return declare(
        f"onboarding.subscription.{verb}", description, subject="subscription", data={**_SUBSCRIPTION, **(data or {})}
    )


def _charge(verb: str, description: str, data: Mapping[str, str] | None = None) -> str:
    return declare(f"onboarding.charge.{verb}", description, subject="charge", data={**_CHARGE, **(data or {})})


SESSION_CREATED = _session("created", "A session was submitted.")
SESSION_PROCESSING = _session("processing", "A session is at its gateway, or being done.")
# A step within a status: for screens. No journey hears it, and it is no status.
SESSION_ADVANCED = declare(
    "onboarding.session.advanced", "A session's link was sent, or opened.", subject="session",
    data={"campaign": "the campaign's id", "phase": "link_sent or link_opened"},
)  # fmt: skip
SESSION_COMPLETED = _session(
    "completed", "A session succeeded.", {"late": "whether it was accepted after it had expired"}
)
SESSION_REJECTED = _session("rejected", "The donor, or the agent for them, has declined.", _REASON)
SESSION_FAILED = _session("failed", "The gateway failed, or what was to be done no longer applies.", _REASON)
SESSION_EXPIRED = _session("expired", "A session was never completed.", _REASON)
SESSION_UNWANTED = _session(
    "unwanted", "A permission was given after a session had ended with a no: it is stopped, what was taken goes back."
)
# What is told of a status.
OF_STATUS = {
    "New": SESSION_CREATED,
    "Processing": SESSION_PROCESSING,
    "Complete": SESSION_COMPLETED,
    "Rejected": SESSION_REJECTED,
    "Failed": SESSION_FAILED,
    "Expired": SESSION_EXPIRED,
}

SUBSCRIPTION_ACTIVATED = _subscription("activated", "A subscription is active.")
SUBSCRIPTION_CHANGED = _subscription(
    "changed", "A subscription was changed.", {"fields": "amount, schedule, payment_method, expires_on, hold"}
)
SUBSCRIPTION_HELD = _subscription("held", "A subscription was paused.", {"until": "the date it goes on, or null"})
SUBSCRIPTION_RESTARTED = _subscription("restarted", "A paused subscription goes on.")
SUBSCRIPTION_PASSED_OVER = _subscription(
    "passed_over",
    "Payments of a subscription are not collected: they were missed, or could come no sooner than the one after them.",
    {"periods": "the dates of the schedule that they were for", "next_on": "the day of the next payment, or null"},
)
SUBSCRIPTION_ENDED = _subscription("ended", "A subscription has ended.", _REASON)

CHARGE_CHARGED = _charge(
    "charged", "A charge was collected.", {"twice": "whether another try of its period was collected before"}
)
CHARGE_FAILED = _charge(
    "failed", "A charge was not collected.", {**_REASON, "retry_on": "the date of the next try, or null"}
)
CHARGE_MOVED = _charge(
    "moved", "A charge could not be handed over in time for its day, and has another.", {"before": "the day before"}
)
CHARGE_REFUNDED = _charge(
    "refunded", "Money of a charge was given back.", {"refunded": "how much in all, in minor units"}
)
