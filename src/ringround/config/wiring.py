"""The fuse box: the one place where ports meet adapters, events meet reactions, and rooms' slots are filled.

Each table below is read by name from one place only; a room never looks here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Router

from ringround.campaigns import ports as campaigns_ports
from ringround.campaigns.views import fillers
from ringround.config import answers, clockwork, codes, hearing
from ringround.contacts import ports as contacts_ports
from ringround.http import codes as http_codes
from ringround.http import ports as http_ports
from ringround.http.ports import Asker
from ringround.infra import event_types
from ringround.infra.doctor import Check
from ringround.infra.events import Event
from ringround.infra.relay.loop import Relay, Tick
from ringround.infra.relay.reactions import Reaction
from ringround.infra.relay.screens import Touch
from ringround.journeys.views import fillers as journeys_fillers
from ringround.journeys.views import notices
from ringround.kernel import messages
from ringround.messaging import ports as messaging_ports
from ringround.onboarding import ports as onboarding_ports
from ringround.onboarding.views import fillers as onboarding_fillers
from ringround.orgs import actions as orgs_actions
from ringround.orgs import audit_words, permissions, web
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.reports.views import clients
from ringround.telephony import whom
from ringround.ui import nav, slots
from ringround.ui import ports as ui_ports
from ringround.ui.live import Viewer

# Rooms in the order of the stairs. Each may have `permissions.PERMISSIONS` and `.APART` (those that the scope of the
# room does not open), `reactions.REACTIONS` ({type: function}),
# `reactions.topics` (function(event) -> touches), `ticks.TICKS`, `ticks.next_due`, `ticks.idle` (what time alone makes
# due), `api.ROUTERS` ([(address, router)]), `nav.NAV` (menu items), `audit_words.WORDS`
# and `.NAMES` (the words of the audit log) and `live.ALLOWED` ({topic: who may hear it}).
ROOMS = (
    "http", "orgs", "contacts", "compliance", "messaging", "telephony", "campaigns", "dialer", "onboarding", "journeys",
    "desk", "reports",
)  # fmt: skip


# What upper rooms put into the named places of lower rooms' pages.
SLOTS: tuple[tuple[str, slots.Filler], ...] = (
    ("campaigns.lead.side", onboarding_fillers.sessions_on_lead),
    ("campaigns.lead.side", journeys_fillers.runs_on_lead),
    ("contacts.contact", fillers.leads_on_contact),
    ("contacts.contact", onboarding_fillers.agreements_on_contact),
    ("contacts.list", fillers.campaigns_on_list),
    ("orgs.client", clients.data_of_client),
    ("ui.frame.bar", notices.bell),
    ("ui.frame.end", notices.behind),
)


def _of_rooms(module: str, name: str) -> list[object]:
    found = []
    for room in ROOMS:
        try:
            loaded = import_module(f"ringround.{room}.{module}")
        except ModuleNotFoundError as missing:
            if missing.name != f"ringround.{room}.{module}":
                raise
            continue
        if hasattr(loaded, name):
            found.append(getattr(loaded, name))
    return found


def connect() -> None:
    """Called once, when Django is ready."""
    messages.set_translator(gettext)
    for declared in _of_rooms("permissions", "PERMISSIONS"):
        assert isinstance(declared, dict)
        permissions.declare(declared)
    for apart in _of_rooms("permissions", "APART"):
        permissions.declare_apart(apart)  # type: ignore[arg-type]
    for words, names in zip(_of_rooms("audit_words", "WORDS"), _of_rooms("audit_words", "NAMES"), strict=True):
        audit_words.declare(words, names)  # type: ignore[arg-type]
    http_codes.declare(codes.CODES)
    # Types of events declare themselves when their module is read.
    _of_rooms("events", "__doc__")
    event_types.strict = settings.DEBUG
    http_ports.connect(
        http_ports.Ports(
            by_token=hearing.by_token,
            by_session=_by_session,
            require=_require,
            hold=_hold,
            merchants=_merchants,
            merchants_of=_merchants_of,
            run_until=run_until,
        )
    )
    campaigns_ports.connect(joined=answers.joined, workflows=answers.workflows_of, pending=answers.pending_of)
    messaging_ports.connect(answers.MESSAGES)
    onboarding_ports.connect(working=answers.working)
    whom.connect(answers.whom_calls_were_to)
    contacts_ports.connect(
        campaigns=answers.campaigns_of,
        history=[answers.is_a_lead, answers.has_signed],
        retract=[answers.retract],
        held=[answers.held],
    )
    ui_ports.connect(identity=web.identity, allowed=web.allowed, language_chosen=web.language_chosen)
    for place, filler in SLOTS:
        slots.register(place, filler)
    for items in _of_rooms("nav", "NAV"):
        nav.register(*items)  # type: ignore[misc]


def reactions() -> dict[str, list[Reaction]]:
    """{event type: [reactions, lower rooms first]}"""
    table: dict[str, list[Reaction]] = {}
    for room in _of_rooms("reactions", "REACTIONS"):
        assert isinstance(room, dict)
        for kind, reaction in room.items():
            table.setdefault(kind, []).append(reaction)
    return table


def topics(event: Event) -> Iterable[Touch]:
    """Which screens an event concerns."""
    for room in _topics:
        yield from room(event)


_topics: Sequence[Callable[[Event], Iterable[Touch]]] = ()


def make_relay() -> Relay:
    """The relay with everything the rooms have for it."""
    global _topics
    _topics = _of_rooms("reactions", "topics")  # type: ignore[assignment]
    ticks = [tick for room in _of_rooms("ticks", "TICKS") for tick in room if isinstance(tick, Tick)]  # type: ignore[attr-defined]
    return Relay(reactions(), topics, ticks)


def doctor_checks() -> list[Check]:
    """What `ringround doctor` looks at beside the cellar's own checks: each room's `doctor.CHECKS`."""
    return [check for room in _of_rooms("doctor", "CHECKS") for check in room]  # type: ignore[attr-defined]


def routers() -> list[tuple[str, Router]]:
    """The API's routers with their addresses, lower rooms first."""
    return [pair for room in _of_rooms("api", "ROUTERS") for pair in room]  # type: ignore[attr-defined]


def run_until(moment: datetime) -> None:
    """Move the virtual clock to `moment`, doing what is due on the way."""
    clockwork.run_until(
        moment,
        relay=_own_relay(),
        next_due=_of_rooms("ticks", "next_due"),  # type: ignore[arg-type]
        idle=_of_rooms("ticks", "idle"),  # type: ignore[arg-type]
    )


_own_relay = cache(make_relay)


def LIVE_AUTH(scope: MutableMapping[str, Any]) -> Viewer | None:
    """Who opens a live stream."""
    return hearing.listener(scope)


def LIVE_ALLOWED(viewer: Viewer, topic: str) -> bool:
    """Whether they may hear this topic."""
    return hearing.may_hear(viewer, topic, _hearable())


@cache
def _hearable() -> dict[str, hearing.MaySee]:
    return {kind: rule for room in _of_rooms("live", "ALLOWED") for kind, rule in room.items()}  # type: ignore[attr-defined]


def _require(asker: Asker, permission: str) -> None:
    assert isinstance(asker, Actor)
    permissions.require(asker, permission)


def _hold(asker: Asker) -> None:
    assert isinstance(asker, Actor)
    orgs_actions.still_acting(actor=asker)


def _merchants(asker: Asker) -> list[UUID]:
    assert isinstance(asker, Actor)
    return [merchant.id for merchant in orgs.visible_merchants(actor=asker)]


def _merchants_of(org_id: UUID) -> list[UUID]:
    actor = orgs.system_actor(organisation_id=org_id)
    return [merchant.id for merchant in orgs.visible_merchants(actor=actor)]


def _by_session(request: HttpRequest) -> Actor | None:
    # Set by the middleware of the hall, which has turned away those who lack a second factor.
    found = getattr(request, "actor", None)
    return found if isinstance(found, Actor) else None
