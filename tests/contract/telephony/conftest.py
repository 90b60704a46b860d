"""Exchanges that place calls by themselves, each as it really is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.telephony.lines import Line
from tests.exchange import asterisk


@pytest.fixture(scope="session")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[asterisk.Wired]:
    with asterisk.running(tmp_path_factory.mktemp("exchange")) as wired:
        yield wired


@pytest.fixture
def line(wired: asterisk.Wired) -> Iterator[Line]:
    """An exchange that is there and heard; all that lives on it ends with the test."""
    if not wired.asterisk.alive:
        wired.asterisk.start()
    line = Line(wired)
    line.open()
    yield line
    line.close()
