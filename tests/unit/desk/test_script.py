"""A script: a little formatting, the contact's own data, never markup."""

from __future__ import annotations

from ringround.desk.rules.script import Block, Piece, blocks


def pieces(script: str, **values: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for block in blocks(script, values) for line in block.lines for piece in line]


def test_an_empty_line_parts_paragraphs() -> None:
    assert [block.kind for block in blocks("a\nb\n\nc", {})] == ["paragraph", "paragraph"]


def test_headings_and_lists_are_known_by_their_sign() -> None:
    assert [(block.kind, len(block.lines)) for block in blocks("# Hej\n- en\n- to\nsidst", {})] == [
        ("heading", 1),
        ("list", 2),
        ("paragraph", 1),
    ]


def test_a_field_is_filled_in_whatever_its_case_and_spaces() -> None:
    assert pieces("Hej {{ First Name }}!", first_name="Åse") == [("text", "Hej "), ("field", "Åse"), ("text", "!")]


def test_a_field_without_a_value_is_marked_as_missing() -> None:
    assert pieces("{{by}}", by=" ") == [("missing", "by")]


def test_a_field_nobody_knows_is_shown_as_it_was_written() -> None:
    assert pieces("{{ byy }}", by="Aarhus") == [("unknown", "{{ byy }}")]


def test_strong_words() -> None:
    assert pieces("a **b** c") == [("text", "a "), ("strong", "b"), ("text", " c")]


def test_what_stands_in_a_value_is_never_read_as_formatting() -> None:
    assert pieces("{{name}}", name="**# {{by}}") == [("field", "**# {{by}}")]


def test_markup_stays_words() -> None:
    assert blocks("<b>x</b>", {}) == [Block("paragraph", ((Piece("text", "<b>x</b>"),),))]


def test_an_endless_script_is_cut() -> None:
    assert sum(len(text) for _, text in pieces("x" * 200_000)) == 50_000
