"""Background entry points."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from ringround.contacts import actions
from ringround.contacts.actions.imports import TASK


@app.task(name=TASK, queue="imports")
def import_run(*, import_id: str) -> None:
    """Bring an import to its end, from wherever it was left."""
    actions.import_run(import_id=UUID(import_id))
