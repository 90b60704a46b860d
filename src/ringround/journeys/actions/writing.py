"""Writing a journey's draft. A draft may be wrong; what is published is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from ringround.infra import audit, clock
from ringround.journeys.models import Journey
from ringround.journeys.queries.journeys import journey_get
from ringround.journeys.rules.document import MAX_BYTES, MAX_NAME
from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.text import clean
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require


@transaction.atomic
def journey_create(*, actor: Actor, name: str, document: Mapping[str, Any]) -> Journey:
    """A new journey with this draft; 409 `name_taken`."""
    require(actor, "journeys.change")
    words = _name(name)
    draft = _draft(document, words)
    now = clock.now()
    made = Journey(
        organisation=actor.organisation, name=words, draft=draft, created_at=now, updated_at=now,
        created_by_id=actor.user_id,
    )  # fmt: skip
    _save(made)
    _told(actor, made, "created")
    return made


@transaction.atomic
def draft_save(*, actor: Actor, journey_id: UUID, document: Mapping[str, Any], revision: int | None = None) -> Journey:
    """Save the draft; 409 `changed_meanwhile` where somebody has saved another since `revision`."""
    journey_get(actor=actor, journey_id=journey_id)
    require(actor, "journeys.change")
    journey = Journey.objects.select_for_update(of=("self",)).select_related("version").get(id=journey_id)
    if journey.state == Journey.State.ARCHIVED:
        raise Conflict("wrong_state", _("This journey is archived."), allowed=["draft", "published", "paused"])
    if revision is not None and revision != journey.revision:
        raise Conflict("changed_meanwhile", _("Somebody else has changed this journey meanwhile."))
    words = _name(document.get("name") or journey.name)
    journey.draft = _draft(document, words)
    journey.name, journey.updated_at = words, clock.now()
    journey.revision += 1
    _save(journey)
    _told(actor, journey, "changed")
    return journey


def _name(name: object) -> str:
    words = clean(name if isinstance(name, str) else "")
    if not words:
        raise Invalid.one("name", "required", _("Give it a name."))
    if len(words) > MAX_NAME:
        raise Invalid.one("name", "too_long", _("At most %(limit)s characters.") % {"limit": MAX_NAME})
    return words


def _draft(document: object, name: str) -> dict[str, Any]:
    if not isinstance(document, Mapping):
        raise Invalid.one("document", "wrong_type", _("A journey is an object."))
    try:
        text = json.dumps(document)
    except (ValueError, RecursionError):
        raise Invalid.one("document", "bad_json", _("This is not JSON.")) from None
    if len(text) > MAX_BYTES:
        raise Invalid.one("document", "too_large", _("This journey is too large."))
    if "\\u0000" in text:
        raise Invalid.one("document", "bad_text", _("There is a character in it that cannot be kept."))
    return {**document, "name": name}


def _save(journey: Journey) -> None:
    try:
        with transaction.atomic():
            journey.save()
    except IntegrityError as fault:
        if "journey_name_once" not in str(fault):
            raise
        raise Conflict("name_taken", _("Another journey has this name.")) from None


def _told(actor: Actor, journey: Journey, what: str) -> None:
    audit.write(
        actor=actor, action=f"journeys.journey.{what}", org_id=journey.organisation_id, subject_type="journey",
        subject_id=journey.id, data={"revision": journey.revision},
    )  # fmt: skip
