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
from ringround.messaging.courier import MessageCourier
from ringround.messaging.models import Message, Transport
from ringround.messaging.transports.port import Heard, Said
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


def test_what_people_write_is_stored_once(bind: Transport) -> None:
    way = way_of(bind)
    assert way is not None
    for _ in range(2):
        assert taken_by_bind(way, Heard("4520123456", "1204", "Hej", "", "a moment"))
    assert taken_by_bind(way, Heard("4520123456", "1204", "Hej", "", "another"))
    assert Message.objects.filter(direction="in", to="+4520123456").count() == 2


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
    assert Suppression.objects.exists() is barred
