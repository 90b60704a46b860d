"""The cast, and what several tests of orgs read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from tests import factories


@pytest.fixture
def cast(db: None) -> factories.Cast:
    return factories.cast()


@pytest.fixture(autouse=True)
def _no_limits_left_over(request: pytest.FixtureRequest) -> Iterator[None]:
    """Rate limits are kept in the database: a test that commits must not leave them to the next."""
    yield
    if "transactional_db" in request.fixturenames:
        cache.clear()
