"""Named SQL for hot paths: `-- name: lead_claim` in `<room>/sql/*.sql`, run by that name.

The text is read once for each process. psycopg's own placeholders are used (`%(org)s`). A test prepares
every statement against the migrated schema, so a renamed column is found before a customer finds it.
`-- name: claim prepared` is prepared once for each connection: the server then neither reads nor plans it again, and
it is sent by the shortest way there is (`infra.database.prepared`). Such a statement names the columns it answers with:
one that says `*` fails on each connection that is open while a migration adds a column.
`-- columns: lead` names the columns of a table once for all statements of the room: `{l.lead}` stands for them, each
with `l.` before it.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connection

from ringround.infra.database import prepared

_PARAMETER = re.compile(r"%\((\w+)\)s")
_NAME = re.compile(r"^-- name: (\w+)((?: prepared)?)\s*$", re.MULTILINE)
_COLUMNS = re.compile(r"^-- columns: (\w+)\n((?:[\w,]+\s+)+)", re.MULTILINE)
_LISTED = re.compile(r"\{(\w+)\.(\w+)\}")


class Statement(str):
    """The text of a named statement; whether it is to be `prepared`."""

    prepared: bool = False

    @cached_property
    def names(self) -> frozenset[str]:
        """Its parameters'."""
        return frozenset(_PARAMETER.findall(self))

    @cached_property
    def numbered(self) -> tuple[str, tuple[str, ...]]:
        """As the server reads it, with `$1` for the first parameter, and the parameters' names in that order: found out
        once, not at each use."""
        names = tuple(dict.fromkeys(_PARAMETER.findall(self)))
        text = _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", self)
        return text.replace("%%", "%"), names


@cache
def load(room: str) -> dict[str, Statement]:
    """All statements of `ringround.<room>`, by name."""
    module = import_module(f"ringround.{room}")
    assert module.__file__ is not None
    found: dict[str, Statement] = {}
    texts = [path.read_text("utf-8") for path in sorted((Path(module.__file__).parent / "sql").glob("*.sql"))]
    columns = {name: listed.replace(",", " ").split() for text in texts for name, listed in _COLUMNS.findall(text)}
    for text in texts:
        named = _LISTED.sub(lambda at: ", ".join(f"{at[1]}.{one}" for one in columns[at[2]]), _COLUMNS.sub("", text))
        parts = _NAME.split(named)
        for name, mark, words in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            if name in found:
                raise ValueError(f"{room}: the statement {name} is written twice")
            found[name] = Statement(words.strip().rstrip(";"))
            found[name].prepared = bool(mark)
    return found


def _asked(room: str, name: str, params: dict[str, Any]) -> Statement:
    """The statement, where these are its parameters: the driver itself passes over one that no statement names, and
    what was meant by it is then never done."""
    statement = load(room)[name]
    if params.keys() != statement.names:
        unknown, missing = sorted(params.keys() - statement.names), sorted(statement.names - params.keys())
        raise TypeError(f"{room}.{name} names no {unknown}" if unknown else f"{room}.{name} needs {missing}")
    return statement


def rows(room: str, name: str, /, **params: Any) -> list[dict[str, Any]]:
    """Run a statement and give its rows as dictionaries. TypeError where its parameters are others."""
    statement = _asked(room, name, params)
    if statement.prepared:
        return _dicts(_run(statement, params))
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        if cursor.description is None:
            return []
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def row(room: str, name: str, /, **params: Any) -> dict[str, Any] | None:
    """The first row, or None."""
    found = rows(room, name, **params)
    return found[0] if found else None


def run(room: str, name: str, /, **params: Any) -> int:
    """Run a statement for its effect; how many rows it touched."""
    return run_text(_asked(room, name, params), params)


def later(room: str, name: str, /, **params: Any) -> None:
    """Run a prepared statement for its effect, together with the next one or with the COMMIT: nobody waits for it."""
    later_text(_asked(room, name, params), params)


def later_text(statement: Statement, params: dict[str, Any]) -> None:
    """As `later`, for a statement that code has put together from its constants."""
    assert statement.prepared
    text, names = statement.numbered
    prepared.later(text, [params[name] for name in names])


class Coming:
    """The rows of a statement that goes along with the next one."""

    __slots__ = ("_answer",)

    def __init__(self, answer: prepared.Coming) -> None:
        self._answer = answer

    def rows(self) -> list[dict[str, Any]]:
        return _dicts(self._answer.get())

    def row(self) -> dict[str, Any] | None:
        found = self.rows()
        return found[0] if found else None


def soon(room: str, name: str, /, **params: Any) -> Coming:
    """Ask a prepared statement together with the next one: what is known to be wanted is asked in one letter."""
    statement = _asked(room, name, params)
    assert statement.prepared
    text, names = statement.numbered
    return Coming(prepared.soon(text, [params[name] for name in names]))


def rows_text(statement: Statement, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement that code has put together from its constants."""
    if statement.prepared:
        return _run(statement, params).rows
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


def run_text(statement: Statement, params: dict[str, Any]) -> int:
    """As `run`, for a statement that code has put together from its constants."""
    if statement.prepared:
        return _run(statement, params).count
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


def _run(statement: Statement, params: dict[str, Any]) -> prepared.Answer:
    text, names = statement.numbered
    return prepared.run(text, [params[name] for name in names])


def _dicts(answer: prepared.Answer) -> list[dict[str, Any]]:
    names = answer.names
    return [dict(zip(names, row, strict=True)) for row in answer.rows]
