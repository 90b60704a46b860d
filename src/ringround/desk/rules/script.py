"""A campaign's script as blocks that a template draws: a little formatting, the contact's own data, and never markup.

Paragraphs are parted by an empty line; a line that begins with `# ` is a heading, with `- ` an item of a list;
`**words**` are strong. `{{name}}` stands for the contact's field of that name, case and spaces aside; one that is not
known is shown as it was written, so that whoever wrote the script sees it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# A script is read at a glance; what is longer than this is cut by the wizard, and here as a last resort.
LONGEST = 50_000
_FIELD = re.compile(r"\{\{\s*([^{}\n]{1,100}?)\s*\}\}")
_STRONG = re.compile(r"\*\*(.+?)\*\*")

Kind = Literal["text", "strong", "field", "missing", "unknown"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words. `missing`: the contact has nothing there; `unknown`: there is no such field."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """`lines` of pieces; a list has one line an item."""

    kind: Literal["paragraph", "heading", "list"]
    lines: tuple[tuple[Piece, ...], ...]


def blocks(script: str, values: Mapping[str, str]) -> list[Block]:
    """The script with `values` (by field name) in their places."""
    known = {_plain(name): value for name, value in values.items()}
    found: list[Block] = []
    lines: list[str] = []
    kind: Literal["paragraph", "list"] = "paragraph"

    def end() -> None:
        if lines:
            found.append(Block(kind, tuple(_pieces(line, known) for line in lines)))
            lines.clear()

    for raw in script[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = raw.strip()
        if not line:
            end()
        elif line.startswith("# "):
            end()
            found.append(Block("heading", (_pieces(line[2:].strip(), known),)))
        else:
            wanted: Literal["paragraph", "list"] = "list" if line.startswith(("- ", "* ")) else "paragraph"
            if wanted != kind:
                end()
                kind = wanted
            lines.append(line[2:].strip() if wanted == "list" else line)
    end()
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


def _pieces(line: str, known: Mapping[str, str]) -> tuple[Piece, ...]:
    """Fields first, so that a value with asterisks in it stays a value."""
    found: list[Piece] = []
    at = 0
    for match in _FIELD.finditer(line):
        found += _strong(line[at : match.start()])
        name = _plain(match[1])
        if name not in known:
            found.append(Piece("unknown", match[0]))
        elif known[name].strip():
            found.append(Piece("field", known[name].strip()))
        else:
            found.append(Piece("missing", match[1]))
        at = match.end()
    found += _strong(line[at:])
    return tuple(found)


def _strong(text: str) -> list[Piece]:
    found: list[Piece] = []
    at = 0
    for match in _STRONG.finditer(text):
        if match.start() > at:
            found.append(Piece("text", text[at : match.start()]))
        found.append(Piece("strong", match[1]))
        at = match.end()
    if at < len(text):
        found.append(Piece("text", text[at:]))
    return found
