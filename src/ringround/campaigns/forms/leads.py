"""Looking for leads and changing them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.queries import LeadFilter
from ringround.campaigns.rules.forms import FieldSpec
from ringround.campaigns.texts import LEAD_STATUSES, OUTCOMES
from ringround.kernel import phones
from ringround.kernel.ids import parse_id
from ringround.ui.format import zone_text
from ringround.ui.forms import LocalDate, LocalDateTime, Switch

ANY = ("", _("No filter"))
# What stands in a list's address beside the filter.
BESIDE = frozenset({"size", "after", "col"})
YES_NO = (ANY, ("1", _("Yes")), ("0", _("No")))


class LeadFilterForm(forms.Form):
    """The filter above a list of leads.

    Looking: what makes no sense in an address is left out, never an error page. Doing asks first whether it `fits`.
    """

    q = forms.CharField(
        label=_("Search"),
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name, number, id")}),
    )
    campaign = forms.ChoiceField(label=_("Campaign"), required=False)
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[ANY, *((key, word) for key, (_tone, word) in LEAD_STATUSES.items())]
    )
    assigned_to = forms.ChoiceField(label=_("Kept for"), required=False)
    active = forms.ChoiceField(label=_("Active"), required=False, choices=YES_NO)
    urgent = forms.ChoiceField(label=_("Urgent"), required=False, choices=YES_NO)
    reserved = forms.ChoiceField(label=_("Held by an agent"), required=False, choices=YES_NO)
    outcome = forms.ChoiceField(label=_("Call result"), required=False, choices=[ANY, *OUTCOMES.items()])
    disposition = forms.ChoiceField(label=_("Disposition"), required=False)
    attempts_min = forms.IntegerField(label=_("Attempts from"), required=False, min_value=0)
    attempts_max = forms.IntegerField(label=_("Attempts to"), required=False, min_value=0)
    last_contact_after = forms.DateField(label=_("Last contact from"), required=False, widget=LocalDate)
    last_contact_before = forms.DateField(label=_("Last contact before"), required=False, widget=LocalDate)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        campaigns: Sequence[tuple[UUID, str]],
        agents: Sequence[tuple[UUID, str]],
        dispositions: Sequence[tuple[UUID, str]] = (),
        questions: Sequence[FieldSpec] = (),
    ) -> None:
        super().__init__(data or None, auto_id="f_%s")
        self._choices("campaign", [(str(id), name) for id, name in campaigns])
        self._choices("assigned_to", [("none", _("Nobody")), *((str(id), name) for id, name in agents)])
        if dispositions:
            self._choices("disposition", [(str(id), name) for id, name in dispositions])
        else:
            del self.fields["disposition"]
        self.questions = {f"r_{one.key}": one for one in questions}
        for name, one in self.questions.items():
            if one.type in ("choice", "multi_choice"):
                self.fields[name] = forms.ChoiceField(
                    label=one.label, required=False, choices=[ANY, *((o, o) for o in one.options)]
                )
            elif one.type == "bool":
                self.fields[name] = forms.ChoiceField(label=one.label, required=False, choices=YES_NO)
            elif one.type == "number":
                self.fields[name] = forms.FloatField(label=one.label, required=False, localize=True)
            else:
                self.fields[name] = forms.CharField(label=one.label, required=False)

    def _choices(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        self.fields[name].choices = [ANY, *choices]  # type: ignore[attr-defined]

    @property
    def more(self) -> list[Any]:
        """The fields that stand behind "more"."""
        return [self[name] for name in self.fields if name not in ("q", "campaign", "status", "assigned_to")]

    @property
    def more_used(self) -> int:
        """How many of those are in use."""
        return sum(1 for field in self.more if field.value() not in (None, ""))

    @property
    def fits(self) -> bool:
        """Whether every part that is said is understood: a disposition, agent or question may have gone meanwhile."""
        if not self.is_bound:
            return True
        assert isinstance(self.data, QueryDict)
        said = {name for name in self.data if any(self.data.getlist(name))}
        return not (said - set(self.fields) - BESIDE) and self.is_valid()

    def filter(self) -> LeadFilter:
        """The filter as asked; a part that is wrong counts as not said."""
        said: dict[str, Any] = {}
        if self.is_bound:
            self.is_valid()
            said = self.cleaned_data
        from_day, to_day = said.get("last_contact_after"), said.get("last_contact_before")
        return LeadFilter(
            q=said.get("q") or "",
            campaign=_one(said.get("campaign")),
            status=(said["status"],) if said.get("status") else (),
            assigned_to=_one(said.get("assigned_to")),
            unassigned=said.get("assigned_to") == "none",
            active=_yes(said.get("active")),
            urgent=_yes(said.get("urgent")),
            reserved=_yes(said.get("reserved")),
            outcome=(said["outcome"],) if said.get("outcome") else (),
            disposition=_one(said.get("disposition")),
            attempts_min=said.get("attempts_min"),
            attempts_max=said.get("attempts_max"),
            last_contact_after=_midnight(from_day),
            last_contact_before=_midnight(to_day),
            result=self._result(said),
        )

    def _result(self, said: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, one in self.questions.items():
            value = said.get(name)
            if value in (None, ""):
                continue
            if one.type == "bool":
                found[one.key] = value == "1"
            elif one.type == "multi_choice":
                found[one.key] = [value]
            elif one.type == "number":
                found[one.key] = int(value) if value == int(value) else value
            else:
                found[one.key] = value
        return found


def _one(value: Any) -> tuple[UUID, ...]:
    found = parse_id(value)
    return (found,) if found is not None else ()


def _yes(value: Any) -> bool | None:
    return None if value in (None, "") else value == "1"


def _midnight(day: Any) -> Any:

    return timezone.make_aware(datetime.combine(day, time())) if day else None


class LeadForm(forms.Form):
    """What a supervisor may set on one lead."""

    assigned_to = forms.ChoiceField(label=_("Kept for"), required=False)
    priority = forms.IntegerField(label=_("Priority"), min_value=0, max_value=100)
    next_contact_at = forms.DateTimeField(label=_("Next contact at"), required=False, widget=LocalDateTime)
    snoozed_until = forms.DateTimeField(label=_("Snoozed until"), required=False, widget=LocalDateTime)
    status = forms.ChoiceField(label=_("Status"), choices=[(key, word) for key, (_tone, word) in LEAD_STATUSES.items()])
    owner = forms.ChoiceField(label=_("Callback owner"), required=False, help_text=_("Whose private callback it is."))
    urgent = forms.BooleanField(label=_("Urgent"), required=False, widget=Switch)
    active = forms.BooleanField(label=_("Active"), required=False, widget=Switch)

    def __init__(self, *args: Any, agents: Sequence[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("assigned_to", "owner"):
            choices = [("", _("Nobody")), *((str(id), word) for id, word in agents)]
            now = str(self.initial.get(name) or "")
            if now and now not in {key for key, _word in choices}:
                choices.append((now, _("Somebody who is off the campaign")))
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def changes(self) -> dict[str, Any]:
        """What was changed, by the API's names."""
        found: dict[str, Any] = {}
        for name in self.changed_data:
            value = self.cleaned_data[name]
            found[name] = parse_id(value) if name in ("assigned_to", "owner") else value
        return found


class CallbackForm(forms.Form):
    """Moving a callback. Its time is in the zone that is active, which is the lead's."""

    at = forms.DateTimeField(label=_("When"), widget=LocalDateTime)
    owner = forms.ChoiceField(label=_("For"), required=False)
    number = forms.ChoiceField(label=_("Number"), required=False)
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(
        self,
        *args: Any,
        agents: Sequence[tuple[UUID, str]],
        zone: str,
        numbers: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        shown = [(e164, f"{_phone(e164)} {label}".strip()) for e164, label in numbers]
        kept = str(self.initial.get("number") or "")
        if kept and kept not in {e164 for e164, _label in numbers}:
            shown.append((kept, _phone(kept)))
        self.fields["number"].choices = [("", _("The first that may be dialled")), *shown]  # type: ignore[attr-defined]
        self.fields["at"].help_text = _("The lead's time, %(zone)s.") % {"zone": zone_text(zone)}
        choices = [("", _("Anybody (common)")), *((str(id), name) for id, name in agents)]
        self.fields["owner"].choices = choices  # type: ignore[attr-defined]


def _phone(e164: str) -> str:
    found = phones.parse(e164, None)
    return found.international if found is not None else e164
