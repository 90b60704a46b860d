"""Whether what somebody wrote back says that they want no more messages."""

from __future__ import annotations

import re

# Of a message that is nothing else, or begins with it. Danish, English, and what the neighbours write.
WORDS = frozenset(
    {
        "stop", "stopp", "stoppa", "stopall", "afmeld", "afmelding", "frameld", "framelding", "slet", "slut",
        "unsubscribe", "optout", "cancel", "end", "quit", "avsluta", "avslutt", "avmeld", "lopeta",
    }
)  # fmt: skip
# These alone at the beginning of a longer message mean something else ("End of May suits me", "Slet ikke!").
_WHOLE_ONLY = frozenset({"end", "quit", "slut", "slet", "cancel"})
_NOT = frozenset({"ikke", "not", "don't", "dont", "inte"})
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_FEW = 4


def is_stop(text: str) -> bool:
    """`STOP`, `Stop!`, `AFMELD 1204`, `stop tak`, `Stop all`; not `I won't stop by before six`, nor a long letter that
    begins with the word."""
    words = [word.casefold() for word in _WORD.findall(text)]
    if not words or len(words) > _FEW:
        return False
    if words[:2] == ["opt", "out"]:
        return True
    if len(words) == 1:
        return words[0] in WORDS
    return words[0] in WORDS - _WHOLE_ONLY and not _NOT & set(words)


def is_stop_to_keyword(text: str) -> bool:
    """The same where the message begins with the keyword of a shared short code: `FOO STOP`."""
    _first, _, rest = text.strip().partition(" ")
    return is_stop(text) or bool(rest and is_stop(rest))
