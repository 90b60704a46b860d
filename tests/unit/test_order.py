from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.order import HERE, SECONDS, handed_out, seconds


def test_the_file_that_takes_longest_is_begun_first_and_each_keeps_its_order() -> None:
    soak, many, few = HERE / "soak" / "test_soak.py", HERE / "unit" / "test_many.py", HERE / "unit" / "test_few.py"
    items: Any = [SimpleNamespace(path=path, name=n) for n, path in enumerate([few, many, many, soak, many])]

    assert [(one.path, one.name) for one in handed_out(items)] == [
        (soak, 3), (many, 1), (many, 2), (many, 4), (few, 0),
    ]  # fmt: skip


def test_files_of_the_browser_come_after_all_others() -> None:
    browser, unit = HERE / "e2e" / "test_many.py", HERE / "unit" / "test_few.py"
    items: Any = [SimpleNamespace(path=browser), SimpleNamespace(path=browser), SimpleNamespace(path=unit)]

    assert [one.path for one in handed_out(items)] == [unit, browser, browser]


def test_a_file_of_which_nothing_is_said_takes_what_is_usual_in_its_folder() -> None:
    assert seconds(HERE / "e2e" / "test_new.py") == SECONDS["e2e"]
    assert seconds(HERE / "integration" / "walk" / "test_new.py") == SECONDS["integration"]
    assert seconds(HERE / "integration" / "walk" / "test_junk.py") == SECONDS["integration/walk/test_junk.py"]


def test_what_is_said_is_of_files_and_folders_that_are_there() -> None:
    assert all((HERE / one).exists() for one in SECONDS)
