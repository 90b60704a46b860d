"""The short way to a number says what the long one says, for every region that has a short way."""

from __future__ import annotations

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st

from ringround.kernel import phone_plans, phones

REGIONS = sorted(region for region in phonenumbers.SUPPORTED_REGIONS if phone_plans.plan(region) is not None)
COMMON = ("DK", "SE", "DE", "NL", "PL", "ES", "FR")
DIGITS = "0123456789"


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, str]:
    """(region, what somebody there writes): a number of one of its kinds, a little off, or any digits."""
    region = draw(st.one_of(st.sampled_from(COMMON), st.sampled_from(REGIONS)))
    example = phonenumbers.example_number_for_type(region, draw(st.sampled_from(sorted(phones.KINDS))))
    digits = list(phonenumbers.national_significant_number(example)) if example is not None else []
    if not digits or draw(st.integers(0, 5)) == 0:
        digits = list(draw(st.text(DIGITS, min_size=2, max_size=14)))
    for _ in range(draw(st.integers(0, 3))):
        digits[draw(st.integers(0, len(digits) - 1))] = draw(st.sampled_from(DIGITS))
    for at in sorted(draw(st.sets(st.integers(1, max(1, len(digits) - 1)), max_size=4)), reverse=True):
        digits.insert(at, draw(st.sampled_from([" ", "-", "."])))
    # Abroad, too: a Swedish number in a Danish list.
    code = str(phonenumbers.country_code_for_region(region))
    region = draw(st.one_of(st.just(region), st.sampled_from(REGIONS)))
    before = draw(
        st.sampled_from(["", "", "0", code, f"+{code}", f"+{code} ", f"{code} ", f"00{code}", f"+{code}0", "+"])
    )
    return region, before + "".join(digits)


@given(numbers())
def test_the_short_way_says_what_the_long_one_says(drawn: tuple[str, str]) -> None:
    region, written = drawn
    text = phones._tidy(written)
    plan = phone_plans.plan(region)
    assert plan is not None
    if text and plan.read(text) is not None:
        assert phones.parse(written, region) == phones._parse(written, text, region)
    # Of no region in particular, as messages are addressed.
    if text and phone_plans.abroad(text) is not None:
        assert phones.parse(written, None) == phones._parse(written, text, None)


def test_what_most_people_in_denmark_write_takes_the_short_way() -> None:
    plan = phone_plans.plan("DK")
    assert plan is not None
    for written in (
        "20123456",
        "20 12 34 56",
        "2012-3456",
        "4520123456",
        "+4520123456",
        "+45 20 12 34 56",
        "004520123456",
    ):
        assert plan.read(written) == ("+4520123456", phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE, "DK"), written


def test_a_number_of_another_country_takes_the_short_way_too() -> None:
    plan = phone_plans.plan("DK")
    assert plan is not None
    for written in ("+46701234567", "0046 70 123 45 67"):
        assert plan.read(written) == ("+46701234567", phonenumbers.PhoneNumberType.MOBILE, "SE"), written


def test_what_needs_the_whole_library_is_left_to_it() -> None:
    plan = phone_plans.plan("DK")
    assert plan is not None
    for written in ("+450 20123456", "+45 (0)20123456", "20123456 lok. 12", "+12025550123", "12", "2012345", ""):
        assert plan.read(written) is None, written


def test_regions_that_share_a_code_or_have_trunk_rules_have_no_short_way() -> None:
    for region in ("NO", "GB", "US", "IT", "BR", "XX"):
        assert phone_plans.plan(region) is None, region
