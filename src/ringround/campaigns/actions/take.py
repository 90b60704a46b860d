"""Taking one's own callback ahead of its time: the person rings back, or the agent has the time now."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.actions.callbacks import open_booked
from ringround.campaigns.actions.changes import reserve
from ringround.campaigns.queries.access import check_agent
from ringround.campaigns.queries.why_not import answer
from ringround.campaigns.rules.early import shut_for_early
from ringround.compliance.texts import describe
from ringround.infra import clock, sql
from ringround.kernel.errors import Conflict, Fault
from ringround.orgs.actor import Actor


@transaction.atomic
def callback_take(*, actor: Actor, lead_id: UUID) -> None:
    """Hold the lead of one's own callback now. 409 `lead_held` with another in hand, `may_not_contact` by any gate."""
    assert actor.user_id is not None
    now = clock.now()
    # Before the lead's own lock, like all who take both.
    sql.rows("campaigns", "agents_lock", users=[actor.user_id])
    writer, lead, plan, _contact, _booked = open_booked(actor, lead_id, now)
    check_agent(actor=actor, plan=plan)
    if lead.reserved_by_id == actor.user_id and lead.reserved_until is not None and lead.reserved_until > now:
        return
    if sql.rows("campaigns", "held", user=actor.user_id, now=now):
        raise Conflict("lead_held", _("You have a contact in hand. Finish it first."))
    if shut := shut_for_early(answer(plan, lead, actor.user_id, now).gates):
        raise Conflict(
            "may_not_contact",
            _("This contact may not be called now."),
            errors=[Fault(("lead",), gate.gate, describe(gate.detail) or gate.gate) for gate in shut if gate.detail],
        )
    reserve(writer, plan, lead, actor.user_id, rule="taken")
    writer.flush()
