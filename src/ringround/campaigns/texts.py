"""Words of this room: states, statuses, kinds and outcomes, what a gate says, and how a lead's history is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from ringround.compliance.rules import Gate
from ringround.compliance.texts import describe
from ringround.infra import clock, outbound
from ringround.kernel.messages import Message
from ringround.messaging.texts import reason_text
from ringround.ui import tones
from ringround.ui.format import in_zone, moment_text

Text = str | Promise

CAMPAIGN_STATES: dict[str, tuple[str, Text]] = {
    "unapproved": ("neutral", _("Unapproved")),
    "approved": ("info", _("Approved")),
    "running": ("success", _("Running")),
    "paused": ("warning", _("Paused")),
    "completed": ("accent", _("Completed")),
    "archived": ("neutral", _("Archived")),
}
LEAD_STATUSES: dict[str, tuple[str, Text]] = {
    "new": ("info", _("New")),
    "automatic_redial": ("neutral", _("Automatic redial")),
    "common_redial": ("accent", _("Common redial")),
    "private_redial": ("accent", _("Private redial")),
    "success": ("success", _("Success")),
    "not_interested": ("danger", _("Not interested")),
    "unqualified": ("warning", _("Unqualified")),
    "invalid": ("warning", _("Invalid")),
    "exhausted": ("warning", _("Attempts used up")),
}
MODES: dict[str, Text] = {
    "manual": _("Manual"),
    "preview": _("Preview"),
    "progressive": _("Progressive"),
    "predictive": _("Predictive"),
    "auto_callback": _("Automatic callback"),
    "street": _("Street"),
}
KINDS: dict[str, Text] = {
    "engaged": pgettext_lazy("kind of disposition", "Engaged"),
    "not_engaged": _("Not engaged"),
    "no_contact": _("No contact"),
    "callback_private": _("Private callback"),
    "callback_common": _("Common callback"),
    "do_not_call_back": _("Do not call back"),
    "invalid": _("Invalid"),
    "no_action": _("No action"),
}
OUTCOMES: dict[str, Text] = {
    "answered": _("Answered"),
    "no_answer": _("No answer"),
    "busy": _("Busy"),
    "machine": _("Answering machine"),
    "invalid_number": _("Invalid number"),
    "failed": _("Failed"),
    "abandoned": _("Abandoned"),
    "cancelled": _("Cancelled"),
}
FIELD_TYPES: dict[str, Text] = {
    "text": _("Text"),
    "long_text": _("Long text"),
    "number": _("A number"),
    "date": _("Date"),
    "datetime": _("Date and time"),
    "choice": _("One choice"),
    "multi_choice": _("Several choices"),
    "bool": _("Yes or no"),
    "email": _("E-mail"),
    "phone": _("Phone number"),
}
RULES: dict[str, Text] = {
    "my_callback": _("own callback"),
    "common_callback": _("common callback"),
    "urgent": _("urgent"),
    "retry": _("retry"),
    "new": _("new lead"),
    "held": _("already held"),
    "reserved": _("reserved by a supervisor"),
    "taken": _("own callback, before its time"),
}


SITE_STATES: dict[str, tuple[str, Text]] = {
    "pending": ("info", _("Waiting")),
    "delivered": ("success", _("Delivered")),
    "failed": ("danger", _("Given up")),
}
# Why a try of telling an external site failed; the same codes stand in the API.
SITE_ERRORS: dict[str, Text | Message] = {
    **outbound.WORDS,
    "refused": _("The other system answered, but did not accept it."),
    "redirect": _("The other system answered with a redirect. Redirects are not followed: write the final address."),
    "internal": _("A fault of ours; it is logged."),
    "too_long": _("What was filled in is too long to be sent."),
    "unreadable_headers": _("The site's headers cannot be read with the keys that are here. Write them anew."),
    "handed_over": _("The organisation had got a new owner. Nothing was sent."),
    "link_ended": _("The link between the two organisations has ended."),
    "moved": _("It was for the server where the site was before."),
}


def tone_words() -> None:
    """Say how states look; called when the app is ready."""
    tones.add("campaign", CAMPAIGN_STATES)
    tones.add("lead", LEAD_STATUSES)
    tones.add("site_delivery", SITE_STATES)


# --- gates ------------------------------------------------------------------------------------

GATES: dict[str, Text] = {
    "campaign_running": _("The campaign runs"),
    "campaign_window": _("Between the campaign's start and end"),
    "lead_hours": _("Calling hours where the lead is"),
    "open": _("The lead is open"),
    "active": _("The lead is active"),
    "not_snoozed": _("Not snoozed"),
    "not_expired": _("Not expired"),
    "due": _("The time of the next contact has come"),
    "attempts": _("Attempts left"),
    "number_attempts": _("A number that may be dialled"),
    "not_reserved": _("Not held by anybody else"),
    "assigned_to_me": _("Kept for nobody else"),
    "owner": _("Callback of its agent"),
    "suppression": _("Not on a suppression list"),
    "deactivation": _("Not deactivated in the contact list"),
    "frequency": _("Not contacted too often"),
    "basis": _("Basis for the contact"),
    "number_busy": _("Number not in use through another lead"),
}
# The same, where leads are counted that fail one: what holds them back.
SHUT_GATES: dict[str, Text] = {
    "open": _("Closed already"),
    "campaign_running": _("The campaign does not run"),
    "campaign_window": _("Before the campaign's start, or after its end"),
    "lead_hours": _("Outside the calling hours where they are"),
    "active": _("Deactivated"),
    "not_snoozed": _("“Do not call back” for now"),
    "not_expired": _("Expired"),
    "due": _("Rest until their next contact"),
    "attempts": _("Attempts used up"),
    "number_attempts": _("No number left to dial"),
    "not_reserved": _("With an agent right now"),
    "assigned_to_me": _("Nobody is put on the campaign"),
    "owner": _("Callback of an agent who is gone"),
    "suppression": _("On a suppression list"),
    "deactivation": _("Deactivated in the contact list"),
    "frequency": _("Contacted too often lately"),
    "basis": _("No basis for the contact"),
    "number_busy": _("Number in use through another lead"),
}
_GATE_DETAILS: dict[str, Text] = {
    "inactive": _("The lead was deactivated."),
    "not_due": _("Next contact is %(at)s."),
    "snoozed": _("Snoozed until %(at)s."),
    "expired": _("Expired %(at)s."),
    "attempts": _("%(attempts)s of %(max)s attempts made."),
    "no_number_left": _("All numbers are suppressed, or their attempts are used up."),
    "no_valid_number": _("The contact has no valid phone number."),
    "reserved_by_me": _("Held by %(name)s."),
    "reserved": _("%(name)s holds it until %(until)s."),
    "skipped": _("Skipped by this agent; not offered to them before %(until)s."),
    "assigned": _("Kept for %(name)s."),
    "no_owner": _("A private callback whose agent is gone."),
    "owned": _("A private callback of %(name)s."),
    "number_busy": _("A number of it is in use through another lead until %(until)s."),
}


def gate_words(gate: Gate) -> str:
    """Why the gate is as it is, in the reader's language and zone; empty where there is nothing to say."""
    detail = gate.detail
    if detail is None:
        return ""
    params = {name: _shown(name, value) for name, value in detail.params.items()}
    if detail.code == "campaign_state":
        return gettext("The campaign is: %(state)s.") % {"state": CAMPAIGN_STATES[str(detail.params["state"])][1]}
    if detail.code == "status":
        return gettext("The status is: %(status)s.") % {"status": LEAD_STATUSES[str(detail.params["status"])][1]}
    if detail.code == "suppressed" and not detail.params.get("lists"):
        return gettext("The contact or its numbers are on a suppression list.")
    if detail.code == "suppressed":
        return gettext("The number is on a suppression list.")
    if detail.code == "deactivated" and "column" not in detail.params:
        return gettext("The deactivation column says that the lead is not to be called.")
    if detail.code in _GATE_DETAILS:
        return str(_GATE_DETAILS[detail.code]) % params
    sentence = describe(detail)
    return str(sentence) if sentence is not None else ""


# --- the timeline -----------------------------------------------------------------------------

_TOLD: dict[str, Text] = {
    "handed_out": _("Given to an agent (%(rule)s)"),
    "reserved": _("Reserved for an agent"),
    "skipped": _("Skipped"),
    "released": _("Released (%(reason)s)"),
    "lapsed": _("The reservation lapsed"),
    "dispositioned": _("%(disposition)s"),
    "callback_booked": _("Callback booked for %(at)s (%(private)s)"),
    "callback_moved": _("Callback moved to %(at)s (%(private)s)"),
    "callback_cancelled": _("Callback cancelled"),
    "private_released": _("Private callback became common (%(reason)s)"),
    "expired": _("Expired"),
    "reset": _("Reset: new again"),
    "status_set": _("Status changed from %(from)s to %(to)s"),
    "changed": _("Changed: %(fields)s"),
    "added": _("Added to the campaign"),
    "recycled": _("Made anew of a lead of another campaign"),
    "number_tried": _("Called %(number)s: %(outcome)s"),
    "called": _("Called %(number)s"),
    "session_submitted": _("Session submitted"),
    "session_complete": _("Session completed"),
    "session_rejected": _("Session rejected"),
    "session_failed": _("Session failed"),
    "session_expired": _("Session expired"),
    "journey_reset": _("%(by)s: reset, new again"),
    "journey_deactivate": _("%(by)s: deactivated"),
    "journey_activate": _("%(by)s: active again"),
    "journey_close": _("%(by)s: closed as %(status)s"),
    "journey_set_status": _("%(by)s: status set to %(status)s"),
    "journey_next_contact": _("%(by)s: next contact %(at)s"),
    "journey_fast_forward": _("%(by)s: quarantine ended"),
    "journey_assign": _("%(by)s: kept for another agent"),
    "journey_release": _("%(by)s: released"),
    "journey_set_field": _("%(by)s: an answer was filled in"),
    "journey_contact_field": _("%(by)s: the contact was changed"),
    "journey_priority": _("%(by)s: another priority"),
    "journey_urgent": _("%(by)s: urgent"),
    "journey_snooze": _("%(by)s: snoozed until %(until)s"),
    "journey_suppress": _("%(by)s: on the suppression list"),
    "journey_add": _("%(by)s: added to another campaign"),
    "journey_move": _("%(by)s: moved to another campaign"),
    "sms_queued": _("SMS waits to be sent"),
    "sms_sent": _("SMS sent"),
    "sms_skipped": _("SMS not sent"),
    "sms_failed": _("SMS failed"),
    "sms_bounced": _("SMS failed"),
    "sms_delivered": _("SMS delivered"),
    "sms_received": _("SMS received"),
    "email_queued": _("E-mail waits to be sent"),
    "email_sent": _("E-mail sent"),
    "email_skipped": _("E-mail not sent"),
    "email_failed": _("E-mail failed"),
    "email_bounced": _("E-mail came back"),
    "email_delivered": _("E-mail delivered"),
    "email_opened": _("E-mail opened"),
    "email_clicked": _("A link in an e-mail was followed"),
}
# What of a message says that it did not get through.
_MESSAGE_LOST = ("_skipped", "_failed", "_bounced")
_REASONS: dict[str, Text] = {
    "lapsed": _("the reservation lapsed"),
    "left": _("the agent left the campaign"),
    "by_supervisor": _("by a supervisor"),
    "agent_removed": _("the agent is off the campaign"),
    "erased": _("the person was erased"),
    "owner_removed": _("its agent is off the campaign"),
    "not_taken": _("not taken in time"),
    "reset": _("the lead was reset"),
    "closed": _("the lead was closed"),
    "by_journey": _("by a journey"),
    "released": _("released"),
}
FIELDS: dict[str, Text] = {
    "active": _("active"),
    "priority": _("priority"),
    "urgent_at": _("urgent"),
    "urgent": _("urgent"),
    "position": _("position"),
    "assigned_to": _("kept for"),
    "owner": _("callback owner"),
    "next_contact_at": _("time of next contact"),
    "snoozed_until": _("snoozed until"),
    "expires_at": _("expiry"),
    "result": _("result data"),
    "status": _("status"),
    "reservation": _("reservation"),
}
AGENT_AWAY = _("The agent has not joined the campaign: unless they do, the lead goes back when the reservation ends.")
# Why a lead was left out of a change of many.
REFUSALS: dict[str, Text] = {
    "not_an_agent": _("The person is not an agent of the lead's campaign."),
    "required": _("A private callback needs an owner."),
    "lead_held": _("An agent has the contact at the moment."),
    "number_busy": _("A number of the contact is in use through another lead."),
    "not_callable": _("No number of the contact may be called."),
    "contact_gone": _("The contact is no longer there."),
    "wrong_state": _("The lead or its campaign is in a state that does not allow it."),
    "not_found": _("The lead is gone, or you no longer have access to it."),
}
ICONS = {
    "call": ("phone", "info"),
    "session": ("file-text", "accent"),
    "message": ("mail", "accent"),
    "journey": ("route", "accent"),
    "note": ("note", "warning"),
    "change": ("adjustments", "neutral"),
    "handout": ("hand-grab", "neutral"),
}


def timeline_words(key: str, params: Mapping[str, Any], text: str = "") -> str:
    """One line of a lead's history. A note is its own words; an unknown key is shown as it is, never lost."""
    if not key:
        return text
    sentence = _TOLD.get(key)
    if sentence is None:
        return text or key.replace("_", " ").capitalize()
    shown = {name: _shown(name, value) for name, value in params.items()}
    try:
        return str(sentence) % shown
    except KeyError:  # written by an older version, with fewer facts
        return key.replace("_", " ").capitalize()


def timeline_detail(key: str, params: Mapping[str, Any], text: str = "") -> str:
    """What stands below the line: the reason of a skip, the outcome and new status of a disposition."""
    if not key:
        return ""
    parts = [text] if text else []
    if key.endswith(_MESSAGE_LOST) and params.get("reason"):
        parts.insert(0, str(reason_text(str(params["reason"]))))
    if key == "dispositioned":
        outcome, status = str(params.get("outcome", "")), str(params.get("status", ""))
        if outcome in OUTCOMES:
            parts.append(str(OUTCOMES[outcome]))
        if status in LEAD_STATUSES:
            parts.append(str(LEAD_STATUSES[status][1]))
    return " · ".join(parts)


def refusals(refused: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Why leads were left out of a change: the code, its words, and how many; the most frequent first."""
    rows = sorted(refused.items(), key=lambda one: (-one[1], one[0]))
    return [(code, str(REFUSALS.get(code, code)), count) for code, count in rows]


def _shown(name: str, value: Any) -> str:
    """A parameter as people read it."""
    if name in ("at", "until") and isinstance(value, str):
        try:
            return moment_text(in_zone(datetime.fromisoformat(value), None), clock.now())
        except ValueError:
            return value
    if name == "private":
        return gettext("private") if value else gettext("common")
    if name in ("from", "to", "status"):
        return str(LEAD_STATUSES.get(str(value), ("", str(value)))[1])
    if name == "rule":
        return str(RULES.get(str(value), value))
    if name == "reason":
        return str(_REASONS.get(str(value), value))
    if name == "outcome":
        return str(OUTCOMES.get(str(value), value))
    if name == "fields" and isinstance(value, list):
        return ", ".join(str(FIELDS.get(str(one), one)) for one in value)
    return str(value)
