"""Reading campaigns: which of them an actor sees, one or many, and what the API says of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from ringround.campaigns.models import Campaign, CampaignMember, Disposition, FormField
from ringround.campaigns.permissions import MERCHANTS_OWN
from ringround.campaigns.queries.members import agent_ids, members_of
from ringround.campaigns.rules import lifecycle
from ringround.campaigns.rules import settings as rules_settings
from ringround.campaigns.rules.forms import FieldSpec
from ringround.infra import clock, sql
from ringround.kernel import cursors
from ringround.kernel.errors import Forbidden, NotFound
from ringround.kernel.messages import N_
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import AGENT, allows, require

AGENTS = frozenset({"senior_agent", "junior_agent"})
# What stands on the list when nobody asks for a state.
ALIVE = tuple(state.value for state in lifecycle.State if state is not lifecycle.State.ARCHIVED)


def visible_campaigns(actor: Actor) -> QuerySet[Campaign]:
    """The one rule of who sees which campaign.

    The merchant's own, and those an agency was given for as long as its link is live: a revoked link takes them away
    with the next query. Agents see those they are on.
    """
    live = Func(F("merchant_id"), Value(actor.org_id), function="orgs_link_live", output_field=BooleanField())
    found = Campaign.objects.filter(Q(merchant_id=actor.org_id) | (Q(agency_id=actor.org_id) & Q(live)))
    if actor.role == "external_system":
        # It acts through the agents it names, and sees nothing by itself.
        return found.none()
    if actor.role in AGENTS:
        mine = CampaignMember.objects.filter(user=actor.user, duty="agent")
        found = found.filter(id__in=mine.values("campaign_id"))
    return found


def campaign_get(*, actor: Actor, campaign_id: UUID) -> Campaign:
    """The campaign, or NotFound for whoever may not see it."""
    require(actor, "campaigns.view")
    found = campaign_find(actor=actor, campaign_id=campaign_id)
    if found is None:
        raise NotFound("campaign")
    return found


def campaign_find(*, actor: Actor, campaign_id: UUID) -> Campaign | None:
    """The campaign, or None for whoever may not see it."""
    return visible_campaigns(actor).select_related("merchant", "agency").filter(id=campaign_id).first()


def campaign_names(*, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names of campaigns that the caller has found visible, by id."""
    return dict(Campaign.objects.filter(id__in=set(ids)).values_list("id", "name"))


def may(actor: Actor, campaign: Campaign, permission: str) -> bool:
    """Whether the actor has the permission, on this campaign: an agency not what stays with its merchant."""
    return allows(actor, permission) and (permission not in MERCHANTS_OWN or campaign.merchant_id == actor.org_id)


def check_may(actor: Actor, campaign: Campaign, permission: str) -> None:
    """Raise Forbidden unless `may`."""
    require(actor, permission)
    if not may(actor, campaign, permission):
        raise Forbidden(permission, N_("Only the merchant's own people may do this."), code="merchant_only")


@dataclass(frozen=True, slots=True)
class CampaignPage:
    items: list[Campaign]
    next: str | None


def campaign_page(
    *,
    actor: Actor,
    states: Sequence[str] = ALIVE,
    q: str = "",
    mode: str = "",
    merchant: UUID | None = None,
    size: int = 50,
    after: str | None = None,
) -> CampaignPage:
    """Campaigns that the actor sees, newest first; without the archived unless they are asked for."""
    require(actor, "campaigns.view")
    found = visible_campaigns(actor).select_related("merchant", "agency").filter(state__in=list(states))
    if q.strip():
        found = found.filter(Q(name__icontains=q.strip()) | Q(description__icontains=q.strip()))
    if mode:
        found = found.filter(mode=mode)
    if merchant is not None:
        found = found.filter(merchant=merchant)
    if after:
        (last,) = cursors.decode(after, UUID)
        found = found.filter(id__lt=last)
    rows = list(found.order_by("-id")[: size + 1])
    following = cursors.encode([rows[size - 1].id]) if len(rows) > size else None
    return CampaignPage(rows[:size], following)


def merchants_of(*, actor: Actor) -> list[tuple[UUID, str]]:
    """For whom an agency works, by the campaigns that the actor sees: id and name, by name. Others work for nobody."""
    if actor.organisation.kind != "agency":
        return []
    found = visible_campaigns(actor).exclude(merchant=actor.org_id).values_list("merchant_id", "merchant__name")
    return list(found.distinct().order_by("merchant__name", "merchant_id"))


def state_counts(*, actor: Actor, merchant: UUID | None = None) -> dict[str, int]:
    """How many of the campaigns that the actor sees, of one merchant where it is asked for, are in each state."""
    found = dict.fromkeys(lifecycle.State, 0)
    seen = visible_campaigns(actor)
    for state in (seen if merchant is None else seen.filter(merchant=merchant)).values_list("state", flat=True):
        found[lifecycle.State(state)] += 1
    return {state.value: number for state, number in found.items()}


# --- parts ------------------------------------------------------------------------------------


def dispositions_of(*, campaign_id: UUID, hidden: bool = True) -> list[Disposition]:
    """The dispositions in order; without the hidden ones for those who choose."""
    found = Disposition.objects.filter(campaign_id=campaign_id, removed_at__isnull=True)
    if not hidden:
        found = found.filter(hidden=False)
    return list(found.order_by("position", "id"))


def member_ids(*, campaign_id: UUID, duty: str) -> list[UUID]:
    """Who has been put on the campaign, in that order: also who may not work it any more (`queries.members`)."""
    rows = CampaignMember.objects.filter(campaign_id=campaign_id, duty=duty).order_by("id")
    return list(rows.values_list("user_id", flat=True))


def agents_seen(*, actor: Actor) -> list[orgs.Person]:
    """The agents of all campaigns that the actor sees, by name; nobody else of the organisations they work for."""
    seen = visible_campaigns(actor)
    ids = CampaignMember.objects.filter(campaign__in=seen, duty="agent").values_list("user_id", flat=True).distinct()
    places = {one for pair in seen.values_list("merchant_id", "agency_id").distinct() for one in pair}
    found = orgs.members(organisation_ids=places, roles=sorted(AGENT), user_ids=list(ids))
    return list({one.id: one for one in found}.values())


def readiness(*, campaign: Campaign) -> lifecycle.Readiness:
    """What approval asks about, read now."""
    settings = rules_settings.whole(campaign.settings)
    return lifecycle.Readiness(
        mode=campaign.mode,
        agents=len(agent_ids(campaign=campaign)),
        lists=campaign.lists.count(),
        leads=counts(campaign_ids=[campaign.id]).get(campaign.id, {}).get("leads", 0),
        dispositions=Disposition.objects.filter(campaign=campaign, removed_at__isnull=True, locked=False).count(),
        open_hours=any(campaign.hours.values()),
        fed_by_others=settings["fed_by_others"],
        asks=lifecycle.asked_of_exchange(settings),
        has=frozenset(),  # the exchange `device` gives links to dial and can nothing else
    )


def counts(*, campaign_ids: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """The counts by campaign and key (`engaged`, `leads`, `status:new`…): folded and not yet folded together."""
    found: dict[UUID, dict[str, int]] = {}
    wanted = list(campaign_ids)
    if wanted:
        for row in sql.rows("campaigns", "counts", campaigns=wanted):
            found.setdefault(row["campaign_id"], {})[row["key"]] = int(row["n"])
    return found


# --- as the API says it -----------------------------------------------------------------------


def disposition_json(one: Disposition) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "kind": one.kind,
        "status": one.status,
        "outcome": one.outcome,
        "opens_form": one.opens_form,
        "hidden": one.hidden,
        "locked": one.locked,
        "order": one.position,
        "color": one.color,
        "hotkey": one.hotkey,
        "retry": one.retry,
        "sub": one.sub,
    }


def campaigns_json(*, campaigns: Sequence[Campaign]) -> list[dict[str, Any]]:
    """The API's shape of each, with a handful of queries for all of them together."""
    ids = [one.id for one in campaigns]
    numbers = counts(campaign_ids=ids)
    lists: dict[UUID, list[UUID]] = {}
    through = Campaign.lists.through.objects.filter(campaign_id__in=ids).order_by("id")
    for campaign_id, list_id in through.values_list("campaign_id", "contactlist_id"):
        lists.setdefault(campaign_id, []).append(list_id)
    people = members_of(campaigns=campaigns)
    dispositions: dict[UUID, list[Disposition]] = {}
    for one in Disposition.objects.filter(campaign_id__in=ids, removed_at__isnull=True).order_by("position", "id"):
        dispositions.setdefault(one.campaign_id, []).append(one)
    forms: dict[UUID, list[dict[str, Any]]] = {}
    for row in FormField.objects.filter(campaign_id__in=ids, removed_at__isnull=True).order_by("position", "key"):
        spec = FieldSpec(row.key, row.label, row.type, row.required, row.default, tuple(row.options), row.shown_if)
        forms.setdefault(row.campaign_id, []).append(spec.to_json())
    return [
        {
            "id": one.id,
            "name": one.name,
            "description": one.description,
            "mode": one.mode,
            "state": one.state,
            "merchant": one.merchant_id,
            "agency": one.agency_id,
            "lists": lists.get(one.id, []),
            "follow_lists": one.follow_lists,
            "timezone": one.timezone,
            "hours": one.hours,
            "holidays": one.holidays,
            "packs": one.packs,
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
            "target": one.target,
            "progress": {"engaged": numbers.get(one.id, {}).get("engaged", 0), "target": one.target},
            "priority": one.priority,
            "script": one.script,
            "caller_ids": one.caller_ids,
            "external_system": one.external_system,
            "external_campaign_id": one.external_campaign_id,
            "external_site": one.external_site,
            "workflow": one.workflow,
            "settings": rules_settings.whole(one.settings),
            "dispositions": [disposition_json(each) for each in dispositions.get(one.id, [])],
            "form": forms.get(one.id, []),
            "agents": people.get((one.id, "agent"), []),
            "supervisors": people.get((one.id, "supervisor"), []),
            "preassignment": one.preassignment or None,
            "created_at": one.created_at,
            "created_by": one.created_by_id,
            "approved_by": one.approved_by_id,
            "version": one.version,
        }
        for one in campaigns
    ]


def campaign_json(*, campaign: Campaign) -> dict[str, Any]:
    return campaigns_json(campaigns=[campaign])[0]


# --- what time asks ---------------------------------------------------------------------------


def next_end(*, after: datetime | None = None) -> datetime | None:
    """The earliest end time of a campaign that runs or is paused; for the virtual clock."""
    found = Campaign.objects.filter(state__in=["running", "paused"], ends_at__isnull=False)
    if after is not None:
        found = found.filter(ends_at__gt=after)
    return found.order_by("ends_at").values_list("ends_at", flat=True).first()


def open_now(*, campaign: Campaign) -> bool:
    """Whether the campaign runs and is between its start and its end."""
    now = clock.now()
    return (
        campaign.state == "running"
        and (campaign.starts_at is None or campaign.starts_at <= now)
        and (campaign.ends_at is None or now < campaign.ends_at)
    )
