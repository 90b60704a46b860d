"""Photographs the kitchen, at 1280 and 360 px, light and dark: `python -m tests.e2e.kitchen.shoot FOLDER [PAGES]`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.e2e.axe import violations
from tests.e2e.browser import DESKTOP, PHONE, Watched, chromium
from tests.e2e.kitchen.server import running

PAGES = ["", "list", "form", "charts", "console", "auth", "empty", "missing"]


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "test-artifacts/kitchen")
    pages = sys.argv[2].split(",") if len(sys.argv) > 2 else PAGES
    folder.mkdir(parents=True, exist_ok=True)
    with running() as url, chromium() as browser:
        for width, viewport in (("1280", DESKTOP), ("360", PHONE)):
            for light in ("light", "dark"):
                watched = Watched(browser, url, viewport=viewport, color_scheme=light)
                for name in pages:
                    watched.page.goto(f"/{name.removeprefix('kitchen')}")
                    watched.page.wait_for_load_state("networkidle")
                    title = name or "kitchen"
                    watched.page.screenshot(path=folder / f"{title}-{width}-{light}.png", full_page=True)
                    for fault in violations(watched.page):
                        print(title, width, light, fault)
                for fault in watched.faults:
                    print(width, light, fault)
                watched.close()


if __name__ == "__main__":
    main()
