"""The journey's document: what the editor, the API and the command line read and write, as dataclasses.

`lint.check` reads one from any JSON and says all that is wrong; only what is without errors becomes a `Document`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ringround.journeys.rules.durations import Duration

FORMAT = "journey.v1"
# What is larger is not read: nobody can look over it, and each version is kept for good.
MAX_BYTES = 1_000_000
MAX_NODES = 1_000
MAX_CAMPAIGNS = 500
MAX_NAME = 200
MAX_DESCRIPTION = 2_000


@dataclass(frozen=True, slots=True)
class Trigger:
    type: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`exit_when` and `goal` are conditions; `zone` a name, None for the lead's own."""

    key: str = "lead"
    reentry: str = "after_exit"
    cool_down: Duration | None = None
    max_runs: int | None = None
    exit_when: Mapping[str, Any] | None = None
    goal: Mapping[str, Any] | None = None
    zone: str | None = None
    quiet_hours: Mapping[str, str] | None = None
    edit_policy: str = "pin"
    backfill: str = "none"
    max_age: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """`next` leads each arrow to a node's id; `title` is the writer's own caption, `position` where it is drawn."""

    id: str
    type: str
    params: Mapping[str, Any] = field(default_factory=dict)
    next: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    name: str
    description: str = ""
    campaigns: tuple[str, ...] = ()
    trigger: Trigger
    entry: Mapping[str, Any] | None = None
    settings: Settings = Settings()
    nodes: tuple[Node, ...] = ()
    start: str | None = None


def read(raw: Mapping[str, Any]) -> Document:
    """From JSON that the linter has found without errors."""
    settings = raw.get("settings") or {}
    durations: dict[str, Any] = {name: Duration.read(settings.get(name)) for name in ("cool_down", "max_age")}
    others: dict[str, Any] = {
        name: value
        for name, value in settings.items()
        if value is not None and name in Settings.__dataclass_fields__ and name not in durations
    }
    return Document(
        name=raw["name"],
        description=raw.get("description") or "",
        campaigns=tuple(raw["scope"]["campaigns"]),
        trigger=Trigger(raw["trigger"]["type"], raw["trigger"].get("params") or {}),
        entry=raw.get("entry") or None,
        settings=Settings(**others, **durations),
        nodes=tuple(_node(one) for one in raw["nodes"]),
        start=raw.get("start"),
    )


def _node(raw: Mapping[str, Any]) -> Node:
    place = raw.get("position")
    return Node(
        id=raw["id"],
        type=raw["type"],
        params=raw.get("params") or {},
        next={out: to for out, to in (raw.get("next") or {}).items() if to is not None},
        title=raw.get("title") or "",
        position=(float(place["x"]), float(place["y"])) if place else None,
    )


def dump(document: Document) -> dict[str, Any]:
    """As JSON; `read` gives the same back."""
    settings: dict[str, Any] = {}
    for name in Settings.__dataclass_fields__:
        value = getattr(document.settings, name)
        settings[name] = value.to_json() if isinstance(value, Duration) else value
    return {
        "format": FORMAT,
        "name": document.name,
        "description": document.description,
        "scope": {"campaigns": list(document.campaigns)},
        "trigger": {"type": document.trigger.type, "params": dict(document.trigger.params)},
        "entry": document.entry,
        "settings": settings,
        "nodes": [_dumped(node) for node in document.nodes],
        "start": document.start,
    }


def _dumped(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": node.id,
        "type": node.type,
        "params": dict(node.params),
        "next": dict(node.next),
        "title": node.title,
    }
    if node.position is not None:
        found["position"] = {"x": node.position[0], "y": node.position[1]}
    return found
