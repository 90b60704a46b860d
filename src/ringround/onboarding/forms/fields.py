"""Fields that the form of a session is made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ringround.kernel.errors import Invalid
from ringround.kernel.money import Money, exponent
from ringround.onboarding.rules.workflow import MetadataField
from ringround.ui.forms import LocalDate, Segmented

LONGEST = 500
# A browser may fill in the agent's own; what stands here is somebody else's.
NO_FILL = {"autocomplete": "off"}


class AmountField(forms.CharField):
    """An amount in major units as people write it; minor units come out."""

    def __init__(self, currency: str, **kwargs: Any) -> None:
        self.currency = currency
        attrs = {"inputmode": "decimal", **NO_FILL, **kwargs.pop("attrs", {})}
        super().__init__(max_length=20, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> Any:
        written = super().clean(value)
        if not written:
            return None
        found = minor(str(written), self.currency)
        if found is None:
            raise forms.ValidationError(_("Write an amount, as 150 or 99.50."), code="not_a_number")
        return found


# Thousands in threes with one mark between them, decimals after another; or neither.
_AMOUNT = re.compile(r"([0-9]{1,3}([.,])[0-9]{3}(?:\2[0-9]{3})*|[0-9]+)(?:([.,])([0-9]{1,2}))?")


def minor(written: str, currency: str) -> int | None:
    """`1.500`, `99,50`, `1 500.00` in minor units; None for what is no amount. Three digits after the only mark are
    thousands: no currency here has three decimals that people write."""
    found = _AMOUNT.fullmatch(re.sub(r"[\s\u00a0']|kr\.?$|,-$", "", written.strip().lower()))
    if found is None or (found[2] and found[2] == found[3]):
        return None
    whole = re.sub(r"[.,]", "", found[1])
    try:
        return Money.of_major(Decimal(f"{whole}.{found[4]}" if found[4] else whole), currency).amount
    except Invalid:
        return None


def major(amount: int | None, currency: str) -> str:
    """What `minor` reads back: `150`, `99,50`."""
    if amount is None:
        return ""
    places = exponent(currency)
    whole, rest = divmod(amount, 10**places)
    return f"{whole},{rest:0{places}}" if rest else str(whole)


def choice_field(
    label: Any, choices: Sequence[tuple[str, Any]], value: Any, *, required: bool = True
) -> forms.ChoiceField:
    widget = Segmented if len(choices) <= 4 else forms.Select
    return forms.ChoiceField(label=label, choices=choices, initial=value, required=required, widget=widget)


def date_field(label: Any, *, required: bool = False) -> forms.DateField:
    return forms.DateField(label=label, required=required, widget=LocalDate(attrs=dict(NO_FILL)))


def metadata_field(one: MetadataField, known: Any) -> forms.Field:
    if isinstance(known, bool):
        known = str(known).lower()
    common: dict[str, Any] = {"label": one.label, "required": one.required, "initial": known}
    if one.type == "choice":
        return forms.ChoiceField(choices=[("", "–"), *((option, option) for option in one.options)], **common)
    if one.type == "bool":
        choices = [("", "–"), ("true", _("Yes")), ("false", _("No"))]
        return forms.ChoiceField(choices=choices, **common)
    if one.type == "date":
        return forms.CharField(widget=LocalDate(attrs=dict(NO_FILL)), max_length=LONGEST, **common)
    attrs = dict(NO_FILL)
    if one.type == "number":
        attrs["inputmode"] = "decimal"
    return forms.CharField(widget=forms.TextInput(attrs=attrs), max_length=LONGEST, **common)
