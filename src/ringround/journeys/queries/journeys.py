"""Reading journeys: the list, one, its versions, and what its document may refer to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from ringround.campaigns import queries as campaigns
from ringround.contacts import queries as contacts
from ringround.infra import clock
from ringround.journeys.engine.book import Loaded, graph_of, made_ready
from ringround.journeys.engine.facts import Facts
from ringround.journeys.engine.sweeps import FIRST_ID, audience
from ringround.journeys.models import Hook, Journey, Sweep, Version
from ringround.journeys.queries.paging import newest_first
from ringround.journeys.rules import lint
from ringround.journeys.rules.entry import admits
from ringround.kernel.errors import NotFound
from ringround.kernel.ids import parse_id
from ringround.messaging import queries as messages
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

_PAGE = 1_000


def journey_list(
    *, actor: Actor, size: int = 50, after: UUID | None = None, archived: bool | None = False
) -> tuple[list[Journey], UUID | None]:
    """The organisation's journeys, newest first, and the next page's cursor; `archived`: those put away instead, None:
    both."""
    require(actor, "journeys.read")
    found = Journey.objects.filter(organisation=actor.org_id).select_related("version")
    if archived is not None:
        put_away = Q(state=Journey.State.ARCHIVED)
        found = found.filter(put_away if archived else ~put_away)
    return newest_first(found, size=size, after=after)


def journey_get(*, actor: Actor, journey_id: UUID) -> Journey:
    """A journey of the organisation; 404 otherwise."""
    found = Journey.objects.filter(organisation=actor.org_id, id=journey_id).select_related("version").first()
    if found is None:
        raise NotFound("journey")
    require(actor, "journeys.read")
    return found


def journeys_to_start(*, actor: Actor, campaign_id: UUID) -> list[Journey]:
    """The published journeys that a lead of this campaign can be put into by hand, by name."""
    require(actor, "journeys.start")
    scope = {"scope": {"campaigns": [str(campaign_id)]}}
    found = Journey.objects.filter(organisation=actor.org_id, state=Journey.State.PUBLISHED)
    return list(found.filter(version__document__contains=scope).order_by("name"))


def version_list(*, actor: Actor, journey_id: UUID) -> list[Version]:
    """A journey's versions, newest first."""
    journey = journey_get(actor=actor, journey_id=journey_id)
    return list(Version.objects.filter(journey=journey).select_related("published_by").order_by("-number"))


def journey_json(journey: Journey) -> dict[str, Any]:
    """A journey as the API shows it."""
    version = journey.version
    sweep = Sweep.objects.filter(journey=journey, kind="backfill").order_by("-id").first()
    return {
        "id": journey.id,
        "name": journey.name,
        "state": journey.state,
        "revision": journey.revision,
        "draft": journey.draft,
        "version": version.number if version is not None else None,
        "document": version.document if version is not None else None,
        "published_at": version.published_at if version is not None else None,
        "changed": version is None or version.document != journey.draft,
        "next_at": journey.next_at,
        "hook": Hook.objects.filter(journey=journey).exists(),
        "backfill": {"state": sweep.state, "looked_at": sweep.looked_at, "entered": sweep.entered} if sweep else None,
        "created_at": journey.created_at,
        "updated_at": journey.updated_at,
    }


def known_of(*, actor: Actor, document: object) -> lint.Known:
    """What a document of this organisation may refer to. Campaigns are those whose merchant it is itself: what is
    another's is not automated here."""
    own = campaigns.campaigns_owned(org_id=actor.org_id)
    scope = document.get("scope") if isinstance(document, Mapping) else None
    named = scope.get("campaigns") if isinstance(scope, Mapping) else None
    asked = [parse_id(one) for one in named] if isinstance(named, Sequence) else []
    wanted = [one for one in asked if one is not None and one in own]
    answers = {field.key for campaign in wanted for field in campaigns.form_fields_of(campaign_id=campaign)}
    lists = campaigns.lists_of_campaigns(campaign_ids=wanted)
    columns = {column.name for of in contacts.columns_for_leads(list_ids=lists).values() for column in of}
    others = Journey.objects.filter(organisation=actor.org_id).exclude(state=Journey.State.ARCHIVED)
    return lint.Known(
        campaigns={str(one) for one in own},
        users={str(one.id) for one in orgs.members_of(orgs.workers_of(merchant_id=actor.org_id))},
        templates={str(one.id): one.channel for one in messages.templates_for(org_ids=[actor.org_id])},
        journeys={str(one) for one in others.values_list("id", flat=True)},
        answers=answers,
        columns=columns,
    )


def checked(*, actor: Actor, document: object) -> lint.Checked:
    """Everything that is wrong with a document here."""
    return lint.check(document, known_of(actor=actor, document=document))


def backfill_count(*, actor: Actor, document: Mapping[str, Any], most: int = 200_000) -> dict[str, Any]:
    """How many leads match now, before anybody is touched: `{count, looked_at, more}`."""
    ready = checked(actor=actor, document=document).require()
    loaded = loaded_of(actor, ready.name, document)
    now = clock.now()
    count = looked = 0
    after = FIRST_ID
    while looked < most:
        ids = campaigns.leads_after(
            campaign_ids=[UUID(one) for one in sorted(loaded.graph.campaigns)], org_id=actor.org_id, after=after,
            size=_PAGE,
        )  # fmt: skip
        facts = Facts(now)
        fit = audience(loaded, ids, facts, now)
        facts.read([(loaded, one) for one in fit])
        count += sum(
            (about := facts.of(loaded, one)) is not None and admits(loaded.graph, None, about, now) is None
            for one in fit
        )
        looked += len(ids)
        if len(ids) < _PAGE:
            return {"count": count, "looked_at": looked, "more": False}
        after = ids[-1]
    return {"count": count, "looked_at": looked, "more": True}


def loaded_of(actor: Actor, name: str, document: Mapping[str, Any]) -> Loaded:
    """A document made ready as if it were published."""
    graph = graph_of(0, json.dumps(document))
    assert graph is not None
    row = {
        "id": 0, "journey_id": UUID(int=0), "org_id": actor.org_id, "name": name, "state": "published", "number": 0,
        "current": True,
    }  # fmt: skip
    return made_ready(row, graph)
