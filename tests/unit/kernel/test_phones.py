from __future__ import annotations

import pytest

from ringround.kernel import phones


@pytest.mark.parametrize(
    "written",
    [
        "20123456",
        "20 12 34 56",
        "20.12.34.56",
        "(20) 12-34-56",
        "20/123456",
        "4520123456",
        "45 20 12 34 56",
        "+4520123456",
        "+45 20 12 34 56",
        "0045 20 12 34 56",
        "00 45 20123456",
        "+45 (0)20123456",
        "'20123456",
        "\u201920123456",
        "  20123456\t",
        "20\u00a012\u00a034\u00a056",
        "\u202d+45 20 12 34 56\u202c",
        "\ufeff20123456",
        "２０１２３４５６",
        "٢٠١٢٣٤٥٦",
        "20123456.0",
        "20123456,00",
        "tel:+45-20-12-34-56",
        "Mobil: 20123456",
        20123456,
        20123456.0,
    ],
)
def test_a_danish_number_is_read_however_it_is_written(written: object) -> None:
    phone = phones.parse(written, "DK")
    assert phone is not None
    assert (phone.e164, phone.valid, phone.country) == ("+4520123456", True, "DK")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "ukendt",
        "-",
        "4.52012E+09",
        "4,52E9",
        "22222222222222222222",
        "20123456 / 30123456",
        "+999123456789",
        "1" * 500,
        None,
        True,
        float("nan"),
        float("inf"),
        [],
        10**40,
    ],
)
def test_what_holds_no_number_is_none(written: object) -> None:
    assert phones.parse(written, "DK") is None


@pytest.mark.parametrize("written", ["112", "2012345", "201234567", "0123456789", "10000000"])
def test_a_number_of_no_plan_is_read_but_not_valid(written: str) -> None:
    phone = phones.parse(written, "DK")
    assert phone is not None
    assert not phone.valid
    assert phone.kind == "unknown"
    assert phone.country == ""


@pytest.mark.parametrize(
    ("written", "region", "e164", "kind", "country"),
    [
        ("070-123 45 67", "SE", "+46701234567", "mobile", "SE"),
        ("(212) 555-0123", "US", "+12125550123", "mobile_or_fixed", "US"),
        ("020 7946 0018", "GB", "+442079460018", "fixed", "GB"),
        ("+44 (0)20 7946 0018", "DK", "+442079460018", "fixed", "GB"),
        ("+39 (0)6 12345678", "DK", "+390612345678", "fixed", "IT"),
        ("+299 32 12 34", "DK", "+299321234", "fixed", "GL"),
        ("80 12 34 56", "DK", "+4580123456", "toll_free", "DK"),
        ("90 12 34 56", "DK", "+4590123456", "premium", "DK"),
    ],
)
def test_numbers_of_other_plans_keep_their_kind_and_country(
    written: str, region: str, e164: str, kind: str, country: str
) -> None:
    phone = phones.parse(written, region)
    assert phone is not None
    assert (phone.e164, phone.valid, phone.kind, phone.country) == (e164, True, kind, country)


def test_a_bare_foreign_country_code_is_read_when_it_gives_a_mobile() -> None:
    phone = phones.parse("46701234567", "DK")
    assert phone is not None
    assert (phone.e164, phone.country) == ("+46701234567", "SE")


def test_a_danish_number_with_two_digits_too_many_never_becomes_a_foreign_landline() -> None:
    phone = phones.parse("2012345612", "DK")
    assert phone is not None
    assert not phone.valid


def test_without_a_region_only_international_numbers_are_read() -> None:
    assert phones.parse("20123456", None) is None
    international = phones.parse("+4520123456", None)
    assert international is not None
    assert international.valid


def test_an_extension_is_kept_apart_from_the_number() -> None:
    phone = phones.parse("20123456 ext. 12", "DK")
    assert phone is not None
    assert (phone.e164, phone.extension) == ("+4520123456", "12")


def test_the_written_form_is_kept() -> None:
    phone = phones.parse(" 20 12 34 56 ", "DK")
    assert phone is not None
    assert phone.written == " 20 12 34 56 "


def test_a_number_is_shown_nationally_at_home_and_with_its_country_abroad() -> None:
    assert phones.display("+4520123456", "DK") == "20 12 34 56"
    assert phones.display("+4520123456", "SE") == "+45 20 12 34 56"
    assert phones.display("+4520123456", None) == "+45 20 12 34 56"


def test_what_is_no_number_is_shown_as_it_is() -> None:
    assert phones.display("hidden", "DK") == "hidden"


@pytest.mark.parametrize(
    ("e164", "zones"),
    [
        ("+4520123456", ("Europe/Copenhagen",)),
        ("+12125550123", ("America/New_York",)),
        ("+299321234", ("America/Godthab",)),
        ("nonsense", ()),
    ],
)
def test_the_zones_of_a_number_come_from_its_plan(e164: str, zones: tuple[str, ...]) -> None:
    assert phones.timezones(e164) == zones


def test_a_number_valid_in_a_whole_country_has_all_its_zones() -> None:
    zones = phones.timezones("+61412345678")
    assert {"Australia/Perth", "Australia/Sydney"} <= set(zones)


def test_the_country_of_a_number_is_found() -> None:
    assert phones.country("+4520123456") == "DK"
    assert phones.country("+80012345678") == ""
    assert phones.country("x") == ""


@pytest.mark.parametrize("cell", ["20 12 34 56", "20.12.34.56", "20-12-34-56", "+45 20123456", "20123456.0"])
def test_phone_like_cells_are_recognised(cell: str) -> None:
    assert phones.looks_like_phone(cell, "DK")


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "8000",
        "31-12-2025",
        "2025-12-31",
        "20251231",
        "010203-1234",
        "0102031234",
        "Hans Jensen",
        "12.345,50",
        "Mobil: 20123456",
        "M-20123456",
    ],
)
def test_dates_ids_and_post_codes_are_not_phones(cell: str) -> None:
    assert not phones.looks_like_phone(cell, "DK")


def test_a_cell_that_is_no_text_is_no_phone() -> None:
    assert not phones.looks_like_phone(20123456, "DK")


def test_regions_are_known_by_their_code() -> None:
    assert phones.known_region("DK")
    assert not phones.known_region("XX")
