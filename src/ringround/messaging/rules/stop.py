"""Whether what somebody wrote back says that they want no more messages."""

from __future__ import annotations

import re

# The source of the suppression that is made of it.
BY_STOP = "STOP (SMS)"
# Of a message that is nothing else, or begins with it. Danish, English, and what the neighbours write.
WORDS = frozenset(
    {
        "stop", "stopp", "stoppa", "stopall", "afmeld", "afmelding", "frameld", "framelding", "slet", "slut",
        "unsubscribe", "optout", "cancel", "end", "quit", "avsluta", "avslutt", "avmeld", "lopeta",
    }
)  # fmt: skip
# These alone at the beginning of a longer message mean something else ("End of May suits me", "Slet ikke!").
_WHOLE_ONLY = frozenset({"end", "quit", "slut", "slet", "cancel"})
# Before the word, they change nothing ("Please stop", "Hej, stop nu").
_KIND = frozenset({"please", "pls", "venligst", "hej", "hi", "hello"})
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
# What makes another thing of the word before it, where nothing stands between: "stop ikke", but not "Stop. Ikke mere".
_OTHER = re.compile(r"\s+(?:(?:ikke|ikkje|not|inte|op|by|over)\b|lige\s+op\b)", re.IGNORECASE)


def is_stop(text: str, *, keyword: str = "") -> bool:
    """`STOP`, `Stop!`, `AFMELD 1204`, `Stop med at skrive til mig`; not `I won't stop by before six`, nor `Ikke stop`.
    However long: who begins so wants no more. `keyword`: that of a shared short code, which may stand before it."""
    text = text.strip()
    if keyword and text.casefold().startswith(f"{keyword.casefold()} "):
        text = text[len(keyword) :]
    found = list(_WORD.finditer(text))
    if len(found) > 1 and found[0][0].casefold() in _KIND:
        del found[0]
        alone = False
    else:
        alone = len(found) == 1
    if not found:
        return False
    first = found[0][0].casefold()
    if first == "opt":
        return len(found) > 1 and found[1][0].casefold() == "out"
    if first in WORDS - _WHOLE_ONLY:
        return _OTHER.match(text, found[0].end()) is None
    return alone and first in WORDS
