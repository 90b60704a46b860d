"""What pydantic finds wrong, as the product's own faults: stable codes and translatable sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core.core_schema import ErrorType

from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.messages import N_

# pydantic's names change between versions and are many; a caller gets few that stay.
_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "json_invalid": "malformed_json",
    "json_type": "malformed_json",
    "string_too_short": "too_short",
    "too_short": "too_short",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "multiple_of": "out_of_range",
    "decimal_max_digits": "out_of_range",
    "decimal_max_places": "out_of_range",
    "decimal_whole_digits": "out_of_range",
    "finite_number": "out_of_range",
    "int_parsing_size": "out_of_range",
    "literal_error": "unknown_choice",
    "enum": "unknown_choice",
    "union_tag_invalid": "unknown_choice",
    "union_tag_not_found": "required",
    "string_pattern_mismatch": "bad_format",
    "url_parsing": "bad_format",
    "url_scheme": "bad_format",
    "url_too_long": "too_long",
    "string_unicode": "bad_character",
    "invalid_key": "unknown_field",
    "timezone_naive": "no_offset",
    "uuid_parsing": "bad_id",
    "uuid_version": "bad_id",
}
_PYDANTICS = frozenset(get_args(ErrorType))
_TIMES = ("datetime_", "date_", "time_")
# Raised by our own types; they are codes already.
_OURS = frozenset({"bad_id", "no_offset", "out_of_range", "bad_phone"})
_SENTENCES = {
    "required": N_("This is required."),
    "unknown_field": N_("There is no such field."),
    "malformed_json": N_("The body is not JSON."),
    "too_short": N_("This is too short."),
    "too_long": N_("This is too long."),
    "out_of_range": N_("This is out of range."),
    "unknown_choice": N_("This is not one of the choices."),
    "bad_format": N_("This is not in the right format."),
    "bad_character": N_("There is a character in it that cannot be stored."),
    "no_offset": N_("Write the time with its offset from UTC, such as 2026-12-01T10:00:00+01:00."),
    "bad_time": N_("This is not a date or a time in the form of RFC 3339."),
    "bad_id": N_("This is not an id."),
    "bad_phone": N_("This is not a phone number in the form +4520123456."),
    "wrong_type": N_("This has the wrong type."),
    "invalid": N_("This is not right."),
}
_EXTRA = {
    "min_length": "min_length",
    "max_length": "max_length",
    "gt": "more_than",
    "ge": "at_least",
    "lt": "less_than",
    "le": "at_most",
    "expected": "expected",
    "pattern": "pattern",
}


def faults_of(error: ValidationError, source: str) -> list[Fault]:
    """Each of pydantic's findings, `source` first in its `loc` (`body`, `query`, `path`)."""
    faults = []
    for found in error.errors(include_url=False, include_input=False):
        kind = str(found["type"])
        context: Mapping[str, Any] = found.get("ctx") or {}
        inner = context.get("error")
        if isinstance(inner, Invalid):
            # A validator of a room that raises what the kernel raises: its own faults are the better ones.
            faults += [fault.under(source, *found["loc"]) for fault in inner.errors]
            continue
        code = code_of(kind)
        extra = {name: context[key] for key, name in _EXTRA.items() if isinstance(context.get(key), int | float | str)}
        # Names of union branches and validators stand in pydantic's loc; they mean nothing to a caller.
        loc = tuple(part for part in found["loc"] if isinstance(part, int) or _is_name(part))
        sentence = _SENTENCES.get(code, _SENTENCES["invalid"])
        faults.append(Fault((source, *loc), code, sentence, extra))
    return list({(fault.loc, fault.code): fault for fault in faults}.values())


def code_of(kind: str) -> str:
    """Our code for pydantic's type of error."""
    if kind in _CODES:
        return _CODES[kind]
    if kind in _OURS:
        return kind
    if kind.startswith(_TIMES) and not kind.endswith("_type"):
        return "bad_time"
    if kind.endswith(("_type", "_parsing", "_from_float", "_attributes_type")):
        return "wrong_type"
    # What is none of pydantic's own was raised with PydanticCustomError, by a room, and is a code.
    return "invalid" if kind in _PYDANTICS else kind


def _is_name(part: str) -> bool:
    return "[" not in part and "(" not in part and "-" not in part
