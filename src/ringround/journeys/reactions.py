"""What this room's own events mean for screens. Events of lower rooms reach journeys by the engine's own cursor."""

from __future__ import annotations

from collections.abc import Iterable

from ringround.infra.events import Event
from ringround.infra.relay.screens import Touch
from ringround.journeys.events import NOTICES_SEEN, NOTIFIED


def topics(event: Event) -> Iterable[Touch]:
    """The journey's page and its editor; whom a journey has told something."""
    if event.type.startswith("journeys.run."):
        yield Touch(event.org_id, f"journey:{event.data['journey']}", str(event.subject_id))
    elif event.type == NOTIFIED:
        yield Touch(event.org_id, f"notices:{event.data['user']}", str(event.data["lead"]))
    elif event.type == NOTICES_SEEN:
        yield Touch(event.org_id, f"notices:{event.data['user']}", str(event.subject_id))
    elif event.type.startswith("journeys.journey."):
        yield Touch(event.org_id, f"journey:{event.subject_id}", str(event.subject_id))
