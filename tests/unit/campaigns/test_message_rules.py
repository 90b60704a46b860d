"""To which number an SMS goes."""

from __future__ import annotations

import pytest

from ringround.campaigns.rules.message import Number, sms_number

MOBILE, OTHER, FIXED = "+4528111213", "+4528111214", "+4633123456"
NUMBERS = [Number(FIXED, "fixed"), Number(MOBILE, "mobile"), Number(OTHER, "mobile_or_fixed")]


@pytest.mark.parametrize(
    ("called", "to"),
    [((), MOBILE), ((OTHER,), OTHER), ((FIXED, OTHER), OTHER), ((FIXED,), MOBILE), (("+4599999999",), MOBILE)],
    ids=["nobody called", "the last called", "the last that can", "a fixed line was called", "a number that is gone"],
)
def test_the_number_last_called_else_the_first_that_can(called: tuple[str, ...], to: str) -> None:
    assert sms_number(NUMBERS, last_called=called) == to


def test_without_a_number_that_can_there_is_none() -> None:
    assert sms_number([Number(FIXED, "fixed"), Number(MOBILE, "mobile", valid=False)]) is None
