from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction

if TYPE_CHECKING:
    from tests.integration.walk.objects import World


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once for all tests of a file, in a transaction around theirs."""
    from tests.integration.walk.objects import World

    with django_db_blocker.unblock(), transaction.atomic():
        yield World().complete()
        transaction.set_rollback(True)


@pytest.fixture
def undone() -> Callable[[], AbstractContextManager[None]]:
    """What a request did is taken back, so that the next finds the world as it was."""

    @contextmanager
    def block() -> Iterator[None]:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    return block
