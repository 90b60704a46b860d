"""What the merchant's own people change of an agreement, and what they give back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.ids import new_id
from ringround.onboarding.forms.money import MajorField, major, minor_of
from ringround.onboarding.texts import HOLDS, SCHEDULES
from ringround.ui.forms import LocalDate, Segmented

MOST_SKIPPED = 24


class ActForm(forms.Form):
    """One act with its parameters: those of the fields that it has."""

    HAS: dict[str, tuple[str, ...]] = {
        "pause": ("kind", "count", "until"), "restart": (), "cancel": ("reason",), "set_expiry": ("date",),
        "change_amount": ("amount",), "change_frequency": ("schedule",),
    }  # fmt: skip

    kind = forms.ChoiceField(label=_("How long"), choices=list(HOLDS.items()), widget=Segmented, initial="indefinite")
    count = forms.IntegerField(label=_("Payments skipped"), required=False, min_value=1, max_value=MOST_SKIPPED)
    until = forms.DateField(label=_("Until"), required=False, widget=LocalDate)
    reason = forms.CharField(label=_("Why"), required=False, max_length=500)
    date = forms.DateField(label=_("The last day"), widget=LocalDate)
    amount = MajorField(label=_("New amount"), required=True)
    schedule = forms.ChoiceField(
        label=_("New frequency"), choices=[(key, words) for key, words in SCHEDULES.items() if key != "single"]
    )

    def __init__(self, *args: Any, act: str, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{act}_%s", **kwargs})
        self.act, self.currency = act, currency
        for name in [one for one in self.fields if one not in self.HAS[act]]:
            del self.fields[name]
        if "amount" in self.fields:
            self.fields["amount"].label = _("New amount in %(currency)s") % {"currency": currency}

    def clean_amount(self) -> int:
        return minor_of(self.cleaned_data["amount"], self.currency)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        kind = found.get("kind")
        if kind == "skip" and not found.get("count") and "count" not in self.errors:
            self.add_error("count", gettext("Give how many payments are skipped."))
        if kind == "until" and not found.get("until") and "until" not in self.errors:
            self.add_error("until", gettext("Give a date after today."))
        return found

    def params(self) -> dict[str, Any]:
        """As the action takes them; dates as the API writes them."""
        given = {name: self.cleaned_data.get(name) for name in self.fields}
        if given.get("kind") != "skip":
            given.pop("count", None)
        if given.get("kind") != "until":
            given.pop("until", None)
        dates = ("until", "date")
        return {
            name: value.isoformat() if name in dates else value
            for name, value in given.items()
            if value not in (None, "")
        }

    def put(self, wrong: Invalid | Conflict) -> None:
        if isinstance(wrong, Conflict):
            self.add_error(None, str(wrong.detail))
            return
        for fault in wrong.errors:
            name = next((str(one) for one in reversed(fault.loc) if str(one) in self.fields), None)
            self.add_error(name, str(fault.detail))


class RefundForm(forms.Form):
    """How much goes back, at most what is left."""

    # Made with the page: sent twice it is one refund.
    key = forms.UUIDField(widget=forms.HiddenInput, initial=new_id)
    amount = MajorField(label=_("Amount"), required=True)
    reason = forms.CharField(label=_("Why"), required=False, max_length=500)

    def __init__(self, *args: Any, currency: str, left: int, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"amount": major(left, currency)}, **kwargs})
        self.currency, self.left = currency, left
        self.fields["amount"].label = _("Amount in %(currency)s") % {"currency": currency}

    def clean_amount(self) -> int:
        given: Decimal = self.cleaned_data["amount"]
        asked = minor_of(given, self.currency)
        if not 0 < asked <= self.left:
            raise forms.ValidationError(gettext("This is more than is left of it."))
        return asked

    def put(self, wrong: Invalid | Conflict) -> None:
        if isinstance(wrong, Conflict):
            self.add_error(None, str(wrong.detail))
            return
        for fault in wrong.errors:
            name = next((str(one) for one in reversed(fault.loc) if str(one) in self.fields), None)
            self.add_error(name, str(fault.detail))
