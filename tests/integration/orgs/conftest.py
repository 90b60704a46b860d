"""The cast and two browsers. Nothing of Django is imported before pytest has set it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from tests.factories import Cast
    from tests.integration.orgs.browser import Browser


@pytest.fixture
def cast(db: None) -> Cast:
    from tests import factories

    return factories.cast()


@pytest.fixture
def browser(client: Client) -> Browser:
    from tests.integration.orgs.browser import Browser

    return Browser(client)


@pytest.fixture
def other_browser() -> Browser:
    from django.test import Client

    from tests.integration.orgs.browser import Browser

    return Browser(Client())


@pytest.fixture(autouse=True)
def _no_limits_left_over(request: pytest.FixtureRequest) -> Iterator[None]:
    """Rate limits are kept in the database: a test that commits must not leave them to the next."""
    yield
    if "transactional_db" in request.fixturenames:
        from django.core.cache import cache

        cache.clear()
