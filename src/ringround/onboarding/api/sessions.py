"""Sessions, and who was won by them, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from ringround.http.kit import (
    ApiRequest,
    Field,
    Id,
    Line,
    Many,
    Out,
    Page,
    Paging,
    Query,
    Router,
    Schema,
    Status,
    Time,
    calls_out,
)
from ringround.infra import clock
from ringround.kernel.errors import Conflict
from ringround.kernel.messages import N_
from ringround.onboarding import actions, queries
from ringround.onboarding.queries import entry as entries
from ringround.onboarding.sealing import LONGEST

sessions = Router(tags=["Onboarding"])
leads = Router(tags=["Onboarding"])

# Of form keys that come of idempotency keys.
_FORMS = UUID("5f0c2a52-6f39-4c41-9f5a-5c7f5a1f1c60")
Values = Annotated[dict[str, Any], Field(max_length=100)]
SessionStatus = Literal["New", "Processing", "Complete", "Rejected", "Failed", "Expired"]


class FilledIn(Schema):
    """What is filled in of a session, whichever way it comes."""

    action: Literal[
        "sign_up", "change_amount", "change_frequency", "change_payment_method", "pause", "restart", "cancel",
        "set_expiry",
    ] = "sign_up"  # fmt: skip
    """Of an upgrade, what is to be done."""
    product: Line | None = None
    """The key of the workflow's product; may be left out where there is one."""
    contact: Values = {}
    """By role: `{"first_name": "Åse", "phone": "+4520123456"}`."""
    agreement: Values = {}
    """`{"amount": 10000, "currency": "DKK", "schedule": "monthly", "start": "next_possible"}`, in minor units; `start`
    may be `fixed_day` with `day`."""
    payment_method: Line | None = None
    metadata: Values = {}
    params: Values = {}
    """Of an upgrade's action: `{"amount"}`, `{"schedule"}`, `{"method"}`, `{"kind", "count", "until"}`, `{"date"}`,
    `{"reason"}`."""
    form_key: Id | None = None
    """One for each form that is shown: what is submitted twice is one session."""
    language: Annotated[str, Field(min_length=2, max_length=5)] | None = None
    """The donor's, where the workflow has it."""


class SessionIn(FilledIn):
    campaign: Id
    external_lead_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The caller's own id of the lead; with it or `lead` a sign-up says whom it is for."""
    lead: Id | None = None
    subscription: Id | None = None
    """Of an upgrade: what is changed."""


class EntryIn(FilledIn):
    token: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    """What `/onboard` has sealed: the parameter `t` of the address that a POST of the link's parameters to it leads to
    (within `next`, where it leads to signing in first). It works for ten minutes, or an hour where one signs in."""


class LinkIn(Schema):
    channel: Literal["sms", "email", "qr"]
    to: Annotated[str, Field(min_length=1, max_length=254)] | None = None
    """Another number or address than the contact's."""


class ReasonIn(Schema):
    reason: Line = ""


class Named(Out):
    id: UUID
    name: str


class Version(Named):
    version: int


class SessionOut(Out):
    id: UUID
    status: str
    phase: str
    created_at: datetime
    completed_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime
    intention: str
    action: str
    service_type: str
    title: str
    campaign: Named
    workflow: Version
    merchant: Named
    agency: Named
    user: Named | None
    lead: UUID | None
    external_lead_id: str
    subscription: UUID | None
    contact: dict[str, Any]
    agreement: dict[str, Any]
    payment_method: str | None
    params: dict[str, Any]
    metadata: dict[str, Any]
    reason: str | None
    """A code: why it was rejected, failed or expired."""
    reason_text: str | None
    late: bool
    """Accepted after it had expired."""
    approval_url: str | None
    """In a demo alone, and to the merchant's owner."""


class LinkOut(SessionOut):
    url: str | None
    """The link itself, for a QR code alone."""
    message: UUID | None
    """The id of the message that carries it."""


class SessionFilter(Paging):
    campaign: Id | None = None
    merchant: Id | None = None
    """One of those that an agency works for."""
    status: Many[SessionStatus] | None = None
    lead: Id | None = None
    from_: Annotated[Time | None, Field(alias="from")] = None
    """Submitted then or later."""
    to: Time | None = None
    """Submitted before then."""


class OverviewOut(Out):
    id: UUID
    created_at: datetime
    """The moment of success; of those who were only attempted, of the newest attempt."""
    external_lead_id: str
    lead: UUID | None
    status: str
    campaign: Named
    merchant: Named
    agency: Named


class PersonOut(OverviewOut):
    sessions: list[SessionOut]
    calls: list[dict[str, Any]]
    """Attempts that led to no session: `{"id", "at", "call", "user", "disposition", "outcome"}`."""
    other_campaigns: list[dict[str, Any]]
    """The merchant's other campaigns with the same id: `{"id", "name", "session"}`."""


class OverviewFilter(Paging):
    campaign: Id | None = None
    merchant: Id | None = None
    """One of those that an agency works for."""
    attempted: bool = False
    """All who were attempted, not only those who were won."""


def _json(request: ApiRequest, session_id: UUID) -> dict[str, Any]:
    return queries.session_json(request.actor, queries.session_get(actor=request.actor, session_id=session_id))


@sessions.get("", response=Page[SessionOut], summary="List sessions")
def session_list(request: ApiRequest, filter: Query[SessionFilter]) -> object:
    """Newest first. An agency gets its own, agents those that they have submitted."""
    page = queries.session_page(
        actor=request.actor, campaign=filter.campaign, merchant=filter.merchant, statuses=filter.status or (),
        from_=filter.from_, to=filter.to, lead=filter.lead, size=filter.size, after=filter.after,
    )  # fmt: skip
    return {"items": [queries.session_json(request.actor, one) for one in page.items], "next": page.next}


def _form_key(request: ApiRequest, given: UUID | None) -> UUID | None:
    """The caller's own; else one by the request's `Idempotency-Key`: who asks again after a crash gets the session that
    was begun. With the day in it, for keys are forgotten after one."""
    key = request.headers.get("Idempotency-Key")
    if given is not None or not key:
        return given
    actor = request.actor
    return uuid5(_FORMS, f"{actor.user_id or actor.system_id or actor.org_id}:{clock.real_now():%Y-%m-%d}:{key}")


@sessions.post("", response={201: SessionOut}, summary="Submit a session")
@calls_out
def session_submit(request: ApiRequest, body: SessionIn) -> object:
    """On a campaign that runs. What an upgrade does by itself is done in the answer; else the approval link follows
    (`send-link`). 409 `campaign_not_running`, `campaign_not_in_period`, `no_workflow`, `action_not_offered`,
    `lead_held`, `session_open` (one sign-up of a lead at a time), `other_contact`; 403 `role_too_low`."""
    given = body.given()
    said = {name: given[name] for name in given if name != "campaign"} | {"form_key": _form_key(request, body.form_key)}
    ask = actions.asked_of(body.campaign, said)
    return Status(201, _json(request, actions.session_submit(actor=request.actor, ask=ask).id))


@sessions.post("/by-entry", response={201: SessionOut}, summary="Submit what a link to the form says")
@calls_out
def session_by_entry(request: ApiRequest, body: EntryIn) -> object:
    """As an agent who opens the link and submits its form unchanged. What the body says beside the token goes before
    what the link says; what the workflow has no place for is left out, and nothing changes what its product fixes.

    409 `entry_over` for a token that is none of ours or whose time is over; 422 `required` at `token` and the parameter
    that the link lacks (`campaignGuid`, `externalLeadId`, `subscriptionGuid`); 404 for a campaign or an agreement that
    the caller does not see; and all that `POST /sessions` answers."""
    entry = entries.entry_of_token(body.token)
    if entry is None:
        raise Conflict("entry_over", N_("This token is none of ours, or its time is over."))
    said = {name: value for name, value in body.given().items() if name != "token"}
    said["form_key"] = _form_key(request, body.form_key)
    ask = entries.ask_of_entry(actor=request.actor, entry=entry, said=said)
    return Status(201, _json(request, actions.session_submit(actor=request.actor, ask=ask).id))


@sessions.get("/{session_id}", response=SessionOut, summary="A session")
def session(request: ApiRequest, session_id: Id) -> object:
    return _json(request, session_id)


@sessions.post("/{session_id}/send-link", response=LinkOut, summary="Send the approval link")
def send_link(request: ApiRequest, session_id: Id, body: LinkIn) -> object:
    """The one before works no more. 409 with the message's reason where it cannot go (`suppressed`, `no_transport`),
    429 after several within an hour."""
    sent = actions.session_send_link(actor=request.actor, session_id=session_id, channel=body.channel, to=body.to)
    return {**_json(request, session_id), "url": sent.url, "message": sent.message_id}


@sessions.post("/{session_id}/submit-payment", response=SessionOut, summary="Complete on the caller's screen")
@calls_out
def submit_payment(request: ApiRequest, session_id: Id) -> object:
    """What needs no device of the donor's; else 409 `needs_device`."""
    actions.session_submit_payment(actor=request.actor, session_id=session_id)
    return _json(request, session_id)


@sessions.post("/{session_id}/decline", response=SessionOut, summary="The donor declined")
@calls_out
def decline(request: ApiRequest, session_id: Id, body: ReasonIn = ReasonIn()) -> object:  # noqa: B008 - it is frozen
    """`Rejected`; who had accepted at the gateway already is `Complete`."""
    actions.session_decline(actor=request.actor, session_id=session_id, reason=body.reason)
    return _json(request, session_id)


@sessions.post("/{session_id}/cancel", response=SessionOut, summary="Cancel a session")
@calls_out
def session_cancel(request: ApiRequest, session_id: Id, body: ReasonIn = ReasonIn()) -> object:  # noqa: B008 - it is frozen
    """`Rejected`, and cancelled at the gateway; who had accepted there already is `Complete`."""
    actions.session_cancel(actor=request.actor, session_id=session_id, reason=body.reason)
    return _json(request, session_id)


@leads.get("/leads", response=Page[OverviewOut], summary="Who was won")
def lead_overview(request: ApiRequest, filter: Query[OverviewFilter]) -> object:
    """One row for each person and campaign, newest first."""
    page = queries.lead_overview(
        actor=request.actor, campaign=filter.campaign, merchant=filter.merchant, attempted=filter.attempted,
        size=filter.size, after=filter.after,
    )  # fmt: skip
    return {"items": [queries.overview_json(one) for one in page.items], "next": page.next}


@leads.get("/leads/{attempt_id}", response=PersonOut, summary="All attempts on a person")
def lead_page(request: ApiRequest, attempt_id: Id) -> object:
    """By the id of a row of the overview, of any session of theirs, or of the campaign's lead."""
    page = queries.lead_page(actor=request.actor, lead_id=attempt_id)
    return queries.lead_page_json(request.actor, page)
