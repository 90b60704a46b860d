"""Amounts as people write them: major units with a comma or a dot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from ringround.kernel.errors import Invalid
from ringround.kernel.money import Money, exponent

_NUMBER = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,3})?", re.ASCII)


def major_text(amount: int | None, currency: str) -> str:
    """Minor units as a field shows them: `100`, `99.50`."""
    if amount is None:
        return ""
    decimals = exponent(currency)
    whole, rest = divmod(amount, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if rest else str(whole)


def minor(major: Decimal, currency: str) -> int:
    """Minor units of the currency; ValidationError where it has fewer decimals."""
    try:
        return Money.of_major(major, currency).amount
    except Invalid as wrong:
        raise forms.ValidationError(str(wrong.errors[0].detail)) from None


def _read(text: str) -> Decimal:
    bare = "".join(text.split())
    if not _NUMBER.fullmatch(bare):
        raise forms.ValidationError(_("This is not an amount."))
    return Decimal(bare.replace(",", "."))


class AmountField(forms.CharField):
    """One amount; None where nothing is written."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(**{"max_length": 20, "widget": widget, "required": False, **kwargs})

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        return _read(text) if text else None


class AmountsField(forms.CharField):
    """Several amounts with space or semicolon between them."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off"})
        super().__init__(**{"max_length": 300, "widget": widget, "required": False, **kwargs})

    def clean(self, value: Any) -> Sequence[Decimal]:
        found = [_read(one) for one in re.split(r"[;\s]+", super().clean(value)) if one]
        if len(set(found)) < len(found):
            raise forms.ValidationError(_("This is there twice."))
        return found
