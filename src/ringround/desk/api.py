"""The agent's routes: joining, the next lead, calling, saying what happened; and what external systems do for one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse

from ringround.campaigns import queries as campaigns
from ringround.campaigns.actions import NoLead
from ringround.desk import actions
from ringround.dialer import actions as dialer
from ringround.dialer import queries as presence
from ringround.dialer.actions import AgentRow
from ringround.dialer.queries import AgentState
from ringround.http.kit import (
    ApiRequest,
    Field,
    Id,
    Line,
    Name,
    Out,
    Router,
    Schema,
    Status,
    Time,
    Words,
    no_content,
    own_body,
    read_body,
)
from ringround.infra.unit import unit
from ringround.messaging import queries as messaging

router = Router(tags=["Agent"])


class JoinIn(Schema):
    campaign: Id
    """The campaign to work on."""


class LeaveIn(Schema):
    release: bool = False
    """Give back the lead that is held; without it leaving is refused with `lead_held`."""


class PauseIn(Schema):
    reason: Line = ""
    """Why, in the organisation's own words."""


class SkipIn(Schema):
    reason: Line = ""
    """Asked for where the campaign's setting `skip` is `reason`."""


class CallIn(Schema):
    lead: Id
    number: str | None = None
    """The number's id, or E.164; without it the first that may be dialled."""


class CallbackIn(Schema):
    at: Time
    private: bool | None = None
    """Kept for this agent; by default as the disposition says."""
    number: str | None = None
    note: Words = ""


class DispositionIn(Schema):
    lead: Id
    disposition: str
    """The disposition's id or name."""
    outcome: str | None = None
    """The call outcome, where it is another than the disposition means."""
    number: str | None = None
    """The number that was called, where no call is open: its id, or E.164."""
    answers: dict[str, Any] | None = None
    """Answers to the campaign's form, by key."""
    note: Words = ""
    callback: CallbackIn | None = None


class ClickIn(Schema):
    external_campaign_id: Name
    """The system's id of the campaign, as it stands in the campaign's parameters."""
    agent: Name
    """The system's id of the agent."""
    lead: Id | None = None
    external_lead_id: Line | None = None
    phone: Line | None = None
    """A number of the contact, which is then the one that is called."""


class ExternalDispositionIn(Schema):
    external_campaign_id: Name
    agent: Name
    lead: Id | None = None
    external_lead_id: Line | None = None
    disposition: str
    """The disposition's id or name."""
    outcome: str | None = None
    number: str | None = None
    """The number that was called: its id, or E.164."""
    answers: dict[str, Any] | None = None
    note: Words = ""
    callback: CallbackIn | None = None


class MessageIn(Schema):
    lead: Id
    channel: Literal["sms", "email"]
    template: Id | None = None
    text: Annotated[str, Field(max_length=50_000)] | None = None
    subject: Line | None = None


class MessageOut(Out):
    id: Id
    lead: Id | None
    channel: str
    to: str
    subject: str
    text: str
    parts: int
    status: str
    reason: str | None
    at: datetime
    next_at: datetime | None


class ContactIn(Schema):
    lead: Id
    fields: dict[str, Any]
    """Column to value."""


class AgentOut(Out):
    campaign: Id | None
    state: str
    since: datetime | None
    pause_reason: str | None
    lead: Id | None


class ReservationOut(Out):
    until: datetime


class RuleOut(Out):
    rule: str


class NextOut(Out):
    lead: dict[str, Any]
    reservation: ReservationOut
    reason: RuleOut


class CallOut(Out):
    call: Id
    dial: str | None
    """A link for the agent's own telephone; null where the exchange dials."""


class ExternalCallOut(CallOut):
    lead: Id


class LeadOut(Out):
    lead: dict[str, Any]


def _agent(request: ApiRequest) -> dict[str, Any]:
    state = presence.agent_state(actor=request.actor)
    held = campaigns.lead_held(actor=request.actor)
    return _stand(state, held.id if held else None)


def _stand(state: AgentState | AgentRow, lead_id: UUID | None) -> dict[str, Any]:
    return {
        "campaign": state.campaign_id,
        "state": state.state,
        "since": state.since,
        "pause_reason": state.pause_reason or None,
        "lead": lead_id,
    }


@router.get("", response=AgentOut, summary="Where I stand")
def agent(request: ApiRequest) -> object:
    """State, campaign and the lead held by the user of the token."""
    return _agent(request)


@router.post("/join", response=AgentOut, summary="Run a campaign")
def join(request: ApiRequest, body: JoinIn) -> object:
    """Joining the same again changes nothing; another is left first, which a held lead forbids (409 `lead_held`)."""
    dialer.presence_join(actor=request.actor, campaign_id=body.campaign)
    return _agent(request)


@router.post("/leave", response=AgentOut, summary="Stop working")
def leave(request: ApiRequest, body: LeaveIn) -> object:
    """409 `lead_held` while a lead is held, unless it is released."""
    dialer.presence_leave(actor=request.actor, release=body.release)
    return _agent(request)


@router.post("/pause", response=AgentOut, summary="Take a break")
def pause(request: ApiRequest, body: PauseIn) -> object:
    """At once when idle; in the middle of a call when its disposition is saved."""
    dialer.presence_pause(actor=request.actor, reason=body.reason)
    return _agent(request)


@router.post("/resume", response=AgentOut, summary="End the break")
def resume(request: ApiRequest) -> object:
    dialer.presence_resume(actor=request.actor)
    return _agent(request)


@router.post("/next", response={200: NextOut, 204: None}, summary="Get customer")
def next_lead(request: ApiRequest) -> object:
    """The next lead, or the one held already (`held`). 204 with `Ringround-Reason` when there is none."""
    # Read in the same unit, so that the last of it goes with the COMMIT.
    with unit():
        found = actions.next_lead(actor=request.actor)
        if isinstance(found, NoLead):
            return no_content(Ringround_Reason=found.reason)
        lead, contact = campaigns.lead_given(lead_id=found.lead_id)
    return {
        "lead": campaigns.lead_json(lead, contact(), actor=request.actor),
        "reservation": {"until": found.until},
        "reason": {"rule": found.rule},
    }


@router.post("/skip", response={204: None}, summary="Pass the lead on")
def skip(request: ApiRequest, body: SkipIn) -> HttpResponse:
    """409 `skip_not_allowed` where agents may not skip; 422 without a reason where one is asked for."""
    actions.skip(actor=request.actor, reason=body.reason)
    return no_content()


@router.post("/call", response=CallOut, summary="Call a number of the lead")
def call(request: ApiRequest, body: CallIn) -> object:
    """409 `not_held`, or `may_not_contact` with the gates that are shut."""
    started = actions.call(actor=request.actor, lead_id=body.lead, number=body.number)
    return {"call": started.call_id, "dial": started.dial}


@router.post("/hangup", response=AgentOut, summary="The phone is put down")
def hangup(request: ApiRequest) -> object:
    """Twice is no fault; what happened is said with the disposition."""
    state, lead_id = actions.hang_up(actor=request.actor)
    return _stand(state, lead_id)


@router.post("/disposition", response=LeadOut, summary="Say what happened")
def disposition(request: ApiRequest, body: DispositionIn) -> object:
    """Answers, status, callback, note, attempt and events in one transaction. 409 `not_held` when it is not held."""
    callback = None
    if body.callback is not None:
        callback = body.callback.model_dump(exclude_none=True)
    saved = actions.disposition(
        actor=request.actor,
        lead_id=body.lead,
        disposition=body.disposition,
        outcome=body.outcome,
        number=body.number,
        answers=body.answers,
        note=body.note,
        callback=callback,
    )
    return {"lead": campaigns.lead_json(saved.lead, saved.contact, actor=request.actor)}


@router.patch("/contact", response=LeadOut, summary="Correct the contact of the held lead")
def contact_edit(request: ApiRequest, body: ContactIn) -> object:
    """Columns that agents may edit, by name; null empties one. 422 `not_editable` for the others, 409 `not_held`."""
    actions.contact_edit(actor=request.actor, lead_id=body.lead, fields=body.fields)
    lead, contact = campaigns.lead_given(lead_id=body.lead)
    return {"lead": campaigns.lead_json(lead, contact(), actor=request.actor)}


@router.post("/message", response={201: MessageOut}, summary="Write to the contact in hand")
def message(request: ApiRequest, body: MessageIn) -> object:
    """An SMS or an e-mail to the lead that is held, or to an own callback (409 `not_held` for others): by a `template`,
    or with words of one's own where the role may (422 `template_only`). As `POST /messages`."""
    message_id = actions.message_send(
        actor=request.actor, lead_id=body.lead, channel=body.channel, template_id=body.template, text=body.text,
        subject=body.subject,
    )  # fmt: skip
    return Status(201, messaging.message_shape(campaigns.message_seen(actor=request.actor, message_id=message_id)))


external = Router(tags=["External systems"])


def _body(kind: type[Schema]) -> dict[str, Any]:
    """The body in the API's document: these routes look who calls before they read it, so ninja does not see it."""
    schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@external.post(
    "/{system}/click-to-call",
    response=ExternalCallOut,
    summary="Call a lead for an agent",
    openapi_extra=_body(ClickIn),
)
@own_body
def click_to_call(request: ApiRequest, system: str) -> object:
    """By the token of the system (its key or id in the address). The agent joins the campaign if they have not, and
    holds the lead; whom a click has joined leaves again when the lead is done. 409 `lead_held` where it is another's or
    the agent has something in hand, `may_not_contact` with the gates that are shut, `paused` on a break."""
    campaigns.system_calling(actor=request.actor, ref=system)
    body = read_body(request, ClickIn)
    lead_id, started = actions.external_call(actor=request.actor, system=system, **dict(body))
    return {"call": started.call_id, "dial": started.dial, "lead": lead_id}


@external.post(
    "/{system}/dispositions",
    response=LeadOut,
    summary="Say what happened, from outside",
    openapi_extra=_body(ExternalDispositionIn),
)
@own_body
def external_disposition(request: ApiRequest, system: str) -> object:
    """As `/agent/disposition`, by the token of the system; the lead is taken in the same transaction. 409 `lead_held`
    where another agent holds it."""
    campaigns.system_calling(actor=request.actor, ref=system)
    body = read_body(request, ExternalDispositionIn)
    said = {**dict(body), "callback": body.callback and body.callback.model_dump(exclude_none=True)}
    agent, saved = actions.external_disposition(actor=request.actor, system=system, **said)
    return {"lead": campaigns.lead_json(saved.lead, saved.contact, actor=agent)}


ROUTERS = [("/agent", router), ("/external", external)]
