"""Texts, numbers, phones and cursors: whatever comes in."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st

from ringround.kernel import columns, cursors, phones
from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.headers import guess_column
from ringround.kernel.money import CURRENCIES, Money
from ringround.kernel.phones import Phone
from ringround.kernel.text import clean, csv_safe, digits, fold, sort_key

anything = st.text(st.characters())  # surrogates and nul too
danish = st.text("aAbBzZæÆøØåÅäöüéEe -'", max_size=20)


@given(st.lists(anything, max_size=8))
def test_the_database_orders_keys_as_python_does(texts: list[str]) -> None:
    keys = [sort_key(text) for text in texts]
    # COLLATE "C" compares UTF-8 bytes, which is the order of code points.
    assert sorted(keys) == sorted(keys, key=str.encode)
    assert not any("\0" in key for key in keys)


@given(danish, danish)
def test_texts_of_different_letters_never_sort_the_same(one: str, other: str) -> None:
    if sort_key(one) == sort_key(other):
        assert clean(one.strip()) == clean(other.strip()) or one == other


@given(st.text("abcæøåz", min_size=1, max_size=6), st.text("abcæøåz", min_size=1, max_size=6))
def test_words_sort_letter_by_letter_in_the_danish_alphabet(one: str, other: str) -> None:
    order = {letter: rank for rank, letter in enumerate("abcdefghijklmnopqrstuvwxyzæøå")}

    def ranks(word: str) -> list[int]:
        return [order[letter] for letter in word.replace("aa", "å")]

    if ranks(one) != ranks(other):
        assert (sort_key(one) < sort_key(other)) == (ranks(one) < ranks(other))


@given(danish, st.text("abcæøå", min_size=1, max_size=5))
def test_a_name_sorts_before_a_longer_one_that_begins_with_it(name: str, more: str) -> None:
    assert sort_key(name + "x") < sort_key(name + "xx" + more)


@given(anything)
def test_a_key_fits_an_index_row(text: str) -> None:
    assert len(sort_key(text * 50).encode()) < 2700


@given(anything)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@given(anything, anything)
def test_a_part_of_a_text_is_found_in_it_when_folded(one: str, other: str) -> None:
    joined = fold(clean(one) + " " + clean(other))
    assert fold(clean(one)).strip() in joined


@given(anything, st.booleans())
def test_a_cleaned_text_can_be_stored_and_is_clean(text: str, lines: bool) -> None:
    cleaned = clean(text, lines=lines)
    assert "\0" not in cleaned
    cleaned.encode()
    assert clean(cleaned, lines=lines) == cleaned


@given(anything)
def test_digits_are_digits(text: str) -> None:
    found = digits(text)
    assert found == "" or (found.isascii() and found.isdecimal())


@given(anything)
def test_no_exported_cell_begins_as_a_formula_unless_it_is_a_plain_number(text: str) -> None:
    cell = csv_safe(text)
    assert cell in (text, "'" + text)
    if cell[:1] in ("=", "@", "\t", "\r"):
        raise AssertionError(cell)
    if cell[:1] in ("+", "-"):
        assert not any(sign.isalpha() or sign in "!|=*/'\"" for sign in cell)


@given(anything, st.sampled_from(["DK", "SE", "US", "IT", None]))
def test_any_text_is_read_as_a_phone_or_not_and_never_an_error(text: str, region: str | None) -> None:
    found = phones.parse(text, region)
    assert found is None or (found.e164[0] == "+" and len(found.e164) <= 16)
    phones.looks_like_phone(text, region)
    phones.timezones(text)
    phones.display(text, region)


REGIONS = ["DK", "SE", "NO", "DE", "GB", "US", "IT", "FR", "GL", "FO"]


@given(st.sampled_from(REGIONS), st.sampled_from(REGIONS), st.integers(0, 10**9))
def test_a_number_is_read_again_from_every_form_it_is_shown_in(country: str, reader: str, salt: int) -> None:
    example = phonenumbers.example_number(country)
    assert example is not None
    example.national_number = (example.national_number or 0) + salt % 1000
    e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    phone = phones.parse(e164, None)
    assert isinstance(phone, Phone)
    if not phone.valid:
        return
    for form in (phone.international, phone.e164, "00" + phone.e164[1:] if reader == "DK" else phone.e164):
        again = phones.parse(form, reader)
        assert again is not None
        assert (again.e164, again.valid) == (phone.e164, True)
    home = phones.parse(phone.national, phone.country)
    assert home is not None
    assert home.e164 == phone.e164
    assert phones.display(phone.e164, phone.country) == phone.national


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | anything,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=2),
    max_leaves=5,
)


@given(st.sampled_from(columns.TYPES), json_values)
def test_any_value_is_read_or_refused_and_what_is_read_reads_the_same_again(type: str, raw: Any) -> None:
    options = ["Ja", "Nej", "0"]
    value = columns.parse(type, raw, options=options, region="DK")
    if value is None or isinstance(value, Fault):
        return
    again = columns.parse(type, columns.to_json(value), options=options, region="DK")
    cell = columns.parse(type, columns.to_text(value), options=options, region="DK")
    if isinstance(value, Phone):
        assert isinstance(again, Phone)
        assert again.e164 == value.e164
    else:
        assert again == value
        assert cell == value


@given(st.decimals(-(10**9), 10**9, allow_nan=False, places=4))
def test_a_number_survives_json_and_the_export(number: Decimal) -> None:
    value = columns.parse("number", number)
    assert value == number
    assert columns.parse("number", columns.to_json(number)) == number
    for decimal in ",.":
        text = columns.to_text(number, decimal=decimal)
        assert columns.parse("number", text, decimal=decimal) == number


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_time_survives_json(at: datetime) -> None:
    assert columns.parse("datetime", columns.to_json(at)) == at


@given(anything, st.lists(anything, max_size=5))
def test_any_column_gets_a_guess(header: str, cells: list[str]) -> None:
    assert guess_column(header, cells, region="DK").type in columns.TYPES


storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
bigints = st.integers(-(2**63) + 1, 2**63 - 1)


@given(st.lists(bigints | st.booleans() | st.uuids() | storable, max_size=4))
def test_a_cursor_gives_back_its_values(values: list[Any]) -> None:
    assert cursors.decode(cursors.encode(values), *map(type, values)) == tuple(values)


@given(anything, st.sampled_from([int, str, datetime]))
def test_a_made_up_cursor_is_refused_or_read_and_never_an_error(text: str, kind: type) -> None:
    with contextlib.suppress(Invalid):
        cursors.decode(text, kind)


@given(st.integers(-(2**53) + 1, 2**53 - 1), st.sampled_from(sorted(CURRENCIES)))
def test_money_survives_json_and_kroner(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    assert Money.parse(money.to_json()) == money
    assert Money.of_major(money.major, currency) == money
