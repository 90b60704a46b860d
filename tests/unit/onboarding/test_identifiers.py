"""National ids and account numbers, as donors type them."""

from __future__ import annotations

from datetime import date

import pytest

from ringround.kernel.errors import Invalid
from ringround.onboarding.rules import identifiers

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("typed", ["211062-5629", "2110625629", " 211062 5629 ", "211062–5629"])
def test_a_cpr_number_is_taken_however_it_is_written(typed: str) -> None:
    assert identifiers.national_id(typed, today=TODAY) == "2110625629"


@pytest.mark.parametrize(
    "typed", ["", "211062", "211062-562", "21106256299", "320162-1234", "310262-1234", "abcdef-ghij", "٢١١٠٦٢٥٦٢٩"]
)
def test_what_is_no_cpr_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        identifiers.national_id(typed, today=TODAY)
    assert refused.value.errors[0].loc == ("national_id",)


def test_nobody_is_born_tomorrow_on_the_business_clock() -> None:
    # 24 November 2025, by the seventh digit: born yesterday, or not yet.
    assert identifiers.national_id("241125-4000", today=date(2025, 11, 24)) == "2411254000"
    with pytest.raises(Invalid):
        identifiers.national_id("241125-4000", today=date(2025, 11, 23))


def test_a_refusal_quotes_nothing_that_was_typed() -> None:
    with pytest.raises(Invalid) as refused:
        identifiers.national_id("310262-1234", today=TODAY)
    assert "310262" not in str(refused.value.errors[0].detail)
    with pytest.raises(Invalid) as refused:
        identifiers.bank_account("0040 12345678901234")
    assert "1234567" not in str(refused.value.errors[0].detail)


@pytest.mark.parametrize(
    "typed",
    ["0040 440116243", "0040-0440116243", "00400440116243", "0040/0440116243", "DK50 0040 0440 1162 43",
     "dk5000400440116243"],
)  # fmt: skip
def test_a_danish_account_is_taken_however_it_is_written(typed: str) -> None:
    assert identifiers.bank_account(typed) == "00400440116243"


@pytest.mark.parametrize(
    "typed",
    ["", "0040", "0040 12345678901", "0000 123456", "0040 0000000000", "DK50 0040 0440 1162 44", "x" * 500,
     "DE89 3704 0044 0532 0130 00", "DK", "٠٠٤٠ ٤٤٠١١٦٢٤٣"],
)  # fmt: skip
def test_what_is_no_danish_account_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        identifiers.bank_account(typed)
    assert refused.value.errors[0].loc == ("bank_account",)


def test_an_iban_is_checked_by_its_digits() -> None:
    assert identifiers.iban("DE89 3704 0044 0532 0130 00") == "DE89370400440532013000"
    with pytest.raises(Invalid):
        identifiers.iban("DE88 3704 0044 0532 0130 00")


@pytest.mark.parametrize(("number", "shown"), [("00400440116243", "•••• 43"), ("123", "••••"), ("", "••••")])
def test_people_see_the_last_digits_alone(number: str, shown: str) -> None:
    assert identifiers.masked(number) == shown
