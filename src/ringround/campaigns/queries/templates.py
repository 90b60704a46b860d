"""Plans to be used again: what of a campaign another one begins with, and the templates a merchant has kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.campaigns import ports
from ringround.campaigns.models import Campaign, CampaignTemplate
from ringround.campaigns.queries.external import external_system_id
from ringround.campaigns.queries.members import fit_for
from ringround.campaigns.queries.plan import campaign_json
from ringround.campaigns.queries.sites import external_site_id
from ringround.campaigns.rules import parameters
from ringround.campaigns.rules import settings as rules_settings
from ringround.kernel import cursors
from ringround.kernel.errors import Fault, NotFound
from ringround.kernel.ids import parse_id
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

# What is copied, by the API's names. Not what a campaign has of its own: lists and leads, the share-out among agents,
# the id by which another system knows it, its approval and how far it has come.
_PARAMETERS = (
    "description", "mode", "follow_lists", "timezone", "hours", "holidays", "packs", "target", "priority", "script",
    "caller_ids", "external_system", "external_site", "workflow",
)  # fmt: skip
_TIMES = ("starts_at", "ends_at")
_PEOPLE = ("agents", "supervisors")


def plan_of(campaign: Campaign) -> dict[str, Any]:
    """The campaign's plan as JSON keeps it."""
    said = campaign_json(campaign=campaign)
    plan = {name: said[name] for name in _PARAMETERS}
    for name in _TIMES:
        plan[name] = said[name].isoformat() if said[name] is not None else None
    plan["workflow"] = str(plan["workflow"]) if plan["workflow"] else None
    plan["settings"] = said["settings"]
    plan["agency"] = str(campaign.agency_id)
    plan["form"] = said["form"]
    plan["dispositions"] = [{key: one[key] for key in one if key != "id"} for one in said["dispositions"]]
    for name in _PEOPLE:
        plan[name] = [str(one) for one in said[name]]
    return plan


def fields_of(
    plan: Mapping[str, Any], *, merchant_id: UUID, locked: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """What of a plan a new campaign can begin with now, as `campaign_create` takes it.

    A template may be years old: an agency whose link is gone, people who have left, a site, a system, a workflow or a
    setting that is no more, and a start or end that has passed are left out, and not refused. `locked` are the names by
    kind that a new campaign's locked dispositions have.
    """
    found: dict[str, Any] = {"mode": plan["mode"]}
    for name in _PARAMETERS:
        if name in plan and _good(name, plan[name]):
            found[name] = plan[name]
    for name in _TIMES:
        at = datetime.fromisoformat(plan[name]) if plan.get(name) else None
        found[name] = at if at is not None and at > now else None
    agency_id = parse_id(plan.get("agency"))
    if agency_id is None or not orgs.link_is_live(merchant_id=merchant_id, agency_id=agency_id):
        agency_id = merchant_id
    found["agency"] = agency_id
    system = found.get("external_system")
    if system and external_system_id(organisation_ids=[merchant_id, agency_id], ref=system) is None:
        del found["external_system"]
    site = found.get("external_site")
    if site and external_site_id(organisation_ids=[merchant_id, agency_id], ref=site) is None:
        del found["external_site"]
    workflow = parse_id(found.get("workflow"))
    if workflow is not None and workflow not in {id for id, _name in ports.workflows(merchant_id)}:
        del found["workflow"]
    known: list[Fault] = []
    found["settings"] = rules_settings.read(plan.get("settings", {}), known)
    if found.get("external_site") is None:
        # The one thing that does not go together without it.
        found["settings"].pop("interaction", None)
    found["form"] = plan.get("form", [])
    found["dispositions"] = [
        {**one, "name": locked.get(one["kind"], one["name"])} if one.get("locked") else one
        for one in plan.get("dispositions", [])
    ]
    by = Campaign(merchant_id=merchant_id, agency_id=agency_id)
    for name in _PEOPLE:
        ids = [one for one in map(parse_id, plan.get(name, [])) if one is not None]
        places, roles = fit_for(by, name.removesuffix("s"))
        fit = {one.id for one in orgs.members(organisation_ids=places, roles=sorted(roles), user_ids=ids)}
        found[name] = [str(one) for one in ids if one in fit]
    return found


def _good(name: str, value: Any) -> bool:
    faults: list[Fault] = []
    parameters.read({name: value}, faults)
    return not faults


# --- templates --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TemplatePage:
    items: list[CampaignTemplate]
    next: str | None


def template_page(*, actor: Actor, size: int = 50, after: str | None = None) -> TemplatePage:
    """The templates of the actor's organisation, newest first."""
    require(actor, "campaigns.create")
    found = CampaignTemplate.objects.select_related("created_by").filter(merchant=actor.org_id)
    if after:
        (last,) = cursors.decode(after, UUID)
        found = found.filter(id__lt=last)
    rows = list(found.order_by("-id")[: size + 1])
    following = cursors.encode([rows[size - 1].id]) if len(rows) > size else None
    return TemplatePage(rows[:size], following)


def template_get(*, actor: Actor, template_id: UUID) -> CampaignTemplate:
    """A template of the actor's organisation; NotFound."""
    found = CampaignTemplate.objects.select_related("created_by").filter(merchant=actor.org_id, id=template_id).first()
    if found is None:
        raise NotFound("campaign_template")
    require(actor, "campaigns.create")
    return found


def template_json(one: CampaignTemplate) -> dict[str, Any]:
    """The API's shape."""
    return {
        "id": one.id,
        "template": True,
        "name": one.name,
        "mode": one.mode,
        "merchant": one.merchant_id,
        "created_at": one.created_at,
        "created_by": one.created_by_id,
        "plan": one.plan,
    }
