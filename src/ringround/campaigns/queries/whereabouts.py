"""What a campaign keeps of a contact on its lead, and where and when that contact may be called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ringround.campaigns.queries.plan_facts import Plan, zone_key
from ringround.campaigns.rules.lead import REDIALS, LeadFacts
from ringround.compliance.rules import ContactFacts, is_deactivated, lead_zones
from ringround.contacts.queries import ContactFacts as Contact
from ringround.infra import sql
from ringround.kernel import phones
from ringround.kernel.text import sort_key

_SHIFT = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class Kept:
    """The columns of a lead that come from its contact."""

    numbers: list[str]
    suppressed: bool
    deactivated: bool
    order_text: str | None
    zone_id: int


def facts_of(contact: Contact, plan: Plan, number: str | None = None) -> ContactFacts:
    """The contact as compliance asks about it; `number` when one is about to be dialled, else its first that can be."""
    numbers = [n.e164 for n in contact.numbers if n.e164 and n.valid]
    first = number or next((n.e164 for n in contact.numbers if n.e164 and n.valid and not n.suppressed), None)
    first = first or (numbers[0] if numbers else None)
    column = plan.facts.deactivation_column
    return ContactFacts(
        zone=contact.timezone or None,
        number_zones=phones.timezones(first) if first else (),
        country=contact.country or (phones.country(first) if first else None),
        deactivation_value=contact.fields.get(column) if column else None,
    )


def zone_of(contact: Contact, plan: Plan) -> ZoneInfo:
    """The zone in which the lead's times are told and counted: the first where it may be."""
    return lead_zones(facts_of(contact, plan), plan.facts)[0]


def numbers_left(leads: Sequence[LeadFacts], plan: Plan) -> dict[UUID, list[str]]:
    """The numbers of each lead that may be tried again, by lead. For a promised callback only the bad ones go."""
    gone: dict[UUID, dict[str, bool]] = {}
    most = plan.settings["max_attempts_per_number"]
    for row in sql.rows("campaigns", "numbers_gone", leads=[lead.id for lead in leads], most=most):
        gone.setdefault(row["lead_id"], {})[row["number"]] = row["invalid"]
    return {lead.id: left_of(lead, gone.get(lead.id, {})) for lead in leads}


def left_of(lead: LeadFacts, gone: Mapping[str, bool]) -> list[str]:
    """The lead's numbers without those that are gone ({number: whether it is invalid})."""
    return [one for one in lead.numbers if one not in gone or (lead.status in REDIALS and not gone[one])]


def kept_of(contacts: Sequence[Contact], plan: Plan, now: datetime) -> dict[UUID, Kept]:
    """What leads of these contacts keep, by contact; of numbers all that may be called, however often they were."""
    keys: dict[UUID, str] = {}
    for contact in contacts:
        facts = facts_of(contact, plan)
        zones = (facts.zone,) if facts.zone else facts.number_zones
        keys[contact.id] = zone_key(tuple(zones), facts.country)
    ids: dict[str, int] = {}
    wanted = sorted(set(keys.values()))
    while len(ids) < len(wanted):
        # Twice where another transaction made one of them at the same moment: only the next statement sees it.
        made = sql.rows("campaigns", "zones_make", campaign=plan.id, keys=wanted)
        ids = {row["key"]: row["id"] for row in made}
    valid = {one.id: list(dict.fromkeys(n.e164 for n in one.numbers if n.e164 and n.valid)) for one in contacts}
    # Asked in the very words of the claim, so that a campaign's own list counts as well.
    barred = {
        row["contact_id"]: set(row["numbers"])
        for row in sql.rows(
            "campaigns", "numbers_barred", merchant=plan.merchant_id, campaign=plan.id, now=now,
            contacts=list(valid), numbers=[",".join(numbers) for numbers in valid.values()],
        )
    }  # fmt: skip
    column = plan.facts.deactivation_column
    by_column = plan.settings["lead_order"].partition(":")[2]
    found = {}
    for contact in contacts:
        good = [number for number in valid[contact.id] if number not in barred[contact.id]]
        found[contact.id] = Kept(
            numbers=good,
            suppressed=contact.suppressed or (bool(valid[contact.id]) and not good),
            deactivated=column is not None and is_deactivated(contact.fields.get(column)),
            order_text=order_text(contact.fields.get(by_column)) if by_column else None,
            zone_id=ids[keys[contact.id]],
        )
    return found


def order_text(value: Any) -> str:
    """A column's value as a text that sorts bytewise: numbers by size, dates by day, words as people sort them."""
    if value is None or value == "":
        return "~"  # the empty ones last
    if isinstance(value, bool):
        return f"0{int(value)}"
    if isinstance(value, int | float):
        # Shifted, so that negative numbers sort before positive ones; as a decimal, so that cents survive it.
        return f"1{_SHIFT + min(max(Decimal(str(value)), -_SHIFT), _SHIFT):024.6f}"
    if isinstance(value, datetime | date):
        return f"2{value.isoformat()}"
    return f"3{sort_key(str(value))[:200]}"
