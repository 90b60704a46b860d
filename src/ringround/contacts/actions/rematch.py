"""Contacts against registers by name and address: whom they bar, and whom somebody is to look at.

One way for all occasions: contacts that came or were changed, an issue that is read, one that is gone. What hits these
contacts have is worked out anew from the entries that stand, and what was decided is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from ringround.contacts import events
from ringround.contacts.actions._common import mark
from ringround.contacts.models import Contact, ContactList, Register, RegisterEntry, RegisterHit, Suppression
from ringround.contacts.rules import columns as rules
from ringround.contacts.rules.person import Person
from ringround.contacts.rules.registers import Verdict, Who, compare, place_key, print_of, read
from ringround.infra import audit, clock
from ringround.infra import events as log
from ringround.kernel.ids import new_id
from ringround.orgs.actor import Actor

# Of one contact in one register: more than anybody would look at are members of one large household.
MOST_NEAR = 20
PART = 1_000
_State = RegisterHit.State
_DECIDED = (_State.ACCEPTED, _State.REFUSED)
_BARS = (_State.EXACT, _State.ACCEPTED)
_Key = tuple[UUID, UUID, int]  # contact, register, the entry's print


@dataclass(frozen=True, slots=True)
class _Entry:
    id: UUID
    register: UUID
    print: int
    who: Who


def rematch(*, org_id: UUID, contacts: Collection[UUID], now: datetime) -> list[UUID]:
    """Find these contacts in the organisation's registers again; those of whom it changed what bars them.

    In the caller's transaction, who holds the marks: alone, or shared with these contacts' rows, so that nobody else
    writes their hits. The caller tells of the contacts.
    """
    ids = sorted(set(contacts))
    if not ids or not Register.objects.filter(organisation=org_id).exists():
        return []
    # 1. Who they are, and who of the registers is found by the same key.
    people = dict(_people(ids))
    entries = _entries(org_id, {key for key, _who in people.values()})
    # 2. What was known, and what is a hit of what.
    known = {(one.contact_id, one.register_id, one.entry_print): one for one in _known(ids)}
    prints = {contact: print_of(who) for contact, (_key, who) in people.items()}
    decided = {
        at: hit.state for at, hit in known.items()
        if hit.state in _DECIDED and hit.contact_print == prints.get(hit.contact_id)
    }  # fmt: skip
    wanted: dict[_Key, tuple[_Entry, Verdict]] = {}
    for contact, (key, who) in people.items():
        for entry, verdict in _hits(contact, who, entries.get(key, ()), decided):
            wanted[contact, entry.register, entry.print] = entry, verdict
    # 3. What is new, what has changed, and what is no hit any more.
    made, changed, gone = [], [], []
    for at, (entry, verdict) in wanted.items():
        state = _State.EXACT if verdict == "exact" else _State.OPEN
        hit = known.get(at)
        if hit is None:
            made.append(
                RegisterHit(
                    id=new_id(), organisation_id=org_id, register_id=at[1], entry_id=entry.id, contact_id=at[0],
                    entry_print=at[2], contact_print=prints[at[0]], state=state, created_at=now,
                )
            )  # fmt: skip
        elif hit.contact_print != prints[at[0]]:
            # The contact is written otherwise now: what was decided was of somebody else.
            hit.entry_id, hit.contact_print, hit.state = entry.id, prints[at[0]], state
            hit.decided_by_id = hit.decided_at = None
            changed.append(hit)
        elif hit.entry_id != entry.id or (hit.state not in _DECIDED and hit.state != state):
            hit.entry_id = entry.id
            hit.state = hit.state if hit.state in _DECIDED else state
            changed.append(hit)
    for at, hit in known.items():
        if at in wanted:
            continue
        if hit.state in _DECIDED and prints.get(at[0]) == hit.contact_print:
            if hit.entry_id is not None:
                hit.entry_id = None
                changed.append(hit)
        else:
            gone.append(hit)
    RegisterHit.objects.bulk_create(made)
    RegisterHit.objects.bulk_update(
        changed, ["entry", "contact_print", "state", "decided_by_id", "decided_at"], batch_size=500
    )
    RegisterHit.objects.filter(id__in=[hit.id for hit in gone]).delete()  # and what bars by them
    # 4. What bars.
    barred = {hit.contact_id for hit in gone if hit.state in _BARS} | _bars_again(_known(ids), now)
    mark(org_id=org_id, now=now, contacts=barred)
    return sorted(barred)


def would_hit(*, org_id: UUID, whos: Collection[Who]) -> tuple[set[UUID], set[UUID]]:
    """Contacts that entries would bar, and those that somebody would have to look at; nothing is written."""
    keys = {place_key(who) for who in whos}
    ids = contacts_at(org_id=org_id, keys=keys)
    by_key: dict[int, list[Who]] = {}
    for who in whos:
        by_key.setdefault(place_key(who), []).append(who)
    exact, near = set(), set()
    for some in in_parts(ids):
        for contact, (key, who) in _people(some):
            verdicts = {compare(one, who) for one in by_key.get(key, ())}
            if "exact" in verdicts:
                exact.add(contact)
            elif "near" in verdicts:
                near.add(contact)
    return exact, near


def contacts_at(*, org_id: UUID, keys: Collection[int]) -> list[UUID]:
    """The organisation's contacts that are found by one of these keys."""
    return list(
        Contact.objects.filter(organisation=org_id, place_key__in=keys).order_by("id").values_list("id", flat=True)
    )


def keys_in_registers(*, org_id: UUID, keys: Collection[int]) -> set[int]:
    """Those of these keys by which somebody in a register of the organisation is found."""
    if not keys or not Register.objects.filter(organisation=org_id).exists():
        return set()
    rows = RegisterEntry.objects.filter(organisation=org_id, place_key__in=set(keys))
    return set(rows.values_list("place_key", flat=True))


def exact_rows(*, org_id: UUID, rows: Collection[tuple[int, Who]]) -> set[int]:
    """Numbers of the rows (number, who) that a register of the organisation, not of one campaign, would bar from
    being called."""
    if not rows:
        return set()
    at = {number: place_key(who) for number, who in rows}
    registers = Register.objects.filter(organisation=org_id, campaign_id__isnull=True).exclude(channel="email")
    ours = set(registers.values_list("id", flat=True))
    entries = _entries(org_id, set(at.values()))
    return {
        number
        for number, who in rows
        if any(one.who == who and one.register in ours for one in entries.get(at[number], ()))
    }


def in_parts(ids: list[UUID]) -> Iterable[list[UUID]]:
    """Contacts in parts that are held at once."""
    for start in range(0, len(ids), PART):
        yield ids[start : start + PART]


def hits_set(*, actor: Actor, hits: QuerySet[RegisterHit], state: RegisterHit.State) -> int:
    """Say of hits of the actor's organisation what they are, in the caller's transaction with the marks held alone."""
    now, mine = clock.now(), hits.filter(organisation=actor.org_id).exclude(state=state)
    by_register: dict[UUID, list[RegisterHit]] = {}
    for hit in mine.select_for_update(of=("self",)).order_by("id"):
        # What is open again is what its name and address say.
        exact = state == _State.OPEN and hit.entry_print == hit.contact_print
        hit.state = _State.EXACT if exact else state
        hit.decided_by_id, hit.decided_at = (actor.user_id, now) if state in _DECIDED else (None, None)
        by_register.setdefault(hit.register_id, []).append(hit)
    changed = [hit for some in by_register.values() for hit in some]
    RegisterHit.objects.bulk_update(changed, ["state", "decided_by_id", "decided_at"], batch_size=500)
    barred = _bars_again(changed, now)
    mark(org_id=actor.org_id, now=now, contacts=barred)
    # Whether an exact hit is the contact says whether those beside it are looked at.
    beside = {hit.contact_id for hit in changed if hit.entry_id and hit.entry_print == hit.contact_print}
    barred |= set(rematch(org_id=actor.org_id, contacts=beside, now=now))
    for register in Register.objects.select_for_update().filter(id__in=by_register).order_by("id"):
        some = sorted({hit.contact_id for hit in by_register[register.id]})
        records = [
            events.of(register, events.HITS_DECIDED, {"contacts": ids, "state": str(state)})
            for ids in events.chunks(some)
        ]
        log.record_all([*records, *tell(register, [one for one in some if one in barred])])
        register.save(update_fields=["event_no"])
    audit.write_all(
        actor=actor, action=f"contacts.register.hit_{state}", org_id=actor.org_id, subject_type="contact",
        subject_ids=[hit.contact_id for hit in changed], data={},
    )  # fmt: skip
    return len(changed)


def tell(register: Register, contacts: Iterable[UUID]) -> list[log.Record]:
    """That what bars these contacts has changed; the register is locked, and saved by the caller."""
    campaign = str(register.campaign_id) if register.campaign_id else None
    return [
        events.of(register, events.SUPPRESSION_CHANGED, {"contacts": ids, "campaign": campaign}, called="suppression")
        for ids in events.chunks(sorted(contacts))
    ]


def _people(ids: Collection[UUID]) -> Iterable[tuple[UUID, tuple[int, Who]]]:
    rows = Contact.objects.filter(id__in=ids, place_key__isnull=False, erased_at__isnull=True)
    found = list(rows.values_list("id", "list", "place_key", "fields"))
    lists = ContactList.objects.filter(id__in={row[1] for row in found}).values_list("id", "columns")
    persons = {list_id: Person(rules.load(columns)) for list_id, columns in lists}
    for contact, list_id, key, fields in found:
        who = persons[list_id].who(fields)
        # Whose columns mean something else by now are found by what they meant when they were written.
        if who is not None and key is not None:
            yield contact, (key, who)


def _entries(org_id: UUID, keys: Collection[int]) -> dict[int, list[_Entry]]:
    """Entries by key, the newest issue's first; what stands in several issues, once."""
    rows = RegisterEntry.objects.filter(organisation=org_id, place_key__in=keys).order_by("-id")
    found: dict[int, list[_Entry]] = {}
    seen: set[tuple[UUID, int]] = set()
    for row in rows:
        who = read(row.name, row.address, None, row.post_code, row.city)
        if who is not None and (row.register_id, row.print) not in seen:
            seen.add((row.register_id, row.print))
            found.setdefault(row.place_key, []).append(_Entry(row.id, row.register_id, row.print, who))
    return found


def _hits(
    contact: UUID, who: Who, entries: Iterable[_Entry], decided: Mapping[_Key, str]
) -> Iterable[tuple[_Entry, Verdict]]:
    """The hits of one contact: where a register has it exactly, and nobody has said that it is somebody else, nobody
    need look at those beside it. What was decided stays, whatever comes; of the others always the same few."""
    by_register: dict[UUID, list[tuple[_Entry, Verdict]]] = {}
    for entry in entries:
        if (verdict := compare(entry.who, who)) is not None:
            by_register.setdefault(entry.register, []).append((entry, verdict))
    for register, some in by_register.items():
        states = {entry.print: decided.get((contact, register, entry.print)) for entry, _verdict in some}
        kept = [one for one in some if one[1] == "exact" or states[one[0].print] is not None]
        yield from kept
        if not any(verdict == "exact" and states[entry.print] != _State.REFUSED for entry, verdict in kept):
            near = [one for one in some if one[1] == "near" and states[one[0].print] is None]
            yield from sorted(near, key=lambda one: one[0].print)[: max(0, MOST_NEAR - len(kept))]


def _known(ids: Collection[UUID]) -> list[RegisterHit]:
    return list(RegisterHit.objects.filter(contact__in=ids).order_by("id"))


def _bars_again(hits: Collection[RegisterHit], now: datetime) -> set[UUID]:
    """Bring suppressions in step with hits; the contacts of whom it changed any."""
    there = {one.hit_id: one for one in Suppression.objects.filter(hit__in=[hit.id for hit in hits])}
    wanted = {hit.id: hit for hit in hits if hit.state in _BARS and hit.entry_id is not None}
    lost = [one for hit, one in there.items() if hit not in wanted]
    new = [hit for hit in wanted.values() if hit.id not in there]
    registers = Register.objects.in_bulk({hit.register_id for hit in new})
    Suppression.objects.filter(id__in=[one.id for one in lost]).delete()
    Suppression.objects.bulk_create(
        Suppression(
            id=new_id(), organisation_id=hit.organisation_id, campaign_id=registers[hit.register_id].campaign_id,
            channel=registers[hit.register_id].channel, kind=Suppression.Kind.CONTACT, value=str(hit.contact_id),
            source=registers[hit.register_id].source, source_on=registers[hit.register_id].source_on,
            import_id=registers[hit.register_id].import_id, hit=hit, created_by_id=hit.decided_by_id, created_at=now,
        )
        for hit in new
    )  # fmt: skip
    return {UUID(one.value) for one in lost} | {hit.contact_id for hit in new}
