"""English that is left on a Danish page: every visible text held against the source strings of the catalogues."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from playwright.sync_api import Page

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "ringround"
# What stands between the words of a source string that are on the screen as they are: placeholders and markup.
GAP = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|<[^>]+>")
SPACE = re.compile(r"\s+")
# Shorter pieces between placeholders are found inside Danish words too.
SHORTEST_PIECE = 9

TEXTS = """() => {
  const found = [];
  const seen = (element) => !element.closest('script, style, [translate=no], code, pre') && element.checkVisibility();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (node.data.trim() && seen(node.parentElement)) found.push(node.data);
  for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
    for (const element of document.querySelectorAll(`[${name}]`))
      if (seen(element)) found.push(element.getAttribute(name));
  found.push(document.title);
  return found;
}"""


@cache
def _english() -> tuple[frozenset[str], tuple[str, ...]]:
    """Whole source strings, and the pieces of those with something in between."""
    whole: set[str] = set()
    pieces: set[str] = set()
    danish: set[str] = set()
    for file in sorted(PACKAGE.glob("*/locale/da/LC_MESSAGES/django.po")):
        with file.open("rb") as opened:
            catalog = read_po(opened, locale="da")
        for message in catalog:
            sources = message.id if isinstance(message.id, (list, tuple)) else [message.id]
            targets = message.string if isinstance(message.string, (list, tuple)) else [message.string]
            danish |= {SPACE.sub(" ", text).strip() for text in targets if text}
            for source in sources:
                if not source or message.context in _FORMATS:
                    continue
                parts = [SPACE.sub(" ", part).strip(" .,:;()") for part in GAP.split(source)]
                if len(parts) == 1:
                    whole.add(SPACE.sub(" ", source).strip())
                else:
                    pieces |= {part for part in parts if len(part) >= SHORTEST_PIECE and " " in part}
    every = " \n ".join(danish)
    return frozenset(whole - danish - _OWN_NAMES), tuple(piece for piece in pieces if piece not in every)


# Where one chooses a language it is called as those who speak it call it.
_OWN_NAMES = {"English"}
# Contexts whose strings are no words but patterns.
_FORMATS = {"day of this year", "day of another year", "day in full"}


def english_left(page: Page) -> list[str]:
    """Visible texts that are, or hold, an English source string."""
    whole, pieces = _english()
    found = []
    for raw in page.evaluate(TEXTS):
        text = SPACE.sub(" ", raw).strip()
        if text in whole or any(piece in text for piece in pieces):
            found.append(text)
    return found


def assert_danish(page: Page) -> None:
    """Fails with every English text that is left."""
    assert page.locator("html").get_attribute("lang") == "da"
    left = english_left(page)
    assert not left, f"{page.url}: {left}"
