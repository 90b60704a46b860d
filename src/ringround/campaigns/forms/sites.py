"""The form of an external site's screen."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.headers import names_of
from ringround.campaigns.models import ExternalSite
from ringround.kernel.errors import Invalid
from ringround.kernel.targets import MAX_URL
from ringround.ui.forms import Segmented

METHODS = {
    "get": _("Link (GET)"),
    "post_form": _("Form (POST)"),
    "post_json": _("JSON (POST)"),
}
OPENS = {
    "button": _("By a button"),
    "on_connect": _("When the call begins"),
    "on_disposition": _("When what happened is saved"),
}


_SAID = ("name", "url", "method", "opens", "parameters")


class SiteForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("Stands on the agent's button."))
    url = forms.CharField(
        label=_("Address"),
        max_length=MAX_URL,
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("Placeholders may stand after the name of the server: https://crm.example.org/find/{{lead.id}}"),
    )
    opens = forms.ChoiceField(label=_("Opens"), choices=list(OPENS.items()), initial="button", widget=Segmented)
    method = forms.ChoiceField(label=_("As"), choices=list(METHODS.items()), initial="get", widget=Segmented)
    parameters = forms.CharField(
        label=_("Parameters"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_("One a line: name = value. phone = {{contact.phone}} Or a JSON object, where it is sent as JSON."),
    )
    headers = forms.CharField(
        label=_("Headers"),
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off", "data-keep-skip": "", "dir": "ltr"}
        ),
        help_text=_(
            "Sent with JSON, and with what is sent when what happened is saved. One a line: Authorization: Bearer 123."
            " They are stored encrypted, and never shown again."
        ),
    )
    sample = forms.ChoiceField(
        label=_("Preview with a contact of"),
        required=False,
        help_text=_("The contact that was called last. Nothing is sent."),
    )

    def __init__(
        self, *args: Any, campaigns: Iterable[tuple[UUID, str]], site: ExternalSite | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sample"].choices = [(str(id), name) for id, name in campaigns]  # type: ignore[attr-defined]
        if site is not None:
            for name in ("name", "url", "opens", "method"):
                self.initial[name] = getattr(site, name)
            self.initial["parameters"] = _written(site.parameters)
            if names := names_of(site):
                field = self.fields["headers"]
                kept = _("Kept: %(names)s. A line replaces one; a line without a value takes it away.")
                field.help_text = f"{kept % {'names': ', '.join(names)}} {field.help_text}"

    def clean_parameters(self) -> dict[str, Any]:
        written: str = self.cleaned_data["parameters"]
        if written.lstrip().startswith("{") and not written.lstrip().startswith("{{"):
            try:
                found = json.loads(written)
            except (ValueError, RecursionError):
                raise forms.ValidationError(gettext("This is not a JSON object.")) from None
            if not isinstance(found, dict):
                raise forms.ValidationError(gettext("This is not a JSON object."))
            return found
        lines: dict[str, Any] = {}
        for line in written.splitlines():
            if not line.strip():
                continue
            name, sign, value = line.partition("=")
            if not sign or not name.strip():
                raise forms.ValidationError(
                    gettext("This line is not of the form name = value: %(line)s") % {"line": line[:200]}
                )
            if name.strip() in lines:
                raise forms.ValidationError(gettext("This name stands there twice: %(name)s") % {"name": name.strip()})
            lines[name.strip()] = value.strip()
        return lines

    def clean_headers(self) -> dict[str, str | None]:
        lines: dict[str, str | None] = {}
        for line in self.cleaned_data["headers"].splitlines():
            if not line.strip():
                continue
            name, sign, value = (part.strip() for part in line.partition(":"))
            if not sign or not name:
                # The line is not told: it may be a password.
                raise forms.ValidationError(gettext("A line is not of the form name: value."))
            if name in lines:
                raise forms.ValidationError(gettext("This name stands there twice: %(name)s") % {"name": name})
            lines[name] = value or None
        return lines

    def fields_said(self) -> dict[str, Any]:
        """As the actions take them."""
        return {name: self.cleaned_data[name] for name in (*_SAID, "headers")}

    def put_faults(self, wrong: Invalid) -> None:
        """An action's faults at their fields; one of a parameter with its name."""
        for fault in wrong.errors:
            name = str(fault.loc[0]) if fault.loc else None
            which = f"{fault.loc[1]}: " if len(fault.loc) > 1 else ""
            self.add_error(name if name in self.fields else None, f"{which}{fault.detail}")


def _written(parameters: dict[str, Any]) -> str:
    plain = all(
        isinstance(value, str) and "\n" not in value and "=" not in name and value == value.strip()
        for name, value in parameters.items()
    )
    if plain:
        return "\n".join(f"{name} = {value}" for name, value in parameters.items())
    return json.dumps(parameters, ensure_ascii=False, indent=2)
