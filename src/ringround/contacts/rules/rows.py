"""One row of a file, or one body of the API, to what is stored; or why not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ringround.contacts.rules.columns import Column
from ringround.contacts.rules.person import Known, Number, Person
from ringround.kernel import columns as typed
from ringround.kernel import phones
from ringround.kernel.calendar import find_zone
from ringround.kernel.columns.texts import MAX_EXTERNAL_ID, MAX_TEXT
from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_
from ringround.kernel.text import clean, is_nothing

# Where people write 1,234.5. Everywhere else the comma is the decimal sign.
_POINT_REGIONS = frozenset(["US", "GB", "IE", "CA", "AU", "NZ", "IN", "ZA", "MX", "JP", "CN", "KR", "IL", "TH", "SG"])
_TEXTS = ("text", "long_text", "bool", "choice", "multi_choice")
# A yes or no may be what says that a person is not to be called; a text too long is a file that is read wrongly.
_NEEDED = ("bool", "text", "long_text")


# Made once: `json.dumps` would make one for each row.
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
# The same of a text, which nearly every value is.
_json_text: Callable[[str], str] = json.encoder.encode_basestring


def decimal_sign(region: str) -> str:
    """How a decimal number is written there."""
    return "." if region in _POINT_REGIONS else ","


class Row(NamedTuple):
    """A readable row: what its cells say, nothing of what the database knows."""

    line: int
    # Of everything the row says; the same row of the same list has the same digest on every day.
    digest: int
    fields: dict[str, Any]  # by column name, without empty cells and phones
    external_id: str | None
    numbers: tuple[Number, ...]
    known: Known
    fields_json: str
    # The first of the list's required columns that the row says nothing of, "" if none.
    missing: str = ""
    # (column, reason) of cells that cannot be read, which it does without.
    left_out: tuple[tuple[str, object], ...] = ()

    @property
    def e164s(self) -> list[str]:
        return [number.e164 for number in self.numbers if number.e164 is not None]


class Refused(NamedTuple):
    """A row that is not taken; `column` is the list's column, "" when it is about the whole row."""

    line: int
    column: str
    code: str
    reason: object


class RowReader:
    """Reads rows of one file into one list: made once, called for every row."""

    def __init__(
        self,
        columns: Sequence[Column],
        places: Sequence[int | None],
        *,
        region: str,
        zone: ZoneInfo | None = None,
        keep_invalid: bool = False,
        leave_out: bool = True,
    ) -> None:
        """`places`: for each column of the file the number of the list's column it goes to, or None.

        `leave_out`: a row is taken without a cell that cannot be read, if the cell's column is not required.
        """
        self.person = Person(columns)
        self._width = len(places)
        self._region, self._zone = region, zone
        self._decimal = decimal_sign(region)
        self._keep_invalid, self._leave_out = keep_invalid, leave_out
        # In the order of the list, so that equal rows have equal JSON whatever the file's order.
        order = sorted((to, at) for at, to in enumerate(places) if to is not None)
        position = {column.name: number for number, column in enumerate(self.person.phones)}
        self._phones = [
            (at, position[columns[to].name], columns[to]) for to, at in order if columns[to].type == "phone"
        ]
        # What most cells are is told apart: a text that may be anything needs no typed reader.
        self._others = [
            (
                at,
                columns[to],
                columns[to].type == "text" and columns[to].role != "timezone",
                f"{_json_text(columns[to].name)}:",
            )
            for to, at in order
            if columns[to].type not in ("phone", "external_id")
        ]
        self._external = next((at for to, at in order if columns[to].type == "external_id"), None)
        self._required = [column for column in columns if column.required]

    def read(self, cells: Sequence[str], line: int) -> Row | Refused | None:
        """A row, why it is refused, or None for an empty line."""
        width = len(cells)
        if width > self._width:
            if any(cells[self._width :]):
                return Refused(line, "", "too_many_cells", N_("The row has more cells than the header has columns."))
        elif width < self._width:
            cells = [*cells, *[""] * (self._width - width)]
        fields: dict[str, Any] = {}
        parts: list[str] = []
        left_out: list[tuple[str, object]] = []
        for at, column, free, key in self._others:
            cell = cells[at]
            if not cell:
                continue
            if free and len(cell) <= MAX_TEXT:
                if text := clean(cell):
                    fields[column.name] = text
                    parts.append(key + _json_text(text))
                continue
            if column.type not in _TEXTS and is_nothing(cell):
                continue
            value = typed.parse(
                column.type, cell, options=column.options, zone=self._zone, region=self._region, decimal=self._decimal
            )
            if column.role == "timezone" and isinstance(value, str) and find_zone(value) is None:
                value = Fault((), "unknown_timezone", N_("There is no such time zone."))
            if isinstance(value, Fault):
                if not self._leave_out or column.required or column.type in _NEEDED:
                    return Refused(line, column.name, value.code, value.detail)
                left_out.append((column.name, value.detail))
                continue
            if value is None:
                continue
            fields[column.name] = said = typed.to_json(value)
            parts.append(key + _json(said))
        external_id: str | None = None
        if self._external is not None and (cell := cells[self._external]) and not is_nothing(cell):
            assert self.person.external is not None
            found = clean(cell) if len(cell) <= MAX_EXTERNAL_ID else typed.parse("external_id", cell)
            if isinstance(found, Fault):
                return Refused(line, self.person.external.name, found.code, found.detail)
            if found:
                external_id = fields[self.person.external.name] = str(found)
                parts.append(f"{_json_text(self.person.external.name)}:{_json_text(external_id)}")
        numbers, good = self._read_numbers(cells)
        if not fields and not numbers:
            return None
        if not good and not self._keep_invalid:
            if not numbers:
                return Refused(line, self._phones[0][2].name, "no_number", N_("The row has no phone number."))
            return Refused(line, numbers[0].label, "invalid_number", N_("None of the row's phone numbers is valid."))
        missing = ""
        if self._required:
            missing = next((one.name for one in self._required if not _has(one, fields, numbers)), "")
        # The fields as `_json` writes them.
        text = f"{{{','.join(parts)}}}"
        return Row(
            line,
            _digest(text, numbers),
            fields,
            external_id,
            tuple(numbers),
            self.person.know(fields, external_id, numbers),
            text,
            missing,
            tuple(left_out),
        )

    def _read_numbers(self, cells: Sequence[str]) -> tuple[list[Number], bool]:
        numbers = []
        good = False
        for at, position, column in self._phones:
            written = cells[at]
            if not written:
                continue
            if (plain := phones.read_plain(written, self._region)) is not None:
                # As most are written: it is shown as it stands.
                numbers.append(Number(position, column.name, plain.e164, written, phones.KINDS[plain.kind], True))
                good = True
                continue
            if written.isspace() or is_nothing(written):
                continue
            number = read_number(written, self._region, position, column.name)
            good = good or number.valid
            numbers.append(number)
        return numbers, good


def read_number(written: str, region: str, position: int, label: str) -> Number:
    """A number as it is stored; what is none is kept as written."""
    phone = phones.parse(written, region)
    shown = clean(written, phones.MAX_WRITTEN)
    if phone is None or not phone.valid:
        return Number(position, label, None, shown, "", False)
    return Number(position, label, phone.e164, shown, phone.kind, True)


def _digest(fields: str, numbers: Sequence[Number]) -> int:
    """Of all that a row says."""
    said = f"{fields}\x1f" + "\x1f".join([f"{n[1]}\x1e{n[3]}\x1e{n[2]}" for n in numbers])
    return int.from_bytes(blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)


def _has(column: Column, fields: Mapping[str, Any], numbers: Sequence[Number]) -> bool:
    if column.type == "phone":
        return any(number.label == column.name for number in numbers)
    return column.name in fields


@dataclass(frozen=True, slots=True)
class Values:
    """Checked values of a contact made or changed by hand or by API; only the columns that were given."""

    fields: dict[str, Any]  # None takes a value away
    external_id: str | None
    external_given: bool
    numbers: dict[str, Number | None]  # by label; None takes a number away


def read_values(
    columns: Sequence[Column], given: Mapping[str, object], *, region: str, zone: ZoneInfo | None = None, whole: bool
) -> tuple[Values, list[Fault]]:
    """Typed values of `given`, and every fault at `("fields", column)`.

    `whole`: of a new contact, so that required columns must be there; else only those given are looked at.
    A phone number that is none is a fault here: who types it can correct it.
    """
    decimal = decimal_sign(region)
    by_name = {column.name: column for column in columns}
    positions = {column.name: number for number, column in enumerate(c for c in columns if c.type == "phone")}
    faults = [
        Fault(("fields", name), "unknown_column", N_("The list has no such column."))
        for name in given
        if name not in by_name
    ]
    fields: dict[str, Any] = {}
    numbers: dict[str, Number | None] = {}
    external_id, external_given = None, False
    for column in columns:
        if column.name not in given:
            if whole and column.required:
                faults.append(Fault(("fields", column.name), "required", N_("This must not be empty.")))
            continue
        raw = given[column.name]
        loc = ("fields", column.name)
        if isinstance(raw, str):
            raw = raw.strip()
        value = typed.parse(
            column.type, raw, options=column.options, zone=zone, region=region, decimal=decimal, loc=loc
        )
        if isinstance(value, Fault):
            faults.append(value)
            continue
        if value is None and column.required:
            faults.append(Fault(loc, "required", N_("This must not be empty.")))
            continue
        if column.role == "timezone" and value is not None and find_zone(str(value)) is None:
            faults.append(Fault(loc, "unknown_timezone", N_("There is no such time zone.")))
            continue
        if column.type == "external_id":
            external_id, external_given = (str(value) if value is not None else None), True
            fields[column.name] = external_id
        elif column.type == "phone":
            if isinstance(value, phones.Phone) and not value.valid:
                faults.append(Fault(loc, "invalid_number", N_("This is not a valid phone number.")))
                continue
            numbers[column.name] = (
                read_number(str(raw), region, positions[column.name], column.name) if value is not None else None
            )
        else:
            fields[column.name] = typed.to_json(value)
    return Values(fields, external_id, external_given, numbers), faults
