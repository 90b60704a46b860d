"""Background entry points."""

from __future__ import annotations

from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from ringround.contacts import actions
from ringround.contacts.actions.imports import TASK
from ringround.contacts.actions.know_again import TASK as KNOW_AGAIN
from ringround.contacts.models import Import
from ringround.infra import jobs


@app.task(name=TASK, queue="imports")
def import_run(*, import_id: str) -> None:
    """Bring an import to its end, from wherever it was left."""
    actions.import_run(import_id=UUID(import_id), progress=_look_up)


def _look_up(row: Import) -> None:
    # What is over has only its file to clear away.
    if row.state == Import.State.RUNNING:
        jobs.look_up()


@app.task(name=KNOW_AGAIN, queue="imports", retry=RetryStrategy(max_attempts=5, exponential_wait=3))
def contacts_know_again(*, list_id: str) -> None:
    """Read a list's contacts by its columns as they are now."""
    actions.contacts_know_again(list_id=UUID(list_id))
