"""What *why not* says of each gate, with the time at which it opens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from ringround.campaigns.rules.gates import Answer, Asked, why_not
from ringround.campaigns.rules.lead import LeadFacts
from ringround.campaigns.rules.place import Order
from ringround.compliance.rules import CampaignFacts, ContactFacts, Gate
from ringround.kernel.windows import DEFAULT_HOURS, Hours
from tests.unit.campaigns.test_place import ANNA, BO, HOUR, NOW, lead

CAMPAIGN = CampaignFacts(hours=Hours.always(), zone="Europe/Copenhagen")


def ask(one: LeadFacts | None = None, at: datetime = NOW, **asked: Any) -> Answer:
    about: dict[str, Any] = {
        "state": "running", "campaign": CAMPAIGN, "contact": ContactFacts(), "order": Order(), "agent_id": ANNA,
    }  # fmt: skip
    return why_not(one or lead(), Asked(**{**about, **asked}), at)


def shut(answer: Answer) -> list[tuple[str, datetime | None]]:
    return [(gate.gate, gate.next_at) for gate in answer.gates if not gate.ok]


def gate(answer: Answer, name: str) -> Gate:
    return next(one for one in answer.gates if one.gate == name)


def test_a_plain_new_lead_is_callable_now() -> None:
    answer = ask()
    assert (answer.callable, answer.next_at, shut(answer)) == (True, NOW, [])


LATER = NOW + HOUR


@pytest.mark.parametrize(
    ("facts", "name", "next_at"),
    [
        ({"status": "success"}, "open", None),
        ({"active": False}, "active", None),
        ({"snoozed_until": LATER}, "not_snoozed", LATER),
        ({"expires_at": NOW}, "not_expired", None),
        ({"next_contact_at": LATER}, "due", LATER),
        ({"attempts": 5}, "attempts", None),
        ({"numbers": []}, "number_attempts", None),
        ({"reserved_by_id": BO, "reserved_until": LATER}, "not_reserved", LATER),
        ({"assigned_to_id": BO}, "assigned_to_me", None),
        ({"status": "private_redial", "owner_id": BO, "next_contact_at": NOW}, "owner", NOW + 24 * HOUR),
        ({"suppressed": True}, "suppression", None),
        ({"deactivated": True}, "deactivation", None),
    ],
)
def test_a_gate_of_the_lead_is_named_with_its_time(facts: dict[str, Any], name: str, next_at: datetime | None) -> None:
    answer = ask(lead(**facts))
    assert shut(answer) == [(name, next_at)]
    assert gate(answer, name).detail is not None
    assert answer.next_at == next_at


@pytest.mark.parametrize(
    ("asked", "name", "next_at"),
    [
        ({"state": "paused"}, "campaign_running", None),
        ({"campaign": replace(CAMPAIGN, starts_at=LATER)}, "campaign_window", LATER),
        ({"campaign": replace(CAMPAIGN, ends_at=NOW)}, "campaign_window", None),
        ({"skipped_until": LATER}, "assigned_to_me", LATER),
        ({"busy": {"+4520123456": LATER}}, "number_busy", LATER),
        ({"contact": ContactFacts(suppressed_by=("suppression",))}, "suppression", None),
    ],
)
def test_a_gate_of_what_is_around_is_named_with_its_time(
    asked: dict[str, Any], name: str, next_at: datetime | None
) -> None:
    assert shut(ask(**asked)) == [(name, next_at)]


def test_an_unknown_rule_pack_shuts_what_packs_decide() -> None:
    answer = ask(campaign=replace(CAMPAIGN, packs=("unheard_of",)))
    assert [name for name, _ in shut(answer)] == ["frequency", "basis"]


def test_two_waits_are_brought_together() -> None:
    """Due in the evening after closing time: callable when the doors open next."""
    evening = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)  # 21:00 in Copenhagen, a Monday
    answer = ask(lead(next_contact_at=evening), campaign=replace(CAMPAIGN, hours=DEFAULT_HOURS))
    assert shut(answer) == [("due", evening)]
    assert answer.next_at == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


def test_two_zones_must_both_be_open() -> None:
    hours = replace(CAMPAIGN, hours=DEFAULT_HOURS)
    both = ContactFacts(number_zones=("Europe/Copenhagen", "America/New_York"))
    answer = ask(campaign=hours, contact=both)
    assert shut(answer) == [("lead_hours", datetime(2026, 3, 2, 14, 0, tzinfo=UTC))]
    assert answer.next_at == datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def test_without_an_agent_the_gates_about_agents_say_whose_it_is() -> None:
    mine = lead(status="private_redial", owner_id=BO, next_contact_at=NOW)
    answer = ask(mine, agent_id=None, names={BO: "Bo"})
    assert answer.callable
    detail = gate(answer, "owner").detail
    assert detail is not None
    assert detail.params["name"] == "Bo"


def test_what_the_asking_agent_holds_is_not_reserved_against_them() -> None:
    held = lead(reserved_by_id=ANNA, reserved_until=LATER)
    assert ask(held).callable
    assert not ask(held, agent_id=None).callable


def test_a_lapsed_lease_is_no_reservation() -> None:
    assert ask(lead(reserved_by_id=BO, reserved_until=NOW)).callable


def test_a_private_redial_is_its_owners_whoever_it_was_kept_for_before() -> None:
    one = lead(status="private_redial", owner_id=ANNA, assigned_to_id=BO, next_contact_at=NOW)
    assert ask(one).callable
    assert shut(ask(one, agent_id=BO)) == [("owner", NOW + 24 * HOUR)]


def test_a_promised_callback_is_not_barred_by_used_up_attempts() -> None:
    assert ask(lead(status="common_redial", next_contact_at=NOW, attempts=9)).callable


def test_a_suppressed_contact_is_told_once_and_not_as_out_of_numbers() -> None:
    assert shut(ask(lead(suppressed=True, numbers=[]))) == [("suppression", None)]


def test_a_contact_without_a_valid_number_is_told_apart_from_one_whose_numbers_are_used_up() -> None:
    codes = []
    for known in (True, False):
        detail = gate(ask(lead(numbers=[]), numbers_known=known), "number_attempts").detail
        assert detail is not None
        codes.append(detail.code)
    assert codes == ["no_number_left", "no_valid_number"]


def test_a_free_lead_that_waits_for_two_things_names_the_later() -> None:
    one = lead(next_contact_at=NOW + HOUR, snoozed_until=NOW + timedelta(hours=3))
    assert ask(one).next_at == NOW + timedelta(hours=3)


def test_agents_are_told_apart_by_id_alone() -> None:
    assert ask(lead(assigned_to_id=UUID(int=ANNA.int))).callable
