"""Where a lead stands, case by case; `tests/property/campaigns/test_place.py` asks the same of all leads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from ringround.campaigns.rules.lead import CLOSED, LeadFacts
from ringround.campaigns.rules.place import ANYBODY, Order, Placement, Queue, micros, new_rank, place
from ringround.kernel.text import sort_key

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANNA, BO = UUID(int=0xA), UUID(int=0xB)
ORDER = Order()


def lead(**facts: Any) -> LeadFacts:
    base: dict[str, Any] = {
        "id": UUID(int=1), "campaign_id": UUID(int=2), "merchant_id": UUID(int=3), "contact_id": UUID(int=4),
        "created_at": NOW - timedelta(days=1), "numbers": ["+4520123456"], "position": 7,
    }  # fmt: skip
    return LeadFacts(**{**base, **facts})


def placed(order: Order = ORDER, **facts: Any) -> Placement:
    return place(lead(**facts), order, NOW)


def test_a_new_lead_stands_among_the_new_for_anybody_and_nothing_moves_it() -> None:
    assert placed() == Placement(Queue.NEW, ANYBODY, 0, None, None)


def test_a_preassigned_lead_stands_for_its_agent_alone() -> None:
    assert placed(assigned_to_id=ANNA).for_agent == ANNA


@pytest.mark.parametrize("status", sorted(CLOSED))
def test_a_closed_lead_stands_nowhere_and_time_does_not_move_it(status: str) -> None:
    assert placed(status=status, expires_at=NOW + HOUR) == Placement(None, ANYBODY, 0, None, None)


def test_a_held_lead_stands_nowhere_until_its_lease_ends() -> None:
    held = placed(reserved_by_id=ANNA, reserved_until=NOW + HOUR, expires_at=NOW + HOUR / 2)
    assert (held.queue, held.turn_at) == (None, NOW + HOUR)


def test_a_redial_that_waits_for_its_time_stands_in_its_queue_by_that_time() -> None:
    at = NOW + HOUR
    assert placed(status="automatic_redial", next_contact_at=at) == Placement(
        Queue.RETRY, ANYBODY, micros(at), None, None
    )


def test_a_redial_snoozed_past_its_time_turns_when_the_snooze_ends() -> None:
    at = placed(status="automatic_redial", next_contact_at=NOW, snoozed_until=NOW + HOUR)
    assert (at.queue, at.turn_at) == (None, NOW + HOUR)


def test_after_the_snooze_a_redial_stands_by_the_time_it_had() -> None:
    waited = lead(status="automatic_redial", next_contact_at=NOW - HOUR, snoozed_until=NOW)
    assert place(waited, ORDER, NOW) == Placement(Queue.RETRY, ANYBODY, micros(NOW - HOUR), None, None)


def test_a_snoozed_new_lead_stands_nowhere_until_the_snooze_ends() -> None:
    assert (placed(snoozed_until=NOW + HOUR).queue, placed(snoozed_until=NOW + HOUR).turn_at) == (None, NOW + HOUR)
    assert placed(snoozed_until=NOW).queue == Queue.NEW


def test_a_private_redial_stands_for_its_owner_and_is_released_in_time() -> None:
    at = placed(status="private_redial", owner_id=BO, next_contact_at=NOW)
    assert at == Placement(Queue.MY_CALLBACK, BO, micros(NOW), None, NOW + 24 * HOUR)


def test_a_private_redial_is_never_released_where_the_campaign_says_so() -> None:
    at = placed(replace(ORDER, release_private_after_h=None), status="private_redial", owner_id=BO, next_contact_at=NOW)
    assert at.turn_at is None


def test_a_private_redial_without_an_owner_stands_nowhere() -> None:
    assert placed(status="private_redial", next_contact_at=NOW).queue is None


def test_a_booked_callback_turns_when_it_falls_due_to_be_told() -> None:
    at = NOW + HOUR
    booked = placed(status="common_redial", next_contact_at=at, callback_due_at=at)
    assert booked == Placement(Queue.COMMON_CALLBACK, ANYBODY, micros(at), None, at)


def test_a_callback_is_kept_however_many_tries_it_took() -> None:
    assert placed(status="common_redial", next_contact_at=NOW, attempts=9).queue == Queue.COMMON_CALLBACK
    assert placed(status="automatic_redial", next_contact_at=NOW, attempts=9).queue is None


def test_urgent_leads_come_before_retries_the_newest_first() -> None:
    early, late = placed(urgent_at=NOW - HOUR), placed(urgent_at=NOW, status="automatic_redial")
    assert (early.queue, late.queue) == (Queue.URGENT, Queue.URGENT)
    assert late.rank < early.rank


def test_an_urgent_lead_that_is_not_due_waits_outside() -> None:
    at = placed(urgent_at=NOW, next_contact_at=NOW + HOUR)
    assert (at.queue, at.turn_at) == (None, NOW + HOUR)


@pytest.mark.parametrize(
    "shut",
    [{"active": False}, {"suppressed": True}, {"deactivated": True}, {"numbers": []}, {"attempts": 5}],
    ids=lambda shut: next(iter(shut)),
)
def test_what_a_gate_other_than_time_bars_stands_nowhere(shut: dict[str, Any]) -> None:
    assert placed(**shut) == Placement(None, ANYBODY, 0, None, None)


def test_expiry_is_exact() -> None:
    assert placed(expires_at=NOW + timedelta(microseconds=1)).queue == Queue.NEW
    assert placed(expires_at=NOW).queue is None


def test_expiry_is_a_turn_until_it_has_been_told() -> None:
    assert placed(expires_at=NOW + HOUR).turn_at == NOW + HOUR
    assert placed(expires_at=NOW, expired=True).turn_at is None


def test_each_lead_order_ranks_as_it_says() -> None:
    def first(order: str, one: dict[str, Any], two: dict[str, Any]) -> bool:
        by = Order(lead_order=order)
        return new_rank(lead(**one), by) < new_rank(lead(**two), by)

    assert first("priority", {"priority": 90}, {"priority": 10})
    assert first("newest", {"created_at": NOW}, {"created_at": NOW - HOUR})
    assert first("oldest", {"created_at": NOW - HOUR}, {"created_at": NOW})
    assert first("attempts", {"attempts": 0}, {"attempts": 1})
    assert first("last_contact", {"last_contacted_at": None}, {"last_contacted_at": NOW})
    assert first("last_contact", {"last_contacted_at": NOW - HOUR}, {"last_contacted_at": NOW})
    assert new_rank(lead(position=1), Order()) == new_rank(lead(position=2), Order())


def test_the_random_order_is_another_with_another_seed_and_the_same_with_the_same() -> None:
    leads = [lead(id=UUID(int=n)) for n in range(50)]
    shuffled = {
        seed: sorted(leads, key=lambda one: new_rank(one, Order(lead_order="random", seed=seed))) for seed in (1, 2)
    }
    again = sorted(leads, key=lambda one: new_rank(one, Order(lead_order="random", seed=1)))
    assert shuffled[1] == again != shuffled[2]
    assert all(0 <= new_rank(one, Order(lead_order="random", seed=1))[0] < 2**63 for one in leads)


def test_the_order_by_a_column_is_the_danish_alphabets() -> None:
    names = ["Øster", "Zoo", "Æble", "Aarhus", "abe", "Ål"]
    texts = {name: new_rank(lead(order_text=sort_key(name)), Order(lead_order="column:by"))[1] or "" for name in names}
    assert sorted(names, key=lambda name: texts[name].encode()) == ["abe", "Zoo", "Æble", "Øster", "Ål", "Aarhus"]
