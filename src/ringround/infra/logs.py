"""How a line of the log is written."""

from __future__ import annotations

import logging
import re
from typing import Any

import psycopg

# What PostgreSQL adds to an error, to the end of its message: `DETAIL:  Key (email)=(olga@example.org) already exists.`
_VALUES = re.compile(r"^(?:DETAIL|CONTEXT):.*?(?=^\s*$|^Traceback |\Z)", re.MULTILINE | re.DOTALL)


def database_is_away(error: BaseException | None) -> bool:
    """Whether this comes of the database not answering: no connection, shutting down, starting."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        # Psycopg's `InterfaceError` is a fault of whoever asks: a cursor that is closed, say.
        if isinstance(error, psycopg.OperationalError):
            state = error.sqlstate
            return state is None or state[:2] == "08" or state[:3] == "57P"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return False


class Formatter(logging.Formatter):
    """Leaves out the part of a database error that quotes values: they are people's, and this is a log. While the
    database is away each request fails in the same way: a line for each, not a page."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        if error is None or not database_is_away(error):
            return super().format(record)
        said = str(error).strip().splitlines()
        short = logging.makeLogRecord(
            record.__dict__
            | {"msg": "%s: %s", "args": (record.getMessage(), said[0] if said else "the database is away")}
            | {"exc_info": None, "exc_text": None, "stack_info": None}
        )
        return super().format(short)

    def formatException(self, ei: Any) -> str:
        return _VALUES.sub("", super().formatException(ei)).rstrip()
