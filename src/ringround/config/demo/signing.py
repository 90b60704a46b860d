"""Sessions of the demo's week: what agents sign up and change, how their donors answer, and what is collected.

Each is played by the product's own actions when its moment comes. How a donor answers is the sandbox's fate, by the
last two digits of the amount; of a new way to pay, by what the session says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ringround.config.demo import plans
from ringround.config.demo.cast import Cast, Staff
from ringround.config.demo.plans import ALWAYS
from ringround.config.demo.settling import heard
from ringround.infra import clock
from ringround.onboarding import actions as onboarding
from ringround.onboarding import sandbox
from ringround.onboarding.actions.gateways import gateway_create
from ringround.onboarding.actions.intake import events_apply
from ringround.onboarding.actions.sessions.link import LinkSent
from ringround.onboarding.courier import GatewayCourier
from ringround.onboarding.models import Session, Subscription
from ringround.orgs.actor import Actor

_FIELDS = [
    {"role": "first_name", "required": True},
    {"role": "last_name", "required": True},
    {"role": "phone", "required": True},
    {"role": "email"},
    {"role": "address"},
    {"role": "post_code"},
    {"role": "city"},
    {"role": "national_id", "sensitive": True},
]
_TERMS = {
    "version": "2026-01",
    "text": "Du kan altid ændre eller stoppe din aftale ved at ringe eller skrive til os. Vi opbevarer dine "
    "oplysninger for at kunne opkræve dit bidrag og for at overholde bogføringsloven.",
}
_EVERY = ["monthly", "quarterly", "half_yearly", "yearly"]
GIVER = {
    "name": "Månedlig giver",
    "intention": "signup",
    "approval_message": "Tak for snakken. Færdiggør din støtte her:",
    "sms_sender": "HjaelpVej",
    "link_ttl_s": 172_800,
    "languages": ["da", "en"],
    "terms": _TERMS,
    "contact_fields": _FIELDS,
    "metadata_fields": [{"key": "segment", "label": "Segment", "type": "text"}],
    "products": [
        {
            "key": "fast", "name": "Fast støtte", "payment_type": "recurring", "agreement_name": "Fast støtte",
            "currency": "DKK", "amount": {"rule": "free", "choices": [10000, 15000, 20000], "min": 5000},
            "schedule": {"rule": "choice", "choices": _EVERY}, "methods": ["card", "mobile", "direct_debit"],
            "tax_deductible": True,
        },
        {
            "key": "gave", "name": "Enkelt gave", "payment_type": "single", "agreement_name": "Gave",
            "currency": "DKK", "amount": {"rule": "free", "min": 2000}, "methods": ["card", "mobile"],
        },
    ],
}  # fmt: skip
SERVICE = {
    "name": "Ændring af aftale",
    "intention": "upgrade",
    "approval_message": "Vælg din nye betalingsmetode her:",
    "link_ttl_s": 86_400,
    "languages": ["da", "en"],
    "contact_fields": [{"role": "email", "editable": True}, {"role": "phone", "editable": True}],
    "upgrade": {
        "change_amount": "junior_agent", "change_frequency": "junior_agent", "change_payment_method": "junior_agent",
        "pause": "senior_agent", "restart": "senior_agent", "cancel": "senior_agent", "set_expiry": "senior_agent",
    },
}  # fmt: skip
READER = {
    "name": "Abonnement",
    "intention": "signup",
    "approval_message": "Velkommen tilbage. Bekræft dit abonnement her:",
    "sms_sender": "Nord",
    "link_ttl_s": 86_400,
    "languages": ["da", "en"],
    "terms": _TERMS,
    "contact_fields": _FIELDS[:4],
    "products": [
        {
            "key": "aar", "name": "Årsabonnement", "payment_type": "recurring", "currency": "DKK",
            "agreement_name": "Magasinet Nord, et år", "amount": {"rule": "free", "choices": [49900, 59900]},
            "schedule": {"rule": "fixed", "value": "yearly", "choices": ["yearly"]}, "methods": ["card", "mobile"],
        },
    ],
}  # fmt: skip
READERS = {**SERVICE, "name": "Ændring af abonnement"}

_PEOPLE = (
    ("Åse", "Ørum"), ("Bent", "Kofoed"), ("Camilla", "Riis"), ("Dorte", "Hauge"), ("Erik", "Sonne"),
    ("Frida", "Munk"), ("Gert", "Ravn"), ("Hanne", "Brix"), ("Ivan", "Thorup"), ("Jytte", "Kjær"),
    ("Knud", "Vang"), ("Lis", "Holst"), ("Mads", "Ladegaard"), ("Nete", "Bonde"), ("Ole", "Steen"),
    ("Pia", "Juul"), ("Rune", "Abel"), ("Sofie", "Gram"), ("Tove", "Elkjær"), ("Ulrik", "Dam"),
)  # fmt: skip
DONE, REJECTED, REFUSED, SILENT, FAILS = 0, 1, 2, 3, 5


@dataclass(frozen=True, slots=True)
class Step:
    """Something that somebody does at its moment."""

    at: datetime
    do: Callable[[], object]


class Signing:
    """What is signed during the week, in the order of its moments."""

    def __init__(self, cast: Cast, begin: datetime) -> None:
        self._courier = GatewayCourier()
        self._names = iter(_PEOPLE)
        # The sessions that sign up, by what they are called here.
        self._sessions: dict[str, UUID] = {}
        self._steps: list[Step] = []
        charity, magazine = cast.charity, cast.magazine
        agents = charity.agents
        giver = self._campaign(charity, "Fast støtte, underskrift", GIVER, agents, slug="demo")
        service = self._campaign(charity, "Aftaleservice", SERVICE, agents)
        reader = self._campaign(
            magazine, "Abonnement, underskrift", READER, cast.agency.agents, slug="demo-nord", agency=cast.agency
        )
        readers = self._campaign(magazine, "Abonnementsservice", READERS, magazine.agents)
        self._charity_week(begin, giver, service, agents)
        self._magazine_week(begin, reader, readers, cast.agency.agents, magazine.agents)
        self._steps.sort(key=lambda step: step.at)

    def _campaign(
        self, staff: Staff, name: str, definition: dict[str, Any], agents: list[Actor], *, slug: str = "",
        agency: Staff | None = None,
    ) -> UUID:  # fmt: skip
        """A workflow with its own running campaign, fed by the sessions themselves."""
        if slug:
            gateway_create(actor=staff.owner, name="Sandkasse", kind="sandbox", slug=slug)
        manager = staff.people.get("manager", staff.owner)
        workflow = onboarding.workflow_create(actor=manager, name=definition["name"], definition=definition)
        supervisor = (agency or staff)["supervisor"]
        made = plans.make(
            manager, name, "manual", lists=[], agents=agents, supervisors=[supervisor], hours=ALWAYS, holidays=None,
            settings={"fed_by_others": True}, workflow=str(workflow.id), target=150, form=[],
            **({"agency": str(agency.owner.org_id)} if agency else {}),
        )  # fmt: skip
        plans.approve_and_start(manager, staff.people.get("manager2", manager), made)
        return made

    # --- the week -----------------------------------------------------------------------------

    def _charity_week(self, begin: datetime, giver: UUID, service: UUID, agents: list[Actor]) -> None:
        ups = (
            # day, hour, amount, fate, schedule, method
            (0, 3, 10000, DONE, "monthly", "card"), (0, 5, 15000, DONE, "monthly", "mobile"),
            (1, 2, 20000, DONE, "quarterly", "card"), (1, 4, 10000, REJECTED, "monthly", "card"),
            (2, 3, 7500, DONE, "monthly", "card"), (2, 6, 25000, REFUSED, "monthly", "card"),
            (3, 2, 10000, SILENT, "monthly", "mobile"), (3, 5, 12500, DONE, "monthly", "card"),
            (4, 3, 10000, FAILS, "monthly", "card"), (5, 2, 15000, DONE, "half_yearly", "card"),
            (7, 1, 10000, DONE, "monthly", "mobile"), (7, 4, 18000, SILENT, "monthly", "mobile"),
        )  # fmt: skip
        for number, (day, hour, amount, fate, schedule, method) in enumerate(ups):
            self._signs_up(
                begin + timedelta(days=day, hours=hour), agents[number % len(agents)], giver, f"crm-9{number:02d}",
                product="fast", amount=amount + fate, schedule=schedule, method=method, key=f"c{number}",
            )  # fmt: skip
        gift = begin + timedelta(days=2, hours=2)
        self._signs_up(gift, agents[2], giver, "crm-950", product="gave", amount=50000, method="card", key="gift")
        # One who says no to the caller, and one whose link has only just been sent.
        self._signs_up(
            begin + timedelta(days=6, hours=3), agents[4], giver, "crm-960", product="fast", amount=10000,
            schedule="monthly", method="card", key="no", donor="declines",
        )  # fmt: skip
        self._signs_up(
            begin + timedelta(days=7, hours=20), agents[5], giver, "crm-961", product="fast", amount=15000,
            schedule="monthly", method="card", key="new", donor="waits",
        )  # fmt: skip
        senior = agents[0]
        changes = (
            (3, "c0", "pause", {"kind": "skip", "count": 2}),
            (4, "c0", "pause", {"kind": "indefinite"}),  # it is on hold already: Failed
            (4, "c2", "change_amount", {"amount": 25000}),
            (5, "c4", "change_frequency", {"schedule": "quarterly"}),
            (6, "c7", "set_expiry", {"date": (begin + timedelta(days=400)).date().isoformat()}),
            (6, "c9", "cancel", {"reason": "Har ikke råd mere"}),
        )
        for day, key, action, params in changes:
            self._upgrades(begin + timedelta(days=day, hours=7), senior, service, key, action, params)
        self._upgrades(
            begin + timedelta(days=5, hours=8), agents[1], service, "c4", "change_payment_method", {"method": "mobile"}
        )
        # Never opened, refused on the telephone, not answered there yet, and only just sent.
        for day, hour, key, method, fate, donor in (
            (3, 9, "c7", "mobile", DONE, "waits"), (5, 9, "c2", "mobile", REJECTED, "confirms"),
            (7, 10, "c10", "card", SILENT, "confirms"), (7, 21, "c1", "card", DONE, "waits"),
        ):  # fmt: skip
            self._upgrades(
                begin + timedelta(days=day, hours=hour), agents[1], service, key, "change_payment_method",
                {"method": method}, donor=donor, fate=fate,
            )  # fmt: skip

    def _magazine_week(
        self, begin: datetime, reader: UUID, readers: UUID, agents: list[Actor], own: list[Actor]
    ) -> None:
        ups = ((0, DONE), (1, REJECTED), (2, DONE), (3, SILENT), (4, REFUSED), (5, DONE))
        for number, (day, fate) in enumerate(ups):
            self._signs_up(
                begin + timedelta(days=day, hours=4), agents[number], reader, f"nord-{number:02d}", product="aar",
                amount=49900 + fate, schedule="yearly", method="card", key=f"m{number}",
            )  # fmt: skip
        self._upgrades(begin + timedelta(days=3, hours=3), own[0], readers, "m0", "pause", {"kind": "indefinite"})
        self._upgrades(begin + timedelta(days=4, hours=3), own[0], readers, "m0", "restart", {})
        self._upgrades(begin + timedelta(days=5, hours=3), own[0], readers, "m2", "restart", {})  # it is active: Failed

    def _signs_up(
        self, at: datetime, agent: Actor, campaign: UUID, external: str, *, product: str, amount: int, method: str,
        key: str, schedule: str = "single", donor: str = "confirms",
    ) -> None:  # fmt: skip
        number = len(self._steps)
        first, last = next(self._names, (f"Anna {number}", "Holm"))

        def do() -> None:
            agreement = {"amount": amount, "currency": "DKK"}
            if schedule != "single":
                agreement["schedule"] = schedule
            contact = {
                "first_name": first, "last_name": last, "phone": f"+45281{30000 + number * 7:05d}",
                "email": f"{external}@example.org",
            }  # fmt: skip
            session = onboarding.session_submit(
                actor=agent,
                ask=onboarding.SessionAsk(
                    campaign_id=campaign, external_lead_id=external, product=product, contact=contact,
                    agreement=agreement, payment_method=method,
                ),
            )  # fmt: skip
            self._answer(agent, session, donor, at)
            self._sessions[key] = session.id

        self._steps.append(Step(at, do))

    def _upgrades(
        self, at: datetime, agent: Actor, campaign: UUID, key: str, action: str, params: Mapping[str, Any],
        donor: str = "confirms", fate: int = DONE,
    ) -> None:  # fmt: skip
        def do() -> None:
            subscription = Subscription.objects.filter(
                id__in=Session.objects.filter(id=self._sessions[key]).values("subscription_id")
            ).first()
            if subscription is None:
                return
            session = onboarding.session_submit(
                actor=agent,
                ask=onboarding.SessionAsk(
                    campaign_id=campaign, subscription_id=subscription.id, action=action, params=params,
                    metadata={"sandbox_fate": f"{fate:02d}"} if fate else {},
                ),
            )  # fmt: skip
            if action == "change_payment_method":
                self._answer(agent, session, donor, at)

        self._steps.append(Step(at, do))

    def _answer(self, agent: Actor, session: Session, donor: str, at: datetime) -> None:
        """What the donor does with their link, some minutes later."""
        if donor == "declines":
            onboarding.session_decline(actor=agent, session_id=session.id, reason="Vil tænke over det")
            return
        if donor == "waits":
            onboarding.session_send_link(actor=agent, session_id=session.id, channel="sms")
            return
        sent = onboarding.session_send_link(actor=agent, session_id=session.id, channel="qr")
        token = _token(sent)
        with clock.frozen(at + timedelta(minutes=2)):
            page = onboarding.link_open(token=token, holder=token)
        asked = [one.role for one in page.asked if one.required or page.method in page.needed.get(one.role, ())]
        asked += [one.role for one in page.asked_by.get(page.method, ()) if one.required]
        with clock.frozen(at + timedelta(minutes=4)):
            onboarding.link_confirm(
                token=token, holder=token, values={role: _SECRETS[role] for role in asked},
                method=page.method, terms_version=page.terms.version if page.terms else "",
            )  # fmt: skip

    def until(self, moment: datetime) -> None:
        """Play what was to happen by then, and what the sandbox says of it."""
        while self._steps and self._steps[0].at <= moment:
            step = self._steps.pop(0)
            with clock.frozen(step.at):
                step.do()
            with clock.frozen(step.at + timedelta(minutes=6)):
                self.hear()
        with clock.frozen(moment):
            self.hear()

    def hear(self) -> None:
        """What the sandbox is told and says by now."""
        with heard():
            for _ in range(10):
                self._courier.drain()
                if not sandbox.sandbox_due(clock.now()) and not events_apply(now=clock.now()):
                    return


_SECRETS = {"national_id": "010190-1111", "bank_account": "1234 0001234567", "email": "donor@example.org"}


def _token(sent: LinkSent) -> str:
    found = re.search(r"/a/(\S+)", sent.url or "")
    assert found is not None
    return found[1]
