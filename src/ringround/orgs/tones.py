"""How this room's states look."""

from django.utils.translation import gettext_lazy as _

from ringround.ui import tones


def add() -> None:
    """Called once, when the app is ready."""
    tones.add(
        "user",
        {
            "active": ("success", _("Active")),
            "invited": ("info", _("Invited")),
            "inactive": ("neutral", _("Deactivated")),
        },
    )
    tones.add(
        "agency_link",
        {
            "waiting": ("info", _("Token not used yet")),
            "live": ("success", _("Linked")),
            "expired": ("neutral", _("Token ran out")),
            "revoked": ("neutral", _("Unlinked")),
        },
    )
    tones.add(
        "client",
        {
            "managed": ("success", _("Run by you")),
            "own": ("success", _("Runs itself")),
            "closing": ("warning", _("Data is being deleted")),
            "closed": ("neutral", _("Data deleted")),
        },
    )
    tones.add(
        "offer",
        {
            "open": ("info", _("Invited")),
            "accepted": ("success", _("Accepted")),
            "declined": ("warning", _("Declined")),
            "revoked": ("neutral", _("Withdrawn")),
            "expired": ("neutral", _("Ran out")),
        },
    )
    tones.add(
        "token",
        {
            "live": ("success", _("In force")),
            "expired": ("neutral", _("Ran out")),
            "revoked": ("neutral", _("Revoked")),
        },
    )
    tones.add("webhook", {"on": ("success", _("On")), "off": ("neutral", _("Off"))})
    tones.add(
        "delivery",
        {
            "pending": ("info", _("Waiting")),
            "delivered": ("success", _("Delivered")),
            "failed": ("danger", _("Given up")),
            "withheld": ("neutral", _("Withheld")),
        },
    )
