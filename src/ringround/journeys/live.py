"""Who may hear of a journey: whoever may look at it. And of notices: whom they are for."""

from __future__ import annotations

from ringround.journeys.models import Journey
from ringround.kernel.ids import parse_id
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows


def may_see(actor: Actor, id: str) -> bool:
    journey_id = parse_id(id)
    return (
        journey_id is not None
        and allows(actor, "journeys.read")
        and Journey.objects.filter(id=journey_id, organisation=actor.org_id).exists()
    )


def is_oneself(actor: Actor, id: str) -> bool:
    return actor.user_id is not None and parse_id(id) == actor.user_id and allows(actor, "journeys.notices")


ALLOWED = {"journey": may_see, "notices": is_oneself}
