"""Which screens this room's events concern."""

from __future__ import annotations

from collections.abc import Iterable

from ringround.infra.events import Event
from ringround.infra.relay.screens import Touch


def topics(event: Event) -> Iterable[Touch]:
    """An import's page, when it ends; while it runs, a tick tells."""
    if event.type.startswith("contacts.import."):
        yield Touch(event.org_id, f"import:{event.subject_id}", str(event.subject_id))
