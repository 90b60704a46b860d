"""One browser and one kitchen for all tests of a run that ask for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e import browser as browsers
from tests.e2e.kitchen import server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browsers.chromium() as running:
        yield running


@pytest.fixture(scope="session")
def kitchen() -> Iterator[str]:
    with server.running() as url:
        yield url
