"""In which order the files of tests are handed out among workers (`make test`)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# One test each, of minutes: begun last they would be waited for at the end with nothing beside them.
LONGEST = (HERE / "soak" / "test_soak.py",)


def handed_out(items: list[pytest.Item]) -> list[pytest.Item]:
    """The longest file first, then those with the most tests; each file's own in the order they had."""
    many = Counter(item.path for item in items)
    return sorted(items, key=lambda item: (item.path not in LONGEST, -many[item.path]))
