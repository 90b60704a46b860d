"""Placement and the gates, over all leads: total, in the order of the specification, and saying the same."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ringround.campaigns.rules.dispose import CALLBACKS, STATUS, Booking, Said, Terms, dispose, reset
from ringround.campaigns.rules.gates import Asked, gates, why_not
from ringround.campaigns.rules.lead import CLOSED, OPEN, REDIALS, LeadFacts, Status
from ringround.campaigns.rules.place import ANYBODY, BY_TIME, Order, Placement, Queue, micros, place
from ringround.campaigns.rules.settings import Retry
from ringround.campaigns.rules.turn import elapse
from ringround.compliance.rules import CampaignFacts, ContactFacts
from ringround.kernel.calendar import find_zone
from ringround.kernel.windows import DEFAULT_HOURS, Hours

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AGENTS = [UUID(int=n) for n in (0xA, 0xB, 0xC)]
STATUSES = sorted(OPEN | CLOSED)
# Near one moment and on it, so that before, at and after are all common.
near = st.sampled_from([timedelta(hours=n) for n in (-30, -25, -24, -2, -1)]) | st.sampled_from(
    [timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1), timedelta(hours=1), timedelta(hours=25)]
)
moments = near.map(lambda by: NOW + by)
maybe = st.none() | moments
agents = st.sampled_from(AGENTS)
ORDERS = ["position", "priority", "newest", "oldest", "random", "attempts", "last_contact", "column:by"]


@st.composite
def leads(draw: st.DrawFn, statuses: list[str] = STATUSES, held: bool = True) -> LeadFacts:
    status = draw(st.sampled_from(statuses))
    holder = draw(st.none() | agents) if held else None
    return LeadFacts(
        id=UUID(int=draw(st.integers(0, 2**128 - 1))), campaign_id=UUID(int=1), merchant_id=UUID(int=2),
        contact_id=UUID(int=3), status=status, active=draw(st.integers(0, 5)) > 0, attempts=draw(st.integers(0, 6)),
        priority=draw(st.integers(0, 100)), urgent_at=draw(maybe), position=draw(st.integers(1, 10)),
        assigned_to_id=draw(st.none() | agents), owner_id=draw(agents) if status == "private_redial" else None,
        next_contact_at=draw(maybe), snoozed_until=draw(maybe), expires_at=draw(maybe), expired=draw(st.booleans()),
        created_at=NOW - timedelta(days=draw(st.integers(0, 9))), reserved_by_id=holder,
        reserved_until=draw(moments) if holder else None, reserved_at=NOW if holder else None,
        suppressed=draw(st.integers(0, 5)) == 0, deactivated=draw(st.integers(0, 5)) == 0,
        numbers=draw(st.sampled_from([["+4520123456"], ["+4520123456"], []])), order_text=draw(st.none() | st.text()),
        last_contacted_at=draw(maybe), callback_due_at=draw(maybe) if status in REDIALS else None,
        unsaid_call_id=draw(st.none() | st.just(UUID(int=4))),
    )  # fmt: skip


orders = st.builds(
    Order,
    lead_order=st.sampled_from(ORDERS),
    seed=st.integers(0, 2**32 - 1),
    max_attempts=st.integers(1, 6),
    release_private_after_h=st.sampled_from([None, 0, 24]),
)
ALWAYS = CampaignFacts(hours=Hours.always(), zone="Europe/Copenhagen")


def asked(order: Order, agent: UUID | None, **more: Any) -> Asked:
    return Asked(**{
        "state": "running", "campaign": ALWAYS, "contact": ContactFacts(), "order": order, "agent_id": agent, **more
    })  # fmt: skip


def reachable(at: Placement, agent: UUID, now: datetime) -> bool:
    """What the claim asks of a placement: the queue, the agent, and the rank where it is a time."""
    return (
        at.queue is not None
        and at.for_agent in (ANYBODY, agent)
        and (Queue(at.queue) not in BY_TIME or at.rank <= micros(now))
    )


@given(leads(), orders, moments)
def test_every_lead_has_a_place_and_what_is_closed_or_held_has_none(
    lead: LeadFacts, order: Order, now: datetime
) -> None:
    at = place(lead, order, now)
    assert -(2**63) <= at.rank < 2**63
    if not lead.open or lead.reserved_until is not None:
        assert at.queue is None
    if lead.status in CLOSED and lead.reserved_until is None:
        assert at.turn_at is None


@given(leads(held=False), orders, moments)
def test_after_a_turn_nothing_is_due_any_more(lead: LeadFacts, order: Order, now: datetime) -> None:
    elapse(lead, order, now)
    turn_at = place(lead, order, now).turn_at
    assert turn_at is None or turn_at > now
    again = deepcopy(lead)
    assert elapse(again, order, now) == []
    assert again == lead


@given(leads(held=False), orders, moments, agents)
def test_why_not_says_callable_exactly_when_the_placement_can_be_reached(
    lead: LeadFacts, order: Order, now: datetime, agent: UUID
) -> None:
    elapse(lead, order, now)
    found = gates(lead, asked(order, agent), now)
    assert all(gate.ok for gate in found) == reachable(place(lead, order, now), agent, now)


@given(leads(sorted(OPEN), held=False), orders, moments)
def test_no_open_lead_is_lost(lead: LeadFacts, order: Order, now: datetime) -> None:
    """It stands in a queue, or time will move it, or a gate that waiting does not open is named."""
    elapse(lead, order, now)
    at = place(lead, order, now)
    answer = why_not(lead, asked(order, None), now)
    shut = [gate for gate in answer.gates if not gate.ok]
    assert at.queue is not None or at.turn_at is not None or any(gate.next_at is None for gate in shut)


@given(leads(sorted(OPEN), held=False), orders, agents)
def test_the_time_that_why_not_names_is_when_the_lead_can_be_reached(
    lead: LeadFacts, order: Order, agent: UUID
) -> None:
    answer = why_not(lead, asked(order, agent), NOW)
    if answer.callable or answer.next_at is None:
        return
    assert answer.next_at > NOW
    for at, wanted in ((answer.next_at - timedelta(microseconds=1), False), (answer.next_at, True)):
        waited = deepcopy(lead)
        elapse(waited, order, at)
        assert reachable(place(waited, order, at), agent, at) == wanted


def spec_key(lead: LeadFacts, order: Order) -> tuple[Any, ...]:
    """The order of the hand-out told without ranks: the part, what decides within it, position, id."""
    if lead.status in REDIALS:
        part, within = (1 if lead.status == "private_redial" else 2), lead.next_contact_at
        within = within or lead.snoozed_until or lead.created_at
    elif lead.urgent_at is not None:
        part, within = 3, NOW - lead.urgent_at
    elif lead.status == "automatic_redial":
        part, within = 4, lead.next_contact_at or lead.snoozed_until or lead.created_at
    else:
        part, within = 5, _new(lead, order)
    return part, within, lead.position, lead.id


def _new(lead: LeadFacts, order: Order) -> Any:
    return {
        "priority": -lead.priority,
        "newest": NOW - lead.created_at,
        "oldest": lead.created_at,
        "attempts": lead.attempts,
        "last_contact": lead.last_contacted_at or datetime.min.replace(tzinfo=UTC),
        "column:by": (lead.order_text or "").encode(errors="surrogatepass"),
    }.get(order.lead_order, 0)


@given(st.lists(leads(sorted(OPEN), held=False), max_size=12), orders)
def test_the_order_of_ranks_is_the_order_of_the_specification(many: list[LeadFacts], order: Order) -> None:
    if order.lead_order == "random":
        order = replace(order, lead_order="position")
    standing = []
    for lead in many:
        elapse(lead, order, NOW)
        at = place(lead, order, NOW)
        if at.queue is not None and (Queue(at.queue) not in BY_TIME or at.rank <= micros(NOW)):
            text = None if at.rank_text is None else at.rank_text.encode(errors="surrogatepass")
            standing.append(((at.queue, at.rank, text or b"", lead.position, lead.id), lead))
    by_rank = [lead.id for _, lead in sorted(standing, key=lambda one: one[0])]
    by_spec = sorted((lead for _, lead in standing), key=lambda one: spec_key(one, order))
    assert by_rank == [lead.id for lead in by_spec]


@given(
    leads(sorted(OPEN)), st.sampled_from([*STATUS, *CALLBACKS, "do_not_call_back", "no_action"]), agents,
    st.integers(1, 6), st.integers(1, 400), st.booleans(), st.integers(0, 10**7), st.integers(1, 10),
)  # fmt: skip
def test_a_disposition_leaves_every_lead_in_a_state_that_holds_together(
    lead: LeadFacts, kind: str, agent: UUID, most: int, days: int, private: bool, delay: int, factor: int
) -> None:
    zone = find_zone("Europe/Copenhagen")
    assert zone is not None
    before = deepcopy(lead)
    booking = Booking(NOW + timedelta(hours=1), private) if kind in CALLBACKS else None
    terms = Terms(most, Retry(delay, factor), days)
    effect = dispose(lead, Said(kind), booking, terms, agent, zone, NOW)
    assert lead.status in set(Status)
    assert lead.attempts == before.attempts + effect.counted
    assert effect.counted == (kind != "no_action")
    assert lead.assigned_to_id == before.assigned_to_id
    if effect.counted:
        assert effect.exhausted == (lead.status == "exhausted")
        assert (lead.owner_id is not None) <= (lead.status == "private_redial")
        if lead.attempts >= most and lead.open:
            assert booking is not None
        assert not lead.open or lead.due_at is None or lead.due_at > NOW or delay == 0


@given(leads(), orders)
def test_a_reset_lead_is_new_and_only_standing_gates_bar_it(lead: LeadFacts, order: Order) -> None:
    lead.reserved_by_id = lead.reserved_until = None
    reset(lead)
    assert (lead.status, lead.attempts, lead.active, lead.owner_id, lead.due_at) == ("new", 0, True, None, None)
    elapse(lead, order, NOW)
    expired = lead.expires_at is not None and lead.expires_at <= NOW
    barred = lead.suppressed or lead.deactivated or not lead.numbers or expired
    assert (place(lead, order, NOW).queue is None) == barred


@given(leads(held=False), orders, moments, agents)
def test_every_gate_is_named_once_and_always_in_the_same_order(
    lead: LeadFacts, order: Order, now: datetime, agent: UUID
) -> None:
    campaign = replace(ALWAYS, hours=DEFAULT_HOURS)
    found = [gate.gate for gate in gates(lead, asked(order, agent, campaign=campaign), now)]
    assert found == [
        "campaign_running", "campaign_window", "lead_hours", "open", "active", "not_snoozed", "not_expired", "due",
        "attempts", "number_attempts", "not_reserved", "assigned_to_me", "owner", "suppression", "deactivation",
        "frequency", "basis", "number_busy",
    ]  # fmt: skip


def test_the_facts_of_a_lead_are_all_drawn() -> None:
    """A field added to `LeadFacts` is to be thought of here."""
    assert len(fields(LeadFacts)) == 36
