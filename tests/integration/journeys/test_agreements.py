"""Journeys that watch sessions and agreements: whom an event of the signing room reaches, and what is asked of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from ringround.infra import clock
from ringround.journeys import queries
from ringround.journeys.models import Journey
from ringround.journeys.queries.tryout import try_lead
from ringround.orgs.models import Organisation
from tests.integration.journeys.stage import Stage, node

OVER = node("over", "exit")
DAY = {"n": 1, "unit": "days"}


def watching(stage: Stage, trigger: str, **more: Any) -> Journey:
    params = more.pop("params", {})
    return stage.publish(stage.document(OVER, trigger=trigger, params=params, reentry="always", **more))


def begun(stage: Stage, lead: UUID) -> int:
    stage.settle()
    return len(stage.ends(lead))


def test_a_session_begins_a_journey_for_its_own_lead_and_no_other_of_its_contact(stage: Stage) -> None:
    there = stage.rig.campaign()
    lead = stage.lead()
    other = stage.rig.lead(there, contact=stage.rig.see(lead).contact_id)
    watching(stage, "session_changed", params={"to": ["Complete"]}, campaigns=[stage.campaign.id, there.id])
    stage.session_told(lead, "Processing")
    assert begun(stage, lead) == 0
    stage.session_told(lead, "Complete")
    assert (begun(stage, lead), begun(stage, other)) == (1, 0)


def test_what_a_session_was_for_is_asked_in_a_condition(stage: Stage) -> None:
    late = {"path": "event.data.late", "op": "eq", "value": True}
    watching(stage, "session_changed", params={"actions": ["sign_up"]}, entry=late)
    lead = stage.lead()
    stage.session_told(lead, "Complete")
    assert begun(stage, lead) == 0
    stage.session_told(lead, "Complete", late=True)
    assert begun(stage, lead) == 1


def test_an_agreement_reaches_all_leads_of_its_contact_on_the_journeys_campaigns(stage: Stage) -> None:
    there, elsewhere = stage.rig.campaign(), stage.rig.campaign()
    lead = stage.lead()
    contact = stage.rig.see(lead).contact_id
    other, outside = (stage.rig.lead(one, contact=contact) for one in (there, elsewhere))
    stranger = stage.lead()
    watching(stage, "agreement_changed", params={"what": ["ended"]}, campaigns=[stage.campaign.id, there.id])
    stage.agreement_told(contact, "subscription.held")
    stage.agreement_told(contact, "subscription.ended", campaign=str(there.id))
    stage.settle()
    assert [len(stage.ends(one)) for one in (lead, other, outside, stranger)] == [1, 1, 0, 0]


def test_an_agreement_of_another_organisation_begins_nothing(stage: Stage) -> None:
    watching(stage, "agreement_changed")
    lead = stage.lead()
    foreign = Organisation.objects.create(name="Outsider", kind="merchant", created_at=clock.now())
    contact = stage.rig.see(lead).contact_id
    stage.agreement_told(contact, "subscription.ended", merchant=foreign.id)
    assert begun(stage, lead) == 0
    stage.agreement_told(contact, "subscription.ended")
    assert begun(stage, lead) == 1


def test_an_agreement_of_somebody_who_was_erased_is_nobodys(stage: Stage) -> None:
    watching(stage, "agreement_changed")
    lead = stage.lead()
    stage.agreement_told(None, "charge.refunded")
    assert begun(stage, lead) == 0


def test_how_much_was_collected_is_asked_in_a_condition(stage: Stage) -> None:
    much = {"path": "event.data.amount", "op": "ge", "value": 50000}
    watching(stage, "agreement_changed", params={"what": ["charged"]}, entry=much)
    lead = stage.lead()
    contact = stage.rig.see(lead).contact_id
    for amount, runs in ((10000, 0), (50000, 1)):
        stage.agreement_told(contact, "charge.charged", amount=amount)
        assert begun(stage, lead) == runs


@pytest.mark.parametrize(("tells", "reason"), [("charge.charged", "paid"), ("charge.failed", "late")])
def test_a_wait_ends_when_the_next_charge_is_collected_or_its_time_is_up(stage: Stage, tells: str, reason: str) -> None:
    event = {"type": "agreement_changed", "params": {"what": ["charged"]}}
    made = stage.publish(
        stage.document(
            node("wait", "wait_event", {"happened": "paid", "timeout": "late"}, event=event, timeout=DAY),
            node("paid", "exit", reason="paid"),
            node("late", "exit", reason="late"),
            trigger="agreement_changed", params={"what": ["charge_failed"], "attempt": 1},
        )
    )  # fmt: skip
    lead = stage.lead()
    contact = stage.rig.see(lead).contact_id
    stage.agreement_told(contact, "charge.failed")
    stage.settle()
    stage.agreement_told(contact, tells, attempt=2)
    stage.later(days=1)
    told = queries.stats(actor=stage.rig.staff.manager, journey_id=made.id)
    assert told["nodes"][reason]["entered"] == 1


def test_how_often_a_charge_has_failed_is_counted(stage: Stage) -> None:
    count = {"event": "agreement_changed", "params": {"what": ["charge_failed"]}, "within": DAY}
    twice = {"count": count, "op": "ge", "value": 2}
    watching(stage, "agreement_changed", params={"what": ["charge_failed"]}, entry=twice)
    lead = stage.lead()
    for runs in (0, 1):
        stage.agreement_told(stage.rig.see(lead).contact_id, "charge.failed")
        assert begun(stage, lead) == runs


@pytest.mark.parametrize(
    ("trigger", "params", "other"),
    [
        ("session_changed", {"to": ["Expired"], "actions": ["pause"]}, {"to": ["Failed"], "actions": ["pause"]}),
        ("session_changed", {"intentions": ["upgrade"]}, {"intentions": ["signup"]}),
        ("agreement_changed", {"what": ["charge_failed"], "attempt": 2}, {"what": ["charge_failed"]}),
        ("agreement_changed", {"what": ["held"]}, {"what": ["restarted"]}),
    ],
)
def test_what_happens_in_a_script_is_what_was_chosen_there(
    stage: Stage, trigger: str, params: dict[str, Any], other: dict[str, Any]
) -> None:
    made = watching(stage, trigger, params=params)

    def tried(happens: dict[str, Any]) -> str:
        script = [{"event": {"type": trigger, "params": happens}}]
        return str(try_lead(actor=stage.rig.staff.manager, journey_id=made.id, facts={}, script=script)["refused"])

    assert (tried(params), tried(other)) == ("", "trigger")


def test_sessions_and_agreements_of_the_past_days_are_played_again(stage: Stage) -> None:
    lead = stage.lead()
    contact = stage.rig.see(lead).contact_id
    stage.session_told(lead, "Rejected")
    stage.agreement_told(contact, "subscription.activated")
    stage.agreement_told(contact, "charge.charged")
    stage.settle()
    for trigger, runs in (("session_changed", 1), ("agreement_changed", 2)):
        made = watching(stage, trigger, name=trigger)
        told = queries.simulate_past(actor=stage.rig.staff.manager, journey_id=made.id, days=30)
        assert told["figures"]["started"] == runs
