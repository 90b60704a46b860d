"""Words of the exchange: how a call went, and how it stands."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ringround.ui import tones

OUTCOMES: dict[str, tuple[str, str | Promise]] = {
    "answered": ("success", _("Answered")),
    "no_answer": ("neutral", _("No answer")),
    "busy": ("neutral", _("Busy")),
    "machine": ("neutral", _("Answering machine")),
    "invalid_number": ("danger", _("Invalid number")),
    "failed": ("danger", _("Failed")),
    "abandoned": ("danger", _("Abandoned")),
    "cancelled": ("neutral", _("Cancelled")),
}
STATES: dict[str, tuple[str, str | Promise]] = {
    "created": ("neutral", _("Created")),
    "dialling": ("info", _("Dialling")),
    "ringing": ("info", _("Ringing")),
    "answered": ("success", _("Answered")),
    "detecting": ("info", _("Detecting")),
    "waiting": ("warning", _("Waiting")),
    "connected": ("success", _("Connected")),
    "ended": ("neutral", _("Ended")),
}


def tone_words() -> None:
    """Say how states look; called when the app is ready."""
    tones.add("call_outcome", OUTCOMES)
    tones.add("call", STATES)
