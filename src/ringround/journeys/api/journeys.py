"""Journeys over HTTP: templates, drafts, versions, runs, figures, and the addresses at which programs start them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ringround.http.kit import ApiRequest, Id, Page, Query, Router, Status
from ringround.journeys import actions, queries
from ringround.journeys.api.shapes import (
    DraftIn,
    FlawOut,
    HookOut,
    JourneyIn,
    JourneyOut,
    JourneysQuery,
    JourneyWhole,
    Migrated,
    MigrateIn,
    PublishIn,
    RunOut,
    RunsQuery,
    SimulateIn,
    Started,
    StartIn,
    StatsQuery,
    TemplatesOut,
    VersionsOut,
)
from ringround.journeys.models import Version
from ringround.journeys.rules.catalogue import catalogue_json
from ringround.journeys.rules.lint import Flaw
from ringround.journeys.rules.templates import TEMPLATES, fill
from ringround.kernel import cursors
from ringround.kernel.errors import Invalid
from ringround.kernel.messages import N_

templates_router = Router(tags=["Journeys"])
router = Router(tags=["Journeys"])


@templates_router.get("", response=TemplatesOut, summary="List templates of journeys")
def journey_templates(request: ApiRequest) -> object:
    """Journeys ready to use, with what each asks for."""
    return {"items": [one.to_json() for one in TEMPLATES.values()], "next": None}


@router.get("", response=Page[JourneyOut], summary="List journeys")
def journey_list(request: ApiRequest, paging: Query[JourneysQuery]) -> object:
    """Newest first; those that are archived by `archived=true`."""
    after = cursors.decode(paging.after, UUID)[0] if paging.after else None
    rows, last = queries.journey_list(
        actor=request.actor, size=paging.size, after=after, archived=paging.archived
    )  # fmt: skip
    return {"items": [queries.journey_json(one) for one in rows], "next": cursors.encode([last]) if last else None}


@router.get("/catalogue", response=dict[str, Any], summary="What a journey can be made of")
def journey_catalogue(request: ApiRequest) -> object:
    """Triggers, nodes, operators, fields and settings with their parameters, in the caller's language."""
    return catalogue_json()


@router.post("/check", response=dict[str, list[FlawOut]], summary="Find what is wrong with a document")
def journey_check(request: ApiRequest, body: DraftIn) -> object:
    """Errors keep it from being published, warnings do not. Nothing is saved."""
    return {"flaws": _flaws(queries.checked(actor=request.actor, document=body.document).flaws)}


@router.post("", response={201: JourneyWhole}, summary="Make a journey")
def journey_create(request: ApiRequest, body: JourneyIn) -> object:
    """From a `template` with its `params`, or from a `document`; `publish` lets it loose at once."""
    if (body.template is None) == (body.document is None):
        raise Invalid.one(("body", "template"), "one_of", N_("Give a template or a document."))
    document = body.document
    if body.template is not None:
        seed = {"scope": {"campaigns": [body.params.get("campaign")]}}
        known = queries.known_of(actor=request.actor, document=seed)
        document = fill(body.template, body.params, name=body.name, known=known)
    assert document is not None
    name = body.name or document.get("name")
    made = actions.journey_make(
        actor=request.actor, name=name if isinstance(name, str) else "", document=document, publish=body.publish
    )
    return Status(201, _whole(request, made.id))


@router.get("/{journey_id}", response=JourneyWhole, summary="A journey")
def journey(request: ApiRequest, journey_id: Id) -> object:
    return _whole(request, journey_id)


@router.put("/{journey_id}/draft", response=JourneyWhole, summary="Save a journey's draft")
def draft_save(request: ApiRequest, journey_id: Id, body: DraftIn) -> object:
    """A draft may be wrong (`flaws`); what runs stays as it is. 409 `changed_meanwhile` for an older `revision`."""
    actions.draft_save(
        actor=request.actor, journey_id=journey_id, document=body.document, revision=body.revision
    )  # fmt: skip
    return _whole(request, journey_id)


@router.post("/{journey_id}/publish", response=JourneyWhole, summary="Publish a journey")
def journey_publish(request: ApiRequest, journey_id: Id, body: PublishIn) -> object:
    """A version is made of the draft, which never changes. 422 with every error of the draft."""
    actions.journey_publish(
        actor=request.actor, journey_id=journey_id, revision=body.revision, targets=body.targets
    )  # fmt: skip
    return _whole(request, journey_id)


@router.post("/{journey_id}/pause", response=JourneyWhole, summary="Hold a journey")
def journey_pause(request: ApiRequest, journey_id: Id) -> object:
    """Nobody enters, nothing moves; what falls due is held until it is resumed."""
    actions.journey_pause(actor=request.actor, journey_id=journey_id)
    return _whole(request, journey_id)


@router.post("/{journey_id}/resume", response=JourneyWhole, summary="Resume a journey")
def journey_resume(request: ApiRequest, journey_id: Id) -> object:
    """What fell due meanwhile is taken now, the oldest first."""
    actions.journey_resume(actor=request.actor, journey_id=journey_id)
    return _whole(request, journey_id)


@router.post("/{journey_id}/archive", response=JourneyWhole, summary="Put a journey away")
def journey_archive(request: ApiRequest, journey_id: Id) -> object:
    """Its runs end."""
    actions.journey_archive(actor=request.actor, journey_id=journey_id)
    return _whole(request, journey_id)


@router.post("/{journey_id}/migrate", response=Migrated, summary="Take runs over to the newest version")
def runs_migrate(request: ApiRequest, journey_id: Id, body: MigrateIn) -> object:
    """Once. `dry_run` only says how many stand at each node, and what would become of them. 409 `changed_meanwhile`
    where `version` is not the newest any more."""
    nodes = queries.migration_preview(actor=request.actor, journey_id=journey_id)
    count = sum(one["runs"] for one in nodes)
    if not body.dry_run:
        count = actions.runs_migrate(
            actor=request.actor, journey_id=journey_id, targets=body.targets, version=body.version
        )  # fmt: skip
    return {"count": count, "nodes": nodes}


@router.post("/{journey_id}/backfill", response=dict[str, Any], summary="Let in the leads that match now")
def backfill(request: ApiRequest, journey_id: Id, body: MigrateIn) -> object:
    """`dry_run` only counts them."""
    found = queries.journey_get(actor=request.actor, journey_id=journey_id)
    if body.dry_run:
        return queries.backfill_count(actor=request.actor, document=found.draft)
    actions.backfill(actor=request.actor, journey_id=journey_id)
    return {"state": "running"}


@router.post("/{journey_id}/simulate", response=dict[str, Any], summary="See what a journey would do")
def simulate(request: ApiRequest, journey_id: Id, body: SimulateIn) -> object:
    """By the same interpreter, on a clock of its own: nothing is sent and nothing is changed."""
    if body.lead is not None:
        events = queries.events_read([one.model_dump() for one in body.events])
        return queries.simulate_lead(
            actor=request.actor, journey_id=journey_id, lead_id=body.lead, events=events, until=body.until,
            document=body.document,
        )  # fmt: skip
    return queries.simulate_past(
        actor=request.actor, journey_id=journey_id, days=body.days, document=body.document
    )  # fmt: skip


@router.get("/{journey_id}/stats", response=dict[str, Any], summary="A journey's figures")
def stats(request: ApiRequest, journey_id: Id, asked: Query[StatsQuery]) -> object:
    """Per node: entered, waiting, left by each arrow, skipped and failed by reason. Of one version, or of all."""
    return queries.stats(actor=request.actor, journey_id=journey_id, version=asked.version)


@router.get("/{journey_id}/versions", response=VersionsOut, summary="A journey's versions")
def version_list(request: ApiRequest, journey_id: Id) -> object:
    """Newest first."""
    found = queries.version_list(actor=request.actor, journey_id=journey_id)
    return {"items": [_version(one) for one in found], "next": None}


@router.get("/{journey_id}/runs", response=Page[RunOut], summary="A journey's runs")
def run_list(request: ApiRequest, journey_id: Id, asked: Query[RunsQuery]) -> object:
    """Newest first; of one `lead`, or in one `state`."""
    after = cursors.decode(asked.after, UUID)[0] if asked.after else None
    found, last = queries.run_list(
        actor=request.actor, journey_id=journey_id, lead_id=asked.lead, state=asked.state, size=asked.size, after=after
    )
    return {"items": [queries.run_json(one) for one in found], "next": cursors.encode([last]) if last else None}


@router.post("/{journey_id}/runs", response={202: Started}, summary="Start a journey for chosen leads")
def runs_start(request: ApiRequest, journey_id: Id, body: StartIn) -> object:
    """Each enters where the journey lets it in: its entry condition and how often it may come again are asked."""
    count = actions.runs_start(actor=request.actor, journey_id=journey_id, lead_ids=body.leads)
    return Status(202, {"count": count})


@router.post("/{journey_id}/hook", response={201: HookOut}, summary="Make the address that starts a journey")
def hook_create(request: ApiRequest, journey_id: Id) -> object:
    """The token is shown this once; an address that it had before ends."""
    token = actions.hook_create(actor=request.actor, journey_id=journey_id)
    return Status(201, {"token": token, "url": request.build_absolute_uri(f"/api/v1/hooks/{token}")})


def _whole(request: ApiRequest, journey_id: UUID) -> dict[str, Any]:
    found = queries.journey_get(actor=request.actor, journey_id=journey_id)
    flaws = queries.checked(actor=request.actor, document=found.draft).flaws
    return {**queries.journey_json(found), "flaws": _flaws(flaws)}


def _flaws(flaws: tuple[Flaw, ...]) -> list[dict[str, Any]]:
    return [one.to_json() for one in flaws]


def _version(one: Version) -> dict[str, Any]:
    return {
        "number": one.number, "document": one.document, "published_at": one.published_at,
        "published_by": one.published_by_id,
    }  # fmt: skip
