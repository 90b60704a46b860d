"""Who may look at the boards."""

from ringround.orgs.permissions import READER

PERMISSIONS = {"reports.board": READER}
