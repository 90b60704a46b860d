"""pydantic's findings become few, stable codes."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType

from ringround.http.codes import CODES
from ringround.http.faults import _SENTENCES, code_of


@pytest.mark.parametrize("kind", get_args(ErrorType))
def test_every_type_of_pydantics_has_a_documented_code(kind: str) -> None:
    assert code_of(kind) in CODES


def test_every_code_has_a_sentence() -> None:
    assert set(_SENTENCES) <= set(CODES)


def test_a_rooms_own_code_stays() -> None:
    assert code_of("outside_hours") == "outside_hours"
    assert code_of("value_error") == "invalid"
