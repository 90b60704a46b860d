"""Whatever is said to a session in whatever order, it is one that can be believed."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringround.kernel.errors import Conflict
from ringround.onboarding.rules import session
from ringround.onboarding.rules.session import ENDED, REASONS, SUBMITTED, TABLE, Command, Phase, Standing, Status, Word

words = st.sampled_from(get_args(Word))


@given(st.lists(st.sampled_from(Command), max_size=20))
def test_the_table_is_total_and_an_end_stays(commands: list[Command]) -> None:
    standing = SUBMITTED
    for command in commands:
        before = standing
        if not TABLE.can(before.status, command):
            with pytest.raises(Conflict) as refused:
                session.step(standing, command)
            assert before.status not in refused.value.allowed
            continue
        standing = session.step(standing, command)
        assert (standing.phase is Phase.DONE) == (standing.status in ENDED)
        assert standing.late == (command is Command.ACCEPT_LATE)
        if before.status in ENDED:
            assert (before.status, standing.status) == (Status.EXPIRED, Status.COMPLETE)


@given(st.lists(words, max_size=12))
def test_every_word_of_the_gateway_leads_to_legal_commands(said: list[Word]) -> None:
    standing = SUBMITTED
    for word in said:
        does = session.heard(standing.status, word)
        assert not does.reason or does.reason in REASONS
        for command in does.commands:
            standing = session.step(standing, command)
    if "accepted" in said and not {"rejected", "failed"} & set(said[: said.index("accepted")]):
        assert standing.status is Status.COMPLETE


@given(st.sampled_from(Status), st.booleans(), st.none() | st.just("nothing") | words)
def test_when_time_is_up_a_session_ends_or_the_gateway_must_be_asked_again(
    status: Status, begun: bool, answer: Word | None
) -> None:
    does = session.time_up(status, begun=begun, answer=answer)
    standing = Standing(status, Phase.SUBMITTED)
    for command in does.commands:
        standing = session.step(standing, command)
    if status in ENDED:
        assert standing.status is status
    else:
        assert standing.status in ENDED or (begun and answer is None)
        assert (standing.status is Status.COMPLETE) == (begun and answer == "accepted")
