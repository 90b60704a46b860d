"""Whether who stands in a register by name and address (Robinson) is a contact.

Both are read into a `Who`: words without capitals, accents and abbreviations, å as aa, the address in its parts. What
is the same then is an exact hit and bars; what could be the same person written otherwise is a near hit, which somebody
looks at. Worked example: the register has `Hansen, Anna Marie` at `Nørregd. 12 B, 2. tv, 8000`. `Anna Marie Hansen`,
`Nørre Gade 12b 2 TV` is an exact hit; `A. Hansen` there, or `Anna Hansen` in number 12 without a floor, is a near one;
`Bo Hansen` there is none.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Literal, NamedTuple

from ringround.kernel.text import fold

Verdict = Literal["exact", "near"]
_LONGEST = 200  # characters of a cell that are looked at
_MOST_WORDS = 8


class Who(NamedTuple):
    """A person or company at an address, as it is compared."""

    name: tuple[str, ...]  # words, the given name first
    street: str  # run together
    number: str
    letter: str
    floor: str
    door: str
    post: str


def read(name: object, address: object, address2: object, post_code: object, city: object) -> Who | None:
    """What is compared of these cells; None where name, street or post code is missing."""
    words = _name(_plain(name))
    street, number, letter, rest = _street(_plain(address))
    post = _post(_plain(post_code), _plain(city))
    if not words or not street or not post:
        return None
    floor, door = _unit(rest)
    if not floor and not door:
        floor, door = _unit(_plain(address2))
    return Who(words, street, number, letter, floor, door, post)


def place_key(who: Who) -> int:
    """By what both are found: whoever may be one has the same post code, house number and beginning of the surname."""
    return _digest(who.post, who.number, _sound(who.name[-1]))


def print_of(who: Who) -> int:
    """The same for whatever is an exact hit of one another, and for nobody else."""
    return _digest(" ".join(who.name), *who[1:])


def compare(one: Who, other: Who) -> Verdict | None:
    """Whether they are the same, may be, or are not; whichever is asked about whichever."""
    if one == other:
        return "exact"
    if (one.post, one.number, _sound(one.name[-1])) != (other.post, other.number, _sound(other.name[-1])):
        return None
    same_street = one.street == other.street
    if not same_street and not _alike(one.street, other.street):
        return None
    if one.name == other.name:
        return "near"
    # Of somebody who is written otherwise, the door must not be another's.
    units = zip(one[3:6], other[3:6], strict=True)
    if not same_street or any(a and b and a != b for a, b in units):
        return None
    return "near" if _may_be(one.name, other.name) else None


# --- names ---------------------------------------------------------------------------------------

# ä is æ and ö is ø to whoever writes the other.
_LETTERS = str.maketrans({"ä": "æ", "Ä": "æ", "ö": "ø", "Ö": "ø", "'": None, "’": None, "´": None, "`": None})
_PLAIN = str.maketrans({"æ": "ae", "ø": "oe", "ß": "ss", "\u00a0": " "})
_WORD = re.compile(r"[^\W_]+")
_SLASHED = re.compile(r"\b([aikp])/s\b")
_DOTTED = re.compile(r"\b([as])\.?m\.?b\.?a\b\.?")
_FORMS = frozenset(
    [
        "aps", "as", "is", "ks", "ps", "ivs", "amba", "smba", "ab", "oy", "oyj", "asa", "gmbh", "ag", "ug", "ohg",
        "ltd", "limited", "plc", "llc", "llp", "inc", "corp", "bv", "nv", "srl",
    ]
)  # fmt: skip
_TITLES = frozenset(["hr", "fru", "frk", "herr", "frau", "mr", "mrs", "ms", "miss", "dr", "prof"])
_AND = frozenset(["og", "and", "und", "och", "et"])


def _plain(cell: object) -> str:
    if cell is None or cell == "":
        return ""
    return fold(str(cell)[:_LONGEST].translate(_LETTERS)).translate(_PLAIN)


def _name(text: str) -> tuple[str, ...]:
    if "/" in text or "." in text:
        text = _DOTTED.sub(r"\1mba ", _SLASHED.sub(r" \1s ", text))
    if text.count(",") == 1:
        last, first = text.split(",")
        # `Hansen, Anna`, but not `Hansen og Søn, ApS`.
        if set(_WORD.findall(first)) - _FORMS:
            text = f"{first} {last}"
    words = [word for word in _WORD.findall(text) if word not in _AND]
    while len(words) > 1 and words[-1] in _FORMS:
        words.pop()
    while len(words) > 1 and words[0] in _TITLES:
        words.pop(0)
    # The surname is what a long name is found by: it stays.
    return tuple(words if len(words) <= _MOST_WORDS else [*words[: _MOST_WORDS - 1], words[-1]])


_SOUNDS = {"c": "k", "q": "k", "z": "s", "w": "v"}


def _sound(surname: str) -> str:
    """The beginning of a surname: Christensen is found with Kristensen, Philipsen with Filipsen."""
    return "f" if surname.startswith("ph") else _SOUNDS.get(surname[0], surname[0])


def _may_be(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two names may be one person's: initials, names between that one of them leaves out, one wrong letter."""
    if len(one) == 1 or len(other) == 1:
        return len(one) == len(other) and _alike(one[0], other[0])
    wrong = 0
    if one[-1] != other[-1]:
        if not _alike(one[-1], other[-1]):
            return False
        wrong += 1
    given, others = one[:-1], other[:-1]
    if not _same_given(given[0], others[0]):
        if _alike(given[0], others[0]):
            wrong += 1
        elif given[0] not in others[1:] and others[0] not in given[1:]:
            # Who is called by a name between: Hans Peter Jensen, and Peter Jensen.
            return False
    few, many = sorted((given[1:], others[1:]), key=len)
    between = not few or all(any(_same_given(a, b) for b in many) for a in few)
    return wrong < 2 and between


def _same_given(one: str, other: str) -> bool:
    return one == other or (1 in (len(one), len(other)) and one[0] == other[0])


# Christensen and Kristensen, Schmidt and Smidt, Wagner and Vagner, Thomas and Tomas.
_SPELT = re.compile(r"sch|ch|ck|ph|th|[cqzw]|([a-z])\1")
_SOUND_OF = {"sch": "s", "ch": "k", "ck": "k", "ph": "f", "th": "t", **_SOUNDS}


def _spelt(found: re.Match[str]) -> str:
    return _SOUND_OF.get(found[0], found[0][0])


def _alike(one: str, other: str) -> bool:
    """Whether words sound alike, or of four letters or more differ by one: another, one too many, two changed about."""
    if one == other or _SPELT.sub(_spelt, one) == _SPELT.sub(_spelt, other):
        return True
    if min(len(one), len(other)) < 4 or abs(len(one) - len(other)) > 1:
        return False
    if len(one) > len(other):
        one, other = other, one
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    return one[at + 1 :] == other[at + 1 :] or (
        one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    )


# --- addresses -----------------------------------------------------------------------------------

_CARE_OF = re.compile(r"\bc/o\b[^,]*,?")
# `Nørregade 12 B, 2. tv`, `10. februar vej 3`: the first number behind a word.
_NUMBERED = re.compile(r"(.*?[^\W\d_].*?)[\s,]*(\d+)(?:\s?([a-z])(?![^\W_]))?(.*)")
# `12 Main Street`, but not `10 Februarvej 3`.
_NUMBER_FIRST = re.compile(r"(\d+)([a-z])?[\s,]+([^\W\d_]\D*)")
_RANGE = re.compile(r"\s*-\s*\d+[a-z]?\b")
_STREET_WORD = re.compile(r"[^\W_]+\.?")
_LEADING = {
    "ndr": "nordre", "nr": "noerre", "sdr": "soender", "vstr": "vester", "gl": "gammel", "skt": "sankt",
    "sct": "sankt", "kgs": "kongens", "chr": "christian", "ll": "lille",
}  # fmt: skip
_KINDS = {
    "gd": "gade", "g": "gade", "v": "vej", "pl": "plads", "str": "straede", "al": "alle", "blvd": "boulevard",
    "bvd": "boulevard", "boul": "boulevard",
}  # fmt: skip
# At the end of a word, where the full stop says that it is cut short; `gd` needs none.
_ENDS = (("blvd", "boulevard"), ("str", "straede"), ("gd", "gade"), ("pl", "plads"), ("v", "vej"), ("g", "gade"))
_FLOORS = {"st": "st", "stue": "st", "stuen": "st", "kl": "kl", "kld": "kl", "kaelder": "kl", "kaelderen": "kl"}
_DOORS = {"tv": "tv", "venstre": "tv", "th": "th", "hoejre": "th", "mf": "mf", "midt": "mf", "midtfor": "mf"}
_UNIT_WORD = re.compile(r"\d+|[^\W\d_]+")


def _street(text: str) -> tuple[str, str, str, str]:
    """Street run together, number, letter, and what stands behind them."""
    text = _CARE_OF.sub(" ", text).strip(" ,") if "c/o" in text else text
    found = _NUMBER_FIRST.fullmatch(text)
    if found is not None:
        return _street_name(found[3]), found[1].lstrip("0"), found[2] or "", ""
    found = _NUMBERED.fullmatch(text)
    if found is None:
        return _street_name(text), "", "", ""
    return _street_name(found[1]), found[2].lstrip("0"), found[3] or "", _RANGE.sub("", found[4], count=1)


def _street_name(text: str) -> str:
    words = _STREET_WORD.findall(text)
    named = []
    for at, written in enumerate(words):
        word, dotted = written.rstrip("."), written.endswith(".")
        if at == 0 and len(words) > 1 and word in _LEADING:
            word = _LEADING[word]
        elif at > 0 and at == len(words) - 1 and word in _KINDS:
            word = _KINDS[word]
        else:
            for end, full in _ENDS:
                if word.endswith(end) and len(word) > len(end) + 2 and (dotted or end == "gd"):
                    word = word[: -len(end)] + full
                    break
        named.append(word)
    return "".join(named)


def _unit(text: str) -> tuple[str, str]:
    """Floor and door; what is neither, like the name of a village, says nothing."""
    floor = ""
    door: list[str] = []
    words = _UNIT_WORD.findall(text)
    for word in words:
        if not floor and not door and (word in _FLOORS or word.isdigit()):
            floor = _FLOORS.get(word) or word.lstrip("0")
        elif word in _DOORS:
            door.append(_DOORS[word])
        elif word.isdigit():
            door.append(word.lstrip("0"))
    return floor, "".join(dict.fromkeys(door))


# `DK8000` and `D-20095` begin with a country, `SW1A` does not.
_COUNTRY = re.compile(r"(?:\bdk|[a-z]{1,3}-)[\s-]*(?=\d)")
_DIGITS = re.compile(r"(\d{3}) (\d{2})\b|(\d{2})-(\d{3})\b|(\d{3,6})\b")


def _post(code: str, city: str) -> str:
    """The post code: of `DK-8000`, `8000 Aarhus C` and `114 55` the digits, else all; it may stand by the city."""
    text = code or (city if city[:1].isdigit() or _COUNTRY.match(city) else "")
    text = _COUNTRY.sub("", text, count=1)
    found = _DIGITS.match(text)
    if found is not None:
        return "".join(part for part in found.groups() if part).lstrip("0")
    return "".join(_WORD.findall(text))


def _digest(*parts: str) -> int:
    said = blake2b("\x1f".join(parts).encode(), digest_size=8, person=b"rr-register")
    return int.from_bytes(said.digest(), "big", signed=True)
