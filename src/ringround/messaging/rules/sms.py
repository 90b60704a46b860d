"""How many parts an SMS takes. 3GPP TS 23.038: the GSM 7-bit alphabet with its extension table, else UCS-2.

A part holds 140 octets: 160 septets or 70 units of UCS-2. Of several parts each gives 6 octets to the header that joins
them, which leaves 153 septets or 67 units. What takes two places (`€` as escape and `e`, an emoji as two halves of
UTF-16) is never cut in the middle, so a part may stay a place short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# In the order of the table, from 0x00. 0x1B is the escape to the extension table, and no character.
GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
ESCAPE = 0x1B
_CODES = {sign: code for code, sign in enumerate(GSM) if code != ESCAPE}
_SIGNS = frozenset(_CODES) | frozenset(EXTENSION)

ONE_GSM, MORE_GSM = 160, 153
ONE_UCS2, MORE_UCS2 = 70, 67
MOST_PARTS = 10
# Signs that writers' programs put in by themselves, and that would make every SMS two or three times as dear.
_PLAIN = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2013": "-",
        "\u2014": "-", "\u2026": "...", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ", "\u200b": "",
        "\ufeff": "", "\u00ad": "",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a text as they are sent, in order. `left`: places still free in the last."""

    encoding: str  # gsm7 or ucs2
    texts: tuple[str, ...]
    left: int

    @property
    def count(self) -> int:
        return len(self.texts)


def plain(text: str) -> str:
    """The text with typographic signs as the keyboard's own, where that is all that keeps it from GSM 7-bit."""
    if is_gsm(text):
        return text
    plainer = text.translate(_PLAIN)
    return plainer if is_gsm(plainer) else text


def is_gsm(text: str) -> bool:
    """Whether every sign is of the GSM 7-bit alphabet or its extension."""
    return _SIGNS.issuperset(text)


def parts(text: str) -> Parts:
    """The parts of a text. An empty one is one empty part."""
    if is_gsm(text):
        if len(text) <= ONE_GSM and EXTENSION.keys().isdisjoint(text):
            return Parts("gsm7", (text,), ONE_GSM - len(text))
        return _cut(text, "gsm7", [2 if sign in EXTENSION else 1 for sign in text], ONE_GSM, MORE_GSM)
    return _cut(text, "ucs2", [2 if ord(sign) > 0xFFFF else 1 for sign in text], ONE_UCS2, MORE_UCS2)


def _cut(text: str, encoding: str, places: Sequence[int], one: int, more: int) -> Parts:
    used = sum(places)
    if used <= one:
        return Parts(encoding, (text,), one - used)
    found: list[str] = []
    begin = used = 0
    for at, size in enumerate(places):
        if used + size > more:
            found.append(text[begin:at])
            begin, used = at, 0
        used += size
    return Parts(encoding, (*found, text[begin:]), more - used)


def gsm_codes(text: str) -> bytes:
    """The text in GSM 7-bit, one code an octet (unpacked), as SMPP's default alphabet is mostly taken. KeyError for a
    sign that is not of it."""
    out = bytearray()
    for sign in text:
        if sign in _CODES:
            out.append(_CODES[sign])
        else:
            out += bytes((ESCAPE, EXTENSION[sign]))
    return bytes(out)


_OF_EXTENSION = {code: sign for sign, code in EXTENSION.items()}


def from_gsm_codes(codes: bytes) -> str:
    """The text of unpacked GSM 7-bit codes. An unknown one is shown as `?`; after an escape the plain sign."""
    out: list[str] = []
    escaped = False
    for code in codes:
        if code == ESCAPE and not escaped:
            escaped = True
            continue
        sign = _OF_EXTENSION.get(code) if escaped else None
        out.append(sign or (GSM[code] if code < len(GSM) and code != ESCAPE else "?"))
        escaped = False
    return "".join(out)
