"""Text: cleaning, searching and sorting it, the same on every database.

PostgreSQL without ICU cannot sort Danish. So what is sorted by carries a key made here, stored
beside it under COLLATE "C", whose byte order is the alphabet's.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

# --- sorting --------------------------------------------------------------------------------

# æ ø å come after z, in that order: the three ASCII characters after "z" stand for them.
_AE, _OE, _AA = "{", "|", "}"
# Foreign letters where a Danish dictionary has them (the rules of CLDR's `da`): ä with æ, ö and ő
# with ø, ü and ű with y; ð and đ with d, þ with th, œ with oe.
_LETTERS = {
    "æ": _AE, "ä": _AE, "ø": _OE, "ö": _OE, "ő": _OE, "å": _AA, "ü": "y", "ű": "y",
    "ð": "d", "đ": "d", "þ": "th", "œ": "oe", "ł": "l", "ı": "i", "ħ": "h", "ŧ": "t",
}  # fmt: skip
_DANISH = str.maketrans(_LETTERS)
# Separators sort before every letter, so that names sort word by word; other signs do not count.
_ASCII = str.maketrans(
    dict.fromkeys("\t\n\r-/_ ", " ")
    | {ch: "" for ch in map(chr, range(128)) if not ch.isalnum() and ch not in "\t\n\r-/_ "}
)
_MAX_SORTED = 200  # characters compared; keeps the key far under the 2,700 bytes an index row takes


def sort_key(text: str) -> str:
    """A key whose code points order as a Danish dictionary does: …, z, æ, ø, å, with aa as å.

    Letters decide first, spaces before letters; accents and capitals only break ties (capital
    first). Works for every string; only the first 200 characters count.
    """
    text = text[:_MAX_SORTED]
    if text.isascii():
        tie, primary = text, text.lower().translate(_ASCII)
    elif _is_latin(text):
        # What has one code point for each letter is put together letter by letter.
        tie, primary = text, text.translate(_sorted_letters())
    else:
        tie = unicodedata.normalize("NFC", text)
        primary = _primary(tie)
    primary = " ".join(primary.replace("aa", _AA).split())
    if not tie.isprintable():
        tie = _CONTROLS.sub(" ", tie)
    # \x01 is below every character a primary key has, so a shorter name stays before a longer one.
    # One letter may come apart into many (U+FDFA): the parts are cut again.
    return f"{primary[:_MAX_SORTED]}\x01{tie}"


def _primary(text: str) -> str:
    # 1. one code point per letter, lower case  2. the Danish letters, before their marks are
    # lost  3. marks off everything else  4. separators and signs
    primary = unicodedata.normalize("NFC", text.casefold()).translate(_LETTER_FIRST)
    primary = _without_marks(primary).casefold()
    primary = primary.translate(_FINISH)
    return "".join(" " if ch.isspace() else ch for ch in primary if ch.isprintable())


def _without_marks(text: str) -> str:
    return "".join(ch for ch in unicodedata.normalize("NFKD", text) if not unicodedata.combining(ch))


def _is_latin(text: str) -> bool:
    """Whether a text is of western Europe: none of its letters is put together from several characters."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _sorted_letters() -> dict[int, str]:
    return {at: _primary(chr(at)) for at in range(256)}


# The ASCII stand-ins would be taken away as signs: they travel as private-use characters meanwhile.
_PRIVATE = {_AE: "\ue000", _OE: "\ue001", _AA: "\ue002"}
_LETTER_FIRST = str.maketrans({k: _PRIVATE.get(v, v) for k, v in _LETTERS.items()})
_FINISH = (
    _ASCII
    | str.maketrans({v: k for k, v in _PRIVATE.items()})
    | str.maketrans(dict.fromkeys("‐‑‒–—―", " ") | dict.fromkeys("‘’‚“”„´ʼ", ""))
)

# --- searching ------------------------------------------------------------------------------

# æ and ø stay letters of their own. å becomes aa, so that Århus and Aarhus, Åse and Aase find each
# other, while typing one letter at a time too.
_KEEP = str.maketrans({"æ": "\ue000", "ø": "\ue001", "å": "aa"})
_UNKEEP = str.maketrans({"\ue000": "æ", "\ue001": "ø"})


def fold(text: str) -> str:
    """Text as it is searched: lower case, without accents, spaces single; `Åse` and `aase` alike."""
    if text.isascii():
        folded = text.lower()
    elif _is_latin(text):
        folded = text.translate(_folded_letters())
    else:
        folded = _folded(text)
    return " ".join(folded.split())


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFC", text.casefold()).translate(_KEEP)
    return _without_marks(folded).casefold().translate(_UNKEEP)


@cache
def _folded_letters() -> dict[int, str]:
    return {at: _folded(chr(at)) for at in range(256)}


def digits(text: str) -> str:
    """The decimal digits in a text, of any script, as 0-9."""
    if text.isascii():
        return "".join(filter(str.isdigit, text))
    return "".join(str(unicodedata.decimal(ch)) for ch in text if ch.isdecimal())


# --- cleaning -------------------------------------------------------------------------------

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_CONTROLS_BUT_LINES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?|\u2028|\u2029|\x85")


def clean(text: str, max: int | None = None, *, lines: bool = False) -> str:
    """Text fit to be stored and shown: NFC, no nul or control characters, no outer spaces.

    With `lines` line breaks and tabs stay (breaks as "\\n"), else they become spaces. Longer than
    `max` characters is cut; where that would lose what somebody typed, check the length first.
    """
    if text.isascii() and text.isprintable():
        cleaned = text.strip()
    else:
        if lines:
            cleaned = _CONTROLS_BUT_LINES.sub("", _LINE_ENDS.sub("\n", text))
        else:
            cleaned = _LINE_ENDS.sub(" ", text).replace("\n", " ").replace("\t", " ")
            cleaned = _CONTROLS.sub("", cleaned)
        cleaned = unicodedata.normalize("NFC", cleaned).strip()
    return cleaned if max is None else cleaned[:max].rstrip()


# What people write where they know nothing. In a text it may be a name; a yes or no reads some of these its own way.
_NOTHING = frozenset(["-", "--", "–", "—", ".", "?", "n/a", "na", "ingen", "ukendt", "none", "null", "#n/a"])


def is_nothing(cell: str) -> bool:
    """Whether a cell only says that there is nothing to say."""
    return cell.strip().casefold() in _NOTHING


_NUMBER = re.compile(r"[+-]?\d[\d .,()\u00a0]*%?", re.ASCII)


def csv_safe(value: str) -> str:
    """A cell that no spreadsheet takes for a formula: `=cmd()` gets a leading apostrophe.

    Plain numbers and phone numbers (`-12,5`, `+4520123456`) cannot run anything and stay as they are.
    """
    # Some programs skip leading blanks before they look for the sign.
    first = value.lstrip(" \u00a0\ufeff")[:1]
    if first and first in "=+-@\t\r\n＝＋－＠" and not _NUMBER.fullmatch(value):
        return "'" + value
    return value


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows as the text of a CSV with CRLF, in pieces to be sent as they come. Cells have been through `csv_safe`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow(row)
        if out.tell() > 1 << 15:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()
