"""Those who get what journeys send in the soak, and what carries it there: an SMSC and a mail server that have their
bad moments, and people who answer, or open their mail. Each counts what it was handed.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from random import Random
from typing import Any

import httpx
import smpp34

from tests.contract.messaging.neighbours import SmppServer, Smtp
from tests.soak.crew import PATIENCE_S, PAUSE_S

# Each line of each talk tells nothing that the counts do not.
logging.getLogger("mail.log").setLevel(logging.WARNING)

# Of a hundred messages: refused for good, told to come later, taken and then hung up on, and taken or lost without a
# word of it.
MOODS = {"ok": 90, "refuse": 2, "trouble": 3, "cut": 3, "silent": 2}
# How long after it came a mail is opened. One that is opened within ten seconds was opened by a machine.
OPENS_S = (8.0, 13.0)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
# So long nobody at all may be bound: longer than the deaths go on. Where others want the processors too, a worker that
# is killed every half minute may not come to be bound in between, for as long as that lasts.
AWAY_S = 1200.0
_PIXEL = re.compile(r'src="([^"]+/m/o/[^"]+)"')


class Smsc(SmppServer):
    """An SMSC. `silent`: it takes the message and does not say so."""

    def __init__(self, dice: Random) -> None:
        self.dice, self.moods = dice, Counter[str]()
        super().__init__()

    async def _event(self, event: Any) -> None:
        if isinstance(event, smpp34.SubmitSmEvent):
            self.mode = self.dice.choices(list(MOODS), list(MOODS.values()))[0]
            self.moods[self.mode] += 1
            if self.mode == "silent":
                self.parts.append(event)
                self._join(event)
                return
        try:
            await super()._event(event)
        except (KeyError, OSError, RuntimeError, smpp34.SmppError):
            # Whoever handed it over was killed: it is taken all the same, and nobody hears of it.
            self.moods["nobody there"] += 1

    def deliver(self, octets: bytes, **facts: Any) -> bool | None:
        """Bring something to whoever is bound now; whether it was taken. None: nobody is."""
        bound = [one for one in list(self._esme.values()) if one.can_receive]
        if not bound:
            return None

        async def bring() -> int:
            answer = await asyncio.wait_for(bound[-1].deliver_sm("1204", octets, **facts), 20)
            return int(answer.command_status)

        try:
            return asyncio.run_coroutine_threadsafe(bring(), self._loop).result(30) == 0
        except (smpp34.SmppError, OSError):
            return False


class MailServer(Smtp):
    """A mail server in the same house, which takes mail of anybody's. `silent`: it loses the mail, and hangs up."""

    signs_in = False

    def __init__(self, dice: Random) -> None:
        self.dice, self.moods = dice, Counter[str]()
        super().__init__()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        session.mood = self.mode = self.dice.choices(list(MOODS), list(MOODS.values()))[0]
        self.moods[self.mode] += 1
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if session.mood == "silent":
            server.transport.abort()
            return "451 4.3.0 Lost"
        # Others have come since it was said to whom.
        self.mode = session.mood
        return await super().handle_DATA(server, session, envelope)


@dataclass
class Receivers:
    """Every other SMS is reported as delivered, every third answered; every other mail is opened."""

    smsc: Smsc
    mails: MailServer
    client: httpx.AsyncClient
    dice: Random
    # (number, text): the hours in which it was brought. The same words within an hour are one message.
    written: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    opened: int = 0
    receipts: int = 0
    # How much of what came has been seen to, and how many mails are still to be opened.
    sms_seen: int = 0
    mails_seen: int = 0
    opening: int = 0

    @property
    def busy(self) -> bool:
        """Whether somebody is still to answer or to open what came."""
        return self.sms_seen < len(self.smsc.taken) or self.mails_seen < len(self.mails.mails) or self.opening > 0

    @asynccontextmanager
    async def there(self) -> AsyncIterator[None]:
        """They are there until the end of the block. Where one of them fails the block ends at once, and that is told:
        whoever waits in it for them to be done would wait in vain."""
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.sms(over))
            group.create_task(self.mail(over))
            yield
            over.set()

    async def sms(self, stop: asyncio.Event) -> None:
        while not stop.is_set() or self.busy:
            if self.sms_seen >= len(self.smsc.taken):
                await asyncio.sleep(PAUSE_S)
                continue
            one = self.smsc.taken[self.sms_seen]
            if self.dice.random() < 0.5:
                await self._report(one.named)
            if self.dice.random() < 0.33:
                await self._write(one.to, f"Ja tak {one.named}")
            self.sms_seen += 1

    async def _report(self, named: str) -> None:
        """As an SMSC does: brought again a few times, then never more."""
        text = f"id:{named} sub:001 dlvrd:001 submit date:2611021100 done date:2611021101 stat:DELIVRD err:000 text:"
        for _ in range(3):
            if await asyncio.to_thread(self.smsc.deliver, text.encode(), esm_class=4):
                self.receipts += 1
                return
            await asyncio.sleep(PAUSE_S)

    async def _write(self, number: str, text: str) -> None:
        """Brought until it is taken. While nobody is bound nobody has refused it either: that is counted apart."""
        hours = self.written.setdefault((number, text), set())
        facts = {"source_addr": number.removeprefix("+"), "source_addr_ton": 1, "source_addr_npi": 1}
        there_s = away_s = 0.0
        while True:
            began = time.monotonic()
            hours.add(int(time.time() // 3600))
            taken = await asyncio.to_thread(self.smsc.deliver, text.encode(), **facts)
            # The hour in which it was read, too.
            hours.add(int(time.time() // 3600))
            if taken:
                return
            await asyncio.sleep(PAUSE_S)
            if taken is None:
                away_s += time.monotonic() - began
            else:
                there_s += time.monotonic() - began
            assert there_s < PATIENCE_S, "nobody takes what people write"
            assert away_s < AWAY_S, "nobody is bound to take what people write"

    async def mail(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as people:
            while not stop.is_set() or self.mails_seen < len(self.mails.mails):
                if self.mails_seen >= len(self.mails.mails):
                    await asyncio.sleep(PAUSE_S)
                    continue
                _sender, raw = self.mails.mails[self.mails_seen]
                if self.dice.random() < 0.5:
                    self.opening += 1
                    people.create_task(self._open(pixel_of(raw), self.dice.uniform(*OPENS_S)))
                self.mails_seen += 1

    async def _open(self, url: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = await self.client.get(url, headers={"User-Agent": BROWSER})
                if answer.status_code == 200:
                    self.opened += 1
                    self.opening -= 1
                    return
                assert answer.status_code in (429, 503), f"{url}: {answer.status_code}"
            except httpx.TransportError:
                pass
            assert time.monotonic() < end, "the pixel is not shown"
            await asyncio.sleep(PAUSE_S)


def pixel_of(raw: bytes) -> str:
    """The address of the pixel in a mail."""
    body = message_from_bytes(raw, policy=policy.default).get_body(preferencelist=("html",))
    assert body is not None
    found = _PIXEL.search(body.get_content())
    assert found is not None
    return found[1]
