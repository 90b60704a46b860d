"""Addresses at which programs start a journey."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ringround.campaigns import queries as campaigns
from ringround.infra import audit, clock, sql
from ringround.journeys import events
from ringround.journeys.actions.runs import intake
from ringround.journeys.engine.rows import event_written
from ringround.journeys.models import Hook, Journey
from ringround.journeys.queries.journeys import journey_get
from ringround.journeys.rules.values import Event
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.ids import hash_token, new_token
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

# The same id is the same event for so long; the very same body without an id is sent again within so short a time.
BY_ID, BY_BODY = timedelta(days=30), timedelta(minutes=10)
MOST_LEADS = 100
MAX_VALUE = 500


@dataclass(frozen=True, slots=True)
class Received:
    """`leads`: how many are meant and were handed in; `repeated`: it had been received before, and nothing was done."""

    leads: int
    repeated: bool


@transaction.atomic
def hook_create(*, actor: Actor, journey_id: UUID) -> str:
    """The token of a new address for the journey; it is shown this once. Any address it had ends."""
    journey = journey_get(actor=actor, journey_id=journey_id)
    require(actor, "journeys.publish")
    Hook.objects.filter(journey=journey).delete()
    token = new_token("rrh")
    Hook.objects.create(journey=journey, token_hash=hash_token(token), created_at=clock.now())
    audit.write(
        actor=actor, action="journeys.hook.created", org_id=journey.organisation_id, subject_type="journey",
        subject_id=journey.id,
    )  # fmt: skip
    return token


@transaction.atomic
def hook_receive(*, token: str, body: Mapping[str, Any], key: str | None = None) -> Received:
    """Take in what a program sends: the leads it means enter, where the journey lets them in.

    404 for an unknown token, and for a lead that is not the journey's: another organisation's is not told apart from
    one that is not there. 409 `not_published`. `key`: the sender's id of the event.
    """
    hook = Hook.objects.filter(token_hash=hash_token(token)).select_related("journey__version").first()
    if hook is None:
        raise NotFound("hook")
    journey = hook.journey
    if journey.state != Journey.State.PUBLISHED or journey.version is None:
        raise Conflict("not_published", _("This journey is not published."))
    document = journey.version.document
    trigger = document["trigger"]
    if trigger["type"] != "webhook":
        raise Conflict("not_a_webhook", _("This journey is not started by a webhook."))
    params = trigger.get("params") or {}
    meant = _at(body, str(params["from"]))
    if meant is None or isinstance(meant, Mapping | list):
        raise Invalid.one((str(params["from"]),), "required", _("What says which lead is meant is missing."))
    leads = campaigns.leads_meant(
        campaign_ids=[UUID(one) for one in document["scope"]["campaigns"]], org_id=journey.organisation_id,
        by=str(params["match"]), value=str(meant)[:MAX_VALUE],
    )[:MOST_LEADS]  # fmt: skip
    if not leads:
        raise NotFound("lead")
    now = clock.now()
    window = BY_ID if key else BY_BODY
    name = f"id:{key}"[:200] if key else "body:" + hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    if not sql.rows("journeys", "seen_add", source=hook.id, key=name, at=now, before=now - window):
        return Received(len(leads), True)
    data = {name: _plain(_at(body, str(path))) for name, path in (params.get("mapping") or {}).items()}
    event = Event(type=events.HOOK, at=now, data=data, id=name)
    intake(kind="enter", journey_id=journey.id, leads=leads, data=json.dumps(event_written(event)))
    return Received(len(leads), False)


def _at(body: Any, path: str) -> Any:
    """The value at `customer.phone`; None where there is none."""
    found: Any = body
    for part in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found


def _plain(value: Any) -> Any:
    """What a condition can ask about: a text, a number, yes or no, or a short list of them."""
    if isinstance(value, str):
        return value.replace("\0", "")[:MAX_VALUE]
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, list):
        return [_plain(one) for one in value[:50] if not isinstance(one, Mapping | list)]
    return None
