"""What tests of payment rails have in common. Rooms are imported late: this is read before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.contract.onboarding.by_http import ByHttp


@pytest.fixture(autouse=True)
def here_and_now() -> Iterator[None]:
    """The rails' noon, and a provider that listens on this very machine may be called."""
    from django.conf import settings
    from django.test import override_settings

    from ringround.infra import clock
    from tests.contract.onboarding.rails import NOON

    allowed = replace(settings.RINGROUND, allow_private_targets=True)
    with clock.frozen(NOON), override_settings(RINGROUND=allowed):
        yield


@pytest.fixture
def rail(request: pytest.FixtureRequest) -> Iterator[ByHttp]:
    """The provider of the test's own file, which names it as `RAIL`."""
    made: ByHttp = request.module.RAIL()
    yield made
    made.close()
