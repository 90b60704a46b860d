"""The boards and the reports over HTTP. Of a board a snapshot; what changes is told by the live stream."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any, Literal

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from ringround.http.kit import (
    ApiRequest,
    Field,
    Id,
    Name,
    Out,
    Page,
    Paging,
    Params,
    Query,
    Router,
    Schema,
    Status,
    no_content,
)
from ringround.infra.bounded import within
from ringround.kernel.errors import Invalid
from ringround.kernel.messages import N_
from ringround.reports import actions, files, queries
from ringround.reports.api_clients import router as clients
from ringround.reports.queries import schedules as stored

router = Router(tags=["Live"])
reports = Router(tags=["Reports"])


class AgentOut(Out):
    id: Id
    name: str
    state: str
    lost: bool
    """The agent's screen has fallen silent; they are waited for."""
    since: datetime | None
    pause_reason: str | None
    lead: Id | None


class SnapshotOut(Out):
    at: datetime
    campaign: Id
    state: str
    progress: dict[str, int | None]
    leads: dict[str, Any]
    attempts: int
    callbacks_due: int
    sessions: dict[str, int] | None
    """`pending` and `completed_today`; null of a campaign without a workflow."""
    agents: list[AgentOut]
    agents_by_state: dict[str, int]
    why_not_dialling: dict[str, Any] | None  # null while a large campaign is counted for the first time


class SnapshotQuery(Params):
    team: Id | None = None
    """Only the agents of this team."""


@router.get("/campaigns/{campaign_id}", response=SnapshotOut, summary="A campaign at this moment")
def snapshot(request: ApiRequest, campaign_id: Id, asked: Query[SnapshotQuery]) -> object:
    """Listen to `/live/stream?topics=campaign:<id>` for changes, and ask again."""
    found = queries.board(actor=request.actor, campaign_id=campaign_id, team_id=asked.team)
    return queries.snapshot_json(found, queries.standing(actor=request.actor, campaign_id=campaign_id))


class ReportQuery(Paging):
    from_: Annotated[str, Field(alias="from", max_length=40)] = ""
    """The first day (`2026-03-29`) or moment; the last seven days where neither is given."""
    to: Annotated[str, Field(max_length=40)] = ""
    """The last day, which is part of the period, or the moment at which it ends."""
    campaign: Id | None = None
    agent: Id | None = None
    """For `callbacks` their owner."""
    team: Id | None = None
    """The agents who are in this team now, gone colleagues among them."""
    by: Annotated[str, Field(max_length=40)] = ""
    """How the figures are broken down: `agent_hours` and `agent_results` by `agent` or `day`, `campaign_results` by
    `campaign`, `day` or `hour` (of the day), `dispositions` by `disposition` or `day`, `sessions_by_agent` by
    `agent`, `campaign` or `day`; the first is the usual one."""
    format: Literal["json", "csv", "xlsx"] = "json"
    """A workbook has every breakdown, each on a sheet of its own."""


class ReportOut(Out):
    report: str
    since: datetime
    until: datetime
    """The period's end; not part of it."""
    timezone: str
    """Whose days are counted: the organisation's."""
    by: str | None
    """How the items are broken down; null for lists of single things."""
    items: list[dict[str, Any]]
    """Seconds end in `_s`; shares and rates are numbers, null where there is nothing to divide by."""
    totals: dict[str, Any] | None
    next: str | None
    """The cursor for `after` in a list; null at its end, and for figures."""


@within()
def _answer(request: ApiRequest, name: str, filter: ReportQuery) -> HttpResponseBase | dict[str, Any]:
    asked = queries.ask(
        actor=request.actor,
        name=name,
        since=filter.from_,
        until=filter.to,
        campaign_id=filter.campaign,
        agent_id=filter.agent,
        team_id=filter.team,
    )
    if name in queries.LOGS and filter.by:
        raise Invalid.one(("query", "by"), "unknown_choice", N_("This report cannot be broken down that way."))
    if filter.format != "json":
        made = files.file(asked, kind=filter.format, by=filter.by)
        return StreamingHttpResponse(
            made.parts,
            content_type=made.type,
            headers={"Content-Disposition": f'attachment; filename="{made.name}"', "Cache-Control": "no-store"},
        )
    answer = {
        "report": name,
        "since": asked.period.since,
        "until": asked.period.until,
        "timezone": asked.period.zone.key,
    }
    if name in queries.LOGS:
        items, following = queries.log_page(asked, size=filter.size, after=filter.after)
        return {**answer, "by": None, "items": items, "totals": None, "next": following}
    table = queries.report(asked).table(filter.by)
    return {**answer, "by": table.by, "items": table.rows, "totals": table.totals, "next": None}


@reports.get("/agent_hours", response=ReportOut, summary="Agents' hours")
def agent_hours(request: ApiRequest, filter: Query[ReportQuery]) -> object:
    """How long agents were signed in, and what the time went to: by agent or by day. `pauses` are breaks by reason."""
    return _answer(request, "agent_hours", filter)


@reports.get("/agent_results", response=ReportOut, summary="Agents' results")
def agent_results(request: ApiRequest, filter: Query[ReportQuery]) -> object:
    """Calls, attempts, contacts and engaged dispositions, and each for an hour of work: by agent or by day."""
    return _answer(request, "agent_results", filter)


@reports.get("/campaign_results", response=ReportOut, summary="Campaigns' results")
def campaign_results(request: ApiRequest, filter: Query[ReportQuery]) -> object:
    """By campaign with its leads by status as they are now; or by day, or by hour of the day."""
    return _answer(request, "campaign_results", filter)


@reports.get("/dispositions", response=ReportOut, summary="Dispositions")
def dispositions(request: ApiRequest, filter: Query[ReportQuery]) -> object:
    """How often each was given."""
    return _answer(request, "dispositions", filter)


@reports.get("/call_log", response=ReportOut, summary="Call log")
def call_log(request: ApiRequest, filter: Query[ReportQuery]) -> object:
    """Every call that began in the period, newest first, with whom it was to and what was said of it. A list with
    pages; as a file the whole period, which asks for `reports.export`."""
    return _answer(request, "call_log", filter)


@reports.get("/callbacks", response=ReportOut, summary="Callbacks")
def callbacks(request: ApiRequest, filter: Query[ReportQuery]) -> object:
    """Every callback agreed for the period, the earliest first, with what became of it. A list with pages; as a file
    the whole period, which asks for `reports.export`."""
    return _answer(request, "callbacks", filter)


@reports.get("/sessions", response=ReportOut, summary="Sessions")
def sessions(request: ApiRequest, filter: Query[ReportQuery]) -> object:
    """Every onboarding session submitted in the period, newest first, as it stands now. An agency reads its own. A list
    with pages; as a file the whole period, which asks for `reports.export`."""
    return _answer(request, "sessions", filter)


@reports.get("/sessions_by_agent", response=ReportOut, summary="Sessions by agent")
def sessions_by_agent(request: ApiRequest, filter: Query[ReportQuery]) -> object:
    """What came of the sessions submitted in the period: by agent, campaign or day."""
    return _answer(request, "sessions_by_agent", filter)


# --- by e-mail --------------------------------------------------------------------------------

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["07:00"])]


class ScheduleIn(Schema):
    name: Name
    report: str
    """One of the reports' names."""
    recipients: list[Annotated[str, Field(max_length=300)]]
    """E-mail addresses, of colleagues or of anybody; at most 50."""
    every: Literal["daily", "weekly", "monthly"] = "weekly"
    """Daily it covers the day before, weekly the seven days before, monthly the month before."""
    at: Clock = "07:00"
    """In the organisation's zone."""
    weekday: int = 0
    """Where it is sent weekly; Monday is 0."""
    monthday: int = 1
    """Where it is sent monthly; 1 to 28."""
    format: Literal["csv", "xlsx"] = "xlsx"
    by: str = ""
    """The breakdown of a CSV."""
    campaign: Id | None = None
    agent: Id | None = None
    team: Id | None = None
    language: Literal["da", "en"] | None = None
    """The organisation's where it is not given."""
    active: bool = True


class SchedulePatch(Schema):
    """Only what changes. Whoever has stopped a report stays out of it while their address stands in `recipients`."""

    name: Name | None = None
    report: str | None = None
    recipients: list[Annotated[str, Field(max_length=300)]] | None = None
    every: Literal["daily", "weekly", "monthly"] | None = None
    at: Clock | None = None
    weekday: int | None = None
    monthday: int | None = None
    format: Literal["csv", "xlsx"] | None = None
    by: str | None = None
    campaign: Id | None = None
    """Null: all."""
    agent: Id | None = None
    """Null: all."""
    team: Id | None = None
    """Null: all."""
    language: Literal["da", "en"] | None = None
    active: bool | None = None


class RecipientOut(Out):
    email: str
    stopped_at: datetime | None
    """When they stopped it themselves."""


class ScheduleOut(Out):
    id: Id
    name: str
    report: str
    by: str
    campaign: Id | None
    agent: Id | None
    team: Id | None
    format: str
    every: str
    at: str
    """As it is given: `07:00`."""
    weekday: int
    monthday: int
    timezone: str
    language: str
    active: bool
    stopped: str | None
    """Why it is not active where nobody asked for that: `no_recipients`, `not_visible`."""
    next_at: datetime | None
    recipients: list[RecipientOut]


class MailOut(Out):
    email: str
    state: Literal["queued", "sent", "failed", "skipped"]
    tries: int
    error: str | None
    """The number that the mail server answered, or `unreachable`, `stopped`, `removed` …"""
    sent_at: datetime | None


class SendingOut(Out):
    id: Id
    at: datetime
    since: datetime
    until: datetime
    state: Literal["queued", "done", "failed"]
    error: str | None
    by: Id | None
    """Who asked for it; null: the schedule."""
    mails: list[MailOut]


@reports.get("/schedules", response=Page[ScheduleOut], summary="List reports by e-mail")
def schedule_list(request: ApiRequest) -> object:
    """By name."""
    found = stored.schedule_list(actor=request.actor)
    return {"items": [stored.schedule_json(one) for one in found], "next": None}


@reports.post("/schedules", response={201: ScheduleOut}, summary="Send a report by e-mail")
def schedule_create(request: ApiRequest, body: ScheduleIn) -> object:
    fields = {**body.model_dump(exclude_none=True), "at": time.fromisoformat(body.at)}
    made = actions.schedule_create(actor=request.actor, fields=fields)
    return Status(201, stored.schedule_json(stored.schedule_get(actor=request.actor, schedule_id=made.id)))


@reports.get("/schedules/{schedule_id}", response=ScheduleOut, summary="A report by e-mail")
def schedule(request: ApiRequest, schedule_id: Id) -> object:
    return stored.schedule_json(stored.schedule_get(actor=request.actor, schedule_id=schedule_id))


@reports.patch("/schedules/{schedule_id}", response=ScheduleOut, summary="Change a report by e-mail")
def schedule_change(request: ApiRequest, schedule_id: Id, body: SchedulePatch) -> object:
    fields = {
        name: value
        for name, value in body.given().items()
        if value is not None or name in ("campaign", "agent", "team")
    }
    if "at" in fields:
        fields["at"] = time.fromisoformat(fields["at"])
    actions.schedule_change(actor=request.actor, schedule_id=schedule_id, fields=fields)
    return stored.schedule_json(stored.schedule_get(actor=request.actor, schedule_id=schedule_id))


@reports.delete("/schedules/{schedule_id}", response={204: None}, summary="Delete a report by e-mail")
def schedule_delete(request: ApiRequest, schedule_id: Id) -> HttpResponse:
    """With its log."""
    actions.schedule_delete(actor=request.actor, schedule_id=schedule_id)
    return no_content()


@reports.post("/schedules/{schedule_id}/send", response={202: SendingOut}, summary="Send a report now")
def schedule_send(request: ApiRequest, schedule_id: Id) -> object:
    """For the period that it would cover if it were due today."""
    made = actions.schedule_send(actor=request.actor, schedule_id=schedule_id)
    return Status(202, stored.sending_json(made))


@reports.get("/schedules/{schedule_id}/sendings", response=Page[SendingOut], summary="What was sent of a report")
def sending_list(request: ApiRequest, schedule_id: Id, filter: Query[Paging]) -> object:
    """Newest first, with each mail."""
    found, following = stored.sending_page(
        actor=request.actor, schedule_id=schedule_id, size=filter.size, after=filter.after
    )
    return {"items": [stored.sending_json(one) for one in found], "next": following}


ROUTERS = [("/live", router), ("/reports", reports), ("/organisations", clients)]
