"""Writing calls. These run inside the caller's transaction: whoever places a call also says on which lead it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from ringround.infra import events, sql
from ringround.kernel.errors import Conflict, NotFound
from ringround.kernel.ids import new_id
from ringround.kernel.messages import N_
from ringround.telephony import exchanges
from ringround.telephony.events import ANSWERED, ENDED, RESTATED, STARTED, call_event
from ringround.telephony.models import Call
from ringround.telephony.ports import HangsUp, Order
from ringround.telephony.rules import call as rules

_TELL = {
    rules.Effect.TELL_STARTED: STARTED,
    rules.Effect.TELL_ANSWERED: ANSWERED,
    rules.Effect.TELL_ENDED: ENDED,
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A call under way, and the link the agent's own device dials (None where the exchange dials)."""

    call: Call
    dial: str | None


def call_open(
    *,
    merchant_id: UUID,
    agency_id: UUID | None,
    agent_id: UUID | None,
    number: str,
    now: datetime,
    exchange: str = exchanges.DEFAULT,
    caller_id: str | None = None,
    ring_timeout_s: int | None = None,
) -> Call:
    """Begin a call to `number` (E.164). An agent has one call at a time: Conflict `call_open` while another is open."""
    return call_place(
        merchant_id=merchant_id, agency_id=agency_id, agent_id=agent_id, number=number, now=now,
        exchange=exchange, caller_id=caller_id, ring_timeout_s=ring_timeout_s,
    ).call  # fmt: skip


def call_place(
    *,
    merchant_id: UUID,
    agency_id: UUID | None,
    agent_id: UUID | None,
    number: str,
    now: datetime,
    exchange: str = exchanges.DEFAULT,
    caller_id: str | None = None,
    ring_timeout_s: int | None = None,
) -> Opened:
    """As `call_open`, with the way it goes out."""
    _in_transaction()
    made = Call(
        id=new_id(), organisation_id=merchant_id, agency_id=agency_id, agent_id=agent_id,
        exchange=exchange, number=number, started_at=now,
    )  # fmt: skip
    facts, effects = rules.step(_facts(made), rules.Signal.DIAL, now=now)
    _take(made, facts, effects)
    if not _add(made):
        raise Conflict("call_open", N_("You have another call under way. End it first."))
    _tell(made, effects)
    order = Order(call_id=made.id, number=number, caller_id=caller_id, ring_timeout_s=ring_timeout_s)
    placed = exchanges.get(exchange).dial(order)
    return Opened(made, placed.link)


def call_end(*, call_id: UUID, outcome: str, now: datetime) -> Call:
    """End an open call with its outcome. One that has ended keeps the outcome it has."""
    _in_transaction()
    call = _lock(call_id)
    facts, effects = rules.step(_facts(call), rules.Signal.END, now=now, outcome=rules.Outcome(outcome))
    if not effects:
        return call
    _take(call, facts, effects)
    _write(call)
    _tell(call, effects)
    exchange = exchanges.get(call.exchange)
    if isinstance(exchange, HangsUp):
        exchange.hang_up(call.id)
    return call


def call_restate(*, call_id: UUID, outcome: str, now: datetime) -> Call:
    """What came of a call that ended without its agent's word, said afterwards: the same call, with this outcome."""
    _in_transaction()
    call = _lock(call_id)
    facts = rules.restate(_facts(call), rules.Outcome(outcome))
    if facts.outcome != call.outcome:
        call.outcome = facts.outcome.value if facts.outcome else None
        call.event_no += 1
        _write(call)
        events.record_all([call_event(call, RESTATED, at=now)])
    return call


def call_hang_up(*, call_id: UUID, now: datetime) -> bool:
    """Note when the agent's telephone was put down; the call is open until its outcome is said.

    Whether it was put down by this: twice is no fault.
    """
    _in_transaction()
    call = _lock(call_id)
    facts = rules.hang_up(_facts(call), now=now)
    if facts.hung_up_at == call.hung_up_at:
        return False
    call.hung_up_at = facts.hung_up_at
    _write(call)
    return True


def call_record(
    *,
    merchant_id: UUID,
    agency_id: UUID | None,
    agent_id: UUID | None,
    number: str,
    outcome: str,
    now: datetime,
    started_at: datetime | None = None,
) -> Call:
    """Write down a call that was made without us: begun and ended at once, unless `started_at` is known."""
    _in_transaction()
    made = Call(
        id=new_id(), organisation_id=merchant_id, agency_id=agency_id, agent_id=agent_id,
        exchange=exchanges.DEFAULT, number=number, started_at=started_at or now,
    )  # fmt: skip
    facts, began = rules.step(_facts(made), rules.Signal.DIAL, now=now)
    facts, ended = rules.step(facts, rules.Signal.END, now=now, outcome=rules.Outcome(outcome))
    _take(made, facts, began)
    first = call_event(made, STARTED)
    _take(made, facts, ended)
    # One that has ended is in no other's way: it is surely written.
    sql.later("telephony", "call_add", **_values(made))
    events.record_all([first, call_event(made, ENDED)])
    return made


def calls_erase(*, call_ids: Sequence[UUID]) -> None:
    """A person was erased: whom these calls were to is no longer said; when, how long and by whom stays."""
    Call.objects.filter(id__in=call_ids).update(number="")


@transaction.atomic
def calls_forget(*, org_id: UUID, after: UUID | None, size: int) -> UUID | None:
    """Whom the next of an organisation's calls were to is said no more; the last of them, None when there are none."""
    found = Call.objects.filter(organisation=org_id)
    if after is not None:
        found = found.filter(id__gt=after)
    ids = list(found.order_by("id").values_list("id", flat=True)[:size])
    calls_erase(call_ids=ids)
    return ids[-1] if ids else None


def _in_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("a call is written in the transaction of whoever makes it")


_ROW = (
    "id", "organisation_id", "agency_id", "agent_id", "exchange", "direction", "number", "state", "outcome", "cause",
    "started_at", "ringing_at", "answered_at", "connected_at", "hung_up_at", "ended_at", "event_no",
)  # fmt: skip
_FACTS = tuple(one.name for one in fields(rules.Facts))
_KEPT = frozenset({"organisation_id", "agency_id", "agent_id", "exchange", "direction", "number"})


def _add(call: Call) -> bool:
    """Whether it was written: not while its agent has another open."""
    return sql.run("telephony", "call_add", **_values(call)) == 1


def _values(call: Call) -> dict[str, Any]:
    return {name: getattr(call, name) for name in _ROW}


def _lock(call_id: UUID) -> Call:
    row = sql.row("telephony", "call_lock", id=call_id)
    if row is None:
        raise NotFound("call")
    return Call(**row)


def _write(call: Call) -> None:
    sql.run("telephony", "call_write", **{name: getattr(call, name) for name in _ROW if name not in _KEPT})


def _facts(call: Call) -> rules.Facts:
    return rules.Facts(
        state=rules.State(call.state),
        outcome=rules.Outcome(call.outcome) if call.outcome else None,
        started_at=call.started_at,
        ringing_at=call.ringing_at,
        answered_at=call.answered_at,
        connected_at=call.connected_at,
        hung_up_at=call.hung_up_at,
        ended_at=call.ended_at,
    )


def _take(call: Call, facts: rules.Facts, effects: tuple[rules.Effect, ...]) -> None:
    """Put the facts onto the row, and draw its next event number where something is told."""
    for name in _FACTS:
        value = getattr(facts, name)
        setattr(call, name, value.value if isinstance(value, rules.State | rules.Outcome) else value)
    call.event_no += sum(effect in _TELL for effect in effects)


def _tell(call: Call, effects: tuple[rules.Effect, ...]) -> None:
    events.record_all([call_event(call, _TELL[effect]) for effect in effects if effect in _TELL])
