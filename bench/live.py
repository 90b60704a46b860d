"""The live stream: how soon a change made elsewhere stands on an agent's screen, with 200 agents connected.

The product as it is served, by clients with bare sockets that do what two hundred consoles do: each has its stream
(`/live/stream?topics=agent:me`) and its page's connection, says every five seconds that it is there, and when the stream
names its topic fetches the fragment (`/desk/console/pulse`, with the marks of what it shows) as htmx does.

- `push_p95_ms`: ten times a second one agent's state is changed by another program (`POST /api/v1/agent/pause` or
  `/resume` with a token of theirs). From before that request's first byte is sent, so the change itself is in it, until the
  last byte of the fragment that shows it has come.
- `heard_p95_ms`: the same until the stream has said so; what is left is the fragment.
- `everyone_p95_ms`: the campaign is paused and started again by its owner, so that all two hundred screens change at once.

Every change must arrive: one that has not in a minute ends the measurement.
"""

from __future__ import annotations

import random
import re
import select
import socket
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from bench import _leads, http_cycles
from bench.harness import Bench, Goal, arguments, database

AGENTS, CHANGES_PER_S, BEAT_S, LONGEST_S = 200, 10, 5.0, 60.0
GOALS = {"push_p95_ms": Goal(most=300)}
_INPUT = re.compile(rb'<input type="hidden" id="desk-(mark|due|idle|shown)" name="\w+" value="([^"]*)">')
_SECRET = "b" * 32


@dataclass
class Change:
    """Something changed elsewhere that this agent's screen is to show."""

    asked: float
    heard: float = 0.0


class Line:
    """A connection that is kept, for one request at a time; those behind it wait."""

    def __init__(self, port: int, head: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = f"Host: localhost:{port}\r\n{head}"
        self.waiting: deque[tuple[str, bytes]] = deque()
        self.asked = ""
        self.got = b""

    def ask(self, what: str, verb: str, path: str, body: bytes | None = None, head: str = "") -> None:
        length = f"Content-Length: {len(body)}\r\n" if body is not None else ""
        request = f"{verb} {path} HTTP/1.1\r\n{self.head}{head}{length}\r\n".encode() + (body or b"")
        self.waiting.append((what, request))
        self._go_on()

    def _go_on(self) -> None:
        if not self.asked and self.waiting:
            self.asked, request = self.waiting.popleft()
            self.socket.sendall(request)

    def answered(self) -> tuple[str, int, bytes] | None:
        """What was asked, the status and the body, when all of it is there."""
        self.got += self.socket.recv(262144)
        if not self.got:
            raise RuntimeError("the product closed a connection")
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return None
        length = http_cycles.LENGTH.search(self.got, 0, end)
        whole = end + 4 + (int(length[1]) if length else 0)
        if len(self.got) < whole:
            return None
        status, body, self.got = int(self.got[9:12]), self.got[end + 4 : whole], self.got[whole:]
        what, self.asked = self.asked, ""
        self._go_on()
        return what, status, body


class Console:
    """An agent's screen."""

    def __init__(self, port: int, token: str, session: str) -> None:
        self.token = token
        self.page = Line(port, f"Cookie: sessionid={session}; csrftoken={_SECRET}\r\nHX-Request: true\r\n")
        self.stream = socket.create_connection(("127.0.0.1", port))
        self.stream.sendall(
            f"GET /live/stream?topics=agent:me&since={int(time.time() * 1000)} HTTP/1.1\r\nHost: localhost:{port}\r\n"
            f"Cookie: sessionid={session}\r\nAccept: text/event-stream\r\n\r\n".encode()
        )
        self.shows: dict[str, str] = {"shown": "", "mark": "", "due": "", "idle": ""}
        self.paused = False
        self.change: Change | None = None
        self.pulsing = False
        self.again = False
        self.open = False

    def hear(self, now: float) -> None:
        """What the stream says: only that there is something."""
        said = self.stream.recv(65536)
        if not said:
            raise RuntimeError("a stream ended")
        self.open = self.open or b"HTTP/1.1 200" in said
        if b"event: agent:me" in said or b"event: refresh" in said:
            if self.change is not None and not self.change.heard:
                self.change.heard = now
            self.pulse()

    def pulse(self) -> None:
        # While one is under way the next waits for it, and one is enough for all that happened meanwhile.
        if self.pulsing:
            self.again = True
            return
        self.pulsing = True
        self.page.ask("pulse", "GET", "/desk/console/pulse?" + urlencode(self.shows))

    def beat(self) -> None:
        self.page.ask("beat", "POST", "/desk/console/seen", b"", f"X-CSRFToken: {_SECRET}\r\n")

    def read(self) -> bool:
        """The page's connection has something; whether this screen shows now what it did not before."""
        answer = self.page.answered()
        if answer is None:
            return False
        what, status, body = answer
        if what == "beat" and status == 205:
            # It was not heard of for too long and given up: it looks again, as a console does.
            self.pulse()
            return False
        if status not in (200, 204):
            raise RuntimeError(f"{what}: {status} {body[:300]!r}")
        if what != "pulse":
            return False
        self.pulsing = False
        before = self.shows["mark"]
        for name, value in _INPUT.findall(body):
            self.shows[name.decode()] = value.decode()
        if self.again:
            self.again = False
            self.pulse()
        return self.shows["mark"] != before


@dataclass
class Office:
    """All consoles, and whoever changes something elsewhere."""

    consoles: list[Console]
    changer: Line
    push: list[float] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.poll = select.epoll()
        self.by_file: dict[int, tuple[Console, bool]] = {}
        for one in self.consoles:
            for mine, is_stream in ((one.stream, True), (one.page.socket, False)):
                self.by_file[mine.fileno()] = one, is_stream
                self.poll.register(mine.fileno(), select.EPOLLIN)
        self.poll.register(self.changer.socket.fileno(), select.EPOLLIN)
        self.next_beat = {id(one): time.monotonic() + random.uniform(0, BEAT_S) for one in self.consoles}

    def turn(self, wait_s: float) -> None:
        """What has come meanwhile, and the beats that are due."""
        ready = self.poll.poll(wait_s)
        for file, _ in ready:
            now = time.monotonic()
            if file not in self.by_file:
                answer = self.changer.answered()
                if answer is not None and answer[1] != 200:
                    raise RuntimeError(f"{answer[0]}: {answer[1]} {answer[2][:300]!r}")
                continue
            console, is_stream = self.by_file[file]
            if is_stream:
                console.hear(now)
            elif console.read() and console.change is not None:
                self.push.append(now - console.change.asked)
                # Its own fragment may have been under way for another reason, and have shown it before it was heard of.
                self.heard.append((console.change.heard or now) - console.change.asked)
                console.change = None
        now = time.monotonic()
        for one in self.consoles:
            if self.next_beat[id(one)] <= now:
                self.next_beat[id(one)] += BEAT_S
                one.beat()
            if one.change is not None and now - one.change.asked > LONGEST_S:
                raise RuntimeError("a change has not come to a screen")

    def settle(self) -> None:
        """Until every screen has its stream and shows what is so."""
        for one in self.consoles:
            one.pulse()
        end = time.monotonic() + 60
        while not all(one.open and one.shows["mark"] and not one.pulsing for one in self.consoles):
            self.turn(0.1)
            if time.monotonic() > end:
                raise RuntimeError("not every screen came up")

    def one_by_one(self, seconds: float) -> None:
        """One agent's state after another is changed, `CHANGES_PER_S` times a second whatever the answers take."""
        begin = time.monotonic()
        for number in range(int(seconds * CHANGES_PER_S)):
            due = begin + number / CHANGES_PER_S
            while (now := time.monotonic()) < due:
                self.turn(due - now)
            while not (waiting := [one for one in self.consoles if one.change is None]):
                self.turn(0.1)
            console = random.choice(waiting)
            console.change = Change(time.monotonic())
            verb, console.paused = ("resume" if console.paused else "pause"), not console.paused
            self.changer.ask(
                verb, "POST", f"/api/v1/agent/{verb}", b'{"reason":"Lunch"}' if verb == "pause" else b"{}",
                f"Authorization: Bearer {console.token}\r\nContent-Type: application/json\r\n",
            )  # fmt: skip
        self.rest()

    def everyone(self, token: str, campaign: UUID, verb: str) -> None:
        """All screens change at once."""
        now = time.monotonic()
        for one in self.consoles:
            one.change = Change(now)
        self.changer.ask(
            verb, "POST", f"/api/v1/campaigns/{campaign}/{verb}", b"{}",
            f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n",
        )  # fmt: skip
        self.rest()

    def rest(self) -> None:
        while any(one.change is not None for one in self.consoles):
            self.turn(0.1)

    def taken(self) -> tuple[list[float], list[float]]:
        push, heard, self.push, self.heard = self.push, self.heard, [], []
        return push, heard


def sessions(count: int) -> list[str]:
    """A session for each of the agents that `http_cycles.agents` has made, as their browsers have it."""
    from django.test import Client

    from ringround.orgs.models import User

    made = []
    for number in range(count):
        web = Client()
        web.force_login(User.objects.get(email=f"http{number}@example.org"))
        made.append(web.cookies["sessionid"].value)
    return made


def owner_token() -> str:
    from ringround.orgs import actions as orgs
    from ringround.orgs.actor import Actor
    from ringround.orgs.models import Membership, Organisation

    org = Organisation.objects.get()
    owner = Membership.objects.select_related("user").get(organisation=org, role="owner").user
    return orgs.token_create(actor=Actor(user=owner, organisation=org, home=org, role="owner"), name="bench")[1]


def p95_ms(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)] * 1000


def join(port: int, tokens: list[str], campaign: UUID) -> None:
    line = Line(port, "Content-Type: application/json\r\n")
    for token in tokens:
        line.ask(
            "join", "POST", "/api/v1/agent/join", b'{"campaign":"%s"}' % str(campaign).encode(),
            f"Authorization: Bearer {token}\r\n",
        )  # fmt: skip
    for _ in tokens:
        while (answer := line.answered()) is None:
            pass
        if answer[1] != 200:
            raise RuntimeError(f"join: {answer[2]!r}")
    line.socket.close()


def measure(bench: Bench, port: int, process: int, given: dict[str, Any], runs: int, seconds: float) -> None:
    join(port, given["tokens"], given["campaign"])
    consoles = [Console(port, *one) for one in zip(given["tokens"], given["sessions"], strict=True)]
    office = Office(consoles, Line(port, ""))
    office.settle()
    spent = http_cycles.Spent(process, given["data"])
    office.one_by_one(seconds / 2)  # caches fill
    office.taken()
    for run in range(runs):
        before = spent()
        office.one_by_one(seconds)
        taken = {name: round(ms - before[name]) for name, ms in spent().items()}
        push, heard = office.taken()
        bench.add("push_p95_ms", p95_ms(push))
        bench.add("heard_p95_ms", p95_ms(heard))
        bench.say(f"run {run}: {len(push)} changes, p95 {p95_ms(push):,.0f} ms, heard {p95_ms(heard):,.0f} ms")
        bench.say(f"  processor time in these {seconds:g} s, in ms: {taken}")
        for verb in ("pause", "start"):
            office.everyone(given["owner"], given["campaign"], verb)
            push, _ = office.taken()
            bench.add("everyone_p95_ms", p95_ms(push))
    for one in consoles:
        one.stream.close()
        one.page.socket.close()


def main() -> int:
    asked = arguments(__doc__ or "")
    bench = Bench("live", GOALS, asked.quick)
    runs, seconds = (1, 10.0) if asked.quick else (5, 30.0)
    random.seed(4)
    with database(keep=asked.keep) as server:
        campaign = _leads.load(server.dsn_for("ringround", admin=True), 10_000, 10)
        given = {
            "campaign": campaign, "tokens": http_cycles.agents(campaign, AGENTS), "sessions": sessions(AGENTS),
            "owner": owner_token(), "data": server.home,
        }  # fmt: skip
        bench.note(
            agents=AGENTS, changes_per_s=CHANGES_PER_S, beat_s=BEAT_S, seconds=seconds, postgres=server.programs.version
        )
        with http_cycles.served() as (port, process):
            measure(bench, port, process, given, runs, seconds)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
