"""Bodies and answers of journeys."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from ringround.http.kit import Id, Name, Out, Paging, Params, Schema, Time


class TemplateOut(Out):
    key: str
    name: str
    description: str
    params: list[dict[str, Any]]


class TemplatesOut(Out):
    items: list[TemplateOut]
    next: None = None


class FlawOut(Out):
    level: Literal["error", "warning"]
    code: str
    node: str | None
    """The node's id; null for the journey itself."""
    field: str
    text: str


class JourneyOut(Out):
    id: UUID
    name: str
    state: Literal["draft", "published", "paused", "archived"]
    revision: int
    """Rises with each save of the draft; send it along, and nothing that somebody else has saved is overwritten."""
    version: int | None
    """The number of the version that whoever enters now gets."""
    changed: bool
    """Whether the draft is another than what is published."""
    published_at: Time | None
    next_at: Time | None
    """When its schedule lets leads in next."""
    hook: bool
    """Whether it has an address at which programs start it."""
    backfill: dict[str, Any] | None
    created_at: Time
    updated_at: Time


class JourneyWhole(JourneyOut):
    draft: dict[str, Any]
    document: dict[str, Any] | None
    """What is published."""
    flaws: list[FlawOut]


class JourneyIn(Schema):
    name: Name | None = None
    template: str | None = None
    """A template's key, with `params`; or `document`."""
    params: dict[str, Any] = Field(default_factory=dict)
    document: dict[str, Any] | None = None
    publish: bool = False


class DraftIn(Schema):
    document: dict[str, Any]
    revision: int | None = None


class PublishIn(Schema):
    revision: int | None = None
    targets: dict[str, str] = Field(default_factory=dict)
    """Where runs go on whose node is gone, when they go over: {node: node}."""


class MigrateIn(Schema):
    targets: dict[str, str] = Field(default_factory=dict)
    dry_run: bool = False
    # The number of the newest version, as it was looked at.
    version: int | None = None


class Fated(Out):
    version: int
    node: str
    what: Literal["same", "changed", "gone"]
    runs: int


class Migrated(Out):
    count: int
    nodes: list[Fated]


class VersionOut(Out):
    number: int
    document: dict[str, Any]
    published_at: Time
    published_by: UUID | None


class VersionsOut(Out):
    items: list[VersionOut]
    next: None = None


class StepIn(Schema):
    type: str
    at: Time
    data: dict[str, Any] = Field(default_factory=dict)
    text: str | None = None


class SimulateIn(Schema):
    lead: Id | None = None
    """This lead, with scripted `events`; without any it is started by hand. Else the last `days` over all leads."""
    events: Annotated[list[StepIn], Field(max_length=200)] = Field(default_factory=list)
    until: Time | None = None
    days: Annotated[int, Field(ge=1, le=365)] = 30
    document: dict[str, Any] | None = None
    """Instead of the draft."""


class StartIn(Schema):
    leads: Annotated[list[Id], Field(min_length=1, max_length=10_000)]


class Started(Out):
    count: int


class RunOut(Out):
    id: UUID
    journey: UUID
    version: int
    lead: UUID
    state: Literal["waiting", "acting", "retrying", "parked", "held", "ended"]
    node: str | None
    node_type: str | None
    entered_at: Time
    since: Time | None
    due: Time | None
    ended_at: Time | None
    reason: str | None
    name: str
    error: str | None


class StepOut(Out):
    at: Time
    node: str
    out: str
    outcome: str
    reason: str


class RunWhole(RunOut):
    steps: list[StepOut]


class JourneysQuery(Paging):
    archived: bool = False
    """Those that are put away, instead of the others."""


class RunsQuery(Paging):
    lead: Id | None = None
    state: Literal["waiting", "acting", "retrying", "parked", "ended"] | None = None


class NoticesQuery(Paging):
    seen: bool | None = None
    """Only those that are seen, or only those that are not."""


class NoticeOut(Out):
    id: UUID
    journey: UUID | None
    lead: UUID | None
    text: str
    at: Time
    seen_at: Time | None


class StatsQuery(Params):
    version: Annotated[int, Field(ge=1)] | None = None


class HookOut(Out):
    token: str
    """Shown this once."""
    url: str


class Taken(Out):
    leads: int
    repeated: bool
