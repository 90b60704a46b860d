"""Prepared statements by the shortest way: a value's text to libpq, the answer's rows from psycopg's C loaders.

Django's cursor around psycopg's cursor takes three to five times the time that a short statement takes the server; an
agent's click is a dozen of them. What both see to is kept here: a connection that is opened when there is none, the
transaction begun where one is meant, errors as Django's, Django's forms of values (docs/adr/0160).
"""

from __future__ import annotations

import json
import select
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

_FINE = frozenset({pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK})
_OK, _IDLE = pq.ConnStatus.OK, pq.TransactionStatus.IDLE
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


_NOTHING = Answer((), [], 0)


class Coming:
    """The answer to a statement that goes along with the next one; asked for before, it is sent."""

    __slots__ = ("_answer",)

    def __init__(self) -> None:
        self._answer: Answer | None = None

    def get(self) -> Answer:
        if self._answer is None:
            flush(connections[DEFAULT_DB_ALIAS])
        if self._answer is None:
            raise RuntimeError("the transaction in which this was asked is over")
        return self._answer

    def come(self, answer: Answer) -> None:
        self._answer = answer


# A statement, its values, and who waits for what it says.
_Sent = tuple[str, list[bytes | None], Coming | None]
# Prepared as all others: the server need not read them each time.
_BEGIN: _Sent = ("BEGIN", [], None)
_COMMIT: _Sent = ("COMMIT", [], None)


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
    wrapper = _wrapper()
    with wrapper.wrap_database_errors:
        sent = [_form(value) for value in values]
        return _send(wrapper.connection, [*_taken(wrapper), (text, sent, None)])


def later(text: str, values: Sequence[Any]) -> None:
    """Run it together with the next statement, or with the COMMIT: nobody waits for what it says.

    Statements keep their order. One that fails does so there, and takes the transaction with it as any other.
    """
    _wait(text, values, None)


def soon(text: str, values: Sequence[Any]) -> Coming:
    """As `later`, for a statement whose answer is wanted, but not yet: several questions in one letter."""
    coming = Coming()
    _wait(text, values, coming)
    return coming


def _wait(text: str, values: Sequence[Any], coming: Coming | None) -> None:
    wrapper = _wrapper()
    with wrapper.wrap_database_errors:
        wrapper.waiting.append((text, [_form(value) for value in values], coming))
    if not wrapper.in_atomic_block:
        flush(wrapper)


def flush(wrapper: Any) -> None:
    """Send what waits: before a statement that goes another way."""
    if wrapper.waiting:
        with wrapper.wrap_database_errors:
            _send(wrapper.connection, _taken(wrapper))


def commit(wrapper: Any) -> None:
    """End the transaction, with what waits before it in the same letter."""
    connection, waiting = wrapper.connection, _taken(wrapper)
    if waiting or connection.pgconn.transaction_status != _IDLE:
        with wrapper.wrap_database_errors:
            _send(connection, waiting, commit=True)


def _wrapper() -> Any:
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    if not wrapper.in_atomic_block or wrapper.connection is None:
        wrapper.close_if_health_check_failed()
        wrapper.ensure_connection()
    if wrapper.needs_rollback:
        wrapper.validate_no_broken_transaction()
    return wrapper


def _taken(wrapper: Any) -> list[_Sent]:
    waiting: list[_Sent] = wrapper.waiting
    if waiting:
        wrapper.waiting = []
    return waiting


def _send(connection: psycopg.Connection[Any], sent: list[_Sent], *, commit: bool = False) -> Answer:
    """Run these; the last one's answer. Several go in one letter and come back in one (libpq's pipeline)."""
    server = connection.pgconn
    if connection.closed:
        raise psycopg.OperationalError(_ENDED)
    begin = not connection.autocommit and server.transaction_status == _IDLE
    whole = [_BEGIN, *sent] if begin else sent
    if commit:
        whole = [*whole, _COMMIT]
    statements = [_statement(connection, one[0]) for one in whole]
    if len(whole) == 1:
        results = [server.exec_prepared(statements[0].name, whole[0][1])]  # type: ignore[arg-type]
    else:
        server.enter_pipeline_mode()
        try:
            for statement, one in zip(statements, whole, strict=True):
                server.send_query_prepared(statement.name, one[1])
            server.pipeline_sync()
            _post(connection)
            results = [_next(connection) for _ in whole]
            _next(connection)  # the end of the letter
        except BaseException:
            # Not read to its end: nobody may take the rest of it for the answer to theirs.
            connection.close()
            raise
        server.exit_pipeline_mode()
    for result in results:
        _check(result)
    for statement, one, result in zip(statements, whole, results, strict=True):
        if one[2] is not None:
            one[2].come(_read(statement, result))
    return _NOTHING if commit else _read(statements[-1], results[-1])


def _read(statement: _Prepared, result: Any) -> Answer:
    names = statement.names
    if names is None:
        names = statement.names = tuple((result.fname(at) or b"").decode() for at in range(result.nfields))
    if not names:
        return Answer((), [], result.command_tuples or 0)
    statement.reader.set_pgresult(result)
    return Answer(names, statement.reader.load_rows(0, result.ntuples, tuple), result.ntuples)


def _post(connection: Any) -> None:
    """The whole letter to the server, whatever fits into its socket at a time."""
    server = connection.pgconn
    while server.flush():
        _ready(connection, select.POLLIN | select.POLLOUT)
        server.consume_input()


def _next(connection: Any) -> pq.abc.PGresult:
    """The answer to the next statement of a letter, without what stands behind each."""
    server = connection.pgconn
    while True:
        # `get_result` would wait with the interpreter's lock held, and so would everybody else.
        while server.is_busy():
            _ready(connection, select.POLLIN)
            server.consume_input()
        result: pq.abc.PGresult | None = server.get_result()
        if result is not None:
            return result
        if server.status != _OK:
            raise psycopg.OperationalError(server.get_error_message() or _ENDED)


def _ready(connection: Any, events: int) -> None:
    try:
        poll = connection.poll_here
    except AttributeError:
        poll = connection.poll_here = select.poll()
    poll.register(connection.pgconn.socket, events)
    poll.poll()


def _statement(connection: Any, text: str) -> _Prepared:
    """The statement as this connection knows it; what a connection has prepared ends with it."""
    try:
        known: dict[str, _Prepared] = connection.prepared_here
    except AttributeError:
        known = connection.prepared_here = {}
    found = known.get(text)
    if found is None:
        found = _Prepared(b"rr_%d" % len(known), Transformer(_Context(connection)))
        # Its own transaction where none is open yet, or a part of the one that is: the name outlives both.
        _check(connection.pgconn.prepare(found.name, text.encode()))
        known[text] = found
    return found


def _check(result: pq.abc.PGresult) -> None:
    if result.status not in _FINE:
        if not result.error_field(pq.DiagnosticField.SQLSTATE):
            # No word of the server's: it is gone.
            raise psycopg.OperationalError(result.get_error_message() or _ENDED)
        raise errors.error_from_result(result)


# --- values ------------------------------------------------------------------------------------


def _form(value: Any) -> bytes | None:
    """A value as the text that the server reads; the commonest kinds first."""
    if value is None:
        return None
    kind = type(value)
    if kind is UUID:
        return value.hex.encode()  # type: ignore[no-any-return]
    text = value if kind is str else _form_of(kind)(value)
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
    kinds = {*map(type, values)}
    if len(kinds) == 1 and (found := _COLUMNS.get(kinds.pop())) is not None:
        return found(values)
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _texts(values: Sequence[str]) -> str:
    joined = '","'.join(values)
    # A quote beyond those just put there, or a backslash: each must be marked.
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        joined = '","'.join([value.replace("\\", "\\\\").replace('"', '\\"') for value in values])
    return '{"' + joined + '"}'


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    kind = type(value)
    if kind is UUID:
        return str(value.hex)
    if kind is list or kind is tuple:
        return _list(value)
    text: str = value if kind is str else _form_of(kind)(value)
    if kind is int or text.isalnum():
        # The word that means a null is no text where it stands bare.
        return text if text.upper() != "NULL" else f'"{text}"'
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# Of lists whose values are all of one kind, which the columns of a batch mostly are.
_COLUMNS: dict[type, Callable[[Sequence[Any]], str]] = {
    str: _texts,
    bool: lambda values: "{" + ",".join(["t" if value else "f" for value in values]) + "}",
    int: lambda values: "{" + ",".join(map(str, values)) + "}",
    UUID: lambda values: "{" + ",".join([value.hex for value in values]) + "}",
    datetime: lambda values: '{"' + '","'.join(map(datetime.isoformat, values)) + '"}',
    type(None): lambda values: "{NULL" + ",NULL" * (len(values) - 1) + "}",
}
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
