"""The virtual clock: what one process writes every other reads."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ringround.infra import clock


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "clock.json"
    clock.use_file(path)
    yield path
    clock.use_file(None)


def test_two_writings_in_one_tick_of_the_file_system_are_both_seen(file: Path) -> None:
    for seconds in (60, 61):
        # As another process writes it: beside, and renamed into place.
        beside = file.with_name(f"beside-{seconds}")
        beside.write_text(json.dumps({"offset_s": seconds}))
        os.utime(beside, ns=(10**18, 10**18))
        beside.replace(file)
        assert clock.offset() == timedelta(seconds=seconds)


def test_without_a_file_time_is_real(file: Path) -> None:
    assert clock.offset() == timedelta(0)
