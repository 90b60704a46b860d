"""The gates that compliance owns, and the verdict over them: pure, so the same at hand-out, at the
moment of dialling, and when somebody asks why not.

A gate that is shut says from when it could be open (`next_at`, None for "not by waiting") and why,
as a code with parameters; `texts.describe` makes the sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ringround.kernel.calendar import find_zone
from ringround.kernel.errors import Fault, Invalid, Loc
from ringround.kernel.messages import N_
from ringround.kernel.public_holidays import is_holiday, knows_holidays
from ringround.kernel.windows import Hours, Window, is_open, next_all_open

# The rule packs that are served. A campaign that names another is refused and, should one have it
# all the same (a restored backup, a downgrade), nothing of it is called: unknown law is no licence.
SERVED_PACKS: frozenset[str] = frozenset()

# Rounds in which gates that open at different times are brought together; past it: never.
_MAX_STEPS = 60


@dataclass(frozen=True, slots=True)
class Detail:
    """Why, for a program: a stable code and what it is about. `texts.describe` puts it in words."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, **self.params}


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition: whether it holds, else from when it may (None: waiting does not open it)."""

    gate: str
    ok: bool
    next_at: datetime | None = None
    detail: Detail | None = None


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What the decision asks about a contact and the number it would be reached on."""

    zone: str | None = None  # the contact's own, when given
    number_zones: tuple[str, ...] = ()  # where its number may be, from kernel.phones.timezones
    country: str | None = None  # ISO alpha-2, given or of its number
    suppressed_by: tuple[str, ...] = ()  # names of the lists that bar this contact or number
    suppressed_until: datetime | None = None  # when the last of them ends, if all of them do
    deactivation_value: Any = None  # what stands in the campaign's deactivation column


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """What the decision asks about a campaign."""

    hours: Hours
    zone: str
    holidays: str | None = None  # a country, or None: holidays are off
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    packs: tuple[str, ...] = ()
    deactivation_column: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision, with every gate it looked at; stored with the attempt as `to_json()`."""

    allow: bool
    gates: tuple[Gate, ...]
    next_at: datetime | None

    @property
    def reasons(self) -> tuple[Gate, ...]:
        """The gates that are shut."""
        return tuple(gate for gate in self.gates if not gate.ok)

    def to_json(self) -> dict[str, Any]:
        return {
            "allow": self.allow,
            "next_at": self.next_at.isoformat() if self.next_at else None,
            "gates": {
                gate.gate: {"ok": gate.ok, **(gate.detail.to_json() if gate.detail else {})} for gate in self.gates
            },
        }


# --- the decision ---------------------------------------------------------------------------


def may_contact(contact: ContactFacts, campaign: CampaignFacts, now: datetime) -> Verdict:
    """Whether this contact may be telephoned now, and when else it may be."""
    found = gates(contact, campaign, now)
    allow = all(gate.ok for gate in found)
    if allow:
        return Verdict(True, found, now)
    return Verdict(False, found, earliest(lambda at: gates(contact, campaign, at), now))


def gates(contact: ContactFacts, campaign: CampaignFacts, now: datetime) -> tuple[Gate, ...]:
    """Every gate of this room, in the order in which they are shown."""
    return (
        campaign_window(campaign, now),
        lead_hours(contact, campaign, now),
        suppression(contact, now),
        deactivation(contact, campaign),
        frequency(campaign),
        basis(campaign),
    )


def earliest(ask: Callable[[datetime], Iterable[Gate]], now: datetime) -> datetime | None:
    """The first time at or after `now` at which all gates that `ask` gives are open, else None.

    Each shut gate says when it may open; the latest of these is asked again, since another gate may
    be shut by then (a quarantine that ends at night). Campaigns asks with its own gates added.
    """
    at = now
    for _ in range(_MAX_STEPS):
        shut = [gate for gate in ask(at) if not gate.ok]
        if not shut:
            return at
        times = [gate.next_at for gate in shut if gate.next_at is not None]
        if len(times) < len(shut) or max(times) <= at:
            return None
        at = max(times)
    return None


# --- the gates ------------------------------------------------------------------------------


def lead_hours(contact: ContactFacts, campaign: CampaignFacts, now: datetime) -> Gate:
    """The campaign's hours, in each zone where the lead may be, on no public holiday there."""
    if campaign.hours.is_empty:
        return Gate("lead_hours", False, None, Detail("no_hours"))
    windows = lead_windows(contact, campaign)
    shut = next((w for w in windows if not is_open(w.hours, w.zone, now, w.holidays)), None)
    if shut is None:
        return Gate("lead_hours", True, None, Detail("open", {"zones": _names(windows)}))
    local = now.astimezone(shut.zone)
    if shut.holidays and is_holiday(shut.holidays, local.date()):
        why = Detail("holiday", {"place": shut.holidays, "date": local.date().isoformat()})
    else:
        why = Detail("outside_hours", {"zone": shut.zone.key, "local_time": f"{local:%H:%M}"})
    return Gate("lead_hours", False, next_all_open(windows, now), why)


def campaign_window(campaign: CampaignFacts, now: datetime) -> Gate:
    """Between the campaign's start and its end, `[starts_at, ends_at)`."""
    if campaign.ends_at is not None and now >= campaign.ends_at:
        return Gate("campaign_window", False, None, Detail("ended"))
    if campaign.starts_at is not None and now < campaign.starts_at:
        at = campaign.starts_at
        return Gate("campaign_window", False, at, Detail("not_started"))
    return Gate("campaign_window", True)


def suppression(contact: ContactFacts, now: datetime) -> Gate:
    """On no list that bars the contact or the number."""
    if not contact.suppressed_by:
        return Gate("suppression", True)
    until = contact.suppressed_until
    if until is not None and until <= now:
        return Gate("suppression", True)
    return Gate("suppression", False, until, Detail("suppressed", {"lists": contact.suppressed_by}))


def deactivation(contact: ContactFacts, campaign: CampaignFacts) -> Gate:
    """Not switched off by its own data."""
    column = campaign.deactivation_column
    if column and is_deactivated(contact.deactivation_value):
        return Gate("deactivation", False, None, Detail("deactivated", {"column": column}))
    return Gate("deactivation", True)


def frequency(campaign: CampaignFacts) -> Gate:
    """Not contacted more often than the campaign's packs allow; without packs there is no cap."""
    return _of_packs("frequency", campaign)


def basis(campaign: CampaignFacts) -> Gate:
    """A lawful basis where a pack of the campaign demands one; without packs none is demanded."""
    return _of_packs("basis", campaign)


def is_deactivated(value: object) -> bool:
    """Whether a value of the deactivation column says FALSE or 0 (FALSK, as Danish Excel writes)."""
    if isinstance(value, str):
        return value.strip().casefold() in ("false", "falsk", "0")
    return isinstance(value, bool | int | float | Decimal) and value == 0


def check_packs(packs: Sequence[str], *, loc: Loc = ("packs",)) -> None:
    """Raises Invalid `unknown_pack` for each pack that is not served."""
    unknown = [(i, pack) for i, pack in enumerate(packs) if pack not in SERVED_PACKS]
    if unknown:
        detail = N_("There is no such rule pack.")
        raise Invalid([Fault((*loc, i), "unknown_pack", detail) for i, _ in unknown])


# --- where and when a lead is ---------------------------------------------------------------


def lead_zones(contact: ContactFacts, campaign: CampaignFacts) -> tuple[ZoneInfo, ...]:
    """Explicit, else where the number may be, else the campaign's. Several: each must allow."""
    own = find_zone(contact.zone) if contact.zone else None
    if own is not None:
        return (own,)
    of_number = tuple(z for name in contact.number_zones if (z := find_zone(name)) is not None)
    if of_number:
        return of_number
    return (find_zone(campaign.zone) or ZoneInfo("UTC"),)


def lead_windows(contact: ContactFacts, campaign: CampaignFacts) -> tuple[Window, ...]:
    """The hours that must all be open: for the hand-out, and to accept or refuse a callback."""
    place = _holidays_for(contact, campaign)
    return tuple(Window(campaign.hours, zone, place) for zone in lead_zones(contact, campaign))


def _holidays_for(contact: ContactFacts, campaign: CampaignFacts) -> str | None:
    if campaign.holidays is None:
        return None
    country = (contact.country or "").upper()
    # The campaign's own country may be named to the state (DE-BY), which says more than the lead's.
    if country and country != campaign.holidays.partition("-")[0] and knows_holidays(country):
        return country
    return campaign.holidays


def _of_packs(gate: str, campaign: CampaignFacts) -> Gate:
    unknown = tuple(pack for pack in campaign.packs if pack not in SERVED_PACKS)
    if unknown:
        return Gate(gate, False, None, Detail("unknown_pack", {"packs": unknown}))
    return Gate(gate, True, None, Detail("no_packs"))


def _names(windows: Sequence[Window]) -> tuple[str, ...]:
    return tuple(window.zone.key for window in windows)
