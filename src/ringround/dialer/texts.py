"""Words of the engine room: how agents stand."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ringround.ui import tones

STATES: dict[str, tuple[str, str | Promise]] = {
    "offline": ("neutral", _("Offline")),
    "ready": ("success", _("Ready")),
    "reserved": ("info", _("Has a contact")),
    "previewing": ("info", _("Looking at a contact")),
    "dialling": ("accent", _("Dialling")),
    "talking": ("accent", _("In a call")),
    "wrapping": ("warning", _("Wrapping up")),
    "paused": ("neutral", _("On a break")),
}


def tone_words() -> None:
    """Say how states look; called when the app is ready."""
    tones.add("presence", STATES)
