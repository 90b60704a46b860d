"""What this room does about events of lower rooms."""

from __future__ import annotations

from ringround.infra.events import Event
from ringround.reports.actions import schedules_stop


def handed_over(event: Event) -> None:
    """A managed merchant has an owner of its own: where its reports go is theirs to say."""
    schedules_stop(org_id=event.org_id)


REACTIONS = {"orgs.organisation.handed_over": handed_over}
