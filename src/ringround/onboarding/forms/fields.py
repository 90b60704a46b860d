"""Fields that the form of a session is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ringround.onboarding.rules.workflow import MetadataField
from ringround.ui.forms import LocalDate, Segmented

LONGEST = 500
# A browser may fill in the agent's own; what stands here is somebody else's.
NO_FILL = {"autocomplete": "off"}


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
