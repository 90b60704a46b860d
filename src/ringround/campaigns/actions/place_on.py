"""Placing the contacts of leads on other campaigns, for `actions.apply`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.campaigns.actions.leads import NewLead, leads_place
from ringround.campaigns.queries.plan_facts import Plan, plan_load
from ringround.campaigns.queries.whereabouts import zone_of
from ringround.contacts.queries import contacts_for_leads
from ringround.infra import sql
from ringround.kernel.calendar import add_days_local


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """A contact to be placed on a campaign. `next_contact_at`, or in `days` at the same local time."""

    at: int  # which step it is of
    campaign_id: UUID
    contact_id: UUID
    org_id: UUID
    next_contact_at: datetime | None = None
    days: int | None = None
    duplicate: str = "skip"
    cause: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Placed:
    """What became of a placing: a lead that was made, one that was there, or why not."""

    made: UUID | None = None
    there: UUID | None = None
    reason: str = ""


@dataclass(slots=True)
class Places:
    """The placings of one batch: `lock` before the leads are locked, `put` after."""

    wanted: Sequence[Placing]
    now: datetime
    there: dict[tuple[UUID, UUID], UUID] = field(default_factory=dict)
    _bad: dict[UUID, str] = field(default_factory=dict)

    def lock(self) -> None:
        """Lock the campaigns, and find who is a lead there already (`there`: by campaign and contact)."""
        if not self.wanted:
            return
        ids = list({one.campaign_id for one in self.wanted})
        rows = {row["id"]: row for row in sql.rows("campaigns", "campaigns_lock", campaigns=ids)}
        for one in self.wanted:
            row = rows.get(one.campaign_id)
            if row is None or row["merchant_id"] != one.org_id or row["state"] == "archived":
                self._bad[one.campaign_id] = "campaign_gone"
        found = sql.rows(
            "campaigns", "leads_there", contacts=[one.contact_id for one in self.wanted],
            campaigns=[one.campaign_id for one in self.wanted],
        )  # fmt: skip
        self.there = {(row["campaign_id"], row["contact_id"]): row["id"] for row in found}

    def put(self, wanted: Sequence[Placing]) -> dict[int, Placed]:
        """Place these; what became of each, by step."""
        done: dict[int, Placed] = {}
        by_campaign: dict[UUID, list[Placing]] = {}
        for one in wanted:
            if one.campaign_id in self._bad:
                done[one.at] = Placed(reason=self._bad[one.campaign_id])
            elif (key := (one.campaign_id, one.contact_id)) in self.there:
                done[one.at] = Placed(there=self.there[key])
            else:
                by_campaign.setdefault(one.campaign_id, []).append(one)
        for campaign_id, mine in by_campaign.items():
            plan = plan_load(campaign_id=campaign_id)
            times = self.times(plan, mine)
            first = {one.contact_id: one for one in reversed(mine)}
            made = leads_place(
                plan=plan, now=self.now,
                leads=[NewLead(contact_id=one.contact_id, next_contact_at=times[one.at]) for one in first.values()],
                causes={one.contact_id: one.cause for one in first.values()},
            )  # fmt: skip
            for one in mine:
                lead_id = made.get(one.contact_id)
                if lead_id is None:
                    done[one.at] = Placed(reason="contact_gone")
                elif first[one.contact_id] is one:
                    done[one.at] = Placed(made=lead_id)
                    # Who is placed there by the next wave finds it.
                    self.there[campaign_id, one.contact_id] = lead_id
                else:
                    done[one.at] = Placed(there=lead_id)
        return done

    def times(self, plan: Plan, placings: Sequence[Placing]) -> dict[int, datetime | None]:
        """When each may be called first, by step: counted in days on the wall where the contact is."""
        counted = [one.contact_id for one in placings if one.days is not None]
        zones = {one.id: zone_of(one, plan) for one in contacts_for_leads(counted)} if counted else {}
        return {
            one.at: add_days_local(self.now, one.days, zones[one.contact_id])
            if one.days is not None and one.contact_id in zones
            else one.next_contact_at
            for one in placings
        }
