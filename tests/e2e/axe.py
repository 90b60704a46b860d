"""axe-core over a page: WCAG 2.2 AA and axe's own best practices, nothing excused."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    """What axe finds, one line each: rule, how many, the first element."""
    # Through the debugger, not as a <script>: the page's own policy stays in force.
    page.evaluate(SCRIPT.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
    return [
        f"{one['id']} ({one['impact']}) x{len(one['nodes'])}: {one['nodes'][0]['html'][:160]} — "
        f"{one['nodes'][0]['failureSummary'][:240]}"
        for one in found
    ]


def assert_accessible(page: Page) -> None:
    """Fails with everything that axe found."""
    found = violations(page)
    assert not found, "\n".join(found)
