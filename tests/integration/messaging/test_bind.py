"""What comes by a bind (SMPP), where no request carries it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import OperationalError

from ringround.contacts.models import Suppression
from ringround.infra import clock
from ringround.messaging.actions.called import taken_by_bind
from ringround.messaging.actions.sending import messages_done
from ringround.messaging.courier import LEASE, MessageCourier
from ringround.messaging.models import Message, Transport
from ringround.messaging.transports.port import Handed, Heard, Outcome, Part, Said
from ringround.messaging.ways import way_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def bind(org: Any, transport: Any) -> Transport:
    made: Transport = transport(org, kind="smpp", settings={"host": "127.0.0.1", "port": 1, "system_id": "s"})
    return made


def test_a_receipt_that_comes_before_its_id_is_noted_is_brought_again(bind: Transport, queue: Any) -> None:
    way = way_of(bind)
    assert way is not None
    one = queue()
    said = Said("delivered", None, "m1")
    assert not taken_by_bind(way, said)
    Message.objects.filter(id=one.message_id).update(transport=bind, provider_id="m1", status="sent")
    assert taken_by_bind(way, said)
    assert taken_by_bind(way, said)
    assert Message.objects.get().status == "delivered"


@pytest.fixture
def parted(bind: Transport, queue: Any) -> Message:
    """A message of three parts that the worker was killed in the midst of: two of them were taken."""
    way = way_of(bind)
    assert way is not None
    one = queue(text="Kære Åse, tak for snakken! " * 14)
    (parcel,) = MessageCourier().claim(free=1, now=clock.real_now())
    assert parcel.letter.handed == frozenset()
    for number in (1, 2, 2):
        assert taken_by_bind(way, Handed(parcel.letter.id, number, f"m{number}"))
    return Message.objects.get(id=one.message_id)


def test_after_a_crash_between_two_parts_the_rest_alone_is_sent(parted: Message) -> None:
    assert parted.parts == 3
    (parcel,) = MessageCourier().claim(free=1, now=clock.real_now() + LEASE + timedelta(seconds=1))
    assert parcel.letter.handed == {1, 2}


def test_a_message_in_parts_has_arrived_when_all_have(bind: Transport, parted: Message) -> None:
    way = way_of(bind)
    assert way is not None
    assert not taken_by_bind(way, Said("delivered", None, "m3"))
    messages_done(
        outcomes={parted.id: (parted.claim_no, Outcome("sent", parts=((3, "m3"),)))}, now=clock.now(),
        real=clock.real_now(),
    )  # fmt: skip
    for named, status in (("m2", "sent"), ("m1", "sent"), ("m1", "sent"), ("m3", "delivered")):
        assert taken_by_bind(way, Said("delivered", None, named))
        parted.refresh_from_db()
        assert parted.status == status
    assert parted.delivered_at is not None


def test_a_message_of_which_one_part_is_lost_has_failed(bind: Transport, parted: Message) -> None:
    way = way_of(bind)
    assert way is not None
    assert taken_by_bind(way, Said("delivered", None, "m1"))
    assert taken_by_bind(way, Said("failed", None, "m2", "expired", "err 001"))
    parted.refresh_from_db()
    assert (parted.status, parted.reason, parted.detail) == ("failed", "expired", "err 001")


def test_what_people_write_is_stored_once(bind: Transport) -> None:
    way = way_of(bind)
    assert way is not None
    for _ in range(2):
        assert taken_by_bind(way, Heard("4520123456", "1204", "Hej", "", "a moment"))
    assert taken_by_bind(way, Heard("4520123456", "1204", "Hej", "", "another"))
    assert Message.objects.filter(direction="in", to="+4520123456").count() == 2


def test_a_long_message_is_whole_though_the_worker_was_killed_between_its_parts(bind: Transport) -> None:
    way = way_of(bind)
    assert way is not None
    assert taken_by_bind(way, Heard("4520123456", "1204", "Kære alle, ", part=Part(7, 1, 2)))
    # Whoever is bound now knows nothing of the first; it stands in the database.
    assert taken_by_bind(way, Heard("4520123456", "1204", "mange tak", part=Part(7, 2, 2)))
    assert [one.text for one in Message.objects.filter(direction="in")] == ["Kære alle, mange tak"]


def test_a_transport_that_is_gone_is_told_no_more(bind: Transport) -> None:
    way = way_of(bind)
    assert way is not None
    Transport.objects.all().delete()
    assert taken_by_bind(way, Said("delivered", None, "m1"))


def test_a_courier_that_is_told_to_stop_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    from ringround.messaging import courier

    closed = []
    monkeypatch.setattr(courier.SMPP, "close", lambda: closed.append(1))
    monkeypatch.setattr("ringround.infra.courier.connection.close", lambda: None)
    stop = Event()
    stop.set()
    MessageCourier().run(stop)
    assert closed == [1]


def test_a_connection_that_broke_is_made_anew(bind: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    from ringround.messaging.actions import called

    way = way_of(bind)
    assert way is not None
    closed = []
    monkeypatch.setattr(called.connection, "close", lambda: closed.append(1))

    def away(**_facts: Any) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(called, "provider_heard", away)
    with pytest.raises(OperationalError):
        taken_by_bind(way, Heard("4520123456", "1204", "Hej", "", "a moment"))
    assert closed == [1]


def test_without_an_id_the_same_words_are_one_message_for_an_hour_only(bind: Transport) -> None:
    way = way_of(bind)
    assert way is not None
    with clock.frozen(datetime(2026, 11, 2, 11, 5, tzinfo=UTC)):
        for _ in range(2):
            taken_by_bind(way, Heard("4520123456", "1204", "Ja"))
        assert Message.objects.filter(direction="in").count() == 1
        clock.advance(timedelta(hours=1))
        taken_by_bind(way, Heard("4520123456", "1204", "Ja"))
        assert Message.objects.filter(direction="in").count() == 2
    digest = hashlib.sha256(b"+4520123456\n1204\n2026-11-02T11\nJa").hexdigest()
    assert not Message.objects.filter(key__endswith=digest).exists()


@pytest.mark.parametrize(("text", "barred"), [("FOO stop", True), ("Ikke stop", False), ("Stop nu med det", True)])
def test_stop_is_heard_after_the_transports_own_keyword_alone(bind: Transport, text: str, barred: bool) -> None:
    Transport.objects.filter(id=bind.id).update(settings={**bind.settings, "keyword": "FOO"})
    way = way_of(bind)
    assert way is not None
    taken_by_bind(way, Heard("4520123456", "1204", text))
    # SMS alone: whether they may be called they have not said.
    found = [(one.kind, one.channel, one.value) for one in Suppression.objects.all()]
    assert found == ([("phone", "sms", "+4520123456")] if barred else [])
