"""Fan-out of the live stream: who is told what, and what they are told who come back."""

from __future__ import annotations

import pytest

from ringround.ui.live import hub as module
from ringround.ui.live.hub import Client, Hub
from ringround.ui.live.listener import Listener
from ringround.ui.live.stream import _since


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [1000.0]
    monkeypatch.setattr(module.time, "time", lambda: moment[0])
    return moment


@pytest.fixture
def hub(now: list[float]) -> Hub:
    made = Hub()
    made.listening()
    return made


def heard(client: Client) -> list[tuple[str, str]]:
    return [(name, id) for name, id, _number in client.take()]


def test_a_client_hears_its_topics_under_the_names_it_asked_for(hub: Hub) -> None:
    client = hub.join({"agent:u1": "agent:me"})
    hub.publish("agent:u1", "7")
    hub.publish("agent:u2", "8")
    assert heard(client) == [("agent:me", "7")]


def test_the_same_change_waits_only_once(hub: Hub) -> None:
    client = hub.join({"campaign:1": "campaign:1"})
    for id in ("a", "b", "a"):
        hub.publish("campaign:1", id)
    assert heard(client) == [("campaign:1", "b"), ("campaign:1", "a")]


def test_a_client_that_does_not_read_is_dropped(hub: Hub) -> None:
    client = hub.join({"campaign:1": "campaign:1"})
    for number in range(module.MOST_WAITING + 1):
        hub.publish("campaign:1", str(number))
    assert client.dropped
    assert heard(client) == []


def test_who_left_hears_nothing(hub: Hub) -> None:
    client = hub.join({"campaign:1": "campaign:1"})
    hub.leave(client)
    hub.publish("campaign:1", "a")
    assert heard(client) == []
    assert len(hub) == 0


def test_a_new_page_is_told_what_happened_since_it_was_drawn(hub: Hub, now: list[float]) -> None:
    hub.publish("campaign:1", "before")
    now[0] += 10
    hub.publish("campaign:1", "after")
    assert heard(hub.join({"campaign:1": "campaign:1"}, since=now[0] - 5)) == [("campaign:1", "after")]


def test_a_page_drawn_before_listening_began_must_refresh(hub: Hub, now: list[float]) -> None:
    assert heard(hub.join({"campaign:1": "campaign:1"}, since=now[0] - 1)) == [("refresh", "")]


def test_a_page_drawn_long_ago_must_refresh(hub: Hub, now: list[float]) -> None:
    drawn = now[0]
    now[0] += module.KEEP_S + 1
    assert heard(hub.join({"campaign:1": "campaign:1"}, since=drawn)) == [("refresh", "")]


def test_who_comes_back_hears_only_what_they_missed(hub: Hub) -> None:
    hub.publish("campaign:1", "a")
    position = hub.position
    hub.publish("campaign:1", "b")
    assert heard(hub.join({"campaign:1": "campaign:1"}, last_id=position)) == [("campaign:1", "b")]
    assert heard(hub.join({"campaign:1": "campaign:1"}, last_id=hub.position)) == []


def test_who_comes_back_to_another_process_must_refresh(hub: Hub) -> None:
    assert heard(hub.join({"campaign:1": "campaign:1"}, last_id="other.4")) == [("refresh", "")]


def test_after_a_gap_everyone_refreshes(hub: Hub) -> None:
    client = hub.join({"campaign:1": "campaign:1"})
    position = hub.position
    hub.deaf()
    hub.listening()
    assert heard(client) == [("refresh", "")]
    hub.publish("campaign:1", "x")
    later = hub.join({"campaign:1": "campaign:1"}, last_id=position)
    assert ("refresh", "") in heard(later)


def test_an_overflowing_record_counts_as_a_gap(hub: Hub, now: list[float]) -> None:
    drawn = now[0]
    for number in range(module.KEEP_EVENTS + 1):
        now[0] += 0.001
        hub.publish("campaign:2", str(number))
    assert heard(hub.join({"campaign:1": "campaign:1"}, since=drawn)) == [("refresh", "")]


def test_a_narrowed_client_hears_only_the_rest(hub: Hub) -> None:
    client = hub.join({"campaign:1": "campaign:1", "campaign:2": "campaign:2"})
    hub.narrow(client, {"campaign:2": "campaign:2"})
    hub.publish("campaign:1", "a")
    hub.publish("campaign:2", "b")
    assert heard(client) == [("campaign:2", "b")]


@pytest.mark.parametrize("digits", ["²", "-1", "1" * 5000, "٣", ""])
def test_a_position_that_is_no_number_must_refresh(hub: Hub, digits: str) -> None:
    client = hub.join({"campaign:1": "campaign:1"}, last_id=f"{hub.epoch}.{digits}")
    assert heard(client) == [("refresh", "")]


@pytest.mark.parametrize("written", ["²", "-1", "1" * 16, "٣", "1e3", ""])
def test_a_moment_that_is_no_number_is_none(written: str) -> None:
    assert _since({"since": [written]}) is None


def test_a_relay_that_begins_to_lead_has_everyone_refresh(hub: Hub) -> None:
    client = hub.join({"campaign:1": "campaign:1"})
    Listener(hub, lambda: "")._tell('{"t": "*"}')
    assert heard(client) == [("refresh", "")]
