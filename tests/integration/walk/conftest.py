from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

if TYPE_CHECKING:
    from tests.integration.walk.objects import World


@pytest.fixture
def world(db: None) -> World:
    from tests.integration.walk.objects import World

    return World()


@pytest.fixture
def undone() -> Callable[[], AbstractContextManager[None]]:
    """What a request did is taken back, so that the next finds the world as it was."""

    @contextmanager
    def block() -> Iterator[None]:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    return block
