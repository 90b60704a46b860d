"""Runs begun and ended by hand; runs that were parked."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ringround.campaigns import queries as campaigns
from ringround.infra import audit, clock, sql
from ringround.journeys.engine.rows import PARKED
from ringround.journeys.models import Journey, Run
from ringround.journeys.queries.journeys import journey_get
from ringround.journeys.queries.runs import run_get
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

MOST = 10_000


@transaction.atomic
def runs_start(*, actor: Actor, journey_id: UUID, lead_ids: Sequence[UUID]) -> int:
    """Start a published journey for these leads, where it lets them in; how many were handed in. A lead of another
    organisation, or of a campaign that the journey is not for, is 404."""
    journey = journey_get(actor=actor, journey_id=journey_id)
    require(actor, "journeys.start")
    if journey.state != Journey.State.PUBLISHED or journey.version is None:
        raise Conflict("wrong_state", _("This journey is not published."), allowed=["published"])
    ids = list(dict.fromkeys(lead_ids))
    if not ids:
        raise Invalid.one("leads", "empty_selection", _("No lead is chosen."))
    if len(ids) > MOST:
        raise Invalid.one("leads", "too_many", _("At most %(limit)s at a time.") % {"limit": MOST})
    facts = campaigns.leads_facts(ids, contacts=False)
    scope = {str(one).lower() for one in journey.version.document["scope"]["campaigns"]}
    for one in ids:
        found = facts.get(one)
        if found is None or found["org"] != str(actor.org_id) or found["campaign"]["id"] not in scope:
            raise NotFound("lead")
    intake(kind="enter", journey_id=journey.id, leads=ids)
    audit.write(
        actor=actor, action="journeys.journey.started", org_id=actor.org_id, subject_type="journey",
        subject_id=journey.id, data={"count": len(ids)},
    )  # fmt: skip
    return len(ids)


@transaction.atomic
def run_stop(*, actor: Actor, run_id: UUID) -> None:
    """End a run. It ends in the engine's next round, whatever it waits for."""
    run = run_get(actor=actor, run_id=run_id)
    require(actor, "journeys.start")
    if run.ended_at is not None:
        raise Conflict("wrong_state", _("This run is over."), allowed=["waiting", "retrying", "parked", "held"])
    sql.run(
        "journeys", "intake_add", at=clock.now(), kinds=["stop"], journeys=[run.journey.id], leads=[None],
        runs=[run_id], epochs=[0], data=["{}"], causes=[None],
    )  # fmt: skip
    _audit(actor, run_id, run.journey, "stopped")


@transaction.atomic
def run_retry(*, actor: Actor, run_id: UUID) -> None:
    """Try a parked run again, where it stands."""
    run = run_get(actor=actor, run_id=run_id)
    require(actor, "journeys.publish")
    row = Run.objects.select_for_update().filter(id=run_id, state=PARKED).first()
    if row is None:
        raise Conflict("wrong_state", _("This run is not parked."), allowed=["parked"])
    if run.journey.state == Journey.State.PAUSED:
        raise Conflict("wrong_state", _("This journey is in another state."), allowed=["published"])
    sql.run(
        "journeys", "intake_add", at=clock.now(), kinds=["again"], journeys=[run.journey.id], leads=[None],
        runs=[run_id], epochs=[row.epoch], data=["{}"], causes=[None],
    )  # fmt: skip
    _audit(actor, run_id, run.journey, "retried")


def intake(*, kind: str, journey_id: UUID, leads: Sequence[UUID], data: str = "{}") -> None:
    """Hand leads in to the engine, in the caller's transaction."""
    many = len(leads)
    sql.run(
        "journeys", "intake_add", at=clock.now(), kinds=[kind] * many, journeys=[journey_id] * many, leads=list(leads),
        runs=[None] * many, epochs=[0] * many, data=[data] * many, causes=[None] * many,
    )  # fmt: skip


def _audit(actor: Actor, run_id: UUID, journey: Journey, what: str) -> None:
    audit.write(
        actor=actor, action=f"journeys.run.{what}", org_id=actor.org_id, subject_type="journey", subject_id=journey.id,
        data={"run": str(run_id)},
    )  # fmt: skip
