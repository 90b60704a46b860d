"""Forms of this room: a new journey, and what a template asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ringround.journeys.rules.catalogue import Param
from ringround.journeys.rules.document import MAX_NAME

Choices = Mapping[str, Sequence[Mapping[str, str]]]
LISTS = {"campaign": "campaigns", "user": "users", "template": "templates", "journey": "journeys"}
# One select for each agent; more agents than this are mapped in the editor.
MOST_AGENTS = 60
OF_AGENT = "map_"
_OF_STEP, _GO_ON, _END = "step_", "to:", "end"


class NewForm(forms.Form):
    """A journey with nothing in it yet."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME)
    campaign = forms.ChoiceField(label=_("Campaign"), help_text=_("More can be chosen later."))

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].choices = options(choices["campaigns"])  # type: ignore[attr-defined]


def options(rows: Sequence[Mapping[str, str]], *, empty: bool = True) -> list[tuple[str, str]]:
    first = [("", str(_("Choose …")))] if empty else []
    return [*first, *((row["value"], row["label"]) for row in rows)]


class TemplateForm(forms.Form):
    """The parameters of a template, by their own description."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME)

    def __init__(self, *args: Any, params: Sequence[Param], choices: Choices, facts: Sequence[Mapping[str, Any]],
                 **kwargs: Any) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.params = params
        for one in params:
            if one.type == "campaign_map":
                self._agents(one, choices)
            else:
                self.fields[one.name] = self._field(one, choices, facts)

    def _field(self, one: Param, choices: Choices, facts: Sequence[Mapping[str, Any]]) -> forms.Field:
        said: dict[str, Any] = {
            "label": str(one.label), "required": one.required, "initial": one.default,
            "help_text": str(one.help) if one.help is not None else "",
        }  # fmt: skip
        if one.type in LISTS:
            rows = [row for row in choices[LISTS[one.type]] if not one.of or row.get("of", one.of) == one.of]
            return forms.ChoiceField(choices=options(rows), **said)
        if one.type == "choice":
            rows = [{"value": str(option.value), "label": str(option.label)} for option in one.options]
            return forms.ChoiceField(choices=options(rows, empty=one.default is None), **said)
        if one.type == "path":
            return forms.ChoiceField(choices=[("", str(_("Choose …"))), *_paths(one, facts)], **said)
        if one.type == "int":
            return forms.IntegerField(min_value=one.least, max_value=one.most, **said)
        if one.type == "long_text":
            return forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), max_length=one.most, **said)
        return forms.CharField(max_length=one.most or 500, **said)

    def _agents(self, one: Param, choices: Choices) -> None:
        """A campaign for each agent; those without one are left out of the table."""
        for user in choices["users"][:MOST_AGENTS]:
            self.fields[f"{OF_AGENT}{user['value']}"] = forms.ChoiceField(
                label=user["label"], choices=[("", str(_("none"))), *options(choices["campaigns"], empty=False)],
                required=False,
            )  # fmt: skip

    def given(self) -> dict[str, Any]:
        """What was filled in, as the template takes it."""
        said = self.cleaned_data
        found: dict[str, Any] = {}
        for one in self.params:
            if one.type == "campaign_map":
                found[one.name] = {
                    name.removeprefix(OF_AGENT): campaign
                    for name, campaign in said.items()
                    if name.startswith(OF_AGENT) and campaign
                }
            elif said.get(one.name) not in (None, ""):
                found[one.name] = said[one.name]
        return found


class TakeOverForm(forms.Form):
    """For each step that is gone where its runs go on, or that they end; and which version was looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, number: int, gone: Sequence[tuple[str, str]], steps: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = number
        self.gone = [node for node, _label in gone]
        onward = [(f"{_GO_ON}{node}", name) for node, name in steps]
        for node, label in gone:
            self.fields[f"{_OF_STEP}{node}"] = forms.ChoiceField(
                label=label,
                choices=[("", _("Choose …")), (_END, _("Nowhere: they end")), (_("They go on at"), onward)],
            )

    def steps(self) -> list[forms.BoundField]:
        return [self[f"{_OF_STEP}{node}"] for node in self.gone]

    def targets(self) -> dict[str, str]:
        """Where runs go on, by the step that is gone; those of a step that is not named end."""
        said = {node: str(self.cleaned_data[f"{_OF_STEP}{node}"]) for node in self.gone}
        return {node: to.removeprefix(_GO_ON) for node, to in said.items() if to.startswith(_GO_ON)}


def _paths(one: Param, facts: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(str(fact["path"]), str(fact["label"])) for fact in facts if _fits(one.of, fact)]


def _fits(of: str, fact: Mapping[str, Any]) -> bool:
    if of == "settable":
        return bool(fact.get("settable"))
    return of != "moment" or fact["kind"] in ("moment", "any")
