"""Writing messages down."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.kernel.ids import new_id
from ringround.messaging.actions import Order, messages_queue
from ringround.messaging.models import Message, Template, TemplateText, Transport
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def org() -> Any:
    made = factories.organisation("Charity", language="da")
    for channel in ("sms", "email"):
        transport(made, channel)
    return made


def transport(org: Any, channel: str = "sms", kind: str = "sandbox") -> Transport:
    now = clock.real_now()
    return Transport.objects.create(
        organisation=org, name="x", kind=kind, channel=channel, token=str(new_id()), tokens_at=now, rests_until=now,
        created_at=now, updated_at=now,
    )  # fmt: skip


def template(org: Any, channel: str = "sms", **texts: str) -> Template:
    now = clock.now()
    made = Template.objects.create(
        organisation=org,
        name=str(new_id()),
        channel=channel,
        language=next(iter(texts)),
        created_at=now,
        updated_at=now,
    )
    for language, text in texts.items():
        TemplateText.objects.create(template=made, language=language, text=text, subject="Hej" * (channel == "email"))
    return made


def order(org: Any, **more: Any) -> Order:
    return Order(
        **{"key": str(new_id()), "org_id": org.id, "channel": "sms", "to": "+4520123456", "text": "Hej", **more}
    )


def queue(*orders: Order) -> Any:
    return messages_queue(orders=orders, now=clock.now())


def types() -> list[str]:
    return list(EventOut.objects.order_by("id").values_list("type", flat=True))


def test_an_order_is_written_down_whole_with_its_event(org: Any) -> None:
    (one,) = queue(order(org, text="Hej {{ contact.Fornavn }}", values={"contact.Fornavn": "Åse"}, key="run:1:1"))
    row = Message.objects.get()
    assert (one.message_id, one.status, one.existed) == (row.id, "queued", False)
    assert (row.to, row.text, row.parts, row.key) == ("+4520123456", "Hej Åse", 1, "run:1:1")
    assert types() == ["messaging.message.queued"]


def test_the_same_key_is_the_same_message_in_the_batch_and_after_it(org: Any) -> None:
    first, twice = queue(order(org, key="k", text="a"), order(org, key="k", text="b"))
    (again,) = queue(order(org, key="k", text="c"))
    assert first.message_id == twice.message_id == again.message_id
    assert (first.existed, twice.existed, again.existed) == (False, True, True)
    assert Message.objects.get().text == "a"
    assert len(types()) == 1


def test_another_organisations_key_is_another_message(org: Any) -> None:
    other = factories.organisation("Other")
    transport(other)
    one, two = queue(order(org, key="k"), order(other, key="k"))
    assert one.message_id != two.message_id


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"to": None}, "no_address"),
        ({"to": "12"}, "bad_address"),
        ({"channel": "email", "to": "who@", "subject": "x"}, "bad_address"),
        ({"text": "{{ contact.Navn }}"}, "missing_value"),
        ({"text": " "}, "empty"),
        ({"text": "æ" * 1531}, "too_long"),
        ({"template_id": new_id()}, "no_template"),
        ({"channel": "email", "to": "a@example.org", "subject": ""}, "empty"),
    ],
)
def test_what_an_order_lacks_is_a_reason_and_no_exception(org: Any, more: dict[str, Any], reason: str) -> None:
    (one,) = queue(order(org, **more))
    assert (one.status, one.reason) == ("skipped", reason)
    assert types() == ["messaging.message.skipped"]


def test_without_a_way_to_send_it_it_is_skipped() -> None:
    (one,) = queue(order(factories.organisation("Poor")))
    assert one.reason == "no_transport"


def test_the_language_asked_for_is_taken_then_the_organisations_then_the_templates(org: Any) -> None:
    both, english = template(org, en="Hello", da="Hej"), template(org, en="Hello")
    queue(
        order(org, template_id=both.id, language="en-GB"),
        order(org, template_id=both.id, language="fr"),
        order(org, template_id=english.id),
    )
    assert list(Message.objects.order_by("id").values_list("text", "language")) == [
        ("Hello", "en"), ("Hej", "da"), ("Hello", "en"),
    ]  # fmt: skip


def test_a_strangers_template_is_not_used_and_a_linked_agencys_is(org: Any) -> None:
    agency = factories.organisation("Agency", kind="agency")
    of_agency = template(agency, da="Hej")
    assert queue(order(org, template_id=of_agency.id))[0].reason == "no_template"
    factories.link(org, agency)
    assert queue(order(org, template_id=of_agency.id))[0].status == "queued"


def test_messages_by_a_template_to_a_lead_are_counted(org: Any) -> None:
    greeting, lead = template(org, da="Hej"), new_id()
    queue(order(org, template_id=greeting.id, lead_id=lead), order(org, template_id=greeting.id, lead_id=lead, to=None))
    queue(order(org, template_id=greeting.id, lead_id=lead))
    assert list(Message.objects.order_by("id").values_list("nth", flat=True)) == [1, 2, 2]


def test_what_is_rolled_back_was_never_written(org: Any) -> None:
    with transaction.atomic():
        queue(order(org))
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_the_unsubscribe_link_is_the_messages_own(org: Any) -> None:
    from ringround.messaging import links

    (one,) = queue(order(org, text="Nej tak: {{ unsubscribe_link }}"))
    text = Message.objects.get().text
    assert text == f"Nej tak: {links.unsubscribe_url(one.message_id)}"
    assert links.read(links.UNSUBSCRIBE, text.rpartition("/")[2]) == one.message_id
    assert links.read(links.OPEN, text.rpartition("/")[2]) is None
