"""Who may see calls."""

from ringround.orgs.permissions import ANYONE, READER

PERMISSIONS = {
    "telephony.calls.own": ANYONE,
    "telephony.calls.read": READER,
}
