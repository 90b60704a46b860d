"""Sending what is due: who may be written to now, tries, the throttle, several couriers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from ringround.contacts import actions as contacts
from ringround.contacts.models import Contact, ContactList
from ringround.infra import clock, sql
from ringround.infra.models import EventOut
from ringround.messaging.actions import Queued, message_settings_change, messages_erase, transport_change
from ringround.messaging.courier import LEASE, MessageCourier
from ringround.messaging.models import Message, Transport
from ringround.messaging.transports import DRAWERS
from ringround.messaging.transports.port import Letter, Outcome, Way
from ringround.messaging.transports.sandbox import Sandbox
from ringround.orgs.actor import system
from tests import factories
from tests.integration.messaging.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

Queue = Callable[..., Queued]


class Scripted(Sandbox):
    """A sandbox whose outcomes are told, one a try; it keeps what it was handed."""

    def __init__(self, *outcomes: Outcome, idempotent: bool = False) -> None:
        self.outcomes = list(outcomes)
        self.seen: list[Letter] = []
        self.idempotent = idempotent  # type: ignore[misc]

    def carry(self, way: Way, letter: Letter) -> Outcome:
        self.seen.append(letter)
        return self.outcomes.pop(0) if self.outcomes else Outcome("sent", "p")


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Scripted]:
    def script(*outcomes: Outcome, **more: Any) -> Scripted:
        made = Scripted(*outcomes, **more)
        monkeypatch.setitem(DRAWERS, "sandbox", made)
        return made

    return script


def contact_of(org: Any) -> Contact:
    now = clock.now()
    listing = ContactList.objects.create(organisation=org, name="x", columns=[], created_at=now)
    return Contact.objects.create(organisation=org, list=listing, created_at=now, updated_at=now)


class Round:
    """Couriers at chosen real times. What threads would do is done in place."""

    def __init__(self) -> None:
        self.real = clock.real_now()

    def __call__(self, courier: MessageCourier | None = None, *, lose: bool = False) -> int:
        made = courier or MessageCourier()
        parcels = made.claim(free=32, now=self.real)
        if not lose:
            back = [(one, made.carry(one)) for one in parcels]
            if back:
                made.done(back=back, now=self.real)
        else:
            for one in parcels:
                made.carry(one)
        made._pool.shutdown(wait=False)
        return len(parcels)

    def later(self, seconds: float) -> None:
        self.real += timedelta(seconds=seconds)
        clock.advance(timedelta(seconds=seconds))


@pytest.fixture
def run() -> Round:
    return Round()


def row(queued: Queued) -> Message:
    return Message.objects.get(id=queued.message_id)


def types() -> list[str]:
    kept = EventOut.objects.filter(type__startswith="messaging.").order_by("id")
    return [one.rpartition(".")[2] for one in kept.values_list("type", flat=True)]


def test_what_is_due_is_sent_once_and_told(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    transport(org)
    one = queue()
    assert (run(), run()) == (1, 0)
    sent = row(one)
    assert (sent.status, sent.sent_at, sent.provider_id) == ("sent", NOON, sent.id.hex)
    assert types() == ["queued", "sent"]


def test_what_is_not_due_yet_waits_for_business_time(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    transport(org)
    queue(not_before=NOON + timedelta(hours=1))
    assert run() == 0
    clock.advance(timedelta(hours=1))
    assert run() == 1


def test_a_message_is_from_the_organisations_sender_and_else_the_transports(
    org: Any, transport: Any, queue: Queue, run: Round, scripted: Callable[..., Scripted]
) -> None:
    drawer = scripted()
    transport(org, sender="Agency")
    first, own = queue(), queue(sender="1204")
    run()
    message_settings_change(actor=system(org), sms_sender="Charity")
    second = queue()
    run()
    assert {one.id: one.sender for one in drawer.seen} == {
        first.message_id: "Agency", own.message_id: "1204", second.message_id: "Charity",
    }  # fmt: skip
    # Whoever reads it later sees who it was from.
    assert row(second).sender == "Charity"


def test_what_a_provider_has_a_part_of_goes_on_there_with_the_rest(
    org: Any, transport: Any, queue: Queue, run: Round, scripted: Callable[..., Scripted]
) -> None:
    stumbling = Outcome("later", reason="rate", down=True, parts=((1, "m1"),))
    drawer = scripted(stumbling, Outcome("sent", parts=((2, "m2"),)))
    first = transport(org)
    transport(org, priority=200)
    one = queue(text="Hej " * 50)
    run()
    assert (row(one).status, row(one).transport_id) == ("queued", first.id)
    run.later(3600)
    run()
    assert [set(letter.handed) for letter in drawer.seen] == [set(), {1}]
    assert (row(one).status, row(one).transport_id) == ("sent", first.id)


def test_parts_of_one_message_are_from_one_sender(
    org: Any, transport: Any, queue: Queue, run: Round, scripted: Callable[..., Scripted]
) -> None:
    stumbling = Outcome("later", reason="rate", down=True, parts=((1, "m1"),))
    drawer = scripted(stumbling, Outcome("later", reason="rate", down=True))
    transport(org, sender="Agency")
    one, whole = queue(text="Hej " * 50), queue()
    run()
    message_settings_change(actor=system(org), sms_sender="Charity")
    for _ in range(2):
        # One at first, as long as the transport has had trouble.
        run.later(3600)
        run()
    went = [(letter.id, letter.sender) for letter in drawer.seen]
    # What nobody has a part of is from whoever it is from now.
    assert sorted(went[2:]) == sorted([(one.message_id, "Agency"), (whole.message_id, "Charity")])


def test_what_is_tried_again_is_from_the_sender_that_the_transport_has_by_then(
    org: Any, transport: Any, queue: Queue, run: Round, scripted: Callable[..., Scripted]
) -> None:
    trouble = Outcome("later", reason="rate", down=True)
    drawer = scripted(Outcome("later", reason="rate", down=True, parts=((1, "m1"),)), trouble, trouble)
    first = transport(org, sender="Agency")
    begun, whole, own = queue(text="Hej " * 50), queue(), queue(sender="1204")
    run()
    transport_change(actor=system(org), transport_id=first.id, sender="Bureau")
    for _ in range(3):
        run.later(3600)
        run()
    went = [(letter.id, letter.sender) for letter in drawer.seen]
    assert sorted(went[3:]) == sorted(
        [(begun.message_id, "Agency"), (whole.message_id, "Bureau"), (own.message_id, "1204")]
    )
    assert row(whole).sender == "Bureau"


@pytest.mark.parametrize("channel", ["phone", "sms", "any"])
def test_a_suppressed_number_is_skipped_when_it_is_sent(
    org: Any, transport: Any, queue: Queue, run: Round, channel: str
) -> None:
    transport(org)
    one = queue()
    contacts.suppression_add(actor=system(org), value="+4520123456", channel=channel)
    run()
    assert (row(one).status, row(one).reason) == ("skipped", "suppressed")
    assert types() == ["queued", "skipped"]


def test_an_address_is_suppressed_on_its_own_channel_whatever_its_case(
    org: Any, transport: Any, queue: Queue, run: Round
) -> None:
    transport(org, "email")
    one = queue(channel="email", to="Anna@Example.org")
    contacts.suppression_add(actor=system(org), value="anna@example.org", channel="email")
    run()
    assert row(one).reason == "suppressed"


def test_another_organisations_suppression_bars_nothing(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    transport(org)
    one = queue()
    contacts.suppression_add(actor=system(factories.organisation("Other")), value="+4520123456")
    run()
    assert row(one).status == "sent"


def test_quiet_hours_are_waited_for_on_the_recipients_wall_clock(
    org: Any, transport: Any, queue: Queue, run: Round
) -> None:
    transport(org)
    one = queue(quiet={"from": "11:30", "to": "14:15"})
    run()
    waiting = row(one)
    assert (waiting.status, waiting.next_at, waiting.tries) == ("queued", datetime(2026, 11, 2, 13, 15, tzinfo=UTC), 0)
    clock.advance(timedelta(hours=2, minutes=15))
    run()
    assert row(one).status == "sent"


def test_the_organisations_quiet_hours_hold_beside_the_messages_own(
    org: Any, transport: Any, queue: Queue, run: Round
) -> None:
    transport(org)
    message_settings_change(actor=factories.member(org, "owner"), quiet={"from": "12:00", "to": "15:00"})
    one = queue(quiet={"from": "14:00", "to": "16:00"})
    run()
    assert row(one).next_at == datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


def test_over_the_cap_is_skipped_also_within_one_batch(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    transport(org)
    owner = factories.member(org, "owner")
    message_settings_change(actor=owner, caps=[{"channel": "sms", "most": 2, "days": 7}])
    found = [queue() for _ in range(3)]
    run()
    assert [row(one).status for one in found] == ["sent", "sent", "skipped"]
    assert row(found[2]).reason == "capped"
    clock.advance(timedelta(days=7, seconds=1))
    again = queue()
    run()
    assert row(again).status == "sent"


def test_over_the_cap_may_wait_instead(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    transport(org)
    owner = factories.member(org, "owner")
    message_settings_change(actor=owner, caps=[{"channel": "sms", "most": 1, "days": 7}], over_cap="wait")
    first, second = queue(), queue()
    run()
    assert row(first).status == "sent"
    assert (row(second).status, row(second).next_at) == ("queued", NOON + timedelta(days=7))


def test_what_is_under_way_by_another_worker_counts_for_the_cap(
    org: Any, transport: Any, queue: Queue, run: Round
) -> None:
    transport(org)
    owner = factories.member(org, "owner")
    message_settings_change(actor=owner, caps=[{"channel": "sms", "most": 1, "days": 7}])
    queue()
    run(lose=True)
    second = queue()
    run()
    assert row(second).reason == "capped"


def test_an_address_that_bounced_is_not_written_to_again(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    transport(org, "email")
    first = queue(channel="email")
    Message.objects.filter(id=first.message_id).update(status="bounced", reason="mailbox")
    second = queue(channel="email")
    run()
    assert row(second).reason == "bounced_before"


def test_three_tries_with_back_off_then_it_has_failed(
    org: Any, transport: Any, queue: Queue, run: Round, scripted: Any
) -> None:
    scripted(*[Outcome("later", reason="server", detail="no")] * 3)
    transport(org)
    one = queue()
    run()
    assert (row(one).status, row(one).next_at) == ("queued", NOON + timedelta(seconds=60))
    run.later(60)
    run()
    run.later(599)
    assert run() == 0
    run.later(1)
    run()
    assert (row(one).status, row(one).reason, row(one).tries) == ("failed", "server", 3)
    assert types() == ["queued", "failed"]


def test_one_transport_that_is_down_leaves_its_messages_to_the_next(
    org: Any, transport: Any, queue: Queue, run: Round, scripted: Any
) -> None:
    scripted(Outcome("later", reason="unreachable", down=True))
    first, second = transport(org, priority=1, failures=6), transport(org, priority=2)
    one = queue()
    run()
    first.refresh_from_db()
    assert (first.failures, first.fault) == (7, "unreachable")
    run.later(60)
    assert first.rests_until > run.real
    run()
    assert (row(one).status, row(one).transport_id) == ("sent", second.id)


def test_without_an_active_transport_messages_wait(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    way = transport(org, active=False)
    one = queue()
    assert run() == 0
    Transport.objects.filter(id=way.id).update(active=True)
    run()
    assert row(one).status == "sent"


def test_a_crash_after_handing_over_is_repeated_once_with_the_same_key_and_then_given_up(
    org: Any, transport: Any, queue: Queue, run: Round, scripted: Any
) -> None:
    drawer = scripted()
    transport(org)
    one = queue()
    for _ in range(3):
        run(lose=True)
        run.later(LEASE.total_seconds() + 1)
    run()
    assert [letter.id for letter in drawer.seen] == [one.message_id] * 2
    assert (row(one).status, row(one).reason) == ("failed", "unknown_outcome")


def test_a_provider_that_knows_the_key_is_asked_as_often_as_it_takes(
    org: Any, transport: Any, queue: Queue, run: Round, scripted: Any
) -> None:
    drawer = scripted(idempotent=True)
    transport(org)
    one = queue()
    for _ in range(3):
        run(lose=True)
        run.later(LEASE.total_seconds() + 1)
    run()
    assert len(drawer.seen) == 4
    assert row(one).status == "sent"


def test_a_lease_keeps_two_couriers_apart(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    transport(org)
    for _ in range(5):
        queue()
    one, other = MessageCourier(), MessageCourier()
    first, second = one.claim(free=3, now=run.real), other.claim(free=10, now=run.real)
    assert {len(first), len(second)} == {3, 2}
    assert not {parcel.message_id for parcel in first} & {parcel.message_id for parcel in second}
    for courier in (one, other):
        courier._pool.shutdown(wait=False)


def test_a_late_outcome_of_an_older_claim_is_let_go(
    org: Any, transport: Any, queue: Queue, run: Round, scripted: Any
) -> None:
    scripted()
    transport(org)
    one = queue()
    slow = MessageCourier()
    parcels = slow.claim(free=1, now=run.real)
    run.later(LEASE.total_seconds() + 1)
    run()
    slow.done(back=[(parcels[0], Outcome("refused", reason="refused"))], now=run.real)
    slow._pool.shutdown(wait=False)
    assert row(one).status == "sent"


def test_the_last_try_counts_as_a_doubt_like_any_other(
    org: Any, transport: Any, queue: Queue, run: Round, scripted: Any
) -> None:
    scripted(Outcome("later", reason="refused"), *[Outcome("unknown", reason="unreachable", down=True)] * 2)
    transport(org)
    one = queue()
    for _ in range(3):
        run()
        run.later(3600)
    assert (row(one).status, row(one).reason, row(one).doubts) == ("failed", "unknown_outcome", 2)


@pytest.mark.parametrize("kind", ["later", "unknown"])
def test_an_outcome_that_is_noted_twice_counts_once(
    org: Any, transport: Any, queue: Queue, run: Round, scripted: Any, kind: Any
) -> None:
    scripted()
    transport(org)
    one = queue()
    courier = MessageCourier()
    parcels = courier.claim(free=1, now=run.real)
    for _ in range(2):
        courier.done(back=[(parcels[0], Outcome(kind, reason="unreachable", down=True))], now=run.real)
    courier._pool.shutdown(wait=False)
    assert (row(one).status, row(one).tries, row(one).doubts) == ("queued", kind == "unknown", kind == "unknown")
    assert Transport.objects.get().failures == 1


def test_the_throttle_holds_over_all_couriers(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    transport(org, throttle_per_s=2.0, tokens=2.0)
    for _ in range(9):
        queue()
    assert [run(), run()] == [2, 0]
    run.later(1)
    assert run() == 2
    run.later(10)
    assert run() == 2


def test_what_is_skipped_costs_the_throttle_nothing(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    transport(org, throttle_per_s=1.0, tokens=1.0)
    contacts.suppression_add(actor=system(org), value="+4520123457")
    queue(to="+4520123457")
    one = queue()
    run()
    run()
    assert row(one).status == "sent"


def test_a_contact_that_was_erased_is_not_written_to(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    transport(org)
    who = contact_of(org)
    one = queue(contact_id=who.id)
    Contact.objects.filter(id=who.id).update(erased_at=clock.now())
    run()
    assert row(one).reason == "erased"


def test_a_message_that_cannot_be_packed_fails_alone(
    org: Any, transport: Any, queue: Queue, run: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ringround.messaging import courier

    transport(org, "email")
    bad, good = queue(channel="email", html="<p>bad"), queue(channel="email", html="<p>good")
    real = courier.letter_of

    def letter_of(message: Message, **more: Any) -> Letter:
        if "bad" in message.html:
            raise AssertionError("as a parser would")
        return real(message, **more)

    monkeypatch.setattr(courier, "letter_of", letter_of)
    run()
    assert (row(bad).status, row(bad).reason) == ("failed", "internal")
    assert row(good).status == "sent"


def test_a_message_that_cannot_be_judged_fails_alone(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    transport(org)
    bad, good = queue(), queue()
    Message.objects.filter(id=bad.message_id).update(quiet={"from": 7, "zone": "Mars/North"})
    run()
    assert (row(bad).status, row(bad).reason) == ("failed", "internal")
    assert row(good).status == "sent"


def test_a_mail_that_is_no_html_goes_out(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    transport(org, "email")
    one = queue(channel="email", html="<p>Hej <![foo[bar]]> dig")
    run()
    assert row(one).status == "sent"


def test_what_went_while_its_contact_was_erased_was_sent(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    transport(org)
    who = contact_of(org)
    one = queue(contact_id=who.id)
    slow = MessageCourier()
    parcels = slow.claim(free=1, now=run.real)
    messages_erase(contact_ids=[who.id], now=clock.now())
    slow.done(back=[(parcels[0], Outcome("sent", "p"))], now=run.real)
    slow._pool.shutdown(wait=False)
    assert (row(one).status, row(one).text) == ("sent", "")


def test_an_outage_is_no_try_and_is_waited_for_a_day(
    org: Any, transport: Any, queue: Queue, run: Round, scripted: Any
) -> None:
    scripted(*[Outcome("later", reason="rate", down=True)] * 6)
    transport(org)
    one = queue()
    for _ in range(5):
        run()
        assert (row(one).status, row(one).tries, row(one).held_since) == ("queued", 0, NOON)
        run.later(400)
    run.later(24 * 3600)
    run()
    assert (row(one).status, row(one).reason) == ("failed", "rate")


@pytest.mark.parametrize(
    ("status", "reason", "then"),
    [("failed", "mailbox", "bounced_before"), ("bounced", "mailbox", "bounced_before"), ("bounced", "rejected", ""),
     ("failed", "refused", "")],
)  # fmt: skip
def test_an_address_is_given_up_where_there_is_no_mailbox(
    org: Any, transport: Any, queue: Queue, run: Round, status: str, reason: str, then: str
) -> None:
    transport(org, "email")
    first = queue(channel="email")
    Message.objects.filter(id=first.message_id).update(status=status, reason=reason)
    second = queue(channel="email")
    run()
    assert row(second).reason == then


def test_what_was_handed_to_one_stays_with_it_and_the_rest_goes_by_the_first(
    org: Any, transport: Any, queue: Queue, run: Round
) -> None:
    first, second = transport(org, priority=1), transport(org, priority=2)
    mine = queue()
    Message.objects.filter(id=mine.message_id).update(transport=second, doubts=1)
    rest = [queue() for _ in range(3)]
    assert run() == 4
    assert row(mine).transport_id == second.id
    assert {row(one).transport_id for one in rest} == {first.id}


def test_one_that_stands_by_reads_nothing_of_what_waits_for_the_first(org: Any, transport: Any, queue: Queue) -> None:
    transport(org, priority=1, throttle_per_s=1.0, tokens=0.0)
    transport(org, priority=2)
    queue()
    now = clock.real_now()
    found = sql.rows("messaging", "transports_waiting", now=NOON, real=now, each=24)
    assert [one["ready"] for one in found] == [1]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM messaging_message WHERE transport_id = %s AND status = 'queued'"
            " AND next_at <= now() ORDER BY next_at, id LIMIT 1",
            [uuid4()],
        )
        assert "message_due_handed" in str(cursor.fetchall())


def test_a_transport_that_is_switched_off_keeps_no_doubtful_message(
    org: Any, transport: Any, queue: Queue, run: Round, scripted: Any
) -> None:
    from ringround.messaging.actions import transport_change

    scripted(Outcome("unknown", reason="server"), Outcome("unknown", reason="server"))
    way = transport(org)
    owner = factories.member(org, "owner")
    one = queue()
    run()
    assert row(one).doubts == 1
    transport_change(actor=owner, transport_id=way.id, active=False)
    assert (row(one).status, row(one).reason) == ("failed", "unknown_outcome")
    transport_change(actor=owner, transport_id=way.id, active=True)
    other = queue()
    slow = MessageCourier()
    run.real = clock.real_now()
    parcels = slow.claim(free=1, now=run.real)
    assert len(parcels) == 1
    transport_change(actor=owner, transport_id=way.id, active=False)
    assert row(other).status == "queued"
    slow.done(back=[(one, slow.carry(one)) for one in parcels], now=run.real)
    slow._pool.shutdown(wait=False)
    assert (row(other).status, row(other).reason) == ("failed", "unknown_outcome")


def test_a_transport_that_is_switched_off_keeps_no_part_of_a_message(
    org: Any, transport: Any, queue: Queue, run: Round, scripted: Any
) -> None:
    scripted(Outcome("later", reason="rate", down=True, parts=((1, "m1"),)))
    way = transport(org)
    one = queue(text="Hej " * 50)
    slow = MessageCourier()
    parcels = slow.claim(free=1, now=run.real)
    Transport.objects.filter(id=way.id).update(active=False)
    slow.done(back=[(parcel, slow.carry(parcel)) for parcel in parcels], now=run.real)
    slow._pool.shutdown(wait=False)
    assert (row(one).status, row(one).reason) == ("failed", "unknown_outcome")


def test_a_long_backlog_is_not_read_to_claim_a_few(org: Any, transport: Any, queue: Queue, run: Round) -> None:
    way = transport(org)
    queue()
    columns = [field.column for field in Message._meta.concrete_fields]
    taken = {"id": "gen_random_uuid()", "key": "key || g"}
    with connection.cursor() as cursor:
        names = ", ".join(f'"{one}"' for one in columns)
        values = ", ".join(taken.get(one, f'"{one}"') for one in columns)
        cursor.execute(
            f"INSERT INTO messaging_message ({names}) "  # noqa: S608 -- names of columns
            f"SELECT {values} FROM messaging_message, generate_series(1, 5000) g"
        )
        cursor.execute("ANALYZE messaging_message")
        cursor.execute("SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'messaging_message'")
        before = cursor.fetchone()[0]
        given = {"now": NOON, "real": run.real, "lease": run.real + LEASE, "transports": [way.id], "places": [20]}
        assert len(sql.rows("messaging", "messages_claim", **given)) == 20
        cursor.execute("SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'messaging_message'")
        assert cursor.fetchone()[0] == before
