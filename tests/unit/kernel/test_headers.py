from __future__ import annotations

import pytest

from ringround.kernel import columns
from ringround.kernel.headers import ROLES, Guess, guess_column, guess_columns, guess_role, guess_type, is_external_id


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("Fornavn", "first_name"),
        ("FIRST NAME", "first_name"),
        ("firstName", "first_name"),
        ("efternavn", "last_name"),
        ("Last_Name", "last_name"),
        ("Navn", "name"),
        ("Fulde navn", "name"),
        ("Kundens navn", "name"),
        ("Firma", "company"),
        ("Company name", "company"),
        ("Telefon", "phone"),
        ("Tlf.", "phone"),
        ("Tlf. nr.", "phone"),
        ("Mobil 2", "phone"),
        ("mobilnr", "phone"),
        ("Telefon (privat)", "phone"),
        ("Phone number", "phone"),
        ("home_phone", "phone"),
        ("Fastnet", "phone"),
        ("E-mail", "email"),
        ("Email", "email"),
        ("E-mail adresse", "email"),
        ("Kundens e-mail", "email"),
        ("Adresse", "address"),
        ("Vejnavn", "address"),
        ("Adresse 2", "address2"),
        ("c/o", "address2"),
        ("Postnr.", "post_code"),
        ("post_code", "post_code"),
        ("ZIP", "post_code"),
        ("By", "city"),
        ("City", "city"),
        ("Land", "country"),
        ("Fødselsdato", "birth_date"),
        ("Foedselsdato", "birth_date"),
        ("Date of birth", "birth_date"),
        ("CPR", "national_id"),
        ("CPR-nr.", "national_id"),
        ("Tidszone", "timezone"),
    ],
)
def test_headers_name_their_role_in_danish_and_english(header: str, role: str) -> None:
    assert role in ROLES
    assert guess_role(header) == role


@pytest.mark.parametrize(
    "header",
    ["", "Titel", "Telefon dato", "Telefon samtykke", "active", "Beløb", "Medlemsnr.", "Post nr og by", "123", "✓"],
)
def test_headers_that_name_no_role_get_none(header: str) -> None:
    assert guess_role(header) is None


@pytest.mark.parametrize(
    "header",
    [
        "Medlemsnr.",
        "Medlemsnummer",
        "member_no",
        "Kundenr",
        "customerId",
        "Customer ID",
        "Eksternt id",
        "ID",
        "Donor-ID",
    ],
)
def test_keys_of_other_systems_are_recognised(header: str) -> None:
    assert is_external_id(header)


@pytest.mark.parametrize("header", ["Navn", "Idé", "CVR", "Telefonnr", "Nummerplade"])
def test_other_headers_are_no_keys(header: str) -> None:
    assert not is_external_id(header)


@pytest.mark.parametrize(
    ("cells", "type"),
    [
        ([], "text"),
        (["", "  "], "text"),
        (["Hans", "Grete"], "text"),
        (["20 12 34 56", "+4530123456", ""], "phone"),
        (["a@b.dk", "c@d.dk"], "email"),
        (["www.dr.dk", "https://tv2.dk"], "url"),
        (["31-12-2025", "2025-01-01"], "date"),
        (["20250131", "20250228"], "date"),
        (["31-12-2025 10:00", "2025-01-01T12:00:00Z"], "datetime"),
        (["12", "13,5", "1.200"], "number"),
        (["0800", "8000", "9000"], "text"),
        (["ja", "nej", "ja"], "bool"),
        (["0", "1", "1"], "bool"),
        (["1", "1", "1"], "number"),
        (["x" * 600], "long_text"),
        (["a\nb", "c"], "long_text"),
        (["12345678901234567890"], "text"),
    ],
)
def test_a_type_is_guessed_from_the_cells(cells: list[str], type: str) -> None:
    assert guess_type(cells, region="DK") == type
    assert type in columns.TYPES


def test_a_few_bad_cells_do_not_change_the_guess() -> None:
    assert guess_type([*["20123456"] * 9, "ukendt"], region="DK") == "phone"


@pytest.mark.parametrize(
    ("header", "cells", "guess"),
    [
        ("Mobil", ["ukendt"], Guess("phone", "phone")),
        ("Kolonne 4", ["20123456", "30123456"], Guess("phone", "phone")),
        ("Postnr.", ["8000", "2100"], Guess("text", "post_code")),
        ("Fødselsdato", ["31-12-1968"], Guess("date", "birth_date")),
        ("Fødselsdato", ["31-12-68"], Guess("text", "birth_date")),
        ("Medlemsnr.", ["M-1", "M-2"], Guess("external_id", None)),
        ("Medlemsnr.", ["M-1", "M-1"], Guess("text", None)),
        ("Beløb", ["100", "150"], Guess("number", None)),
        ("Navn", [], Guess("text", "name")),
        ("Aktiv", ["ja", "nej"], Guess("bool", None)),
    ],
)
def test_a_column_is_guessed_from_header_and_cells(header: str, cells: list[str], guess: Guess) -> None:
    assert guess_column(header, cells, region="DK") == guess


def _guessed(**columns: list[str]) -> list[str]:
    return [guess.type for guess in guess_columns(list(columns), list(columns.values()), region="DK")]


def test_a_header_that_hints_is_a_phone_beside_another_phone() -> None:
    assert _guessed(Mobil=["20123456"], Hjemme=["86123456", "12345678", "se note"]) == ["phone", "phone"]
    assert _guessed(Mobil=["20123456"], Arbejde=[]) == ["phone", "phone"]
    assert _guessed(Mobil=["20123456"], Privat=["-", "n/a", ""]) == ["phone", "phone"]


def test_a_header_that_hints_is_no_phone_over_words_or_alone() -> None:
    assert _guessed(Mobil=["20123456"], Arbejde=["Smed", "Lærer", "20123456"]) == ["phone", "text"]
    assert _guessed(Navn=["Bo"], Hjemme=[]) == ["text", "text"]


def test_numbers_of_one_length_under_such_a_header_are_no_amounts() -> None:
    assert _guessed(Navn=["Bo"], Privat=["10000001", "10000002"]) == ["text", "text"]


def test_placeholders_say_nothing_about_a_column() -> None:
    assert guess_type([*["20123456"] * 2, *["ingen", "-", "ukendt"] * 5], region="DK") == "phone"
