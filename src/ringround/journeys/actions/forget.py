"""What journeys hold of an organisation goes at the end of the work for it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from ringround.infra import clock, sql
from ringround.journeys.engine.alone import alone
from ringround.journeys.models import (
    Heard,
    HeldTimer,
    Hook,
    Intake,
    Journey,
    Notice,
    Outbox,
    Run,
    RunEnd,
    Sweep,
    Version,
)


def journeys_forget(*, org_id: UUID, size: int) -> None:
    """Put all its journeys away, and delete what is under way and what is still to be called. Safe to run again.

    Their names, figures, and that runs have ended stay: ids and counts. `size`: runs a transaction.
    """
    with transaction.atomic():
        alone()
        Journey.objects.filter(organisation=org_id).exclude(state="archived").update(
            state="archived", next_at=None, updated_at=clock.now()
        )
        journeys = list(Journey.objects.filter(organisation=org_id).values_list("id", flat=True))
        sql.run("journeys", "plan_changed")
        Sweep.objects.filter(journey__in=journeys, state="running").update(state="done")
        Hook.objects.filter(journey__in=journeys).delete()
        Intake.objects.filter(journey_id__in=journeys).delete()
        Outbox.objects.filter(organisation=org_id).delete()
        Notice.objects.filter(organisation=org_id).delete()
    versions = list(Version.objects.filter(journey__in=journeys).values_list("id", flat=True))
    while _runs(versions, size):
        pass
    # What they say to people, and of whom, goes with what they were written for. Nothing reads it: no run is left.
    Version.objects.filter(id__in=versions).update(document={})
    Journey.objects.filter(id__in=journeys).update(draft={})


@transaction.atomic
def _runs(versions: list[int], size: int) -> int:
    """The next runs, ended without a word; how many."""
    alone()
    found = list(Run.objects.select_for_update().filter(version_id__in=versions).order_by("id")[:size])
    if not found:
        return 0
    ids = [one.id for one in found]
    of = dict(Version.objects.filter(id__in=versions).values_list("id", "journey_id"))
    RunEnd.objects.bulk_create(
        RunEnd(
            id=one.id, lead_id=one.lead_id, journey_id=of[one.version_id], version_id=one.version_id, node=one.node,
            entered_at=one.entered_at, ended_at=clock.now(), how="stopped", reason="archived", steps=one.steps,
        )
        for one in found
    )  # fmt: skip
    Heard.objects.filter(lead_id__in={one.lead_id for one in found}).delete()
    HeldTimer.objects.filter(run_id__in=ids).delete()
    Intake.objects.filter(run_id__in=ids).delete()
    Outbox.objects.filter(run_id__in=ids).delete()
    # Timers go as they fall due: one of a run that is over does nothing.
    Run.objects.filter(id__in=ids).delete()
    return len(ids)
