"""Step 2: one disposition, one question."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.models import Disposition
from ringround.campaigns.rules.dispositions import KINDS, MAX_NAME, OUTCOMES, STATUSES
from ringround.campaigns.rules.forms import MAX_LABEL, FieldSpec
from ringround.campaigns.rules.settings import MINUTE
from ringround.campaigns.texts import FIELD_TYPES, LEAD_STATUSES
from ringround.campaigns.texts import KINDS as KIND_WORDS
from ringround.campaigns.texts import OUTCOMES as OUTCOME_WORDS
from ringround.ui.forms import Switch


class DispositionForm(forms.Form):
    """One disposition. Of a locked one only its key and colour."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME)
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[(one, KIND_WORDS[one]) for one in KINDS],
        help_text=_("Engaged ones count towards the target."),
    )
    status = forms.ChoiceField(
        label=_("The lead becomes"),
        required=False,
        choices=[("", _("As the kind says")), *((one, LEAD_STATUSES[one][1]) for one in STATUSES)],
    )
    outcome = forms.ChoiceField(
        label=_("Call result"),
        required=False,
        choices=[("", _("As the kind says")), *((one, OUTCOME_WORDS[one]) for one in OUTCOMES)],
    )
    opens_form = forms.BooleanField(label=_("Opens the form"), required=False, widget=Switch)
    hidden = forms.BooleanField(label=_("Hidden from agents"), required=False, widget=Switch)
    hotkey = forms.CharField(label=_("Hotkey"), max_length=1, required=False, help_text=_("One letter or digit."))
    color = forms.CharField(label=_("Colour"), required=False, widget=forms.TextInput(attrs={"type": "color"}))
    retry_delay = forms.DecimalField(
        label=_("Try again after (minutes)"), required=False, min_value=0, decimal_places=2
    )
    retry_multiply = forms.FloatField(
        label=_("Longer each time"),
        required=False,
        min_value=1,
        max_value=10,
        help_text=_("2 doubles the wait with each try."),
    )
    retry_most = forms.IntegerField(label=_("Attempts at most"), required=False, min_value=1, max_value=1000)
    sub = forms.CharField(
        label=_("Sub-dispositions"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One a line."),
    )

    def __init__(self, *args: Any, disposition: Disposition | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.disposition = disposition
        if disposition is not None:
            retry = disposition.retry or {}
            delay = retry.get("delay_s")
            self.initial = {
                "name": disposition.name, "kind": disposition.kind, "status": disposition.status or "",
                "outcome": disposition.outcome or "", "opens_form": disposition.opens_form,
                "hidden": disposition.hidden,
                "hotkey": disposition.hotkey, "color": disposition.color or "#667382",
                "retry_delay": None if delay is None else f"{delay / MINUTE:g}",
                "retry_multiply": retry.get("multiply"), "retry_most": retry.get("max_attempts"),
                "sub": "\n".join(disposition.sub),
            }  # fmt: skip
            if disposition.locked:
                for name in set(self.fields) - {"hotkey", "color"}:
                    del self.fields[name]
        else:
            self.initial.setdefault("color", "#4299e1")

    def spec(self) -> dict[str, Any]:
        """The disposition as the action takes it."""
        said = self.cleaned_data
        if self.disposition is not None and self.disposition.locked:
            kept = self.disposition
            return {
                "id": str(kept.id), "name": kept.name, "kind": kept.kind, "hotkey": said["hotkey"],
                "color": said["color"],
            }  # fmt: skip
        retry = {
            "delay_s": int(said["retry_delay"] * MINUTE) if said["retry_delay"] is not None else None,
            "multiply": said["retry_multiply"],
            "max_attempts": said["retry_most"],
        }
        return {
            **({"id": str(self.disposition.id)} if self.disposition is not None else {}),
            "name": said["name"], "kind": said["kind"], "status": said["status"] or None,
            "outcome": said["outcome"] or None, "opens_form": said["opens_form"], "hidden": said["hidden"],
            "hotkey": said["hotkey"], "color": said["color"],
            "retry": {name: value for name, value in retry.items() if value is not None} or None,
            "sub": [line.strip() for line in said["sub"].splitlines() if line.strip()],
        }  # fmt: skip


class QuestionForm(forms.Form):
    """One question of the form."""

    label = forms.CharField(label=_("Question"), max_length=MAX_LABEL)
    type = forms.ChoiceField(label=_("Type of answer"), choices=list(FIELD_TYPES.items()))
    options = forms.CharField(
        label=_("Options"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For choices: one a line."),
    )
    required = forms.BooleanField(label=_("Must be answered"), required=False, widget=Switch)
    default = forms.CharField(label=_("Answer given in advance"), required=False)
    shown_key = forms.ChoiceField(label=_("Asked only when"), required=False)
    shown_value = forms.CharField(label=_("is"), required=False)

    def __init__(self, *args: Any, earlier: list[FieldSpec], question: FieldSpec | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question = question
        asked = [(one.key, one.label) for one in earlier if one.type in ("choice", "multi_choice", "bool")]
        self.fields["shown_key"].choices = [("", _("always")), *asked]  # type: ignore[attr-defined]
        if not asked:
            del self.fields["shown_key"], self.fields["shown_value"]
        self.earlier = {one.key: one for one in earlier}
        if question is not None:
            shown = question.shown_if or {}
            self.initial = {
                "label": question.label, "type": question.type, "options": "\n".join(question.options),
                "required": question.required, "default": _written(question.default),
                "shown_key": shown.get("key", ""), "shown_value": _written(shown.get("value")),
            }  # fmt: skip

    def spec(self) -> dict[str, Any]:
        """The question as the action takes it."""
        said = self.cleaned_data
        found: dict[str, Any] = {"label": said["label"], "type": said["type"], "required": said["required"]}
        if self.question is not None:
            found["key"] = self.question.key
        if said["type"] in ("choice", "multi_choice"):
            found["options"] = [line.strip() for line in said["options"].splitlines() if line.strip()]
        if said["default"].strip():
            found["default"] = said["default"].strip()
        if said.get("shown_key"):
            found["shown_if"] = {"key": said["shown_key"], "value": said.get("shown_value", "")}
        return found


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return "; ".join(value) if isinstance(value, list) else str(value)
