"""Who may look at journeys, write them, and let them loose."""

from ringround.orgs.permissions import ANYONE, MANAGER, READER, SUPERVISOR

PERMISSIONS = {
    "journeys.notices": ANYONE,  # what a journey has to tell oneself
    "journeys.read": READER,
    "journeys.change": SUPERVISOR,  # drafts; nothing runs of them
    "journeys.publish": MANAGER,  # publish, pause, resume, archive, migrate
    "journeys.start": SUPERVISOR,  # a journey for leads chosen by hand; ending a run
}
