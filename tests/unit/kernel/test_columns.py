from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ringround.kernel import columns
from ringround.kernel.errors import Fault
from ringround.kernel.phones import Phone

CPH = ZoneInfo("Europe/Copenhagen")


def code(type: str, raw: object, **more: Any) -> str:
    found = columns.parse(type, raw, **more)
    assert isinstance(found, Fault), found
    return found.code


@pytest.mark.parametrize("type", columns.TYPES)
@pytest.mark.parametrize("empty", [None, "", "   ", "\u00a0\t\n"])
def test_an_empty_cell_is_none_in_every_type(type: str, empty: object) -> None:
    assert columns.parse(type, empty, options=["a"]) is None


@pytest.mark.parametrize("type", columns.TYPES)
@pytest.mark.parametrize(
    "raw", [{}, {"a": 1}, [[]], [1], [None], object(), b"x", float("nan"), float("inf"), "\0", "\ud800"]
)
def test_no_json_value_whatever_is_an_error(type: str, raw: object) -> None:
    found = columns.parse(type, raw, options=["a"], region="DK")
    assert found is None or isinstance(found, Fault)


def test_every_form_type_is_a_column_type() -> None:
    assert set(columns.FORM_TYPES) <= set(columns.TYPES)


def test_a_fault_says_where() -> None:
    fault = columns.parse("number", "x", loc=("fields", "age"))
    assert isinstance(fault, Fault)
    assert fault.loc == ("fields", "age")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("12", "12"),
        ("-3", "-3"),
        ("\u22123", "-3"),
        ("+3", "3"),
        ("1,5", "1.5"),
        ("12.5", "12.5"),
        ("1.234", "1234"),
        ("1.234.567", "1234567"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1 234,5", "1234.5"),
        ("1\u00a0234", "1234"),
        ("kr. 1.500,-", "1500"),
        ("100 kr", "100"),
        ("0,5", "0.5"),
        (7, "7"),
        (1.5, "1.5"),
        (Decimal("2.50"), "2.5"),
    ],
)
def test_numbers_are_read_as_danes_write_them(written: object, number: str) -> None:
    assert columns.parse("number", written) == Decimal(number)


def test_a_point_before_three_digits_is_a_decimal_where_the_file_says_so() -> None:
    assert columns.parse("number", "1.234", decimal=".") == Decimal("1.234")
    assert columns.parse("number", "1,234", decimal=".") == Decimal(1234)


@pytest.mark.parametrize("written", ["x", "1e5", "1.2.3", "1,2,3", "12.34,5.6", "--1", "1-2", "0x1F", ",", "½"])
def test_what_is_no_number_is_refused(written: str) -> None:
    assert code("number", written) == "not_a_number"


def test_numbers_that_json_cannot_keep_are_refused() -> None:
    assert code("number", 10**16) == "too_large"
    assert code("number", 1e300) == "too_large"


@pytest.mark.parametrize(
    "written",
    [
        "2025-04-03", "2025/4/3", "20250403", "03-04-2025", "3/4/2025", "3.4.2025", "3/4-2025",
        "3. april 2025", "3 Apr 2025", "03-04-2025 00:00:00", "2025-04-03T00:00",
        date(2025, 4, 3), datetime(2025, 4, 3, 14),
    ],
)  # fmt: skip
def test_dates_are_read_day_first_and_as_iso(written: object) -> None:
    assert columns.parse("date", written) == date(2025, 4, 3)


@pytest.mark.parametrize("written", ["31-02-2025", "2025-13-01", "04/31/2025", "i går", "2025", "3. foo 2025", 5])
def test_what_is_no_date_is_refused(written: object) -> None:
    assert code("date", written) in ("not_a_date", "wrong_type")


def test_a_year_of_two_digits_is_asked_for_and_not_guessed() -> None:
    assert code("date", "31-12-68") == "two_digit_year"


def test_a_year_far_out_is_refused() -> None:
    assert code("date", "01-01-0202") == "out_of_range"
    assert code("datetime", "9999-12-31T23:59:59Z") == "out_of_range"


@pytest.mark.parametrize(
    "written",
    [
        "2025-01-31T10:30:00+01:00", "2025-01-31T09:30Z", "2025-01-31 10:30", "31-01-2025 10:30",
        "31-01-2025 kl. 10.30", "31/1-2025 10:30:00", datetime(2025, 1, 31, 10, 30),
        datetime(2025, 1, 31, 9, 30, tzinfo=UTC),
    ],
)  # fmt: skip
def test_times_without_a_zone_are_read_in_the_one_given(written: object) -> None:
    assert columns.parse("datetime", written, zone=CPH) == datetime(2025, 1, 31, 9, 30, tzinfo=UTC)


def test_a_date_alone_is_its_midnight() -> None:
    found = columns.parse("datetime", "2025-01-31", zone=CPH)
    assert found == datetime(2025, 1, 30, 23, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2025-01-31 25:00", "10:30", "2025-01-31T10:30:00+99:99", True])
def test_what_is_no_time_is_refused(written: object) -> None:
    assert code("datetime", written) in ("not_a_datetime", "wrong_type")


@pytest.mark.parametrize("written", ["ja", "Ja", "JA ", "yes", "true", "TRUE", "sand", "1", "x", "j", True, 1, 1.0])
def test_yes_is_written_in_many_ways(written: object) -> None:
    assert columns.parse("bool", written) is True


@pytest.mark.parametrize("written", ["nej", "no", "false", "FALSK", "0", "n", False, 0])
def test_no_is_written_in_many_ways(written: object) -> None:
    assert columns.parse("bool", written) is False


@pytest.mark.parametrize("written", ["måske", "2", 2, "ja nej"])
def test_what_is_neither_yes_nor_no_is_refused(written: object) -> None:
    assert code("bool", written) == "not_a_bool"


def test_a_choice_is_one_of_its_options_in_any_case() -> None:
    assert columns.parse("choice", "ikke NU", options=["Ikke nu", "Aldrig"]) == "Ikke nu"
    assert columns.parse("choice", 2, options=["1", "2"]) == "2"
    assert code("choice", "Måske", options=["Ikke nu", "Aldrig"]) == "not_an_option"


def test_an_option_in_its_own_case_goes_before_another() -> None:
    assert columns.parse("choice", "A", options=["a", "A"]) == "A"


@pytest.mark.parametrize(
    ("written", "chosen"),
    [
        ("a;d", ("a", "D")),
        ("D, a", ("a", "D")),
        ("a|D|a", ("a", "D")),
        ("b, c", ("b, c",)),
        (["D", "a"], ("a", "D")),
        ([], None),
        ([""], None),
    ],
)
def test_several_choices_come_in_the_order_of_the_options(written: object, chosen: object) -> None:
    assert columns.parse("multi_choice", written, options=["a", "b, c", "D"]) == chosen


def test_one_wrong_choice_among_several_is_refused() -> None:
    assert code("multi_choice", "a; x", options=["a", "b"]) == "not_an_option"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("hans@example.dk", "hans@example.dk"),
        (" Hans.Jensen+liste@Example.DK ", "Hans.Jensen+liste@example.dk"),
        ("mailto:a@b.dk", "a@b.dk"),
        ("å.ø@ørsted.dk", "å.ø@ørsted.dk"),
        ("a@sub.example.museum", "a@sub.example.museum"),
    ],
)
def test_an_address_keeps_its_name_and_lowers_its_domain(written: str, address: str) -> None:
    assert columns.parse("email", written) == address


@pytest.mark.parametrize(
    "written",
    ["a", "a@b", "@b.dk", "a@", "a b@c.dk", "a@b..dk", "a..b@c.dk", ".a@b.dk", "a@-b.dk", "a@b.d",
     "a@b.dk, c@d.dk", "Hans <a@b.dk>", "a@b.123", "x" * 65 + "@b.dk", "a@" + "b" * 260 + ".dk", 5],
)  # fmt: skip
def test_what_is_no_address_is_refused(written: object) -> None:
    assert code("email", written) == "not_an_email"


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://example.dk/a?b=c", "https://example.dk/a?b=c"),
        ("HTTP://example.dk", "HTTP://example.dk"),
        ("www.example.dk", "https://www.example.dk"),
        ("example.dk/om os".replace(" ", "-"), "https://example.dk/om-os"),
        ("http://localhost:8000/x", "http://localhost:8000/x"),
    ],
)
def test_web_addresses_are_http_or_https(written: str, url: str) -> None:
    assert columns.parse("url", written) == url


@pytest.mark.parametrize(
    "written",
    ["javascript:alert(1)", "ftp://x.dk", "https://", "//x.dk", "https://u:p@x.dk", "https://x.dk:99999",
     "https://x y.dk", "data:text/html,x", "https://x.dk/<script>", "JaVaScRiPt://x.dk/%0aalert(1)",
     "https://x.dk/" + "a" * 2000, "https://[::1", 5],
)  # fmt: skip
def test_any_other_link_is_refused(written: object) -> None:
    assert code("url", written) == "not_a_url"


def test_a_phone_gives_the_number_valid_or_not() -> None:
    good, bad = (columns.parse("phone", raw, region="DK") for raw in ("20 12 34 56", "2012"))
    assert isinstance(good, Phone)
    assert good.valid
    assert isinstance(bad, Phone)
    assert not bad.valid
    assert code("phone", "ukendt", region="DK") == "not_a_phone"


def test_texts_are_cleaned_and_bounded() -> None:
    assert columns.parse("text", " a\0b\nc ") == "ab c"
    assert columns.parse("long_text", "a\r\nb") == "a\nb"
    assert code("text", "x" * 501) == "too_long"
    assert code("long_text", "x" * 20_001) == "too_long"
    assert code("external_id", "x" * 201) == "too_long"


def test_a_number_is_welcome_as_text_and_a_truth_value_is_not() -> None:
    assert columns.parse("external_id", 12345) == "12345"
    assert columns.parse("text", 1.5) == "1.5"
    assert columns.parse("text", 1e22) == "10000000000000000000000"
    assert code("text", True) == "wrong_type"


def test_a_limit_is_named_in_the_sentence_and_for_programs() -> None:
    fault = columns.parse("text", "x" * 501)
    assert isinstance(fault, Fault)
    assert str(fault.detail) == "At most 500 characters."
    assert fault.extra == {"limit": 500}


def test_values_are_stored_as_json() -> None:
    phone = columns.parse("phone", "20123456", region="DK")
    assert isinstance(phone, Phone)
    assert columns.to_json(Decimal("12.50")) == 12.5
    assert columns.to_json(Decimal("12.0")) == 12
    assert isinstance(columns.to_json(Decimal("12.0")), int)
    assert columns.to_json(date(2025, 4, 3)) == "2025-04-03"
    assert columns.to_json(datetime(2025, 4, 3, 10, tzinfo=CPH)) == "2025-04-03T08:00:00Z"
    assert columns.to_json(("a", "b")) == ["a", "b"]
    assert columns.to_json(True) is True
    assert columns.to_json(phone) == "+4520123456"
    assert columns.to_json(None) is None


def test_values_are_exported_as_people_write_them() -> None:
    assert columns.to_text(12.5) == "12,5"
    assert columns.to_text(Decimal("1200")) == "1200"
    assert columns.to_text(["a", "b"]) == "a; b"
    assert columns.to_text(None) == ""
    assert columns.to_text(False) == "false"
    assert columns.to_text(datetime(2025, 1, 31, 9, tzinfo=UTC), zone=CPH) == ("2025-01-31 10:00:00+01:00")
