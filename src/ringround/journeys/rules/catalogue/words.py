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
