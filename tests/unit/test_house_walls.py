"""The walls of docs/house.md that import-linter does not see: what of a room others may use, and foreign keys."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "ringround"
# The stairs, lowest first; rooms on one step know nothing of each other.
STAIRS = (
    ("kernel",),
    ("infra",),
    ("ui", "http"),
    ("orgs",),
    ("contacts",),
    ("compliance",),
    ("messaging", "telephony"),
    ("campaigns",),
    ("dialer", "onboarding"),
    ("field",),
    ("journeys",),
    ("desk",),
    ("reports",),
    ("config",),
)
STEP = {room: step for step, rooms in enumerate(STAIRS) for room in rooms}
# What every room is made of: anything of these may be used by whoever stands above them.
OPEN = {"kernel", "infra", "ui", "http"}
# What one room may use of a lower one. Who acts and what they may do is asked everywhere; a pure decision about
# contacting somebody is the whole of `compliance`; the web face of `orgs` wraps every page; what a
# device can do is part of the exchange port.
# `texts` and `words` are what a room calls its own states on a screen: a page of an upper room says the same, and reads
# the log of its own things in the words of the audit log (`orgs.audit_words`).
FURNITURE = {"actions", "queries", "events", "texts", "words"}
MORE = {
    "orgs": {"actor", "audit_words", "permissions", "web"},
    "compliance": {"rules"},
    "telephony": {"ports"},
}
LONGEST = 400
# Files that are lists of facts, not code to read: they may be as long as the facts are many.
DATA = {"kernel/public_holidays.py", "kernel/messages.py"}
FILES = sorted(path for path in SOURCE.rglob("*.py"))


def room_of(path: Path) -> str | None:
    parts = path.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 and parts[0] in STEP else None


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module of ours that the file imports, with `from` names joined on: `ringround.orgs.models.User`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for name in node.names:
                yield node.lineno, f"{node.module}.{name.name}"


def strangers(path: Path) -> Iterator[str]:
    """Uses of another room's inside."""
    here = room_of(path)
    if here is None or here == "config":
        return
    for line, module in imports(path):
        parts = module.split(".")
        if parts[0] != "ringround" or len(parts) < 3:
            continue
        there = parts[1]
        if there not in STEP or there == here or there in OPEN:
            continue
        if parts[2] not in FURNITURE | MORE.get(there, set()):
            yield f"{name_of(path)}:{line} uses {module}; of a lower room only its actions, queries and events"


def keys_up(path: Path) -> Iterator[str]:
    """String foreign keys that do not lead down the stairs, or that give the lower room an attribute."""
    here = room_of(path)
    if here is None or "migrations" in path.parts:
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        if node.func.attr not in {"ForeignKey", "OneToOneField", "ManyToManyField"}:
            continue
        where = f"{name_of(path)}:{node.lineno}"
        target = node.args[0]
        if not (isinstance(target, ast.Constant) and isinstance(target.value, str) and "." in target.value):
            continue
        there = target.value.split(".")[0]
        if there == here or there not in STEP:
            continue
        if STEP[there] >= STEP[here]:
            yield f"{where} points up the stairs, at {target.value}"
        names = {word.arg: word.value for word in node.keywords}
        related = names.get("related_name")
        if not (isinstance(related, ast.Constant) and related.value == "+"):
            yield f'{where} points at {target.value} without related_name="+": the lower room would know of it'


def looked_up_models(path: Path) -> Iterator[str]:
    if "migrations" in path.parts:
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr == "get_model":
            yield f"{name_of(path)}:{node.lineno} looks up a model by name, past every wall"


def relative(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"{name_of(path)}:{node.lineno} imports relatively: walls are read from full names"


def too_long(path: Path) -> Iterator[str]:
    if name_of(path) in DATA or "migrations" in path.parts:
        return
    count = len(path.read_text("utf-8").splitlines())
    if count > LONGEST:
        yield f"{name_of(path)} has {count} lines: make it a package of the same name, one module per concern"


def impure(path: Path) -> Iterator[str]:
    """Rules that reach for the clock or for chance: both come in as arguments."""
    parts = path.relative_to(SOURCE).parts
    if room_of(path) is None or not (parts[1] == "rules" or parts[1] == "rules.py"):
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr in {"now", "utcnow", "today", "time", "monotonic", "open"} and isinstance(
            node.func.value, ast.Name
        ):
            owner = node.func.value.id
            if owner in {"datetime", "date", "time", "timezone", "clock"}:
                yield f"{name_of(path)}:{node.lineno} asks the clock ({owner}.{node.func.attr}); `now` is an argument"


@pytest.mark.parametrize("wall", [strangers, keys_up, looked_up_models, relative, too_long, impure])
def test_the_house_stands(wall: object) -> None:
    assert callable(wall)
    found = [fault for path in FILES for fault in wall(path)]
    assert not found, "\n" + "\n".join(found)


def test_every_room_that_there_is_has_its_step() -> None:
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert rooms - {"cli_commands"} <= set(STEP)


def test_every_room_says_what_it_is_for() -> None:
    packages = [SOURCE / room / "__init__.py" for room in STEP if (SOURCE / room).is_dir()]
    silent = [name_of(path) for path in packages if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []
