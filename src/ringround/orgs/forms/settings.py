"""Forms of the settings screens. What is right and wrong the actions decide; here are shapes and words."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from ringround.orgs import rules
from ringround.orgs.models import Organisation
from ringround.orgs.queries import Person
from ringround.orgs.queries.people import TeamRow
from ringround.orgs.words import LANGUAGES, ROLES, THEMES
from ringround.ui.forms import LocalDate, Segmented, Switch

# The countries of the first users; any other with a numbering plan can be set by the API, and is then kept here.
REGIONS = (
    ("DK", _("Denmark")),
    ("SE", _("Sweden")),
    ("NO", _("Norway")),
    ("FI", _("Finland")),
    ("DE", _("Germany")),
    ("NL", _("Netherlands")),
    ("BE", _("Belgium")),
    ("FR", _("France")),
    ("GB", _("United Kingdom")),
    ("IE", _("Ireland")),
    ("ES", _("Spain")),
    ("PT", _("Portugal")),
    ("IT", _("Italy")),
    ("AT", _("Austria")),
    ("CH", _("Switzerland")),
    ("PL", _("Poland")),
    ("IS", _("Iceland")),
    ("FO", _("Faroe Islands")),
    ("GL", _("Greenland")),
    ("US", _("United States")),
    ("CA", _("Canada")),
    ("AU", _("Australia")),
)


def _zones() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in rules.timezones()]


def _regions(now: str) -> list[tuple[str, Any]]:
    known = list(REGIONS)
    return known if any(code == now for code, _name in known) else [*known, (now, now)]


class OrganisationForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=rules.MAX_NAME)
    language = forms.ChoiceField(label=_("Language of new users"), choices=list(LANGUAGES.items()))
    timezone = forms.ChoiceField(label=_("Time zone"), choices=_zones)
    region = forms.ChoiceField(
        label=_("Country"), help_text=_("Phone numbers without a country code are read as numbers of this country.")
    )
    four_eyes = forms.BooleanField(
        label=_("Four eyes: a campaign is approved by somebody else than its maker"), required=False, widget=Switch
    )
    mfa_required = forms.BooleanField(
        label=_("Everyone signs in with a second factor"),
        required=False,
        widget=Switch,
        help_text=_("Who has none sets it up at the next click, you too. API tokens go on working."),
    )
    callback_max_days = forms.IntegerField(
        label=_("A callback may lie at most this many days ahead"),
        min_value=rules.LIMITS["callback_max_days"][0],
        max_value=rules.LIMITS["callback_max_days"][1],
    )
    callbacks_per_agent = forms.IntegerField(
        label=_("Private callbacks an agent may hold at once"),
        min_value=rules.LIMITS["callbacks_per_agent"][0],
        max_value=rules.LIMITS["callbacks_per_agent"][1],
    )
    pause_reasons = forms.CharField(
        label=_("Reasons for a pause"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("One a line. Agents choose among them; without any, a pause needs no reason."),
    )

    def __init__(self, organisation: Organisation, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {name: getattr(organisation, name) for name in self.base_fields if name != "pause_reasons"}
            | {"pause_reasons": "\n".join(organisation.pause_reasons)},
        )
        super().__init__(*args, **kwargs)
        region = self.fields["region"]
        assert isinstance(region, forms.ChoiceField)
        region.choices = _regions(organisation.region)

    def clean_pause_reasons(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["pause_reasons"].splitlines() if line.strip()]


class _TeamChoice(forms.Form):
    def _set_teams(self, teams: list[TeamRow]) -> None:
        team = self.fields["team"]
        assert isinstance(team, forms.ChoiceField)
        team.choices = [("", _("None")), *((str(one.id), one.name) for one in teams)]

    def _set_roles(self, giver: str) -> None:
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [(key, word) for key, word in ROLES.items() if rules.may_give(giver, key)]


class InviteForm(_TeamChoice):
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    name = forms.CharField(label=_("Name"), max_length=rules.MAX_NAME, required=False)
    role = forms.ChoiceField(label=_("Role"), initial="junior_agent")
    team = forms.ChoiceField(label=_("Team"), required=False)
    external_id = forms.CharField(
        label=_("External id"),
        required=False,
        max_length=rules.MAX_EXTERNAL_ID,
        help_text=_("The user's id in another system, for files and calls that name agents by it."),
    )

    def __init__(self, *args: Any, teams: list[TeamRow], giver: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs.update(autocomplete="off", autofocus=True)
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        self._set_teams(teams)
        self._set_roles(giver)


class UserForm(_TeamChoice):
    role = forms.ChoiceField(label=_("Role"))
    team = forms.ChoiceField(label=_("Team"), required=False)
    external_id = forms.CharField(
        label=_("External id"),
        required=False,
        max_length=rules.MAX_EXTERNAL_ID,
        help_text=_("The user's id in another system, for files and calls that name agents by it."),
    )

    def __init__(self, person: Person, *args: Any, teams: list[TeamRow], giver: str, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {"role": person.role, "team": str(person.team_id or ""), "external_id": person.external_id or ""},
        )
        super().__init__(*args, **kwargs)
        self._set_teams(teams)
        self._set_roles(giver)


class UserFilter(forms.Form):
    q = forms.CharField(label=_("Search"), required=False, widget=forms.TextInput(attrs={"type": "search"}))
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("All roles")), *ROLES.items()])
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("Active and invited")),
            ("active", _("Active")),
            ("invited", _("Invited")),
            ("inactive", _("Deactivated")),
        ],
    )
    team = forms.ChoiceField(label=_("Team"), required=False)

    def __init__(self, *args: Any, teams: list[TeamRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if teams:
            every = [("", _("All teams")), *((str(one.id), one.name) for one in teams)]
            self.fields["team"].choices = every  # type: ignore[attr-defined]
        else:
            del self.fields["team"]


class TeamForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=rules.MAX_NAME)
    members = forms.MultipleChoiceField(
        label=_("Members"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Everybody is in one team at most: who comes from another leaves it."),
    )

    def __init__(self, *args: Any, people: list[Person], team_id: UUID | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["members"].choices = [  # type: ignore[attr-defined]
            (str(one.id), f"{one.shown} ({one.team})" if one.team and one.team_id != team_id else one.shown)
            for one in people
        ]
        self.initial.setdefault("members", [str(one.id) for one in people if team_id and one.team_id == team_id])


class ClaimForm(forms.Form):
    token = forms.CharField(
        label=_("The merchant's token"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("It begins with rrl_ and works once."),
    )


class ClientForm(forms.Form):
    name = forms.CharField(
        label=_("The client's name"),
        max_length=rules.MAX_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("As people know it: it stands on its campaigns and reports."),
    )


class OwnerForm(forms.Form):
    email = forms.EmailField(
        label=_("The new owner's e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(
        label=_("Their name"),
        max_length=rules.MAX_NAME,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("What is it for?"), max_length=rules.MAX_NAME, help_text=_("So that you know it again in the list.")
    )
    days = forms.ChoiceField(
        label=_("Works for"),
        choices=[("30", _("30 days")), ("90", _("90 days")), ("365", _("A year")), ("", _("Until it is revoked"))],
        initial="90",
        required=False,
    )
    scopes = forms.MultipleChoiceField(
        label=_("May be used for"),
        widget=forms.CheckboxSelectMultiple,
        initial=["*"],
        help_text=_("Within what you may do yourself."),
    )

    def __init__(self, *args: Any, rooms: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)
        scopes.choices = [("*", _("Everything I may do")), *rooms]


class AuditFilter(forms.Form):
    action = forms.ChoiceField(label=_("What"), required=False)
    user = forms.ChoiceField(label=_("Who"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=LocalDate)
    until = forms.DateField(label=_("To"), required=False, widget=LocalDate)
    subject = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, actions: list[tuple[str, Any]], users: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        action, user = self.fields["action"], self.fields["user"]
        assert isinstance(action, forms.ChoiceField)
        assert isinstance(user, forms.ChoiceField)
        action.choices = [("", _("Everything")), *actions]
        user.choices = [("", _("Everyone")), *users]


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=rules.MAX_NAME)
    language = forms.ChoiceField(label=_("Language"), choices=list(LANGUAGES.items()), widget=Segmented)
    timezone = forms.ChoiceField(label=_("Time zone"), choices=_zones)
    theme = forms.ChoiceField(label=_("Appearance"), choices=list(THEMES.items()), widget=Segmented)


class JoinForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=rules.MAX_NAME)
    password = forms.CharField(
        label=_("Choose a password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters. A few words in a row are easy to remember and hard to guess."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
