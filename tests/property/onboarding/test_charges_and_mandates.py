"""Whatever a rail says in whatever order, a charge and a mandate stay ones that can be believed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringround.kernel.errors import Conflict
from ringround.onboarding.gateways.port import KINDS, REASONS
from ringround.onboarding.rules import charge, mandate

kinds = st.lists(st.sampled_from([*KINDS, "charge.submitted", "nonsense"]), max_size=15)


@given(st.sampled_from(charge.State), st.sampled_from(charge.Command))
def test_the_table_of_charges_is_total(state: charge.State, command: charge.Command) -> None:
    if charge.TABLE.can(state, command):
        assert charge.TABLE.step(state, command) in charge.State
        return
    with pytest.raises(Conflict) as refused:
        charge.TABLE.step(state, command)
    assert state not in refused.value.allowed


@given(st.sampled_from(mandate.State), st.sampled_from(mandate.Command))
def test_the_table_of_mandates_is_total(state: mandate.State, command: mandate.Command) -> None:
    if mandate.TABLE.can(state, command):
        assert mandate.TABLE.step(state, command) in mandate.State
        return
    with pytest.raises(Conflict) as refused:
        mandate.TABLE.step(state, command)
    assert state not in refused.value.allowed


@given(kinds)
def test_a_charge_is_collected_once_for_each_time_it_was_fetched_back(said: list[str]) -> None:
    state, collected, fetched = charge.State.SCHEDULED, 0, 0
    for kind in said:
        after = charge.after(state, kind)
        if after is None:
            continue
        assert after is not state
        collected += after is charge.State.CHARGED
        fetched += state is charge.State.CHARGED
        state = after
    assert collected - fetched == (state is charge.State.CHARGED)
    # Money that was taken is a fact, whatever was said before it.
    if "charge.charged" in said and "charge.chargeback" not in said:
        assert state is charge.State.CHARGED


@given(kinds)
def test_a_mandate_that_has_ended_is_active_again_only_by_being_reinstated(said: list[str]) -> None:
    state = mandate.State.PENDING
    for kind in said:
        after = mandate.after(state, kind)
        if after is None:
            continue
        if after is mandate.State.ACTIVE and state in mandate.ENDED:
            assert kind == "mandate.reinstated"
            assert state is not mandate.State.REJECTED
        state = after


@given(st.dates(date(2024, 1, 1), date(2040, 1, 1)), st.sampled_from([*REASONS, "chargeback", ""]))
def test_new_tries_come_to_an_end(day: date, reason: str) -> None:
    failures = 1
    while (again := charge.retry_on(failures=failures, reason=reason, day=day)) is not None:
        assert day < again
        assert reason not in charge.FINAL_REASONS
        failures, day = failures + 1, again
        assert failures <= len(charge.RETRY_AFTER) + 1


@given(st.sampled_from(charge.State), st.integers(1, 10**6), st.lists(st.integers(1, 10**6), max_size=10))
def test_no_more_is_given_back_than_was_collected(state: charge.State, amount: int, asked: list[int]) -> None:
    refunded = 0
    for one in asked:
        left = charge.refundable(state=state, amount=amount, refunded=refunded // 2, ordered=refunded - refunded // 2)
        assert left == (amount - refunded if state is charge.State.CHARGED else 0)
        refunded += min(one, left)
    assert refunded <= amount
