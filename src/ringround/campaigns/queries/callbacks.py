"""Booked callbacks: of oneself, of those one supervises."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from ringround.campaigns.models import Callback, CampaignMember
from ringround.campaigns.queries.leads import Page
from ringround.campaigns.queries.plan import visible_campaigns
from ringround.kernel import cursors
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

MOST_AGENTS = 1000


def callback_list(
    *,
    actor: Actor,
    agent_id: UUID | None = None,
    campaign_id: UUID | None = None,
    common: bool | None = None,
    supervised: bool = False,
    due_after: datetime | None = None,
    due_by: datetime | None = None,
    size: int = 50,
    after: str | None = None,
) -> Page:
    """Booked callbacks, the next first, with their leads. Agents get their own and their campaigns' common ones.

    `supervised`: of campaigns that the actor supervises. `due_after` is the moment itself too, `due_by` likewise.
    """
    found = Callback.objects.filter(state="booked", campaign__in=visible_campaigns(actor)).select_related(
        "lead", "campaign", "owner"
    )
    if actor.role in ("senior_agent", "junior_agent"):
        found = found.filter(Q(owner=actor.user_id) | Q(private=False))
    if supervised:
        mine = CampaignMember.objects.filter(user=actor.user_id, duty="supervisor").values("campaign")
        found = found.filter(campaign__in=mine)
    if agent_id is not None:
        found = found.filter(owner=agent_id)
    if common is not None:
        found = found.filter(private=not common)
    if campaign_id is not None:
        found = found.filter(campaign=campaign_id)
    if due_after is not None:
        found = found.filter(at__gte=due_after)
    if due_by is not None:
        found = found.filter(at__lte=due_by)
    if after:
        at, last = cursors.decode_at(after)
        found = found.filter(Q(at__gt=at) | Q(at=at, id__gt=last))
    items = list(found.order_by("at", "id")[: size + 1])
    more = len(items) > size
    items = items[:size]
    return Page(items, cursors.encode_at(items[-1].at, items[-1].id) if more else None)


def callback_version(one: Callback) -> str:
    """Changes with whatever of it can be changed: what somebody has read may be another's by now."""
    said = (one.at.timestamp(), one.private, str(one.owner_id), one.number, one.note)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def callback_agents(*, actor: Actor) -> list[tuple[UUID, str]]:
    """Who works on campaigns that the actor sees, or keeps a callback of them, by name."""
    require(actor, "campaigns.callbacks.change")
    seen = visible_campaigns(actor).exclude(state="archived")
    ids: list[UUID] = list(
        CampaignMember.objects.filter(campaign__in=seen, duty="agent")
        .values_list("user_id", flat=True)
        .distinct()[:MOST_AGENTS]
    )
    owners = Callback.objects.filter(state="booked", private=True, campaign__in=seen, owner__isnull=False)
    ids += list(owners.values_list("owner_id", flat=True).distinct()[:MOST_AGENTS])
    names = orgs.user_names(user_ids=ids)
    return sorted(names.items(), key=lambda pair: (pair[1].casefold(), str(pair[0])))


def callbacks_owned(*, actor: Actor, agent_id: UUID, campaign_id: UUID | None, most: int) -> Sequence[UUID]:
    """The leads whose private callback this agent keeps, as far as the actor sees them; the next first."""
    found = Callback.objects.filter(state="booked", private=True, owner=agent_id, campaign__in=visible_campaigns(actor))
    if campaign_id is not None:
        found = found.filter(campaign=campaign_id)
    return list(found.order_by("at", "id").values_list("lead_id", flat=True)[:most])
