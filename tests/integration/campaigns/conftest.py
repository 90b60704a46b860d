"""A rig on a Monday at ten."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.campaigns.rig import Rig


@pytest.fixture
def rig(db: None, monday_ten: datetime) -> Rig:
    """The charity, working in-house."""
    # Here, because Django is not ready when pytest reads this file.
    from tests.integration.campaigns.rig import rig

    return rig()


@pytest.fixture
def agency_rig(db: None, monday_ten: datetime) -> Rig:
    """The magazine, whose campaigns an agency works."""
    from tests.integration.campaigns.rig import rig

    return rig("magazine")
