"""What the columns of a list may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ringround.kernel.columns import TYPES
from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.headers import ROLES, guess_role
from ringround.kernel.messages import N_
from ringround.kernel.text import clean, fold

MAX_COLUMNS = 100
MAX_NAME = 100
MAX_OPTIONS = 200
CHOICES = ("choice", "multi_choice")
# A contact has one of each of these; of phones and e-mail addresses it may have several.
ONCE = frozenset(ROLES) - {"phone", "email"}
_KEYS = frozenset(["name", "type", "role", "required", "editable", "hidden", "options"])
# What a role is made of: a birth date that is a number helps nobody.
_TYPES_OF_ROLE = {
    "phone": ("phone",),
    "email": ("email", "text"),
    "birth_date": ("date", "text"),
    "post_code": ("text", "number", "choice"),
    "country": ("text", "choice"),
    "timezone": ("text", "choice"),
    "national_id": ("text",),
}
_TEXTS = ("text", "long_text", "choice")


@dataclass(frozen=True, slots=True)
class Column:
    """A declared column of a list."""

    name: str
    type: str = "text"
    role: str | None = None
    required: bool = False
    editable: bool = True
    hidden: bool = False
    options: tuple[str, ...] = field(default=())

    @property
    def for_agents(self) -> bool:
        """Whether who calls the contact sees it: never a national id, whether or not somebody has hidden it."""
        return not self.hidden and self.role != "national_id"

    def to_json(self) -> dict[str, Any]:
        """As it is stored and served: what is as usual is left out, but for the type."""
        shown: dict[str, Any] = {"name": self.name, "type": self.type}
        if self.role:
            shown["role"] = self.role
        if self.required:
            shown["required"] = True
        if not self.editable:
            shown["editable"] = False
        if self.hidden:
            shown["hidden"] = True
        if self.options:
            shown["options"] = list(self.options)
        return shown


def load(stored: Iterable[Mapping[str, Any]]) -> tuple[Column, ...]:
    """The columns of a list as they were stored; they were checked then."""
    return tuple(
        Column(
            name=one["name"],
            type=one["type"],
            role=one.get("role"),
            required=one.get("required", False),
            editable=one.get("editable", True),
            hidden=one.get("hidden", False),
            options=tuple(one.get("options", ())),
        )
        for one in stored
    )


def read(raw: object) -> tuple[Column, ...]:
    """Check a declaration; raises Invalid with every fault, each at `("columns", number, key)`."""
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise Invalid.one("columns", "wrong_type", N_("Give the columns as a list."))
    if len(raw) > MAX_COLUMNS:
        raise Invalid.one("columns", "too_many_columns", N_("A list has at most %(limit)s columns.", limit=MAX_COLUMNS))
    faults: list[Fault] = []
    columns: list[Column] = []
    names: set[str] = set()
    roles: set[str] = set()
    externals = 0
    for number, one in enumerate(raw):
        column = _read_one(one, number, faults)
        if column is None:
            continue
        # "Mobil" and "mobil" would be one column to a person and two to a program.
        key = fold(column.name)
        if key in names:
            faults.append(_fault(number, "name", "duplicate_column", N_("Two columns have this name.")))
        names.add(key)
        if column.role in ONCE:
            if column.role in roles:
                faults.append(_fault(number, "role", "duplicate_role", N_("Another column has this meaning already.")))
            roles.add(column.role)
        if column.type == "external_id":
            externals += 1
            if externals == 2:
                faults.append(_fault(number, "type", "two_external_ids", N_("Only one column may be the external id.")))
        columns.append(column)
    if faults:
        raise Invalid(faults)
    return _guess_roles(columns, raw, roles)


def _guess_roles(columns: Sequence[Column], raw: Sequence[Any], taken: set[str]) -> tuple[Column, ...]:
    """What a column means is seen from its name where nothing is said of it; null says that it means nothing."""
    guessed = []
    for column, said in zip(columns, raw, strict=True):
        role = guess_role(column.name) if "role" not in said and column.type not in ("phone", "external_id") else None
        if role is None or role in taken or column.type not in _TYPES_OF_ROLE.get(role, _TEXTS):
            guessed.append(column)
            continue
        if role in ONCE:
            taken.add(role)
        guessed.append(replace(column, role=role))
    return tuple(guessed)


def _read_one(one: object, number: int, faults: list[Fault]) -> Column | None:
    before = len(faults)
    if not isinstance(one, Mapping):
        faults.append(Fault(("columns", number), "wrong_type", N_("This is not a column.")))
        return None
    for key in one:
        if key not in _KEYS:
            faults.append(_fault(number, str(key), "unknown_field", N_("There is no such field.")))
    name = one.get("name")
    text = clean(name) if isinstance(name, str) else ""
    if not text:
        faults.append(_fault(number, "name", "required", N_("A column needs a name.")))
    elif len(text) > MAX_NAME:
        faults.append(
            Fault(("columns", number, "name"), "too_long", N_("At most %(limit)s characters.", limit=MAX_NAME))
        )
    role = one.get("role") or None
    if role is not None and role not in ROLES:
        faults.append(_fault(number, "role", "unknown_role", N_("There is no such meaning of a column.")))
        role = None
    kind = one.get("type") or ("phone" if role == "phone" else "email" if role == "email" else "text")
    if kind not in TYPES:
        faults.append(_fault(number, "type", "unknown_type", N_("There is no such type of column.")))
    elif role is not None and kind not in _TYPES_OF_ROLE.get(role, _TEXTS):
        faults.append(_fault(number, "type", "role_type", N_("A column with this meaning cannot have this type.")))
    flags = {}
    for key, usual in (("required", False), ("editable", True), ("hidden", False)):
        value = one.get(key, usual)
        if not isinstance(value, bool):
            faults.append(_fault(number, key, "wrong_type", N_("Answer yes or no.")))
        flags[key] = value is True
    options = _read_options(one.get("options"), kind, number, faults)
    if len(faults) > before:
        return None
    return Column(name=text, type=str(kind), role=role, options=options, **flags)


def _read_options(raw: object, kind: object, number: int, faults: list[Fault]) -> tuple[str, ...]:
    if raw in (None, []) or raw == ():
        if kind in CHOICES:
            faults.append(_fault(number, "options", "required", N_("Say which options there are.")))
        return ()
    if kind not in CHOICES:
        faults.append(_fault(number, "options", "not_a_choice", N_("Only a choice has options.")))
        return ()
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not all(isinstance(one, str) for one in raw):
        faults.append(_fault(number, "options", "wrong_type", N_("Give the options as a list of texts.")))
        return ()
    options = tuple(dict.fromkeys(text for one in raw if (text := clean(one, MAX_NAME))))
    if not options:
        faults.append(_fault(number, "options", "required", N_("Say which options there are.")))
    if len(options) > MAX_OPTIONS:
        faults.append(
            Fault(("columns", number, "options"), "too_many", N_("At most %(limit)s options.", limit=MAX_OPTIONS))
        )
    return options


def _fault(number: int, key: str, code: str, detail: object) -> Fault:
    return Fault(("columns", number, key), code, detail)


def check_change(before: Sequence[Column], after: Sequence[Column], *, in_use: bool) -> None:
    """Refuse a change of columns that would leave stored values without a meaning; raises Invalid.

    A list that has contacts keeps its columns and their types; new ones may be added, and meanings, marks and options
    changed. Renaming is adding and removing, so it is refused too: values are stored by name.
    """
    if not in_use:
        return
    faults = []
    kept = {column.name: (number, column) for number, column in enumerate(after)}
    for column in before:
        if column.name not in kept:
            faults.append(
                Fault(
                    ("columns",),
                    "column_in_use",
                    N_("The column “%(name)s” holds data and cannot be taken away. Hide it instead.", name=column.name),
                )
            )
        elif kept[column.name][1].type != column.type:
            faults.append(
                _fault(
                    kept[column.name][0],
                    "type",
                    "column_in_use",
                    N_("The column “%(name)s” holds data, so its type stays.", name=column.name),
                )
            )
    if faults:
        raise Invalid(faults)


def phones(columns: Iterable[Column]) -> tuple[Column, ...]:
    """The phone columns, in the order in which they are dialled."""
    return tuple(column for column in columns if column.type == "phone")


def external(columns: Iterable[Column]) -> Column | None:
    """The column of the external id."""
    return next((column for column in columns if column.type == "external_id"), None)


def by_role(columns: Iterable[Column], role: str) -> Column | None:
    """The first column with this meaning; an e-mail column needs none."""
    columns = tuple(columns)
    for column in columns:
        if column.role == role:
            return column
    if role == "email":
        return next((column for column in columns if column.type == "email"), None)
    return None


def meanings(columns: Iterable[Column]) -> dict[str, str]:
    """By role the column that has it; phones have their own order."""
    columns = tuple(columns)
    found = {role: by_role(columns, role) for role in ROLES if role != "phone"}
    return {role: column.name for role, column in found.items() if column is not None}
