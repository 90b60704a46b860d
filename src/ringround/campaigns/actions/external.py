"""External systems, and taking a lead for what they say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.actions.changes import reserve
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.models import Campaign, ExternalSystem
from ringround.campaigns.queries.access import check_agent, require_lead
from ringround.campaigns.queries.external import KEY, people_for, reaches
from ringround.campaigns.queries.plan_facts import plan_load
from ringround.campaigns.queries.why_not import answer
from ringround.campaigns.rules.early import shut_for_early
from ringround.campaigns.rules.lead import OPEN
from ringround.compliance.texts import describe
from ringround.infra import audit, clock, sql
from ringround.infra.unit import action
from ringround.kernel import text
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
from ringround.orgs import actions as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

MAX_NAME, MAX_EXTERNAL_ID, MAX_AGENTS = 200, 200, 2000
# In which states of its campaign a lead may be worked from outside: what is said of a call that was made is taken also
# when the campaign has been paused or completed meanwhile.
SAYABLE = ("running", "paused", "completed")


@transaction.atomic
def external_system_create(
    *, actor: Actor, key: str, name: str, agents: Mapping[str, Any] | None = None
) -> tuple[ExternalSystem, str]:
    """A system with its token, which is given here and never again."""
    require(actor, "campaigns.external.change")
    faults: list[Fault] = []
    if not KEY.fullmatch(key):
        words = _("Small letters, digits, - and _; at most 63, beginning with a letter or digit.")
        faults.append(Fault(("key",), "bad_format", words))
    found_name, found_agents = _name(name, faults), _agents(actor, agents or {}, faults)
    if faults:
        raise Invalid(faults)
    try:
        with transaction.atomic():
            made = ExternalSystem.objects.create(
                organisation=actor.organisation, key=key, name=found_name, agents=found_agents, created_at=clock.now()
            )
    except IntegrityError:
        raise Invalid.one("key", "key_taken", _("Another system has this key.")) from None
    token = orgs.system_token_create(actor=actor, system_id=made.id, name=made.name)
    _write(actor, "created", made)
    return made, token


@transaction.atomic
def external_system_change(
    *, actor: Actor, system_id: UUID, name: str | None = None, agents: Mapping[str, Any] | None = None
) -> ExternalSystem:
    """Its name, and the whole table of agents; its key stays, as addresses have it."""
    system = _lock(actor, system_id)
    require(actor, "campaigns.external.change")
    faults: list[Fault] = []
    if name is not None:
        system.name = _name(name, faults)
    if agents is not None:
        system.agents = _agents(actor, agents, faults)
    if faults:
        raise Invalid(faults)
    system.save()
    _write(actor, "changed", system)
    return system


@transaction.atomic
def external_system_renew(*, actor: Actor, system_id: UUID) -> tuple[ExternalSystem, str]:
    """A new token, given here and never again; the one before ends at once."""
    system = _lock(actor, system_id)
    require(actor, "campaigns.external.change")
    orgs.system_tokens_revoke(actor=actor, system_id=system.id)
    token = orgs.system_token_create(actor=actor, system_id=system.id, name=system.name)
    _write(actor, "renewed", system)
    return system, token


@transaction.atomic
def external_system_delete(*, actor: Actor, system_id: UUID) -> None:
    """End it with its token; refused while a campaign that is not over, and that it still reaches, names it."""
    system = _lock(actor, system_id)
    require(actor, "campaigns.external.change")
    using = Campaign.objects.filter(external_system=str(system.id)).exclude(state__in=("completed", "archived"))
    # A merchant whose link with the agency has ended, or who has given the campaign to another, is reached no more, and
    # the agency could not take its system off there.
    if any(one.merchant_id == system.organisation_id or reaches(system=system, campaign=one) for one in using):
        raise Conflict("in_use", _("A campaign is worked through this system. Take it off there first."))
    orgs.system_tokens_revoke(actor=actor, system_id=system.id)
    _write(actor, "deleted", system)
    system.delete()


@action
def lead_take(*, actor: Actor, lead_id: UUID, to_call: bool) -> None:
    """Hold a lead that was named from outside, for this agent of its campaign; 409 `lead_held` by another.

    `to_call`: it is to be called now, so the campaign runs, every gate but the time it is due is asked, and the agent
    has nothing else in hand. Otherwise a call has been made elsewhere, and what happened in it is true whatever the
    gates say; its disposition follows in the same transaction and ends the lease.
    """
    assert actor.user_id is not None
    require_lead(actor=actor, lead_id=lead_id)
    require(actor, "campaigns.work")
    now = clock.now()
    # Before the lead's own lock, like all who take both.
    sql.rows("campaigns", "agents_lock", users=[actor.user_id])
    row = sql.row("campaigns", "lead_lock", lead=lead_id)
    if row is None:
        raise NotFound("lead")
    plan = plan_load(campaign_id=row["campaign_id"], user_id=actor.user_id)
    check_agent(actor=actor, plan=plan)
    writer = Writer(plan, now, actor)
    lead = writer.open(row)
    if lead.reserved_by_id is not None and lead.reserved_until is not None and lead.reserved_until > now:
        if lead.reserved_by_id == actor.user_id:
            return
        raise Conflict("lead_held", _("Another agent has this contact."))
    states = ("running",) if to_call else SAYABLE
    if plan.state not in states:
        raise Conflict("wrong_state", _("This campaign is not running."), allowed=states)
    if not lead.open:
        raise Conflict("wrong_state", _("The lead is closed."), allowed=sorted(OPEN))
    if to_call:
        if sql.rows("campaigns", "held", user=actor.user_id, now=now):
            raise Conflict("lead_held", _("You have a contact in hand. Finish it first."))
        if shut := shut_for_early(answer(plan, lead, actor.user_id, now).gates):
            why = [Fault(("lead",), one.gate, describe(one.detail) if one.detail else one.gate) for one in shut]
            raise Conflict("may_not_contact", _("This contact may not be called now."), errors=why)
        reserve(writer, plan, lead, actor.user_id, rule="taken")
    else:
        lead.reserved_by_id, lead.reserved_at, lead.handout_rule = actor.user_id, now, "taken"
        lead.reserved_until = now + plan.reservation()
        writer.event(lead, "campaigns.lead.handed_out", agent=str(actor.user_id), rule="taken")
        writer.log(lead, actor.user_id, "handed_out", "taken")
    writer.flush()


# --- inside -------------------------------------------------------------------------------------


def _lock(actor: Actor, system_id: UUID) -> ExternalSystem:
    found = ExternalSystem.objects.select_for_update().filter(organisation=actor.organisation, id=system_id).first()
    if found is None:
        raise NotFound("external_system")
    return found


def _name(name: str, faults: list[Fault]) -> str:
    found = text.clean(name)
    if not found:
        faults.append(Fault(("name",), "required", _("Give it a name.")))
    elif len(found) > MAX_NAME:
        faults.append(Fault(("name",), "too_long", _("At most %(limit)s characters.") % {"limit": MAX_NAME}))
    return found


def _agents(actor: Actor, agents: Mapping[str, Any], faults: list[Fault]) -> dict[str, str]:
    """The table with users' ids, whether they were named by id or by address."""
    if len(agents) > MAX_AGENTS:
        faults.append(Fault(("agents",), "too_long", _("At most %(limit)s agents.") % {"limit": MAX_AGENTS}))
        return {}
    people = people_for(actor)
    known = {str(one.id): str(one.id) for one in people} | {one.email: str(one.id) for one in people}
    found: dict[str, str] = {}
    for written, user in agents.items():
        external = text.clean(str(written))
        if not external or len(external) > MAX_EXTERNAL_ID:
            faults.append(Fault(("agents", written), "bad_value", _("This is not an id.")))
        elif (who := known.get(str(user).strip().lower())) is None:
            faults.append(Fault(("agents", written), "unknown_user", _("There is no such user there.")))
        else:
            found[external] = who
    return found


def _write(actor: Actor, what: str, system: ExternalSystem) -> None:
    audit.write(
        actor=actor, action=f"campaigns.external_system.{what}", org_id=system.organisation_id,
        subject_type="external_system", subject_id=system.id,
    )  # fmt: skip
