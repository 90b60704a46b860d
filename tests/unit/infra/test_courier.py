"""The loop of all couriers, with a claim that is a list and a carrier that does as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import OperationalError

from ringround.infra import courier
from ringround.infra.courier import CourierLoop

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Numbers(CourierLoop[int, str]):
    name, at_once = "numbers", 3

    def __init__(self, due: Sequence[int], carried: Callable[[int], str] = str) -> None:
        super().__init__(now=lambda: NOW)
        self.due, self.carried = list(due), carried
        self.asked: list[int] = []
        self.noted: list[list[tuple[int, str | None]]] = []

    def claim(self, *, free: int, now: datetime) -> list[int]:
        assert now == NOW
        self.asked.append(free)
        taken, self.due = self.due[:free], self.due[free:]
        return taken

    def carry(self, parcel: int) -> str:
        return self.carried(parcel)

    def done(self, *, back: Sequence[tuple[int, str | None]], now: datetime) -> None:
        self.noted.append(list(back))


class Batches(Numbers):
    notes = 2


def test_all_that_is_due_is_carried_and_noted_one_by_one() -> None:
    one = Numbers(range(8))
    one.drain()
    assert sorted(pair for back in one.noted for pair in back) == [(at, str(at)) for at in range(8)]
    assert {len(back) for back in one.noted} == {1}
    assert one.under_way == {}


def test_no_more_is_claimed_than_there_are_places() -> None:
    one = Numbers(range(8))
    one.drain()
    assert one.asked[0] == 3
    assert all(0 < free <= 3 for free in one.asked)


def test_where_it_is_asked_for_several_are_noted_at_once() -> None:
    one = Batches(range(3))
    # All have come back before they are looked at.
    one.under_way = {one._pool.submit(one.carry, at): at for at in range(3)}
    wait(one.under_way)
    one.due = []
    one.drain()
    assert sorted(len(back) for back in one.noted) == [1, 2]


def test_a_fault_in_carrying_is_an_outcome_of_its_own_and_keeps_no_other_waiting() -> None:
    def carried(parcel: int) -> str:
        if parcel == 1:
            raise RuntimeError("as a bug would")
        return str(parcel)

    one = Numbers(range(3), carried)
    one.drain()
    assert sorted((pair for back in one.noted for pair in back), key=lambda pair: pair[0]) == [
        (0, "0"),
        (1, None),
        (2, "2"),
    ]


def test_what_cannot_be_noted_holds_no_place() -> None:
    class Refuses(Numbers):
        def done(self, *, back: Sequence[tuple[int, str | None]], now: datetime) -> None:
            raise RuntimeError("as a database that is gone")

    one = Refuses([1])
    with pytest.raises(RuntimeError, match="gone"):
        one.drain()
    assert one.under_way == {}
    assert one.step(wait_s=0.0) is False


class Away(Numbers):
    """Its database is away for the first `away` times."""

    away = 1

    def done(self, *, back: Sequence[tuple[int, str | None]], now: datetime) -> None:
        if self.away:
            self.away -= 1
            raise OperationalError("the server closed the connection")
        super().done(back=back, now=now)


def test_what_the_database_was_away_for_is_noted_when_it_is_back_and_before_more_is_claimed() -> None:
    one = Away([1])
    one.away = 2
    for _ in range(2):
        with pytest.raises(OperationalError):
            one.drain()
    one.due = [2]
    assert one.asked == [3]
    one.drain()
    assert one.noted == [[(1, "1")], [(2, "2")]]


@pytest.mark.parametrize("there", [False, True])
def test_a_database_that_is_away_is_waited_for_and_one_that_takes_nothing_is_not(
    monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    monkeypatch.setattr(courier, "KEPT_S", 0.0)
    monkeypatch.setattr("ringround.infra.courier.connection.is_usable", lambda: there)
    one = Away([1])
    with pytest.raises(OperationalError):
        one.drain()
    one.drain()
    assert one.noted == ([] if there else [[(1, "1")]])


def test_what_came_back_while_the_database_was_away_is_noted_before_more_is_claimed() -> None:
    one = Numbers([2])
    one.under_way = {one._pool.submit(one.carry, 1): 1}
    wait(one.under_way)
    one.step(wait_s=0.0)
    assert one.noted[0] == [(1, "1")]
    assert one.asked == [3]


def test_one_that_is_told_to_stop_notes_what_the_database_was_away_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringround.infra.courier.connection.close", lambda: None)
    one, stop = Away([]), threading.Event()
    one.under_way = {one._pool.submit(one.carry, 1): 1}
    stop.set()
    one.run(stop)
    assert one.noted == [[(1, "1")]]


def test_turns_are_counted_and_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    one, first, second = Numbers([]), uuid4(), uuid4()
    one.served([first, second])
    one.served([second])
    assert one.turns[first] < one.turns[second]
    monkeypatch.setattr(courier, "MOST_TURNS", 1)
    one.served([first])
    assert list(one.turns) == [first]


def test_what_is_under_way_when_it_is_told_to_stop_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringround.infra.courier.connection.close", lambda: None)
    told = threading.Event()

    def carried(parcel: int) -> str:
        told.set()
        time.sleep(0.3)
        return str(parcel)

    one = Batches([1, 2, 3], carried)
    stop = threading.Event()
    runs = threading.Thread(target=one.run, args=(stop,))
    runs.start()
    assert told.wait(10)
    one.due = [4]
    stop.set()
    runs.join(10)
    assert {1, 2, 3} <= {parcel for back in one.noted for parcel, _came in back}
    assert one.under_way == {}


def test_what_never_comes_back_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringround.infra.courier.connection.close", lambda: None)
    monkeypatch.setattr(courier, "LAST_S", 0.1)
    over = threading.Event()
    one = Numbers([], lambda parcel: str(over.wait(30)))
    one.under_way = {one._pool.submit(one.carry, 1): 1}
    stop = threading.Event()
    stop.set()
    one.run(stop)
    assert one.noted == []
    over.set()
