"""Short journeys for tests, and a lead that is as usual."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ringround.journeys.rules import document
from ringround.journeys.rules.graph import Graph, compiled
from ringround.journeys.rules.interpreter import advance
from ringround.journeys.rules.lint import check
from ringround.journeys.rules.run import Enter, Moved, Run
from ringround.journeys.rules.values import Event

CAMPAIGN = "0190a000-0000-7000-8000-000000000001"
OTHER = "0190a000-0000-7000-8000-000000000002"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # Monday 10:00 in Copenhagen


def raw(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "name": "En journey",
        "scope": {"campaigns": [CAMPAIGN]},
        "trigger": {"type": "by_hand", "params": {}},
        "nodes": list(nodes),
        "start": nodes[0]["id"],
        **more,
    }


def graph(*nodes: dict[str, Any], checked: bool = True, **more: Any) -> Graph:
    """`checked=False` lets through what the linter refuses, to see that the interpreter holds by itself."""
    made = raw(*nodes, **more)
    return compiled(check(made).require() if checked else document.read(made))


def node(id: str, type: str, then: str | dict[str, str] | None = None, **params: Any) -> dict[str, Any]:
    going = {"next": then} if isinstance(then, str) else then or {}
    return {"id": id, "type": type, "params": params, "next": going}


def note(id: str = "note", then: str | None = None, **params: Any) -> dict[str, Any]:
    return node(id, "note", then, text="x", **params)


def minutes(n: int) -> dict[str, Any]:
    return {"n": n, "unit": "minutes"}


def hours(n: int) -> dict[str, Any]:
    return {"n": n, "unit": "hours"}


def is_(path: str, value: Any, op: str = "eq") -> dict[str, Any]:
    return {"path": path, "op": op, "value": value}


def facts(**lead: Any) -> dict[str, Any]:
    return {
        "lead": {"status": "new", "open": True, "active": True, "attempts": 0, "result": {}, **lead},
        "contact": {"id": OTHER, "fields": {}},
        "campaign": {"id": CAMPAIGN, "max_attempts": 5},
        "zone": "Europe/Copenhagen",
    }


def event(type: str, at: datetime = NOW, **data: Any) -> Event:
    return Event(type, at, {"campaign": CAMPAIGN, **data})


def begin(made: Graph, known: dict[str, Any] | None = None, now: datetime = NOW, run: str = "run") -> Moved:
    return advance(made, Run(id=run, started_at=now), Enter(), known or facts(), now)


def end(moved: Moved) -> str:
    assert moved.finished is not None
    return moved.finished.reason


def told(moved: Moved, what: str) -> list[tuple[str | None, str]]:
    return [(line.node, line.detail) for line in moved.log if line.what == what]
