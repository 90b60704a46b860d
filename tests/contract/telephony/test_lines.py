"""One suite for every exchange that places calls by itself: what the port promises, and what it does when it breaks."""

from __future__ import annotations

import pytest

from ringround.kernel.ids import new_id
from ringround.telephony.exchanges.asterisk.ari import Fault
from ringround.telephony.ports import (
    AgentDevice,
    Away,
    Capability,
    Detects,
    DeviceKind,
    Exchange,
    Order,
    Originates,
    Report,
    What,
)
from tests.contract.telephony.lines import (
    ABSENT,
    BUSY,
    DECLINED,
    DUMB,
    FULL,
    GREETING,
    PERSON,
    SHORT,
    SILENT,
    SLOW,
    STAYS,
    UNANSWERED,
    UNKNOWN,
    AsteriskLine,
    Line,
)


def test_it_has_the_verbs_that_it_says(line: Line) -> None:
    assert isinstance(line.exchange, Exchange)
    assert isinstance(line.exchange, Originates) == (Capability.ORIGINATE in line.exchange.capabilities)
    assert isinstance(line.exchange, Detects) == (Capability.DETECT in line.exchange.capabilities)


@pytest.mark.parametrize(
    ("number", "cause", "carriers"),
    [(BUSY, 17, "busy"), (UNKNOWN, 1, "unknown"), (FULL, 34, "full"), (DECLINED, 21, "declined")],
)
def test_a_call_that_nobody_answers_ends_with_the_carriers_cause(
    line: Line, number: str, cause: int, carriers: str
) -> None:
    call = line.call(number)
    assert line.wait(Report(what=What.ENDED, id=call, cause=cause))
    assert line.story(call) == [What.ENDED]
    assert line.carriers(call).did == carriers


def test_it_rings_no_longer_than_it_was_told(line: Line) -> None:
    call = line.call(UNANSWERED, ring_s=1)
    line.wait(Report(what=What.ENDED, id=call, cause=19))
    assert line.story(call) == [What.RINGING, What.ENDED]
    assert line.carriers(call).did == "given_up"


def test_a_carrier_that_never_says_anything_is_given_up_too(line: Line) -> None:
    call = line.call(DUMB, ring_s=1)
    line.until(What.ENDED, call)
    assert line.story(call) == [What.ENDED]


def test_who_answers_is_told_in_order_and_whoever_hangs_up_ends_it(line: Line) -> None:
    call = line.call(SHORT)
    line.wait(Report(what=What.ENDED, id=call, cause=16))
    assert line.story(call) == [What.RINGING, What.ANSWERED, What.ENDED]
    assert line.carriers(call).did == "hung_up"


def test_a_call_is_hung_up_for_us_and_twice_is_no_fault(line: Line) -> None:
    call = line.call(PERSON)
    line.until(What.ANSWERED, call)
    line.exchange.hang_up(call)
    line.exchange.hang_up(call)
    line.wait(Report(what=What.ENDED, id=call, cause=16))
    line.exchange.hang_up(call)
    assert line.carriers(call).did == "was_hung_up"


def test_a_call_that_still_rings_is_given_up(line: Line) -> None:
    call = line.call(UNANSWERED)
    line.until(What.RINGING, call)
    line.exchange.hang_up(call)
    line.until(What.ENDED, call)
    assert line.carriers(call).did == "given_up"


def test_the_same_order_twice_is_one_call(line: Line) -> None:
    order = Order(call_id=new_id(), number=PERSON)
    line.exchange.dial(order)
    line.exchange.dial(order)
    line.until(What.ANSWERED, order.call_id)
    line.exchange.dial(order)
    line.exchange.hang_up(order.call_id)
    line.until(What.ENDED, order.call_id)
    assert line.story(order.call_id) == [What.RINGING, What.ANSWERED, What.ENDED]
    assert line.carriers(order.call_id).number == PERSON


def test_a_number_that_is_not_e164_is_not_dialled(line: Line) -> None:
    with pytest.raises(ValueError, match=r"E\.164"):
        line.call("20123450")


def test_an_agent_waits_in_a_seat_and_has_one_customer_after_another(line: Line) -> None:
    seat = line.seated()
    for _ in range(2):
        call = line.call(PERSON)
        line.until(What.ANSWERED, call)
        line.exchange.connect(call, seat)
        line.until(What.CONNECTED, call)
        line.exchange.hang_up(call)
        line.until(What.ENDED, call)
    assert line.story(seat) == [What.SEATED]
    line.exchange.unseat(seat)
    line.wait(Report(what=What.UNSEATED, id=seat, cause=16))


def test_an_agent_who_puts_the_telephone_down_leaves_the_customer_on_the_line(line: Line) -> None:
    seat, call = line.seated(), line.call(PERSON)
    line.until(What.ANSWERED, call)
    line.exchange.connect(call, seat)
    line.until(What.CONNECTED, call)
    line.exchange.unseat(seat)
    line.until(What.UNSEATED, seat)
    assert line.exchange.live().calls == {call}


def test_a_telephone_that_is_not_there_is_told_at_once(line: Line) -> None:
    seat = new_id()
    line.exchange.seat(seat, AgentDevice(kind=DeviceKind.PHONE, address=ABSENT))
    report = line.wait()
    assert isinstance(report, Report)
    assert (report.what, report.id) == (What.UNSEATED, seat)


@pytest.mark.parametrize(("number", "found"), [(PERSON, What.PERSON), (GREETING, What.MACHINE)])
def test_it_finds_out_whether_a_machine_has_answered(line: Line, number: str, found: What) -> None:
    call = line.call(number)
    line.until(What.ANSWERED, call)
    line.exchange.detect(call)
    assert line.until(found, call)
    # It is in our hands again: an agent can have it.
    seat = line.seated()
    line.exchange.connect(call, seat)
    line.until(What.CONNECTED, call)


def test_who_hangs_up_while_it_is_found_out_ends_the_call(line: Line) -> None:
    call = line.call(SHORT)
    line.until(What.ANSWERED, call)
    line.exchange.detect(call)
    line.until(What.ENDED, call)
    assert line.story(call) == [What.RINGING, What.ANSWERED, What.ENDED]


def test_all_that_lives_is_told_and_nothing_else(line: Line) -> None:
    seat, rings, talks = line.seated(), line.call(SLOW), line.call(SILENT)
    line.until(What.ANSWERED, talks)
    live = line.exchange.live()
    assert (live.calls, live.seats) == ({rings, talks}, {seat})
    line.exchange.hang_up(talks)
    line.until(What.ENDED, talks)
    assert line.exchange.live().calls == {rings}


# ---- when it breaks


def test_one_that_is_killed_is_told_and_comes_back_with_nothing_alive(line: Line) -> None:
    line.seated()
    call = line.call(PERSON)
    line.until(What.ANSWERED, call)
    line.kill()
    line.wait(Fault.LOST.value)
    with pytest.raises(Away):
        line.exchange.live()
    line.restart()
    line.wait("came")
    live = line.exchange.live()
    assert not live.calls
    assert not live.seats
    after = line.call(BUSY)
    line.wait(Report(what=What.ENDED, id=after, cause=17))


def test_one_that_stalls_is_told_and_what_lived_through_it_is_found_again(by_asterisk: AsteriskLine) -> None:
    line = by_asterisk
    call = line.call(STAYS)
    line.until(What.ANSWERED, call)
    line.stall()
    try:
        line.wait(Fault.LOST.value)
    finally:
        line.go_on()
    line.wait("came")
    assert line.exchange.live().calls == {call}


def test_another_adapter_takes_over_what_lives(by_asterisk: AsteriskLine) -> None:
    line = by_asterisk
    call, seat = line.call(STAYS), line.seated()
    line.exchange.stop()
    other = AsteriskLine(line.wired)
    other.open()
    assert (other.exchange.live().calls, other.exchange.live().seats) == ({call}, {seat})
    other.exchange.connect(call, seat)
    other.until(What.CONNECTED, call)
    other.exchange.hang_up(call)
    other.until(What.ENDED, call)
    other.close()


def test_a_wrong_password_is_told_and_nothing_is_placed(by_asterisk: AsteriskLine) -> None:
    other = AsteriskLine(by_asterisk.wired, password="wrong")
    other.exchange.start(other)
    assert other.wait() == Fault.REFUSED.value
    with pytest.raises(Away):
        other.exchange.live()
    other.exchange.stop()
