"""A charity's manager, a list, and a way to import a text as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ringround.contacts.models import ContactList
    from ringround.contacts.queries import ImportState
    from ringround.orgs.actor import Actor
    from tests import factories
    from tests.integration.contacts.helpers import Importer

# Rooms are imported within the fixtures: this file is read before Django is ready.


@pytest.fixture
def cast(db: None) -> factories.Cast:
    from tests.factories import cast

    return cast()


@pytest.fixture
def manager(cast: factories.Cast) -> Actor:
    return cast.charity.manager


@pytest.fixture
def people(manager: Actor) -> ContactList:
    from ringround.contacts import actions
    from tests.integration.contacts.helpers import COLUMNS

    return actions.contact_list_create(actor=manager, name="Givere", columns=COLUMNS)


@pytest.fixture
def bring(manager: Actor, people: ContactList) -> Importer:
    """Import text or bytes into the list, to the end; keyword arguments are options."""
    from ringround.contacts import actions, queries

    def run(content: str | bytes, *, into: ContactList | None = None, **options: Any) -> ImportState:
        data = content.encode() if isinstance(content, str) else content
        row = actions.import_start(
            actor=manager,
            list_id=(into or people).id,
            file=[data],
            file_name="file.csv",
            options=options,
            queue=False,
        )
        assert actions.import_run(import_id=row.id, processes=1)
        return queries.import_get(actor=manager, import_id=row.id)

    return run
