"""Amounts as people write them in forms, and as forms show them: they are read here and nowhere else.

A link from another system is read more strictly (`rules.entry`): nobody stands there who could put it right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from ringround.kernel.errors import Invalid
from ringround.kernel.money import Money, exponent
from ringround.ui.format import money_text

# Thousands in threes with one mark between them, decimals after another; or neither.
_AMOUNT = re.compile(r"([0-9]{1,3}([.,])[0-9]{3}(?:\2[0-9]{3})*|[0-9]+)(?:([.,])([0-9]{1,2}))?")
_BESIDE = re.compile(r"[\s\u00a0']|kr\.?$|,-$")
LONGEST = 20


def read(written: str) -> Decimal | None:
    """`1.500`, `99,50`, `1 500.00` in major units; None for what is no amount. Three digits after the only mark are
    thousands: no currency here has three decimals that people write."""
    found = _AMOUNT.fullmatch(_BESIDE.sub("", written.strip().lower()))
    if found is None or (found[2] and found[2] == found[3]):
        return None
    whole = re.sub(r"[.,]", "", found[1])
    return Decimal(f"{whole}.{found[4]}" if found[4] else whole)


def minor(written: str, currency: str) -> int | None:
    """The same in minor units; None also where the currency has fewer decimals."""
    found = read(written)
    try:
        return None if found is None else Money.of_major(found, currency).amount
    except Invalid:
        return None


def minor_of(major: Decimal, currency: str) -> int:
    """Minor units of the currency; ValidationError where it has fewer decimals."""
    try:
        return Money.of_major(major, currency).amount
    except Invalid as wrong:
        raise forms.ValidationError(str(wrong.errors[0].detail)) from None


def major(amount: int | None, currency: str) -> str:
    """What `minor` reads back: `150`, `99,50`."""
    if amount is None:
        return ""
    places = exponent(currency)
    whole, rest = divmod(amount, 10**places)
    return f"{whole},{rest:0{places}}" if rest else str(whole)


def _read(written: str) -> Decimal:
    found = read(written)
    if found is None:
        raise forms.ValidationError(_("Write an amount, as 150 or 99.50."), code="not_a_number")
    return found


def _line(inputmode: str, attrs: dict[str, Any]) -> forms.TextInput:
    return forms.TextInput(attrs={"inputmode": inputmode, "autocomplete": "off", **attrs})


class AmountField(forms.CharField):
    """An amount in a currency that is known: minor units come out."""

    def __init__(self, currency: str, *, usual: Sequence[int] = (), **kwargs: Any) -> None:
        self.currency = currency
        # What is offered with a click: as it is written in the field, and in words.
        self.usual = [(major(one, currency), money_text(one, currency)) for one in usual]
        super().__init__(max_length=LONGEST, widget=_line("decimal", kwargs.pop("attrs", {})), **kwargs)

    def clean(self, value: Any) -> int | None:
        written = super().clean(value)
        return minor_of(_read(str(written)), self.currency) if written else None


class MajorField(forms.CharField):
    """One amount whose currency is said elsewhere in the form; None where nothing is written."""

    def __init__(self, **kwargs: Any) -> None:
        given = {"max_length": LONGEST, "widget": _line("decimal", {}), "required": False, **kwargs}
        super().__init__(**given)

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        return _read(text) if text else None


class MajorsField(forms.CharField):
    """Several such amounts with space or semicolon between them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 300, "widget": _line("text", {}), "required": False, **kwargs})

    def clean(self, value: Any) -> Sequence[Decimal]:
        found = [_read(one) for one in re.split(r"[;\s]+", super().clean(value)) if one]
        if len(set(found)) < len(found):
            raise forms.ValidationError(_("This is there twice."))
        return found
