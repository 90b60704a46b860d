"""Who sells and who signs in the soak of the fates: callers who submit sessions and change agreements over the API,
donors on the page of their link, a merchant who acts too. Whatever dies, they ask again.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx

from tests.soak.crew import PATIENCE_S, PAUSE_S, Api

FATES = ("00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11")
LIVE = ("New", "Processing")
LOCAL = ("pause", "restart", "cancel", "set_expiry", "change_amount", "change_frequency")
_MARK = re.compile(r'name="mark" value="([^"]+)"')
_PERSON = {"national_id": "0101701234", "bank_account": "00400440116243"}


def _workflow(intention: str, **more: Any) -> dict[str, Any]:
    return {
        "intention": intention, "approval_message": "Færdiggør her:", "sms_sender": "Hjaelpen", "link_ttl_s": 3600,
        "metadata_fields": [{"key": "sandbox_fate", "label": "Skæbne", "type": "text"}], **more,
    }  # fmt: skip


def _product(key: str, payment_type: str, methods: tuple[str, ...], **more: Any) -> dict[str, Any]:
    schedule = {} if payment_type == "single" else {"schedule": {"rule": "free"}}
    return {
        "key": key, "name": key, "payment_type": payment_type, "agreement_name": key, "currency": "DKK",
        "amount": {"rule": "free"}, "methods": list(methods), **schedule, **more,
    }  # fmt: skip


METHODS = ("card", "mobile", "direct_debit")
# By product: what it is paid by.
PRODUCTS = {"fast": METHODS, "first": ("card", "mobile"), "once": ("card", "mobile")}
WORKFLOWS = {
    "signup": _workflow(
        "signup",
        contact_fields=[{"role": "first_name", "required": True}, {"role": "phone"}],
        products=[
            _product("fast", "recurring", METHODS),
            _product("first", "recurring", PRODUCTS["first"], one_off_at_start=True),
            _product("once", "single", PRODUCTS["once"]),
        ],
    ),
    "upgrade": _workflow(
        "upgrade",
        contact_fields=[{"role": "email", "editable": True}],
        upgrade=dict.fromkeys((*LOCAL, "change_payment_method"), "senior_agent"),
    ),
}


@dataclass
class World:
    """What there is by now, and what was answered."""

    campaigns: dict[str, str]
    # Sessions: how they were begun, for the audit.
    begun: dict[str, dict[str, Any]] = field(default_factory=dict)
    # What was last answered of a session that has ended.
    ended: dict[str, str] = field(default_factory=dict)
    # Subscriptions that anybody may change now, and those of which the end was told.
    known: list[str] = field(default_factory=list)
    cancelled: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    stranded: int = 0
    number: int = 0
    turns: int = 0
    # Fates that somebody is still to meet in this round, and those that anybody has met.
    owed: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)

    def deal(self) -> None:
        """Another round: every fate is to come to somebody."""
        self.owed = set(FATES)


@dataclass
class Caller:
    """One at work: a sign-up with its donor, or a change of what was signed before."""

    api: Api
    # The merchant's own, who may change and give back.
    merchant: Api
    client: Callable[[], httpx.AsyncClient]
    world: World
    dice: Random
    now: Callable[[], datetime]
    # Of a hundred turns, how many change something.
    changes: int

    async def work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if self.world.known and self.dice.randrange(100) < self.changes:
                await self.change(self.dice.choice(self.world.known))
            else:
                await self.sign_up()
            self.world.turns += 1

    # --- signing ------------------------------------------------------------------------------

    async def sign_up(self) -> None:
        world, dice = self.world, self.dice
        world.number += 1
        # Whoever is owed one has it by turns, for it may come to nothing.
        number, fate = world.number, FATES[world.number % len(FATES)] if world.owed else dice.choice(FATES)
        product = dice.choice(list(PRODUCTS))
        method = dice.choice(PRODUCTS[product])
        # Named, or by the amount.
        named = dice.random() < 0.3
        agreement: dict[str, Any] = {"amount": 10_000 + (0 if named else int(fate)), "currency": "DKK"}
        if product != "once":
            agreement |= {"schedule": dice.choice(["monthly", "monthly", "monthly", "quarterly"])}
        session = await self.submit({
            "campaign": world.campaigns["signup"], "external_lead_id": f"soak-{number}", "product": product,
            "contact": {"first_name": f"Giver {number}", "phone": f"+45{28_000_000 + number}"},
            "agreement": agreement, "payment_method": method,
            "metadata": {"sandbox_fate": fate} if named else {},
        })  # fmt: skip
        if session is not None:
            await self.complete(session, "sign_up", fate, product, method)

    async def submit(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """The session; None where it is refused. What is sent twice is one."""
        body["form_key"] = self.key()
        answer = await self.api("POST", "sessions", body, key=self.key() if self.dice.random() < 0.5 else "")
        return dict(answer.json()) if answer.is_success else None

    async def complete(self, session: dict[str, Any], act: str, fate: str, product: str, method: str) -> None:
        """As far as the donor comes, or the caller lets them."""
        owed = act == "sign_up" and fate in self.world.owed
        chances = [60, 25, 0, 0, 0] if owed else [60, 25, 5, 5, 5]
        how = self.dice.choices(["page", "screen", "declined", "cancelled", "left"], chances)[0]
        self.world.begun[session["id"]] = {
            "act": act, "fate": fate, "product": product, "method": method, "how": how,
        }  # fmt: skip
        self.world.asked[f"{act} {fate}"] += 1
        done = True
        match how:
            case "page" | "declined":
                done = await self.by_link(session["id"], method, declines=how == "declined")
            case "screen":
                done = (await self.api("POST", f"sessions/{session['id']}/submit-payment")).is_success
            case "cancelled":
                await self.api("POST", f"sessions/{session['id']}/cancel", {"reason": "fortrudt"})
        if not done:
            # Whether it came to anything nobody was told.
            self.world.begun[session["id"]]["how"] = "lost"
        elif act == "sign_up" and how in ("page", "screen"):
            self.world.owed.discard(fate)
            self.world.met.add(fate)
        if how in ("page", "screen") and not owed and self.dice.randrange(8) == 0:
            # While the rail makes up its mind.
            self.world.begun[session["id"]]["how"] = "cancelled"
            verb = self.dice.choice(["cancel", "decline"])
            await self.api("POST", f"sessions/{session['id']}/{verb}")
        await self.look(session["id"])

    async def by_link(self, session_id: str, method: str, *, declines: bool) -> bool:
        """A donor with the link, and another where they are left standing; whether they could say what they would."""
        for _ in range(3):
            sent = await self.api("POST", f"sessions/{session_id}/send-link", {"channel": "qr"})
            if not sent.is_success:
                return False
            if await Donor(self.client(), self.dice, sent.json()["url"]).come(method, declines):
                return True
            self.world.stranded += 1
        return False

    async def look(self, session_id: str) -> None:
        """How it stands, after a moment; what has ended is noted."""
        for _ in range(3):
            await asyncio.sleep(self.dice.uniform(0.1, 0.6))
            found = (await self.api("GET", f"sessions/{session_id}")).json()
            if found["status"] not in LIVE:
                break
        if found["status"] not in LIVE:
            self.world.ended[session_id] = found["status"]
            if found["status"] == "Complete" and found["action"] == "sign_up" and found["subscription"]:
                self.world.known.append(found["subscription"])

    # --- changing -----------------------------------------------------------------------------

    async def change(self, subscription: str) -> None:
        match self.dice.randrange(10):
            case 0:
                await self.refund(subscription)
            case 1 | 2:
                await self.own(subscription)
            case 3 | 4 | 5:
                method, fate = self.dice.choice(METHODS), self.dice.choice(FATES)
                session = await self.submit(self.upgrade(
                    subscription, "change_payment_method", {"method": method}, metadata={"sandbox_fate": fate}
                ))  # fmt: skip
                if session is not None:
                    await self.complete(session, "change_payment_method", fate, "", method)
            case _:
                await self.local(subscription)

    async def local(self, subscription: str) -> None:
        action, params = self.act()
        session = await self.submit(self.upgrade(subscription, action, params))
        if session is None:
            return
        self.world.asked[action] += 1
        await self.look(session["id"])
        if action == "cancel" and self.world.ended.get(session["id"]) == "Complete":
            self.world.cancelled.add(subscription)

    def upgrade(self, subscription: str, action: str, params: dict[str, Any], **more: Any) -> dict[str, Any]:
        campaign = self.world.campaigns["upgrade"]
        return {"campaign": campaign, "subscription": subscription, "action": action, "params": params, **more}

    def act(self) -> tuple[str, dict[str, Any]]:
        """Something that is done at once, or once the rail has agreed: by the amount it refuses, or fails."""
        dice = self.dice
        action = dice.choices(LOCAL, [25, 25, 8, 5, 27, 10])[0]
        soon = (self.now() + timedelta(days=dice.randrange(1, 40))).date().isoformat()
        holds = [{"kind": "indefinite"}, {"kind": "skip", "count": 1}, {"kind": "until", "until": soon}]
        params: dict[str, Any] = {
            "pause": dice.choice(holds),
            "set_expiry": {"date": soon},
            "change_amount": {"amount": 10_000 + 100 * dice.randrange(1, 20) + dice.choice([0, 0, 1, 2, 5, 11])},
            "change_frequency": {"schedule": dice.choice(["monthly", "quarterly"])},
        }.get(action, {})  # fmt: skip
        return action, params

    async def own(self, subscription: str) -> None:
        """By the merchant's own people, without a session."""
        action, params = self.act()
        verb = action.replace("_", "-")
        done = await self.merchant("POST", f"subscriptions/{subscription}/{verb}", params, key=self.key())
        self.world.asked[f"own {action}"] += 1
        if action == "cancel" and done.is_success:
            self.world.cancelled.add(subscription)

    async def refund(self, subscription: str) -> None:
        found = (await self.merchant("GET", f"subscriptions/{subscription}/charges")).json()["items"]
        for one in found:
            if one["state"] == "charged":
                body = {} if self.dice.random() < 0.5 else {"amount": 1_000}
                await self.merchant("POST", f"charges/{one['id']}/refund", body, key=self.key())
                self.world.asked["refund"] += 1
                return

    def key(self) -> str:
        return str(UUID(int=self.dice.getrandbits(128), version=4))


class Donor:
    """Somebody with a browser and a link."""

    def __init__(self, client: httpx.AsyncClient, dice: Random, url: str) -> None:
        self.client, self.dice, self.url = client, dice, url

    async def come(self, method: str, declines: bool) -> bool:
        """Open the page, and say yes or no; False where the page is of no more use to them."""
        async with self.client:
            page = await self.ask("GET", self.url)
            if page.status_code != 200:
                return False
            if declines:
                return (await self.ask("POST", f"{self.url}/decline")).status_code == 303
            mark = _MARK.search(page.text)
            if mark is None:
                return False
            form = {**_PERSON, "method": method, "mark": mark[1]}
            if self.dice.randrange(4) == 0:
                # Pressed twice.
                _first, seen = await asyncio.gather(*(self.ask("POST", self.url, form) for _ in range(2)))
                return seen.status_code == 303
            return (await self.ask("POST", self.url, form)).status_code == 303

    async def ask(self, method: str, url: str, form: dict[str, str] | None = None) -> httpx.Response:
        """As a browser that is told to try again: the page, the form with what was typed."""
        for _ in range(int(PATIENCE_S / PAUSE_S)):
            try:
                answer = await self.client.request(method, url, data=form)
            except httpx.TransportError:
                pass
            else:
                assert answer.status_code != 500, f"{method} of a donor: {answer.text[:500]}"
                if answer.status_code not in (429, 503):
                    return answer
            await asyncio.sleep(PAUSE_S)
        raise AssertionError("the donor's page does not come")
