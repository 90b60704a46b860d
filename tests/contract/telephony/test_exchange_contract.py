"""One suite for every exchange: what the port promises, each adapter keeps."""

from __future__ import annotations

import pytest

from ringround.kernel.ids import new_id
from ringround.telephony import exchanges
from ringround.telephony.ports import Capability, Exchange, HangsUp, ListsCalls, Order

VERBS = {Capability.HANG_UP: HangsUp, Capability.LIVE_CALLS: ListsCalls}


@pytest.fixture(params=sorted(exchanges.SERVED))
def exchange(request: pytest.FixtureRequest) -> Exchange:
    return exchanges.get(request.param)


def test_it_is_an_exchange_by_its_own_name(exchange: Exchange) -> None:
    assert isinstance(exchange, Exchange)
    assert exchanges.get(exchange.name) is exchange


@pytest.mark.parametrize("capability", VERBS)
def test_it_has_the_verbs_it_says_and_no_others(exchange: Exchange, capability: Capability) -> None:
    assert isinstance(exchange, VERBS[capability]) == (capability in exchange.capabilities)


def test_it_dials_or_says_how_the_agent_does(exchange: Exchange) -> None:
    placed = exchange.dial(Order(call_id=new_id(), number="+4520123456"))
    assert (placed.link is None) == (Capability.ORIGINATE in exchange.capabilities)


def test_a_link_carries_the_number_and_nothing_else(exchange: Exchange) -> None:
    placed = exchange.dial(Order(call_id=new_id(), number="+4520123456", caller_id="+4570123456"))
    assert placed.link in (None, "tel:+4520123456", "sip:+4520123456")


def test_the_same_order_twice_is_the_same(exchange: Exchange) -> None:
    order = Order(call_id=new_id(), number="+4520123456")
    assert exchange.dial(order) == exchange.dial(order)


@pytest.mark.parametrize("number", ["20123456", "+45 20 12 34 56", "+4520123456;ext=1", "", "+", "tel:+4520123456"])
def test_a_number_that_is_not_e164_is_not_dialled(exchange: Exchange, number: str) -> None:
    with pytest.raises(ValueError, match=r"E\.164"):
        exchange.dial(Order(call_id=new_id(), number=number))
