"""The relay on a real database: numbers without gaps, order per subject, reactions once, one leader."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction

from ringround.infra import clock, doctor, event_types, events
from ringround.infra.models import Cursor, ParkedReaction
from ringround.infra.relay.loop import Relay, Tick
from ringround.infra.relay.numbering import number_events
from ringround.infra.relay.reactions import only, react, retry
from ringround.infra.relay.screens import CHANNEL, ScreenNotifier, Touch
from ringround.kernel.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)
ORG = new_id()


@pytest.fixture(autouse=True)
def undeclared_types_are_fine_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_types, "strict", False)


def record(subject: UUID, number: int, kind: str = "test.thing.happened", **data: Any) -> None:
    with transaction.atomic():
        events.record(org_id=ORG, type=kind, subject_type="thing", subject_id=subject, subject_no=number, data=data)


def log() -> list[tuple[int, UUID, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, subject_id, subject_no FROM infra_event ORDER BY seq")
        return list(cursor.fetchall())


def test_committed_events_get_numbers_that_follow_each_other() -> None:
    a, b = new_id(), new_id()
    for number in range(1, 6):
        record(a, number)
        record(b, number)
    before = (log() or [(0,)])[-1][0]
    while len(number_events(batch=3)):
        pass
    seqs = [row[0] for row in log() if row[1] in (a, b)]
    assert seqs == list(range(before + 1, before + 11))
    for subject in (a, b):
        assert [row[2] for row in log() if row[1] == subject] == [1, 2, 3, 4, 5]


def test_a_lower_number_with_a_later_id_is_brought_into_the_batch() -> None:
    subject = new_id()
    record(subject, 2)
    record(subject, 1)  # its id is later, as when the clocks of two processes differ
    assert [event.subject_no for event in number_events(batch=1).events] == [1, 2]


def test_an_event_of_a_transaction_that_rolls_back_never_was() -> None:
    subject = new_id()
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        events.record(org_id=ORG, type="test.x.y", subject_type="thing", subject_id=subject, subject_no=1)
        raise RuntimeError
    number_events()
    assert subject not in [row[1] for row in log()]


def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError):
        events.record(org_id=ORG, type="test.x.y", subject_type="thing", subject_id=new_id(), subject_no=1)


def test_a_reaction_gets_each_event_once_and_in_order() -> None:
    subject, seen = new_id(), []
    for number in (1, 2, 3):
        record(subject, number)
    number_events()
    while react({"test.thing.happened": [lambda event: seen.append(event.subject_no)]}):
        pass
    react({"test.thing.happened": [lambda event: seen.append(event.subject_no)]})
    assert seen[-3:] == [1, 2, 3]


class Fragile:
    """A reaction that fails while it is told to, after it has broken its transaction."""

    __module__ = "ringround.things.reactions"

    def __init__(self, *broken: UUID) -> None:
        self.__qualname__ = "fragile"
        self.broken = set(broken)
        self.ran: list[int] = []
        self.tried = 0

    def __call__(self, event: events.Event) -> None:
        self.tried += 1
        if event.subject_id in self.broken:
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO infra_cursor (name, seq) VALUES ('half', 1)")
                cursor.execute("SELECT 1 / 0")
        self.ran.append(event.subject_no)


def react_to_all(reactions: Any) -> None:
    while len(number_events()):
        pass
    while react(reactions):
        pass


def parked(subject: UUID) -> list[tuple[str, bool, int]]:
    rows = ParkedReaction.objects.filter(subject_id=subject).order_by("seq")
    return [(one.reaction, bool(one.error), one.tries) for one in rows]


def test_an_event_that_a_reaction_says_is_nothing_to_it_is_passed_over() -> None:
    subject, ran = new_id(), []

    @only(lambda event: bool(event.data["wanted"]))
    def picky(event: events.Event) -> None:
        ran.append(event.subject_no)

    for number in range(1, 5):
        record(subject, number, wanted=number % 2 == 0)
    react_to_all({"test.thing.happened": [picky]})
    assert ran == [2, 4]
    assert Cursor.objects.get(name="reactions").seq == Cursor.objects.get(name="relay").seq


def test_a_reaction_that_cannot_say_whether_it_wants_an_event_keeps_nobody_waiting() -> None:
    subject, ran = new_id(), []

    @only(lambda event: bool(event.data["wanted"]))
    def picky(event: events.Event) -> None:
        ran.append(event.data["wanted"])

    record(subject, 1)
    record(new_id(), 1, wanted=True)
    react_to_all({"test.thing.happened": [picky]})
    assert ran == [True]
    assert [one[1:] for one in parked(subject)] == [(True, 1)]


def test_a_reaction_that_fails_is_parked_and_all_others_run() -> None:
    bad, fine = new_id(), new_id()
    fragile, other = Fragile(bad), Fragile()
    record(bad, 1)
    record(fine, 2)
    react_to_all({"test.thing.happened": [fragile, other]})
    assert (fragile.ran, other.ran) == ([2], [1, 2])
    assert parked(bad) == [("things.fragile", True, 1)]
    assert parked(fine) == []
    row = ParkedReaction.objects.get(subject_id=bad)
    assert row.error.startswith("DataError")
    assert "division by zero" in row.error
    assert not Cursor.objects.filter(name="half").exists()


def test_what_comes_later_for_the_same_subject_waits_behind_the_parked() -> None:
    subject = new_id()
    fragile = Fragile(subject)
    for number in (1, 2, 3):
        record(subject, number)
    table = {"test.thing.happened": [fragile]}
    react_to_all(table)
    assert fragile.tried == 1
    assert parked(subject) == [("things.fragile", True, 1), ("things.fragile", False, 0), ("things.fragile", False, 0)]
    fragile.broken.clear()
    ids = list(ParkedReaction.objects.filter(subject_id=subject).values_list("id", flat=True))
    while retry(table, ids=ids):
        pass
    assert fragile.ran == [1, 2, 3]
    assert parked(subject) == []


def test_a_parked_reaction_is_tried_again_with_growing_pauses() -> None:
    subject = new_id()
    fragile = Fragile(subject)
    record(subject, 1)
    table = {"test.thing.happened": [fragile]}
    react_to_all(table)
    assert retry(table) == 0
    assert fragile.tried == 1, "its pause is not over"
    for tries, pause in ((2, 2), (3, 4), (4, 8)):
        ParkedReaction.objects.filter(subject_id=subject).update(next_at=clock.real_now())
        assert retry(table) == 0
        row = ParkedReaction.objects.get(subject_id=subject)
        assert (row.tries, fragile.tried) == (tries, tries)
        assert pause - 1 < (row.next_at - clock.real_now()).total_seconds() <= pause
    fragile.broken.clear()
    ParkedReaction.objects.filter(subject_id=subject).update(next_at=clock.real_now())
    Relay(table, lambda event: (), []).step()
    assert fragile.ran == [1]
    assert parked(subject) == []


def test_each_event_is_done_for_itself_so_a_process_that_dies_repeats_only_the_one_under_way() -> None:
    first, second = new_id(), new_id()
    ran: list[UUID] = []

    def dies(event: events.Event) -> None:
        if event.subject_id == second and ran[-1:] == [first]:
            ran.append(second)
            raise SystemExit  # no Exception: nothing of ours catches it
        ran.append(event.subject_id)

    record(first, 1)
    record(second, 1)
    table = {"test.thing.happened": [dies]}
    with pytest.raises(SystemExit):
        react_to_all(table)
    react_to_all(table)
    assert ran == [first, second, second]


def test_the_doctor_tells_of_what_is_parked() -> None:
    subject = new_id()
    record(subject, 1)
    react_to_all({"test.thing.happened": [Fragile(subject)]})
    (finding,) = doctor.reactions(None)
    assert finding.level == "fault"
    assert "things.fragile" in finding.text
    assert "ringround reactions retry" in finding.advice
    ParkedReaction.objects.all().delete()
    assert [one.level for one in doctor.reactions(None)] == ["ok"]


def test_screens_are_told_topic_and_id_and_at_most_once_in_a_tenth_of_a_second() -> None:
    notifier = ScreenNotifier()
    parameters = connection.get_connection_params()
    wanted = {key: parameters[key] for key in ("host", "port", "user", "password", "dbname") if parameters.get(key)}
    with psycopg.connect(**wanted, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        notifier.add([Touch(ORG, "campaign:1", "a"), Touch(ORG, "campaign:1", "b")])
        assert notifier.flush(now=10.0) is None
        notifier.add([Touch(ORG, "campaign:1", "c")])
        assert notifier.flush(now=10.05) == pytest.approx(0.05)
        notifier.flush(now=10.11)
        told = [json.loads(one.payload) for one in listener.notifies(timeout=20, stop_after=2)]
    assert [one["i"] for one in told] == ["b", "c"]
    assert told[0] == {"o": str(ORG), "t": "campaign:1", "i": "b"}


@pytest.fixture
def other_connection() -> Iterator[psycopg.Connection[Any]]:
    parameters = connection.get_connection_params()
    wanted = {key: parameters[key] for key in ("host", "port", "user", "password", "dbname") if parameters.get(key)}
    with psycopg.connect(**wanted, autocommit=True) as other:
        yield other


def test_one_relay_leads_and_another_follows_when_its_connection_is_gone(
    other_connection: psycopg.Connection[Any],
) -> None:
    relay = Relay({}, lambda event: (), [])
    other_connection.execute("SELECT pg_advisory_lock(7264001)")
    assert not relay.lead()
    other_connection.close()
    until = time.monotonic() + 20
    while not relay.lead():
        assert time.monotonic() < until, "the lock of a closed connection was not freed"
        time.sleep(0.01)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")


def test_drain_runs_ticks_until_nothing_waits() -> None:
    left = [3]

    def run() -> bool:
        left[0] = max(0, left[0] - 1)
        return left[0] > 0

    Relay({}, lambda event: (), [Tick("t", 60, run)]).drain()
    assert left == [0]


def failing() -> bool:
    raise ValueError("a room's own fault")


def test_a_tick_that_fails_keeps_neither_the_others_nor_the_screens_waiting(
    other_connection: psycopg.Connection[Any],
) -> None:
    subject, ran = new_id(), []
    other_connection.execute(f"LISTEN {CHANNEL}")
    relay = Relay(
        {},
        lambda event: [Touch(ORG, f"thing:{event.subject_id}")],
        [Tick("bad", 60, failing), Tick("good", 60, lambda: bool(ran.append(1)))],
    )
    record(subject, 1)
    with pytest.raises(ValueError, match="own fault"):
        relay.step()
    assert ran == [1]
    told = [json.loads(one.payload)["t"] for one in other_connection.notifies(timeout=2, stop_after=1)]
    assert told == [f"thing:{subject}"]


def test_an_event_whose_screens_cannot_be_named_does_not_silence_those_behind_it(
    other_connection: psycopg.Connection[Any],
) -> None:
    bad, good = new_id(), new_id()

    def topics(event: events.Event) -> list[Touch]:
        if event.subject_id == bad:
            raise KeyError("campaign")
        return [Touch(ORG, f"thing:{event.subject_id}")]

    other_connection.execute(f"LISTEN {CHANNEL}")
    record(bad, 1)
    record(good, 1)
    with pytest.raises(KeyError):
        Relay({}, topics, []).step()
    told = [json.loads(one.payload)["t"] for one in other_connection.notifies(timeout=2, stop_after=1)]
    assert told == [f"thing:{good}"]


class Rounds:
    """A flag that is set after so many rounds."""

    def __init__(self, most: int) -> None:
        self.left = most

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0

    def wait(self, timeout: float | None = None) -> bool:
        return False


def test_a_relay_that_begins_to_lead_has_every_screen_ask_again(other_connection: psycopg.Connection[Any]) -> None:
    # The one before may have died after it had numbered events and before it had told of them.
    other_connection.execute(f"LISTEN {CHANNEL}")
    Relay({}, lambda event: (), []).run(Rounds(2))  # type: ignore[arg-type]
    told = [json.loads(one.payload)["t"] for one in other_connection.notifies(timeout=2, stop_after=1)]
    assert told == ["*"]


def test_a_relay_whose_connection_was_replaced_stops_leading() -> None:
    rounds: list[object] = []

    def lose() -> bool:
        rounds.append(connection.connection)
        connection.close()
        return False

    stop = Rounds(8)
    Relay({}, lambda event: (), [Tick("lose", 0, lose)]).run(stop)  # type: ignore[arg-type]
    # Each round had a connection of its own, and each of these had the lock first.
    assert len(rounds) > 1
    assert len({id(one) for one in rounds}) == len(rounds)


def test_a_round_that_fails_is_outlived(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[int] = []
    relay = Relay({}, lambda event: (), [Tick("bad", 0, failing), Tick("good", 0, lambda: bool(ran.append(1)))])
    relay.run(Rounds(4))  # type: ignore[arg-type]
    assert len(ran) > 1
