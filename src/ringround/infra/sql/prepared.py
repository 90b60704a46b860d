"""Prepared statements by the shortest way: a value's text to libpq, the answer's rows from psycopg's C loaders.

Django's cursor around psycopg's cursor takes three to five times the time that a short statement takes the server; an
agent's click is a dozen of them. What both see to is kept here: a connection that is opened when there is none, the
transaction begun where one is meant, errors as Django's, Django's forms of values (docs/adr/0160).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import adapters, errors, pq
from psycopg.adapt import AdaptersMap, Transformer
from psycopg.types.json import Json, Jsonb
from psycopg.types.string import TextLoader

_TUPLES, _COMMAND, _EMPTY = pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY
_IDLE = pq.TransactionStatus.IDLE
_ENDED = "the connection is closed"

# Psycopg's own forms of values, read by its C code; JSON as its text, which is what Django's fields take.
_adapters = AdaptersMap(adapters)
_adapters.register_loader("json", TextLoader)
_adapters.register_loader("jsonb", TextLoader)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says: rows and their columns' names, or how many rows were touched."""

    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    count: int


class _Context:
    """What psycopg's loaders want to know of a connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.adapters = _adapters


class _Prepared:
    """A statement on one connection: its name there, and how its answers are read."""

    __slots__ = ("name", "names", "reader")

    def __init__(self, name: bytes, reader: Any) -> None:
        self.name, self.reader = name, reader
        self.names: tuple[str, ...] | None = None


def run(text: str, values: Sequence[Any]) -> Answer:
    """Run a statement whose parameters are `$1`, `$2`, …, each with a cast that says its type."""
    wrapper = connections[DEFAULT_DB_ALIAS]
    wrapper.close_if_health_check_failed()
    wrapper.ensure_connection()
    wrapper.validate_no_broken_transaction()
    sent = [_form(value) for value in values]
    with wrapper.wrap_database_errors:
        return _send(wrapper.connection, text, sent)


def _send(connection: psycopg.Connection[Any], text: str, values: list[bytes | None]) -> Answer:
    server = connection.pgconn
    if connection.closed:
        raise psycopg.OperationalError(_ENDED)
    if not connection.autocommit and server.transaction_status == _IDLE:
        _check(server.exec_(b"BEGIN"))
    known = _known(connection)
    statement = known.get(text)
    if statement is None:
        statement = _Prepared(b"rr_%d" % len(known), Transformer(_Context(connection)))
        _check(server.prepare(statement.name, text.encode()))
        known[text] = statement
    result = server.exec_prepared(statement.name, values)  # type: ignore[arg-type]
    _check(result)
    names = statement.names
    if names is None:
        names = statement.names = tuple((result.fname(at) or b"").decode() for at in range(result.nfields))
    if not names:
        return Answer((), [], result.command_tuples or 0)
    statement.reader.set_pgresult(result)
    return Answer(names, statement.reader.load_rows(0, result.ntuples, tuple), result.ntuples)


def _known(connection: Any) -> dict[str, _Prepared]:
    """What this connection has prepared; it ends with it."""
    try:
        return connection.prepared_here  # type: ignore[no-any-return]
    except AttributeError:
        connection.prepared_here = {}
        return connection.prepared_here  # type: ignore[no-any-return]


def _check(result: pq.abc.PGresult) -> None:
    if result.status not in (_TUPLES, _COMMAND, _EMPTY):
        raise errors.error_from_result(result)


# --- values ------------------------------------------------------------------------------------


def _form(value: Any) -> bytes | None:
    """A value as the text that the server reads."""
    if value is None:
        return None
    text = _form_of(type(value))(value)
    if "\0" in text:
        # libpq would take what is before it and say nothing.
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return text.encode()


def _form_of(kind: type) -> Callable[[Any], str]:
    form = _FORMS.get(kind)
    if form is None:
        form = next((_FORMS[one] for one in kind.__mro__ if one in _FORMS), None)
        if form is None:
            raise TypeError(f"{kind.__name__} cannot be a parameter of a prepared statement")
        # A kind of text (an enum's member, say) is found at once from now on.
        _FORMS[kind] = form
    return form


def _truth(value: bool) -> str:
    return "t" if value else "f"


def _bytes(value: bytes) -> str:
    return "\\x" + value.hex()


def _json(value: Json) -> str:
    return json.dumps(value.obj)


def _list(values: Sequence[Any]) -> str:
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    kind = type(value)
    if kind is UUID or kind is int:
        return str(value)
    if kind is list or kind is tuple:
        return _list(value)
    text = _form_of(kind)(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_FORMS: dict[type, Callable[[Any], str]] = {
    # What the text itself says, also of a member of an enum.
    str: str.__str__,
    bytes: _bytes,
    UUID: str,
    bool: _truth,
    int: str,
    float: repr,
    datetime: datetime.isoformat,
    date: date.isoformat,
    list: _list,
    tuple: _list,
    Jsonb: _json,
    Json: _json,
}
