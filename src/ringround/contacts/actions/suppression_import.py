"""A register from a file: numbers or addresses, one a row, that must not be contacted."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from ringround.contacts import events
from ringround.contacts.actions._common import lock_marks
from ringround.contacts.actions.import_contacts import check_file
from ringround.contacts.actions.import_outcome import Gone, Progress, finish
from ringround.contacts.actions.suppressions import marks_again
from ringround.contacts.files import bad, store
from ringround.contacts.files.check import Cut, split_lines
from ringround.contacts.files.parse import Rejected
from ringround.contacts.files.records import records
from ringround.contacts.files.rejected import RejectedFile
from ringround.contacts.files.sniff import MAX_BYTES, Sniffed, sniff
from ringround.contacts.files.source import whole
from ringround.contacts.models import Import, Suppression
from ringround.infra import clock
from ringround.infra import events as log
from ringround.kernel import phones
from ringround.kernel.columns import parse
from ringround.kernel.errors import Fault
from ringround.kernel.ids import new_id, parse_id
from ringround.kernel.messages import N_

_Value = tuple[str, str]  # (kind, value)


class SuppressionsRun:
    """One process' turn at one register. Idempotent by the unique constraint, and resumed as contacts are."""

    def __init__(self, row: Import, progress: Progress) -> None:
        self._row, self._progress = row, progress
        self._path = store.place(row.path)
        self._channel: str = row.options.get("channel") or "any"
        self._campaign = parse_id(row.options.get("campaign"))

    def go(self) -> None:
        row = self._row
        if not self._path.is_file():
            raise bad.BadFile("file_missing", N_("The uploaded file is no longer there. Upload it again."))
        if row.size >= MAX_BYTES:
            raise bad.too_large(MAX_BYTES // 1024**3)
        source = whole(self._path, told=row.options, region=row.organisation.region)
        self._path = source.path
        sniffed = sniff(self._path, region=row.organisation.region, told={**row.options, **source.told})
        self._choose(sniffed)
        checked = check_file(self._path, sniffed, at=(row.at_byte, row.at_line))
        if not row.at_byte:
            row.detected = {**sniffed.to_json(), "encoding": checked.encoding, **source.detected}
        self._rejected = RejectedFile(store.place(row.rejected_path), sniffed.headers, hidden=sniffed.national_ids)
        row.rejected_bytes = self._rejected.begin(row.rejected_bytes)
        for cut in checked.cuts:
            self._batch(cut, sniffed, checked.encoding)
            self._progress(row)
        if not row.counts.get("rows"):
            raise bad.no_rows()
        self._end()
        self._progress(row)

    def _choose(self, sniffed: Sniffed) -> None:
        """Which columns of the file are read; raises BadFile."""
        self._columns = self._find_columns(sniffed)
        if not self._columns:
            raise bad.BadFile(
                "no_value_column",
                N_("No column of the file holds phone numbers or e-mail addresses of this channel."),
            )

    def _end(self) -> None:
        with transaction.atomic():
            finish(self._row)

    def _read(self, cut: Cut, sniffed: Sniffed, encoding: str) -> tuple[list[list[_Value]], list[Rejected]]:
        """What each row of a cut bars, and the rows that hold nothing to bar."""
        with self._path.open("rb") as file:
            file.seek(cut.start)
            text = file.read(cut.end - cut.start).decode(encoding)
        found: list[list[_Value]] = []
        refused: list[Rejected] = []
        for line, cells in records(split_lines(text, sniffed.newline.encode()), sniffed.delimiter, cut.line):
            if not any(cell.strip() for cell in cells):
                continue
            values = [one for at, kind in self._columns if at < len(cells) and (one := self._value(kind, cells[at]))]
            if values:
                found.append(values)
            else:
                column = sniffed.headers[self._columns[0][0]]
                reason = N_("The row has no valid phone number or e-mail address.")
                refused.append(Rejected(line, column, "no_value", reason, cells))
        return found, refused

    def _find_columns(self, sniffed: Sniffed) -> list[tuple[int, str]]:
        """(column, kind) of what the file bars; a header that says nothing leaves it to the cells."""
        kinds = ("phone", "email") if self._channel == "any" else (self._channel,)
        found = [(at, guess.type) for at, guess in enumerate(sniffed.guesses) if guess.type in kinds]
        if found:
            return found
        best, most = None, 0
        for at in range(len(sniffed.headers)):
            for kind in kinds:
                good = sum(1 for row in sniffed.rows if at < len(row) and self._value(kind, row[at]) is not None)
                if good > most:
                    best, most = (at, kind), good
        return [best] if best is not None else []

    def _value(self, kind: str, cell: str) -> _Value | None:
        if kind == "phone":
            number = phones.parse(cell, self._row.organisation.region)
            return ("phone", number.e164) if number is not None and number.valid else None
        value = parse("email", cell)
        return None if value is None or isinstance(value, Fault) else ("email", str(value).lower())

    def _batch(self, cut: Cut, sniffed: Sniffed, encoding: str) -> None:
        row, now = self._row, clock.now()
        found, refused = self._read(cut, sniffed, encoding)
        with transaction.atomic():
            lock_marks(row.organisation_id, shared=False)
            held = Import.objects.select_for_update().filter(id=row.id).values_list("state", "at_byte").first()
            if held != (Import.State.RUNNING, row.at_byte):
                raise Gone
            of: dict[str, Any] = {
                "organisation_id": row.organisation_id,
                "campaign_id": self._campaign,
                "channel": self._channel,
            }
            values = dict.fromkeys(value for barred in found for value in barred)
            known = {
                (one.kind, one.value): one
                for one in Suppression.objects.filter(
                    **of, kind__in=["phone", "email"], value__in=[value for _kind, value in values]
                )
            }
            said: dict[str, Any] = {
                "source": row.options.get("source", ""),
                "source_on": row.options.get("date") or None,
                "import_id": row.id,
            }
            made = [
                Suppression(
                    id=new_id(), kind=kind, value=value, created_by_id=row.created_by_id, created_at=now, **said, **of
                )
                for kind, value in values
                if (kind, value) not in known
            ]
            # A register bars for good: what was barred for a time, or no longer is, is from now on barred by it.
            renewed = [one for one in known.values() if one.expires_at is not None]
            for one in renewed:
                one.expires_at, one.lapsed = None, False
                one.source, one.source_on, one.import_id = said["source"], said["source_on"], row.id
            if not row.dry_run:
                Suppression.objects.bulk_create(made)
                Suppression.objects.bulk_update(renewed, ["expires_at", "lapsed", *said])
                affected = marks_again(org_id=row.organisation_id, rows=[*made, *renewed], now=now)
                log.record_all(
                    [
                        events.of(
                            row,
                            events.SUPPRESSION_CHANGED,
                            {"contacts": ids, "campaign": str(self._campaign) if self._campaign else None},
                            called="suppression",
                        )
                        for ids in events.chunks(affected)
                    ]
                )
            if refused:
                row.rejected_bytes = self._rejected.append(refused)
            news = {(one.kind, one.value) for one in (*made, *renewed)}
            counts = {"rows": len(found) + len(refused), "new": 0, "duplicate": 0, "rejected": len(refused)}
            for barred in found:
                counts["duplicate" if news.isdisjoint(barred) else "new"] += 1
                news.difference_update(barred)
            row.counts = {name: row.counts.get(name, 0) + counts.get(name, 0) for name in {*row.counts, *counts}}
            row.at_byte, row.at_line, row.at_row = cut.end, cut.next_line, row.at_row + counts["rows"]
            row.tries = 0
            row.save(
                update_fields=[
                    "at_byte", "at_line", "at_row", "tries", "counts", "detected", "rejected_bytes", "event_no",
                ]
            )  # fmt: skip
