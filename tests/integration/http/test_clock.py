"""The demo's clock: forward only, and what is due by then is done, in the order of time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from ringround.config import clockwork
from ringround.infra import clock
from ringround.infra.relay.loop import Relay, Tick
from tests import factories
from tests.integration.http.calling import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def virtual(tmp_path: Path) -> Iterator[None]:
    file = tmp_path / "clock.json"
    file.write_text(json.dumps({"offset_s": 0}))
    clock.use_file(file)
    yield
    clock.use_file(None)


def moment(response: Any) -> datetime:
    return datetime.fromisoformat(response.json()["now"])


def test_without_a_virtual_clock_there_is_no_such_address(call: Caller) -> None:
    assert call("GET", "/_clock").status_code == 404
    assert call("POST", "/_clock", {"advance_s": 1}).status_code == 404


def test_it_tells_the_time_and_goes_forward(call: Caller, virtual: None) -> None:
    before = moment(call("GET", "/_clock"))
    after = moment(call("POST", "/_clock", {"advance_s": 3600}))
    assert timedelta(0) <= after - before - timedelta(hours=1) < timedelta(seconds=20)
    target = after + timedelta(days=2)
    assert moment(call("POST", "/_clock", {"set": target.isoformat()})) >= target


def test_backwards_is_422_and_changes_nothing(call: Caller, virtual: None) -> None:
    offset = clock.offset()
    for body in ({"advance_s": -1}, {"set": "2000-01-01T00:00:00Z"}):
        assert call("POST", "/_clock", body).status_code == 422
    assert call("POST", "/_clock", {"set": "2000-01-01T00:00:00Z"}).json()["code"] == "clock_backwards"
    assert clock.offset() == offset


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advance_s": 1, "set": "2030-01-01T00:00:00Z"},
        {"advance_s": 1e300},
        {"advance_s": "1"},
        {"set": "soon"},
        {"now": 1},
    ],
)
def test_anything_else_is_422(call: Caller, virtual: None, body: dict[str, Any]) -> None:
    assert call("POST", "/_clock", body).status_code == 422


def test_only_an_owner_moves_it(cast: factories.Cast, calling: Any, virtual: None) -> None:
    for actor in (cast.charity.manager, cast.charity.senior):
        assert calling(actor)("POST", "/_clock", {"advance_s": 1}).status_code == 403
    assert calling(None)("POST", "/_clock", {"advance_s": 1}).status_code == 401


class Alarm:
    """A room with moments at which it has something to do; remembers when it did it."""

    def __init__(self, *due: datetime) -> None:
        self.due = sorted(due)
        self.done: list[tuple[datetime, datetime]] = []

    def next_due(self) -> datetime | None:
        return self.due[0] if self.due else None

    def idle(self, now: datetime) -> bool:
        return not self.due or self.due[0] > now

    def run(self) -> bool:
        now = clock.now()
        while self.due and self.due[0] <= now:
            self.done.append((self.due.pop(0), now))
        return False


def test_what_is_due_is_done_at_its_moment_and_in_order(virtual: None) -> None:
    start = clock.now()
    one = Alarm(start + timedelta(hours=1), start + timedelta(hours=3), start + timedelta(days=9))
    two = Alarm(start + timedelta(hours=2))
    relay = Relay({}, lambda event: (), [Tick("one", 1, one.run), Tick("two", 1, two.run)])
    clockwork.run_until(
        start + timedelta(days=1), relay=relay, next_due=[one.next_due, two.next_due], idle=[one.idle, two.idle]
    )
    assert clock.now() >= start + timedelta(days=1)
    assert [(due - start).total_seconds() / 3600 for due, _ in sorted(one.done + two.done, key=lambda d: d[1])] == [
        1,
        2,
        3,
    ]
    # Real time goes on besides, and a busy machine takes some: less than from one alarm to the next.
    assert all(timedelta(0) <= at - due < timedelta(hours=1) for due, at in one.done + two.done)
    assert len(one.due) == 1


def test_it_waits_for_a_job_but_not_for_ever(virtual: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clockwork, "JOBS_S", 0.3)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)"
            " VALUES ('default', 'never', 0, NULL, NULL, '{}', NULL)"
        )
    before = datetime.now(UTC)
    clockwork.run_until(clock.now() + timedelta(hours=1), relay=Relay({}, lambda event: (), []), next_due=[], idle=[])
    assert timedelta(seconds=0.3) <= datetime.now(UTC) - before < timedelta(seconds=5)
