"""The options of an import: read once, every fault told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ringround.contacts import ports
from ringround.contacts.files.sniff import DELIMITERS
from ringround.contacts.rules.matching import KEYS, ON_MATCH
from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.orgs.actor import Actor

MAX_SHEET = 255
INVALID_NUMBERS = ("reject", "keep")
INVALID_VALUES = ("leave_out", "reject")
OPTIONS = frozenset(
    [
        "dry_run",
        "match",
        "on_match",
        "mapping",
        "campaign",
        "invalid_numbers",
        "invalid_values",
        "header",
        "delimiter",
        "sheet",
    ]
)


def read_options(actor: Actor, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The options of an import with their defaults; Invalid with every fault at `("options", name)`."""
    faults = [
        Fault(("options", str(name)), "unknown_field", N_("There is no such option."))
        for name in raw
        if name not in OPTIONS
    ]

    def fault(name: str, code: str, detail: object) -> None:
        faults.append(Fault(("options", name), code, detail))

    dry_run = raw.get("dry_run", False)
    if not isinstance(dry_run, bool):
        fault("dry_run", "wrong_type", N_("Answer yes or no."))
    asked = raw.get("match") if raw.get("match") is not None else ["phone"]
    match = [asked] if isinstance(asked, str) else list(asked) if isinstance(asked, list | tuple) else []
    if not match or any(key not in KEYS for key in match):
        fault("match", "unknown_match", N_("Match by phone, external_id or email."))
    on_match = raw.get("on_match") or "update"
    if on_match not in ON_MATCH:
        fault("on_match", "unknown_on_match", N_("Update, skip or allow."))
    invalid_numbers = raw.get("invalid_numbers") or "reject"
    if invalid_numbers not in INVALID_NUMBERS:
        fault("invalid_numbers", "unknown_invalid_numbers", N_("Reject or keep."))
    invalid_values = raw.get("invalid_values") or "leave_out"
    if invalid_values not in INVALID_VALUES:
        fault("invalid_values", "unknown_invalid_values", N_("Leave out or reject."))
    mapping = raw.get("mapping") or {}
    if not isinstance(mapping, Mapping) or not all(
        isinstance(header, str) and (column is None or isinstance(column, str)) for header, column in mapping.items()
    ):
        fault("mapping", "wrong_type", N_("Give the mapping as column of the file to column of the list."))
        mapping = {}
    campaign = raw.get("campaign") or None
    if campaign is not None:
        campaign_id = parse_id(campaign)
        if campaign_id is None or not ports.knows_campaign(actor, campaign_id):
            fault("campaign", "unknown_campaign", N_("There is no such campaign."))
    header, delimiter, sheet = raw.get("header"), raw.get("delimiter") or None, raw.get("sheet") or None
    if header is not None and not isinstance(header, bool):
        fault("header", "wrong_type", N_("Answer yes or no."))
    if delimiter is not None and delimiter not in DELIMITERS:
        fault("delimiter", "unknown_delimiter", N_("Comma, semicolon, tab or |."))
    if sheet is not None and not isinstance(sheet, str):
        fault("sheet", "wrong_type", N_("Give the name of a sheet."))
    if faults:
        raise Invalid(faults)
    return {
        **reading(header, delimiter, sheet),
        "dry_run": dry_run,
        "match": list(dict.fromkeys(match)),
        "on_match": on_match,
        "invalid_numbers": invalid_numbers,
        "invalid_values": invalid_values,
        "mapping": dict(mapping),
        "campaign": str(campaign) if campaign is not None else None,
        "language": language_of(actor),
    }


def reading(header: object, delimiter: object, sheet: object = None) -> dict[str, Any]:
    """How a file is to be read, as far as somebody has said."""
    return {
        **({"sheet": sheet[:MAX_SHEET]} if isinstance(sheet, str) and sheet else {}),
        **({"header": header} if header is not None else {}),
        **({"delimiter": delimiter} if delimiter in DELIMITERS else {}),
    }


def options_from_text(text: str) -> dict[str, Any]:
    """The `options` of a multipart form; Invalid when they are not a JSON object."""
    try:
        read = json.loads(text or "{}")
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise Invalid.one("options", "malformed_json", N_("Give the options as a JSON object."))
    return read


def language_of(actor: Actor) -> str:
    return actor.user.language if actor.user is not None else actor.organisation.language
