"""Cells of delimited text, and the line of a mark that is never closed."""

from __future__ import annotations

import pytest

from ringround.contacts.files.records import Incomplete, Unclosed, records


def _read(text: str) -> list[tuple[int, list[str]]]:
    return list(records(text.split("\n"), ",", 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\nc,", [(1, ["a", "b"]), (2, ["c", ""])]),
        ('"a,b",c', [(1, ["a,b", "c"])]),
        ('"a ""b"" c",d', [(1, ['a "b" c', "d"])]),
        ('a,"b\nc",d\ne,f,g', [(1, ["a", "b\nc", "d"]), (3, ["e", "f", "g"])]),
        ('5" rør,b', [(1, ['5" rør', "b"])]),
        ('"Peter" Hansen,b', [(1, ["Peter Hansen", "b"])]),
        ("\n\na\n\n", [(3, ["a"])]),
        ('"",""', [(1, ["", ""])]),
        ('a,"b\n\n\nc"\nd', [(1, ["a", "b\n\n\nc"]), (5, ["d"])]),
    ],
)
def test_cells_come_with_the_line_their_record_begins_on(text: str, expected: list[tuple[int, list[str]]]) -> None:
    assert _read(text) == expected


def test_a_mark_that_the_next_mark_closes_was_never_closed() -> None:
    with pytest.raises(Unclosed) as wrong:
        _read('a,b\n"c,d\n"e",f\n')
    assert wrong.value.line == 2


def test_a_mark_open_at_the_end_tells_its_own_line_and_where_the_record_began() -> None:
    with pytest.raises(Incomplete) as wrong:
        _read('a,b\n"x\ny","c\nd')
    assert (wrong.value.index, wrong.value.line) == (1, 3)


def test_a_mark_is_not_looked_for_over_thousands_of_lines() -> None:
    with pytest.raises(Unclosed) as wrong:
        _read('"a\n' + "b\n" * 6_000)
    assert wrong.value.line == 1
