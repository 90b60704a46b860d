"""Exchanges that place calls by themselves, each as it really is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.telephony.lines import AsteriskLine, Line, SimulatorLine
from tests.exchange import asterisk


@pytest.fixture(scope="session")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[asterisk.Wired]:
    with asterisk.running(tmp_path_factory.mktemp("exchange")) as wired:
        yield wired


@pytest.fixture
def by_asterisk(request: pytest.FixtureRequest) -> Iterator[AsteriskLine]:
    wired = request.getfixturevalue("wired")
    if not wired.asterisk.alive:
        wired.asterisk.start()
    line = AsteriskLine(wired)
    line.open()
    yield line
    line.close()


@pytest.fixture
def by_simulator() -> Iterator[SimulatorLine]:
    line = SimulatorLine()
    line.open()
    yield line
    line.close()


@pytest.fixture(params=["simulator", "asterisk"])
def line(request: pytest.FixtureRequest) -> Line:
    """An exchange that is there and heard; all that lives on it ends with the test."""
    found: Line = request.getfixturevalue(f"by_{request.param}")
    return found
