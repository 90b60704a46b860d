"""The fuse box: the one place where ports meet adapters, events meet reactions, and rooms' slots are filled.

Each table below is read by name from one place only; a room never looks here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module

from django.utils.translation import gettext

from ringround.infra.doctor import Check
from ringround.infra.events import Event
from ringround.infra.relay.loop import Relay, Tick
from ringround.infra.relay.reactions import Reaction
from ringround.infra.relay.screens import Touch
from ringround.kernel import messages
from ringround.orgs import permissions

# Rooms in the order of the stairs. Each may have `permissions.PERMISSIONS`, `reactions.REACTIONS` ({type: function}),
# `reactions.TOPICS` ({type prefix: function(event) -> touches}) and `ticks.TICKS` (what time alone makes due).
ROOMS = ("orgs", "contacts", "compliance", "telephony", "campaigns", "dialer", "desk", "reports")


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


_topics: Sequence = ()


def make_relay() -> Relay:
    """The relay with everything the rooms have for it."""
    global _topics
    _topics = _of_rooms("reactions", "topics")
    ticks = [tick for room in _of_rooms("ticks", "TICKS") for tick in room if isinstance(tick, Tick)]  # type: ignore[attr-defined]
    return Relay(reactions(), topics, ticks)


def doctor_checks() -> list[Check]:
    """What `ringround doctor` looks at beside the cellar's own checks: each room's `doctor.CHECKS`."""
    return [check for room in _of_rooms("doctor", "CHECKS") for check in room]  # type: ignore[attr-defined]
