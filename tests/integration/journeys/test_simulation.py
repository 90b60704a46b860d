"""What the simulation of a real lead, and of the days that were, knows of the organisation that it is in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from ringround.campaigns import actions as campaigns
from ringround.campaigns.models import Campaign, Lead
from ringround.contacts import actions as contacts
from ringround.contacts.models import Contact
from ringround.infra import clock
from ringround.journeys import queries
from ringround.journeys.models import Journey
from ringround.journeys.queries.tryout import try_lead
from ringround.messaging import actions as messaging
from ringround.messaging.actions.notes import status_note
from ringround.messaging.courier import MessageCourier
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


def placing(stage: Stage) -> tuple[Journey, Campaign]:
    """A journey that puts the contact on another campaign, where it is not there yet."""
    other = stage.rig.campaign()
    made = stage.publish(stage.document(node("place", "add_to_campaign", campaign=str(other.id), duplicate="skip")))
    return made, other


def test_who_is_on_the_other_campaign_already_is_passed_over_as_the_engine_does(stage: Stage) -> None:
    made, other = placing(stage)
    fresh, there = stage.lead(), stage.lead()
    assert [by_hand(stage, made, one) for one in (fresh, there)] == [[("place", "ok", "")]] * 2
    stage.close(there)
    stage.settle()
    assert Lead.objects.filter(campaign=other.id).count() == 1
    assert by_hand(stage, made, there) == [("place", "skipped", "duplicate")]
    assert by_hand(stage, made, fresh) == [("place", "ok", "")]
    tried = try_lead(
        actor=stage.rig.staff.manager, journey_id=made.id, facts={}, script=[{"event": {"type": "by_hand"}}],
        lead_id=there,
    )  # fmt: skip
    assert [(one["what"], one["detail"]) for one in tried["lines"] if one["what"] == "skipped"] == [
        ("skipped", "duplicate")
    ]


def test_the_past_knows_who_was_on_the_other_campaign_and_since_when(stage: Stage) -> None:
    made, other = placing(stage)
    new, old = stage.lead(), stage.lead()
    stage.rig.lead(other, contact=stage.rig.see(old).contact_id)
    clock.advance(timedelta(days=1))
    for lead in (new, old):
        stage.close(lead)
    clock.advance(timedelta(seconds=1))
    # Now the one is made that was not there when its lead was closed.
    stage.settle()
    told = past(stage, made)
    assert (told["leads"], told["figures"]["nodes"]["place"]["skipped"]) == (2, {"duplicate": 1})
    assert told["figures"]["effects"] == {"add_to_campaign": 1}


def test_the_story_of_one_lead_is_of_that_lead(stage: Stage) -> None:
    changed = {"fields": ["contact.fields.city"]}
    sets = node("set", "set_field", field="contact.fields.city", source="value", value="Odense")
    other = stage.rig.campaign()
    both = [stage.campaign.id, other.id]
    made = stage.publish(
        stage.document(sets, trigger="field_changed", params=changed, campaigns=both, reentry="always")
    )  # fmt: skip
    lead = stage.lead(fields={"city": "Aarhus"})
    stage.rig.lead(other, contact=stage.rig.see(lead).contact_id)
    told = queries.simulate_lead(actor=stage.rig.staff.manager, journey_id=made.id, lead_id=lead)
    # By hand, and by its own change; the contact's other lead begins by that, too, and is not told of.
    assert [one["what"] for one in told["story"]].count("entered") == 2
    assert told["figures"]["started"] == 3


def test_who_was_erased_or_bounced_lately_was_reached_before(stage: Stage) -> None:
    made = stage.publish(stage.document(node("send", "send_email", template=str(stage.template("email")))))
    leads = []
    for address in ("a@example.org", "b@example.org"):
        contact = stage.rig.contact(stage.campaign)
        Contact.objects.filter(id=contact).update(email=address)
        leads.append(stage.rig.lead(stage.campaign, contact=contact))
        stage.close(leads[-1])
        stage.settle()
        assert MessageCourier().claim(free=1, now=clock.real_now())
        clock.advance(timedelta(hours=1))
    contacts.contact_erase(actor=stage.rig.staff.owner, contact_id=stage.rig.see(leads[0]).contact_id)
    (message,) = stage.messages(leads[1])
    with transaction.atomic():
        status_note(message, "bounced", now=clock.now(), reason="mailbox")
    stage.settle()
    told = past(stage, made)["figures"]
    assert (told["started"], told["effects"], told["nodes"]["send"]["skipped"]) == (2, {"send_email": 2}, {})
