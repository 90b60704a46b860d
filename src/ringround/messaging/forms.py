"""The forms of the post room's screens. What is right and wrong the actions decide; here are shapes and words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ringround.kernel.errors import Conflict, Invalid
from ringround.messaging.texts import CHANNELS
from ringround.ui.forms import LocalTime, Segmented, Switch

LANGUAGES: dict[str, str | Promise] = {
    "da": _("Danish"), "en": _("English"), "sv": _("Swedish"), "nb": _("Norwegian"), "de": _("German"),
    "fi": _("Finnish"), "fr": _("French"), "es": _("Spanish"), "nl": _("Dutch"), "pl": _("Polish"),
}  # fmt: skip


class Faulty(forms.Form):
    """A form that an action's faults go onto."""

    def put(self, wrong: Invalid | Conflict) -> None:
        """Each at its field, and by the last word of where it is (`("settings", "host")`)."""
        if isinstance(wrong, Conflict):
            self.add_error("name" if wrong.code == "name_taken" and "name" in self.fields else None, str(wrong.detail))
            return
        for fault in wrong.errors:
            name = next((str(one) for one in reversed(fault.loc) if str(one) in self.fields), None)
            extra = fault.extra.get("field")
            self.add_error(name, f"{fault.detail} {extra}" if extra else str(fault.detail))


class TemplateForm(Faulty):
    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("What agents and journeys choose it by."))
    channel = forms.ChoiceField(label=_("Channel"), choices=list(CHANNELS.items()), widget=Segmented, initial="sms")
    language = forms.ChoiceField(label=_("Language"), choices=list(LANGUAGES.items()), initial="da")
    subject = forms.CharField(label=_("Subject"), max_length=300, required=False)
    text = forms.CharField(
        label=_("Text"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 6}), strip=False
    )
    html = forms.CharField(
        label=_("HTML"), required=False, max_length=200_000, strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "font-monospace"}),
        help_text=_("May be left empty: the text is sent alone. Left without a text, one is made of it."),
    )  # fmt: skip
    own = forms.BooleanField(
        label=_("Used where a language is missing"), required=False, widget=Switch,
        help_text=_("A contact whose language has no text here gets this one."),
    )  # fmt: skip
    sample = forms.ChoiceField(label=_("Preview with a contact of"), required=False)

    def __init__(
        self, *args: Any, samples: Sequence[tuple[Any, str]], channel: str | None, language: str | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sample"].choices = [("", _("Nobody: names of the fields")), *((str(k), v) for k, v in samples)]  # type: ignore[attr-defined]
        if channel is not None:
            # What it is sent by is settled when it is made.
            del self.fields["channel"]
        else:
            del self.fields["own"]
        if language is not None:
            del self.fields["language"]
        self.sent_by = channel

    def written(self) -> dict[str, str]:
        """The text in its language, as actions take it; lines end as everywhere."""
        sms = (self.sent_by or self.cleaned_data["channel"]) == "sms"
        said = {name: self.cleaned_data[name].replace("\r\n", "\n").strip() for name in ("subject", "text", "html")}
        # What belongs to the other channel stands hidden in the form.
        return {**said, "subject": "", "html": ""} if sms else said


class TestForm(forms.Form):
    to = forms.CharField(label=_("To"), max_length=254)


# What each kind of transport is set up by: (name, label, kind of field, help). Secrets are written and never shown.
_Row = tuple[str, Any, str, Any]
_KEYWORD: _Row = ("keyword", _("Keyword"), "text", _("Of a shared short code: what people write before STOP."))
SETTINGS: dict[str, tuple[_Row, ...]] = {
    "sandbox": (),
    "smtp": (
        ("host", _("Mail server"), "text!", "smtp.example.org"),
        ("port", _("Port"), "number", _("587 with STARTTLS, 465 with TLS.")),
        ("tls", _("Encryption"), "starttls,tls,none", ""),
        ("user", _("User name"), "text", ""),
        ("bounce_address", _("Address for returned mails"), "text", _("Each mail gets its own under it.")),
        ("reply_to", _("Answers go to"), "text", ""),
    ),
    "gatewayapi": (
        ("class", _("Class"), "standard,premium,secret", ""),
        ("url", _("Address of the service"), "text", _("Left empty: GatewayAPI's own.")),
        _KEYWORD,
    ),
    "cpsms": (
        ("user", _("User name"), "text!", ""),
        ("url", _("Address of the service"), "text", _("Left empty: CPSMS' own.")),
    ),
    "http": (
        ("url", _("Address"), "text!", "https://sms.example.org/send?to={{ to_digits }}"),
        ("method", _("Method"), "POST,PUT,GET", ""),
        ("content_type", _("Content type"), "text", "application/json"),
        ("headers", _("Headers"), "lines", _("One a line: Name: value")),
        ("body", _("Body"), "area", '{"to": "{{ to }}", "message": "{{ text }}", "from": "{{ sender }}"}'),
        ("idempotent", _("Knows the Idempotency-Key again"), "switch", _("Then a repetition is never sent twice.")),
        ("id_path", _("The message's id in the answer"), "text", "data.0.id"),
        ("receipt_id", _("The id in a receipt"), "text", ""),
        ("receipt_status", _("The state in a receipt"), "text", ""),
        ("receipt_states", _("What its states mean"), "lines", _("One a line: DELIVRD: delivered")),
        ("inbound_number", _("The sender of an SMS to us"), "text", ""),
        ("inbound_to", _("Its receiver"), "text", ""),
        ("inbound_text", _("Its text"), "text", ""),
        ("inbound_id", _("Its id"), "text", ""),
        _KEYWORD,
    ),
    "smpp": (
        ("host", _("Server"), "text!", ""),
        ("port", _("Port"), "number", _("Left empty: 2775.")),
        ("tls", _("Encryption (TLS)"), "switch", ""),
        ("system_id", _("System id"), "text!", ""),
        ("system_type", _("System type"), "text", ""),
        ("window", _("Under way at once"), "number", ""),
        ("enquire_s", _("Seconds between signs of life"), "number", ""),
        (
            "joined_by", _("Long texts are joined by"), "udh,sar,payload",
            _("By message_payload the provider cuts them; by the others they go part by part."),
        ),
        _KEYWORD,
    ),
}  # fmt: skip
SECRETS: dict[str, tuple[tuple[str, Any], ...]] = {
    "sandbox": (),
    "smtp": (("password", _("Password")),),
    "gatewayapi": (("token", _("API token")), ("webhook_secret", _("Secret of the web hook"))),
    "cpsms": (("key", _("API key")),),
    "http": (("key", _("Secret, as {{ secret.key }}")),),
    "smpp": (("password", _("Password")),),
}
NUMBER, LINES = "number", "lines"


class TransportForm(Faulty):
    """What all kinds have; the rest is added by kind."""

    name = forms.CharField(label=_("Name"), max_length=200)
    sender = forms.CharField(label=_("Sender"), max_length=254, required=False)
    throttle_per_s = forms.FloatField(
        label=_("At most a second"), required=False, min_value=0.01, max_value=1000,
        help_text=_("Messages a second over all workers. Left empty: as fast as it goes."),
    )  # fmt: skip
    priority = forms.IntegerField(
        label=_("Order"), min_value=0, max_value=1000, initial=100, help_text=_("The lowest that works is used.")
    )
    active = forms.BooleanField(label=_("In use"), required=False, initial=True, widget=Switch)

    def __init__(
        self,
        *args: Any,
        kind: str,
        channel: str,
        channels: Sequence[str] = (),
        has_secrets: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.has_secrets = kind, has_secrets
        self.fields["sender"].help_text = (
            _("At most 11 letters and digits, or a phone number. Nobody can answer letters.")
            if channel == "sms"
            else _("An address, or a name and the address: Hjælpen <hej@example.org>")
        )
        if len(channels) > 1:
            self.fields["channel"] = forms.ChoiceField(
                label=_("Channel"), choices=[(one, CHANNELS[one]) for one in channels], widget=Segmented,
                initial=channel,
            )  # fmt: skip
        for name, label, shape, hint in SETTINGS.get(kind, ()):
            self.fields[name] = _field(label, shape, hint)
        kept = _("Kept encrypted, and never shown. Left empty: as it was.")
        kept = kept if has_secrets else _("Kept encrypted, and never shown.")
        for name, label in SECRETS.get(kind, ()):
            self.fields[f"secret_{name}"] = forms.CharField(
                label=label, required=False, max_length=5000, strip=True,
                widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
                help_text=kept,
            )  # fmt: skip
        self.order_fields(["channel", "name", "sender", *(one[0] for one in SETTINGS.get(kind, ()))])

    def put(self, wrong: Invalid | Conflict) -> None:
        if isinstance(wrong, Invalid):
            for fault in wrong.errors:
                last = str(fault.loc[-1]) if fault.loc else ""
                name = f"secret_{last}" if fault.loc[:1] == ("secrets",) else last
                self.add_error(name if name in self.fields else None, str(fault.detail))
        else:
            super().put(wrong)

    def said(self) -> dict[str, Any]:
        """As the actions take them, channel and kind apart."""
        found = {name: self.cleaned_data[name] for name in ("name", "sender", "throttle_per_s", "priority", "active")}
        given = {name: self.cleaned_data[name] for name, _l, _s, _h in SETTINGS.get(self.kind, ())}
        secrets = {name: self.cleaned_data[f"secret_{name}"] for name, _label in SECRETS.get(self.kind, ())}
        return {
            **found,
            "settings": {name: value for name, value in given.items() if value not in (None, "", {}, False)},
            "secrets": {name: value for name, value in secrets.items() if value},
        }


# Names that a provider has given stay as they are.
CHOICES: dict[str, Any] = {
    "starttls": "STARTTLS", "tls": "TLS", "none": _("No encryption"), "udh": "UDH", "sar": "SAR",
    "payload": "message_payload",
}  # fmt: skip


def _field(label: Any, shape: str, hint: Any) -> forms.Field:
    plain = {"autocomplete": "off", "spellcheck": "false"}
    if shape == "switch":
        return forms.BooleanField(label=label, required=False, widget=Switch, help_text=hint)
    if shape == NUMBER:
        return forms.IntegerField(label=label, required=False, min_value=1, max_value=65535, help_text=hint)
    if shape == LINES:
        return Lines(label=label, required=False, help_text=hint, widget=forms.Textarea(attrs={"rows": 3, **plain}))
    if shape == "area":
        area = forms.Textarea(attrs={"rows": 4, **plain})
        return forms.CharField(label=label, required=False, help_text=hint, widget=area)
    if "," in shape:
        choices = [(one, CHOICES.get(one, one)) for one in shape.split(",")]
        return forms.ChoiceField(label=label, required=False, choices=choices, help_text=hint)
    return forms.CharField(
        label=label, required=shape.endswith("!"), max_length=2000, help_text=hint, widget=forms.TextInput(attrs=plain)
    )


class Lines(forms.CharField):
    """Names and values, one a line."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return "\n".join(f"{name}: {one}" for name, one in value.items())
        return value

    def clean(self, value: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in super().clean(value).splitlines():
            name, sign, rest = line.partition(":")
            if not line.strip():
                continue
            if not sign or not name.strip():
                raise forms.ValidationError(gettext("This line is not of the form Name: value."))
            found[name.strip()] = rest.strip()
        return found


def initial_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """A transport's settings as the form shows them."""
    return {name: value if not isinstance(value, list) else json.dumps(value) for name, value in settings.items()}


# What the rules' form and the settings' row call the same.
PLAIN = ("over_cap", "track_opens", "track_clicks", "sms_sender", "email_sender")


class RulesForm(Faulty):
    quiet_from = forms.TimeField(label=_("From"), required=False, widget=LocalTime)
    quiet_to = forms.TimeField(label=_("Until"), required=False, widget=LocalTime)
    sms_most = forms.IntegerField(label=_("SMS at most"), required=False, min_value=1, max_value=1000)
    sms_days = forms.IntegerField(label=_("within days"), required=False, min_value=1, max_value=366)
    email_most = forms.IntegerField(label=_("E-mails at most"), required=False, min_value=1, max_value=1000)
    email_days = forms.IntegerField(label=_("within days"), required=False, min_value=1, max_value=366)
    over_cap = forms.ChoiceField(
        label=_("What is over it"), widget=Segmented,
        choices=(("skip", _("Is not sent")), ("wait", _("Waits its turn"))),
    )  # fmt: skip
    track_opens = forms.BooleanField(
        label=_("Tell when an e-mail is opened"), required=False, widget=Switch,
        help_text=_("A point that nobody sees. Journeys that wait for an opened e-mail need it."),
    )  # fmt: skip
    track_clicks = forms.BooleanField(
        label=_("Tell when a link is followed"), required=False, widget=Switch,
        help_text=_("Links go by way of this server, and lead on to where they led."),
    )  # fmt: skip

    sms_sender = forms.CharField(
        label=_("SMS are from"), required=False, max_length=40,
        help_text=_("At most 11 letters and digits, or a phone number. Nobody can answer letters."),
    )  # fmt: skip
    email_sender = forms.CharField(
        label=_("E-mails are from"), required=False, max_length=254,
        help_text=_("An address, or a name and the address: Hjælpen <hej@example.org>"),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for one, other in (("quiet_from", "quiet_to"), ("sms_most", "sms_days"), ("email_most", "email_days")):
            if (found.get(one) is None) != (found.get(other) is None) and not self.errors:
                self.add_error(other if found.get(other) is None else one, gettext("Fill in both, or neither."))
        return found

    def said(self) -> dict[str, Any]:
        given = self.cleaned_data
        quiet = None
        if given["quiet_from"] is not None:
            quiet = {"from": f"{given['quiet_from']:%H:%M}", "to": f"{given['quiet_to']:%H:%M}"}
        caps = [
            {"channel": one, "most": given[f"{one}_most"], "days": given[f"{one}_days"]}
            for one in ("sms", "email")
            if given[f"{one}_most"] is not None
        ]
        return {
            "quiet": quiet, "caps": caps,
            **{name: given[name] for name in PLAIN},
        }  # fmt: skip
