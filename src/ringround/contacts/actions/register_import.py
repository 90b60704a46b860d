"""A register by name and address from a file. The issue that is read stands beside the one before until it is whole;
then it takes its place, and who is no longer in it is no longer barred by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.contacts import events
from ringround.contacts.actions._common import lock_marks
from ringround.contacts.actions.import_outcome import Gone, Progress, finish
from ringround.contacts.actions.register_columns import columns_of, is_by_address
from ringround.contacts.actions.rematch import contacts_at, in_parts, rematch, tell, would_hit
from ringround.contacts.actions.suppression_import import SuppressionsRun
from ringround.contacts.files import bad
from ringround.contacts.files.check import Cut, split_lines
from ringround.contacts.files.parse import Rejected
from ringround.contacts.files.records import records
from ringround.contacts.files.sniff import Sniffed
from ringround.contacts.models import Import, Register, RegisterEntry, RegisterHit, Suppression
from ringround.contacts.rules.registers import Who, place_key, print_of, read
from ringround.infra import audit, clock
from ringround.infra import events as log
from ringround.kernel.ids import new_id
from ringround.kernel.messages import N_
from ringround.kernel.text import clean
from ringround.orgs.actor import system

_MOST_CELL = 200
_OLD = 2_000  # entries of the issue before that go at once


class RegisterRun(SuppressionsRun):
    """One process' turn at one issue."""

    def __init__(self, row: Import, progress: Progress) -> None:
        super().__init__(row, progress)
        # A dry run counts contacts, which several rows may be; it begins again when it is killed.
        self._exact, self._near, self._prints = set[UUID](), set[UUID](), set[int]()

    def _choose(self, sniffed: Sniffed) -> None:
        self._at = columns_of(sniffed.headers, sniffed.guesses, self._row.options.get("mapping") or {})
        if not is_by_address(self._at):
            raise bad.BadFile(
                "no_address_columns",
                N_("The file needs columns with a name, a street with its number, and a post code."),
            )

    def _people(
        self, cut: Cut, sniffed: Sniffed, encoding: str
    ) -> tuple[dict[int, tuple[Who, list[str]]], int, list[Rejected]]:
        """By print who stands in a cut and the cells of it, how many rows they are, and the rows that name nobody."""
        with self._path.open("rb") as file:
            file.seek(cut.start)
            text = file.read(cut.end - cut.start).decode(encoding)
        found: dict[int, tuple[Who, list[str]]] = {}
        rows, refused = 0, []
        for line, cells in records(split_lines(text, sniffed.newline.encode()), sniffed.delimiter, cut.line):
            if not any(cell.strip() for cell in cells):
                continue
            said = self._said(cells)
            who = read(said[0], said[1], None, said[2], said[3])
            if who is None:
                column = sniffed.headers[self._at["address"]]
                reason = N_("The row does not have a name, a street and a post code.")
                refused.append(Rejected(line, column, "no_address", reason, cells))
                continue
            rows += 1
            found.setdefault(print_of(who), (who, said))
        return found, rows, refused

    def _said(self, cells: Sequence[str]) -> list[str]:
        """Name, street, post code, city."""

        def cell(role: str) -> str:
            at = self._at.get(role)
            return clean(cells[at], _MOST_CELL) if at is not None and at < len(cells) else ""

        name = cell("name") or " ".join(filter(None, (cell("first_name"), cell("last_name")))) or cell("company")
        address = ", ".join(filter(None, (cell("address"), cell("address2"))))
        return [name, address, cell("post_code"), cell("city")]

    def _batch(self, cut: Cut, sniffed: Sniffed, encoding: str) -> None:
        row = self._row
        found, rows, refused = self._people(cut, sniffed, encoding)
        with transaction.atomic():
            lock_marks(row.organisation_id, shared=False)
            self._hold()
            register = self._register(make=not row.dry_run)
            before = set(
                RegisterEntry.objects.filter(register=register, print__in=found).values_list("print", flat=True)
            ) if register is not None else set()  # fmt: skip
            fresh = found.keys() - before - self._prints
            if row.dry_run:
                self._prints |= fresh
                exact, near = would_hit(org_id=row.organisation_id, whos=[who for who, _said in found.values()])
                self._exact, self._near = self._exact | exact, self._near | near
                row.counts.update(suppressed=len(self._exact), near=len(self._near - self._exact))
            else:
                assert register is not None
                self._enter(register, found)
                # They bar from now on, whole issue or not.
                register.entries += len(fresh)
                register.save(update_fields=["entries"])
                contacts = contacts_at(org_id=row.organisation_id, keys={place_key(who) for who, _ in found.values()})
                self._again(register, contacts)
            if refused:
                row.rejected_bytes = self._rejected.append(refused)
            counts = {
                "rows": rows + len(refused), "new": len(fresh), "duplicate": rows - len(fresh), "rejected": len(refused)
            }  # fmt: skip
            row.counts = {**row.counts, **{name: row.counts.get(name, 0) + number for name, number in counts.items()}}
            row.at_byte, row.at_line, row.at_row = cut.end, cut.next_line, row.at_row + counts["rows"]
            row.tries = 0
            row.save(update_fields=["at_byte", "at_line", "at_row", "tries", "counts", "detected", "rejected_bytes"])

    def _enter(self, register: Register, found: Mapping[int, tuple[Who, list[str]]]) -> None:
        RegisterEntry.objects.bulk_create(
            [
                RegisterEntry(
                    id=new_id(), organisation_id=self._row.organisation_id, register=register, import_id=self._row.id,
                    place_key=place_key(who), print=print, name=said[0], address=said[1], post_code=said[2],
                    city=said[3],
                )
                for print, (who, said) in found.items()
            ],
            ignore_conflicts=True,
        )  # fmt: skip

    def _again(self, register: Register, contacts: list[UUID]) -> None:
        """Find contacts in the registers again, and tell of whom that changed anything."""
        changed: list[UUID] = []
        for some in in_parts(contacts):
            changed += rematch(org_id=self._row.organisation_id, contacts=some, now=clock.now())
        if changed:
            log.record_all(tell(register, changed))
            register.save(update_fields=["event_no"])

    def _hold(self) -> None:
        held = Import.objects.select_for_update().filter(id=self._row.id).values_list("state", "at_byte").first()
        if held != (Import.State.RUNNING, self._row.at_byte):
            raise Gone

    def _register(self, *, make: bool) -> Register | None:
        row = self._row
        of: dict[str, Any] = {
            "organisation_id": row.organisation_id, "campaign_id": self._campaign, "channel": self._channel,
            "source": row.options["source"],
        }  # fmt: skip
        if make:
            Register.objects.get_or_create(**of, defaults={"created_at": clock.now()})
        return Register.objects.select_for_update().filter(**of).first()

    def _end(self) -> None:
        row = self._row
        if row.counts.get("rejected", 0) == row.counts.get("rows", 0):
            # Another file by mistake: taken as an issue without anybody, it would lift every bar.
            raise bad.BadFile("no_address", N_("No row of the file has a name, a street and a post code."))
        if row.dry_run:
            super()._end()
            return
        while self._old_go():
            self._progress(row)
        with transaction.atomic():
            lock_marks(row.organisation_id, shared=False)
            self._hold()
            register = self._register(make=True)
            assert register is not None
            register.source_on, register.import_id = row.options.get("date") or None, row.id
            Suppression.objects.filter(hit__register=register).update(
                source_on=register.source_on, import_id=register.import_id
            )
            hits = RegisterHit.objects.filter(register=register, entry__isnull=False)
            exact = hits.filter(state__in=("exact", "accepted")).values("contact").distinct().count()
            near = hits.filter(state="open").values("contact").distinct().count()
            row.counts = {**row.counts, "suppressed": exact, "near": near}
            register.entries = RegisterEntry.objects.filter(register=register).count()
            data = {"import": str(row.id), "entries": register.entries, "exact": exact, "near": near}
            log.record_all([events.of(register, events.REGISTER_REPLACED, data)])
            register.save()
            audit.write(
                actor=system(row.organisation), action="contacts.register.replaced", org_id=row.organisation_id,
                subject_type="register", subject_id=register.id, data=data,
            )  # fmt: skip
            finish(row)

    def _old_go(self) -> bool:
        """Let some entries of the issue before go, with what barred by them; whether there were any."""
        with transaction.atomic():
            lock_marks(self._row.organisation_id, shared=False)
            self._hold()
            register = self._register(make=True)
            assert register is not None
            old = RegisterEntry.objects.filter(register=register).exclude(import_id=self._row.id)
            issue = old.order_by("import_id").values_list("import_id", flat=True).first()
            return issue is not None and entries_go(register, issue=issue) is not None


def entries_go(register: Register, *, issue: UUID, after: int | None = None) -> int | None:
    """Remove some entries of one issue of a register, by their prints; the last print, None where there were none.

    `after`: what is gone up to there within this transaction is not walked over again. The marks are held alone, the
    register is locked.
    """
    old = RegisterEntry.objects.filter(register=register, import_id=issue)
    old = old.filter(print__gt=after) if after is not None else old
    found = list(old.order_by("print").values_list("id", "print")[:_OLD])
    if not found:
        return None
    ids = [one[0] for one in found]
    contacts = sorted(set(RegisterHit.objects.filter(entry__in=ids).values_list("contact", flat=True)))
    RegisterEntry.objects.filter(id__in=ids).delete()
    gone = {one[1] for one in found}
    # Who stands in another issue of it, too, stands in it still.
    others = RegisterEntry.objects.filter(register=register, import_id__in=_issues(register), print__in=gone)
    gone -= set(others.values_list("print", flat=True))
    register.entries = max(0, register.entries - len(gone))
    register.save(update_fields=["entries"])
    changed: list[UUID] = []
    for some in in_parts(contacts):
        changed += rematch(org_id=register.organisation_id, contacts=some, now=clock.now())
    if changed:
        log.record_all(tell(register, changed))
        register.save(update_fields=["event_no"])
    return found[-1][1]


def _issues(register: Register) -> list[UUID]:
    """Of which issues there are entries, without reading them all: from each to the next."""
    of = RegisterEntry.objects.filter(register=register).order_by("import_id").values_list("import_id", flat=True)
    found: list[UUID] = []
    while (following := (of.filter(import_id__gt=found[-1]) if found else of).first()) is not None:
        found.append(following)
    return found
