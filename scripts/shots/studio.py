"""What every picture is taken with: the running demo, a browser, people who are signed in, how a picture is kept."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Locator, Page

from tests.e2e.person import Person
from tests.e2e.product import Product

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "screenshots"
LARGEST = 250_000  # bytes of a picture
# What a picture in the middle of a page is made smaller to: wide enough for its words to be read.
HALF = 960
STEADY = "Fast støtte, forår"
MANUAL = "Faste støtter – tak og forhøjelse"
Shot = Callable[["Studio"], None]


class Studio:
    """The running demo, a browser, and people who are signed in."""

    def __init__(self, product: Product, browser: Browser) -> None:
        self.product = product
        self._browser = browser
        manager = product.api(product.told["tokens"]["manager"])
        self.campaigns = {one["name"]: one["id"] for one in manager.get("campaigns", size="50")["items"]}
        self.manager = manager

    @contextmanager
    def page(self, email: str, *, language: str = "en", dark: bool = False, **options: Any) -> Iterator[Page]:
        scheme = "dark" if dark else "light"
        one = Person(self._browser, self.product, language=language, color_scheme=scheme, **options)
        try:
            one.sign_in(email)
            yield one.page
        finally:
            one.close()

    def now(self) -> datetime:
        """Business time."""
        owner = self.product.api(self.product.told["tokens"]["owner"])
        return datetime.fromisoformat(owner.get("_clock")["now"])

    def said(self, campaign: str) -> dict[str, str]:
        """A campaign's dispositions: the first of each kind."""
        found: dict[str, str] = {}
        for one in self.manager.get(f"campaigns/{campaign}")["dispositions"]:
            found.setdefault(one["kind"], one["id"])
        return found

    @staticmethod
    def show(what: Locator) -> None:
        """In the middle of the window."""
        what.evaluate("element => element.scrollIntoView({block: 'center'})")

    def keep(self, page: Page, name: str, *, size: int = 0, of: Locator | None = None) -> None:
        """Takes the window as it is, or a part `of` it, with as few colours as it needs; `size` is the width it is made
        smaller to."""
        page.mouse.move(0, 0)
        page.wait_for_load_state("networkidle") if not page.locator("[data-live]").count() else None
        page.evaluate("() => document.fonts.ready")
        # Long enough for what is fetched after the page; nothing tells when a live page is done.
        page.wait_for_timeout(1200)
        picture = Image.open(io.BytesIO((of or page).screenshot(animations="disabled"))).convert("RGB")
        if size and picture.width > size:
            picture = picture.resize((size, round(picture.height * size / picture.width)), Image.Resampling.LANCZOS)
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / f"{name}.png"
        for colours in (256, 128, 64):
            picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
                path, optimize=True
            )
            if path.stat().st_size <= LARGEST:
                break
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1000} kB", flush=True)


def take_one(page: Page, campaign: str) -> None:
    page.goto("/desk/")
    page.locator("li.card", has_text=campaign).get_by_role("button").click()
    page.wait_for_url("**/desk/console")
    page.locator("#desk-go[data-hotkey=n], #desk-name").first.wait_for()
    if page.locator("#desk-go").count():
        page.locator("#desk-go").click()
    page.locator("#desk-name").wait_for()
