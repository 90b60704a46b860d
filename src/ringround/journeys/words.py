"""What the screens say of journeys and runs: states, why a run ended, why a step was passed over."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ringround.ui import tones

Text = str | Promise

STATES: dict[str, tuple[str, Text]] = {
    "draft": ("neutral", _("Draft")),
    "published": ("success", _("Running")),
    "paused": ("warning", _("Paused")),
    "archived": ("neutral", _("Archived")),
}

# Why a run ended, why a lead was not let in, why a step was not done. A journey's own reasons stay as they are written.
REASONS: dict[str, Text] = {
    "end": _("its way was over"),
    "goal": _("the goal was reached"),
    "exit": _("at an end of the journey"),
    "exit_when": _("what ends the run came true"),
    "max_age": _("it lasted as long as a run may"),
    "past": _("the time had passed already"),
    "late": _("the time was missed"),
    "skipped": _("a step could not be done"),
    "failed": _("a step failed"),
    "no_campaign": _("the table has no campaign for it"),
    "too_many_visits": _("it went round too often"),
    "too_many_steps": _("it had too many steps"),
    "version": _("its step is not in the new version"),
    "stopped": _("it was stopped"),
    "stop_journey": _("another journey stopped it"),
    "archived": _("the journey was archived"),
    "lead_gone": _("the lead is gone"),
    "scope": _("it is of another campaign"),
    "trigger": _("this is not what the journey is for"),
    "entry": _("the condition for beginning is not met"),
    "too_deep": _("journeys start each other without end"),
    "once": _("it has been through the journey"),
    "running": _("it is in the journey now"),
    "cool_down": _("it came too short a time ago"),
    "max_runs": _("it has been in the journey as often as it may"),
    "limit": _("the limit was reached"),
    "over_limit": _("the limit was reached"),
    "duplicate": _("it is there already"),
    "no_journey": _("there is no such journey"),
    "not_running": _("it was not in that journey"),
    "as_it_was": _("it was so already"),
    "no_user": _("there is nobody to tell"),
    "no_address": _("there is no address"),
    "suppressed": _("the contact must not be contacted"),
    "bounced": _("messages to the address come back"),
    "in_call": _("the lead was in a call"),
    "gone": _("the lead is gone"),
}


def tone_words() -> None:
    """Tell the status badges this room's words."""
    tones.add("journey", STATES)


def reason(code: str) -> str:
    """A reason in words."""
    return str(REASONS.get(code, code))
