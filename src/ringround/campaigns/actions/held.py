"""What an agent holds: the lead locked, with its campaign as it is now."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.campaigns.queries.access import check_agent, require_lead
from ringround.campaigns.queries.plan_facts import Plan, plan_known
from ringround.infra import sql
from ringround.kernel.errors import Conflict
from ringround.orgs.actor import Actor


def lock_held(*, actor: Actor, lead_id: UUID | None, now: datetime) -> tuple[dict[str, Any], Plan]:
    """The locked row of the lead that this agent holds (None: whichever), with its campaign.

    Else 409 `not_held`, and 404 for a lead that the actor does not see.
    """
    row = sql.row("campaigns", "held_lock", lead=lead_id, user=actor.user_id, now=now)
    if (
        row is not None
        and row["reserved_by_id"] is not None
        and row["reserved_by_id"] == actor.user_id
        and row["reserved_until"] > now
    ):
        plan = plan_known(
            campaign_id=row["campaign_id"], version=row["plan_version"], state=row["plan_state"],
            member_id=row["plan_member"],
            live=row["plan_live"],
        )  # fmt: skip
        check_agent(actor=actor, plan=plan)
        return row, plan
    if lead_id is not None:
        require_lead(actor=actor, lead_id=lead_id)
    raise Conflict(
        "not_held", _("This contact is not yours at the moment. It may have gone back when its time ran out.")
    )
