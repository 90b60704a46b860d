"""What this room's actions are called in the audit log, and the names of what they were done to."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.journeys.models import Journey

WORDS = {
    "journeys.journey.created": _("Journey made"),
    "journeys.journey.changed": _("Journey's draft changed"),
    "journeys.journey.published": _("Journey published"),
    "journeys.journey.paused": _("Journey paused"),
    "journeys.journey.resumed": _("Journey resumed"),
    "journeys.journey.archived": _("Journey archived"),
    "journeys.journey.migrated": _("Runs of a journey taken over to a new version"),
    "journeys.journey.started": _("Journey started for leads"),
    "journeys.journey.backfilled": _("Journey started for all leads that match"),
    "journeys.run.stopped": _("Run of a journey ended"),
    "journeys.run.retried": _("Run of a journey tried again"),
    "journeys.hook.created": _("Address of a journey made"),
}


def _journeys(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Journey.objects.filter(id__in=ids).values_list("id", "name"))


NAMES = {"journey": _journeys}
