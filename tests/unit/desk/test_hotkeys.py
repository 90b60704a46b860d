"""Keys of dispositions."""

from __future__ import annotations

from ringround.desk.rules.hotkeys import assign


def test_digits_in_order() -> None:
    assert assign(["", "", ""]) == ["1", "2", "3"]


def test_a_key_of_ones_own_comes_first_and_its_digit_is_not_given_again() -> None:
    assert assign(["", "1", "S"]) == ["2", "1", "s"]


def test_a_key_chosen_twice_goes_to_the_first() -> None:
    assert assign(["a", "A", ""]) == ["a", "1", "2"]


def test_when_the_digits_have_run_out_there_is_none() -> None:
    assert assign([""] * 11)[8:] == ["9", "", ""]
