"""Forms of the external systems' screens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.models import ExternalSystem
from ringround.kernel.errors import Invalid
from ringround.orgs.queries import Person


class SystemForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    key = forms.CharField(
        label=_("Key"),
        max_length=63,
        help_text=_("Stands in the addresses that it calls. Small letters, digits, - and _; it cannot be changed."),
    )
    agents = forms.CharField(
        label=_("Agents"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_("One a line: its id of the agent, =, and the user's e-mail address. 17 = anna@example.org"),
    )

    def __init__(
        self, *args: Any, people: Iterable[Person], system: ExternalSystem | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if system is not None:
            del self.fields["key"]
            addresses = {str(one.id): one.email for one in people}
            self.initial["name"] = system.name
            # Who has left stays as an id, so that saving says so rather than losing the line.
            self.initial["agents"] = "\n".join(
                f"{external} = {addresses.get(user, user)}" for external, user in system.agents.items()
            )

    def clean_agents(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in self.cleaned_data["agents"].splitlines():
            if not line.strip():
                continue
            external, sign, user = line.rpartition("=")
            if not sign or not external.strip() or not user.strip():
                raise forms.ValidationError(
                    gettext("This line is not of the form id = address: %(line)s") % {"line": line}
                )
            if external.strip() in found:
                raise forms.ValidationError(gettext("This id stands there twice: %(id)s") % {"id": external.strip()})
            found[external.strip()] = user.strip()
        return found

    def put_faults(self, wrong: Invalid) -> None:
        """An action's faults at their fields; one of the table with the line that it is about."""
        for fault in wrong.errors:
            name = str(fault.loc[0]) if fault.loc else None
            which = f"{fault.loc[1]}: " if len(fault.loc) > 1 else ""
            self.add_error(name if name in self.fields else None, f"{which}{fault.detail}")
