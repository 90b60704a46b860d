"""Who may listen to an agent's own topic."""

from __future__ import annotations

from ringround.dialer.models import Presence
from ringround.kernel.ids import parse_id
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows


def may_hear_agent(actor: Actor, id: str) -> bool:
    """The agent themself, and who may look at the agents of the organisation they work for."""
    user_id = parse_id(id)
    if user_id is None:
        return False
    if user_id == actor.user_id:
        return True
    return (
        allows(actor, "dialer.agents.read")
        and Presence.objects.filter(user_id=user_id, organisation_id=actor.org_id).exists()
    )


ALLOWED = {"agent": may_hear_agent}
