"""What tests of the signing room have in common. Rooms are imported late: this is read before Django is set up."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.campaigns.rig import Rig
    from tests.integration.onboarding.scene import Scene


@pytest.fixture
def rig(db: None, monday_ten: datetime) -> Rig:
    """The charity, working in-house."""
    from tests.integration.campaigns.rig import rig

    return rig()


@pytest.fixture
def agency_rig(db: None, monday_ten: datetime) -> Rig:
    """The magazine, whose campaigns an agency works."""
    from tests.integration.campaigns.rig import rig

    return rig("magazine")


@pytest.fixture
def scene(rig: Rig) -> Scene:
    """A campaign of the charity with a workflow for sign-ups."""
    from tests.integration.onboarding.scene import Scene

    return Scene(rig)
