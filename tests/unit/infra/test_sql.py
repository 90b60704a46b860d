"""Named statements and who runs them: what a statement does not name is not passed to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringround.infra import sql

SOURCE = Path(sql.__file__).parents[2]
RUNS = ("rows", "row", "run", "later", "soon")


def calls() -> Iterator[tuple[str, str, str, set[str], bool]]:
    """(where, room, statement, what it is given, whether that is all) of every call by a name that stands there."""
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text("utf-8")
        if "sql." not in text:
            continue
        for one in ast.walk(ast.parse(text)):
            if not isinstance(one, ast.Call) or not isinstance(one.func, ast.Attribute) or one.func.attr not in RUNS:
                continue
            named = [each.value for each in one.args[:2] if isinstance(each, ast.Constant)]
            if ast.unparse(one.func.value) == "sql" and len(named) == 2:
                given = {each.arg for each in one.keywords}
                where = f"{path.relative_to(SOURCE)}:{one.lineno}"
                yield where, str(named[0]), str(named[1]), {str(each) for each in given - {None}}, None not in given


def test_every_call_gives_a_statement_what_it_names() -> None:
    found = list(calls())
    assert len(found) > 200
    wrong = []
    for where, room, name, given, whole in found:
        names = sql.load(room)[name].names
        if given - names or (whole and names - given):
            wrong.append(f"{where}: {room}.{name} names {sorted(names)} and is given {sorted(given)}")
    assert wrong == []


@pytest.mark.parametrize("run", [sql.rows, sql.row, sql.run, sql.later, sql.soon])
def test_a_parameter_that_the_statement_does_not_name_is_refused(run: object) -> None:
    assert callable(run)
    with pytest.raises(TypeError, match=r"journeys\.plan_now names no \['org'\]"):
        run("journeys", "plan_now", org=1)
    with pytest.raises(TypeError, match=r"journeys\.alone needs \['lock'\]"):
        run("journeys", "alone")
