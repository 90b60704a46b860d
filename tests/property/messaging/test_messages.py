"""What holds of any text, any receipts and any hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringround.compliance.rules.messages import Cap, MessageFacts, may_message, quiet_hours
from ringround.messaging.rules import merge, sms
from ringround.messaging.rules.delivery import RANK, Bucket, Status, after, refill, take
from ringround.messaging.transports.smpp import wire

TEXTS = st.text(
    alphabet=st.one_of(st.sampled_from(sms.GSM.replace("\x1b", "") + "€[]{}~^|\\"), st.characters(codec="utf-8"))
)
OUT = [status for status in Status if status in RANK]
NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
ID = UUID(int=7)
# How quickly examples are made up is a matter of the machine and of what else it does.
patient = settings(suppress_health_check=[HealthCheck.too_slow])


@patient
@given(TEXTS)
def test_the_parts_are_the_text_and_each_fits(text: str) -> None:
    found = sms.parts(text)
    assert "".join(found.texts) == text
    most = {("gsm7", True): 160, ("gsm7", False): 153, ("ucs2", True): 70, ("ucs2", False): 67}
    for part in found.texts:
        size = len(sms.gsm_codes(part)) if found.encoding == "gsm7" else len(part.encode("utf-16-be")) // 2
        assert size <= most[found.encoding, found.count == 1]
    assert found.left >= 0


@patient
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=600))
def test_what_is_cut_for_the_wire_is_joined_again(text: str) -> None:
    parts = wire.segments(text, ID)
    read = [wire.text_of(part.octets, part.coding, udh=part.udh) for part in parts]
    assert "".join(words for words, _ in read) == text
    assert all(len(part.octets) <= 254 for part in parts)
    if len(parts) > 1:
        assert [joined for _, joined in read] == [(7, number, len(parts)) for number in range(1, len(parts) + 1)]


@patient
@given(st.binary(max_size=200), st.integers(0, 255), st.booleans())
def test_whatever_comes_by_wire_can_be_read(octets: bytes, coding: int, udh: bool) -> None:
    wire.text_of(octets, coding, udh=udh)
    wire.receipt(octets, provider_id=None, state=coding)


@patient
@given(st.lists(st.sampled_from(OUT)))
def test_receipts_in_any_order_end_the_same(said: list[Status]) -> None:
    def end(order: list[Status]) -> Status:
        state = Status.QUEUED
        for one in order:
            following = after(state, one)
            assert RANK[following] >= RANK[state]
            state = following
        return state

    assert end(said) == end(said[::-1]) == end(sorted(said)) == end(said * 2)


@patient
@given(st.text(), st.text())
def test_a_value_comes_out_as_it_is_and_never_as_a_field(before: str, value: str) -> None:
    filled = merge.fill('{{ contact.a | "" }}', {"contact.a": value}).text
    assert not merge.fields(filled)
    assert merge.fill_alone(filled, {merge.UNSUBSCRIBE: "LINK"}) == filled
    merge.check(before, loc=())


@patient
@given(
    st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 14 * 24 * 60), st.sampled_from(
        ["Europe/Copenhagen", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]
    ),
)  # fmt: skip
def test_quiet_hours_are_waited_out_and_no_longer(begin: int, end: int, minutes: int, zone: str) -> None:
    if begin == end:
        return
    at = datetime(2026, 10, 18, tzinfo=UTC) + timedelta(minutes=minutes)
    times = {"from": f"{begin // 60:02}:{begin % 60:02}", "to": f"{end // 60:02}:{end % 60:02}"}
    hours = quiet_hours(times)
    assert hours is not None
    facts = MessageFacts(zones=(zone,), quiet=(hours,))
    verdict = may_message(facts, at)
    assert verdict.next_at is not None
    assert verdict.next_at >= at
    assert may_message(facts, verdict.next_at).allow
    if not verdict.allow:
        assert verdict.next_at - at <= timedelta(hours=25)
        assert not may_message(facts, verdict.next_at - timedelta(minutes=1)).allow


@patient
@given(st.lists(st.integers(0, 100), max_size=30), st.integers(1, 5), st.integers(1, 20))
def test_no_stretch_has_more_than_the_cap_allows(gaps: list[int], most: int, days: int) -> None:
    facts_cap = Cap(most, timedelta(days=days))
    sent: list[datetime] = []
    now = NOON
    for gap in gaps:
        now += timedelta(hours=gap)
        verdict = may_message(MessageFacts(caps=(facts_cap,), sent=tuple(sent)), now)
        if verdict.allow:
            sent.append(now)
        else:
            assert verdict.next_at is not None
            assert may_message(MessageFacts(caps=(facts_cap,), sent=tuple(sent)), verdict.next_at).allow
    for first in sent:
        assert sum(first <= at < first + facts_cap.within for at in sent) <= most


@patient
@given(st.floats(0.05, 100), st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_the_throttle_lets_no_more_through_than_it_says(per_s: float, gaps: list[float]) -> None:
    bucket, passed, gone = Bucket(max(1.0, per_s), NOON), 0.0, 0
    for gap in gaps:
        passed += gap
        bucket = refill(bucket, per_s=per_s, now=NOON + timedelta(seconds=passed))
        count = int(bucket.tokens)
        bucket, gone = take(bucket, count), gone + count
        assert gone <= max(1.0, per_s) + passed * per_s + 0.001
