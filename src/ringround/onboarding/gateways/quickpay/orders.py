"""Our references as Quickpay's order ids, and back.

An order id is unique with an account and has 4 to 20 letters and digits: it is what makes a call happen once, as there
are no idempotency keys. A reference of ours is a UUIDv7 in hex: 128 bits, of which six say so, and the moment's upper
six are nought until the year 2109. The other 116 fit in 20 digits to the base of 62.
"""

from __future__ import annotations

import hashlib
import re

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 20
_HEX = re.compile(r"[0-9a-f]{32}", re.ASCII)
_ORDER = re.compile(r"[0-9A-Za-z]{20}", re.ASCII)
_MOMENT, _FIRST, _LAST = 42, 12, 62


def order_id(reference: str) -> str:
    """The order id of a reference; of one that is no UUIDv7, one that leads back to nothing."""
    number = _packed(reference)
    if number is None:
        number = int.from_bytes(hashlib.sha256(reference.encode()).digest()[:14], "big") | 1 << 116
    found = ""
    for _ in range(_LENGTH):
        number, rest = divmod(number, 62)
        found = _DIGITS[rest] + found
    return found


def reference_of(order: str) -> str:
    """The reference of an order id; empty where it is none of ours."""
    if not _ORDER.fullmatch(order):
        return ""
    number = 0
    for sign in order:
        number = number * 62 + _DIGITS.index(sign)
    if number >> (_MOMENT + _FIRST + _LAST):
        return ""
    moment, first = number >> (_FIRST + _LAST), number >> _LAST & (1 << _FIRST) - 1
    last = number & (1 << _LAST) - 1
    return f"{moment << 80 | 7 << 76 | first << 64 | 2 << 62 | last:032x}"


def _packed(reference: str) -> int | None:
    if not _HEX.fullmatch(reference):
        return None
    number = int(reference, 16)
    moment, version, variant = number >> 80, number >> 76 & 0xF, number >> 62 & 3
    if moment >> _MOMENT or version != 7 or variant != 2:
        return None
    first, last = number >> 64 & (1 << _FIRST) - 1, number & (1 << _LAST) - 1
    return moment << (_FIRST + _LAST) | first << _LAST | last
