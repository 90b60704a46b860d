"""From the agent's Send to the donor's yes on the agent's screen, and the donor's page as a slow telephone has it.

The product as it is served. The donor is a program that takes no time of its own: it opens the page as soon as the link is
there (as a QR code has it: a telephone network's time is not in it) and says yes as soon as it has read it. The agent
hears of the session by the live stream, and then asks for the part of the page that tells how it stands.
"""

from __future__ import annotations

import http.client
import random
import select
import socket
import threading
import time
from typing import Any
from urllib.parse import urlencode

import psycopg

from bench import _signed as signed
from bench.harness import Bench
from bench.http_cycles import served
from bench.live import Line
from tests.e2e.browser import PHONE, chromium

# Chromium's "Slow 3G" as its developers' tools had it: 400 kbit/s each way, and 400 ms until the first byte of an answer.
KBIT_S, LATENCY_MS, LONGEST_S = 400, 400, 60.0
PAINTED = """() => new Promise(done => {
  const there = performance.getEntriesByName('first-contentful-paint')[0];
  if (there) return done(there.startTime);
  new PerformanceObserver(list => { for (const one of list.getEntriesByName('first-contentful-paint')) done(one.startTime); })
    .observe({type: 'paint', buffered: true});
})"""


class Agent:
    """Who sends the link and looks at what comes of it."""

    def __init__(self, port: int, token: str, cookie: str, done: bytes) -> None:
        self.port, self.cookie, self.done = port, cookie, done
        self.line = Line(port, "Content-Type: application/json\r\n")
        self.by_token, self.by_cookie = f"Authorization: Bearer {token}\r\n", f"Cookie: sessionid={cookie}\r\n"

    def hear(self, session: str) -> socket.socket:
        """The session's stream, once it is open."""
        stream = socket.create_connection(("127.0.0.1", self.port))
        stream.sendall(
            f"GET /live/stream?topics=session:{session}&since={int(time.time() * 1000)} HTTP/1.1\r\n"
            f"Host: localhost:{self.port}\r\nCookie: sessionid={self.cookie}\r\nAccept: text/event-stream\r\n\r\n".encode()
        )
        got = b""
        while b"\r\n\r\n" not in got:
            piece = stream.recv(65536)
            if not piece:
                raise RuntimeError("a stream ended")
            got += piece
        if not got.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the stream: {got[:300]!r}")
        return stream

    def ask(self, verb: str, path: str, head: str, body: bytes | None = None) -> bytes:
        self.line.ask(path, verb, path, body, head)
        while (answer := self.line.answered()) is None:
            pass
        if answer[1] != 200:
            raise RuntimeError(f"{path}: {answer[1]} {answer[2][:300]!r}")
        return answer[2]

    def waits(self, session: str, stream: socket.socket) -> None:
        """Until the session is complete by what the stream has told and was then asked for."""
        end = time.monotonic() + LONGEST_S
        while time.monotonic() < end:
            if not select.select([stream], [], [], 1.0)[0]:
                continue
            said = stream.recv(65536)
            if not said:
                raise RuntimeError("a stream ended")
            if b"event: session:" not in said and b"event: refresh" not in said:
                continue
            if self.done in self.ask("GET", f"/onboarding/sessions/{session}/state", self.by_cookie):
                return
        raise RuntimeError("the yes has not come to the agent's screen")


def donate(port: int, token: str) -> None:
    """Open the page, and say yes to it."""
    line = http.client.HTTPConnection("127.0.0.1", port)
    head = {"Host": f"localhost:{port}"}
    line.request("GET", f"/a/{token}", headers=head)
    answer = line.getresponse()
    if answer.status != 200 or b"terms_version" not in answer.read():
        raise RuntimeError(f"the donor's page: {answer.status}")
    given = {
        "national_id": "070761-4285",
        "method": "card",
        "terms": "yes",
        "terms_version": signed.DEFINITION["terms"]["version"],
    }
    head["Content-Type"] = "application/x-www-form-urlencoded"
    line.request("POST", f"/a/{token}", urlencode(given), head)
    answer = line.getresponse()
    said = answer.read()
    if answer.status != 303:
        raise RuntimeError(f"the donor's yes: {answer.status} {said[-2000:]!r}")
    line.close()


def link(agent: Agent, session: str) -> str:
    """The agent's Send: the token of the link that it answers with, as a QR code has it."""
    path = f"/api/v1/sessions/{session}/send-link"
    said = agent.ask("POST", path, agent.by_token, b'{"channel":"qr"}')
    return said.split(b"/a/", 1)[1].split(b'"', 1)[0].decode()


def measure(bench: Bench, _db: psycopg.Connection[Any], ground: signed.Ground) -> None:
    """So many sign-ups one after the other, begun at any moment of the product's rounds; then the page."""
    from django.test import Client
    from django.utils import translation

    from ringround.onboarding import actions
    from ringround.onboarding.texts import STATUSES
    from ringround.orgs import actions as orgs

    tries, pages = (3, 1) if bench.quick else (40, 5)
    token = orgs.token_create(actor=ground.agent, name="bench")[1]
    web = Client()
    web.force_login(ground.agent.user)
    with translation.override(ground.agent.user.language):
        done = str(STATUSES["Complete"][1]).encode()
    dice = random.Random(1)
    made = [
        str(actions.session_submit(actor=ground.agent, ask=signed.ask(ground.campaigns[0], f"crm-d{n}", "")).id)
        for n in range(tries + 3)
    ]
    took = []
    with served() as (port, _process):
        agent = Agent(port, token, web.cookies["sessionid"].value, done)
        for n, session in enumerate(made[:-1]):
            stream = agent.hear(session)
            time.sleep(dice.random())
            begun = time.perf_counter()
            threading.Thread(target=donate, args=(port, link(agent, session))).start()
            agent.waits(session, stream)
            stream.close()
            # The first two fill caches.
            if n > 1:
                took.append(time.perf_counter() - begun)
        for one in took:
            bench.add("send_to_accept_s", one)
        bench.note(send_to_accept={"sessions": len(took), "p95_s": round(sorted(took)[int(len(took) * 0.95)], 2)})
        address = f"http://localhost:{port}/a/{link(agent, made[-1])}"
        for _ in range(pages):
            page(bench, address)


def page(bench: Bench, address: str) -> None:
    """One visit by a browser that has never been here: what came over the line, and when the first of it stood there."""
    with chromium() as browser:
        context = browser.new_context(viewport=PHONE, locale="da-DK")
        seen = context.new_page()
        line = context.new_cdp_session(seen)
        line.send("Network.enable")
        line.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": LATENCY_MS, "downloadThroughput": KBIT_S * 125, "uploadThroughput": KBIT_S * 125},
        )  # fmt: skip
        sizes: list[float] = []
        line.on("Network.loadingFinished", lambda said: sizes.append(said["encodedDataLength"]))
        seen.goto(address, wait_until="networkidle")
        missing = [
            name for name in ("national_id", "method", "terms") if not seen.locator(f"[name={name}]").count()
        ]  # fmt: skip
        if missing:
            raise RuntimeError(f"not on the donor's page: {missing}")
        bench.add("donor_page_kb", sum(sizes) / 1000)
        bench.add("donor_first_paint_s", seen.evaluate(PAINTED) / 1000)
        bench.note(donor_page={"profile": f"slow 3G: {KBIT_S} kbit/s, {LATENCY_MS} ms", "requests": len(sizes)})
        context.close()
