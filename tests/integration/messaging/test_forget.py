"""What becomes of messages when a contact, an organisation or its owner goes."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.messaging.actions import (
    messages_erase,
    messages_forget,
    template_create,
    transports_switch_off,
    ways_forget,
)
from ringround.messaging.models import Click, Message, Template, Transport
from tests import factories

pytestmark = pytest.mark.django_db


def test_what_was_written_to_an_erased_contact_goes_and_what_waits_is_not_sent(
    org: Any, transport: Any, queue: Any
) -> None:
    from ringround.contacts.models import Contact, ContactList

    transport(org)
    now = timezone.now()
    listing = ContactList.objects.create(organisation=org, name="x", columns=[], created_at=now)
    who = Contact.objects.create(organisation=org, list=listing, created_at=now, updated_at=now)
    sent, waiting, other = (queue(contact_id=one) for one in (who.id, who.id, None))
    Message.objects.filter(id=sent.message_id).update(status="sent")
    for _ in range(2):
        messages_erase(contact_ids=[who.id], now=clock.now())
    rows = {row.id: row for row in Message.objects.all()}
    mine = [rows[one.message_id] for one in (sent, waiting)]
    assert [(row.status, row.to, row.text) for row in mine] == [("sent", "", ""), ("skipped", "", "")]
    assert rows[other.message_id].text == "Hej"
    assert EventOut.objects.filter(type="messaging.message.skipped").count() == 1


def test_all_of_an_organisation_is_forgotten_and_nobody_elses(org: Any, transport: Any, queue: Any) -> None:
    other = factories.organisation("Other")
    for one in (org, other):
        transport(one)
        owner = factories.member(one, "owner")
        template_create(actor=owner, name="Tak", channel="sms", language="da", texts={"da": {"text": "Tak"}})
    found = [queue() for _ in range(3)]
    kept = queue(org_id=other.id)
    Click.objects.create(message_id=found[0].message_id, link=0, machine=False, at=clock.now())
    assert [messages_forget(org_id=org.id, size=2) for _ in range(3)] == [2, 1, 0]
    ways_forget(org_id=org.id)
    assert [row.id for row in Message.objects.all()] == [kept.message_id]
    for kind in (Template, Transport):
        assert {row.organisation_id for row in kind.objects.all()} == {other.id}


def test_after_a_hand_over_nothing_goes_by_the_accounts_of_before(org: Any, transport: Any, queue: Any) -> None:
    way = transport(org, kind="gatewayapi", secrets={"token": "the agency's"})
    queue()
    assert transports_switch_off(org_id=org.id) == 1
    way.refresh_from_db()
    assert (way.active, way.secrets) == (False, "")
    assert Message.objects.get().status == "queued"
