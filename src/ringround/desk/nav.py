"""The agent's way in."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ringround.campaigns import queries as campaigns
from ringround.orgs.web import current
from ringround.ui.nav import Item

AGENTS = ("senior_agent", "junior_agent")


def _works(request: HttpRequest) -> bool:
    """Agents always; others only where they are an agent on some campaign."""
    actor = current(request)
    return actor is not None and (actor.role in AGENTS or bool(campaigns.agent_campaigns(actor=actor)))


NAV = (
    Item(
        key="desk",
        label=_("Run campaign"),
        icon="headset",
        url_name="desk:home",
        permission="desk.console",
        section="work",
        order=10,
        phone=True,
        visible=_works,
    ),
)
