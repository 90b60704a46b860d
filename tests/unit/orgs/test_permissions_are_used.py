"""The permission table and the code that asks it name the same permissions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ringround.orgs import permissions

SOURCE = Path(permissions.__file__).resolve().parents[1]
# What asks for a permission by its name.
ASKS = {"require", "requires", "allows", "may", "Forbidden", "lock", "_require"}


def trees() -> Iterator[ast.Module]:
    for path in SOURCE.rglob("*.py"):
        if path.name != "permissions.py":
            yield ast.parse(path.read_text("utf-8"))


def texts(node: ast.AST) -> set[str]:
    found = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
    return {one for one in found if isinstance(one, str)}


def asked() -> set[str]:
    """The names given to whatever asks for a permission, in any position, and as `permission=`."""
    rooms = {name.split(".")[0] for name in permissions.table()}
    found: set[str] = set()
    for tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ASKS:
                found |= set().union(*(texts(one) for one in node.args if isinstance(one, ast.Constant)), set())
            found |= set().union(*(texts(one.value) for one in node.keywords if one.arg == "permission"), set())
    return {one for one in found if one.split(".")[0] in rooms and "." in one and " " not in one}


def test_every_permission_that_is_declared_is_asked_for() -> None:
    said = set().union(*(texts(tree) for tree in trees()))
    assert sorted(set(permissions.table()) - said) == []


def test_every_permission_that_is_asked_for_is_declared() -> None:
    found = asked()
    assert len(found) > 30
    assert sorted(found - set(permissions.table())) == []
