"""Contacts from a file: batch by batch, each one transaction with its counts and its place in the file.

A worker that is killed leaves a committed place; who takes over goes on from there. What a killed batch had written to
the rejected-rows file is cut off, what it had written to the database was never committed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from ringround.contacts import events
from ringround.contacts.actions._common import lock_marks, mark
from ringround.contacts.actions.import_outcome import Gone, Progress, finish
from ringround.contacts.actions.import_store import DryStore, Store
from ringround.contacts.actions.rematch import exact_rows, keys_in_registers, rematch
from ringround.contacts.files import bad, store
from ringround.contacts.files.check import Checked, Cut, check
from ringround.contacts.files.parse import Job, Parsed, Ready, Rejected, cells_of, parser
from ringround.contacts.files.rejected import RejectedFile
from ringround.contacts.files.sniff import MAX_BYTES, Sniffed, sniff
from ringround.contacts.files.source import Source, whole
from ringround.contacts.models import ContactList, Import
from ringround.contacts.rules import columns as rules
from ringround.contacts.rules.mapping import has_phone, is_match_mapped, place, remember
from ringround.contacts.rules.matching import Book, Held, Outcome
from ringround.contacts.rules.person import Person
from ringround.infra import clock, sql
from ringround.infra import events as log
from ringround.kernel.errors import Invalid
from ringround.kernel.ids import new_id
from ringround.kernel.messages import N_

BATCH_ROWS = 2_000
_LEAST_CUT, _MOST_CUT = 32 * 1024, 1024 * 1024


class ContactsRun:
    """One process' turn at one import."""

    def __init__(self, row: Import, progress: Progress, processes: int | None) -> None:
        self._row, self._progress, self._processes = row, progress, processes
        assert row.list is not None
        self._list: ContactList = row.list
        self._path = store.place(row.path)
        self._match: list[str] = row.options.get("match") or ["phone"]
        self._seen: set[int] = set()
        self._told = True  # as far as is known, every row is of an earlier import
        self._on_match: str = row.options.get("on_match") or "update"

    def go(self) -> None:
        row = self._row
        if not self._path.is_file():
            raise bad.BadFile("file_missing", N_("The uploaded file is no longer there. Upload it again."))
        if row.size >= MAX_BYTES:
            raise bad.too_large(MAX_BYTES // 1024**3)
        # 1. How it is read, and the whole file, before the first row is written.
        region = row.options["plan"]["region"] if "plan" in row.options else self._list.region
        source = whole(self._path, told=row.options, region=region)
        self._path = source.path
        if "plan" not in row.options:
            self._plan(source)
        plan = row.options["plan"]
        sniffed = sniff(self._path, region=plan["region"], told=plan)
        columns, places = rules.load(plan["columns"]), tuple(plan["places"])
        checked = check_file(self._path, sniffed, at=(row.at_byte, row.at_line))
        if not row.at_byte:
            row.detected = {**sniffed.to_json(), "encoding": checked.encoding, **source.detected}
        self._mapping = {
            header: columns[number].name if number is not None else None
            for header, number in zip(sniffed.headers, places, strict=True)
        }
        # 2. Its rows.
        job = Job(
            path=self._path,
            encoding=checked.encoding,
            newline=sniffed.newline,
            delimiter=sniffed.delimiter,
            columns=columns,
            places=places,
            region=plan["region"],
            zone=row.organisation.timezone,
            keep_invalid=row.options.get("invalid_numbers") == "keep",
            leave_out=row.options.get("invalid_values") != "reject",
            org=str(row.organisation_id),
            list=str(self._list.id),
            imported=str(row.id),
        )
        hidden = [at for at, to in enumerate(places) if to is not None and columns[to].role == "national_id"]
        hidden += sniffed.national_ids
        self._rejected = RejectedFile(store.place(row.rejected_path), sniffed.headers, hidden=hidden)
        row.rejected_bytes = self._rejected.begin(row.rejected_bytes)
        self._job, self._person = job, Person(columns)
        kind = DryStore if row.dry_run else Store
        self._store = kind(org_id=row.organisation_id, list_id=self._list.id, import_id=row.id, person=self._person)
        self._store.begin()
        with parser(job, checked.cuts, clock.now, self._processes) as parsed:
            for cut, rows in parsed:
                self._batch(cut, rows)
                self._progress(row)
        self._store.end()
        if not row.counts.get("rows"):
            raise bad.no_rows()
        _finish(row, self._mapping)
        self._progress(row)

    def _plan(self, source: Source) -> None:
        """Decide how the file is read, once: a worker that takes over does the same, whatever has changed since.

        The list's columns are read under its lock; while an import is open `contact_list_change` leaves them alone.
        """
        row = self._row
        with transaction.atomic():
            found = ContactList.objects.select_for_update(no_key=True).get(id=self._list.id)
            told = {**how_read(row.options, found.mapping), **source.told}
            sniffed = sniff(self._path, region=found.region, told=told)
            columns = rules.load(found.columns)
            try:
                places = place(sniffed.headers, sniffed.guesses, columns, row.options.get("mapping"), found.mapping)
            except Invalid as fault:
                raise bad.BadFile("bad_mapping", N_("%(reason)s", reason=str(fault))) from None
            if not has_phone(places, columns):
                raise bad.no_phone_column()
            if self._on_match != "allow" and not is_match_mapped(self._match, places, columns):
                raise bad.match_not_mapped()
            row.options["plan"] = {
                "delimiter": sniffed.delimiter,
                "header": sniffed.has_header,
                "region": found.region,
                "columns": found.columns,
                "places": places,
                # Whether rows may have been told before.
                "again": found.contact_count > 0,
                # Of what is read, which of a workbook is not what was uploaded.
                "bytes": self._path.stat().st_size,
            }
            row.save(update_fields=["options"])

    def _batch(self, cut: Cut, parsed: Parsed) -> None:
        """Store the rows of a cut: 1. lock  2. look  3. decide, row by row  4. write  5. tell  6. place and counts."""
        row, now = self._row, clock.now()
        with transaction.atomic():
            _by_index()
            # 1. The list, so that two imports into it see each other's contacts; then the marks, then the import.
            self._list = ContactList.objects.select_for_update(no_key=True).get(id=self._list.id)
            lock_marks(row.organisation_id, shared=True)
            mine = Import.objects.select_for_update().filter(id=row.id).values_list("state", "at_byte").first()
            if mine != (Import.State.RUNNING, row.at_byte):
                raise Gone
            # 2.
            book = Book(
                self._person,
                import_id=row.id,
                match=self._match,
                on_match=self._on_match,
                again=row.options["plan"]["again"],
                seen=self._seen,
            )
            numbers, addresses = self._store.suppressed(parsed, now)
            places = keys_in_registers(org_id=row.organisation_id, keys=parsed.places)
            # 3.
            counts = {
                "rows": len(parsed.digests) + len(parsed.rejected),
                "new": 0,
                "updated": 0,
                "duplicate": 0,
                "suppressed": 0,
                "left_out": 0,
                "rejected": len(parsed.rejected),
            }
            refused = list(parsed.rejected)
            about: set[str] = set()
            new: Sequence[str] = ()  # ids of contacts whose lines are ready
            lines = ("", "")
            if not (numbers or addresses or places) and (told := self._all_told(book, parsed)):
                counts["duplicate"] = len(parsed.digests)
                about.update(told)
                for one in parsed.together:  # such a row is never alone
                    refused += one.left_out
                    counts["left_out"] += bool(one.left_out)
            else:
                rows, new, lines = self._look(book, parsed, numbers, addresses, places)
                registered = self._in_registers(rows, places)
                counts["new"] += len(new)
                about.update(new)
                for one in rows:
                    outcome = book.take(one, UUID(one.id))
                    counts[outcome.verdict] += 1
                    contact = outcome.contact
                    if outcome.verdict == "rejected":
                        refused.append(self._refuse(cut, one, outcome))
                        continue
                    assert contact is not None
                    refused += one.left_out
                    counts["left_out"] += bool(one.left_out)
                    about.add(str(contact.id))
                    barred = one.line in registered or contact.email in addresses or not numbers.isdisjoint(one.e164s)
                    if contact.suppressed or barred:
                        counts["suppressed"] += 1
            for held in book.made:
                held.suppressed = held.email in addresses  # the address it has in the end
            # 4.
            changed = [held for held in book.changed if held.changed]
            self._store.change(book, book.changed, now)
            self._store.make(book, book.made, numbers, now, ready=lines)
            if changed and not row.dry_run:
                mark(
                    org_id=row.organisation_id,
                    now=now,
                    numbers={n.e164 for held in changed for n in book.numbers_of(held) if n.e164 is not None},
                    contacts=[held.id for held in changed],
                )
            if not row.dry_run:
                found = [held.id for held in book.made if held.changed or self._place_of(held) in places]
                rematch(org_id=row.organisation_id, contacts=[*found, *(held.id for held in changed)], now=now)
            if refused:
                row.rejected_bytes = self._rejected.append(sorted(refused, key=lambda one: one.line))
            # 5.
            if not row.dry_run:
                made = [*new, *(str(held.id) for held in book.made)]
                self._told_of(sorted(about - set(made)))
                self._tell(sorted(made), [held.id for held in changed], about)
            # 6.
            row.counts = {name: row.counts.get(name, 0) + number for name, number in counts.items()}
            row.at_byte, row.at_line, row.at_row = cut.end, cut.next_line, row.at_row + counts["rows"]
            row.tries = 0
            row.save(update_fields=["at_byte", "at_line", "at_row", "tries", "counts", "detected", "rejected_bytes"])

    def _told_of(self, there: list[str]) -> None:
        """Note whom the batch was about, of those that were there: they are no longer only their first import's."""
        if there:
            contacts = f"{{{','.join(there)}}}"
            sql.run("contacts", "import_tell_of", id=new_id(), contacts=contacts, low=there[0], high=there[-1],
                    **{"import": self._row.id})  # fmt: skip

    def _all_told(self, book: Book, parsed: Parsed) -> list[str]:
        """The contacts that the rows are about, where an earlier import told them all: then none says anything new."""
        # Where one batch had news, the next will have more.
        if not (self._told and book.asks_told and parsed.digests):
            return []
        digests = set(parsed.digests)
        found = self._store.all_told(digests)
        self._told = bool(found)
        if found:
            book.told_again(digests)
        return found

    def _in_registers(self, rows: Sequence[Ready], places: set[int]) -> set[int]:
        """Lines of the rows that a register by name and address bars."""
        near = [(one.line, self._person.who(json.loads(one.fields))) for one in rows if one.place_key in places]
        return exact_rows(org_id=self._row.organisation_id, rows=[(line, who) for line, who in near if who is not None])

    def _place_of(self, held: Held) -> int | None:
        """By what a contact that one row of the batch makes is found in registers."""
        return held.row.place_key if isinstance(held.row, Ready) else None

    def _look(
        self, book: Book, parsed: Parsed, numbers: set[str], addresses: set[str], places: set[int]
    ) -> tuple[Sequence[Ready], Sequence[str], tuple[str, str]]:
        """The book, told what the list knows; the rows that it has to decide; the ids that all others make, and their
        COPY lines."""
        if book.asks_told:
            self._store.find_told(book, parsed)
        if not (book.asks_told and book.all_told(parsed.digests)):
            self._store.find(book, parsed, self._match)
        if book.is_empty and not (numbers or addresses or places):
            return parsed.together, parsed.ids, (parsed.contacts, parsed.numbers)
        rows, new, lines = parsed.part(
            lambda keys: (
                keys[2] in addresses
                or not numbers.isdisjoint(keys[4:])
                or (keys[3] is not None and keys[3] in places)
                or book.knows(keys[0], keys[1], keys[2], keys[4:])
            )
        )
        self._store.load(book, book.asked(rows))
        return rows, new, lines

    def _tell(self, made: list[str], changed: list[UUID], about: set[str]) -> None:
        row = self._row
        campaigns = [str(one) for one in row.campaign_ids]
        # Whoever a row was about goes to a campaign named with the import; else only the new ones are news.
        added = sorted(about) if campaigns else made
        common = {"list": str(self._list.id), "import": str(row.id)}
        records = [
            events.of(self._list, events.CONTACTS_ADDED, {**common, "contacts": ids, "campaigns": campaigns})
            for ids in events.chunks(added)
        ] + [
            events.of(self._list, events.CONTACTS_CHANGED, {**common, "contacts": ids})
            for ids in events.chunks(sorted(changed))
        ]
        if records:
            self._list.contact_count += len(made)
            self._list.save(update_fields=["event_no", "contact_count"])
            log.record_all(records)

    def _refuse(self, cut: Cut, ready: Ready, why: Outcome) -> Rejected:
        """A row that was read but cannot be stored, with its cells as they were: read again, since that is rare."""
        cells = next(cells for line, cells in cells_of(self._job, cut) if line == ready.line)
        external = self._person.external.name if self._person.external is not None else ""
        return Rejected(ready.line, why.column or external, why.code, why.reason, cells)


def how_read(options: Mapping[str, Any], remembered: Mapping[str, Any]) -> dict[str, Any]:
    """What has been said of a file, for `sniff`: its columns by name, if they were named before, betray its header."""
    return {**options, "mapping": {**remembered, **(options.get("mapping") or {})}}


def _by_index() -> None:
    """Look rows up by their indexes in this transaction, whatever the planner believes.

    Its statistics lag behind a list that grows within minutes: it would read the whole table for each batch.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;"
            " SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off"
        )


def check_file(path: Path, sniffed: Sniffed, *, at: tuple[int, int] = (0, 0)) -> Checked:
    """The whole-file check; raises BadFile. `at`: the byte and line from which an import that was under way goes on."""
    with path.open("rb") as file:
        return check(
            file,
            start=at[0] or sniffed.start,
            line=at[1] or sniffed.line,
            newline=sniffed.newline.encode(),
            delimiter=sniffed.delimiter,
            marked=sniffed.marked,
            cut_bytes=min(_MOST_CUT, max(_LEAST_CUT, sniffed.row_bytes * BATCH_ROWS)),
        )


def _finish(row: Import, mapping: dict[str, str | None]) -> None:
    with transaction.atomic():
        assert row.list_id is not None
        found = ContactList.objects.select_for_update(no_key=True).get(id=row.list_id)
        if not row.dry_run:
            # What these headers meant is remembered for the next file.
            found.mapping = remember(found.mapping, mapping)
            found.save(update_fields=["mapping"])
        finish(row)
