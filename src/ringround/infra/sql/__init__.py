"""Named SQL for hot paths: `-- name: lead_claim` in `<room>/sql/*.sql`, run by that name.

The text is read once for each process. psycopg's own placeholders are used (`%(org)s`). A test prepares
every statement against the migrated schema, so a renamed column is found before a customer finds it.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connection

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def load(room: str) -> dict[str, str]:
    """All statements of `ringround.<room>`, by name."""
    module = import_module(f"ringround.{room}")
    assert module.__file__ is not None
    found: dict[str, str] = {}
    for path in sorted((Path(module.__file__).parent / "sql").glob("*.sql")):
        parts = _NAME.split(path.read_text("utf-8"))
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            if name in found:
                raise ValueError(f"{room}: the statement {name} is written twice")
            found[name] = text.strip().rstrip(";")
    return found


def rows(room: str, name: str, /, **params: Any) -> list[dict[str, Any]]:
    """Run a statement and give its rows as dictionaries."""
    with connection.cursor() as cursor:
        cursor.execute(load(room)[name], params)
        if cursor.description is None:
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def row(room: str, name: str, /, **params: Any) -> dict[str, Any] | None:
    """The first row, or None."""
    found = rows(room, name, **params)
    return found[0] if found else None


def run(room: str, name: str, /, **params: Any) -> int:
    """Run a statement for its effect; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(load(room)[name], params)
        return int(cursor.rowcount)
