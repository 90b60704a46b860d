"""What a campaign keeps of a contact on its lead, and where and when that contact may be called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ringround.campaigns.queries.plan_facts import Plan, zone_key
from ringround.compliance.rules import ContactFacts, is_deactivated, lead_zones
from ringround.contacts.queries import ContactFacts as Contact
from ringround.infra import sql
from ringround.kernel import phones
from ringround.kernel.text import sort_key


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


def kept_of(
    contacts: Sequence[Contact], plan: Plan, used_up: Mapping[UUID, Iterable[str]] | None = None
) -> dict[UUID, Kept]:
    """What leads of these contacts keep, by contact. `used_up`: numbers without attempts left, by contact."""
    keys: dict[UUID, str] = {}
    for contact in contacts:
        facts = facts_of(contact, plan)
        zones = (facts.zone,) if facts.zone else facts.number_zones
        keys[contact.id] = zone_key(tuple(zones), facts.country)
    ids: dict[str, int] = {}
    if keys:
        made = sql.rows("campaigns", "zones_make", campaign=plan.id, keys=sorted(set(keys.values())))
        ids = {row["key"]: row["id"] for row in made}
    column = plan.facts.deactivation_column
    by_column = plan.settings["lead_order"].partition(":")[2]
    found = {}
    for contact in contacts:
        gone = set((used_up or {}).get(contact.id, ()))
        good = [n.e164 for n in contact.numbers if n.e164 and n.valid and not n.suppressed]
        any_valid = any(n.e164 and n.valid for n in contact.numbers)
        found[contact.id] = Kept(
            numbers=[number for number in good if number not in gone],
            suppressed=contact.suppressed or (any_valid and not good),
            deactivated=bool(column) and is_deactivated(contact.fields.get(column)),
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
        # Shifted, so that negative numbers sort before positive ones.
        return f"1{value + 1e15:024.6f}"
    if isinstance(value, datetime | date):
        return f"2{value.isoformat()}"
    return f"3{sort_key(str(value))[:200]}"
