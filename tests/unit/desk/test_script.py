"""A script: a small Markdown, the contact's own data, never markup."""

from __future__ import annotations

import re

import pytest

from ringround.desk.rules.script import html


def merged(value: str) -> str:
    return f'<mark class="desk-merged">{value}</mark>'


def test_an_empty_line_parts_paragraphs_and_a_lines_end_is_one() -> None:
    assert html("a\nb\n\nc", {}) == "<p>a<br />\nb</p>\n<p>c</p>"


def test_headings_and_lists_are_known_by_their_sign() -> None:
    written = html("# Hej\n- en\n- to\n\n## Spørg\n1. tre", {})
    assert re.findall(r"<(h\d|ul|ol|li)>", written) == ["h4", "ul", "li", "li", "h4", "ol", "li"]


def test_bold_and_italic() -> None:
    assert html("a **b** *c*", {}) == "<p>a <strong>b</strong> <em>c</em></p>"


@pytest.mark.parametrize("script", ["**{{name}}**", "Taler jeg med **{{Name}}**?", "**{{name}}**s bror"])
def test_a_field_can_be_bold(script: str) -> None:
    assert f"<strong>{merged('Åse')}</strong>" in html(script, {"name": "Åse"})


def test_a_field_is_filled_in_whatever_its_case_and_spaces() -> None:
    assert html("Hej {{ First Name }}!", {"first_name": "Åse"}) == f"<p>Hej {merged('Åse')}!</p>"


def test_a_field_without_a_value_is_marked_as_missing() -> None:
    assert '<mark class="desk-missing">by</mark>' in html("{{by}}", {"by": " "})


def test_a_field_nobody_knows_is_shown_as_it_was_written() -> None:
    assert "<code>{{ byy }}</code>" in html("{{ byy }}", {"by": "Aarhus"})


def test_what_stands_in_a_value_is_never_read_as_formatting_nor_as_markup() -> None:
    written = html("{{name}}", {"name": "**# {{by}}** <b onclick=x>&", "by": "Aarhus"})
    assert written == f"<p>{merged('**# {{by}}** &lt;b onclick=x&gt;&amp;')}</p>"


@pytest.mark.parametrize(
    "script",
    [
        "<b>x</b>",
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<div>\nx\n</div>",
        "![x](https://example.org/x.png)",
        "    indented",
        "```\nfence\n```",
        "\ue0009\ue001",
    ],
)
def test_markup_stays_words(script: str) -> None:
    assert not re.search(r"<(?!/?(p|br|a)\b)", html(script, {}))


def test_a_link_opens_beside_the_console_and_may_name_a_field() -> None:
    written = html("[Kortet](https://example.org/?q={{by}}&z=1)", {"by": "Aarhus C&x=1"})
    assert 'href="https://example.org/?q=Aarhus%20C%26x%3D1&amp;z=1"' in written
    assert 'target="_blank" rel="noopener noreferrer"' in written


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "tel:+4512345678", "/x"]
)
def test_a_link_of_another_kind_is_no_link(url: str) -> None:
    assert "<a" not in html(f"[x]({url})", {})


@pytest.mark.parametrize("value", ["javascript:alert(1)", 'x" onclick="alert(1)', "//evil.example"])
def test_a_field_makes_no_link_of_its_own(value: str) -> None:
    written = html("[x]({{site}}) [y](https://example.org/{{site}})", {"site": value})
    assert re.findall(r'href="(.*?)[/"]', written) == ["https:"]
    assert 'onclick="' not in written


def test_an_endless_script_is_cut() -> None:
    assert html("x" * 200_000, {}).count("x") == 50_000


def test_no_script_is_nothing() -> None:
    assert html(" \n", {}) == ""
