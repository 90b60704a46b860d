from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.order import LONGEST, handed_out


def test_the_soak_is_begun_first_and_then_the_files_with_the_most_tests() -> None:
    few, many = Path("test_few.py"), Path("test_many.py")
    items: Any = [SimpleNamespace(path=path, name=n) for n, path in enumerate([few, many, many, *LONGEST, many])]

    assert [(one.path, one.name) for one in handed_out(items)] == [
        (LONGEST[0], 3), (many, 1), (many, 2), (many, 4), (few, 0),
    ]  # fmt: skip


def test_what_is_begun_first_is_there() -> None:
    assert all(path.is_file() for path in LONGEST)
