"""Bodies and answers of campaigns."""

from __future__ import annotations

from typing import Any, Literal

from ringround.http.kit import Id, Many, Out, Paging, Params, Schema, Time

Mode = Literal["manual", "preview", "progressive", "predictive", "auto_callback", "street"]
Hours = dict[str, list[list[str]]]


class RetryIn(Schema):
    """When to try again: after `delay_s`, times `multiply` for each attempt after the first; `max_attempts` at most."""

    delay_s: int | None = None
    multiply: float | None = None
    max_attempts: int | None = None


class DispositionIn(Schema):
    """A disposition. `status` is what it makes of the lead, by default by its kind; `outcome` the call outcome."""

    id: Id | None = None
    name: str
    kind: str
    status: str | None = None
    outcome: str | None = None
    opens_form: bool = False
    hidden: bool = False
    locked: bool = False
    order: int | None = None
    color: str | None = None
    """`#rrggbb`"""
    hotkey: str | None = None
    """One letter or digit."""
    retry: RetryIn | None = None
    sub: list[str] = []


class QuestionIn(Schema):
    """A question of the form."""

    key: str | None = None
    """Made of the label where it is left out."""
    label: str
    type: str
    """`text long_text number date datetime choice multi_choice bool email phone`"""
    options: list[str] | None = None
    required: bool = False
    default: Any = None
    shown_if: dict[str, Any] | None = None
    """`{"key", "value"}`: asked only when that earlier answer is this."""


class _CampaignFields(Schema):
    description: str = ""
    lists: list[Id] = []
    """Contact lists of the merchant: their contacts become leads in the background."""
    follow_lists: bool = True
    """Contacts that come onto the lists later become leads too."""
    agency: Id | None = None
    merchant: Id | None = None
    timezone: str = "Europe/Copenhagen"
    hours: Hours = {}
    """Calling hours by weekday, `{"mon": [["09:00", "20:00"]]}`, in the lead's own zone. `00:00`-`24:00` is a day."""
    holidays: str | None = None
    """A country whose public holidays are kept where the lead's is not known; null: called on holidays."""
    packs: list[str] = []
    """Rule packs by their keys (`GET /packs`), which hold on top of hours, holidays and limits; none by default."""
    starts_at: Time | None = None
    ends_at: Time | None = None
    target: int | None = None
    """How many engaged dispositions are to be reached."""
    priority: int = 50
    script: str = ""
    caller_ids: list[str] = []
    external_system: str | None = None
    external_campaign_id: str | None = None
    external_site: str | None = None
    workflow: str | None = None
    settings: dict[str, Any] = {}
    """Settings by name; those left out keep their value."""
    dispositions: list[DispositionIn] = []
    form: list[QuestionIn] = []
    agents: list[str] = []
    """Ids or e-mail addresses."""
    supervisors: list[str] = []


class CampaignIn(_CampaignFields):
    """`name` and `mode` at least, and `lists` or other sources of leads; all else has a default.

    With a `template` the defaults, the mode too, are the template's.
    """

    name: str
    mode: Mode | None = None
    template: Id | None = None
    """A template to begin with."""


class CampaignChange(_CampaignFields):
    """Only what is written changes."""

    name: str = ""
    mode: Mode = "manual"
    version: int | None = None
    """The version that was read: a parameter somebody else has changed since is 409 `changed_meanwhile`."""


class Progress(Out):
    engaged: int
    target: int | None


class DispositionOut(Out):
    id: Id
    name: str
    kind: str
    status: str | None
    outcome: str | None
    opens_form: bool
    hidden: bool
    locked: bool
    order: int
    color: str
    hotkey: str
    retry: dict[str, Any] | None
    sub: list[str]


class CampaignOut(Out):
    id: Id
    name: str
    description: str
    mode: str
    state: str
    merchant: Id
    agency: Id
    lists: list[Id]
    follow_lists: bool
    timezone: str
    hours: Hours
    holidays: str | None
    packs: list[str]
    starts_at: Time | None
    ends_at: Time | None
    target: int | None
    progress: Progress
    priority: int
    script: str
    caller_ids: list[str]
    external_system: str | None
    external_campaign_id: str | None
    external_site: str | None
    workflow: Id | None
    settings: dict[str, Any]
    dispositions: list[DispositionOut]
    form: list[dict[str, Any]]
    agents: list[Id]
    supervisors: list[Id]
    preassignment: dict[str, Any] | None
    created_at: Time
    created_by: Id | None
    approved_by: Id | None
    version: int


class TemplateOut(Out):
    """A plan kept to start campaigns from; `plan` has the names of a campaign's fields."""

    id: Id
    template: Literal[True]
    name: str
    mode: str
    merchant: Id
    created_at: Time
    created_by: Id | None
    plan: dict[str, Any]


class DuplicateIn(Schema):
    name: str


class DuplicateQuery(Params):
    template: bool = False
    """Keep the plan as a template instead of making a campaign."""


# A test holds it to the rules' own names.
StateName = Literal["unapproved", "approved", "running", "paused", "completed", "archived"]


class CampaignFilter(Paging):
    state: Many[StateName] | None = None
    """States; without it all but `archived`."""
    q: str = ""
    mode: str = ""
    merchant: Id | None = None
    """One of those that an agency works for."""


class UsersIn(Schema):
    """Exactly these afterwards, with the members of the `teams` at this moment."""

    users: list[str]
    """Ids or e-mail addresses."""
    teams: list[str] = []
    """Ids or names. Who joins a team later is not put on by that."""


class DispositionsIn(Schema):
    dispositions: list[DispositionIn]
    """All of them, in order; the two locked ones stay whether they are named or not."""


class FormIn(Schema):
    form: list[QuestionIn]


class PreassignIn(Schema):
    strategy: Literal["none", "proportional", "column", "csv"]
    order: Literal["list", "random"] = "list"
    seed: int | str | None = None
    """The same seed deals the same leads to the same agents."""
    column: str | None = None
    """The contact list's column with the agent's e-mail or external id."""


class Share(Out):
    user: Id
    leads: int


class PreassignOut(Out):
    strategy: str
    order: str
    seed: str | None
    column: str | None
    state: str
    """`running` while a large campaign is dealt in the background, then `done`."""
    agents: list[Share]
    unassigned: int
    unknown: int
    """Leads whose column or row names nobody who is an agent of the campaign."""


class NotDiallingOut(Out):
    callable_now: int
    leads: int
    by_gate: dict[str, int]
    next_at: Time | None
    counted_at: Time
