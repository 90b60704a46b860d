"""The hand-out on the real database and virtual time: agents ask, skip, vanish and disposition twice; supervisors
reassign, release and reset; two campaigns share numbers. After each step the database must hold together, and each
lead given must be the one that an oracle finds by reading all rows with the pure rules.

Schedules are drawn by a seeded generator: the same each time. `RINGROUND_TEST_SOAK=1` plays many more.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import pytest

from ringround.campaigns.rules import place as rules
from ringround.campaigns.rules.place import BY_TIME, Queue
from ringround.compliance import rules as compliance
from ringround.compliance.packs import PACKS
from ringround.compliance.packs.shapes import MostCalls, Pack, PriorBasis, RestAfterRefusal, Rule, Source
from ringround.compliance.rules import ContactFacts
from ringround.infra import clock
from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.messages import N_

if TYPE_CHECKING:
    from datetime import datetime

    from ringround.campaigns.models import Campaign
    from ringround.campaigns.queries.plan_facts import Plan
    from ringround.campaigns.rules.lead import LeadFacts
    from ringround.orgs.actor import Actor
    from tests.integration.campaigns.rig import Rig

DAY_ONE = date(2026, 3, 1)
# A pack that bars within minutes what real ones bar within months; its rules are checked by the same code.
QUICK = Pack(
    key="quick", name=N_("Quick"), about=N_("For these tests."), zone="UTC", left_out=(),
    rules=tuple(
        Rule(key=f"quick.{name}", says=N_("Made up."), effect=effect, source=Source("none", "none"), checked_on=DAY_ONE)
        for name, effect in {
            "often": MostCalls(2, timedelta(hours=2)),
            "apart": MostCalls(1, timedelta(minutes=20)),
            "refusal": RestAfterRefusal(timedelta(hours=3)),
            "basis": PriorBasis(consent=True, relations={"donor": 0}),
        }.items()
    ),
)  # fmt: skip
SEEDS = range(40) if os.environ.get("RINGROUND_TEST_SOAK") else range(4)
STEPS = 60
KINDS = ["engaged", "not_engaged", "no_contact", "no_contact", "callback_private", "do_not_call_back", "invalid"]
ORDERS = ["position", "priority", "newest", "random", "attempts", "last_contact", "column:city"]


class Eligible(NamedTuple):
    id: UUID
    queue: Queue
    busy: bool  # a number of it is in use through another lead


class Play:
    """One schedule."""

    def __init__(self, rig: Rig, seed: int, packs: tuple[str, ...] = ()) -> None:
        self.rig, self.dice = rig, Random(seed)
        staff = rig.staff
        from tests.factories import member

        self.agents = [staff.senior, staff.junior, *(member(staff.org, "junior_agent", f"A{n}") for n in range(2))]
        self.campaigns = [
            rig.campaign(
                agents=self.agents,
                settings={
                    "lead_order": self.dice.choice(ORDERS), "skip": "yes", "skip_cooldown_s": 300, "quarantine_s": 900,
                    "reservation_s": 120, "max_attempts": 3, "max_attempts_per_number": 2,
                    "release_private_after_h": 1, "new_per_retried": self.dice.choice([None, 1, 2]),
                    "expiry_days": self.dice.choice([None, 1]),
                },
                packs=list(one),
            )
            for one in (packs, ())
        ]  # fmt: skip
        shared = [f"+4528{130000 + seed * 100 + n:06d}" for n in range(5)]
        self.leads = [
            rig.lead(
                self.dice.choice(self.campaigns),
                mobile=self.dice.choice(shared) if self.dice.random() < 0.4 else None,
                fields={"city": self.dice.choice(["Ål", "Æbelø", "Odense", ""])},
                **self.begins(),
                priority=self.dice.randrange(3),
                assigned_to_id=self.dice.choice([None, None, self.dice.choice(self.agents).user_id]),
            )
            for _ in range(24)
        ]
        self.kept = {lead: self._row(lead)["assigned_to_id"] for lead in self.leads}
        self.consents: dict[UUID, UUID] = {}
        if packs:
            for lead in self.leads:
                self.ground(lead)
            rig.relay()

    def begins(self) -> dict[str, Any]:
        """How a lead begins: every part of the order is there from the start, and stays contested."""
        past = clock.now() - timedelta(minutes=self.dice.randrange(1, 50))
        ahead = clock.now() + timedelta(minutes=self.dice.randrange(1, 30))
        at = self.dice.choice([past, ahead])
        return self.dice.choice(
            [
                {}, {}, {"urgent_at": past}, {"status": "automatic_redial", "next_contact_at": at, "attempts": 1},
                {"status": "automatic_redial", "next_contact_at": past, "attempts": 1},
                {"status": "common_redial", "next_contact_at": at},
                {"status": "private_redial", "next_contact_at": at, "owner_id": self.dice.choice(self.agents).user_id},
            ]
        )  # fmt: skip

    # --- moves --------------------------------------------------------------------------------

    def step(self) -> None:
        moves = (
            [self.ask] * 6 + [self.say] * 4 + [self.skip] * 2 + [self.wait] * 3 + [self.supervise] * 2 + [self.relay]
        )
        if self.consents:
            moves += [self.change_ground] * 2 + [self.call]
        try:
            self.dice.choice(moves)()
        except (Conflict, Invalid):
            pass  # refusals are answers too; what they leave behind is looked at below

    def ask(self) -> None:
        agent, campaign = self.dice.choice(self.agents), self.dice.choice(self.campaigns)
        from ringround.campaigns import actions
        from ringround.campaigns.models import HandoutLog

        # Time's own changes first, so that the oracle reads what the claim will.
        while actions.turn_due(now=clock.now()):
            pass
        held = self.held(agent)
        order = [] if held else self.oracle(agent, campaign)
        said = self.callable(agent, campaign)
        found = self.rig.given(agent, campaign)
        if held is not None:
            assert found == held
            return
        first = next((one for one in order if not one.busy), None)
        assert found == (first.id if first else None)
        assert said == {one.id for one in order if not one.busy}, "why not says other than the claim"
        if first is not None:
            log = HandoutLog.objects.filter(lead_id=found, what="handed_out").latest("id")
            assert (log.rule, log.user_id) == (rules.RULE[first.queue], agent.user_id)
            before = [one.id for one in order[: order.index(first)]]
            if campaign.packs:
                # Those too that a pack has barred since they were placed.
                assert [one for one in log.passed_over if one in before] == before
            else:
                assert log.passed_over == before

    def say(self) -> None:
        agent, lead = self.holder()
        if agent is None or lead is None:
            return
        kind = self.dice.choice(KINDS)
        more = {"callback": {"at": clock.now() + timedelta(minutes=20)}} if kind == "callback_private" else {}
        self.rig.say(agent, lead, kind, **more)
        if self.dice.random() < 0.3:
            with pytest.raises(Conflict):
                self.rig.say(agent, lead, kind, **more)

    def skip(self) -> None:
        from ringround.campaigns import actions

        agent, lead = self.holder()
        if agent is not None and lead is not None:
            actions.lead_skip(actor=agent, lead_id=lead)

    def wait(self) -> None:
        clock.advance(timedelta(seconds=self.dice.choice([1, 30, 119, 120, 121, 600, 900, 3600])))

    def relay(self) -> None:
        self.rig.relay()

    def call(self) -> None:
        """A call is made and nothing said: it counts for everybody who has this number."""
        from ringround.campaigns import actions

        agent, lead = self.holder()
        if agent is not None and lead is not None:
            actions.call_start(actor=agent, lead_id=lead)

    def ground(self, lead: UUID) -> None:
        """A consent, a relation that begins or ends within the day, or nothing."""
        from ringround.contacts import actions as contacts

        contact = self._row(lead)["contact_id"]
        manager = self.rig.staff.manager
        if self.dice.random() < 0.8:
            self.consents[contact] = contacts.consent_add(
                actor=manager, contact_id=contact, channel=self.dice.choice(["phone", "any"]), given_at=clock.now(),
                source="test",
            )  # fmt: skip
        elif self.dice.random() < 0.5:
            day = clock.now().date() + timedelta(days=self.dice.choice([-1, 0, 1]))
            relation = {"kind": "donor", self.dice.choice(["since", "until"]): day}
            contacts.relation_set(actor=manager, contact_id=contact, relation=relation)

    def change_ground(self) -> None:
        from ringround.contacts import actions as contacts

        lead = self.dice.choice(self.leads)
        contact = self._row(lead)["contact_id"]
        if contact in self.consents:
            consent = self.consents.pop(contact)
            contacts.consent_withdraw(actor=self.rig.staff.manager, contact_id=contact, consent_id=consent)
        else:
            self.ground(lead)
            # What is allowed again comes into the order by a reaction; what is not is found by the claim itself.
            self.rig.relay()

    def barred(self, lead: LeadFacts, plan: Plan) -> tuple[bool, datetime | None]:
        """Whether the campaign's packs bar a lead by the pure rules, and until when."""
        from ringround.campaigns.queries.packs import with_person

        facts = with_person(ContactFacts(), plan, lead.contact_id, clock.now())
        shut = [gate for gate in compliance.packs_gates(facts, plan.facts, clock.now()) if not gate.ok]
        times = [gate.next_at for gate in shut]
        return bool(shut), max((at for at in times if at), default=None) if None not in times else None

    def supervise(self) -> None:
        from ringround.campaigns import actions

        actor, lead = self.rig.staff.supervisor, self.dice.choice(self.leads)
        match self.dice.randrange(6):
            case 0:
                user = self.dice.choice([None, self.dice.choice(self.agents).user_id])
                actions.lead_change(actor=actor, lead_id=lead, assigned_to=user)
                self.kept[lead] = user
            case 1:
                actions.leads_bulk(actor=actor, ids=[lead], action="release")
            case 2:
                actions.leads_bulk(actor=actor, ids=[lead], action="reset")
            case 3:
                by = self.dice.choice(self.agents).user_id
                actions.lead_change(actor=actor, lead_id=lead, reservation={"by": by})
            case 4:
                actions.lead_change(actor=actor, lead_id=lead, urgent=self.dice.random() < 0.5)
            case 5:
                actions.lead_change(actor=actor, lead_id=lead, active=self.dice.random() < 0.7)

    # --- the oracle ---------------------------------------------------------------------------

    def oracle(self, agent: Actor, campaign: Campaign) -> list[Eligible]:
        """All leads that stand before this agent, by sorting all rows as the specification says: no index, no lock."""
        from ringround.campaigns.models import CampaignMember, LeadSkip, NumberHold
        from ringround.campaigns.queries.plan_facts import plan_load
        from ringround.campaigns.queries.rows import facts

        now = clock.now()
        plan = plan_load(campaign_id=campaign.id)
        streak = CampaignMember.objects.get(campaign=campaign, user=agent.user_id, duty="agent").retried_streak
        every = plan.settings["new_per_retried"]
        parts = [1, 2, 3, 5, 4] if every and streak >= every else [1, 2, 3, 4, 5]
        skipped = set(LeadSkip.objects.filter(user=agent.user_id, until__gt=now).values_list("lead_id", flat=True))
        holds = {one.number: one.lead_id for one in NumberHold.objects.filter(until__gt=now)}
        found = []
        for row in self.rows(campaign.id):
            lead = facts(row)
            at = rules.place(lead, plan.order, now)
            if at.queue is None or at.for_agent not in (rules.ANYBODY, agent.user_id) or lead.id in skipped:
                continue
            if Queue(at.queue) in BY_TIME and at.rank > rules.micros(now):
                continue
            if self.barred(lead, plan)[0]:
                continue
            busy = any(holds.get(number, lead.id) != lead.id for number in lead.numbers)
            key = parts.index(at.queue), at.rank, (at.rank_text or "").encode(), lead.position, lead.id
            found.append((key, Eligible(lead.id, Queue(at.queue), busy)))
        return [one for _, one in sorted(found, key=lambda pair: pair[0])]

    def callable(self, agent: Actor, campaign: Campaign) -> set[UUID]:
        """The leads of which *why not* says that this agent could have them now."""
        from ringround.campaigns import queries

        supervisor = self.rig.staff.supervisor
        return {
            row["id"]
            for row in self.rows(campaign.id)
            if queries.why_not(actor=supervisor, lead_id=row["id"], agent_id=agent.user_id).callable
        }

    # --- what must hold -----------------------------------------------------------------------

    def check(self) -> None:
        from ringround.campaigns.models import NumberHold
        from ringround.campaigns.queries.plan_facts import plan_load
        from ringround.campaigns.queries.rows import facts

        now = clock.now()
        rows = [row for campaign in self.campaigns for row in self.rows(campaign.id)]
        live = [row for row in rows if row["reserved_until"] is not None and row["reserved_until"] > now]
        holders = [row["reserved_by_id"] for row in live]
        assert len(holders) == len(set(holders)), "an agent holds two leads"
        holds = {one.number: one for one in NumberHold.objects.filter(until__gt=now)}
        by_lead = {row["id"]: row for row in live}
        for number, hold in holds.items():
            assert hold.lead_id in by_lead, f"{number} is held for nobody"
            assert hold.until == by_lead[hold.lead_id]["reserved_until"]
        for row in live:
            for number in row["numbers"]:
                assert number in holds, "a leased lead's number is free"
                assert holds[number].lead_id == row["id"], "a number is in two hands"
        for row in rows:
            assert row["assigned_to_id"] == self.kept[row["id"]], "the pre-assignment was lost"
            lead, plan = facts(row), plan_load(campaign_id=row["campaign_id"])
            at = rules.place(lead, plan.order, now)
            stands = row["queue"], row["rank"], row["rank_text"], row["turn_at"]
            shut, until = self.barred(lead, plan)
            if shut and lead.open and row["reserved_until"] is None and row["queue"] is None:
                # Barred: it comes back when it can be, should waiting help.
                assert until is None or at.queue is None or row["turn_at"] is not None, "a lead is lost"
                continue
            if row["turn_at"] is None or row["turn_at"] > now:
                assert stands == (at.queue, at.rank, at.rank_text, at.turn_at), "a lead stands where it should not"
            if lead.open and row["reserved_until"] is None and row["queue"] is None and row["turn_at"] is None:
                assert not rules.callable_but_for_time(lead, plan.order, now), "a lead is lost"
        self.check_events()

    def check_events(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT subject_id, array_agg(subject_no ORDER BY subject_no) FROM ("
                " SELECT subject_id, subject_no, subject_type FROM infra_event_out UNION ALL"
                " SELECT subject_id, subject_no, subject_type FROM infra_event"
                ") AS e WHERE subject_type = 'lead' AND subject_id = ANY(%s) GROUP BY subject_id",
                [self.leads],
            )
            for subject, numbers in cursor.fetchall():
                assert numbers == list(range(1, len(numbers) + 1)), f"the events of {subject} have a gap"

    def check_counts(self) -> None:
        from ringround.campaigns import queries

        for campaign in self.campaigns:
            by_status: dict[str, int] = {}
            for row in self.rows(campaign.id):
                by_status[row["status"]] = by_status.get(row["status"], 0) + 1
            assert queries.progress(campaigns=[campaign])[campaign.id].by_status == by_status

    def holder(self) -> tuple[Actor | None, UUID | None]:
        """One of the agents who hold a lead, and the lead."""
        holders = [(agent, lead) for agent in self.agents if (lead := self.held(agent)) is not None]
        return self.dice.choice(holders) if holders else (None, None)

    # --- reading ------------------------------------------------------------------------------

    def held(self, agent: Actor) -> UUID | None:
        from ringround.infra import sql

        rows = sql.rows("campaigns", "held", user=agent.user_id, now=clock.now())
        return rows[0]["id"] if rows else None

    def rows(self, campaign_id: UUID) -> list[dict[str, Any]]:
        from ringround.infra import sql

        after = UUID(int=0)
        return sql.rows("campaigns", "leads_of_campaign", campaign=campaign_id, after=after, limit=1000)

    def _row(self, lead: UUID) -> dict[str, Any]:
        from ringround.infra import sql

        found = sql.row("campaigns", "lead_read", lead=lead)
        assert found is not None
        return found


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
def test_the_hand_out_holds_together(seed: int, monday_ten: datetime) -> None:
    from tests.integration.campaigns.rig import rig

    play = Play(rig(), seed)
    for _ in range(STEPS):
        play.step()
        play.check()
    play.check_counts()


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS[::2])
def test_the_hand_out_holds_together_with_rule_packs(
    seed: int, monday_ten: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.integration.campaigns.rig import rig

    monkeypatch.setitem(PACKS, "quick", QUICK)
    play = Play(rig(), seed, packs=("quick",))
    for _ in range(STEPS):
        play.step()
        play.check()
    play.check_counts()
