"""Filters of the lists, and the room's settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ringround.kernel.ids import parse_id
from ringround.onboarding.texts import STATUSES
from ringround.ui.forms import LocalDate, Switch

SIZES = (10, 25, 50, 100)


class SessionFilter(forms.Form):
    """By merchant (an agency with several), campaign, status and the day of submitting. What cannot be is as if it were
    not asked."""

    merchant = forms.ChoiceField(label=_("Merchant"), required=False)
    campaign = forms.ChoiceField(label=_("Campaign"), required=False)
    status = forms.ChoiceField(
        label=_("Status"), required=False,
        choices=[("", _("Any status")), *((key, words) for key, (_tone, words) in STATUSES.items())],
    )  # fmt: skip
    first = forms.DateField(label=_("From"), required=False, widget=LocalDate)
    last = forms.DateField(label=_("To"), required=False, widget=LocalDate)
    size = forms.ChoiceField(label=_("Rows"), required=False, choices=[(str(one), str(one)) for one in SIZES])

    def __init__(
        self, data: Any, *, campaigns: Sequence[tuple[UUID, str]], merchants: Sequence[tuple[UUID, str]] = (),
        merchant: UUID | None = None,
    ) -> None:  # fmt: skip
        given = data.copy()
        # As the choices are written.
        given["merchant"] = str(merchant or "")
        super().__init__(given, auto_id="filter_%s", initial={"size": "10"})
        if merchants:
            every = [("", _("All merchants")), *((str(id), name) for id, name in merchants)]
            self.fields["merchant"].choices = every  # type: ignore[attr-defined]
        else:
            del self.fields["merchant"]
        every = [("", _("All campaigns")), *((str(id), name) for id, name in campaigns)]
        self.fields["campaign"].choices = every  # type: ignore[attr-defined]
        self.is_valid()

    def asked(self) -> dict[str, Any]:
        """As queries and exports take it; days are whole ones in the viewer's zone."""
        clean = self.cleaned_data
        status = clean.get("status")
        last: date | None = clean.get("last")
        return {
            "campaign": parse_id(clean.get("campaign") or ""),
            "merchant": parse_id(clean.get("merchant") or ""),
            "statuses": [status] if status else [],
            "from_": _begins(clean.get("first")),
            "to": _begins(last + timedelta(days=1)) if last is not None and last.year < 9999 else None,
        }

    @property
    def rows(self) -> int:
        return int(self.cleaned_data.get("size") or SIZES[0])

    @property
    def used(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("merchant", "campaign", "status", "first", "last"))


def _begins(day: date | None) -> datetime | None:
    if day is None or not 1900 < day.year < 9999:
        return None
    return datetime.combine(day, time(), timezone.get_current_timezone())


class SettingsForm(forms.Form):
    dashed_times = forms.BooleanField(
        label=_("Write times with dashes"), required=False, widget=Switch,
        help_text=_("In the lists of sessions and leads: 14-05-09 in the place of 14:05:09."),
    )  # fmt: skip
    keep_days = forms.IntegerField(
        label=_("Days that an ended session keeps personal data"), required=False, min_value=1, max_value=36_500,
        help_text=_("Left empty: for as long as its contact is there. What accounting needs is always kept."),
    )  # fmt: skip
