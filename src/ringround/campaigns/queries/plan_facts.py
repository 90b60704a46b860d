"""A campaign as the hand-out and the rules need it: one row, read once for each action."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from ringround.campaigns.rules import settings as rules_settings
from ringround.campaigns.rules.place import Order
from ringround.compliance import rules as compliance
from ringround.compliance.rules import CampaignFacts, ContactFacts, lead_windows
from ringround.infra import sql
from ringround.kernel.errors import NotFound
from ringround.kernel.windows import Hours, all_open


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A campaign's row with its settings made whole. `member_id` is the asking user's as an agent, if they are one."""

    id: UUID
    merchant_id: UUID
    agency_id: UUID
    name: str
    state: str
    mode: str
    timezone: str
    target: int | None
    version: int
    external_site: str | None
    facts: CampaignFacts
    settings: dict[str, Any]
    zones: dict[int, str]
    member_id: UUID | None
    live: bool  # the agency may still work for the merchant

    @property
    def order(self) -> Order:
        return Order(
            lead_order=self.settings["lead_order"],
            seed=self.id.int & 0xFFFF_FFFF,
            max_attempts=self.settings["max_attempts"],
            release_private_after_h=self.settings["release_private_after_h"],
        )

    @property
    def also_org_id(self) -> UUID | None:
        """Who beside the merchant may read this campaign's events."""
        return self.agency_id if self.agency_id != self.merchant_id else None

    def in_window(self, now: datetime) -> bool:
        """Between the campaign's start and end."""
        return compliance.campaign_window(self.facts, now).ok

    def serves(self, now: datetime) -> bool:
        """Whether anything may be handed out: all gates that are the campaign's own and not a lead's."""
        return self.state == "running" and self.in_window(now) and compliance.knows_packs(self.facts)

    def reservation(self) -> timedelta:
        return timedelta(seconds=self.settings["reservation_s"])


@lru_cache(maxsize=512)
def _hours(text: str) -> Hours:
    return Hours.parse(json.loads(text))


def plan_load(*, campaign_id: UUID, user_id: UUID | None = None) -> Plan:
    """The campaign by its id, unchecked: the caller has looked at who asks."""
    row = sql.row("campaigns", "plan", campaign=campaign_id, user=user_id)
    if row is None:
        raise NotFound("campaign")
    return _plan(row)


def plan_known(*, campaign_id: UUID, version: int, state: str, member_id: UUID | None, live: bool) -> Plan:
    """As `plan_load`, from memory where this process has read this version of the campaign: the other
    arguments are as the caller has just read them. `zones` may be fewer than there are by now."""
    plan = _known.get(campaign_id)
    if plan is None or plan.version != version:
        plan = plan_load(campaign_id=campaign_id)
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[campaign_id] = plan
    return replace(plan, state=state, member_id=member_id, live=live)


_known: dict[UUID, Plan] = {}
_MOST_KNOWN = 500


def _plan(row: dict[str, Any]) -> Plan:
    raw, hours = (json.loads(v) if isinstance(v, str) else v for v in (row["settings"], row["hours"]))
    settings = rules_settings.whole(raw)
    return Plan(
        id=row["id"],
        merchant_id=row["merchant_id"],
        agency_id=row["agency_id"],
        name=row["name"],
        state=row["state"],
        mode=row["mode"],
        timezone=row["timezone"],
        target=row["target"],
        version=row["version"],
        external_site=row["external_site"],
        facts=CampaignFacts(
            hours=_hours(json.dumps(hours, sort_keys=True)),
            zone=row["timezone"],
            holidays=row["holidays"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            packs=tuple(row["packs"]),
            deactivation_column=settings["deactivation_column"],
        ),
        settings=settings,
        zones=dict(zip(row["zone_ids"], row["zone_keys"], strict=True)),
        member_id=row["member_id"],
        live=row["live"],
    )


def zone_key(zones: tuple[str, ...], country: str | None) -> str:
    """How a lead's whereabouts are written in `CampaignZone`; no zones means the campaign's own."""
    return f"{','.join(zones)}|{country or ''}"


def zone_facts(key: str) -> ContactFacts:
    """Whereabouts as written, for the hours gate."""
    zones, _, country = key.partition("|")
    return ContactFacts(number_zones=tuple(z for z in zones.split(",") if z), country=country or None)


def zones_open(*, plan: Plan, now: datetime) -> list[int]:
    """Which of the campaign's zones may be called at this moment: a handful, asked once for each claim."""
    return [zone for zone, key in plan.zones.items() if all_open(lead_windows(zone_facts(key), plan.facts), now)]
