"""Registers by name and address, and the hits in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count

from ringround.contacts.models import ContactList, Register, RegisterHit
from ringround.contacts.rules import columns as rules
from ringround.contacts.rules.person import Person
from ringround.kernel import cursors
from ringround.kernel.errors import NotFound
from ringround.kernel.ids import parse_id
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

STATES = tuple(RegisterHit.State.values)


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A register with how many stand in it, and how many contacts it bars, may mean, and does not."""

    id: UUID
    source: str
    date: date | None
    campaign_id: UUID | None
    channel: str
    import_id: UUID | None
    entries: int
    hits: dict[str, int]


@dataclass(frozen=True, slots=True)
class Hit:
    """A contact beside the entry that it is, or may be; both as they are written."""

    id: UUID
    state: str
    register_id: UUID
    source: str
    date: date | None
    campaign_id: UUID | None
    contact_id: UUID
    list_id: UUID
    list_name: str
    name: str
    address: str
    place: str
    entry_name: str
    entry_address: str
    entry_place: str
    decided_by: UUID | None
    decided_at: datetime | None


def register_list(*, actor: Actor) -> list[RegisterRow]:
    """The organisation's registers by name."""
    permissions.require(actor, "contacts.suppressions.read")
    registers = list(Register.objects.filter(organisation=actor.org_id).order_by("source", "id"))
    ids = [one.id for one in registers]
    hits: dict[UUID, dict[str, int]] = {}
    counted = RegisterHit.objects.filter(register__in=ids, entry__isnull=False).order_by()
    for register, state, number in counted.values_list("register", "state").annotate(Count("id")):
        hits.setdefault(register, {})[state] = number
    return [
        RegisterRow(
            one.id, one.source, one.source_on, one.campaign_id, one.channel, one.import_id, one.entries,
            {state: hits.get(one.id, {}).get(state, 0) for state in STATES},
        )
        for one in registers
    ]  # fmt: skip


def register_names(*, actor: Actor) -> list[tuple[UUID, str]]:
    """Id and name of the organisation's registers, by name; nothing is counted."""
    permissions.require(actor, "contacts.suppressions.read")
    found = Register.objects.filter(organisation=actor.org_id).order_by("source", "id")
    return list(found.values_list("id", "source"))


def hits_open(*, actor: Actor) -> int:
    """How many hits are to be looked at."""
    permissions.require(actor, "contacts.suppressions.read")
    return RegisterHit.objects.filter(organisation=actor.org_id, state="open", entry__isnull=False).count()


def hit_list(
    *,
    actor: Actor,
    state: str = "open",
    register_id: UUID | None = None,
    contact_id: UUID | None = None,
    size: int = 50,
    after: str = "",
) -> tuple[list[Hit], str | None]:
    """Hits in the issues that stand, newest first; `state` empty for all."""
    permissions.require(actor, "contacts.suppressions.read")
    found = RegisterHit.objects.filter(organisation=actor.org_id, entry__isnull=False)
    if state:
        found = found.filter(state=state)
    if register_id is not None:
        found = found.filter(register=register_id)
    if contact_id is not None:
        found = found.filter(contact=contact_id)
    if after:
        (before,) = cursors.decode(after, UUID)
        found = found.filter(id__lt=before) if before else found
    rows = list(found.select_related("register", "entry", "contact").order_by("-id")[: size + 1])
    following = cursors.encode([rows[size - 1].id]) if len(rows) > size else None
    return _hits(rows[:size]), following


def hit_get(*, actor: Actor, hit_id: UUID | str) -> Hit:
    """One of the organisation's; NotFound."""
    wanted = parse_id(hit_id)
    rows = RegisterHit.objects.select_related("register", "entry", "contact").filter(organisation=actor.org_id)
    found = _hits(list(rows.filter(id=wanted))) if wanted is not None else []
    if not found:
        raise NotFound("register_hit")
    permissions.require(actor, "contacts.suppressions.read")
    return found[0]


def _hits(rows: Sequence[RegisterHit]) -> list[Hit]:
    lists = {one.id: one for one in ContactList.objects.filter(id__in={row.contact.list_id for row in rows})}
    persons = {one.id: Person(rules.load(one.columns)) for one in lists.values()}
    found = []
    for row in rows:
        contact, entry = row.contact, row.entry
        address, place = persons[contact.list_id].where(contact.fields)
        found.append(
            Hit(
                row.id, row.state, row.register_id, row.register.source, row.register.source_on,
                row.register.campaign_id, contact.id, contact.list_id, lists[contact.list_id].name, contact.name,
                address, place, entry.name if entry else "", entry.address if entry else "",
                " ".join(filter(None, (entry.post_code, entry.city))) if entry else "", row.decided_by_id,
                row.decided_at,
            )
        )  # fmt: skip
    return found


def register_json(one: RegisterRow) -> dict[str, Any]:
    """A register as the API shows it."""
    return {
        "id": str(one.id),
        "source": one.source,
        "date": one.date,
        "scope": str(one.campaign_id) if one.campaign_id else "organisation",
        "channel": one.channel,
        "issue": str(one.import_id) if one.import_id else None,
        "entries": one.entries,
        "hits": one.hits,
    }


def hit_json(one: Hit) -> dict[str, Any]:
    """A hit as the API shows it."""
    return {
        "id": str(one.id),
        "state": one.state,
        "register_id": str(one.register_id),
        "source": one.source,
        "date": one.date,
        "scope": str(one.campaign_id) if one.campaign_id else "organisation",
        "contact": {
            "id": str(one.contact_id),
            "list": str(one.list_id),
            "name": one.name,
            "address": one.address,
            "place": one.place,
        },
        "entry": {"name": one.entry_name, "address": one.entry_address, "place": one.entry_place},
        "decided_by": str(one.decided_by) if one.decided_by else None,
        "decided_at": one.decided_at,
    }
