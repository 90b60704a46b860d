"""Campaigns over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse

from ringround.campaigns import actions, queries
from ringround.campaigns.api.shapes import (
    CampaignChange,
    CampaignFilter,
    CampaignIn,
    CampaignOut,
    DispositionsIn,
    DuplicateIn,
    DuplicateQuery,
    FormIn,
    LeadIn,
    LeadsAdded,
    LeadsIn,
    NotDiallingOut,
    PreassignIn,
    PreassignOut,
    Queued,
    RecycleIn,
    RecycleOut,
    TemplateOut,
    UsersIn,
    filter_of,
)
from ringround.campaigns.models import Campaign, Lead
from ringround.http.kit import (
    ApiRequest,
    Id,
    Page,
    Paging,
    Query,
    Router,
    Schema,
    Status,
    no_content,
    own_body,
    read_body,
)
from ringround.kernel.errors import Invalid, TooMany
from ringround.kernel.messages import N_
from ringround.orgs.permissions import require

router = Router(tags=["Campaigns"])


def _json(campaign: Campaign) -> dict[str, Any]:
    return queries.campaign_json(campaign=campaign)


@router.get("", response=Page[CampaignOut], summary="List campaigns")
def campaign_list(request: ApiRequest, filter: Query[CampaignFilter]) -> object:
    """Newest first; without the archived unless `state` asks for them. Agents get those they are on."""
    page = queries.campaign_page(
        actor=request.actor,
        q=filter.q,
        mode=filter.mode,
        merchant=filter.merchant,
        size=filter.size,
        after=filter.after,
        **({"states": filter.state} if filter.state else {}),
    )
    return {"items": queries.campaigns_json(campaigns=page.items), "next": page.next}


@router.post("", response={201: CampaignOut}, summary="Make a campaign")
def campaign_create(request: ApiRequest, body: CampaignIn) -> object:
    """It is `unapproved`, with default dispositions, hours and settings; contacts of its lists become leads in the
    background. With a `template` it begins with that one's plan, and what the body says counts."""
    fields = _plain(body)
    template_id = fields.pop("template", None)
    if template_id is not None:
        campaign = actions.template_use(actor=request.actor, template_id=template_id, fields=fields)
    else:
        campaign = actions.campaign_create(actor=request.actor, fields=fields, planned=True)
    return Status(201, _json(campaign))


@router.get("/{campaign_id}", response=CampaignOut, summary="A campaign")
def campaign(request: ApiRequest, campaign_id: Id) -> object:
    return _json(queries.campaign_get(actor=request.actor, campaign_id=campaign_id))


@router.patch("/{campaign_id}", response=CampaignOut, summary="Change a campaign")
def campaign_change(request: ApiRequest, campaign_id: Id, body: CampaignChange) -> object:
    """Settings merge. Changing mode, workflow, script, hours, caller ids, agency or external site of an approved
    campaign sets it back to `unapproved`; a running one must be paused first (409 `wrong_state`)."""
    fields = _plain(body)
    version = fields.pop("version", None)
    changed = actions.campaign_change(actor=request.actor, campaign_id=campaign_id, fields=fields, version=version)
    return _json(changed)


def _plain(body: Schema) -> dict[str, Any]:
    """What the caller wrote, nested bodies as dictionaries of what was written in them."""
    return {name: _dump(value) for name, value in body.given().items()}


def _dump(value: Any) -> Any:
    if isinstance(value, Schema):
        return _plain(value)
    if isinstance(value, list):
        return [_dump(one) for one in value]
    return value


# --- the lifecycle ----------------------------------------------------------------------------

Command = Callable[..., Campaign]


def _command(name: str, action: Command, summary: str, words: str) -> None:
    def route(request: ApiRequest, campaign_id: Id) -> object:
        return _json(action(actor=request.actor, campaign_id=campaign_id))

    route.__name__, route.__doc__ = f"campaign_{name}", words
    router.post(f"/{{campaign_id}}/{name}", response=CampaignOut, summary=summary)(route)


_command(
    "approve", actions.campaign_approve, "Approve a campaign",
    "From `unapproved`. 409 `not_ready` names each reason: `no_agents`, `no_list`, `no_dispositions`, `no_hours`, "
    "`no_exchange`. With four eyes its maker gets 403 `four_eyes`.",
)  # fmt: skip
_command("start", actions.campaign_start, "Start a campaign", "From `approved` or `paused`.")
_command(
    "pause", actions.campaign_pause, "Pause a campaign",
    "From `running`. Calls under way finish, what is held may be dispositioned, nothing new starts.",
)  # fmt: skip
_command("complete", actions.campaign_complete, "Complete a campaign", "From `running` or `paused`.")
_command("reopen", actions.campaign_reopen, "Reopen a campaign", "From `completed`; it is `paused`.")
_command(
    "archive", actions.campaign_archive, "Archive a campaign",
    "From `completed`, `unapproved` or `approved`. It is hidden and kept; reports still work.",
)  # fmt: skip

# --- copies -----------------------------------------------------------------------------------


@router.post("/{campaign_id}/duplicate", response={201: CampaignOut | TemplateOut}, summary="Duplicate a campaign")
def campaign_duplicate(request: ApiRequest, campaign_id: Id, body: DuplicateIn, asked: Query[DuplicateQuery]) -> object:
    """Its parameters, dispositions, form, hours, retry rules, and its people as far as they still fit; not its lists,
    leads, share-out, external campaign id and progress. A start or end that has passed is left out. The new campaign is
    `unapproved`. `?template=true` keeps the plan as a template instead."""
    if asked.template:
        template = actions.template_save(actor=request.actor, campaign_id=campaign_id, name=body.name)
        return Status(201, queries.template_json(template))
    return Status(201, _json(actions.campaign_duplicate(actor=request.actor, campaign_id=campaign_id, name=body.name)))


templates_router = Router(tags=["Campaigns"])


@templates_router.get("", response=Page[TemplateOut], summary="List campaign templates")
def template_list(request: ApiRequest, paging: Query[Paging]) -> object:
    """Newest first. `POST /campaigns` with `template` starts a campaign from one."""
    page = queries.template_page(actor=request.actor, size=paging.size, after=paging.after)
    return {"items": [queries.template_json(one) for one in page.items], "next": page.next}


@templates_router.get("/{template_id}", response=TemplateOut, summary="A campaign template")
def template(request: ApiRequest, template_id: Id) -> object:
    return queries.template_json(queries.template_get(actor=request.actor, template_id=template_id))


@templates_router.delete("/{template_id}", response={204: None}, summary="Delete a campaign template")
def template_delete(request: ApiRequest, template_id: Id) -> HttpResponse:
    """Campaigns that were started from it stay as they are."""
    actions.template_delete(actor=request.actor, template_id=template_id)
    return no_content()


# --- parts and people -------------------------------------------------------------------------


@router.put("/{campaign_id}/agents", response=CampaignOut, summary="Set the agents")
def agents_put(request: ApiRequest, campaign_id: Id, body: UsersIn) -> object:
    """People of the campaign's agency. Who is no longer among them gives back what they hold at once, and leads that
    were kept for them are free."""
    return _json(actions.agents_put(actor=request.actor, campaign_id=campaign_id, users=body.users, teams=body.teams))


@router.put("/{campaign_id}/supervisors", response=CampaignOut, summary="Set the supervisors")
def supervisors_put(request: ApiRequest, campaign_id: Id, body: UsersIn) -> object:
    return _json(
        actions.supervisors_put(actor=request.actor, campaign_id=campaign_id, users=body.users, teams=body.teams)
    )


@router.put("/{campaign_id}/dispositions", response=CampaignOut, summary="Set the dispositions")
def dispositions_put(request: ApiRequest, campaign_id: Id, body: DispositionsIn) -> object:
    """The whole list in order. One that goes is kept for the attempts that were made with it."""
    found = _plain(body)["dispositions"]
    return _json(actions.dispositions_put(actor=request.actor, campaign_id=campaign_id, dispositions=found))


@router.put("/{campaign_id}/form", response=CampaignOut, summary="Set the form")
def form_put(request: ApiRequest, campaign_id: Id, body: FormIn) -> object:
    """The whole form in order. Answers to a question that goes stay on their leads."""
    return _json(actions.form_put(actor=request.actor, campaign_id=campaign_id, form=_plain(body)["form"]))


@router.get("/{campaign_id}/preassign", response=PreassignOut, summary="How leads are kept for agents")
def preassignment(request: ApiRequest, campaign_id: Id) -> object:
    campaign = queries.campaign_get(actor=request.actor, campaign_id=campaign_id)
    require(request.actor, "campaigns.overview")
    return actions.preassignment_json(campaign)


@router.post("/{campaign_id}/preassign", response=PreassignOut, summary="Keep leads for agents")
@own_body
def preassign(request: ApiRequest, campaign_id: Id) -> object:
    """`proportional`: equal shares, dealt in list or random order, the remainder one each. `column`: by the agent's
    e-mail or external id. `csv`: a form with a `file` whose header is `lead,agent,position`. `none`: for nobody.

    A large campaign or a long file is dealt in the background: `state` is `running` until it is done."""
    body = read_body(request, PreassignIn)
    asked = body.given()
    if body.strategy == "csv":
        file = request.FILES.get("file")
        if file is None:
            raise Invalid.one(("body", "file"), "required", N_("Send the file with the agents of the leads."))
        changed = actions.preassign_file(actor=request.actor, campaign_id=campaign_id, raw=file)
    else:
        changed = actions.preassign(actor=request.actor, campaign_id=campaign_id, **asked)
    return actions.preassignment_json(changed)


# --- leads ------------------------------------------------------------------------------------


@router.post("/{campaign_id}/leads", response={200: LeadsAdded, 202: Queued}, summary="Add leads")
def leads_add(request: ApiRequest, campaign_id: Id, body: LeadsIn) -> object:
    """`list`: all its contacts, in the background (202). `contacts`: by id. `leads`: with what is known of each, the
    contact made on the way if need be. A contact that is a lead here already is `existing`, and stays as it is."""
    given = body.given()
    if len(given) != 1 or next(iter(given.values())) is None:
        raise Invalid.one(("body",), "one_of", N_("Give exactly one of list, contacts and leads."))
    if body.list is not None:
        actions.list_attach(actor=request.actor, campaign_id=campaign_id, list_id=body.list)
        return Status(202, {"state": "queued", "list": body.list})
    if body.contacts is not None:
        fed = [actions.Fed(contact=one) for one in body.contacts]
    else:
        fed = [_fed(one) for one in body.leads or []]
    added = actions.leads_feed(actor=request.actor, campaign_id=campaign_id, leads=fed)
    return Status(200, {"created": _leads(request, added.created), "existing": _leads(request, added.existing)})


def _fed(one: LeadIn) -> actions.Fed:
    contact = one.contact if isinstance(one.contact, UUID) else actions.NewContact(one.contact.list, one.contact.fields)
    return actions.Fed(
        contact=contact,
        external_lead_id=one.external_lead_id,
        urgent=one.urgent,
        priority=one.priority,
        next_contact_at=one.next_contact_at,
    )


def _leads(request: ApiRequest, ids: list[UUID]) -> list[dict[str, Any]]:
    """The leads just added or found, in the order in which they were asked for."""
    rows = list(Lead.objects.filter(id__in=ids))
    found = {one["id"]: one for one in queries.leads_json(rows, actor=request.actor)}
    return [found[one] for one in ids]


@router.post("/{campaign_id}/recycle", response={200: RecycleOut, 202: RecycleOut}, summary="Recycle leads")
def recycle(request: ApiRequest, campaign_id: Id, body: RecycleIn) -> object:
    """Reset the leads that the filter finds, or make a new campaign of them with this one's plan, as a duplicate has
    it; their history stays. `dry_run` counts. More than a thousand are done by a job (202)."""
    made = actions.leads_recycle(
        actor=request.actor,
        campaign_id=campaign_id,
        filter=filter_of(body.filter),
        into=body.into.name if body.into is not None else None,
        dry_run=body.dry_run,
    )
    state = made.done.state if made.done is not None else "counted"
    answer = {
        "count": made.count,
        "campaign": made.campaign.id if made.campaign is not None else None,
        "state": state,
        "bulk": made.done.id if made.done is not None else None,
    }
    return Status(202 if state == "running" else 200, answer)


@router.get("/{campaign_id}/why-not-dialling", response=NotDiallingOut, summary="Why is it not dialling?")
def why_not_dialling(request: ApiRequest, campaign_id: Id) -> object:
    """How many leads could be called now, and how many each gate holds back; a lead may be held back by several.

    The leads of a large campaign are counted now and then: `counted_at`; 429 while they are for the first time."""
    found = queries.why_not_dialling(actor=request.actor, campaign_id=campaign_id)
    if found is None:
        raise TooMany(queries.RETRY_S, N_("The leads are being counted. Ask again in a moment."))
    return found
