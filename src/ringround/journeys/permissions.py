"""Who may look at journeys, write them, and let them loose."""

from ringround.orgs.permissions import MANAGER, READER, SUPERVISOR

PERMISSIONS = {
    "journeys.read": READER,
    "journeys.change": SUPERVISOR,  # drafts; nothing runs of them
    "journeys.publish": MANAGER,  # publish, pause, resume, archive, migrate
    "journeys.start": SUPERVISOR,  # a journey for leads chosen by hand; ending a run
}
