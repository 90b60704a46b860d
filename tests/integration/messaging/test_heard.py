"""Long messages that people write to us, brought part by part."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.messaging import actions, ticks
from ringround.messaging.actions import heard
from ringround.messaging.actions.heard import HOPELESS, KNOWN, PATIENCE, part_heard, parts_late
from ringround.messaging.models import HeardPart, Message, Transport
from ringround.messaging.transports.port import Heard, Part

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

WORDS = ("Kære alle, ", "mange tak for snakken ", "i går.")


@pytest.fixture
def bind(org: Any, transport: Any) -> Transport:
    made: Transport = transport(org, kind="smpp", settings={"host": "127.0.0.1", "port": 1, "system_id": "s"})
    return made


def bring(bind: Transport, number: int, *, ref: int = 7, of: tuple[str, ...] = WORDS, after_s: float = 0.0,
          who: str = "4520123456") -> bool:  # fmt: skip
    """Part `number` comes, so long after now."""
    real = clock.real_now() + timedelta(seconds=after_s)
    one = Heard(who, "1204", of[number - 1], "", "", Part(ref, number, len(of)))
    return part_heard(transport=bind, heard=one, now=clock.now(), real=real)


def late(after: timedelta) -> int:
    return parts_late(now=clock.now(), real=clock.real_now() + after)


def came() -> list[str]:
    return list(Message.objects.filter(direction="in").order_by("at", "id").values_list("text", flat=True))


def test_parts_are_one_message_in_whatever_order_they_come(bind: Transport) -> None:
    for number in (3, 1):
        assert bring(bind, number)
    assert came() == []
    assert bring(bind, 2)
    assert came() == ["".join(WORDS)]
    # The words are the message's alone by now.
    assert set(HeardPart.objects.values_list("text", flat=True)) == {""}


def test_a_part_that_is_brought_again_is_the_same_before_and_after_the_message_is_made(bind: Transport) -> None:
    assert [bring(bind, number) for number in (1, 1, 2, 3)] == [True, False, True, True]
    # Its answer was lost.
    assert not bring(bind, 3)
    assert not bring(bind, 1)
    assert late(PATIENCE + timedelta(minutes=1)) == 0
    assert (came(), EventOut.objects.filter(type="messaging.message.received").count()) == (["".join(WORDS)], 1)


def test_what_is_not_whole_after_a_while_is_taken_as_it_is(bind: Transport) -> None:
    bring(bind, 1)
    bring(bind, 3, after_s=100)
    assert late(PATIENCE - timedelta(seconds=30)) == 0
    assert late(PATIENCE + timedelta(seconds=1)) == 1
    assert came() == [WORDS[0] + WORDS[2]]
    # The missing one comes after all, and is waited for with its own.
    assert bring(bind, 2, after_s=130)
    assert late(PATIENCE * 3) == 1
    assert came() == [WORDS[0] + WORDS[2], WORDS[1]]


def test_a_part_that_comes_late_leaves_the_others_known(bind: Transport) -> None:
    for number in (1, 3):
        bring(bind, number)
    assert late(PATIENCE * 2) == 1
    assert bring(bind, 2, after_s=130)
    # Their answers were lost: they are brought again, and are in the message already.
    assert [bring(bind, number, after_s=140) for number in (1, 3)] == [False, False]
    # Another message under the same reference is one of its own, whichever of its parts comes first.
    other = ("Jeg ", "ringer ", "selv")
    assert [bring(bind, number, of=other, after_s=150) for number in (2, 1, 3)] == [True, True, True]
    assert came() == [WORDS[0] + WORDS[2], "".join(other)]


def test_parts_that_cannot_be_joined_for_a_day_are_let_go(
    bind: Transport, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**facts: Any) -> Any:
        raise ValueError("no")

    monkeypatch.setattr(heard, "message_receive", broken)
    bring(bind, 1)
    assert (late(HOPELESS - timedelta(minutes=1)), late(HOPELESS + timedelta(minutes=1))) == (1, 1)
    assert late(HOPELESS + timedelta(minutes=2)) == 0
    assert "are given up" in caplog.text
    assert set(HeardPart.objects.values_list("text", flat=True)) == {""}


def test_what_two_people_write_at_once_is_kept_apart(bind: Transport) -> None:
    other = ("Nej ", "tak, ", "ikke nu")
    for number in (1, 2, 3):
        bring(bind, number)
        bring(bind, number, of=other, who="4520654321")
    assert sorted(came()) == sorted(["".join(WORDS), "".join(other)])


def test_a_reference_that_is_used_again_begins_another_message(bind: Transport) -> None:
    second = ("En ", "anden ", "besked")
    for of in (WORDS, second):
        for number in (1, 2, 3):
            assert bring(bind, number, of=of)
    assert came() == ["".join(WORDS), "".join(second)]


def test_parts_of_a_message_that_was_made_are_forgotten(bind: Transport) -> None:
    for number in (1, 2, 3):
        bring(bind, number)
    assert late(KNOWN - timedelta(minutes=1)) == 0
    assert late(KNOWN + timedelta(minutes=1)) == 3
    assert not HeardPart.objects.exists()


def test_parts_that_cannot_be_joined_keep_no_others_waiting(
    bind: Transport, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bring(bind, 1)
    bring(bind, 1, who="4520654321")
    whole = heard.message_receive

    def broken(**facts: Any) -> Any:
        if facts["number"] == "4520123456":
            raise ValueError("no")
        return whole(**facts)

    monkeypatch.setattr(heard, "message_receive", broken)
    assert late(PATIENCE * 2) == 2
    assert (len(came()), HeardPart.objects.filter(joined_at=None).count()) == (1, 1)
    assert "could not be joined" in caplog.text


def test_the_relay_looks_after_what_is_not_whole(bind: Transport) -> None:
    bring(bind, 1)
    HeardPart.objects.update(came_at=clock.real_now() - PATIENCE * 2)
    assert ticks.parts() is False
    assert came() == [WORDS[0]]


def test_a_transport_takes_the_parts_that_wait_for_it_along(org: Any, bind: Transport) -> None:
    bring(bind, 1)
    actions.ways_forget(org_id=org.id)
    assert not HeardPart.objects.exists()
