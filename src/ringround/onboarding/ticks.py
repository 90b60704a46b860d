"""What time makes due here. What providers are told is the courier's, in the worker."""

from __future__ import annotations

from datetime import datetime

from ringround.infra import clock, sql
from ringround.infra.relay.loop import Tick
from ringround.onboarding import sandbox as box
from ringround.onboarding.actions.agreements.run import charges_run, retries_run, terms_run
from ringround.onboarding.actions.forget import sessions_forget, traffic_forget
from ringround.onboarding.actions.intake import events_apply
from ringround.onboarding.actions.reconcile import reconcile
from ringround.onboarding.actions.sessions import sessions_ask, sessions_due
from ringround.onboarding.gateways.sandbox import books

# What of it has a next moment, and what may be overdue: statements of the room.
NEXT = ("events_next", "orders_next", "collecting_next", "sessions_next")
OVERDUE = ("event_overdue", "order_overdue", "collecting_overdue", "session_overdue")


def intake() -> bool:
    """What payment providers have told us."""
    return events_apply(now=clock.now())


def sandbox() -> bool:
    """What the sandbox does and says by itself."""
    return box.sandbox_due(clock.now())


def terms() -> bool:
    """Holds and terms that end."""
    return terms_run(now=clock.now())


def charges() -> bool:
    """What is collected today."""
    return charges_run(now=clock.now())


def retries() -> bool:
    """What has failed and is tried anew."""
    return retries_run(now=clock.now())


def look() -> bool:
    """What payment providers are asked about by night, and what they have not told us."""
    return reconcile(now=clock.now())


def forget() -> bool:
    """Sessions that are kept no longer."""
    return sessions_forget(now=clock.now())


def clear() -> bool:
    """What providers were told, and told us, long ago."""
    return traffic_forget(now=clock.now())


def due() -> bool:
    """Sessions whose time may be up."""
    return sessions_due(now=clock.now())


def asking() -> bool:
    """Sessions that their gateways are asked about."""
    return sessions_ask(now=clock.now())


def next_due() -> datetime | None:
    """The next moment at which time makes anything due; for the virtual clock."""
    now = clock.now()
    rows = [sql.row("onboarding", name, now=now) for name in NEXT]
    times = [books.next_due(now), *(row["at"] for row in rows if row is not None)]
    return min((at for at in times if at is not None), default=None)


def idle(now: datetime) -> bool:
    """Whether nothing is overdue."""
    return books.idle(now) and all(sql.row("onboarding", name, now=now) is None for name in OVERDUE)


TICKS = [
    Tick("onboarding.intake", 0.2, intake),
    Tick("onboarding.sessions", 1.0, due),
    # Holds end before it is looked what is collected.
    Tick("onboarding.terms", 20.0, terms),
    Tick("onboarding.charges", 20.0, charges),
    Tick("onboarding.retries", 20.0, retries),
    Tick("onboarding.reconcile", 60.0, look),
    Tick("onboarding.forget", 600.0, forget),
    Tick("onboarding.clear", 600.0, clear),
    # Loops of their own in the worker do these all the time.
    Tick("onboarding.asking", 1.0, asking, elsewhere=True),
    Tick("onboarding.sandbox", 1.0, sandbox, elsewhere=True),
]
