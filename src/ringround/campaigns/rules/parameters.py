"""A campaign's parameters beside its settings: what may be said of each, and what is wrong together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ringround.campaigns.rules import settings as rules_settings
from ringround.compliance.rules import check_packs
from ringround.kernel import phones, text
from ringround.kernel.calendar import find_zone
from ringround.kernel.errors import Fault, Invalid, Loc
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.kernel.public_holidays import knows_holidays
from ringround.kernel.windows import Hours

MODES = ("manual", "preview", "progressive", "predictive", "auto_callback", "street")
# The modes that somebody can work in today; only these are offered.
SERVED = ("manual", "preview")
MAX_NAME, MAX_DESCRIPTION, MAX_SCRIPT, MAX_CALLER_IDS = 200, 5000, 100_000, 50
MAX_TARGET = 100_000_000

Reader = Callable[[object, Loc], Any]


def read(raw: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any]:
    """The parameters in `raw`, each fit to be kept; what is not is told in `faults`. Unknown names are refused."""
    found: dict[str, Any] = {}
    for name, value in raw.items():
        if name == "settings":
            found["settings"] = rules_settings.read(value, faults)
            continue
        reader = _READERS.get(name)
        if reader is None:
            faults.append(Fault((str(name),), "unknown_field", N_("There is no such field.")))
            continue
        try:
            read_one = reader(value, (name,))
        except Invalid as wrong:
            faults += wrong.errors
            continue
        if isinstance(read_one, Fault):
            faults.append(read_one)
        else:
            found[name] = read_one
    return found


def together(plan: Mapping[str, Any]) -> list[Fault]:
    """What is wrong only in combination, once all parameters are known."""
    faults = []
    if plan["starts_at"] and plan["ends_at"] and plan["ends_at"] <= plan["starts_at"]:
        faults.append(Fault(("ends_at",), "end_before_start", N_("The end must come after the start.")))
    return faults + rules_settings.together(plan["settings"], external_site=plan["external_site"] is not None)


# --- one parameter ----------------------------------------------------------------------------


def _name(raw: object, loc: Loc) -> Any:
    if not isinstance(raw, str) or not text.clean(raw):
        return Fault(loc, "required", N_("Give the campaign a name."))
    return _short(raw, MAX_NAME, loc)


def _short(raw: object, most: int, loc: Loc, *, lines: bool = False) -> Any:
    if not isinstance(raw, str):
        return Fault(loc, "wrong_type", N_("Give a text."))
    cleaned = text.clean(raw, lines=lines)
    if len(cleaned) > most:
        return Fault(loc, "too_long", N_("At most %(limit)s characters.", limit=most))
    return cleaned


def _mode(raw: object, loc: Loc) -> Any:
    if raw not in MODES:
        return Fault(loc, "not_an_option", N_("There is no such dial mode."), {"options": list(SERVED)})
    if raw not in SERVED:
        return Fault(loc, "mode_not_served", N_("This dial mode is not served here."), {"options": list(SERVED)})
    return raw


def _bool(raw: object, loc: Loc) -> Any:
    return raw if isinstance(raw, bool) else Fault(loc, "wrong_type", N_("Say true or false."))


def _zone(raw: object, loc: Loc) -> Any:
    if isinstance(raw, str) and find_zone(raw) is not None:
        return raw
    return Fault(loc, "unknown_timezone", N_("There is no such time zone."))


def _holidays(raw: object, loc: Loc) -> Any:
    if raw is None or raw == "":
        return None
    if isinstance(raw, str) and knows_holidays(raw):
        return raw.upper()
    return Fault(loc, "unknown_place", N_("The holidays of this place are not known."))


def _packs(raw: object, loc: Loc) -> Any:
    if not isinstance(raw, list) or not all(isinstance(one, str) for one in raw):
        return Fault(loc, "wrong_type", N_("Give a list of names."))
    check_packs(raw, loc=loc)
    return list(dict.fromkeys(raw))


def _moment(raw: object, loc: Loc) -> Any:
    if raw is None or (isinstance(raw, datetime) and raw.tzinfo is not None and 1900 <= raw.year <= 2200):
        return raw
    return Fault(loc, "wrong_type", N_("Give a time with its zone."))


def _number(least: int, most: int, *, nullable: bool) -> Reader:
    def read_number(raw: object, loc: Loc) -> Any:
        if raw is None:
            return None if nullable else Fault(loc, "required", N_("This needs a value."))
        if isinstance(raw, bool) or not isinstance(raw, int):
            return Fault(loc, "wrong_type", N_("Give a whole number."))
        if not least <= raw <= most:
            detail = N_("From %(least)s to %(most)s.", least=least, most=most)
            return Fault(loc, "out_of_range", detail, {"least": least, "most": most})
        return raw

    return read_number


def _optional(raw: object, loc: Loc) -> Any:
    if raw is None:
        return None
    found = _short(raw, MAX_NAME, loc)
    return found if isinstance(found, Fault) else found or None


def _workflow(raw: object, loc: Loc) -> Any:
    """The id; whether there is such a workflow, the action asks."""
    if raw is None or raw == "":
        return None
    return parse_id(raw) or Fault(loc, "unknown_workflow", N_("There is no such workflow."))


def _caller_ids(raw: object, loc: Loc) -> Any:
    if not isinstance(raw, list) or len(raw) > MAX_CALLER_IDS:
        return Fault(loc, "wrong_type", N_("Give a list of at most %(limit)s phone numbers.", limit=MAX_CALLER_IDS))
    found = []
    for index, one in enumerate(raw):
        phone = phones.parse(one, None) if isinstance(one, str) else None
        if phone is None or not phone.valid or not phone.e164:
            return Fault((*loc, index), "bad_phone", N_("This is not a phone number with its country code."))
        found.append(phone.e164)
    return list(dict.fromkeys(found))


_READERS: dict[str, Reader] = {
    "name": _name,
    "description": lambda raw, loc: _short(raw, MAX_DESCRIPTION, loc, lines=True),
    "mode": _mode,
    "follow_lists": _bool,
    "timezone": _zone,
    "hours": lambda raw, loc: Hours.parse(raw, loc=loc).to_json(),
    "holidays": _holidays,
    "packs": _packs,
    "starts_at": _moment,
    "ends_at": _moment,
    "target": _number(1, MAX_TARGET, nullable=True),
    "priority": _number(0, 100, nullable=False),
    "script": lambda raw, loc: _short(raw, MAX_SCRIPT, loc, lines=True),
    "caller_ids": _caller_ids,
    "external_campaign_id": _optional,
    "external_system": _optional,
    "external_site": _optional,
    "workflow": _workflow,
}
NAMES = frozenset(_READERS) | {"settings"}
