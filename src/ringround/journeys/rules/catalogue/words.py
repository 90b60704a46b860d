"""Choices that several nodes offer, by the words of the screens."""

from __future__ import annotations

from ringround.journeys.rules.catalogue.kinds import Option, Param
from ringround.kernel.messages import N_

STATUSES = (
    Option("new", N_("New")),
    Option("automatic_redial", N_("Automatic redial")),
    Option("common_redial", N_("Common redial")),
    Option("private_redial", N_("Private redial")),
    Option("success", N_("Success")),
    Option("not_interested", N_("Not interested")),
    Option("unqualified", N_("Unqualified")),
    Option("invalid", N_("Invalid")),
    Option("exhausted", N_("Attempts used up")),
)
# What an action may set: new comes from a reset, a private redial needs an owner and so a person.
SETTABLE = tuple(one for one in STATUSES if one.value not in ("new", "private_redial"))
CLOSED = tuple(
    one for one in STATUSES if one.value in ("success", "not_interested", "unqualified", "invalid", "exhausted")
)
OUTCOMES = (
    Option("answered", N_("Answered")),
    Option("no_answer", N_("No answer")),
    Option("busy", N_("Busy")),
    Option("machine", N_("Answering machine")),
    Option("invalid_number", N_("Invalid number")),
    Option("failed", N_("Failed")),
    Option("abandoned", N_("Abandoned")),
    Option("cancelled", N_("Cancelled")),
)
DISPOSITION_KINDS = (
    Option("engaged", N_("Engaged disposition")),
    Option("not_engaged", N_("Not engaged")),
    Option("no_contact", N_("No contact")),
    Option("callback_private", N_("Private callback")),
    Option("callback_common", N_("Common callback")),
    Option("do_not_call_back", N_("Do not call back")),
    Option("invalid", N_("Invalid")),
)
CHANNELS = (Option("sms", N_("SMS")), Option("email", N_("E-mail")))
SESSION_STATUSES = (
    Option("New", N_("New")),
    Option("Processing", N_("Processing")),
    Option("Complete", N_("Complete: it succeeded")),
    Option("Rejected", N_("Rejected by the donor")),
    Option("Failed", N_("Failed")),
    Option("Expired", N_("Expired")),
)
INTENTIONS = (Option("signup", N_("Sign-up")), Option("upgrade", N_("Upgrade")))
PAYMENT_TYPES = (Option("recurring", N_("Recurring")), Option("single", N_("Single")))
SESSION_ACTIONS = (
    Option("sign_up", N_("New agreement")),
    Option("change_amount", N_("Change of amount")),
    Option("change_frequency", N_("Change of frequency")),
    Option("change_payment_method", N_("Change of payment method")),
    Option("pause", N_("Pause")),
    Option("restart", N_("Restart")),
    Option("cancel", N_("End")),
    Option("set_expiry", N_("End date")),
)
# What becomes of agreements, with the event that tells it.
AGREEMENT_CHANGES = {
    "activated": ("onboarding.subscription.activated", N_("The agreement is active")),
    "changed": ("onboarding.subscription.changed", N_("Amount, frequency, payment method or end date changed")),
    "held": ("onboarding.subscription.held", N_("Paused")),
    "restarted": ("onboarding.subscription.restarted", N_("Goes on after a pause")),
    "ended": ("onboarding.subscription.ended", N_("The agreement has ended")),
    "charged": ("onboarding.charge.charged", N_("A charge was collected")),
    "charge_failed": ("onboarding.charge.failed", N_("A charge failed")),
    "refunded": ("onboarding.charge.refunded", N_("Money was given back")),
}
WEEKDAYS = (
    Option("mon", N_("Monday")),
    Option("tue", N_("Tuesday")),
    Option("wed", N_("Wednesday")),
    Option("thu", N_("Thursday")),
    Option("fri", N_("Friday")),
    Option("sat", N_("Saturday")),
    Option("sun", N_("Sunday")),
)
EVERY_DAY = tuple(one.value for one in WEEKDAYS)

TEMPLATE = {
    channel: Param(name="template", type="template", of=channel, label=N_("Template"), required=True)
    for channel in ("sms", "email")
}
TIME = Param(name="time", type="time", label=N_("Time of day"), required=True)
DAYS = Param(
    name="days",
    type="choices",
    label=N_("Weekdays"),
    options=WEEKDAYS,
    default=list(EVERY_DAY),
    required=True,
)
