"""The declared event types as a document, as JSON Schema, and as Markdown."""

from __future__ import annotations

from typing import Any

from ringround.infra import event_types
from ringround.infra.event_types import EventType


def schema(one: EventType) -> dict[str, Any]:
    """JSON Schema of an event's `data`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": one.type,
        "description": one.description,
        "type": "object",
        "properties": {name: {"description": words} for name, words in one.data.items()},
        # Fields may be added without a new version: a reader ignores what it does not know.
        "additionalProperties": True,
    }


def listing() -> list[dict[str, Any]]:
    """Every type, by name."""
    return [
        {
            "type": one.type,
            "version": one.version,
            "description": one.description,
            "subject": one.subject,
            "data": schema(one),
        }
        for one in event_types.declared().values()
    ]


def markdown() -> str:
    """`docs/events.md`."""
    lines = [
        "# Events",
        "",
        "Made by `python scripts/event_docs.py` from the declarations in each room's `events.py`; do not edit.",
        "",
        "Read them with `GET /api/v1/events?after=&types=&size=`: oldest first, each once, in order, resumable",
        "for ever by the `cursor` of the last one read or by `next`. `types` takes several, with commas, and",
        "`campaigns.lead.*` for all that begin so. An event carries ids, states and counts, never a personal value.",
        "",
        "```json",
        '{"id": "…", "cursor": "…", "type": "campaigns.lead.status_changed", "at": "2026-03-02T09:00:00.000Z",',
        ' "organisation": "…", "subject": {"type": "lead", "id": "…"}, "data": {"from": "new", "to": "success"},',
        ' "cause": null}',
        "```",
        "",
        "`organisation` owns the event; an agency also reads those of campaigns that a merchant has given it, as long",
        "as the link between them lives. Fields of `data` may be added; one that goes or changes its meaning makes a",
        "new version. The same as JSON Schema: `GET /api/v1/event-types`.",
    ]
    room = ""
    for one in event_types.declared().values():
        if (now := one.type.split(".")[0]) != room:
            room = now
            lines += ["", f"## {room}"]
        version = f" (version {one.version})" if one.version > 1 else ""
        lines += ["", f"### `{one.type}`{version}", "", f"{one.description} Subject: {one.subject}."]
        if one.data:
            lines += ["", "| data | |", "|---|---|", *(f"| `{name}` | {words} |" for name, words in one.data.items())]
    return "\n".join(lines) + "\n"
