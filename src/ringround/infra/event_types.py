"""The types of events, each declared once by the room that records it: for the documents, and to check by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class EventType:
    """`data` names each field that may stand in the event's data, with a sentence."""

    type: str
    description: str
    subject: str
    data: Mapping[str, str] = field(default_factory=dict)
    version: int = 1


_types: dict[str, EventType] = {}
# On in tests and with DEBUG: a type nobody documented is found where it is written, not by a customer.
strict = False


def declare(
    type: str, description: str, *, subject: str, data: Mapping[str, str] | None = None, version: int = 1
) -> str:
    """Declare a type (`campaigns.lead.created`); returns its name."""
    declared = EventType(type, description, subject, dict(data or {}), version)
    if _types.setdefault(type, declared) != declared:
        raise ValueError(f"the event type {type} is declared twice")
    return type


def declared() -> dict[str, EventType]:
    """All types, by name."""
    return dict(sorted(_types.items()))


def check(type: str, subject_type: str, data: Mapping[str, Any]) -> None:
    """Raise when strict and this event is not as declared."""
    if not strict:
        return
    known = _types.get(type)
    if known is None:
        raise ValueError(f"the event type {type} is not declared: see docs/api.md, Events")
    if known.subject != subject_type:
        raise ValueError(f"{type} is declared for a {known.subject}, not a {subject_type}")
    if unknown := set(data) - set(known.data):
        raise ValueError(f"{type} is recorded with undeclared data: {', '.join(sorted(unknown))}")
