"""An agent's cycle by HTTP: `POST /agent/next`, `POST /agent/disposition`, by 64 clients at once, as the product ships it:
two web processes, worker and relay, beside the clients and the database on the same processors.

The clients are one process with bare sockets and one `epoll`, so that they take little of what is measured: they look at
an answer's status, its length and the lead's id, and at nothing else. `http_cycles_per_s`: whole cycles. `http_p99_ms`: of
single requests, from before the first byte is sent until the last one is read. `http_cpu_ms`: processor time (user and
system) that all of it takes for a cycle; on a busy machine that says more than the clock does.
"""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from bench.harness import ROOT

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LEAD = re.compile(rb'"id":"([0-9a-f-]{36})"')
_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


@dataclass
class Measured:
    cycles: int = 0
    latencies: list[float] = field(default_factory=list)
    spent_ms: dict[str, float] = field(default_factory=dict)

    def p99_ms(self) -> float:
        return sorted(self.latencies)[int(len(self.latencies) * 0.99)] * 1000

    def cpu_ms(self) -> dict[str, float]:
        """Processor time for a cycle, by who took it."""
        return {name: round(ms / max(self.cycles, 1), 2) for name, ms in self.spent_ms.items()}


def agents(campaign: UUID, clients: int) -> list[str]:
    """A token for each of so many new agents on the campaign."""
    from ringround.campaigns import actions as campaigns
    from ringround.campaigns.models import CampaignMember
    from ringround.infra import clock
    from ringround.orgs import actions as orgs
    from ringround.orgs.actor import Actor
    from ringround.orgs.models import Membership, Organisation, User

    org = Organisation.objects.get()
    owner = Membership.objects.select_related("user").get(organisation=org, role="owner").user
    made = []
    for number in range(clients):
        user = User.objects.create(email=f"http{number}@example.org", name=f"Agent {number}", language="en")
        Membership.objects.create(organisation=org, user=user, role="senior_agent", created_at=clock.now())
        made.append(user)
    CampaignMember.objects.filter(campaign=campaign).delete()
    actor = Actor(user=owner, organisation=org, home=org, role="owner")
    campaigns.agents_put(actor=actor, campaign_id=campaign, users=[user.id for user in made])
    return [
        orgs.token_create(actor=Actor(user=user, organisation=org, home=org, role="senior_agent"), name="bench")[1]
        for user in made
    ]


@contextmanager
def served() -> Iterator[tuple[int, int]]:
    """The product, as `ringround serve` starts it, on the benchmark's database: its port and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = [sys.executable, "-m", "ringround.cli", "serve", "--port", str(port)]
    environ = {**os.environ, "RINGROUND_LOG_LEVEL": "WARNING"}
    process = subprocess.Popen(words, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 300
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the product did not start")
            time.sleep(0.2)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


class Client:
    """One agent's program, on one connection that is kept."""

    def __init__(self, port: int, token: str, campaign: str, disposition: str) -> None:
        self.port, self.token = port, token
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.next = self.request("next", b"{}")
        self.said = b'{"lead":"%s","disposition":"' + disposition.encode() + b'"}'
        self.asked, self.begun, self.halfway = "join", 0.0, 0.0
        self.got = b""
        self.socket.sendall(self.request("join", b'{"campaign":"%s"}' % campaign.encode()))

    def request(self, path: str, body: bytes) -> bytes:
        return (
            b"POST /api/v1/agent/%s HTTP/1.1\r\nHost: localhost:%d\r\nAuthorization: Bearer %s\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (path.encode(), self.port, self.token.encode(), len(body), body)
        )

    def answered(self) -> bytes | None:
        """The answer's body, when all of it is there."""
        self.got += self.socket.recv(65536)
        head = self.got.find(b"\r\n\r\n")
        if head < 0:
            if not self.got:
                raise RuntimeError("the product closed a connection")
            return None
        length = LENGTH.search(self.got, 0, head)
        if length is None or not self.got.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{self.asked}: {self.got[:500]!r}")
        if len(self.got) < head + 4 + int(length[1]):
            return None
        body, self.got = self.got[head + 4 :], b""
        return body

    def go_on(self, body: bytes, now: float) -> tuple[float, float, float] | None:
        """Ask what comes next; when the answer ended a cycle: its beginning, middle and end."""
        if self.asked == "next":
            lead = _LEAD.search(body)
            assert lead is not None, body
            # The whole request in one write, made from what does not change.
            self.asked, self.halfway = "disposition", now
            self.socket.sendall(self.request("disposition", self.said % lead[1]))
            return None
        done = (self.begun, self.halfway, now) if self.asked == "disposition" else None
        self.asked, self.begun = "next", now
        self.socket.sendall(self.next)
        return done


def _work(clients: list[Client], measured: Measured, spent: Spent, *, seconds: float, warm_up: float) -> None:
    poll, by_file = select.epoll(), {}
    for one in clients:
        poll.register(one.socket.fileno(), select.EPOLLIN)
        by_file[one.socket.fileno()] = one
    begin = time.monotonic() + warm_up
    end = begin + seconds
    before: dict[str, float] = {}
    while (now := time.monotonic()) < end:
        if not before and now >= begin:
            begin, before = now, spent()
            end = begin + seconds
        for file, _ in poll.poll(0.2):
            client = by_file[file]
            body = client.answered()
            if body is None:
                continue
            now = time.monotonic()
            done = client.go_on(body, now)
            if done is not None and before and done[0] >= begin:
                measured.cycles += 1
                measured.latencies += (done[1] - done[0], done[2] - done[1])
    measured.spent_ms = {name: ms - before.get(name, 0) for name, ms in spent().items()}


class Spent:
    """Processor time that the product's processes, its database and these clients have taken until now, in ms."""

    def __init__(self, product: int, data: Path) -> None:
        self.product = product
        self.database = int(next(data.rglob("postmaster.pid")).read_text().split()[0])

    def __call__(self) -> dict[str, float]:
        taken = dict.fromkeys(("web", "relay", "worker", "journeys", "database", "clients"), 0.0)
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                stat = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                words = (folder / "cmdline").read_text()
            except OSError:
                continue
            pid, parent, ms = int(folder.name), int(stat[1]), (int(stat[11]) + int(stat[12])) * _TICK_MS
            if pid == os.getpid():
                taken["clients"] += ms
            elif self.database in (pid, parent):
                taken["database"] += ms
            elif parent == self.product:
                name = next((one for one in ("_web", "_worker", "relay", "journeys") if one in words), None)
                if name is not None:
                    taken[name.strip("_")] += ms
        return taken


def measure(campaign: UUID, tokens: list[str], disposition: str, *, seconds: float, warm_up: float) -> Measured:
    """What so many clients get done in so many seconds after the first `warm_up` ones."""
    measured = Measured()
    with served() as (port, process):
        spent = Spent(process, Path(os.environ["RINGROUND_DATA"]))
        clients = [Client(port, token, str(campaign), disposition) for token in tokens]
        _work(clients, measured, spent, seconds=seconds, warm_up=warm_up)
        for one in clients:
            one.socket.close()
    return measured
