"""Form fields made of the settings' table, so that a setting is described once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.rules.settings import HOUR, LEAD_ORDERS, MINUTE, SETTINGS, Setting
from ringround.ui.forms import Segmented, Switch

# A kernel sentence looks itself up when it is shown; Django wants to know that it is lazy.
said = lazy(str, str)

UNITS = {1: "", MINUTE: _("minutes"), HOUR: _("hours")}
WORDS: dict[str, dict[str, Any]] = {
    "skip": {"no": _("No"), "yes": _("Yes"), "reason": _("With a reason")},
    "interaction": {"form": _("Form"), "external_site": _("External site"), "both": _("Both")},
    "lead_order": {
        "position": _("As in the list"),
        "priority": _("Highest priority first"),
        "newest": _("Newest first"),
        "oldest": _("Oldest first"),
        "random": _("Random"),
        "attempts": _("Fewest attempts first"),
        "last_contact": _("Longest since the last contact"),
    },
}


class Minutes(forms.DecimalField):
    """Seconds, shown and typed as minutes. What is not touched keeps its seconds exactly."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return (Decimal(value) / MINUTE).quantize(Decimal("0.01")).normalize().__format__("f")
        return value

    def clean(self, value: Any) -> Any:
        minutes = super().clean(value)
        return int(minutes * MINUTE) if minutes is not None else None

    def has_changed(self, initial: Any, data: Any) -> bool:
        shown = self.prepare_value(initial)
        return super().has_changed(Decimal(shown) if isinstance(shown, str) and shown else shown, data)


def field_of(one: Setting, columns: list[str] | None = None) -> forms.Field:
    """The field of one setting; `columns` are those of the campaign's lists, where it names one."""
    words: dict[str, Any] = {"label": said(one.label), "help_text": said(one.help), "required": False}
    match one.kind:
        case "bool":
            return forms.BooleanField(widget=Switch, **words)
        case "choice":
            return forms.ChoiceField(
                choices=[(value, WORDS[one.name][value]) for value in one.choices], widget=Segmented, **words
            )
        case "lead_order":
            choices = [(value, WORDS["lead_order"][value]) for value in LEAD_ORDERS]
            choices += [(f"column:{name}", name) for name in columns or ()]
            return forms.ChoiceField(choices=choices, **words)
        case "text":
            choices = [("", _("No column")), *((name, name) for name in columns or ())]
            return forms.ChoiceField(choices=choices, **words)
        case "int" if one.unit == MINUTE:
            words["label"] = _("%(name)s (minutes)") % {"name": one.label}
            return Minutes(min_value=Decimal(0), decimal_places=2, **words)
        case "int":
            return forms.IntegerField(min_value=int(one.least or 0), max_value=int(one.most or 0), **words)
        case _:
            return forms.FloatField(min_value=one.least, max_value=one.most, **words)


class SettingsMixin(forms.BaseForm):
    """Adds fields for settings to a form, and gives back those that were changed."""

    setting_names: tuple[str, ...] = ()

    def add_settings(self, names: tuple[str, ...], values: Mapping[str, Any], columns: list[str]) -> None:
        self.setting_names = names
        for name in names:
            one = SETTINGS[name]
            extra = list(columns)
            # A column that is chosen but on none of the lists any more is still shown as chosen.
            chosen = str(values.get(name) or "").removeprefix("column:")
            if one.kind in ("text", "lead_order") and chosen and chosen not in (*extra, *LEAD_ORDERS):
                extra.append(chosen)
            self.fields[name] = field_of(one, extra)
            self.initial.setdefault(name, "" if values.get(name) is None else values[name])

    def changed_settings(self) -> dict[str, Any]:
        """Settings whose field was changed, as the API names and counts them."""
        found: dict[str, Any] = {}
        for name in self.setting_names:
            if name in self.changed_data and name in self.cleaned_data:
                value = self.cleaned_data[name]
                if value in ("", None):
                    one = SETTINGS[name]
                    value = None if one.nullable else one.default
                found[name] = value
        return found

    def settings_fields(self) -> list[Any]:
        return [self[name] for name in self.setting_names]
