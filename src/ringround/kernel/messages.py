"""Sentences that this floor says, translated when they are shown and not before.

The kernel knows no Django. It marks its English sentences with `N_`, which the message extraction
collects; the fuse box gives the function that looks them up. Until then they stay English.
"""

from __future__ import annotations

from collections.abc import Callable

Translator = Callable[[str], str]


def _english(text: str) -> str:
    return text


_translator: Translator = _english


def set_translator(translator: Translator) -> None:
    """Says how sentences are translated (Django's `gettext`); called once, by config."""
    global _translator  # the one seam to the floor above, set at start-up
    _translator = translator


class Message:
    """An English sentence and its parameters; `str()` is the sentence in the reader's language."""

    __slots__ = ("params", "text")

    def __init__(self, text: str, params: dict[str, object]) -> None:
        self.text = text
        self.params = params

    def __str__(self) -> str:
        translated = _translator(self.text)
        return translated % self.params if self.params else translated

    def __repr__(self) -> str:
        return f"Message({self.text!r}, {self.params!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self.text == other.text and self.params == other.params

    def __hash__(self) -> int:
        return hash(self.text)


def N_(text: str, **params: object) -> Message:  # the name extractors know
    """Marks a sentence: `N_("At most %(limit)s characters.", limit=500)`."""
    return Message(text, params)
