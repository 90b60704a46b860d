"""Named SQL for hot paths: `-- name: lead_claim` in `<room>/sql/*.sql`, run by that name.

The text is read once for each process. psycopg's own placeholders are used (`%(org)s`). A test prepares
every statement against the migrated schema, so a renamed column is found before a customer finds it.
`-- name: claim prepared` is prepared once for each connection: the server then neither reads nor plans it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

_PARAMETER = re.compile(r"%\((\w+)\)s")
_NAME = re.compile(r"^-- name: (\w+)((?: prepared)?)\s*$", re.MULTILINE)


class Statement(str):
    """The text of a named statement; whether it is to be `prepared`."""

    prepared: bool = False

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
    for path in sorted((Path(module.__file__).parent / "sql").glob("*.sql")):
        parts = _NAME.split(path.read_text("utf-8"))
        for name, mark, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            if name in found:
                raise ValueError(f"{room}: the statement {name} is written twice")
            found[name] = Statement(text.strip().rstrip(";"))
            found[name].prepared = bool(mark)
    return found


def rows(room: str, name: str, /, **params: Any) -> list[dict[str, Any]]:
    """Run a statement and give its rows as dictionaries."""
    with _execute(load(room)[name], params) as cursor:
        result = cursor.pgresult
        if result is None or not result.nfields:
            return []
        # Not `description`, which makes an object of each column.
        names = [result.fname(at).decode() for at in range(result.nfields)]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def row(room: str, name: str, /, **params: Any) -> dict[str, Any] | None:
    """The first row, or None."""
    found = rows(room, name, **params)
    return found[0] if found else None


def run(room: str, name: str, /, **params: Any) -> int:
    """Run a statement for its effect; how many rows it touched."""
    with _execute(load(room)[name], params) as cursor:
        return int(cursor.rowcount)


def rows_text(statement: Statement, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement that code has put together from its constants."""
    with _execute(statement, params) as cursor:
        return list(cursor.fetchall())


def run_text(statement: Statement, params: dict[str, Any]) -> int:
    """As `run`, for a statement that code has put together from its constants."""
    with _execute(statement, params) as cursor:
        return int(cursor.rowcount)


@contextmanager
def _execute(statement: Statement, params: dict[str, Any]) -> Iterator[Any]:
    with connection.cursor() as cursor:
        if not statement.prepared:
            cursor.execute(statement, params)
            yield cursor
            return
        # Django's own cursor puts the values into the text; psycopg's sends them beside it, and can prepare.
        connection.validate_no_broken_transaction()
        text, names = statement.numbered
        with connection.wrap_database_errors, psycopg.RawCursor(cursor.connection) as plain:
            plain.execute(text, [params[name] for name in names], prepare=True)
            yield plain
