"""When a rail is asked about a charge that was collected."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ringround.onboarding.rules.charge import first_look, next_look

DAY = date(2026, 12, 1)


def looks(window: int, most: int = 400) -> list[int]:
    """After how many days it is asked, by asking each time when it was to be."""
    found = [(first_look(DAY) - DAY).days]
    while (on := next_look(collected_on=DAY, window=window, today=DAY + timedelta(days=found[-1]))) is not None:
        found.append((on - DAY).days)
        assert len(found) < most
    return found


@pytest.mark.parametrize(
    ("window", "days"),
    [(5, [14]), (14, [14, 15]), (41, [14, 42]), (42, [14, 42, 43]), (56, [14, 42, 57]), (120, [14, 42, 121])],
)
def test_it_is_asked_after_two_weeks_and_six_and_when_the_window_has_closed(window: int, days: list[int]) -> None:
    assert looks(window) == days


def test_a_rail_without_a_window_is_not_asked_again() -> None:
    assert next_look(collected_on=DAY, window=0, today=DAY) is None
