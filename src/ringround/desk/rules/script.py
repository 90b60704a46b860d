"""A campaign's script as HTML: a small Markdown, the contact's own data, and never markup of anybody's.

Paragraphs (a line's end is a line's end), `# headings`, `- lists`, `1. lists`, `**bold**`, `*italic*`, `> quotes` and
`[links](https://…)`. `{{name}}` stands for the contact's field of that name, case and spaces aside; one that is not
known is shown as it was written, so that whoever wrote the script sees it.

Safe by construction: the parser's HTML is off, links are of the web or mail, and a field's value is put in, escaped,
after the parsing is done: what stands in a contact is never read as formatting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

# A script is read at a glance; what is longer than this is cut by the wizard, and here as a last resort.
LONGEST = 50_000
_FIELD = re.compile(r"\{\{\s*([^{}\n]{1,100}?)\s*\}\}")
# Where a field stands while the script is parsed: to the parser a word like any other, so that `**{{name}}**s` is bold.
_OPEN, _CLOSE = "\ue000", "\ue001"
_PLACE = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_PLACE_IN_LINK = re.compile(f"{quote(_OPEN)}(\\d+){quote(_CLOSE)}")
_LINK = re.compile(r"(https?://|mailto:)[^/\s]", re.IGNORECASE)
# The page has its own headings; all of a script's are of one level below them.
_HEADING = "h4"


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        return _LINK.match(url) is not None


class _Renderer(RendererHTML):
    def text(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        words: list[str] = env["fields"]
        parts = _PLACE.split(tokens[idx].content)
        return "".join(words[int(part)] if odd % 2 else escape(part) for odd, part in enumerate(parts))

    def heading_open(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        return f"<{_HEADING}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        return f"</{_HEADING}>\n"

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        values: list[str] = env["values"]
        href = _PLACE_IN_LINK.sub(lambda found: quote(values[int(found[1])], safe=""), str(tokens[idx].attrs["href"]))
        return f'<a href="{escape(href)}" target="_blank" rel="noopener noreferrer">'


def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False, "breaks": True}, renderer_cls=_Renderer)
    # What nobody writes into a script on purpose: indented lines as code, a line of dashes as a heading, pictures.
    return parser.disable(
        ["code", "fence", "html_block", "html_inline", "lheading", "reference", "image", "backticks", "autolink"]
    )


_parse = _parser()


def html(script: str, values: Mapping[str, str]) -> str:
    """The script with `values` (by field name) in their places, as HTML; empty for an empty script."""
    known = {_plain(name): value for name, value in values.items()}
    words: list[str] = []
    plain: list[str] = []

    def place(found: re.Match[str]) -> str:
        name = _plain(found[1])
        value = known.get(name, "").strip()
        if name not in known:
            words.append(f"<code>{escape(found[0])}</code>")
        elif value:
            words.append(f'<mark class="desk-merged">{escape(value)}</mark>')
        else:
            words.append(f'<mark class="desk-missing">{escape(found[1])}</mark>')
        plain.append(value)
        return f"{_OPEN}{len(words) - 1}{_CLOSE}"

    source = script[:LONGEST].replace(_OPEN, "").replace(_CLOSE, "")
    return str(_parse.render(_FIELD.sub(place, source), {"fields": words, "values": plain})).strip()


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())
