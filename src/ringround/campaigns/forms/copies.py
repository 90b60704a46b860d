"""What is asked before a campaign is copied."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import ValidationError
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.rules.parameters import MAX_NAME


class NameForm(forms.Form):
    """How the copy is called."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME)


class RecycleForm(forms.Form):
    """What becomes of the leads that were found; `found` is how many somebody was shown."""

    found = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    into = forms.ChoiceField(label=_("What becomes of them"), widget=forms.RadioSelect)
    name = forms.CharField(
        label=_("Name of the new campaign"), max_length=MAX_NAME, required=False,
        help_text=_("Only for a new campaign."),
    )  # fmt: skip

    def __init__(self, *args: Any, may_new: bool, archived: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = []
        if not archived:
            choices.append(("here", _("New again on this campaign")))
        if may_new:
            choices.append(("new", _("A new campaign is made of them")))
        else:
            del self.fields["name"]
        self.fields["into"].choices = choices  # type: ignore[attr-defined]
        if choices:
            self.initial["into"] = choices[0][0]

    def clean(self) -> dict[str, Any]:
        """A new campaign has a name."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("into") == "new" and not said.get("name"):
            self.add_error("name", ValidationError(_("Give the campaign a name."), code="required"))
        return said
