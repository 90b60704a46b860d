"""What the columns of a list may be, and where a file's go."""

from __future__ import annotations

from typing import Any

import pytest

from ringround.contacts.rules import columns
from ringround.contacts.rules.mapping import place, unique_headers
from ringround.kernel.errors import Invalid
from ringround.kernel.headers import Guess

NAME = {"name": "name"}


@pytest.mark.parametrize(
    ("raw", "loc", "code"),
    [
        ("x", ("columns",), "wrong_type"),
        ([1], ("columns", 0), "wrong_type"),
        ([{}], ("columns", 0, "name"), "required"),
        ([{"name": "  "}], ("columns", 0, "name"), "required"),
        ([{"name": "x" * 101}], ("columns", 0, "name"), "too_long"),
        ([{"name": "a", "type": "shoe"}], ("columns", 0, "type"), "unknown_type"),
        ([{"name": "a", "role": "shoe"}], ("columns", 0, "role"), "unknown_role"),
        ([{"name": "a", "type": "number", "role": "name"}], ("columns", 0, "type"), "role_type"),
        ([{"name": "a", "required": "yes"}], ("columns", 0, "required"), "wrong_type"),
        ([{"name": "a", "colour": 1}], ("columns", 0, "colour"), "unknown_field"),
        ([{"name": "a", "type": "choice"}], ("columns", 0, "options"), "required"),
        ([{"name": "a", "options": ["b"]}], ("columns", 0, "options"), "not_a_choice"),
        ([{"name": "Mobil"}, {"name": "mobil"}], ("columns", 1, "name"), "duplicate_column"),
        ([{"name": "a", "role": "city"}, {"name": "b", "role": "city"}], ("columns", 1, "role"), "duplicate_role"),
        (
            [{"name": "a", "type": "external_id"}, {"name": "b", "type": "external_id"}],
            ("columns", 1, "type"),
            "two_external_ids",
        ),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused_where_it_is_wrong(raw: Any, loc: Any, code: str) -> None:
    with pytest.raises(Invalid) as wrong:
        columns.read(raw)
    assert [(fault.loc, fault.code) for fault in wrong.value.errors] == [(loc, code)]


def test_a_hundred_columns_are_taken_and_no_more() -> None:
    many = [{"name": f"c{number}"} for number in range(101)]
    assert len(columns.read(many[:100])) == 100
    with pytest.raises(Invalid) as wrong:
        columns.read(many)
    assert wrong.value.code == "too_many_columns"


def test_a_meaning_that_is_not_said_is_seen_from_the_name() -> None:
    found = columns.read([{"name": "Fornavn"}, {"name": "By", "role": None}, {"name": "navn", "role": "first_name"}])
    assert [column.role for column in found] == [None, None, "first_name"]
    assert columns.read([NAME])[0].role == "name"


def test_columns_go_by_what_is_said_then_remembered_then_named_then_guessed() -> None:
    declared = columns.read([NAME, {"name": "a", "type": "phone"}, {"name": "b", "type": "phone"}, {"name": "city"}])
    headers = ["b", "Tlf", "Sted", "navn", "x"]
    guesses = [
        Guess("text", None),
        Guess("phone", "phone"),
        Guess("text", None),
        Guess("text", "name"),
        Guess("text", None),
    ]
    found = place(headers, guesses, declared, {"x": None}, {"Sted": "city"})
    assert found == (2, 1, 3, 0, None)


def test_headers_that_are_empty_or_alike_get_names_of_their_own() -> None:
    assert unique_headers(["Tlf", "tlf", "", "Tlf"]) == ("Tlf", "tlf 2", "column 3", "Tlf 3")
