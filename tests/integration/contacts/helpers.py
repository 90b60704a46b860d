"""What the tests of this room share."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from ringround.contacts import queries
from ringround.contacts.models import Import
from ringround.contacts.queries import ImportState
from ringround.orgs.actor import Actor

COLUMNS = [
    {"name": "name", "type": "text", "role": "name"},
    {"name": "mobile", "type": "phone"},
    {"name": "home", "type": "phone"},
    {"name": "city", "type": "text", "role": "city"},
    {"name": "email", "type": "email", "role": "email"},
    {"name": "member_no", "type": "external_id"},
]


Importer = Callable[..., ImportState]


def rejected(actor: Actor, state: ImportState) -> list[list[str]]:
    """The rows of the rejected-rows file, its head first."""
    text = b"".join(queries.rejected_file(actor=actor, import_id=state.id)).decode()
    return list(csv.reader(io.StringIO(text)))


def counts(state: ImportState) -> dict[str, int]:
    """The counts that are not nought."""
    assert state.state == Import.State.DONE, (state.code, state.detail)
    return {name: number for name, number in state.counts.items() if number}
