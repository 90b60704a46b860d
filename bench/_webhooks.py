"""A payment provider's webhooks, told at a steady rate over a few connections that are kept, and what has become of them.

Told is what a collection day brings: of each mandate its charge is collected, its card is another, it is stopped and brought
back, in this order, and one event in twenty comes twice. A life's next event is told once the one before was answered.
Events are told when they are due, whether or not the answers before have come, as far as there are connections: the time
of an answer counts from when the event was due.
"""

from __future__ import annotations

import hmac
import json
import os
import random
import select
import socket
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench._signed import SECRET, SLUG, Ground, clear, grow, id_of
from bench.harness import Bench
from bench.http_cycles import Spent, served

CONNECTIONS, TWICE = 16, 20
KINDS = ("charge.charged", "mandate.active", "mandate.stopped", "mandate.reinstated")
LATEST_MS = 200
WAITED_S = 900
LOOK_S = 0.004
_KEY = SECRET.encode()


@dataclass
class Notice:
    """One event, and when it is to be told."""

    due: float
    life: int
    place: int
    body: bytes


@dataclass
class Told:
    latencies: list[float] = field(default_factory=list)
    in_time: int = 0
    ended: float = 0.0


def notices(lives: int, rate: int, dice: random.Random) -> list[Notice]:
    """All lives side by side, each kind's turn in an order of its own."""
    found: list[tuple[int, int, bytes]] = []
    now = datetime.now(UTC).isoformat()
    for place, kind in enumerate(KINDS):
        order = list(range(1, lives + 1))
        dice.shuffle(order)
        for life in order:
            of_charge = kind.startswith("charge.")
            body = json.dumps(
                {
                    "id": f"sbe_{life}_{place}", "kind": kind, "ref": f"sb{'c' if of_charge else 'm'}_{life}",
                    "reference": id_of("onboarding_charge" if of_charge else "onboarding_session", life).replace("-", ""),
                    "mandate_ref": f"sbm_{life}" if of_charge else "", "amount": 10000, "currency": "DKK",
                    "instrument": f"•••• {place:04d}", "reason_code": "", "actor": "gateway", "occurred_at": now,
                },
                ensure_ascii=False,
            ).encode()  # fmt: skip
            found.append((life, place, body))
            if not len(found) % TWICE:
                found.append((life, place, body))
    return [Notice(n / rate, life, place, body) for n, (life, place, body) in enumerate(found)]


class _Line:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = (
            f"POST /api/v1/gateways/sandbox/{SLUG}/webhook HTTP/1.1\r\nHost: localhost:{port}\r\n"
            "Content-Type: application/json\r\nSandbox-Signature: t=%d,v1=%s\r\nContent-Length: %d\r\n\r\n%s"
        ).encode()
        self.notice: Notice | None = None
        self.got = b""

    def tell(self, notice: Notice) -> None:
        at = int(time.time())
        signed = hmac.digest(_KEY, b"%d." % at + notice.body, "sha256").hex()
        self.notice = notice
        self.socket.sendall(self.request % (at, signed.encode(), len(notice.body), notice.body))

    def answered(self) -> bool:
        self.got += self.socket.recv(65536)
        if self.got and b"\r\n\r\n" not in self.got:
            return False
        # The answer has no body.
        if not self.got.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"a webhook was answered: {self.got[:500]!r}")
        self.got = b""
        return True


def tell(port: int, all_: list[Notice]) -> Told:
    """Tell them all; a time for each, in ms."""
    told = Told()
    lines = [_Line(port) for _ in range(CONNECTIONS)]
    # Connections and accounts are there, as after the first minute of any day.
    poll, by_file = select.epoll(), {one.socket.fileno(): one for one in lines}
    for file in by_file:
        poll.register(file, select.EPOLLIN)
    free, waiting, under_way = deque(lines), deque(all_), set[int]()
    begun, last = time.monotonic(), all_[-1].due
    while waiting or len(free) < len(lines):
        now = time.monotonic() - begun
        while free and waiting and waiting[0].due <= now:
            notice = waiting[0]
            if notice.life in under_way:
                break
            waiting.popleft()
            under_way.add(notice.life)
            free.popleft().tell(notice)
        # It looks up so often, and not for each alone: it is no part of the product, and takes of its processors. What is
        # told later by that counts as late.
        time.sleep(LOOK_S)
        for file, _ in poll.poll(0):
            line = by_file[file]
            if not line.answered():
                continue
            now, notice_ = time.monotonic() - begun, line.notice
            assert notice_ is not None
            told.latencies.append((now - notice_.due) * 1000)
            told.in_time += now <= last + LATEST_MS / 1000
            told.ended = now
            under_way.discard(notice_.life)
            free.append(line)
    for one in lines:
        one.socket.close()
    return told


def measure(bench: Bench, db: psycopg.Connection[Any], ground: Ground) -> None:
    """So many a second for so long, by the product as it is served; then it is looked whether all is as it was told."""
    rate, seconds = (500, 6) if bench.quick else (500, 60)
    lives = rate * seconds * (TWICE - 1) // TWICE // len(KINDS)
    grow(db, lives)
    all_ = notices(lives, rate, random.Random(1))
    with served() as (port, process):
        # The first requests of a web process open its connections to the database.
        _warm(port)
        spent = Spent(process, Path(os.environ["RINGROUND_DATA"]))
        before = spent()
        told = tell(port, all_)
        ended = time.monotonic()
        behind, oldest = _behind(db)
        during = {name: round((ms - before[name]) / len(all_), 2) for name, ms in spent().items()}
        bench.say(f"told {len(all_)} in {told.ended:.1f} s; {behind} wait to be applied; ms each: {during}")
        while _behind(db)[0]:
            if time.monotonic() - ended > WAITED_S:
                raise RuntimeError("they are not applied")
            # Counting takes of what is measured.
            time.sleep(0.5)
        caught_up = time.monotonic() - ended
        check(db, lives)
    bench.add("webhooks_per_s", told.in_time / (all_[-1].due + 1 / rate))
    bench.add("webhook_p99_ms", sorted(told.latencies)[int(len(told.latencies) * 0.99)])
    bench.add("webhook_p50_ms", sorted(told.latencies)[len(told.latencies) // 2])
    bench.add("webhook_cpu_ms", sum(ms for name, ms in during.items() if name != "clients"))
    bench.add("webhooks_behind", behind)
    bench.add("webhooks_behind_s", oldest)
    bench.add("webhooks_caught_up_s", caught_up)
    bench.add("webhooks_applied_per_s", lives * len(KINDS) / (told.ended + caught_up))
    bench.note(
        webhooks={"offered": len(all_), "a_second": rate, "mandates": lives, "connections": CONNECTIONS,
                  "cpu_ms_each": during, "slowest_ms": round(max(told.latencies))}
    )  # fmt: skip
    clear(db)


def _warm(port: int) -> None:
    """What is not there is told, refused, and nothing of it kept."""
    for _ in range(200):
        with socket.create_connection(("127.0.0.1", port)) as one:
            one.sendall(
                f"POST /api/v1/gateways/sandbox/nobody/webhook HTTP/1.1\r\nHost: localhost:{port}\r\n"
                "Content-Length: 2\r\nConnection: close\r\n\r\n{}".encode()
            )
            while one.recv(65536):
                pass


def _behind(db: psycopg.Connection[Any]) -> tuple[int, float]:
    """How many wait to be applied, and how long the oldest has."""
    row = db.execute(
        "SELECT count(*), coalesce(extract(epoch FROM now() - min(received_at)), 0)::float8"
        " FROM onboarding_gateway_event WHERE state = 'received'"
    ).fetchone()
    assert row is not None
    return int(row[0]), float(row[1])


def check(db: psycopg.Connection[Any], lives: int) -> None:
    """Each was applied once and in its order: the last word of each stands, each change is in the audit log once, and of
    each mandate they were applied as they were told."""

    def all_are(what: str, query: str, expected: int) -> None:
        row = db.execute(query).fetchone()
        assert row == (expected,), (what, row, expected)

    all_are("applied", "SELECT count(*) FROM onboarding_gateway_event WHERE state = 'applied'", lives * len(KINDS))
    all_are("kept", "SELECT count(*) FROM onboarding_gateway_event", lives * len(KINDS))
    all_are("charged", "SELECT count(*) FROM onboarding_charge WHERE state = 'charged' AND ref LIKE 'sbc_%'", lives)
    last = f"•••• {len(KINDS) - 1:04d}"
    all_are("mandates", f"SELECT count(*) FROM onboarding_mandate WHERE state = 'active' AND masked = '{last}'", lives)
    all_are(
        "order", "SELECT count(*) FROM (SELECT ref FROM onboarding_gateway_event WHERE kind LIKE 'mandate.%' GROUP BY ref"
        " HAVING string_agg(kind, ' ' ORDER BY applied_at) = 'mandate.active mandate.stopped mandate.reinstated') AS r",
        lives,
    )  # fmt: skip
    for action in ("charge.charged", "mandate.stopped", "mandate.active"):
        all_are(
            action, "SELECT count(*) FROM (SELECT subject_id, action FROM infra_audit_pending UNION ALL SELECT subject_id,"
            f" action FROM infra_audit) AS a WHERE action = 'onboarding.{action}' AND subject_id IN (SELECT id FROM"
            " onboarding_charge UNION ALL SELECT id FROM onboarding_mandate WHERE ref LIKE 'sbm\\_%' AND length(ref) < 20)",
            lives,
        )  # fmt: skip
