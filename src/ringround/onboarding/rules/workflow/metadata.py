"""What is given for a workflow's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringround.kernel import columns
from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_
from ringround.onboarding.rules.workflow.definition import METADATA_ALWAYS, Definition

MAX_VALUE = 500


def read_metadata(definition: Definition, raw: object, *, complete: bool = True) -> tuple[dict[str, Any], list[Fault]]:
    """`{key: value}` fit for JSON, and what is wrong under `metadata`. `complete`: what is required must be there."""
    if not isinstance(raw, Mapping):
        return {}, [Fault(("metadata",), "wrong_type", N_("Give an object."))]
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    known = {one.key: one for one in definition.metadata_fields}
    for key, value in raw.items():
        loc = ("metadata", str(key)[:100])
        one = known.get(key)
        if one is None and key not in METADATA_ALWAYS:
            faults.append(Fault(loc, "unknown_field", N_("There is no such field.")))
            continue
        read = columns.parse(one.type if one else "text", value, options=one.options if one else (), loc=loc)
        if isinstance(read, Fault):
            faults.append(read)
        elif isinstance(read, str) and len(read) > MAX_VALUE:
            faults.append(Fault(loc, "too_long", N_("At most %(limit)s characters.", limit=MAX_VALUE)))
        elif read is not None:
            found[key] = columns.to_json(read)
    if complete:
        missing = [key for key, one in known.items() if one.required and key not in found]
        told = {fault.loc for fault in faults}
        faults += [
            Fault(("metadata", key), "required", N_("This needs a value."))
            for key in missing
            if ("metadata", key) not in told
        ]
    return found, faults
