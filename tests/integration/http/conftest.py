from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ringround.orgs.actor import Actor
    from tests.factories import Cast
    from tests.integration.http.calling import Caller


@pytest.fixture
def cast(db: None) -> Cast:
    from tests import factories

    return factories.cast()


@pytest.fixture
def calling(settings: Any) -> Callable[[Actor | None], Caller]:
    """Somebody who calls the routes that only tests have."""
    from tests.integration.http.calling import Caller, token_for

    settings.ROOT_URLCONF = "tests.integration.http.routes"
    return lambda actor: Caller(token_for(actor) if actor is not None else None)


@pytest.fixture
def call(calling: Callable[[Actor | None], Caller], cast: Cast) -> Caller:
    return calling(cast.charity.owner)
