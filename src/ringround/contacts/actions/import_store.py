"""What an import reads and writes of the list: for good, or in tables of its own for a dry run."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.types.json import Jsonb

from ringround.contacts.files.parse import NumberTuple, Parsed, Ready, copy_text
from ringround.contacts.rules.matching import Book, Held
from ringround.contacts.rules.person import Number, Person
from ringround.infra import sql
from ringround.kernel.ids import new_id, new_id_text

_CONTACT = (
    "id, organisation_id, list_id, external_id, fields, name, sort_name, search, email, timezone, country,"
    " place_key, suppressed,"
    " import_id, changed_by_import_id, row_digests, created_at, updated_at, event_no"
)
_CHANGE = "id, contact_id, at, via, import_id, changes"
_NUMBER = "id, contact_id, organisation_id, suppressed, position, label, e164, written, type, valid"


class Store:
    """Reads and writes contacts of one list for one import, in the caller's transaction."""

    contacts, numbers = "contacts_contact", "contacts_number"

    def __init__(self, *, org_id: UUID, list_id: UUID, import_id: UUID, person: Person) -> None:
        self._org, self._list, self._import, self._person = org_id, list_id, import_id, person
        # Of the contacts of the batch: what their columns said, with their numbers as they were written.
        self._before: dict[UUID, dict[str, Any]] = {}

    def begin(self) -> None:
        """Before the first batch of this process."""

    def end(self) -> None:
        """After the last."""

    # --- reading ---

    def suppressed(self, parsed: Parsed, now: datetime) -> tuple[set[str], set[str]]:
        """Which numbers and which addresses of the rows the organisation must not contact."""
        found = sql.rows(
            "contacts",
            "suppressed_of_rows",
            org=self._org,
            now=now,
            numbers=parsed.phones,
            emails=parsed.emails,
        )
        numbers = {one["value"] for one in found if one["kind"] == "phone"}
        return numbers, {one["value"] for one in found if one["kind"] == "email"}

    def find(self, book: Book, parsed: Parsed, match: Sequence[str]) -> None:
        """Tell the book of every contact of the list that a row may be about."""
        for found in self._find(
            # External ids are asked for whatever is matched by: two contacts cannot have one.
            phones=parsed.phones if "phone" in match else [],
            externals=parsed.externals,
            emails=parsed.emails if "email" in match else [],
        ):
            book.add(
                _held(found),
                phone=found["key"] if found["kind"] == "phone" else None,
                email=found["key"] if found["kind"] == "email" else None,
            )

    def all_told(self, digests: Collection[int]) -> list[str]:
        """Ids of the contacts that an earlier import told these rows, where it told them all, each to one contact, and
        none of them is suppressed: then nothing more need be known of anybody. None where that is not so."""
        found = sql.row(
            "contacts",
            "import_all_told",
            list=self._list,
            digests=_array(digests),
            **{"import": self._import},
        )
        if found is None or found["suppressed"] or not len(digests) == found["told"] == found["contacts"]:
            return []
        return str(found["ids"]).split(",")

    def find_told(self, book: Book, parsed: Parsed) -> None:
        """Tell the book of the contacts that one of the rows was about when it was last imported."""
        for found in self._find_told(_array(parsed.digests)):
            book.add_told(_held(found))

    def _find_told(self, digests: str) -> list[dict[str, Any]]:
        return self._rows("import_find_told", list=self._list, digests=digests)

    def _find(self, **keys: str | list[str]) -> list[dict[str, Any]]:
        return self._rows("import_find", org=self._org, list=self._list, **keys)

    def load(self, book: Book, ids: Sequence[UUID]) -> None:
        """Tell the book the values of these contacts."""
        self._before = {}
        for found in self._load(ids) if ids else ():
            fields, numbers = _json(found["fields"]), {n[1]: Number(*n) for n in _json(found["numbers"]) or ()}
            self._before[found["id"]] = {**fields, **{label: number.written for label, number in numbers.items()}}
            book.load(found["id"], fields, numbers)

    def _load(self, ids: Sequence[UUID]) -> list[dict[str, Any]]:
        return self._rows("import_load", ids=list(ids))

    def _rows(self, name: str, **params: Any) -> list[dict[str, Any]]:
        return sql.rows("contacts", name, **params)

    # --- writing ---

    def change(self, book: Book, changed: Sequence[Held], now: datetime) -> None:
        """Write contacts of the list whose values changed, and what was remembered of the others."""
        values = [held for held in changed if held.changed]
        if values:
            self._change(book, values, now)
        only_told = [held for held in changed if not held.changed]
        if only_told:
            sql.run(
                "contacts",
                "import_remember",
                ids=[held.id for held in only_told],
                digests=[_array(held.digests) for held in only_told],
                **{"import": self._import},
            )

    def _change(self, book: Book, changed: Sequence[Held], now: datetime) -> None:
        known = [self._person.know(held.fields or {}, held.external_id, book.numbers_of(held)) for held in changed]
        with connection.cursor() as cursor:
            # First give back the external ids, since two contacts of a batch may hand one on.
            cursor.execute(
                "UPDATE contacts_contact SET external_id = NULL WHERE id = ANY(%s) AND external_id IS NOT NULL",
                [[held.id for held in changed]],
            )
        sql.run(
            "contacts",
            "import_change",
            now=now,
            ids=[held.id for held in changed],
            externals=[held.external_id for held in changed],
            fields=[Jsonb(held.fields) for held in changed],
            names=[one.name for one in known],
            sort_names=[one.sort_name for one in known],
            searches=[one.search for one in known],
            emails=[one.email for one in known],
            timezones=[one.timezone for one in known],
            countries=[one.country for one in known],
            places=[one.place_key for one in known],
            digests=[_array(held.digests) for held in changed],
            **{"import": self._import},
        )
        self._note(changed, now)
        numbers = [(held.id, held.numbers[label]) for held in changed if held.numbers for label in sorted(held.touched)]
        if numbers:
            sql.run(
                "contacts",
                "import_change_numbers",
                org=self._org,
                ids=[new_id() for _ in numbers],
                contacts=[contact for contact, _number in numbers],
                positions=[number.position for _contact, number in numbers],
                labels=[number.label for _contact, number in numbers],
                e164s=[number.e164 for _contact, number in numbers],
                writtens=[number.written for _contact, number in numbers],
                types=[number.type for _contact, number in numbers],
                valids=[number.valid for _contact, number in numbers],
            )

    def _note(self, changed: Sequence[Held], now: datetime) -> None:
        """What the rows changed, for the contacts' history and for taking the import back."""
        lines = []
        for held in changed:
            before = self._before[held.id]
            after = {**(held.fields or {}), **{label: n.written for label, n in (held.numbers or {}).items()}}
            said = {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
            if said:
                text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
                lines.append(copy_text(new_id_text(), str(held.id), now.isoformat(), "import", str(self._import), text))
        with connection.cursor() as cursor, cursor.copy(f"COPY contacts_change ({_CHANGE}) FROM STDIN") as copy:
            copy.write("".join(f"{line}\n" for line in lines))

    def make(
        self, book: Book, made: Sequence[Held], barred: set[str], now: datetime, *, ready: tuple[str, str]
    ) -> None:
        """Write new contacts and their numbers; `barred` are the numbers that must not be called.

        `ready`: COPY lines of more contacts and of their numbers.
        """
        org, import_id, at = str(self._org), str(self._import), now.isoformat()
        before, after = f"{org}\t{self._list}\t", f"{import_id}\t{import_id}\t"
        contacts: list[str] = []
        numbers: list[str] = []
        for held in made:
            row = held.row
            assert isinstance(row, Ready)
            said, written, tuples = row.contact_copy, row.number_copies, row.numbers
            if held.changed:
                # A later row of the batch changed what this one made.
                said, written, tuples = self._written(book, held)
            contact = str(held.id)
            for number, one in zip(tuples, written, strict=True):
                mark = "t" if number[2] in barred else "f"
                numbers.append(f"{new_id_text()}\t{contact}\t{org}\t{mark}\t{one}\n")
            contacts.append(
                f"{contact}\t{before}{said}\t{'t' if held.suppressed else 'f'}\t{after}"
                f"{_array(held.digests)}\t{at}\t{at}\t0\n"
            )
        self._copy(ready[0] + "".join(contacts), ready[1] + "".join(numbers))

    def _written(self, book: Book, held: Held) -> tuple[str, tuple[str, ...], tuple[NumberTuple, ...]]:
        """A contact as COPY text, from its values."""
        numbers = book.numbers_of(held)
        known = self._person.know(held.fields or {}, held.external_id, numbers)
        fields = json.dumps(held.fields, ensure_ascii=False, separators=(",", ":"))
        contact = copy_text(
            held.external_id,
            fields,
            known.name,
            known.sort_name,
            known.search,
            known.email,
            known.timezone,
            known.country,
            str(known.place_key) if known.place_key is not None else None,
        )
        tuples = tuple((n.position, n.label, n.e164, n.written, n.type, n.valid) for n in numbers)
        return (
            contact,
            tuple(copy_text(str(n[0]), n[1], n[2], n[3], n[4], "t" if n[5] else "f") for n in tuples),
            tuples,
        )

    def _copy(self, contacts: str, numbers: str) -> None:
        with connection.cursor() as cursor:
            for table, columns, lines in (
                (self.contacts, _CONTACT, contacts),
                (self.numbers, _NUMBER, numbers),
            ):
                if not lines:
                    continue
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    copy.write(lines)


class DryStore(Store):
    """Finds what is there, and writes beside it: what would be new or changed is in temporary tables, and looked into
    first. They go with the connection, so a dry run that was killed begins again."""

    contacts, numbers = "dry_contact", "dry_number"

    def begin(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "DROP TABLE IF EXISTS dry_contact, dry_number;"
                "CREATE TEMP TABLE dry_contact (LIKE contacts_contact INCLUDING DEFAULTS);"
                "CREATE TEMP TABLE dry_number (LIKE contacts_number INCLUDING DEFAULTS);"
                "CREATE UNIQUE INDEX ON dry_contact (id);"
                "CREATE INDEX ON dry_contact (external_id);"
                "CREATE INDEX ON dry_contact (email);"
                "CREATE INDEX ON dry_contact (list_id, (row_digests[1]));"
                "CREATE INDEX ON dry_contact USING gin (row_digests) WITH (fastupdate = off)"
                " WHERE row_digests[2] IS NOT NULL;"
                "CREATE INDEX ON dry_number (contact_id);"
                "CREATE INDEX ON dry_number (e164);"
            )

    def end(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS dry_contact, dry_number")

    def all_told(self, digests: Collection[int]) -> list[str]:
        return []

    def _find(self, **keys: str | list[str]) -> list[dict[str, Any]]:
        there = super()._find(**keys)
        mine = self._dry_rows("import_find", org=self._org, list=self._list, **keys)
        over = self._overlaid([row["id"] for row in there])
        return [*mine, *(row for row in there if row["id"] not in over)]

    def _find_told(self, digests: str) -> list[dict[str, Any]]:
        there = super()._find_told(digests)
        mine = self._dry_rows("import_find_told", list=self._list, digests=digests)
        over = self._overlaid([row["id"] for row in there])
        return [*mine, *(row for row in there if row["id"] not in over)]

    def _load(self, ids: Sequence[UUID]) -> list[dict[str, Any]]:
        mine = self._dry_rows("import_load", ids=list(ids))
        rest = set(ids) - {row["id"] for row in mine}
        return [*mine, *(super()._load(sorted(rest)) if rest else ())]

    def _overlaid(self, ids: list[UUID]) -> set[UUID]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM dry_contact WHERE id = ANY(%s)", [ids])
            return {row[0] for row in cursor.fetchall()}

    def _dry_rows(self, name: str, **params: Any) -> list[dict[str, Any]]:
        text = sql.load("contacts")[name].replace("contacts_contact", "dry_contact")
        with connection.cursor() as cursor:
            cursor.execute(text.replace("contacts_number", "dry_number"), params)
            assert cursor.description is not None
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def change(self, book: Book, changed: Sequence[Held], now: datetime) -> None:
        known = [held for held in changed if held.fields is not None]
        ids = [held.id for held in known]
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM dry_contact WHERE id = ANY(%s)", [ids])
            cursor.execute("DELETE FROM dry_number WHERE contact_id = ANY(%s)", [ids])
        org, list_id, import_id, at = str(self._org), str(self._list), str(self._import), now.isoformat()
        contacts: list[str] = []
        numbers: list[str] = []
        for held in known:
            said, written, _tuples = self._written(book, held)
            contacts.append(
                f"{held.id}\t{org}\t{list_id}\t{said}\t{'t' if held.suppressed else 'f'}\t{import_id}\t{import_id}\t"
                f"{_array(held.digests)}\t{at}\t{at}\t0\n"
            )
            numbers.extend(f"{new_id()}\t{held.id}\t{org}\tf\t{one}\n" for one in written)
        self._copy("".join(contacts), "".join(numbers))


def _held(found: dict[str, Any]) -> Held:
    return Held(
        found["id"],
        found["external_id"],
        found["email"],
        found["row_digests"],
        found["changed_by_import_id"],
        suppressed=found["suppressed"],
    )


def _array(digests: Iterable[int]) -> str:
    return "{" + ",".join(map(str, digests)) + "}"


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
