"""Numbers that a donor types rather than says aloud: the national id, the account that is collected from.

A fault names no part of what was typed: it is shown, and may be logged.
"""

from __future__ import annotations

import re
from datetime import date

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from stdnum.dk import cpr
from stdnum.exceptions import ValidationError

from ringround.kernel.errors import Invalid
from ringround.kernel.messages import N_

# Longer is no number of any kind.
LONGEST = 64
_BETWEEN = re.compile(r"[\s.\-\u2010-\u2015\u2212]+")


def national_id(typed: str, *, today: date) -> str:
    """A Danish CPR number as ten digits; Invalid `national_id`. Nobody is born after `today`.

    The check digit says nothing since 2007, when the numbers ran out.
    """
    number = _BETWEEN.sub("", typed)
    # Digits of other alphabets are digits to Python, and to no bank.
    if len(typed) > LONGEST or not (number.isascii() and number.isdigit() and len(number) == 10):
        raise Invalid.one("national_id", "national_id", N_("A CPR number has ten digits, as 010190-1234."))
    try:
        cpr.validate(number)
        born = cpr.get_birth_date(number)
    except ValidationError:
        born = None
    if born is None or born > today:
        raise Invalid.one("national_id", "national_id", N_("This is no CPR number: look at the first six digits."))
    return number


def bank_account(typed: str) -> str:
    """A Danish account as fourteen digits, four of the registration number and ten of the account; Invalid
    `bank_account`. Taken: `0040 440116243`, `0040-0440116243`, and the same as an IBAN."""
    words = typed.strip()
    if len(words) > LONGEST:
        raise _no_account()
    if words[:2].isalpha():
        found = iban(words, field="bank_account")
        if found[:2] != "DK":
            raise Invalid.one("bank_account", "bank_account", N_("Only a Danish account can be collected from."))
        return found[4:]
    # The first four digits are the registration number, whatever stands between it and the account.
    digits = re.sub(r"[/,]", "", _BETWEEN.sub("", words))
    if not (digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 14):
        raise _no_account()
    registration, account = digits[:4], digits[4:].rjust(10, "0")
    if registration == "0000" or not account.strip("0"):
        raise _no_account()
    return registration + account


def iban(typed: str, *, field: str = "iban") -> str:
    """An IBAN without spaces; Invalid. Its length, its check digits and the shape of its country's accounts."""
    try:
        if len(typed) > LONGEST:
            raise SchwiftyException
        return str(IBAN(_BETWEEN.sub("", typed)))
    except SchwiftyException:
        raise Invalid.one(field, "iban", N_("This is no IBAN: a sign is missing, or one is wrong.")) from None


def masked(number: str) -> str:
    """The last two signs alone: `•••• 42`. Of a national id the last four are what is secret in it."""
    return "•••• " + number[-2:] if len(number) > 4 else "••••"


def _no_account() -> Invalid:
    words = N_("Write the registration number, four digits, and the account number, up to ten: 0040 0440116243.")
    return Invalid.one("bank_account", "bank_account", words)
