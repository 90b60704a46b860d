"""What must hold of sessions, mandates, subscriptions and charges when the soak of the fates has come to rest: in the
database, and in the sandbox's own books, which are the bank's.

1. Every session has ended, by one end alone (but for a late acceptance), as its fate has it, and as it was told.
2. No live mandate without a Complete session and a subscription that is collected by it; no Complete session without a
   gateway's reference or a local act. Of what was refused the bank has kept nothing.
3. A subscription's version counts what took effect: a change that failed has left no trace.
4. A period is collected once; nothing after a stop that was told; what the bank has taken is what we say it has.
5. Each order went to the rail once, or with the same key.
6. Nothing waits, and nothing was forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from tests.soak.donors import LOCAL, World

Read = Callable[..., list[tuple[Any, ...]]]
ZONE = ZoneInfo("Europe/Copenhagen")
# For so long after a stop an order that was on its way may still arrive: longer than the clock jumps.
ON_ITS_WAY = timedelta(minutes=20)
ENDS = {"completed": "Complete", "rejected": "Rejected", "failed": "Failed", "expired": "Expired"}
# How a session ends whose donor has confirmed and whom nobody has called back.
FATED = {
    "01": {"Rejected"}, "02": {"Failed"}, "03": {"Expired"}, "06": {"Complete"},
    # A payment that is reserved and then fails: whichever is heard first.
    "05": {"Complete", "Failed"},
}  # fmt: skip
# The sandbox's books, with the references that we know things by.
_BOOKS = """
CREATE TEMP VIEW books AS
SELECT o.*, CASE o.what WHEN 'mandate' THEN 'sbm_' WHEN 'payment' THEN 'sbp_' ELSE 'sbc_' END
    || replace(o.id::text, '-', '') AS ref, replace(o.reference, '-', '') AS named
FROM onboarding_sandbox_order o
"""


def faults(dsn: str, world: World, now: datetime) -> list[str]:
    """Everything that does not hold together; empty when all is well."""
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(_BOOKS)

        def read(text: str, *params: object) -> list[tuple[Any, ...]]:
            return db.execute(text, params or None).fetchall()  # type: ignore[call-overload,no-any-return]

        return list(_faults(read, world, now))


def _faults(read: Read, world: World, now: datetime) -> Iterator[str]:
    today = now.astimezone(ZONE).date()
    yield from _sessions(read, world)
    yield from _mandates(read)
    yield from _versions(read, world)
    yield from _charges(read)
    yield from _stops(read)
    yield from _orders(read)
    for fault, query, more in (
        ("charges that nobody collects", _STUCK, [today - timedelta(days=6)]),
        ("subscriptions that nobody looks at", _OVERDUE, [today - timedelta(days=1)]),
        ("subscriptions that were never collected", _NEVER, [today - timedelta(days=6)]),
        ("words of the rail that could not be applied", _DEAF, []),
        ("leads of those who signed that are not won", _LEADS, []),
    ):
        yield from _none(read(query, *more), fault)


def _none(rows: list[tuple[Any, ...]], fault: str) -> Iterator[str]:
    if rows:
        yield f"{fault}: {len(rows)}, {[tuple(map(str, row)) for row in rows[:3]]}"


# --- sessions -------------------------------------------------------------------------------------


def _sessions(read: Read, world: World) -> Iterator[str]:
    yield from _none(
        read("SELECT id, status, phase, action FROM onboarding_session WHERE status IN ('New', 'Processing')"),
        "sessions that never ended",
    )
    rows = read(
        "SELECT s.id::text, s.status, s.reason, s.late, coalesce(e.kinds, '{}'), coalesce(a.kinds, '{}')"
        " FROM onboarding_session s LEFT JOIN LATERAL (SELECT array_agg(split_part(e.type, '.', 3) ORDER BY subject_no)"
        "  AS kinds FROM infra_event e WHERE e.subject_type = 'session' AND e.subject_id = s.id"
        "  AND e.type = ANY (%s)) e ON true"
        " LEFT JOIN LATERAL (SELECT array_agg(split_part(action, '.', 3) ORDER BY seq) AS kinds FROM infra_audit a"
        "  WHERE a.subject_id = s.id AND a.action = ANY (%s)) a ON true",
        *2 * ([f"onboarding.session.{one}" for one in ENDS],),
    )
    found = {}
    for session, status, reason, late, events, log in rows:
        found[session] = status
        ends = [ENDS[one] for one in events]
        if events != log or ends != (["Expired", "Complete"] if late else [status]):
            yield f"session {session} is {status} ({reason}, late: {late}) and has ended by {events}, log {log}"
    for session, status in world.ended.items():
        if found.get(session) != status and (status, found.get(session)) != ("Expired", "Complete"):
            yield f"session {session} was told to be {status} and is {found.get(session)}"
    for session, begun in world.begun.items():
        if begun["how"] in ("page", "screen") and begun["act"] == "sign_up":
            due = FATED.get(begun["fate"], {"Complete"})
            if begun["fate"] == "05" and begun["product"] != "once":
                due = {"Complete"}
            if found.get(session) not in due:
                yield f"session {session} of {begun} is {found.get(session)}"
        elif begun["how"] in ("declined", "left") and found.get(session) not in ("Rejected", "Expired", "Failed"):
            yield f"session {session}, to which nobody said yes, is {found.get(session)}: {begun}"


# --- mandates -------------------------------------------------------------------------------------


def _mandates(read: Read) -> Iterator[str]:
    yield from _none(
        read(
            "SELECT id FROM onboarding_mandate WHERE state IN ('pending', 'active') AND ref NOT IN"
            " (SELECT gateway_ref FROM onboarding_session WHERE status = 'Complete')"
        ),
        "live mandates without a Complete session",
    )
    yield from _none(
        read(
            "SELECT b.id, b.fate, b.reference FROM books b WHERE b.what = 'mandate'"
            " AND b.state IN ('pending', 'active') AND NOT EXISTS (SELECT FROM onboarding_mandate m"
            "  JOIN onboarding_subscription u ON u.mandate_id = m.id AND u.state IN ('active', 'on_hold')"
            "  JOIN onboarding_session s ON s.gateway_ref = m.ref AND s.status = 'Complete' WHERE m.ref = b.ref)"
        ),
        "mandates that live at the bank though nobody here has them",
    )
    yield from _none(
        read(
            "SELECT m.id, m.state, b.state FROM onboarding_mandate m LEFT JOIN books b ON b.ref = m.ref"
            " WHERE m.state IS DISTINCT FROM b.state"
        ),
        "mandates that the bank has otherwise",
    )
    yield from _none(
        read(
            "SELECT u.id, u.state, m.state FROM onboarding_subscription u LEFT JOIN onboarding_mandate m"
            " ON m.id = u.mandate_id WHERE u.state IN ('active', 'on_hold') AND m.state IS DISTINCT FROM 'active'"
        ),
        "subscriptions that nothing pays",
    )
    yield from _none(
        read(
            "SELECT id, action FROM onboarding_session WHERE status = 'Complete' AND action <> ALL (%s)"
            " AND (gateway_ref = '' OR account_id IS NULL)", list(LOCAL),
        ),
        "Complete sessions without a gateway's reference",
    )  # fmt: skip
    yield from _none(
        read(
            "SELECT s.id, s.payment_type, count(u.id), count(c.id) FROM onboarding_session s"
            " LEFT JOIN onboarding_subscription u ON u.id = s.subscription_id"
            " LEFT JOIN onboarding_charge c ON c.ref = s.gateway_ref AND c.account_id = s.account_id"
            "  AND c.subscription_id IS NULL"
            " WHERE s.action = 'sign_up' GROUP BY s.id"
            " HAVING count(u.id) <> (s.status = 'Complete' AND s.payment_type = 'recurring')::int"
            " OR count(c.id) <> (s.status = 'Complete' AND s.payment_type = 'single' AND s.gateway_ref <> '')::int"
        ),
        "sign-ups that did not make what was agreed once",
    )
    yield from _none(
        read(
            "SELECT (SELECT count(*) FROM onboarding_agreement), count(*) FROM onboarding_session"
            " WHERE action = 'sign_up' AND status = 'Complete'"
            " HAVING count(*) <> (SELECT count(*) FROM onboarding_agreement)"
        ),
        "agreements and sign-ups that are Complete",
    )


# --- subscriptions --------------------------------------------------------------------------------


def _versions(read: Read, world: World) -> Iterator[str]:
    yield from _none(
        read(
            "SELECT u.id, u.version, e.versions FROM onboarding_subscription u LEFT JOIN LATERAL ("
            " SELECT array_agg((data->>'version')::int ORDER BY subject_no) AS versions FROM infra_event"
            " WHERE subject_type = 'subscription' AND subject_id = u.id"
            # A payment that is passed over changes nothing of what was agreed.
            " AND type <> 'onboarding.subscription.passed_over') e ON true"
            " WHERE e.versions IS DISTINCT FROM ARRAY(SELECT generate_series(1, u.version))"
        ),
        "subscriptions whose version is not what took effect",
    )
    yield from _none(
        read(
            "SELECT s.id, s.status, s.action, s.reason, count(e.id) FROM onboarding_session s LEFT JOIN infra_event e"
            " ON e.subject_type = 'subscription' AND e.data->>'session' = s.id::text WHERE s.intention = 'upgrade'"
            " GROUP BY s.id HAVING count(e.id) <> (s.status = 'Complete')::int"
        ),
        "changes that took effect otherwise than their session says",
    )
    cancelled = list(world.cancelled)
    yield from _none(
        read(
            "SELECT id, state FROM onboarding_subscription WHERE id::text = ANY (%s) AND state NOT IN"
            " ('inactive', 'expired')", cancelled,
        ),
        "subscriptions whose end was told, and that go on",
    )  # fmt: skip


# --- charges --------------------------------------------------------------------------------------

_LIVE_THERE = ["pending", "scheduled", "submitted", "reserved", "charged", "chargeback"]
# How the bank has it, and how we may.
_SAME = {
    ("charged", "charged"), ("failed", "failed"), ("failed", "rejected"), ("cancelled", "cancelled"),
    ("chargeback", "failed"), ("scheduled", "submitted"), ("submitted", "submitted"), ("pending", "submitted"),
}  # fmt: skip


def _charges(read: Read) -> Iterator[str]:
    yield from _none(
        read(
            "SELECT c.subscription_id, c.period_on, c.one_off, array_agg(c.state), array_agg(b.state)"
            " FROM onboarding_charge c LEFT JOIN books b ON b.what = 'charge'"
            "  AND b.named = replace(c.id::text, '-', '') WHERE c.subscription_id IS NOT NULL"
            " AND (c.state IN ('scheduled', 'submitted', 'charged') OR b.state = ANY (%s))"
            " GROUP BY 1, 2, 3 HAVING count(*) > 1",
            _LIVE_THERE,
        ),
        "periods that are collected twice",
    )
    yield from _none(
        read(
            "SELECT c.subscription_id, c.period_on, o.period_on FROM onboarding_charge c JOIN onboarding_charge o"
            " ON o.subscription_id = c.subscription_id AND o.period_on > c.period_on AND o.period_on < c.period_on + 28"
            " WHERE c.state = 'charged' AND o.state = 'charged' AND NOT c.one_off AND NOT o.one_off"
        ),
        "months that are collected twice",
    )
    pairs = read(
        "WITH bank AS (SELECT * FROM books WHERE what IN ('charge', 'payment')), same AS ("
        " SELECT c.id AS ours, b.id AS theirs FROM onboarding_charge c JOIN bank b"
        " ON b.ref = c.ref OR (b.what = 'charge' AND b.named = replace(c.id::text, '-', '')))"
        " SELECT c.id, c.state, c.amount, c.refunded, b.id, b.state, b.amount, b.refunded, b.fate"
        " FROM onboarding_charge c FULL JOIN same s ON s.ours = c.id FULL JOIN bank b ON b.id = s.theirs"
    )
    for ours, state, amount, refunded, theirs, there, taken, back, fate in pairs:
        if ours is None:
            # Of what came to nothing here.
            if there not in ("cancelled", "rejected", "expired", "failed") and (there != "charged" or back != taken):
                yield f"the bank's {theirs} ({fate}) is {there}, {back} of {taken} given back, and nobody knows of it"
        elif theirs is None:
            if state in ("submitted", "charged"):
                yield f"charge {ours} is {state} and the bank does not know it"
        elif (there, state) not in _SAME or (amount, refunded) != (taken, back):
            yield f"charge {ours} is {state} ({refunded} of {amount}), at the bank {there} ({back} of {taken}), {fate}"


def _stops(read: Read) -> Iterator[str]:
    """From a stop that was told until it goes on nothing is collected, and nothing is handed over."""
    events = read(
        "SELECT subject_id, split_part(type, '.', 3), at FROM infra_event WHERE subject_type = 'subscription'"
        " AND split_part(type, '.', 3) IN ('held', 'ended', 'restarted', 'activated') ORDER BY subject_id, subject_no"
    )
    theirs: dict[Any, list[tuple[Any, ...]]] = {}
    for owner, *facts in read(
        "SELECT c.subscription_id, b.ref, b.state, b.created_at, b.due_on FROM books b JOIN onboarding_charge c"
        " ON b.what = 'charge' AND b.named = replace(c.id::text, '-', '') WHERE b.due_on IS NOT NULL"
    ):
        theirs.setdefault(owner, []).append(tuple(facts))
    for place, (owner, what, at) in enumerate(events):
        if what not in ("held", "ended"):
            continue
        after = events[place + 1] if place + 1 < len(events) and events[place + 1][0] == owner else None
        until = after[2] if after is not None and after[1] not in ("held", "ended") else None
        for ref, state, made, due in theirs.get(owner, []):
            if made > at + ON_ITS_WAY and (until is None or made < until):
                yield f"subscription {owner} was {what} at {at}, and {ref} was handed over at {made}"
            if made <= at and due > at.astimezone(ZONE).date() and state in ("charged", "chargeback"):
                yield f"subscription {owner} was {what} at {at}, and {ref}, due on {due}, was collected"


# --- orders ---------------------------------------------------------------------------------------


def _orders(read: Read) -> Iterator[str]:
    yield from _none(
        read(
            "SELECT what, reference, count(*) FROM onboarding_sandbox_order"
            " WHERE what IN ('mandate', 'payment', 'charge', 'refund') GROUP BY 1, 2 HAVING count(*) > 1"
        ),
        "things that the bank has twice",
    )
    yield from _none(
        read(
            "SELECT what, key FROM onboarding_sandbox_order WHERE what = 'charge' AND key NOT LIKE '%:one-off'"
            " AND key NOT IN (SELECT key FROM onboarding_gateway_order WHERE what = 'schedule_charge')"
        ),
        "charges at the bank that nobody ordered",
    )
    yield from _none(
        read(
            "SELECT id, what, state, reason FROM onboarding_gateway_order WHERE reason IN ('key_reused', 'given_up')"
            " OR state = 'pending' AND next_at < now()"
        ),
        "orders that were not carried as they should",
    )


_STUCK = """
SELECT c.id, c.state, c.due_on FROM onboarding_charge c WHERE c.state = 'submitted' AND c.due_on < %s
OR c.state = 'scheduled' AND NOT EXISTS (
    SELECT FROM onboarding_gateway_order o WHERE o.subject_id = c.id AND o.state = 'pending'
)
"""
_OVERDUE = "SELECT id, schedule_on FROM onboarding_subscription WHERE state = 'active' AND schedule_on < %s"
_NEVER = """
SELECT u.id, u.starts_on FROM onboarding_subscription u WHERE u.state = 'active' AND u.starts_on < %s
AND u.version = 1 AND NOT EXISTS (SELECT FROM onboarding_charge c WHERE c.subscription_id = u.id AND NOT c.one_off)
"""
_DEAF = "SELECT id, kind, state FROM onboarding_gateway_event WHERE state IN ('failed', 'received')"
_LEADS = """
SELECT s.id, l.status FROM onboarding_session s JOIN campaigns_lead l ON l.id = s.lead_id
WHERE s.action = 'sign_up' AND s.status = 'Complete' AND l.status <> 'success'
"""
