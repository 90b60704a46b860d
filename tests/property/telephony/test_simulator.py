"""The simulated exchange on virtual time: the same seed is the same day, and no call is lost or told twice."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringround.telephony.exchanges.simulator import Lasts, People, Settings, Simulator
from ringround.telephony.ports import AgentDevice, DeviceKind, Order, Report, What

# In which order things are told of a call; each at most once.
ORDER = [What.RINGING, What.ANSWERED, What.PERSON, What.MACHINE, What.CONNECTED, What.ENDED]
SEAT = UUID(int=1 << 100)


class Heard:
    """Everything that was told, with when."""

    def __init__(self, settings: Settings) -> None:
        self.reports: list[tuple[float, Report]] = []
        self.exchange = Simulator(settings, virtual=True)
        self.exchange.start(self)
        self.exchange.advance(0)

    def heard(self, report: Report) -> None:
        self.reports.append((self.exchange.now, report))

    def came(self) -> None: ...

    def went(self, fault: str) -> None: ...

    def of(self, call: UUID) -> list[What]:
        return [one.what for _, one in self.reports if one.id == call]


def number(n: int) -> str:
    return f"+4520{n:06}"


def a_day(seed: int, orders: list[tuple[int, int, str]]) -> Heard:
    """Calls to so many numbers, one after another, and what is done with each after so many seconds."""
    day = Heard(Settings(seed=seed, people=People(dumb=0.05)))
    day.exchange.seat(SEAT, AgentDevice(kind=DeviceKind.BROWSER, address="agent"))
    for n, (who, after_s, what) in enumerate(orders):
        call = UUID(int=n)
        day.exchange.dial(Order(call_id=call, number=number(who)))
        day.exchange.advance(day.exchange.now + after_s)
        if what == "hang_up":
            day.exchange.hang_up(call)
        elif what == "detect":
            day.exchange.detect(call)
        elif what == "connect":
            day.exchange.connect(call, SEAT)
        elif what == "again":
            day.exchange.dial(Order(call_id=call, number=number(who)))
    while (at := day.exchange.next_at) is not None:
        day.exchange.advance(at)
    return day


ORDERS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 40), st.sampled_from(["hang_up", "detect", "connect", "again", ""])),
    max_size=40,
)


@given(st.integers(0, 5), ORDERS)
def test_each_call_ends_once_and_is_told_in_order(seed: int, orders: list[tuple[int, int, str]]) -> None:
    day = a_day(seed, orders)
    for n in range(len(orders)):
        told = day.of(UUID(int=n))
        assert told.count(What.ENDED) >= 1
        assert told[-1] is What.ENDED
        places = [ORDER.index(what) for what in told]
        # `again` after the end is a new call with the same id: whoever asks for one is refused by the call's own row.
        if orders[n][2] != "again":
            assert places == sorted(set(places))
            assert told.count(What.ENDED) == 1
    assert not day.exchange.live().calls


@given(st.integers(0, 5), ORDERS)
def test_the_same_seed_is_the_same_day(seed: int, orders: list[tuple[int, int, str]]) -> None:
    assert a_day(seed, orders).reports == a_day(seed, orders).reports


def test_people_are_as_the_table_says() -> None:
    people = People(answered=0.4, machine=0.2, busy=0.1, unknown=0.05, full=0.02, declined=0.03)
    day = Heard(Settings(people=people))
    for n in range(4000):
        day.exchange.dial(Order(call_id=UUID(int=n), number=number(n)))
    day.exchange.advance(4000)
    shares = Counter(line.did for line in day.exchange.log)
    # Three standard deviations of a share of 4,000.
    assert shares["busy"] / 4000 == pytest.approx(0.10, abs=0.015)
    assert shares["unknown"] / 4000 == pytest.approx(0.05, abs=0.011)
    answered = sum(report.what is What.ANSWERED for _, report in day.reports)
    # Less those who would have answered after the 25 s that it rings.
    assert 0.5 < answered / 4000 <= 0.62


def test_the_first_pattern_that_fits_a_numbers_end_says_who_is_there() -> None:
    nobody = People(answered=0, machine=0, busy=0, unknown=0, full=0, declined=0)
    table = [People(numbers="7[0-9]", busy=1, answered=0, machine=0, unknown=0, full=0, declined=0), nobody]
    day = Heard(Settings(patterns=table))
    for n in (70, 79, 17):
        day.exchange.dial(Order(call_id=UUID(int=n), number=number(n)))
    day.exchange.advance(100)
    assert {line.number[-2:]: line.did for line in day.exchange.log} == {"70": "busy", "79": "busy", "17": "given_up"}


def test_who_is_answered_by_nobody_waits_and_hangs_up() -> None:
    day = Heard(Settings(people=People(answered=1, machine=0, busy=0, unknown=0, full=0, declined=0, waits=Lasts(6.0))))
    day.exchange.dial(Order(call_id=UUID(int=1), number=number(1), ring_timeout_s=1000))
    day.exchange.advance(1000)
    times = {report.what: at for at, report in day.reports}
    assert times[What.ENDED] - times[What.ANSWERED] == pytest.approx(6.0)


def test_shares_that_are_more_than_all_are_refused() -> None:
    with pytest.raises(ValueError, match="together at most 1"):
        People(answered=0.9, machine=0.2)
