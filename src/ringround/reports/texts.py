"""Why leads are held back, in the words of whoever must do something about it."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WHY: dict[str, str | Promise] = {
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
