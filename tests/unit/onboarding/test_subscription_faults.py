"""What is wrong with the parameters of a change, whatever their type."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ringround.onboarding.rules.subscription import faults_of

TODAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("change_frequency", {"schedule": ["monthly"]}),
        ("change_frequency", {"schedule": {}}),
        ("change_frequency", {"schedule": 1}),
        ("pause", {"kind": "until", "until": "9999-12-31"}),
        ("pause", {"kind": ["until"]}),
        ("set_expiry", {"date": "9999-12-31"}),
        ("set_expiry", {"date": []}),
        ("set_expiry", {"date": "2027-02-29"}),
        ("set_expiry", {"date": "2026-11-31"}),
        ("set_expiry", {"date": "2026-11-01"}),
        ("change_amount", {"amount": -1}),
        ("change_amount", {"amount": 2**53}),
        ("change_amount", {"amount": 100.0}),
        ("pause", {"kind": "skip", "count": 0}),
        ("pause", {"kind": "skip", "count": -1}),
        ("pause", {"kind": "skip", "count": 2**31}),
    ],
)
def test_what_is_of_no_use_is_told(action: str, params: dict[str, Any]) -> None:
    assert len(faults_of(action, params, today=TODAY)) == 1


def test_a_date_within_ten_years_is_taken() -> None:
    assert faults_of("set_expiry", {"date": "2036-11-01"}, today=TODAY) == []
    assert faults_of("pause", {"kind": "until", "until": "2036-11-01"}, today=TODAY) == []
    assert faults_of("set_expiry", {"date": "2028-02-29"}, today=TODAY) == []
