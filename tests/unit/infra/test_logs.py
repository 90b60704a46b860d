"""The log: no personal value comes into it with a database error."""

from __future__ import annotations

import logging
import sys

import psycopg
from django.db import OperationalError

from ringround.infra.logs import Formatter, database_is_away


def written(message: str) -> str:
    try:
        try:
            raise ValueError(message)
        except ValueError as error:
            raise RuntimeError("around it") from error
    except RuntimeError:
        record = logging.LogRecord("test", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    return Formatter("{message}", style="{").format(record)


def test_the_values_of_a_database_error_stay_out() -> None:
    said = written('duplicate key violates "user_email"\nDETAIL:  Key (email)=(olga@example.org) already exists.')
    assert "olga@example.org" not in said
    assert 'duplicate key violates "user_email"' in said
    assert "RuntimeError: around it" in said


def test_values_of_several_lines_stay_out_to_the_last() -> None:
    said = written("check violated\nDETAIL:  Failing row contains (1, first,\nOlga Owner, 20123456).\nCONTEXT:  COPY x")
    assert "Olga" not in said
    assert "COPY" not in said
    assert "RuntimeError: around it" in said


def test_while_the_database_is_away_a_failure_is_one_line() -> None:
    try:
        try:
            raise psycopg.OperationalError("connection failed: no such file\nIs the server running?")
        except psycopg.OperationalError as error:
            raise OperationalError(str(error)) from error
    except OperationalError:
        record = logging.LogRecord("test", logging.ERROR, __file__, 1, "Failed: %s", ("/me",), sys.exc_info())
    assert Formatter("{message}", style="{").format(record) == "Failed: /me: connection failed: no such file"


def test_a_statement_that_fails_is_told_whole() -> None:
    assert "Traceback" in written("syntax error")
    assert not database_is_away(psycopg.errors.DeadlockDetected("deadlock"))


def test_a_fault_of_ours_at_the_database_is_none_of_its_being_away() -> None:
    assert not database_is_away(psycopg.InterfaceError("the cursor is closed"))
    later = ValueError("what was dealt with, and then this")
    later.__context__ = psycopg.OperationalError("the connection is closed")
    assert database_is_away(later)
    # As by `from None`.
    later.__suppress_context__ = True
    assert not database_is_away(later)


def test_an_error_without_values_is_written_whole() -> None:
    assert "ValueError: plain\nsecond line" in written("plain\nsecond line")
