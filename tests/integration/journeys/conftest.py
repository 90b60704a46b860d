"""A stage on a Monday at ten."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.journeys.stage import Stage


@pytest.fixture
def stage(db: None, monday_ten: datetime) -> Stage:
    """The charity with one campaign, and an engine of the test's own."""
    # Here, because Django is not ready when pytest reads this file.
    from tests.integration.journeys.stage import stage

    return stage()
