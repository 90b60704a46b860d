"""In which order the files of tests are handed out among workers (`make test`)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BROWSER = HERE / "e2e"
# About what one test takes, in seconds: of a file, else of its folder. It need be no nearer than tells a long file from
# a short one, for what is long and begun last is waited for at the end with nothing beside it.
SECONDS = {
    "soak/test_soak.py": 170.0,
    "soak/test_fates.py": 60.0,
    "integration/walk/test_junk.py": 0.2,
    "integration/walk/test_described.py": 0.1,
    "integration/walk/test_tenancy.py": 0.08,
    "integration/test_sql_prepares.py": 0.01,
    "integration/postgres": 3.0,
    "integration/cli": 8.0,
    "integration/contacts/test_kill.py": 15.0,
    "integration/campaigns/test_claim_plan.py": 2.0,
    "integration/reports/test_reports.py": 0.8,
    "integration/journeys": 0.6,
    "property/campaigns/test_handout_killed.py": 27.0,
    "property/campaigns/test_handout_real.py": 11.0,
    "property/journeys/test_simulation_is_the_engine.py": 28.0,
    "property": 1.0,
    "contract/telephony": 1.0,
    "contract": 0.1,
    "integration": 0.2,
    "unit": 0.01,
    "e2e/test_pages.py": 85.0,
    "e2e/test_straight_way.py": 80.0,
    "e2e/test_onboard.py": 19.0,
    "e2e/test_screens.py": 2.0,
    "e2e": 12.0,
}


def seconds(path: Path) -> float:
    """What one test of this file takes: as the file's own entry says, else its nearest folder's."""
    inside = path.relative_to(HERE)
    return next((SECONDS[str(one)] for one in (inside, *inside.parents) if str(one) in SECONDS), 0.1)


def handed_out(items: list[pytest.Item]) -> list[pytest.Item]:
    """The file that takes longest first, and those of the browser after all others, for their products stay up; each
    file's own in the order they had."""
    many = Counter(item.path for item in items)
    return sorted(
        items,
        key=lambda item: (BROWSER in item.path.parents, -many[item.path] * seconds(item.path), str(item.path)),
    )
