"""What the screens of this room share."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from ringround.journeys.models import Journey

SIZE = 50


def crumbs(*more: tuple[object, str]) -> list[tuple[object, str]]:
    return [(_("Journeys"), reverse("journeys:list")), *more]


def journey_crumb(journey: Journey) -> tuple[object, str]:
    return journey.name, reverse("journeys:journey", args=[journey.id])
