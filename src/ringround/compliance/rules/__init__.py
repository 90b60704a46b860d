"""The gates that compliance owns, and the verdict over them: pure, so the same at hand-out, at the
moment of dialling, and when somebody asks why not.

A gate that is shut says from when it could be open (`next_at`, None for "not by waiting") and why,
as a code with parameters; `texts.describe` makes the sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ringround.compliance.packs import PACKS
from ringround.compliance.packs.demands import Demands as Demands
from ringround.compliance.packs.demands import Ground, unknown, windows
from ringround.compliance.packs.demands import demands as demands
from ringround.compliance.packs.demands import looks_back as looks_back
from ringround.compliance.packs.demands import next_change as next_change
from ringround.kernel.calendar import find_zone
from ringround.kernel.errors import Fault, Invalid, Loc
from ringround.kernel.messages import N_
from ringround.kernel.public_holidays import is_holiday, knows_holidays
from ringround.kernel.windows import Hours, Window, next_all_open

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
class Consent:
    """A person has agreed to be telephoned; `[given_at, withdrawn_at)`."""

    given_at: datetime
    withdrawn_at: datetime | None = None
    source: str = ""

    def holds(self, at: datetime) -> bool:
        return self.given_at <= at and (self.withdrawn_at is None or at < self.withdrawn_at)


@dataclass(frozen=True, slots=True)
class Relation:
    """What a person is to the merchant; whole days by UTC, the last one included. None: since ever, for good."""

    kind: str
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What the decision asks about a contact and the number it would be reached on."""

    zone: str | None = None  # the contact's own, when given
    number_zones: tuple[str, ...] = ()  # where its number may be, from kernel.phones.timezones
    country: str | None = None  # ISO alpha-2, given or of its number
    suppressed_by: tuple[str, ...] = ()  # names of the lists that bar this contact or number
    suppressed_until: datetime | None = None  # when the last of them ends, if all of them do
    deactivation_value: Any = None  # what stands in the campaign's deactivation column
    # Read only for campaigns with packs (`Demands.any`); of the whole person, by the merchant's call log.
    calls: tuple[datetime, ...] = ()  # when each began, as far back as a pack looks
    refused_at: datetime | None = None  # the last time that they said no in a call
    consents: tuple[Consent, ...] = ()  # to being telephoned
    relation: Relation | None = None


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
        *packs_gates(contact, campaign, now),
    )


def packs_gates(contact: ContactFacts, campaign: CampaignFacts, now: datetime) -> tuple[Gate, ...]:
    """Those beside the hours by which rule packs speak."""
    return frequency(contact, campaign, now), basis(contact, campaign, now)


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
    """The campaign's hours and its packs', in each zone where the lead may be, on no public holiday there."""
    if campaign.hours.is_empty:
        return Gate("lead_hours", False, None, Detail("no_hours"))
    open_in = lead_windows(contact, campaign)
    shut = next((w for w in open_in if not w.is_open(now)), None)
    if shut is None:
        return Gate("lead_hours", True, None, Detail("open", {"zones": _names(open_in)}))
    local = now.astimezone(shut.zone)
    if shut.holidays and is_holiday(shut.holidays, local.date()):
        why = Detail("holiday", {"place": shut.holidays, "date": local.date().isoformat()})
    elif shut.name:
        where = {"zone": shut.zone.key, "local_time": f"{local:%H:%M}"}
        why = Detail("outside_pack_hours", {"pack": shut.name, **where})
    else:
        why = Detail("outside_hours", {"zone": shut.zone.key, "local_time": f"{local:%H:%M}"})
    return Gate("lead_hours", False, next_all_open(open_in, now), why)


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


def frequency(contact: ContactFacts, campaign: CampaignFacts, now: datetime) -> Gate:
    """Not called more often than the packs allow, nor too soon after a refusal; without packs there is no cap.

    The person is counted, by the merchant's call log: another lead, another campaign or a reset evade nothing. With `n`
    calls allowed within a time, the one that is to be made waits until the n-th newest is that old.
    """
    if (shut := _without_packs("frequency", campaign)) is not None:
        return shut
    asked = demands(campaign.packs, now)
    found: list[tuple[datetime, Detail]] = []
    for cap in asked.caps:
        recent = sorted((at for at in contact.calls if now - cap.within < at <= now), reverse=True)
        if len(recent) >= cap.most:
            said = {"pack": cap.pack, "calls": len(recent), "most": cap.most, "days": cap.within.days}
            found.append((recent[cap.most - 1] + cap.within, Detail("called_too_often", said)))
    for rest in asked.rests:
        if contact.refused_at is not None and contact.refused_at + rest.rest > now:
            said = {"pack": rest.pack, "date": contact.refused_at.date().isoformat()}
            found.append((contact.refused_at + rest.rest, Detail("refused", said)))
    if not found:
        return Gate("frequency", True, None, Detail("packs_allow"))
    until, why = max(found, key=lambda one: one[0])
    return Gate("frequency", False, until, why)


def basis(contact: ContactFacts, campaign: CampaignFacts, now: datetime) -> Gate:
    """A lawful basis where a pack of the campaign demands one; without packs none is demanded."""
    if (shut := _without_packs("basis", campaign)) is not None:
        return shut
    times = []
    for ground in demands(campaign.packs, now).grounds:
        at = _grounded(contact, ground, now)
        if at is None:
            return Gate("basis", False, None, Detail("no_basis", {"pack": ground.pack}))
        times.append((at, ground))
    if not times:
        return Gate("basis", True, None, Detail("packs_allow"))
    at, ground = max(times, key=lambda one: one[0])
    if at > now:
        return Gate("basis", False, at, Detail("no_basis", {"pack": ground.pack}))
    return Gate("basis", True, None, Detail("has_basis"))


def _grounded(contact: ContactFacts, ground: Ground, now: datetime) -> datetime | None:
    """From when there is this ground for a call: `now` if there is, None if none is coming."""
    times = []
    if ground.consent:
        for one in contact.consents:
            if one.withdrawn_at is None or one.withdrawn_at > max(one.given_at, now):
                times.append(max(one.given_at, now))
    relation = contact.relation
    if relation is not None and relation.kind in ground.relations:
        begins = _midnight(relation.since) if relation.since else now
        ends = relation.until + timedelta(days=ground.relations[relation.kind] + 1) if relation.until else None
        if ends is None or _midnight(ends) > max(begins, now):
            times.append(max(begins, now))
    return min(times, default=None)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def is_deactivated(value: object) -> bool:
    """Whether a value of the deactivation column says FALSE or 0 (FALSK, as Danish Excel writes)."""
    if isinstance(value, str):
        return value.strip().casefold() in ("false", "falsk", "0")
    return isinstance(value, bool | int | float | Decimal) and value == 0


def check_packs(packs: Sequence[str], *, loc: Loc = ("packs",)) -> None:
    """Raises Invalid `unknown_pack` for each pack that is not served."""
    strange = [i for i, pack in enumerate(packs) if pack not in PACKS]
    if strange:
        detail = N_("There is no such rule pack.")
        raise Invalid([Fault((*loc, i), "unknown_pack", detail, {"options": list(PACKS)}) for i in strange])


def knows_packs(campaign: CampaignFacts) -> bool:
    """Whether all its packs are served. One that is not (a restored backup, a downgrade) lets nothing of the campaign
    be called: unknown law is no licence."""
    return not unknown(campaign.packs)


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
    zones = lead_zones(contact, campaign)
    own = tuple(Window(campaign.hours, zone, place) for zone in zones)
    return own + tuple(one for zone in zones for one in windows(campaign.packs, zone)) if campaign.packs else own


def _holidays_for(contact: ContactFacts, campaign: CampaignFacts) -> str | None:
    if campaign.holidays is None:
        return None
    country = (contact.country or "").upper()
    # The campaign's own country may be named to the state (DE-BY), which says more than the lead's.
    if country and country != campaign.holidays.partition("-")[0] and knows_holidays(country):
        return country
    return campaign.holidays


def _without_packs(gate: str, campaign: CampaignFacts) -> Gate | None:
    """The answer where no pack asks: there is none, or one that is not known."""
    if not campaign.packs:
        return Gate(gate, True, None, Detail("no_packs"))
    if strange := unknown(campaign.packs):
        return Gate(gate, False, None, Detail("unknown_pack", {"packs": strange}))
    return None


def _names(found: Sequence[Window]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(window.zone.key for window in found))
