"""Pure decisions about people and what they may give each other. Roles are the API's words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from ringround.kernel import phones, text
from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_

# From the one that may do most to the one that may do least; the order of menus.
ROLES = ("owner", "manager", "supervisor", "senior_agent", "junior_agent", "quality", "viewer")
LANGUAGES = ("da", "en")
THEMES = ("auto", "light", "dark")

INVITATION_LIFE = timedelta(days=14)
LINK_LIFE = timedelta(days=14)
# A token is used on every request; who reads "last used" is content with the minute.
LAST_USED_STEP = timedelta(minutes=1)

MAX_NAME = 200
MAX_REASON = 60
MAX_REASONS = 30
MAX_EXTERNAL_ID = 100
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
# (least, most) of the settings that are numbers.
LIMITS: Mapping[str, tuple[int, int]] = {"callback_max_days": (1, 730), "callbacks_per_agent": (1, 10_000)}


def may_give(giver: str, role: str) -> bool:
    """Whether someone with the role `giver` may give, take or change the role `role`: only owners make owners."""
    return giver in ("owner", "system") or (giver == "manager" and role != "owner")


def invitation_state(
    *,
    accepted_at: datetime | None,
    declined_at: datetime | None,
    revoked_at: datetime | None,
    expires_at: datetime,
    now: datetime,
) -> str:
    """`accepted`, `declined`, `revoked`, `expired` or `open`. What was answered stays so, whatever came after."""
    if accepted_at is not None:
        return "accepted"
    if declined_at is not None:
        return "declined"
    if revoked_at is not None:
        return "revoked"
    return "expired" if expires_at <= now else "open"


def link_state(*, claimed_at: datetime | None, revoked_at: datetime | None, expires_at: datetime, now: datetime) -> str:
    """`revoked`, `live`, `expired` or `waiting`. A claimed link does not expire: only its token does."""
    if revoked_at is not None:
        return "revoked"
    if claimed_at is not None:
        return "live"
    return "expired" if expires_at <= now else "waiting"


def client_state(*, managed: bool, closing_at: datetime | None, closed_at: datetime | None) -> str:
    """`own`, `managed`, `closing` or `closed`."""
    if closed_at is not None:
        return "closed"
    if closing_at is not None:
        return "closing"
    return "managed" if managed else "own"


def token_state(*, revoked_at: datetime | None, expires_at: datetime | None, now: datetime) -> str:
    """`revoked`, `expired` or `live`."""
    if revoked_at is not None:
        return "revoked"
    return "expired" if expires_at is not None and expires_at <= now else "live"


def name_fault(loc: str, value: object, *, required: bool = True) -> Fault | None:
    """What is wrong with a name of a person, team, token or organisation."""
    if not isinstance(value, str):
        return Fault((loc,), "not_a_text", N_("This must be a text."))
    cleaned = text.clean(value)
    if not cleaned and required:
        return Fault((loc,), "required", N_("This is needed."))
    if len(cleaned) > MAX_NAME:
        return Fault((loc,), "too_long", N_("At most %(limit)s characters.", limit=MAX_NAME))
    return None


def setting_fault(name: str, value: Any) -> Fault | None:
    """What is wrong with one setting of an organisation, or None. The settings that may be changed are these."""
    loc = (name,)
    match name:
        case "name":
            return name_fault("name", value)
        case "four_eyes" | "mfa_required":
            if not isinstance(value, bool):
                return Fault(loc, "not_a_bool", N_("This must be true or false."))
        case "callback_max_days" | "callbacks_per_agent":
            least, most = LIMITS[name]
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                words = N_("This must be a whole number from %(least)s to %(most)s.", least=least, most=most)
                return Fault(loc, "out_of_range", words)
        case "region":
            if not isinstance(value, str) or not phones.known_region(value):
                return Fault(loc, "unknown_region", N_("This is not a known country code, such as DK."))
        case "language":
            if value not in LANGUAGES:
                return Fault(loc, "unknown_language", N_("This language is not available."))
        case "timezone":
            return timezone_fault(value)
        case "currency":
            if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
                return Fault(loc, "unknown_currency", N_("This must be a currency code of three letters, such as DKK."))
        case "pause_reasons":
            return _reasons_fault(value)
        case _:
            return Fault(loc, "unknown_field", N_("There is no such field."))
    return None


@cache
def timezones() -> tuple[str, ...]:
    """Every place of the database of zones, in order; asked of the machine once."""
    places = (zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return (*sorted(places), "UTC")


def timezone_fault(value: object) -> Fault | None:
    """Only names of the database of zones: never a path or an offset."""
    if not isinstance(value, str) or value not in timezones():
        return Fault(("timezone",), "unknown_timezone", N_("This is not a known time zone, such as Europe/Copenhagen."))
    return None


def _reasons_fault(value: object) -> Fault | None:
    loc = ("pause_reasons",)
    if not isinstance(value, list | tuple) or not all(isinstance(reason, str) for reason in value):
        return Fault(loc, "not_a_list", N_("This must be a list of texts."))
    if len(value) > MAX_REASONS:
        return Fault(loc, "too_many", N_("At most %(limit)s reasons.", limit=MAX_REASONS))
    cleaned = clean_reasons(value)
    if len(cleaned) != len(value):
        return Fault(loc, "empty_or_twice", N_("A reason is empty or stands there twice."))
    if any(len(reason) > MAX_REASON for reason in cleaned):
        return Fault(loc, "too_long", N_("A reason has at most %(limit)s characters.", limit=MAX_REASON))
    return None


def clean_reasons(reasons: Sequence[str]) -> list[str]:
    """Tidied, in order, without empty ones and without what differs only in case."""
    found: dict[str, str] = {}
    for reason in reasons:
        cleaned = text.clean(reason)
        if cleaned:
            found.setdefault(cleaned.casefold(), cleaned)
    return list(found.values())


def scope_faults(
    wanted: Sequence[str], *, known: frozenset[str], own: frozenset[str], apart: Collection[str] = ()
) -> list[Fault]:
    """A token gets only scopes that exist and that its maker has: `*`, a room (`campaigns`), or one permission; one of
    `apart` is in no room's."""
    faults = []
    if not wanted:
        faults.append(Fault(("scopes",), "required", N_("Choose what the token may do.")))
    for number, scope in enumerate(wanted):
        if scope != "*" and scope not in known:
            faults.append(Fault(("scopes", number), "unknown_scope", N_("There is no such scope.")))
        elif "*" not in own and scope not in own and (scope in apart or scope.split(".", 1)[0] not in own):
            faults.append(Fault(("scopes", number), "scope_not_yours", N_("You do not have this scope yourself.")))
    return faults
