"""An agent's cycle by HTTP: `POST /agent/next`, `POST /agent/disposition`, by 64 clients at once, as the product ships it:
two web processes, worker and relay, beside the clients and the database on the same processors.

The clients are one process of bare sockets, so that they take little of what is measured. `http_cycles_per_s`: whole cycles.
`http_p99_ms`: of single requests, from the first byte sent to the last one read.
"""

from __future__ import annotations

import asyncio
import json
import os
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
from uuid import UUID

from bench.harness import ROOT


@dataclass
class Measured:
    cycles: int = 0
    latencies: list[float] = field(default_factory=list)

    def p99_ms(self) -> float:
        return sorted(self.latencies)[int(len(self.latencies) * 0.99)] * 1000


def agents(campaign: UUID, clients: int) -> list[str]:
    """A token for each of so many new agents on the campaign."""
    from ringround.campaigns import actions as campaigns
    from ringround.campaigns.models import CampaignMember
    from ringround.infra import clock
    from ringround.orgs import actions as orgs
    from ringround.orgs.actor import Actor
    from ringround.orgs.models import Membership, Organisation, User

    org = Organisation.objects.get()
    owner = Membership.objects.select_related("user").get(organisation=org).user
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
def served() -> Iterator[int]:
    """The product, as `ringround serve` starts it, on the benchmark's database; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = [sys.executable, "-m", "ringround.cli", "serve", "--port", str(port)]
    environ = {**os.environ, "RINGROUND_LOG_LEVEL": "WARNING"}
    process = subprocess.Popen(words, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 120
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the product did not start")
            time.sleep(0.2)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


class Client:
    """One agent's program, on one connection that is kept."""

    def __init__(self, port: int, token: str, measured: Measured) -> None:
        self.port, self.token, self.measured = port, token, measured

    async def work(self, campaign: str, disposition: str, begin: float, end: float) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        status, _ = await self.post("join", {"campaign": campaign})
        assert status == 200, status
        while (now := time.monotonic()) < end:
            status, body = await self.post("next", {})
            assert status == 200, (status, body)
            said = {"lead": json.loads(body)["lead"]["id"], "disposition": disposition}
            halfway = time.monotonic()
            status, body = await self.post("disposition", said)
            assert status == 200, (status, body)
            done = time.monotonic()
            if now >= begin and done <= end:
                self.measured.cycles += 1
                self.measured.latencies += (halfway - now, done - halfway)
        self.writer.close()

    async def post(self, path: str, body: object) -> tuple[int, bytes]:
        sent = json.dumps(body).encode()
        self.writer.write(
            b"POST /api/v1/agent/%s HTTP/1.1\r\nHost: localhost:%d\r\nAuthorization: Bearer %s\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (path.encode(), self.port, self.token.encode(), len(sent), sent)
        )
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        return int(head[9:12]), await self.reader.readexactly(length)


def measure(campaign: UUID, tokens: list[str], disposition: str, *, seconds: float, warm_up: float) -> Measured:
    """What so many clients get done in so many seconds after the first `warm_up` ones."""
    measured = Measured()

    async def all_of_them(port: int) -> None:
        begin = time.monotonic() + warm_up
        working = [
            Client(port, token, measured).work(str(campaign), disposition, begin, begin + seconds) for token in tokens
        ]
        await asyncio.gather(*working)

    with served() as port:
        asyncio.run(all_of_them(port))
    return measured
