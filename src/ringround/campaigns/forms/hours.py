"""Step 4: when leads may be called, and when they are tried again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.forms.fields import SettingsMixin
from ringround.campaigns.forms.parameters import zones
from ringround.campaigns.models import Campaign
from ringround.campaigns.rules import settings as rules_settings
from ringround.campaigns.rules.settings import MINUTE, RETRIED_OUTCOMES
from ringround.campaigns.texts import OUTCOMES
from ringround.compliance import queries as compliance
from ringround.kernel.errors import Invalid
from ringround.kernel.public_holidays import holiday_countries
from ringround.kernel.text import sort_key
from ringround.kernel.windows import DAYS, Hours
from ringround.ui.countries import COUNTRIES, country_text

DAY_NAMES = {
    "mon": _("Monday"),
    "tue": _("Tuesday"),
    "wed": _("Wednesday"),
    "thu": _("Thursday"),
    "fri": _("Friday"),
    "sat": _("Saturday"),
    "sun": _("Sunday"),
}
RETRY = (
    "max_attempts", "max_attempts_per_number", "quarantine_s", "no_callback_days", "release_private_after_h",
    "expiry_days", "deactivation_column",
)  # fmt: skip
# A day has this many stretches to fill in, and one more than it has.
STRETCHES = 2
_TYPED = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?")


def tidy(written: str) -> str:
    """A time as people type it, as HH:MM: `9`, `9.30` and `0930` too. What is none stays as it was written."""
    written = written.strip()
    if len(written) == 4 and written.isdigit():
        written = f"{written[:2]}:{written[2:]}"
    match = _TYPED.fullmatch(written)
    return f"{int(match[1]):02d}:{match[2] or '00'}" if match else written


class HoursForm(SettingsMixin, forms.Form):
    """Hours by weekday as pairs of times, holidays, zone, and the rules of trying again."""

    timezone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Used for leads whose own zone is not known, neither from the contact nor its number."),
    )
    holidays = forms.ChoiceField(
        label=_("Public holidays"),
        required=False,
        help_text=_(
            "Nobody is called on public holidays: the lead's own country's where it is known, else this one's."
        ),
    )

    packs = forms.MultipleChoiceField(
        label=_("Rule packs"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None is on by itself. A change of hours or packs asks for a new approval."),
    )

    def __init__(self, *args: Any, campaign: Campaign, columns: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campaign = campaign
        self.fields["timezone"].choices = zones()  # type: ignore[attr-defined]
        codes = {*(COUNTRIES.keys() & holiday_countries()), *([campaign.holidays] if campaign.holidays else [])}
        names = sorted(((code, country_text(code)) for code in codes), key=lambda pair: sort_key(pair[1]))
        choices = [("", _("Off: holidays are like other days")), *names]
        self.fields["holidays"].choices = choices  # type: ignore[attr-defined]
        packs = {one.key: str(one.name) for one in compliance.packs()}
        # One that is not served (any more) can be taken off here.
        self.fields["packs"].choices = [*packs.items(), *((one, one) for one in campaign.packs if one not in packs)]  # type: ignore[attr-defined]
        self.initial.setdefault("packs", campaign.packs)
        self.initial.setdefault("timezone", campaign.timezone)
        self.initial.setdefault("holidays", campaign.holidays or "")
        values = rules_settings.whole(campaign.settings)
        self.add_settings(RETRY, values, columns)
        self.retry: Mapping[str, Any] = values["retry"]
        for outcome in RETRIED_OUTCOMES:
            rule = self.retry.get(outcome, {})
            delay = rule.get("delay_s")
            self.fields[f"retry_{outcome}_delay"] = forms.DecimalField(
                label=_("Wait (minutes)"), required=False, min_value=0, decimal_places=2,
                initial=None if delay is None else f"{delay / MINUTE:g}",
            )  # fmt: skip
            self.fields[f"retry_{outcome}_multiply"] = forms.FloatField(
                label=_("Longer each time"), required=False, min_value=1, max_value=10, initial=rule.get("multiply")
            )
            self.fields[f"retry_{outcome}_most"] = forms.IntegerField(
                label=_("At most"), required=False, min_value=1, max_value=1000, initial=rule.get("max_attempts")
            )
        # Cells are named, so that a screen reader says where it is in the table.
        for outcome in RETRIED_OUTCOMES:
            for part in ("delay", "multiply", "most"):
                field = self.fields[f"retry_{outcome}_{part}"]
                field.widget.attrs["aria-label"] = f"{OUTCOMES[outcome]}: {field.label}"

    # --- hours ------------------------------------------------------------------------------

    def days(self) -> list[dict[str, Any]]:
        """Each weekday with its pairs, as typed or as kept; the template draws a row of each."""
        faults = getattr(self, "hour_faults", {})
        rows = []
        for day in DAYS:
            pairs = self._typed(day) if self.is_bound else [tuple(pair) for pair in self.campaign.hours.get(day, [])]
            shown = max(STRETCHES, len(pairs) + (1 if len(pairs) >= STRETCHES else 0))
            pairs = [*pairs, *[("", "")] * (shown - len(pairs))]
            rows.append(
                {
                    "day": day,
                    "name": DAY_NAMES[day],
                    "pairs": [(number, start, end) for number, (start, end) in enumerate(pairs)],
                    "faults": faults.get(day, []),
                    "closed": not any(start or end for start, end in pairs),
                }
            )
        return rows

    def _typed(self, day: str) -> list[tuple[str, str]]:
        found = []
        for number in range(12):
            start, end = (tidy(str(self.data.get(f"{day}_{number}_{part}", ""))) for part in ("from", "to"))
            if start or end:
                found.append((start, end))
        return found

    def copy_monday(self) -> None:
        """Fill Tuesday to Friday with Monday's hours; the form is shown again, not saved."""
        data = self.data.copy()  # type: ignore[attr-defined]
        for day in DAYS[1:5]:
            for key in [key for key in data if re.fullmatch(rf"{day}_\d+_(from|to)", key)]:
                del data[key]
            for number, (start, end) in enumerate(self._typed("mon")):
                data[f"{day}_{number}_from"], data[f"{day}_{number}_to"] = start, end
        self.data = data

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        raw = {day: [list(pair) for pair in self._typed(day)] for day in DAYS}
        self.hour_faults: dict[str, list[str]] = {}
        try:
            cleaned["hours"] = Hours.parse(raw).to_json()
        except Invalid as wrong:
            for fault in wrong.errors:
                self.hour_faults.setdefault(str(fault.loc[1]), []).append(str(fault.detail))
            raise forms.ValidationError(_("Some of the hours are not right.")) from wrong
        return cleaned

    def pack_rows(self) -> list[tuple[Any, Any]]:
        """Each pack's box, and the pack with its rules; None for one that is not served."""
        known = {one.key: one for one in compliance.packs()}
        return [(box, known.get(str(box.data["value"]))) for box in self["packs"].subwidgets]

    # --- what is sent on ----------------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """What was changed, by the API's names."""
        found: dict[str, Any] = {}
        if self.cleaned_data["hours"] != Hours.parse(self.campaign.hours).to_json():
            found["hours"] = self.cleaned_data["hours"]
        if "timezone" in self.changed_data:
            found["timezone"] = self.cleaned_data["timezone"]
        if "packs" in self.changed_data:
            found["packs"] = self.cleaned_data["packs"]
        if "holidays" in self.changed_data:
            found["holidays"] = self.cleaned_data["holidays"] or None
        settings = self.changed_settings()
        retry = self._retry()
        if retry != dict(self.retry):
            settings["retry"] = retry
        if settings:
            found["settings"] = settings
        return found

    def _retry(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for outcome in RETRIED_OUTCOMES:
            delay = self.cleaned_data.get(f"retry_{outcome}_delay")
            rule = {
                "delay_s": int(delay * MINUTE) if delay is not None else None,
                "multiply": self.cleaned_data.get(f"retry_{outcome}_multiply"),
                "max_attempts": self.cleaned_data.get(f"retry_{outcome}_most"),
            }
            if kept := {name: value for name, value in rule.items() if value is not None}:
                found[outcome] = kept
        return found

    def retry_rows(self) -> list[tuple[Any, Any, Any, Any]]:
        return [
            (OUTCOMES[one], self[f"retry_{one}_delay"], self[f"retry_{one}_multiply"], self[f"retry_{one}_most"])
            for one in RETRIED_OUTCOMES
        ]
