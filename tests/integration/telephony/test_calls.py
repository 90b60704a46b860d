"""Calls as they are written, told and read."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.kernel.errors import Conflict, NotFound
from ringround.kernel.ids import new_id
from ringround.orgs.actor import Actor
from ringround.orgs.models import AgencyLink
from ringround.telephony import actions, queries
from ringround.telephony.models import Call
from ringround.telephony.queries import CallFilter
from tests.factories import Cast, cast

pytestmark = pytest.mark.django_db
NUMBER = "+4520123456"


@pytest.fixture
def who(monday_ten: datetime) -> Cast:
    return cast()


def opened(actor: Actor, number: str = NUMBER, merchant: object = None) -> Call:
    with transaction.atomic():
        return actions.call_open(
            merchant_id=merchant or actor.org_id,  # type: ignore[arg-type]
            agency_id=actor.org_id,
            agent_id=actor.user_id,
            number=number,
            now=clock.now(),
        )


def ids(actor: Actor, **wanted: object) -> list[object]:
    return [call.id for call in queries.call_list(actor=actor, filter=CallFilter(**wanted), size=10)]  # type: ignore[arg-type]


def test_an_open_call_is_dialling_and_told_as_started(who: Cast) -> None:
    call = opened(who.charity.junior)
    told = EventOut.objects.get()
    assert (call.state, told.type, told.subject_id) == ("dialling", "telephony.call.started", call.id)


def test_an_agent_has_one_call_at_a_time(who: Cast) -> None:
    opened(who.charity.junior)
    with pytest.raises(Conflict) as refused:
        opened(who.charity.junior, "+4520123457")
    assert refused.value.code == "call_open"


def test_after_a_refusal_the_callers_transaction_goes_on(who: Cast) -> None:
    opened(who.charity.junior)
    with transaction.atomic():
        with pytest.raises(Conflict):
            opened(who.charity.junior)
        assert Call.objects.count() == 1


def test_the_end_has_an_outcome_and_a_length(who: Cast) -> None:
    call = opened(who.charity.junior)
    clock.advance(timedelta(seconds=75))
    actions.call_end(call_id=call.id, outcome="answered", now=clock.now())
    told = EventOut.objects.get(type="telephony.call.ended")
    assert (told.data["outcome"], told.data["duration_s"], told.subject_no) == ("answered", 75, 2)


def test_a_call_ends_once(who: Cast) -> None:
    call = opened(who.charity.junior)
    actions.call_end(call_id=call.id, outcome="busy", now=clock.now())
    again = actions.call_end(call_id=call.id, outcome="answered", now=clock.now())
    assert (again.outcome, EventOut.objects.filter(type="telephony.call.ended").count()) == ("busy", 1)


def test_a_call_that_is_not_there_cannot_be_ended(who: Cast) -> None:
    with pytest.raises(NotFound):
        actions.call_end(call_id=new_id(), outcome="busy", now=clock.now())


def test_a_call_made_without_us_is_written_down_with_both_events(who: Cast) -> None:
    with transaction.atomic():
        call = actions.call_record(
            merchant_id=who.charity.org.id,
            agency_id=who.charity.org.id,
            agent_id=who.charity.junior.user_id,
            number=NUMBER,
            outcome="machine",
            now=clock.now(),
        )
    told = list(EventOut.objects.order_by("subject_no").values_list("type", "subject_no"))
    assert (call.state, call.outcome) == ("ended", "machine")
    assert told == [("telephony.call.started", 1), ("telephony.call.ended", 2)]


def test_events_carry_no_number(who: Cast) -> None:
    actions.call_end(call_id=opened(who.charity.junior).id, outcome="answered", now=clock.now())
    assert NUMBER[3:] not in str(list(EventOut.objects.values_list("data", flat=True)))


def test_merchant_and_agency_see_a_call_between_them_and_others_do_not(who: Cast) -> None:
    call = opened(who.agency.junior, merchant=who.magazine.org.id)
    seers = [
        who.magazine.supervisor,
        who.agency.supervisor,
        who.charity.supervisor,
        who.agency2.supervisor,
        who.outsider,
    ]
    assert [ids(one) == [call.id] for one in seers] == [True, True, False, False, False]


def test_an_agency_whose_link_is_revoked_sees_its_calls_no_more(who: Cast) -> None:
    opened(who.agency.junior, merchant=who.magazine.org.id)
    AgencyLink.objects.update(revoked_at=clock.now())
    assert ids(who.agency.supervisor) == []


def test_agents_see_their_own_calls(who: Cast) -> None:
    mine = opened(who.charity.junior)
    opened(who.charity.senior, "+4520123457")
    assert ids(who.charity.junior) == [mine.id]
    with pytest.raises(NotFound):
        queries.call_get(actor=who.charity.senior, call_id=mine.id)


def test_calls_are_found_by_agent_number_outcome_and_time(who: Cast) -> None:
    call = opened(who.charity.junior)
    actions.call_end(call_id=call.id, outcome="busy", now=clock.now())
    boss, now = who.charity.supervisor, clock.now()
    found = [
        ids(boss, agent_id=who.charity.junior.user_id),
        ids(boss, number=NUMBER),
        ids(boss, outcome="busy"),
        ids(boss, since=now - timedelta(minutes=1), until=now + timedelta(minutes=1)),
    ]
    missed = [
        ids(boss, agent_id=who.charity.senior.user_id),
        ids(boss, number="+4500000000"),
        ids(boss, outcome="answered"),
        ids(boss, until=now),
    ]
    assert found == [[call.id]] * 4
    assert missed == [[]] * 4
