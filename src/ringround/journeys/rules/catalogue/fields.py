"""What a condition can ask about, and which events may change the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ringround.journeys.rules.catalogue.kinds import Option
from ringround.journeys.rules.catalogue.words import STATUSES
from ringround.journeys.rules.values import OWN
from ringround.kernel.messages import N_, Message

_STATUS = ("campaigns.lead.status_changed",)
_TRIED = ("campaigns.lead.attempted", "campaigns.lead.status_changed")
_SAVED = ("campaigns.lead.updated",)
_CALLBACK = (
    "campaigns.callback.scheduled",
    "campaigns.callback.moved",
    "campaigns.callback.cancelled",
    "campaigns.lead.updated",
    "campaigns.lead.status_changed",
)
_CONTACT = ("contacts.contact.changed", "contacts.list.contacts_changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A path of facts. `kind` is what it holds: text, int, bool, moment, choice, user, campaign, any.

    `changing` is the name under which `campaigns.lead.updated` tells of it; empty where it does not.
    """

    path: str
    kind: str
    label: Message
    events: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    changing: str = ""

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"path": self.path, "kind": self.kind, "label": str(self.label)}
        if self.options:
            found["options"] = [option.to_json() for option in self.options]
        found["changing"] = bool(self.changing)
        return found


_LEAD = (
    Field(path="lead.status", kind="choice", label=N_("Status"), events=_STATUS, options=STATUSES),
    Field(path="lead.open", kind="bool", label=N_("Is open"), events=_STATUS),
    Field(path="lead.active", kind="bool", label=N_("Active"), events=_SAVED, changing="active"),
    Field(path="lead.attempts", kind="int", label=N_("Attempts"), events=_TRIED),
    Field(
        path="lead.next_contact_at",
        kind="moment",
        label=N_("Next contact"),
        events=_CALLBACK,
        changing="next_contact_at",
    ),
    Field(path="lead.owner", kind="user", label=N_("Owner"), events=_SAVED, changing="owner"),
    Field(path="lead.assigned_to", kind="user", label=N_("Assigned to"), events=_SAVED, changing="assigned_to"),
    Field(path="lead.last_contacted_by", kind="user", label=N_("Last contacted by"), events=_TRIED),
    Field(path="lead.last_contacted_at", kind="moment", label=N_("Last contacted"), events=_TRIED),
    Field(path="lead.priority", kind="int", label=N_("Priority"), events=_SAVED, changing="priority"),
    Field(path="lead.urgent", kind="bool", label=N_("Urgent"), events=_SAVED, changing="urgent_at"),
    Field(path="lead.snoozed_until", kind="moment", label=N_("Snoozed until"), events=_SAVED, changing="snoozed_until"),
    Field(path="lead.expires_at", kind="moment", label=N_("Expires"), events=_SAVED, changing="expires_at"),
    Field(path="lead.created_at", kind="moment", label=N_("Created")),
    Field(path="lead.external_lead_id", kind="text", label=N_("External lead ID")),
    Field(path="contact.external_id", kind="text", label=N_("The contact's external id"), events=_CONTACT),
    Field(path="campaign.id", kind="campaign", label=N_("Campaign")),
    Field(path="campaign.state", kind="text", label=N_("The campaign's state")),
    Field(path="campaign.max_attempts", kind="int", label=N_("The campaign's most attempts")),
    Field(path="event.type", kind="text", label=N_("What happened")),
    Field(path="event.at", kind="moment", label=N_("When it happened")),
    Field(path="event.text", kind="text", label=N_("The text of the SMS")),
)
FIELDS: dict[str, Field] = {one.path: one for one in _LEAD}
# Names of the organisation's own behind a fixed beginning.
PREFIXES: dict[str, Field] = {
    "lead.result.": Field(path="lead.result.", kind="any", label=N_("Result data"), events=_SAVED, changing="result"),
    "contact.fields.": Field(
        path="contact.fields.", kind="any", label=N_("The contact's columns"), events=_CONTACT, changing="columns"
    ),
    "event.data.": Field(path="event.data.", kind="any", label=N_("Of what happened")),
}
assert tuple(PREFIXES) == OWN


def field_of(path: str) -> Field | None:
    """The field of a path, None for one that nobody has."""
    if path in FIELDS:
        return FIELDS[path]
    for prefix, field in PREFIXES.items():
        if path.startswith(prefix) and len(path) > len(prefix):
            return field
    return None


def events_of(path: tuple[str, ...]) -> tuple[str, ...]:
    """The events after which a path may say something else."""
    field = field_of(".".join(path))
    return field.events if field is not None else ()
