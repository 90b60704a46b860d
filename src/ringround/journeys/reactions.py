"""What this room's own events mean for screens, and of what people are told beside any journey. Events of lower rooms
reach journeys by the engine's own cursor."""

from __future__ import annotations

from collections.abc import Iterable

from ringround.infra.events import Event
from ringround.infra.relay.screens import Touch
from ringround.journeys.actions.notices import payment_notice
from ringround.journeys.events import NOTICED, NOTICES_SEEN, NOTIFIED
from ringround.onboarding import events as onboarding


def accepted_late(event: Event) -> None:
    """A permission after its session had expired: whoever called, and their supervisors, think that it was a no."""
    if event.data.get("late"):
        payment_notice(event=event, late=True)


def accepted_after_no(event: Event) -> None:
    """A permission after a no: it is being stopped, and the donor may ask."""
    payment_notice(event=event, late=False)


REACTIONS = {onboarding.SESSION_COMPLETED: accepted_late, onboarding.SESSION_UNWANTED: accepted_after_no}


def topics(event: Event) -> Iterable[Touch]:
    """The journey's page and its editor; whom a journey has told something."""
    if event.type.startswith("journeys.run."):
        yield Touch(event.org_id, f"journey:{event.data['journey']}", str(event.subject_id))
    elif event.type == NOTIFIED:
        yield Touch(event.org_id, f"notices:{event.data['user']}", str(event.data["lead"]))
    elif event.type in (NOTICES_SEEN, NOTICED):
        yield Touch(event.org_id, f"notices:{event.data['user']}", str(event.subject_id))
    elif event.type.startswith("journeys.journey."):
        yield Touch(event.org_id, f"journey:{event.subject_id}", str(event.subject_id))
