"""axe-core over a page: WCAG 2.2 AA and axe's own best practices, nothing excused."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
# What another width and other colours can change about a page that axe has been over.
OF_ROOM_AND_COLOUR = ("color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size")


@cache
def _script() -> str:
    return SCRIPT.read_text()


def violations(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """What axe finds, one line each: rule, how many, the first element. By these rules alone, or by all there are."""
    # Through the debugger, not as a <script>: the page's own policy stays in force.
    if not page.evaluate("'axe' in window"):
        page.evaluate(_script())
    found = page.evaluate(
        "options => axe.run(document, options).then(found => found.violations)",
        {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})},
    )
    return [
        f"{one['id']} ({one['impact']}) x{len(one['nodes'])}: {one['nodes'][0]['html'][:160]} — "
        f"{one['nodes'][0]['failureSummary'][:240]}"
        for one in found
    ]


def assert_accessible(page: Page, rules: Sequence[str] = ()) -> None:
    """Fails with everything that axe found."""
    found = violations(page, rules)
    assert not found, "\n".join(found)
