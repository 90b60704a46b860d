"""When webhooks are tried again, rest, and are switched off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ringround.http import rules
from ringround.http.rules import EACH, EACH_ORG, Waiting

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_delivery_is_tried_for_more_than_a_day_with_growing_pauses() -> None:
    at, tries, pauses = NOW, 1, []
    while (following := rules.retry_at(now=at, tries=tries)) is not None:
        pauses.append(following - at)
        at, tries = following, tries + 1
    assert at - NOW >= timedelta(hours=24)
    assert pauses == sorted(pauses)


def test_a_few_failures_are_the_events_and_many_in_a_row_are_the_targets() -> None:
    pauses = [rules.webhook_pause(failures=count) for count in range(40)]
    assert pauses[rules.PATIENT_FAILURES - 1] == timedelta(0) < pauses[rules.PATIENT_FAILURES]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(minutes=15)


def test_a_webhook_that_only_fails_is_off_after_three_days_and_one_that_is_gone_at_once() -> None:
    begun = NOW - timedelta(days=3)
    assert rules.off_reason(now=NOW, failing_since=begun, status=500) == "failing"
    assert rules.off_reason(now=NOW, failing_since=begun + timedelta(seconds=1), status=500) is None
    assert rules.off_reason(now=NOW, failing_since=NOW, status=410) == "gone"


def test_types_are_names_or_what_begins_so_and_none_are_all() -> None:
    assert rules.wants([], "telephony.call.ended")
    assert rules.wants(["campaigns.lead.*"], "campaigns.lead.created")
    assert not rules.wants(["campaigns.lead.*"], "campaigns.leads.added")
    assert not rules.wants(["campaigns.lead.created"], "campaigns.lead.created_twice")


# --- sharing out ------------------------------------------------------------------------------


def waiting(id: int, org: int, *, ready: int = 100, under_way: int = 0, failing: bool = False) -> Waiting:
    return Waiting(UUID(int=id), UUID(int=1000 + org), failing, ready, under_way)


def shared(found: Sequence[Waiting], free: int = 16, turns: dict[int, int] | None = None) -> dict[int, int]:
    given = rules.share_out(found, free=free, turns={UUID(int=one): turn for one, turn in (turns or {}).items()})
    return {one.int: count for one, count in given.items()}


def test_one_webhook_alone_has_its_share_and_one_that_has_just_failed_a_single_place() -> None:
    assert shared([waiting(1, 1)]) == {1: EACH}
    assert shared([waiting(1, 1, under_way=3)]) == {1: 1}
    assert shared([waiting(1, 1, failing=True)]) == {1: 1}
    assert shared([waiting(1, 1, failing=True, under_way=1)]) == {}


def test_an_organisation_with_many_webhooks_has_no_more_than_its_share() -> None:
    many = [waiting(one, 1) for one in range(1, 51)]
    assert sum(shared(many).values()) == EACH_ORG
    assert shared([*many, waiting(99, 2, ready=1)])[99] == 1


def test_a_free_place_goes_to_who_has_nothing_under_way_and_was_served_longest_ago() -> None:
    found = [waiting(1, 1, under_way=1), waiting(2, 2), waiting(3, 3)]
    assert shared(found, 1, {1001: 1, 1002: 9, 1003: 5}) == {3: 1}
    assert shared(found, 1, {1001: 1, 1002: 9}) == {3: 1}, "who was never served comes first"


def test_twenty_organisations_with_slow_targets_are_all_served_in_turn() -> None:
    turns: dict[int, int] = {}
    served: set[int] = set()
    busy: list[int] = []
    for turn in range(40):
        found = [waiting(one, one, under_way=busy.count(one)) for one in range(1, 21)]
        given = shared(found, 16 - len(busy), turns)
        for one, count in given.items():
            turns[1000 + one] = turns[one] = turn
            busy += [one] * count
        served |= set(given)
        del busy[0]  # the one that was sent first is answered
        if turn == 19:
            assert len(served) == 20
            served.clear()
    assert len(served) == 20


webhooks = st.lists(
    st.builds(
        waiting, st.integers(1, 10**6), st.integers(1, 5), ready=st.integers(0, 6), under_way=st.integers(0, 6),
        failing=st.booleans(),
    ),
    max_size=12, unique_by=lambda one: one.id,
)  # fmt: skip


@given(webhooks, st.integers(0, 16))
def test_nobody_is_given_more_than_there_is_to_send_or_than_their_share(found: list[Waiting], free: int) -> None:
    given = rules.share_out(found, free=free, turns={})
    assert sum(given.values()) <= free
    for one in found:
        count = given.get(one.id, 0)
        assert count <= one.ready
        assert not count or one.under_way + count <= (1 if one.failing else EACH)
    for org in {one.org_id for one in found}:
        mine = [one for one in found if one.org_id == org]
        if any(given.get(one.id) for one in mine):
            assert sum(one.under_way + given.get(one.id, 0) for one in mine) <= EACH_ORG
