"""Reading calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from ringround.kernel.errors import NotFound
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows, require
from ringround.telephony import exchanges
from ringround.telephony.models import Call as Call
from ringround.telephony.ports import Capability


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Narrows a list of calls; None is no matter."""

    agent_id: UUID | None = None
    number: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def dial_link(number: str, *, exchange: str = exchanges.DEFAULT) -> str | None:
    """What the agent's own device opens to call `number`; None where the exchange dials by itself."""
    return None if can(Capability.ORIGINATE, exchange=exchange) else f"tel:{number}"


def can(capability: Capability, *, exchange: str = exchanges.DEFAULT) -> bool:
    """Whether the exchange can do this: modes that dial by themselves ask for `originate`."""
    return capability in exchanges.get(exchange).capabilities


def open_call(*, agent_id: UUID) -> Call | None:
    """The agent's call under way."""
    return Call.objects.filter(agent_id=agent_id).exclude(state=Call.State.ENDED).first()


def call_of(*, call_id: UUID) -> Call:
    """A call that the caller knows to be its own; NotFound when it is gone."""
    call = Call.objects.filter(pk=call_id).first()
    if call is None:
        raise NotFound("call")
    return call


def visible(actor: Actor) -> QuerySet[Call]:
    """Calls made for the actor's organisation, or by it for a merchant that still lets it; an agent sees their own."""
    require(actor, "telephony.calls.own")
    merchants = [merchant.id for merchant in orgs.visible_merchants(actor=actor)]
    calls = Call.objects.filter(
        Q(organisation_id=actor.org_id) | Q(agency_id=actor.org_id, organisation_id__in=merchants)
    )
    if not allows(actor, "telephony.calls.read"):
        calls = calls.filter(agent_id=actor.user_id)
    return calls


def call_get(*, actor: Actor, call_id: UUID) -> Call:
    """One call, with its agent."""
    call = visible(actor).select_related("agent").filter(pk=call_id).first()
    if call is None:
        raise NotFound("call")
    return call


def call_list(*, actor: Actor, filter: CallFilter, size: int, after: tuple[datetime, UUID] | None = None) -> list[Call]:
    """A page of calls, newest first; one more than `size` where there is a next page."""
    calls = visible(actor).select_related("agent")
    if filter.agent_id is not None:
        calls = calls.filter(agent_id=filter.agent_id)
    if filter.number is not None:
        calls = calls.filter(number=filter.number)
    if filter.outcome is not None:
        calls = calls.filter(outcome=filter.outcome)
    if filter.since is not None:
        calls = calls.filter(started_at__gte=filter.since)
    if filter.until is not None:
        calls = calls.filter(started_at__lt=filter.until)
    if after is not None:
        at, last = after
        calls = calls.filter(Q(started_at__lt=at) | Q(started_at=at, pk__lt=last))
    return list(calls.order_by("-started_at", "-pk")[: size + 1])
