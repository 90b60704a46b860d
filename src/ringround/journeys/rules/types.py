"""The types of parameters: what each takes, and the piece of JSON Schema that says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from ringround.journeys.rules.catalogue import FIELDS, Param, field_of
from ringround.journeys.rules.durations import FIRST, LAST, LONGEST, UNITS, Duration
from ringround.kernel.calendar import find_zone
from ringround.kernel.errors import Loc
from ringround.kernel.messages import N_, Message

# (where within the value, code, sentence)
Problem = tuple[Loc, str, Message]
ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,59}", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
# Texts of a line; those of several lines say their own limit.
MAX_TEXT = 500
MAX_LIST = 200
# The arrows of a node that its writer names: `else` and the fixed ones are taken.
OUT = re.compile(r"[a-z0-9_]{1,40}", re.ASCII)
TAKEN = frozenset({"else", "next", "error", "skipped"})

WRONG_TYPE = N_("This is not of the right kind.")
BAD_DURATION = N_("Give a whole number and a unit, at most ten years.")
BAD_PATH = N_("There is no such field.")
BAD_ID = N_("This is not an id.")
_SCALAR = (str, int, float, bool)


def is_id(value: object) -> bool:
    """An id of another thing: a UUID as text."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def is_value(value: object) -> bool:
    """What a fact can be compared with: a text, a number, yes or no."""
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")
    return isinstance(value, bool) or (isinstance(value, int) and abs(value) < 10**18)


def problems(param: Param, value: Any) -> Iterator[Problem]:
    """What is wrong with a parameter's value, conditions and events apart (the linter goes into those)."""
    check = _CHECKS.get(param.type)
    if check is not None:
        yield from check(param, value)


def _simple(fits: Callable[[Param, Any], bool], code: str, text: Message) -> Callable[[Param, Any], Iterator[Problem]]:
    def check(param: Param, value: Any) -> Iterator[Problem]:
        if not fits(param, value):
            yield (), code, text

    return check


def _listed(fits: Callable[[Param, Any], bool], code: str, text: Message) -> Callable[[Param, Any], Iterator[Problem]]:
    def check(param: Param, value: Any) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield (), "wrong_type", N_("This is a list.")
        elif len(value) > (param.most if param.type == "texts" and param.most else MAX_LIST):
            yield (), "too_many", N_("The list is too long.")
        else:
            for index, one in enumerate(value):
                if not fits(param, one):
                    yield (index,), code, text

    return check


def _is_int(param: Param, value: Any) -> bool:
    return type(value) is int and (param.least or 0) <= value <= (param.most if param.most is not None else 10**9)


def _is_text(param: Param, value: Any) -> bool:
    return isinstance(value, str) and len(value) <= (param.most or MAX_TEXT) and "\0" not in value


def _is_option(param: Param, value: Any) -> bool:
    return isinstance(value, str) and any(value == option.value for option in param.options)


def _is_moment(param: Param, value: Any) -> bool:
    if not isinstance(value, str) or len(value) > 40:
        return False
    try:
        at = datetime.fromisoformat(value)
        return at.tzinfo is not None and FIRST <= at <= LAST
    except (ValueError, OverflowError):
        return False


def _is_url(param: Param, value: Any) -> bool:
    if not _is_text(param, value) or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _is_path(param: Param, value: Any) -> bool:
    """A path that there is, and that holds what the parameter is of; what is the organisation's own may hold all."""
    field = field_of(value) if isinstance(value, str) and len(value) <= MAX_TEXT else None
    if field is None:
        return False
    match param.of:
        case "moment":
            return field.kind in ("moment", "any")
        case "settable":
            return field.path in ("lead.result.", "contact.fields.")
        case "changing":
            return bool(field.changing)
        case _:
            return True


def _is_quiet(param: Param, value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and set(value) == {"from", "to"}
        and all(isinstance(one, str) and _TIME.fullmatch(one) for one in value.values())
        and value["from"] != value["to"]
    )


def _campaign_map(param: Param, value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield (), "wrong_type", N_("This is a table of values and campaigns.")
    elif not value:
        yield (), "required", N_("The table is empty.")
    elif len(value) > (param.most or MAX_LIST):
        yield (), "too_many", N_("The list is too long.")
    else:
        for key, campaign in value.items():
            if not isinstance(key, str) or len(key) > MAX_TEXT or not is_id(campaign):
                yield (str(key)[:MAX_TEXT],), "bad_id", BAD_ID


def _mapping(param: Param, value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield (), "wrong_type", N_("This is a table of names and places.")
    elif len(value) > (param.most or MAX_LIST):
        yield (), "too_many", N_("The list is too long.")
    else:
        for key, place in value.items():
            if not (isinstance(key, str) and _NAME.fullmatch(key) and isinstance(place, str) and 0 < len(place) <= 200):
                where = (str(key)[:MAX_TEXT],)
                yield where, "bad_name", N_("Small letters, digits and _, and where it stands.")


def _weights(param: Param, value: Any) -> Iterator[Problem]:
    """`[{"out", "weight"}]`"""
    yield from outs(value, {"out", "weight", "label"}, param)
    if isinstance(value, list):
        weights: list[Any] = [one.get("weight") for one in value if isinstance(one, Mapping)]
        if any(type(one) is not int or not 0 <= one <= 1_000_000 for one in weights):
            yield (), "out_of_range", N_("A weight is a whole number from 0 on.")
        elif weights and not sum(weights):
            yield (), "out_of_range", N_("One path at least needs a weight.")


def outs(value: Any, fields: set[str], param: Param) -> Iterator[Problem]:
    """The entries that give a node its arrows: a list of objects, each with a name of its own in `out`."""
    if not isinstance(value, list):
        yield (), "wrong_type", N_("This is a list.")
        return
    if not value:
        yield (), "required", N_("There is none yet.")
    if len(value) > (param.most or MAX_LIST):
        yield (), "too_many", N_("The list is too long.")
        return
    seen: set[str] = set()
    for index, one in enumerate(value):
        if not isinstance(one, Mapping):
            yield (index,), "wrong_type", WRONG_TYPE
            continue
        for name in one:
            if name not in fields:
                yield (index, str(name)[:100]), "unknown_field", N_("There is no such field here.")
        out = one.get("out")
        if not isinstance(out, str) or not OUT.fullmatch(out) or out in TAKEN:
            yield (index, "out"), "bad_name", N_("Small letters, digits and _, and not a name that is taken.")
        elif out in seen:
            yield (index, "out"), "duplicate", N_("There are two of this name.")
        else:
            seen.add(out)
        label = one.get("label", "")
        if not isinstance(label, str) or len(label) > 100:
            yield (index, "label"), "too_long", N_("At most %(limit)s characters.", limit=100)


_CHECKS: dict[str, Callable[[Param, Any], Iterator[Problem]]] = {
    "duration": _simple(lambda param, value: Duration.read(value) is not None, "bad_duration", BAD_DURATION),
    "text": _simple(_is_text, "bad_text", N_("A text that is not too long.")),
    "long_text": _simple(_is_text, "bad_text", N_("A text that is not too long.")),
    "int": _simple(_is_int, "out_of_range", N_("A whole number within the bounds.")),
    "int_or_max": _simple(
        lambda param, value: value == "max" or _is_int(param, value), "out_of_range", N_("A whole number, or max.")
    ),
    "bool": _simple(lambda param, value: isinstance(value, bool), "wrong_type", N_("Say true or false.")),
    "choice": _simple(_is_option, "not_an_option", N_("This is not one of the choices.")),
    "choices": _listed(_is_option, "not_an_option", N_("This is not one of the choices.")),
    "time": _simple(
        lambda param, value: isinstance(value, str) and _TIME.fullmatch(value) is not None,
        "bad_time",
        N_("Write times as HH:MM."),
    ),
    "moment": _simple(_is_moment, "bad_time", N_("Write a time as 2026-12-01T10:00:00+01:00.")),
    "url": _simple(_is_url, "bad_url", N_("An address that begins with https:// or http://.")),
    "name": _simple(
        lambda param, value: isinstance(value, str) and _NAME.fullmatch(value) is not None,
        "bad_name",
        N_("Small letters, digits, full stops and _, at most 60."),
    ),
    "value": _simple(
        lambda param, value: (
            is_value(value) or (isinstance(value, list) and len(value) <= MAX_LIST and all(map(is_value, value)))
        ),
        "wrong_type",
        WRONG_TYPE,
    ),
    "path": _simple(_is_path, "unknown_field", BAD_PATH),
    "paths": _listed(_is_path, "unknown_field", BAD_PATH),
    "texts": _listed(lambda param, value: isinstance(value, str) and 0 < len(value) <= 200, "bad_text", WRONG_TYPE),
    "ints": _listed(_is_int, "out_of_range", N_("A whole number within the bounds.")),
    "zone": _simple(
        lambda param, value: isinstance(value, str) and len(value) <= 100 and find_zone(value) is not None,
        "unknown_zone",
        N_("There is no such time zone."),
    ),
    "quiet_hours": _simple(_is_quiet, "bad_time", N_("Two different times, as HH:MM.")),
    "campaign_map": _campaign_map,
    "mapping": _mapping,
    "weights": _weights,
    **{
        name: _simple(lambda param, value: is_id(value), "bad_id", BAD_ID)
        for name in ("campaign", "user", "template", "journey")
    },
}


# --- the same as JSON Schema ------------------------------------------------------------------

_REF = {name: {"$ref": f"#/$defs/{name}"} for name in ("duration", "condition", "event", "id", "value", "time")}


def schema_of(param: Param) -> dict[str, Any]:
    """What the parameter takes. Paths are described by their beginnings, since names of one's own follow them."""
    text = {"type": "string", "maxLength": param.most or MAX_TEXT}
    whole = {"type": "integer", "minimum": param.least or 0, "maximum": param.most if param.most is not None else 10**9}
    choice = {"enum": [option.value for option in param.options]}
    match param.type:
        case "duration" | "condition" | "event" | "value" | "time":
            found: dict[str, Any] = _REF[param.type]
        case "campaign" | "user" | "template" | "journey":
            found = _REF["id"]
        case "text" | "long_text" | "name" | "url" | "moment" | "zone" | "path":
            found = {"$ref": "#/$defs/path"} if param.type == "path" else text
        case "int":
            found = whole
        case "int_or_max":
            found = {"anyOf": [whole, {"const": "max"}]}
        case "bool":
            found = {"type": "boolean"}
        case "choice":
            found = choice
        case "choices":
            found = {"type": "array", "items": choice}
        case "paths":
            found = {"type": "array", "items": {"$ref": "#/$defs/path"}}
        case "texts":
            found = {"type": "array", "items": {"type": "string"}}
        case "ints":
            found = {"type": "array", "items": whole}
        case "quiet_hours":
            both = {"from": _REF["time"], "to": _REF["time"]}
            found = {"type": "object", "properties": both, "required": ["from", "to"], "additionalProperties": False}
        case "campaign_map":
            found = {"type": "object", "additionalProperties": _REF["id"]}
        case "mapping":
            found = {"type": "object", "additionalProperties": {"type": "string"}}
        case "weights":
            found = {"type": "array", "items": {"$ref": "#/$defs/weight"}}
        case _:
            found = {"type": "array", "items": {"$ref": "#/$defs/case"}}
    return found if param.required and param.shown_if is None else {"anyOf": [found, {"type": "null"}]}


def schema_defs() -> dict[str, Any]:
    """What several parameters share."""
    label = {"type": "string", "maxLength": 100}
    out = {"type": "string", "pattern": f"^{OUT.pattern}$"}
    paths = sorted({*FIELDS})
    scalar = [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]
    units = [
        {"properties": {"n": {"type": "integer", "minimum": 0, "maximum": LONGEST[unit]}, "unit": {"const": unit}}}
        for unit in UNITS
    ]
    return {
        "id": {"type": "string", "format": "uuid"},
        "time": {"type": "string", "pattern": f"^{_TIME.pattern}$"},
        "duration": {"type": "object", "required": ["n", "unit"], "anyOf": units},
        "path": {
            "anyOf": [
                {"enum": paths},
                {"type": "string", "pattern": r"^(lead\.result|contact\.fields|event\.data)\..+$"},
            ]
        },
        "value": {"anyOf": [*scalar, {"type": "array", "items": {"anyOf": scalar}}]},
        "weight": {
            "type": "object",
            "properties": {"out": out, "weight": {"type": "integer", "minimum": 0}, "label": label},
            "required": ["out", "weight"],
            "additionalProperties": False,
        },
        "case": {
            "type": "object",
            "properties": {
                "out": out,
                "label": label,
                "value": {"anyOf": [{"$ref": "#/$defs/value"}, {"type": "null"}]},
                "when": {"anyOf": [{"$ref": "#/$defs/condition"}, {"type": "null"}]},
            },
            "required": ["out"],
            "additionalProperties": False,
        },
    }
