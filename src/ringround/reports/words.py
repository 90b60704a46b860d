"""Words of the reports: their names, their columns, and what each figure means."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.texts import CAMPAIGN_STATES, KINDS, LEAD_STATUSES
from ringround.onboarding import texts as onboarding
from ringround.telephony.texts import OUTCOMES
from ringround.ui import tones

Text = str | Promise

TITLES: dict[str, Text] = {
    "agent_hours": _("Agents' hours"),
    "agent_results": _("Agents' results"),
    "campaign_results": _("Campaigns' results"),
    "dispositions": _("Dispositions"),
    "call_log": _("Call log"),
    "callbacks": _("Callbacks"),
    "sessions": _("Sessions"),
    "sessions_by_agent": _("Sessions by agent"),
}
ABOUT: dict[str, Text] = {
    "agent_hours": _("How long agents were signed in, and what the time went to."),
    "agent_results": _("What each agent reached, and how much of it for each hour of work."),
    "campaign_results": _("How far campaigns have come, and when people are reached."),
    "dispositions": _("What agents said of their contacts."),
    "call_log": _("Every call that began in the period."),
    "callbacks": _("Every callback agreed for the period, and what became of it."),
    "sessions": _("Every session submitted in the period, and how it stands."),
    "sessions_by_agent": _("What came of the sessions that each agent submitted in the period."),
}
BREAKDOWNS: dict[str, Text] = {
    "agent": _("By agent"),
    "campaign": _("By campaign"),
    "day": _("By day"),
    "hour": _("By hour of the day"),
    "disposition": _("By disposition"),
}
COLUMNS: dict[str, Text] = {
    "agent": _("Agent's id"),
    "name": _("Agent"),
    "day": _("Day"),
    "hour": _("Hour"),
    "campaign": _("Campaign's id"),
    "campaign_name": _("Campaign"),
    "state": _("State"),
    "signed_in_s": _("Signed in"),
    "work_s": _("Work"),
    "ready_s": _("Ready"),
    "preview_s": _("Looking"),
    "dial_s": _("Dialling"),
    "talk_s": _("Talking"),
    "wrap_s": _("Wrapping up"),
    "pause_s": _("Breaks"),
    "occupancy": _("Occupancy"),
    "first_at": _("First"),
    "last_at": _("Last"),
    "attempts": _("Attempts"),
    "calls": _("Calls"),
    "contacts": _("Contacts"),
    "engaged": _("Engaged"),
    "target": _("Target"),
    "contact_rate": _("Contact rate"),
    "conversion": _("Conversion"),
    "calls_per_hour": _("Calls per hour"),
    "contacts_per_hour": _("Contacts per hour"),
    "engaged_per_hour": _("Engaged per hour"),
    "leads": _("Leads"),
    "open": _("Open leads"),
    "tried": _("Tried"),
    "penetration": _("Penetration"),
    "completion": _("Closed share"),
    "disposition": _("Disposition's id"),
    "disposition_name": _("Disposition"),
    "kind": _("Kind"),
    "share": _("Share"),
    "id": _("Id"),
    "lead": _("Lead's id"),
    "contact_name": _("Contact"),
    "number": _("Number"),
    "direction": _("Direction"),
    "outcome": _("Result"),
    "started_at": _("Began"),
    "duration_s": _("Length"),
    "at": _("Agreed for"),
    "private": _("Private"),
    "overdue": _("Overdue"),
    "owner": _("Owner's id"),
    "owner_name": _("Owner"),
    "created_at": _("Booked"),
    "created_by_name": _("Booked by"),
    "submitted_at": _("Submitted"),
    "completed_at": pgettext_lazy("session", "Completed"),
    "status": _("Status"),
    "service_type": _("Service"),
    "action": _("Action"),
    "workflow": _("Workflow"),
    "agency": _("Agency's id"),
    "agency_name": _("Agency"),
    "external_lead_id": _("External lead ID"),
    "amount": _("Amount"),
    "payment_method": _("Payment method"),
    "reason": _("Reason"),
    "sessions": _("Sessions"),
    "pending": _("Under way"),
    "complete": pgettext_lazy("session", "Complete"),
    "rejected": pgettext_lazy("session", "Rejected"),
    "failed": pgettext_lazy("session", "Failed"),
    "expired": pgettext_lazy("session", "Expired"),
    "recurring": _("Recurring"),
    "single": _("Single payment"),
    "success": _("Success rate"),
}
# What stands at the foot of a report, by its column.
MEANINGS: dict[str, Text] = {
    "signed_in_s": _(
        "The time an agent worked on a campaign, breaks included. A lost connection ends it until it is back."
    ),
    "work_s": _("Signed in, without the breaks."),
    "ready_s": _("Waiting for the next contact."),
    "preview_s": _("A contact in hand, before the call."),
    "dial_s": _("From dialling to the answer, where the exchange tells it."),
    "talk_s": _(
        "In a call. An agent's own telephone does not tell when it is answered, so there it begins with dialling."
    ),
    "wrap_s": _("From the end of the call until the agent is ready again."),
    "pause_s": _("On a break, by its reason."),
    "occupancy": _("The share of the work that went to contacts: looking, dialling, talking and wrapping up."),
    "attempts": _(
        "Tries of a contact, however many numbers were dialled in each; counted when the disposition is saved."
    ),
    "calls": _("Calls that began in the period and have ended, each number dialled by itself; as in the call log."),
    "contacts": _("Attempts in which a person answered."),
    "engaged": _(
        "Dispositions that count towards the target, less those that ceased to count in the period: reset, or no "
        "success after all. All days together are the figure on the board."
    ),
    "contact_rate": _("Contacts of attempts."),
    "conversion": _("Engaged of contacts."),
    "calls_per_hour": _("Calls for each hour of work."),
    "contacts_per_hour": _("Contacts for each hour of work."),
    "engaged_per_hour": _("Engaged for each hour of work."),
    "leads": _("As they are now, whatever the period; so are their statuses."),
    "penetration": _("The share of the leads that have been tried at least once, since their last reset."),
    "completion": _("The share of the leads that are closed."),
    "share": _("Of all attempts of the report."),
    "outcome": _("What came of the call; a call under way has none yet."),
    "duration_s": _("From dialling until its disposition was saved, or the call ended without one."),
    "overdue": _("Its time has come, and it has not been taken."),
    "sessions": _("Sessions submitted in the period, as they stand now."),
    "pending": _("Submitted, and not ended: new, or at the payment provider."),
    "recurring": _("Of the complete ones, those of recurring agreements; changes of agreements among them."),
    "single": _("Of the complete ones, those of single payments."),
    "success": _("Complete of those that have ended."),
    "amount": _("What was agreed for each time; a change of an agreement has none of its own."),
}  # fmt: skip
STATUS_PREFIX = "status_"
CALLBACK_STATES: dict[str, Text] = {
    "booked": _("Booked"),
    "done": _("Taken"),
    "cancelled": pgettext_lazy("of a callback", "Cancelled"),
}
DIRECTIONS: dict[str, Text] = {"out": _("Out"), "in": _("In")}
WEEKDAYS: tuple[Text, ...] = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


def status_label(status: str) -> Text:
    """A lead's status as the head of a column."""
    return LEAD_STATUSES[status][1]


def pause_label(reason: str) -> str:
    """A break's reason as the head of a column."""
    return gettext("Break: %(reason)s") % {"reason": gettext(reason) if reason else gettext("no reason given")}


def value_words(report: str, key: str, value: Any) -> Text:
    """A value that is a word of ours, as people read it; else as it is."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if key == "outcome" and value in OUTCOMES:
        return OUTCOMES[value][1]
    if key == "kind" and value in KINDS:
        return KINDS[value]
    if key == "direction" and value in DIRECTIONS:
        return DIRECTIONS[value]
    if report == "sessions" and (said := _session_word(key, value)):
        return said
    if key == "state":
        if report == "callbacks" and value in CALLBACK_STATES:
            return CALLBACK_STATES[value]
        if report == "campaign_results" and value in CAMPAIGN_STATES:
            return CAMPAIGN_STATES[value][1]
    return "" if value is None else str(value)


def _session_word(key: str, value: Any) -> Text:
    if key == "reason":
        return onboarding.reason_text(value) if value else ""
    if key == "status" and value in onboarding.STATUSES:
        return onboarding.STATUSES[value][1]
    words = {
        "service_type": onboarding.SERVICE_TYPES,
        "action": onboarding.ACTIONS,
        "payment_method": onboarding.METHODS,
    }
    return words[key].get(value, "") if key in words else ""


# --- reports by e-mail ------------------------------------------------------------------------

EVERY: dict[str, Text] = {"daily": _("Each day"), "weekly": _("Each week"), "monthly": _("Each month")}
LANGUAGE_NAMES: dict[str, Text] = {"da": "Dansk", "en": "English"}
WEEKDAYS_WHOLE: tuple[Text, ...] = (
    _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
)  # fmt: skip
SENDING_STATES: dict[str, tuple[str, Text]] = {
    "queued": ("info", _("On its way")),
    "done": ("success", _("Sent")),
    "failed": ("danger", _("Failed")),
}
MAIL_STATES: dict[str, tuple[str, Text]] = {
    "queued": ("info", _("Waits")),
    "sent": ("success", _("Sent")),
    "failed": ("danger", _("Failed")),
    "skipped": ("neutral", _("Not sent")),
}
# Why it did not go out.
MAIL_ERRORS: dict[str, Text] = {
    "mail_server": _("The mail server did not take it."),
    "unreachable": _("The mail server could not be reached."),
    "interrupted": _("It was interrupted. Send it again."),
    "stopped": _("Stopped by the recipient"),
    "removed": _("Taken off before it was sent"),
    "not_visible": _("The campaign is not your organisation's to see any more."),
    "handed_over": _("The organisation had got a new owner."),
    "closed": _("The work for this organisation is over."),
    "report_too_large": _("The report is too large for a mail."),
    "too_many_rows": _("Too many rows for a workbook. Ask for CSV, or for a shorter period."),
    "report_too_slow": _("This takes too long. Ask for less at once."),
}


def mail_error(code: str) -> str:
    """Why a mail did not go out, in words; what the mail server answered by its number."""
    if code.replace(" ", "").isdigit():
        return gettext("The mail server answered %(code)s.") % {"code": code}
    return str(MAIL_ERRORS.get(code, MAIL_ERRORS["mail_server"])) if code else ""


def describe(one: Any) -> str:
    """When a schedule sends: `Mondays at 07:00`."""
    at = f"{one.at:%H:%M}"
    if one.every == "weekly":
        weekday = str(WEEKDAYS_WHOLE[one.weekday])
        # A name in English, a plain word in Danish.
        weekday = weekday.lower() if get_language() == "da" else weekday
        return gettext("Each %(weekday)s at %(at)s") % {"weekday": weekday, "at": at}
    if one.every == "monthly":
        return gettext("On day %(day)s of each month at %(at)s") % {"day": one.monthday, "at": at}
    return gettext("Each day at %(at)s") % {"at": at}


EXPORT_STATES = {
    "queued": ("info", _("Waiting")),
    "running": ("info", _("Being made")),
    "done": ("success", _("Ready")),
    "failed": ("danger", _("Failed")),
    "gone": ("neutral", _("Deleted")),
}


def tone_words() -> None:
    """Say how states look; called when the app is ready."""
    tones.add("report_sending", SENDING_STATES)
    tones.add("client_export", EXPORT_STATES)
    tones.add("report_mail", MAIL_STATES)
