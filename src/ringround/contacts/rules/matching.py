"""Whom a row is about, and what it does to them: the heart of an import, without a database.

A `Book` holds what one batch must know: the contacts that its rows may be about (from the list), and those its rows
make. Rows are taken in the order of the file, each sees what the rows before it did. So the outcome does not depend on
where batches are cut, nor on how often a worker was killed between them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from uuid import UUID

from ringround.contacts.rules.person import Number, Person
from ringround.kernel.messages import N_, Message

KEYS = ("phone", "external_id", "email")
ON_MATCH = ("update", "skip", "allow")
Verdict = Literal["new", "updated", "duplicate", "rejected"]
# Digests kept on a contact. More rows than this about one contact are compared value by value.
MOST_DIGESTS = 50
# Rows of a file that are remembered as told before: 64 bytes each. Of what is beyond, and of what a killed worker had
# seen, the same file may say once more that it changed a contact which another row of it changes back.
MOST_SEEN = 2_000_000

NumberTuple = tuple[int, str, str | None, str, str, bool]


class ReadyRow(Protocol):
    """What of a parsed row is asked here (`files.parse.Ready`)."""

    @property
    def digest(self) -> int: ...
    @property
    def fields(self) -> str: ...
    @property
    def external_id(self) -> str | None: ...
    @property
    def email(self) -> str: ...
    @property
    def e164s(self) -> tuple[str, ...]: ...
    @property
    def numbers(self) -> tuple[NumberTuple, ...]: ...
    @property
    def missing(self) -> str: ...


@dataclass(slots=True, eq=False)
class Held:
    """A contact as the batch knows it."""

    id: UUID
    external_id: str | None
    email: str
    digests: list[int]
    import_id: UUID | None  # whose digests they are
    suppressed: bool = False
    # The row that makes it, in this batch.
    row: ReadyRow | None = None
    # Its values: of a contact of the list only where a row has something new to say.
    fields: dict[str, Any] | None = None
    numbers: dict[str, Number] | None = None
    changed: bool = False
    marked: bool = False  # only its digests changed
    touched: set[str] = field(default_factory=set)  # labels of numbers that changed


@dataclass(frozen=True, slots=True)
class Outcome:
    verdict: Verdict
    contact: Held | None
    code: str = ""
    reason: Message | None = None
    column: str = ""  # which the reason is about; "" is the external id


class Book:
    """Decides the rows of one batch, one after another."""

    def __init__(
        self,
        person: Person,
        *,
        import_id: UUID,
        match: Sequence[str],
        on_match: str,
        again: bool = False,
        seen: set[int] | None = None,
    ) -> None:
        """`again`: rows may have been told before this import, so whom they were about then is asked first.

        `seen`: digests of rows of this import, of the batches before too, that an earlier one had told already.
        """
        self._person, self._import_id, self._on_match, self._again = person, import_id, on_match, again
        self._seen: set[int] = set() if seen is None else seen
        self._match = () if on_match == "allow" else tuple(key for key in match if key in KEYS)
        self._by_phone: dict[str, list[Held]] = {}
        self._by_external: dict[str, Held] = {}
        self._by_email: dict[str, list[Held]] = {}
        self._by_digest: dict[int, Held] = {}
        self._by_id: dict[UUID, Held] = {}
        self.made: list[Held] = []

    def add(self, held: Held, *, phone: str | None = None, email: str | None = None) -> Held:
        """Learn of a contact of the list, and of one key by which it was found; the contact as the book holds it."""
        held = self._by_id.setdefault(held.id, held)
        if held.external_id is not None:
            self._by_external[held.external_id] = held
        if phone is not None:
            _put(self._by_phone, phone, held)
        if email is not None:
            _put(self._by_email, email, held)
        return held

    def add_told(self, held: Held) -> None:
        """Learn of a contact of the list that some row of the batch was about when it was last imported."""
        held = self.add(held)
        for digest in held.digests:
            self._by_digest[digest] = held

    def all_told(self, digests: Iterable[int]) -> bool:
        """Whether every row was told before: then nothing can change, and no key need be looked up."""
        return all(digest in self._by_digest for digest in digests)

    def told_again(self, digests: Iterable[int]) -> None:
        """Rows that an earlier import had told: all of them duplicates, whose contacts the book need not know."""
        if len(self._seen) < MOST_SEEN:
            self._seen.update(digests)

    @property
    def is_empty(self) -> bool:
        """Whether the list has nobody that any row could be about."""
        return not self._by_id

    def knows(self, digest: int, external_id: str | None, email: str, e164s: Iterable[str]) -> bool:
        """Whether the list knows any key of a row: if it does not, and no other row of the batch has one either, the
        row makes a contact, and no other row has to do with that."""
        return (
            digest in self._by_digest
            or external_id in self._by_external
            or (email != "" and email in self._by_email)
            or not self._by_phone.keys().isdisjoint(e164s)
        )

    @property
    def asks_told(self) -> bool:
        """Whether rows that were told before are to be looked for; with `allow` each row is new."""
        return self._again and bool(self._match)

    def asked(self, rows: Iterable[ReadyRow]) -> list[UUID]:
        """Contacts of the list whose values must be loaded: those a row may be about that it has not told before."""
        if self._on_match != "update":
            return []
        wanted: set[UUID] = set()
        for row in rows:
            for held in self._candidates(row):
                if held.fields is None and not self._is_told(held, row):
                    wanted.add(held.id)
        return sorted(wanted)

    def load(self, contact_id: UUID, fields: dict[str, Any], numbers: Mapping[str, Number]) -> None:
        """The values of a contact of the list, from the database."""
        held = self._by_id[contact_id]
        held.fields, held.numbers = fields, dict(numbers)

    @property
    def changed(self) -> list[Held]:
        """Contacts of the list whose values or digests are to be written."""
        return [held for held in self._by_id.values() if held.row is None and (held.changed or held.marked)]

    def take(self, row: ReadyRow, new_id: UUID) -> Outcome:
        """Decide the next row; `new_id` is the contact's if it makes one."""
        held = self._find(row)
        owner = self._by_external.get(row.external_id) if row.external_id is not None else None
        if held is None:
            if owner is not None:
                return _taken(owner)
            if row.missing:
                # Of a new contact only: a row changes what it says, and empties nothing.
                return Outcome("rejected", None, "required", N_("This cell must not be empty."), row.missing)
            held = Held(new_id, row.external_id, row.email, [row.digest], self._import_id, row=row)
            self.made.append(held)
            self._told(held, row.digest)
            self._index(held, row)
            return Outcome("new", held)
        if self._on_match == "skip":
            return Outcome("duplicate", held)
        if self._is_told(held, row):
            if len(self._seen) < MOST_SEEN:
                self._seen.add(row.digest)
            return Outcome("duplicate", held)
        if owner is not None and owner is not held:
            return _taken(owner)
        return self._update(held, row)

    def _is_told(self, held: Held, row: ReadyRow) -> bool:
        """Whether this row has nothing to say, since the contact was told it by an import before this one.

        What this import has told it itself may have been overruled by a row in between: the last row of a file decides.
        """
        return held.import_id != self._import_id and row.digest in held.digests

    def _candidates(self, row: ReadyRow) -> Iterable[Held]:
        """Whom the row may be about."""
        if (told := self._by_digest.get(row.digest)) is not None:
            yield told
        for key in self._match:
            yield from self._of_key(key, row)

    def _of_key(self, key: str, row: ReadyRow) -> list[Held]:
        """Whom one key finds: never by phone or e-mail address somebody with another external id. The members of a
        household share a number, and none of them is to be renumbered."""
        if key == "external_id":
            one = self._by_external.get(row.external_id) if row.external_id is not None else None
            return [one] if one is not None else []
        if key == "phone":
            found = [held for e164 in row.e164s for held in self._by_phone.get(e164, ())]
        else:
            found = self._by_email.get(row.email, []) if row.email else []
        return [
            held for held in found if None in (row.external_id, held.external_id) or held.external_id == row.external_id
        ]

    def _find(self, row: ReadyRow) -> Held | None:
        # Whom the same row was about before, though later rows may have changed what it would be found by.
        told = self._by_digest.get(row.digest)
        if told is not None and row.digest in told.digests:
            return told
        # Else the first key that finds anybody decides; of several contacts the oldest.
        for key in self._match:
            if found := self._of_key(key, row):
                return min(found, key=lambda held: held.id)
        return None

    def _update(self, held: Held, row: ReadyRow) -> Outcome:
        self._open(held)
        assert held.fields is not None
        assert held.numbers is not None
        given: dict[str, Any] = json.loads(row.fields)
        # Cells that are empty in the file say nothing; they do not empty the contact.
        changed = [name for name, value in given.items() if held.fields.get(name) != value]
        touched = [number for number in row.numbers if _differs(held.numbers.get(number[1]), number)]
        self._remember(held, row.digest)
        if not changed and not touched:
            return Outcome("duplicate", held)
        for name in changed:
            held.fields[name] = given[name]
        before = {number.e164 for number in held.numbers.values() if number.e164 is not None}
        for number in touched:
            held.numbers[number[1]] = Number(*number)
            held.touched.add(number[1])
        # What it is no longer reached by finds it no longer, in this batch as in the next.
        for e164 in before - {number.e164 for number in held.numbers.values()}:
            _drop(self._by_phone, e164, held)
        if row.email and held.email and row.email != held.email:
            _drop(self._by_email, held.email, held)
        held.external_id = held.external_id or row.external_id
        held.changed = True
        self._index(held, row)
        return Outcome("updated", held)

    def _open(self, held: Held) -> None:
        """Values of a contact that an earlier row of this batch makes."""
        if held.fields is None and held.row is not None:
            held.fields = json.loads(held.row.fields)
            held.numbers = {number[1]: Number(*number) for number in held.row.numbers}

    def _remember(self, held: Held, digest: int) -> None:
        if held.import_id != self._import_id:
            # What this file says again is of its telling too, or the same file would have news the next time.
            held.digests = [known for known in held.digests if known in self._seen]
            held.import_id = self._import_id
        if digest not in held.digests and len(held.digests) < MOST_DIGESTS:
            held.digests.append(digest)
            held.marked = True
            self._told(held, digest)

    def _told(self, held: Held, digest: int) -> None:
        if self.asks_told:
            self._by_digest[digest] = held

    def _index(self, held: Held, row: ReadyRow) -> None:
        if held.external_id is not None:
            self._by_external[held.external_id] = held
        for e164 in row.e164s:
            _put(self._by_phone, e164, held)
        if row.email:
            held.email = row.email
            _put(self._by_email, row.email, held)

    def numbers_of(self, held: Held) -> list[Number]:
        """A contact's numbers as they are after the batch, in order."""
        self._open(held)
        return sorted((held.numbers or {}).values(), key=lambda number: number.position)


def _put(index: dict[str, list[Held]], key: str, held: Held) -> None:
    known = index.setdefault(key, [])
    if held not in known:
        known.append(held)


def _drop(index: dict[str, list[Held]], key: str, held: Held) -> None:
    if held in (known := index.get(key, [])):
        known.remove(held)


def _differs(old: Number | None, new: NumberTuple) -> bool:
    return old is None or (old.e164, old.written, old.valid) != (new[2], new[3], new[5])


def _taken(owner: Held) -> Outcome:
    return Outcome(
        "rejected",
        owner,
        "external_id_taken",
        N_("Another contact of the list has this external id. Choose to match by external id, to change that contact."),
    )
