"""The document's JSON Schema, made from dataclasses and catalogue: published as `journeys/schema/journey.v1.json`.

It says the shape; what needs the whole document (arrows, loops) or the organisation (campaigns), the linter says.
`python scripts/journey_docs.py` writes it out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ringround.journeys.rules import document
from ringround.journeys.rules.catalogue import NODES, SETTINGS, TRIGGERS, Param
from ringround.journeys.rules.conditions import COUNT_OPS, OPS
from ringround.journeys.rules.types import ID, MAX_LIST, schema_defs, schema_of

_CONDITION = {"$ref": "#/$defs/condition"}
_DURATION = {"$ref": "#/$defs/duration"}


def build() -> dict[str, Any]:
    """The whole schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:ringround:journey.v1",
        "title": "Journey",
        "type": "object",
        "required": ["name", "scope", "trigger", "nodes", "start"],
        "additionalProperties": False,
        "properties": {
            "format": {"const": document.FORMAT},
            "name": {"type": "string", "minLength": 1, "maxLength": document.MAX_NAME},
            "description": _or_null({"type": "string", "maxLength": document.MAX_DESCRIPTION}),
            "scope": _closed(
                {
                    "campaigns": {
                        "type": "array",
                        "items": {"$ref": "#/$defs/id"},
                        "minItems": 1,
                        "maxItems": document.MAX_CAMPAIGNS,
                    }
                },
                ["campaigns"],
            ),
            "trigger": {"oneOf": [_typed(kind.type, kind.params) for kind in TRIGGERS.values()]},
            "entry": _or_null(_CONDITION),
            "settings": _or_null(_params(SETTINGS)),
            "nodes": {
                "type": "array",
                "minItems": 1,
                "maxItems": document.MAX_NODES,
                "items": {"oneOf": [_node(kind.type, kind.params) for kind in NODES.values()]},
            },
            "start": {"type": "string"},
        },
        "$defs": {
            **schema_defs(),
            "condition": _condition(),
            "event": {"oneOf": [_typed(kind.type, kind.params) for kind in TRIGGERS.values() if kind.awaited]},
        },
    }


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _closed(properties: dict[str, Any], required: Iterable[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _params(params: Iterable[Param]) -> dict[str, Any]:
    params = tuple(params)
    needed = [one.name for one in params if one.required and one.default is None and one.shown_if is None]
    return _closed({one.name: schema_of(one) for one in params}, needed)


def _typed(type: str, params: tuple[Param, ...]) -> dict[str, Any]:
    inner = _params(params)
    return _closed(
        {"type": {"const": type}, "params": inner if inner["required"] else _or_null(inner)},
        ["type", "params"] if inner["required"] else ["type"],
    )


def _node(type: str, params: tuple[Param, ...]) -> dict[str, Any]:
    found = _typed(type, params)
    number = {"type": "number"}
    found["properties"] |= {
        "id": {"type": "string", "pattern": f"^{ID.pattern}$"},
        "next": _or_null({"type": "object", "additionalProperties": _or_null({"type": "string"})}),
        "title": _or_null({"type": "string", "maxLength": document.MAX_NAME}),
        "position": _or_null(_closed({"x": number, "y": number}, ["x", "y"])),
    }
    found["required"] = ["id", *found["required"]]
    return found


def _condition() -> dict[str, Any]:
    """One of its shapes; how deep, the linter says."""
    several = {"type": "array", "minItems": 1, "items": _CONDITION}
    path, value = {"$ref": "#/$defs/path"}, {"$ref": "#/$defs/value"}
    plain = [op for op in OPS if op not in ("in", "nin", "exists", "within", "older_than")]
    counted = {
        "type": "object",
        "properties": {
            "event": {"enum": [kind.type for kind in TRIGGERS.values() if kind.awaited]},
            "params": _or_null({"type": "object"}),
            "within": _DURATION,
        },
        "required": ["event", "within"],
        "additionalProperties": False,
    }
    values = {"type": "array", "minItems": 1, "maxItems": MAX_LIST, "items": value}
    return {
        "oneOf": [
            _closed({"all": several}, ["all"]),
            _closed({"any": several}, ["any"]),
            _closed({"not": _CONDITION}, ["not"]),
            _closed({"path": path, "op": {"enum": plain}, "value": value}, ["path", "op", "value"]),
            _closed({"path": path, "op": {"enum": ["in", "nin"]}, "value": values}, ["path", "op", "value"]),
            _closed({"path": path, "op": {"const": "exists"}, "value": _or_null({"type": "boolean"})}, ["path", "op"]),
            _closed(
                {"path": path, "op": {"enum": ["within", "older_than"]}, "value": _DURATION}, ["path", "op", "value"]
            ),
            _closed(
                {"count": counted, "op": {"enum": list(COUNT_OPS)}, "value": {"type": "integer"}},
                ["count", "op", "value"],
            ),
        ]
    }


def text() -> str:
    """As it is published."""
    return json.dumps(build(), ensure_ascii=False, indent=1) + "\n"
