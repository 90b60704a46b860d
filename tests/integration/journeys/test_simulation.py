"""What the simulation of a real lead, and of the days that were, knows of the organisation that it is in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from ringround.campaigns import actions as campaigns
from ringround.contacts import actions as contacts
from ringround.infra import clock
from ringround.journeys import queries
from ringround.journeys.models import Journey
from ringround.messaging import actions as messaging
from ringround.messaging.models import Transport
from tests.integration.journeys.stage import Stage, node

HOUR = {"n": 1, "unit": "hours"}


def past(stage: Stage, journey: Journey) -> dict[str, Any]:
    return queries.simulate_past(actor=stage.rig.staff.manager, journey_id=journey.id, days=30)


def by_hand(stage: Stage, journey: Journey, lead: UUID) -> list[tuple[str, str, str]]:
    told = queries.simulate_lead(actor=stage.rig.staff.manager, journey_id=journey.id, lead_id=lead)
    return [(one["node"], one["status"], one["reason"]) for one in told["effects"]]


def test_an_sms_that_a_lead_sent_is_among_what_has_been(stage: Stage) -> None:
    params = {"match": "equals", "words": ["JA"]}
    made = stage.publish(stage.document(node("note", "note", text="x"), trigger="sms_received", params=params))
    template, lead = stage.template("sms"), stage.lead()
    campaigns.message_send(actor=stage.rig.staff.owner, lead_id=lead, channel="sms", template_id=template)
    (message,) = stage.messages(lead)
    transport = Transport.objects.get(channel="sms")
    for text in ("JA", "Nej"):
        messaging.message_receive(
            transport=transport, number=message.to, to="Charity", text=text, provider_id=text, now=clock.now()
        )  # fmt: skip
    stage.settle()
    told = past(stage, made)
    assert (told["figures"]["started"], stage.ends(lead)) == (1, ["end"])


def test_a_column_that_changed_is_among_what_has_been(stage: Stage) -> None:
    params = {"fields": ["contact.fields.city"]}
    made = stage.publish(stage.document(node("note", "note", text="x"), trigger="field_changed", params=params))
    lead = stage.lead(fields={"city": "Aarhus"})
    for fields in ({"city": "Odense"}, {"debt": "5"}):
        contacts.contact_change(actor=stage.rig.staff.manager, contact_id=stage.rig.see(lead).contact_id, fields=fields)
    stage.settle()
    assert past(stage, made)["figures"]["started"] == 1


@pytest.mark.parametrize("does", ["start_journey", "stop_journey"])
def test_another_journey_is_begun_and_ended_as_it_would_be(stage: Stage, does: str) -> None:
    other = stage.publish(
        stage.document(node("wait", "wait", "note", duration=HOUR), node("note", "note", text="x"), name="Other",
                       trigger="by_hand", params={})
    )  # fmt: skip
    made = stage.publish(
        stage.document(node("does", does, "note", journey=str(other.id), on_skip="exit"),
                       node("note", "note", text="x"))
    )  # fmt: skip
    lead = stage.lead()
    # Of the other what it does is not told here.
    assert by_hand(stage, made, lead) == [("does", "ok", ""), ("note", "ok", "")]
    stage.close(lead)
    stage.settle()
    told = past(stage, made)["figures"]
    assert (told["finished"], told["nodes"]["note"]["entered"]) == ({"end": 1}, 1)


def test_a_message_to_nowhere_is_skipped_with_its_reason(stage: Stage) -> None:
    made = stage.publish(stage.document(node("send", "send_email", template=str(stage.template("email")))))
    assert by_hand(stage, made, stage.lead()) == [("send", "skipped", "no_address")]
    reached = stage.rig.lead(stage.campaign, contact=stage.with_email())
    assert by_hand(stage, made, reached) == [("send", "ok", "")]
    contacts.suppression_add(actor=stage.rig.staff.owner, value="kunde@example.org", channel="email")
    assert by_hand(stage, made, reached) == [("send", "skipped", "suppressed")]


def test_two_journeys_that_change_a_column_back_and_forth_stop_with_an_alert(stage: Stage) -> None:
    changed = {"fields": ["contact.fields.city"]}
    made = []
    for here, there in (("Aarhus", "Odense"), ("Odense", "Aarhus")):
        sets = node("set", "set_field", field="contact.fields.city", source="value", value=there)
        entry = {"path": "contact.fields.city", "op": "eq", "value": here}
        made.append(
            stage.publish(
                stage.document(sets, trigger="field_changed", params=changed, entry=entry, name=there, reentry="always")
            )
        )
    lead = stage.lead(fields={"city": "Aalborg"})
    contact = stage.rig.see(lead).contact_id
    contacts.contact_change(actor=stage.rig.staff.manager, contact_id=contact, fields={"city": "Odense"})
    stage.settle()
    assert len(stage.ends(lead)) == 8
    figures = [queries.stats(actor=stage.rig.staff.manager, journey_id=one.id) for one in made]
    assert any(one["refused"].get("too_deep") for one in figures)
