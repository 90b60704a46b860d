"""Step 1: what the campaign is, and whom it calls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.forms.fields import SettingsMixin
from ringround.campaigns.models import Campaign
from ringround.campaigns.rules import settings as rules_settings
from ringround.campaigns.rules.parameters import MAX_DESCRIPTION, MAX_NAME, MAX_SCRIPT, SERVED
from ringround.campaigns.texts import MODES
from ringround.ui.forms import LocalDateTime, Segmented, Switch

HANDOUT = (
    "lead_order",
    "new_per_retried",
    "skip",
    "reservation_s",
    "skip_cooldown_s",
    "wrap_up_s",
    "preview_countdown_s",
)
# What is done with a call; the last three by an exchange that dials itself.
CALLING = ("ring_timeout_s", "recording", "machine_detection", "abandon_limit")
END = ("fed_by_others", "complete_when_target", "complete_when_exhausted")
MODE_HELP = {
    "manual": _("The agent presses “Get customer” for each lead."),
    "preview": _("After each wrap-up the next lead is shown by itself."),
}


class ParametersForm(SettingsMixin, forms.Form):
    """Everything of step 1. Only what was changed is sent on, so that two managers do not undo each other."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(
        label=_("Description"), max_length=MAX_DESCRIPTION, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    mode = forms.ChoiceField(
        label=_("Dial mode"), choices=[(one, MODES[one]) for one in SERVED], widget=Segmented, initial="preview"
    )
    lists = forms.MultipleChoiceField(
        label=_("Contact lists"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("All contacts of these lists become leads."),
    )
    follow_lists = forms.BooleanField(
        label=_("Contacts that come onto the lists later become leads too"), required=False, widget=Switch, initial=True
    )
    agency = forms.ChoiceField(
        label=_("Who calls"), required=False, help_text=_("Your own people, or an agency you have a link to.")
    )
    target = forms.IntegerField(
        label=_("Target"), required=False, min_value=1, help_text=_("How many engaged dispositions are to be reached.")
    )
    starts_at = forms.DateTimeField(label=_("Starts"), required=False, widget=LocalDateTime)
    ends_at = forms.DateTimeField(label=_("Ends"), required=False, widget=LocalDateTime)
    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=0,
        max_value=100,
        initial=50,
        help_text=_("Campaigns with a higher number stand first for agents."),
    )
    script = forms.CharField(
        label=_("Script"),
        max_length=MAX_SCRIPT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "What the agent has before them during the call. # Heading, - list, **bold**, *italic*, [words](https://…);"
            " {{name}} and the names of other columns are filled in."
        ),
    )
    caller_ids = forms.CharField(
        label=_("Caller ids"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "Numbers shown to those who are called, one a line, with country code. Used by exchanges that can."
        ),
    )
    external_system = forms.ChoiceField(
        label=_("External system"),
        required=False,
        help_text=_("A dialler or CRM that calls this campaign's leads and says what happened."),
    )
    external_site = forms.ChoiceField(
        label=_("External site"),
        required=False,
        help_text=_("A page of your CRM that opens for the contact, or is told what happened."),
    )
    workflow = forms.ChoiceField(
        label=_("Workflow"),
        required=False,
        help_text=_("What agents may agree with a donor, and ask them for."),
    )
    external_campaign_id = forms.CharField(
        label=_("Id in another system"),
        required=False,
        max_length=MAX_NAME,
        help_text=_("Your CRM's id of this campaign."),
    )

    def __init__(
        self,
        *args: Any,
        campaign: Campaign | None,
        lists: Sequence[tuple[UUID, str]],
        chosen: Sequence[UUID] = (),
        agencies: Sequence[tuple[UUID, str]],
        columns: Sequence[str] = (),
        systems: Sequence[tuple[UUID, str]] = (),
        sites: Sequence[tuple[UUID, str]] = (),
        workflows: Sequence[tuple[UUID, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.campaign = campaign
        self.fields["lists"].choices = [(str(id), label) for id, label in lists]  # type: ignore[attr-defined]
        self.fields["agency"].choices = [(str(id), name) for id, name in agencies]  # type: ignore[attr-defined]
        if len(agencies) < 2:
            del self.fields["agency"]
        if systems:
            choices = [("", _("None")), *((str(id), name) for id, name in systems)]
            self.fields["external_system"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["external_system"]
        if sites:
            choices = [("", _("No site")), *((str(id), name) for id, name in sites)]
            self.fields["external_site"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["external_site"]
        if workflows:
            choices = [("", _("No workflow")), *((str(id), name) for id, name in workflows)]
            self.fields["workflow"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["workflow"]
        values = rules_settings.whole(campaign.settings) if campaign else rules_settings.defaults("preview")
        if campaign is not None:
            for name in self.base_fields:
                if hasattr(campaign, name) and name not in ("lists", "agency", "caller_ids", "workflow"):
                    self.initial.setdefault(name, getattr(campaign, name))
            self.initial["lists"] = [str(one) for one in chosen]
            self.initial["agency"] = str(campaign.agency_id)
            self.initial["workflow"] = str(campaign.workflow or "")
            self.initial["caller_ids"] = "\n".join(campaign.caller_ids)
        elif agencies:
            self.initial.setdefault("agency", str(agencies[0][0]))
        of_sites = ("interaction",) if sites else ()
        self.add_settings((*HANDOUT, *CALLING, *END, *of_sites), values, list(columns))
        # The page follows the mode until skipping is chosen by hand; see frontend/src/defaults.ts.
        of_modes = {one: rules_settings.defaults(one)["skip"] for one in SERVED}
        self.fields["skip"].widget.attrs |= {"data-default-by": "mode", "data-defaults": json.dumps(of_modes)}

    def values(self) -> dict[str, Any]:
        """What was typed, by the API's names; for a campaign that there is, only what was changed."""
        found: dict[str, Any] = {}
        for name in self.base_fields:
            if name not in self.fields or (self.campaign is not None and name not in self.changed_data):
                continue
            value = self.cleaned_data[name]
            if name == "caller_ids":
                value = [line.strip() for line in value.splitlines() if line.strip()]
            elif name in ("external_campaign_id", "external_system", "external_site", "workflow"):
                value = value or None
            found[name] = value
        settings = self.changed_settings()
        if self.campaign is None or "mode" in self.changed_data:
            # Each mode has its own default, and what the page showed as chosen is what was chosen.
            settings["skip"] = self.cleaned_data["skip"] or rules_settings.defaults(self.cleaned_data["mode"])["skip"]
        if settings:
            found["settings"] = settings
        return found


def zones() -> list[tuple[str, str]]:
    """Time zones people live in, Europe's first."""
    names = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
    )
    return [
        (name, name.replace("_", " "))
        for name in sorted(names, key=lambda name: (not name.startswith("Europe/"), name))
    ]
