"""An account with a payment provider: what every kind has, and by its drawer the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ringround.kernel.errors import Conflict, Invalid
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.texts import METHODS
from ringround.ui.forms import Switch

# As form fields take them.
Text = Any
# How a setting is asked for: (label, shape, help). `!`: it must be given. One without words here is a line of text.
_Row = tuple[Text, str, Text]
SETTINGS: dict[str, _Row] = {
    "accept_days": (_("Days until it is accepted"), "number", _("As a direct debit takes its time.")),
    "settle_days": (_("Days until a payment is collected"), "number", ""),
    "client_id": (_("Client id"), "text!", ""),
    "merchant_serial_number": (_("Merchant serial number"), "text!", _("The number of the sales unit.")),
    "agreement_url": (_("Where donors see their agreement"), "text!", _("An address of yours; the provider shows it.")),
    "pricing": (_("Amounts"), "fixed,variable", _("Variable: the donor allows a most, and may choose below it.")),
    "test": (_("Test environment"), "switch", _("Nothing is collected there.")),
    "url": (_("Address of the service"), "text", _("Left empty: the provider's own.")),
    "payment_methods": (_("Payment methods"), "text", _("As the provider names them: creditcard, for example.")),
    "branding_id": (_("Branding id"), "figure", ""),
    "text_on_statement": (_("Text on the statement"), "text", _("Up to 22 signs, on the donor's bank statement.")),
}
CHOICES: dict[str, Text] = {"fixed": _("Fixed"), "variable": _("Variable")}
SECRETS: dict[str, Text] = {
    "client_secret": _("Client secret"),
    "subscription_key": _("Subscription key"),
    "api_key": _("API key"),
}
# The sandbox's methods are those of the account.
HIDDEN = frozenset({"methods"})


class GatewayForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    methods = forms.MultipleChoiceField(
        label=_("Used for"), required=False, choices=list(METHODS.items()), widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all that the account has."),
    )  # fmt: skip
    priority = forms.IntegerField(
        label=_("Order"), min_value=0, max_value=1000, initial=100,
        help_text=_("Of several that serve a method the lowest is used."),
    )  # fmt: skip
    active = forms.BooleanField(label=_("In use"), required=False, initial=True, widget=Switch)
    anyway = forms.BooleanField(
        label=_("Switch it off although agreements are collected by it"), required=False, widget=Switch,
        help_text=_("What is live goes on being collected; new agreements are not made by it."),
    )  # fmt: skip

    def __init__(self, *args: Any, kind: str, kept: tuple[str, ...] = (), fresh: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.drawer = kind, DRAWERS[kind]
        self.shown = [one for one in self.drawer.settings if one not in HIDDEN]
        for name in self.shown:
            self.fields[f"s_{name}"] = _field(name)
        for name in self.drawer.secrets:
            self.fields[f"k_{name}"] = _secret(SECRETS.get(name, name), there=name in kept)
        if "methods" not in self.drawer.settings:
            # It has those that its provider has, and there is nothing to choose.
            del self.fields["methods"]
        if kind != "sandbox":
            self.fields["webhook_secret"] = _secret(_("Secret of the webhook"), there="webhook" in kept)
        if fresh:
            self.fields["slug"] = forms.CharField(
                label=_("Name in the webhook's address"), required=False, max_length=40,
                help_text=_("Small letters, digits and hyphens. Left empty: one is made."),
            )  # fmt: skip
            del self.fields["anyway"]
        first = ["name", "slug", *(f"s_{one}" for one in self.shown), *(f"k_{one}" for one in self.drawer.secrets)]
        self.order_fields([*first, "webhook_secret", "methods", "priority", "active", "anyway"])

    @classmethod
    def start(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Initial values of an account's settings."""
        return {f"s_{name}": value for name, value in settings.items()}

    def settings(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The settings as a whole: what the form does not show stays as it was."""
        kept = {name: value for name, value in before.items() if name not in self.shown}
        given = {name: self.cleaned_data.get(f"s_{name}") for name in self.shown}
        return {**kept, **{name: value for name, value in given.items() if value not in (None, "")}}

    def secrets(self) -> dict[str, str]:
        """Those that were written; what is left empty stays as it was."""
        given = {name: self.cleaned_data.get(f"k_{name}", "") for name in self.drawer.secrets}
        return {name: value for name, value in given.items() if value}

    def put(self, wrong: Invalid | Conflict) -> None:
        """Each fault at its field."""
        if isinstance(wrong, Conflict):
            self.add_error("anyway" if wrong.code == "in_use" else None, str(wrong.detail))
            return
        for fault in wrong.errors:
            first = str(fault.loc[0]) if fault.loc else ""
            second = str(fault.loc[1]) if len(fault.loc) > 1 else ""
            name = {"settings": f"s_{second}", "secrets": f"k_{second}"}.get(first, first)
            self.add_error(name if name in self.fields else None, str(fault.detail))


def _secret(label: Text, *, there: bool) -> forms.Field:
    kept = (
        _("Kept encrypted, and never shown. Left empty: as it was.") if there else _("Kept encrypted, and never shown.")
    )
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, required=False, max_length=5000, strip=True, widget=widget, help_text=kept)


def _field(name: str) -> forms.Field:
    label, shape, hint = SETTINGS.get(name, (name, "text", ""))
    if shape == "switch":
        return forms.BooleanField(label=label, required=False, widget=Switch, help_text=hint)
    if shape == "figure":
        return forms.IntegerField(label=label, required=False, min_value=0, help_text=hint)
    if shape == "number":
        return forms.IntegerField(label=label, required=False, min_value=0, max_value=365, help_text=hint)
    if "," in shape:
        choices = [(one, CHOICES.get(one, one)) for one in shape.split(",")]
        return forms.ChoiceField(label=label, required=False, choices=choices, help_text=hint)
    widget = forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"})
    return forms.CharField(label=label, required=shape.endswith("!"), max_length=1024, help_text=hint, widget=widget)
