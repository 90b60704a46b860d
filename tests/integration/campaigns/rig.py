"""A campaign in full swing: contacts with the numbers, zones and values a test asks for, their leads, agents at work.

Everything is made by the product's own actions; what a test says of a lead beside that (an owner, a rank) is written to
its row and placed again, as `Writer` does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from ringround.campaigns import actions
from ringround.campaigns.actions import Handout, NoLead
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.models import Campaign, Disposition, HandoutLog, Lead, NumberHold
from ringround.campaigns.queries.plan_facts import plan_load
from ringround.config.wiring import make_relay
from ringround.contacts import actions as contacts
from ringround.contacts.models import ContactList
from ringround.infra import clock, sql
from ringround.orgs.actor import Actor
from tests.factories import Cast, Staff, cast

# Monday 2 March 2026, 10:00 in Copenhagen.
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ALL_DAY = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
COLUMNS = [
    {"name": "name", "type": "text", "role": "name"},
    {"name": "mobile", "type": "phone"},
    {"name": "home", "type": "phone"},
    {"name": "zone", "type": "text", "role": "timezone"},
    {"name": "city", "type": "text", "role": "city"},
    {"name": "debt", "type": "number"},
    {"name": "live", "type": "text"},
]
_serial = count()


def phone() -> str:
    """A Danish number that nobody else in these tests has."""
    return f"+452812{next(_serial):04d}"


@dataclass
class Rig:
    """One organisation's lists, campaigns and agents."""

    cast: Cast
    staff: Staff
    lists: dict[UUID, ContactList] = field(default_factory=dict)

    # --- making -------------------------------------------------------------------------------

    def campaign(
        self,
        *,
        agents: list[Actor] | None = None,
        running: bool = True,
        agency: Staff | None = None,
        hours: Any = None,
        mode: str = "preview",
        **fields: Any,
    ) -> Campaign:
        """A campaign with its own list; 00-24 every day without holidays, unless hours are given."""
        name = fields.pop("name", f"Campaign {next(_serial)}")
        listed = contacts.contact_list_create(
            actor=self.staff.manager, name=f"{name}: list", columns=COLUMNS, region="DK"
        )
        given = {"name": name, "mode": mode, "lists": [str(listed.id)], "hours": hours or ALL_DAY, "holidays": None}
        if agency is not None:
            given["agency"] = str(agency.org.id)
        made = actions.campaign_create(actor=self.staff.manager, fields={**given, **fields})
        self.lists[made.id] = listed
        who = agency or self.staff
        people = agents if agents is not None else [who.senior, who.junior]
        actions.agents_put(actor=self.staff.manager, campaign_id=made.id, users=[one.user_id for one in people])
        if running:
            Campaign.objects.filter(id=made.id).update(state="running")
        made.refresh_from_db()
        return made

    def contact(self, campaign: Campaign, *, mobile: str | None = None, home: str = "", **fields: Any) -> UUID:
        values = {"name": f"Person {next(_serial)}", "mobile": mobile or phone(), "home": home, **fields}
        listed = self.lists[campaign.id]
        return contacts.contact_create(actor=self.staff.manager, list_id=listed.id, fields=values).id

    def lead(
        self, campaign: Campaign, *, contact: UUID | None = None, mobile: str | None = None, home: str = "",
        fields: dict[str, Any] | None = None, **facts: Any,
    ) -> UUID:  # fmt: skip
        """A lead in the state that `facts` say, placed accordingly."""
        one = contact or self.contact(campaign, mobile=mobile, home=home, **(fields or {}))
        actions.list_leads_add(campaign_id=campaign.id, contact_ids=[one])
        made = Lead.objects.get(campaign=campaign.id, contact=one)
        if facts:
            self.put(made.id, **facts)
        return made.id

    def leads(self, campaign: Campaign, number: int) -> list[UUID]:
        return [self.lead(campaign) for _ in range(number)]

    def put(self, lead_id: UUID, **facts: Any) -> None:
        """Write fields of a lead, and place it."""
        row = sql.row("campaigns", "lead_lock", lead=lead_id)
        assert row is not None
        writer = Writer(plan_load(campaign_id=row["campaign_id"]), clock.now())
        lead = writer.open(row)
        for name, value in facts.items():
            assert hasattr(lead, name), name
            setattr(lead, name, value)
        writer.flush(quiet=True)

    def settings(self, campaign: Campaign, **settings: Any) -> None:
        """Change settings of a running campaign and place its leads again."""
        actions.campaign_change(actor=self.staff.manager, campaign_id=campaign.id, fields={"settings": settings})
        actions.leads_replace(campaign_id=campaign.id)

    # --- doing --------------------------------------------------------------------------------

    def next(self, agent: Actor, campaign: Campaign) -> Handout | NoLead:
        return actions.lead_next(actor=agent, campaign_id=campaign.id)

    def given(self, agent: Actor, campaign: Campaign) -> UUID | None:
        """The lead that the agent gets, or None."""
        found = self.next(agent, campaign)
        return found.lead_id if isinstance(found, Handout) else None

    def say(self, agent: Actor, lead_id: UUID, kind: str, **more: Any) -> None:
        """Disposition the held lead with the campaign's first disposition of this kind."""
        campaign_id = Lead.objects.values_list("campaign_id", flat=True).get(id=lead_id)
        found = Disposition.objects.filter(campaign=campaign_id, kind=kind).order_by("position")[0]
        actions.disposition_save(actor=agent, lead_id=lead_id, disposition=found.id, **more)

    def drain(self, agent: Actor, campaign: Campaign, most: int = 50) -> list[UUID]:
        """All leads the agent gets one after another, each closed as it comes."""
        got: list[UUID] = []
        while (lead_id := self.given(agent, campaign)) is not None and len(got) < most:
            got.append(lead_id)
            self.say(agent, lead_id, "not_engaged")
        return got

    def relay(self) -> None:
        """Let the relay do all that waits: reactions, and what time has made due."""
        make_relay().drain()

    # --- seeing -------------------------------------------------------------------------------

    def see(self, lead_id: UUID) -> Lead:
        return Lead.objects.get(id=lead_id)

    def held_numbers(self) -> set[str]:
        return set(NumberHold.objects.values_list("number", flat=True))

    def log(self, lead_id: UUID) -> list[tuple[str, str]]:
        """What the hand-out log says of a lead, in the order of the transactions: (what, rule or reason)."""
        rows = HandoutLog.objects.filter(lead_id=lead_id).order_by("xid", "id")
        return [(row.what, row.rule or row.reason) for row in rows]


def rig(staff: str = "charity") -> Rig:
    made = cast()
    return Rig(made, getattr(made, staff))


def later(**by: float) -> datetime:
    """Move business time forward."""
    return clock.advance(timedelta(**by))
