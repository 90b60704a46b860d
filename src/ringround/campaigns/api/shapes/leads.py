"""Bodies and answers of leads and callbacks."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from ringround.campaigns.queries import LeadFilter
from ringround.http.kit import Field, Id, Many, Out, Paging, Params, Schema, Time
from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.messages import N_

Mode = Literal["manual", "preview", "progressive", "predictive", "auto_callback", "street"]
Hours = dict[str, list[list[str]]]
MAX_AT_ONCE = 5000


class ContactIn(Schema):
    """A contact to be made on a list, by column names."""

    list: Id
    fields: dict[str, Any]


# What may be asked for; a test holds them to the rules' own names.
StatusName = Literal[
    "new", "automatic_redial", "common_redial", "private_redial", "success", "not_interested", "unqualified", "invalid",
    "exhausted",
]  # fmt: skip
OutcomeName = Literal["answered", "no_answer", "busy", "machine", "invalid_number", "failed", "abandoned", "cancelled"]


class LeadIn(Schema):
    contact: Id | ContactIn
    external_lead_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    urgent: bool = False
    priority: Annotated[int, Field(ge=0, le=100)] = 50
    next_contact_at: Time | None = None


# Named outside: within the class `list` is the field.
ContactIds = Annotated[list[Id], Field(min_length=1, max_length=MAX_AT_ONCE)]
Leads = Annotated[list[LeadIn], Field(min_length=1, max_length=MAX_AT_ONCE)]


class LeadsIn(Schema):
    """Exactly one of the three."""

    list: Id | None = None
    contacts: ContactIds | None = None
    leads: Leads | None = None


class Queued(Out):
    state: str
    list: Id


class Reservation(Out):
    by: Id
    until: Time


class LeadOut(Out):
    id: Id
    campaign: Id
    contact: dict[str, Any]
    external_lead_id: str | None
    status: str
    open: bool
    active: bool
    attempts: int
    priority: int
    urgent: bool
    position: int
    assigned_to: Id | None
    owner: Id | None
    next_contact_at: Time | None
    no_callback_at: Time | None
    snoozed_until: Time | None
    expires_at: Time | None
    last_contacted_by: Id | None
    last_contacted_at: Time | None
    result: dict[str, Any]
    reservation: Reservation | None
    created_at: Time


class WarningOut(Out):
    code: str
    detail: str


class LeadChanged(LeadOut):
    """`warnings` tell of a change that was made and may not be what was meant: `agent_away`."""

    warnings: list[WarningOut]


class LeadsAdded(Out):
    created: list[LeadOut]
    existing: list[LeadOut]


class _LeadQuery(Params):
    campaign: Many[Id] | None = None
    status: Many[StatusName] | None = None
    q: str = ""
    """Part of a name, number, e-mail or external id."""
    assigned_to: Many[Id] | None = None
    unassigned: bool = False
    owner: Many[Id] | None = None
    reserved: bool | None = None
    active: bool | None = None
    urgent: bool | None = None
    disposition: Many[Id] | None = None
    outcome: Many[OutcomeName] | None = None
    attempts_min: int | None = None
    attempts_max: int | None = None
    last_contact_before: Time | None = None
    last_contact_after: Time | None = None
    external_lead_id: str = ""
    contact: Many[Id] | None = None
    result: list[str] | None = None
    """Result data, `key:value`; several keys must all be so, several values of a key mean any of."""


class LeadQuery(Paging, _LeadQuery):
    pass


class LeadReportQuery(_LeadQuery):
    format: Literal["csv"] = "csv"


class LeadFilterIn(Schema):
    """The query parameters of `GET /leads`; a list means any of."""

    campaign: list[Id] | Id | None = None
    status: list[StatusName] | StatusName | None = None
    q: str = ""
    assigned_to: list[Id] | Id | None = None
    unassigned: bool = False
    owner: list[Id] | Id | None = None
    reserved: bool | None = None
    active: bool | None = None
    urgent: bool | None = None
    disposition: list[Id] | Id | None = None
    outcome: list[OutcomeName] | OutcomeName | None = None
    attempts_min: int | None = None
    attempts_max: int | None = None
    last_contact_before: Time | None = None
    last_contact_after: Time | None = None
    external_lead_id: str = ""
    contact: list[Id] | Id | None = None
    result: dict[str, Any] = {}


_MANY = ("campaign", "status", "assigned_to", "owner", "disposition", "outcome", "contact")


def filter_of(asked: _LeadQuery | LeadFilterIn) -> LeadFilter:
    """The filter that a query string or a body describes."""
    values = asked.model_dump(exclude={"size", "after", "result", "format"})
    for name in _MANY:
        value = values[name]
        values[name] = () if value is None else tuple(value) if isinstance(value, list) else (value,)
    result = asked.result if isinstance(asked.result, dict) else _pairs(asked.result or [])
    return LeadFilter(**values, result=result)


def _pairs(written: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in written:
        key, colon, value = one.partition(":")
        if not colon or not key:
            raise Invalid([Fault(("query", "result"), "bad_format", N_("Write result data as key:value."))])
        found.setdefault(key.strip(), []).extend(_meant(value.strip()))
    return found


def _meant(written: str) -> list[Any]:
    """What an answer in an address may be: the text, or the number or yes or no that it spells."""
    try:
        value = json.loads(written)
    except (ValueError, RecursionError):
        return [written]
    return [written, value] if isinstance(value, bool | int | float) else [written]


class ReservationIn(Schema):
    by: Id


class LeadChange(Schema):
    """What a supervisor may set. `reservation: null` releases, `{"by": user}` reserves."""

    assigned_to: Id | None = None
    position: Annotated[int, Field(ge=-(2**53), le=2**53)] = 0
    priority: Annotated[int, Field(ge=0, le=100)] = 50
    urgent: bool = False
    active: bool = True
    snoozed_until: Time | None = None
    next_contact_at: Time | None = None
    status: str = ""
    owner: Id | None = None
    reservation: ReservationIn | None = None


class BulkIn(Schema):
    """A `filter` that asks for something, `ids`, or `all`; and what to `set` or an `action`."""

    filter: LeadFilterIn | None = None
    ids: Annotated[list[Id], Field(max_length=10_000)] | None = None
    all: Annotated[bool, Field(description="Every lead the caller may see.")] = False
    set: LeadChange | None = None
    action: Literal["reset", "release"] | None = None


class SavedFilterIn(Schema):
    name: str
    query: str
    """What stands behind the `?` of the list of leads on screen."""
    shared: bool = False


class SavedFilterOut(Out):
    id: Id
    name: str
    query: str
    shared: bool
    user: Id
    created_at: Time


class IntoIn(Schema):
    name: str


class RecycleIn(Schema):
    """`filter` as for `GET /leads`; `{}` is every lead of the campaign."""

    filter: LeadFilterIn
    into: IntoIn | None = None
    """Null: reset on this campaign. A name: a new campaign is made of them."""
    dry_run: bool = False
    """Only count."""


class RecycleOut(Out):
    """`count` leads; `campaign` is where they begin anew, null in a dry run for a campaign still to be made.

    Many are done by a job: `state` is `running`, and `GET /leads/bulk/{bulk}` says how it gets on.
    """

    count: int
    campaign: Id | None
    state: Literal["counted", "running", "done", "failed"]
    bulk: Id | None


class RefusedOut(Out):
    code: str
    detail: str
    count: int


class BulkOut(Out):
    """`count` leads are changed of `total`; those `refused` are left as they were, by reason.

    Many are changed by a job: `state` is `running` until it is `done`, or `failed` where it was given up with the rest
    undone. `id` is the job's, null where all was done at once.
    """

    id: Id | None
    state: Literal["running", "done", "failed"]
    total: int
    count: int
    refused: list[RefusedOut]


class Ref(Out):
    type: str
    id: Id | None


class NoteIn(Schema):
    text: str


class TimelineOut(Out):
    id: Id
    at: Time
    kind: str
    text: str
    ref: Ref | None
    by: Id | None


class GateOut(Out):
    gate: str
    ok: bool
    next_at: Time | None
    detail: str | None


class WhyNotOut(Out):
    callable: bool
    next_at: Time | None
    gates: list[GateOut]


class WhyNotQuery(Params):
    agent: Id | None = None


class CallbackFilter(Paging):
    agent: Id | None = None
    campaign: Id | None = None
    common: bool | None = None
    """Only those for anybody, or only those kept for somebody."""
    supervised: bool = False
    """Of campaigns that who asks supervises."""
    due_after: Time | None = None
    due_by: Time | None = None


class CallbackOut(Out):
    lead: Id
    campaign: Id
    at: Time
    private: bool
    owner: Id | None
    number: str | None
    note: str
    created_at: Time
    version: str
    """Changes with each change."""


class ReassignIn(Schema):
    from_: Annotated[Id, Field(alias="from")]
    to: Id | None = None
    campaign: Id | None = None


class StaysOut(Out):
    lead: Id
    code: str
    detail: str


class ReassignOut(Out):
    moved: int
    refused: list[StaysOut]


class CallbackChange(Schema):
    """Only what is written changes. A callback with an owner is private."""

    at: Time | None = None
    owner: Id | None = None
    private: bool | None = None
    number: str | None = None
    """The id of a contact's number, or E.164."""
    note: Annotated[str, Field(max_length=2000)] | None = None
    version: Annotated[str, Field(max_length=64)] | None = None
    """As it was read; refused where somebody has changed the callback since."""
