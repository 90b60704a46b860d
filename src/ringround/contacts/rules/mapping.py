"""Which column of a file goes to which column of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ringround.contacts.rules.columns import MAX_NAME, Column
from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.headers import Guess
from ringround.kernel.messages import N_
from ringround.kernel.text import clean, fold

MOST_REMEMBERED = 1_000  # headers a list remembers
Places = tuple[int | None, ...]


def unique_headers(cells: Sequence[str]) -> tuple[str, ...]:
    """The names of a file's columns: cleaned, none empty, none twice."""
    taken: set[str] = set()
    names = []
    for number, cell in enumerate(cells, start=1):
        base = clean(cell, MAX_NAME) or unnamed(number)
        name, serial = base, 1
        while fold(name) in taken:
            serial += 1
            name = f"{base[: MAX_NAME - 5]} {serial}"
        taken.add(fold(name))
        names.append(name)
    return tuple(names)


def unnamed(number: int) -> str:
    """What a column without a name goes by, in mappings too: the same in every language. Screens say it in theirs."""
    return f"column {number}"


def remember(
    known: Mapping[str, str | None], said: Mapping[str, str | None], most: int = MOST_REMEMBERED
) -> dict[str, str | None]:
    """What headers meant, the last file's first of all: as many as anybody's files have."""
    old = {header: column for header, column in known.items() if header not in said}
    return {**dict(list(old.items())[: max(0, most - len(said))]), **said}


def place(
    headers: Sequence[str],
    guesses: Sequence[Guess],
    columns: Sequence[Column],
    given: Mapping[str, str | None] | None = None,
    remembered: Mapping[str, str | None] | None = None,
) -> Places:
    """For each header the number of the list's column it goes to, or None.

    In this order, and a column once: 1. as given (None or "": not taken)  2. as the list remembers  3. by the same
    name  4. by what the header and its cells look like, phones in order. Raises Invalid where `given` names what is
    not there.
    """
    given = {fold(header): column for header, column in (given or {}).items()}
    remembered = {fold(header): column for header, column in (remembered or {}).items()}
    number_of = {column.name: number for number, column in enumerate(columns)}
    folded = {fold(column.name): number for number, column in enumerate(columns)}
    faults = []
    known = {fold(header) for header in headers}
    for header, column in given.items():
        if header not in known:
            faults.append(Fault(("mapping", header), "unknown_header", N_("The file has no such column.")))
        elif column and fold(column) not in folded:
            faults.append(Fault(("mapping", header), "unknown_column", N_("The list has no such column.")))
    targets = [fold(column) for column in given.values() if column]
    for twice in {target for target in targets if targets.count(target) > 1}:
        faults.append(
            Fault(("mapping",), "duplicate_column", N_("Two columns of the file go to “%(name)s”.", name=twice))
        )
    if faults:
        raise Invalid(faults)

    places: list[int | None] = [None] * len(headers)
    decided: set[int] = set()
    free = set(range(len(columns)))

    def take(at: int, number: int | None) -> None:
        decided.add(at)
        if number is not None and number in free:
            free.discard(number)
            places[at] = number

    for at, header in enumerate(headers):
        if fold(header) in given:
            column = given[fold(header)]
            take(at, folded[fold(column)] if column else None)
    for at, header in enumerate(headers):
        if at not in decided and fold(header) in remembered:
            column = remembered[fold(header)]
            # The list may have changed since; then the header is looked at anew.
            if not column or column in number_of:
                take(at, number_of[column] if column else None)
    for at, header in enumerate(headers):
        if at not in decided and folded.get(fold(header)) in free:
            take(at, folded[fold(header)])
    for at, guess in enumerate(guesses):
        if at not in decided and (number := _alike(guess, columns, free)) is not None:
            take(at, number)
    return tuple(places)


def _alike(guess: Guess, columns: Sequence[Column], free: set[int]) -> int | None:
    for number in sorted(free):
        column = columns[number]
        if guess.type in ("phone", "external_id") and column.type == guess.type:
            return number
        if guess.role not in (None, "phone") and column.role == guess.role:
            return number
    return None


def has_phone(places: Places, columns: Sequence[Column]) -> bool:
    """Whether any phone column of the list gets something."""
    return any(number is not None and columns[number].type == "phone" for number in places)


def is_match_mapped(match: Sequence[str], places: Places, columns: Sequence[Column]) -> bool:
    """Whether a column of the file goes to any key of `match`: else nobody would ever be found, and all be doubled."""
    taken = [columns[number] for number in places if number is not None]
    return any(key in (column.type, column.role) for key in match for column in taken)


def propose(headers: Sequence[str], guesses: Sequence[Guess]) -> tuple[Column, ...]:
    """Columns for a new list, as a file looks; each meaning once."""
    used: set[str] = set()
    external = False
    columns = []
    for header, guess in zip(headers, guesses, strict=True):
        kind, role = guess.type, guess.role
        if kind == "external_id":
            kind = "text" if external else kind
            external = True
        if role is not None and role not in ("phone", "email"):
            if role in used:
                role = None
            else:
                used.add(role)
        columns.append(Column(name=header, type=kind, role=role))
    return tuple(columns)
