"""The form of a schedule. What is right and wrong the action decides; here are shapes and words."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ringround.campaigns import queries as campaigns
from ringround.kernel.ids import parse_id
from ringround.orgs.actor import Actor
from ringround.reports.actions.schedules import LANGUAGES
from ringround.reports.models import Schedule
from ringround.reports.queries import NAMES, teams_to_ask
from ringround.reports.rules.schedule import LAST_MONTHDAY
from ringround.reports.words import EVERY, LANGUAGE_NAMES, TITLES, WEEKDAYS_WHOLE
from ringround.ui.forms import LocalTime, Segmented, Switch


class ScheduleForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("The subject of the mail begins with it."))
    report = forms.ChoiceField(label=_("Report"))
    campaign = forms.ChoiceField(label=_("Campaign"), required=False)
    agent = forms.ChoiceField(label=_("Agent"), required=False)
    team = forms.ChoiceField(label=_("Team"), required=False)
    format = forms.ChoiceField(label=_("File"), widget=Segmented, choices=(("xlsx", "XLSX"), ("csv", "CSV")))
    every = forms.ChoiceField(label=_("How often"), widget=Segmented)
    weekday = forms.TypedChoiceField(label=_("On the weekday"), coerce=int, help_text=_("Where it is sent each week."))
    monthday = forms.TypedChoiceField(
        label=_("On the day of the month"), coerce=int, help_text=_("Where it is sent each month."),
        choices=[(day, str(day)) for day in range(1, LAST_MONTHDAY + 1)],
    )  # fmt: skip
    at = forms.TimeField(label=_("Time"), widget=LocalTime)
    language = forms.ChoiceField(label=_("Language"))
    recipients = forms.CharField(
        label=_("Recipients"), widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("E-mail addresses, one a line: colleagues, or the client. Each can stop it by a link in the mail."),
    )  # fmt: skip
    active = forms.BooleanField(label=_("Send it"), required=False, widget=Switch)

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = self.fields
        shown["report"].choices = [(name, TITLES[name]) for name in NAMES]  # type: ignore[attr-defined]
        shown["every"].choices = list(EVERY.items())  # type: ignore[attr-defined]
        shown["weekday"].choices = list(enumerate(WEEKDAYS_WHOLE))  # type: ignore[attr-defined]
        shown["language"].choices = [(code, LANGUAGE_NAMES[code]) for code in LANGUAGES]  # type: ignore[attr-defined]
        seen = campaigns.visible_campaigns(actor).order_by("name", "id")
        shown["campaign"].choices = [  # type: ignore[attr-defined]
            ("", _("All campaigns")), *((str(one.id), one.name) for one in seen)
        ]  # fmt: skip
        shown["agent"].choices = [  # type: ignore[attr-defined]
            ("", _("All agents")), *((str(one.id), one.shown) for one in campaigns.agents_seen(actor=actor))
        ]  # fmt: skip
        shown["team"].choices = [  # type: ignore[attr-defined]
            ("", _("All teams")), *((str(one.id), one.name) for one in teams_to_ask(actor=actor))
        ]  # fmt: skip
        for name in ("campaign", "agent", "team"):
            # What a schedule was limited to and is no longer to be seen stays until it is chosen anew: blank is "all".
            kept = str(self.initial.get(name) or "")
            if kept and kept not in dict(shown[name].choices):  # type: ignore[attr-defined]
                shown[name].choices = [*shown[name].choices, (kept, _("Not to be seen any more"))]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        found = dict(self.cleaned_data)
        for name in ("campaign", "agent", "team"):
            found[name] = parse_id(found[name])
        found["recipients"] = [one for one in re.split(r"[\s,;]+", found["recipients"]) if one]
        return found


def initial(one: Schedule) -> dict[str, Any]:
    """The form's values of a schedule."""
    return {
        **{name: getattr(one, name) for name in ("name", "report", "format", "every", "at", "language", "active")},
        "weekday": one.weekday,
        "monthday": one.monthday,
        "campaign": str(one.campaign_id or ""),
        "agent": str(one.agent_id or ""),
        "team": str(one.team_id or ""),
        "recipients": "\n".join(each.email for each in one.recipients.all()),
    }
