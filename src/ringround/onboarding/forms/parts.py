"""The parts of the workflow's form: what it says in general, a product, a fact about the person, a question, an act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ringround.kernel.errors import Fault
from ringround.onboarding import texts
from ringround.onboarding.rules.workflow import definition as bounds

UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
RULES = (("fixed", _("Fixed")), ("choice", _("A choice")), ("free", _("Free")))
ONE_OFFS = {"no": False, "yes": True, "optional": "optional"}


class Part(forms.Form):
    """A part of the workflow's form. `PLACES`: fields by where a fault says it is; else by its last word."""

    PLACES: Mapping[tuple[str, ...], str] = {}

    @property
    def called(self) -> object:
        """What people call this part, for the list of what is wrong."""
        return ""

    def put(self, loc: Sequence[str | int], fault: Fault) -> None:
        """A fault of this part, at its field."""
        words = tuple(str(one) for one in loc if isinstance(one, str))
        name = self.PLACES.get(words) or next((one for one in reversed(words) if one in self.fields), None)
        said = [str(one) for one in self.errors.get(name or "__all__", ())]
        if str(fault.detail) not in said:
            self.add_error(name, str(fault.detail))


class GeneralForm(Part):
    PLACES = {("terms", "version"): "terms_version", ("terms", "text"): "terms_text", ("link_ttl_s",): "link_ttl"}

    name = forms.CharField(
        label=_("Name"), max_length=bounds.MAX_NAME, help_text=_("What campaigns and sessions choose and show it by.")
    )
    approval_message = forms.CharField(
        label=_("Message with the link"), required=False, max_length=bounds.MAX_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 3}), help_text=_("The link is put after it."),
    )  # fmt: skip
    sms_sender = forms.CharField(
        label=_("SMS are from"), required=False, max_length=16,
        help_text=_("A short code of your own, a number, or at most 11 letters and digits."),
    )  # fmt: skip
    link_ttl = forms.IntegerField(label=_("The link lives"), min_value=1, max_value=bounds.MAX_LINK_TTL_S, initial=2)
    link_unit = forms.ChoiceField(
        label=_("Unit"), initial="d",
        choices=(("s", _("seconds")), ("min", _("minutes")), ("h", _("hours")), ("d", _("days"))),
    )  # fmt: skip
    languages = forms.ChoiceField(
        label=_("The donor reads"), initial="da",
        choices=(
            ("da", _("Danish")), ("en", _("English")), ("da,en", _("Danish, or English")),
            ("en,da", _("English, or Danish")),
        ),
    )  # fmt: skip
    terms_version = forms.CharField(
        label=_("Version of the terms"), required=False, max_length=bounds.MAX_TERMS_VERSION,
        help_text=_("Kept with each acceptance. Give a new one when the text changes."),
    )  # fmt: skip
    terms_text = forms.CharField(
        label=_("Terms that the donor accepts"), required=False, max_length=bounds.MAX_TERMS,
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip

    @staticmethod
    def start(said: Mapping[str, Any]) -> dict[str, Any]:
        """Initial values of a definition."""
        ttl = int(said.get("link_ttl_s") or bounds.USUAL_LINK_TTL_S)
        unit = next(one for one, size in reversed(UNITS.items()) if ttl % size == 0)
        terms = said.get("terms") or {}
        return {
            **{name: said.get(name, "") for name in ("name", "approval_message", "sms_sender")},
            "link_ttl": ttl // UNITS[unit],
            "link_unit": unit,
            "languages": ",".join(said.get("languages") or ("da",)),
            "terms_version": terms.get("version", ""),
            "terms_text": terms.get("text", ""),
        }

    def said(self) -> dict[str, Any]:
        """As the definition has it, as far as it is right."""
        clean = self.cleaned_data
        ttl = clean.get("link_ttl")
        return {
            **{name: clean.get(name, "") for name in ("name", "approval_message", "sms_sender")},
            "link_ttl_s": None if ttl is None else ttl * UNITS[clean.get("link_unit") or "d"],
            "languages": (clean.get("languages") or "da").split(","),
            "terms": {"version": clean.get("terms_version", ""), "text": clean.get("terms_text", "")},
        }


class ContactFieldForm(Part):
    """One row of the table of what is asked about the person."""

    role = ""
    ask = forms.ChoiceField(
        label=pgettext_lazy("field", "Asked"), required=False,
        choices=(("", _("Not asked")), ("optional", _("May be left empty")), ("required", _("Required"))),
    )  # fmt: skip
    editable = forms.BooleanField(label=_("Editable"), required=False)
    sensitive = forms.BooleanField(label=_("Typed by the donor alone"), required=False)

    def __init__(self, *args: Any, role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role, self.word = role, texts.CONTACT_ROLES[role]
        if role in bounds.ALWAYS_SENSITIVE:
            self.fields["sensitive"].disabled = True
            self.initial["sensitive"] = True
        for name, field in self.fields.items():
            # In a table the heads say it to the eye.
            field.widget.attrs["aria-label"] = f"{self.word}: {field.label}"
            field.widget.attrs.setdefault("id", f"id_{self.add_prefix(name)}")

    @property
    def called(self) -> object:
        return self.word

    @staticmethod
    def start(said: Mapping[str, Any] | None) -> dict[str, Any]:
        if said is None:
            return {"ask": "", "editable": True, "sensitive": False}
        ask = "required" if said.get("required") else "optional"
        return {"ask": ask, "editable": said.get("editable", True), "sensitive": said.get("sensitive", False)}

    def said(self) -> dict[str, Any] | None:
        clean = self.cleaned_data
        if not clean.get("ask"):
            return None
        return {
            "role": self.role,
            "required": clean["ask"] == "required",
            "editable": clean.get("editable", False),
            "sensitive": clean.get("sensitive", False),
        }


class MetadataForm(Part):
    label = forms.CharField(label=_("Question"), max_length=bounds.MAX_LABEL)
    type = forms.ChoiceField(label=_("Kind"), choices=list(texts.METADATA_TYPES.items()), initial="text")
    required = forms.BooleanField(label=_("Required"), required=False)
    options = forms.CharField(
        label=_("Options"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line."),
    )  # fmt: skip
    key = forms.CharField(
        label=_("Name for programs"), required=False, max_length=bounds.MAX_KEY,
        help_text=_("Left empty it is made of the words. Links give it as pre_meta_…"),
    )  # fmt: skip

    @property
    def called(self) -> object:
        return self["label"].value() or _("New question")

    @staticmethod
    def start(said: Mapping[str, Any]) -> dict[str, Any]:
        return {**said, "options": "\n".join(said.get("options") or ())}

    def said(self, taken: set[str]) -> dict[str, Any]:
        clean = self.cleaned_data
        kind = clean.get("type") or "text"
        options = [one.strip() for one in clean.get("options", "").splitlines() if one.strip()]
        return {
            "key": clean.get("key") or key_of(clean.get("label", ""), taken, "field"),
            "label": clean.get("label", ""),
            "type": kind,
            "required": clean.get("required", False),
            # What was written for a choice stands hidden in the form.
            "options": options if kind == "choice" else [],
        }


def key_of(words: str, taken: set[str], usual: str) -> str:
    """A name for programs made of what people call it, one that is not taken."""
    plain = slugify(words.lower().replace("æ", "ae").replace("ø", "oe").replace("å", "aa"))[: bounds.MAX_KEY - 4]
    base = plain if plain[:1].isalpha() else (f"{usual}-{plain}".strip("-") if plain else usual)
    found, number = base, 2
    while found in taken:
        found, number = f"{base}-{number}", number + 1
    taken.add(found)
    return found
