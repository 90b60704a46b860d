"""A person in front of a browser of their own: signs in, looks at pages with care, and says what was wrong with any."""

from __future__ import annotations

import re
from typing import Any, Literal

from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.axe import OF_ROOM_AND_COLOUR, assert_accessible
from tests.e2e.browser import DESKTOP, PHONE, Watched
from tests.e2e.danish import assert_danish
from tests.e2e.product import PASSWORD, Product

# The browser itself reports refused and lost requests, htmx too, and those that a newer one has replaced; what matters
# here is code and policy.
REPORTED = re.compile(
    r"Failed to load resource|net::|^htmx:(afterRequest|sendError|sendAbort|timeout)|^Response Status Error Code"
)
# A telephone link opens the system's telephone. Here there is none, and the browser's question which program to take
# would hold back all that is typed after it: so the link is taken down, and goes nowhere.
TELEPHONE = """navigation.addEventListener('navigate', event => {
  if (!event.destination.url.startsWith('tel:')) return;
  event.preventDefault();
  void window.testDialled(event.destination.url);
})"""
# Long enough for a machine that does other things too.
PATIENCE_MS = 20_000
# Who has looked at which pages, in which browser.
_looked: set[tuple[Any, ...]] = set()


class Person(Watched):
    """`language` is that of the browser; a user's own, where they are signed in, goes before it."""

    def __init__(
        self, browser: Browser, product: Product, *, language: str = "en", phone: bool = False, **options: Any
    ) -> None:
        options.setdefault("viewport", PHONE if phone else DESKTOP)
        options.setdefault("locale", {"en": "en-GB", "da": "da-DK"}[language])
        options.setdefault("timezone_id", "Europe/Copenhagen")
        super().__init__(browser, product.url, **options)
        self.product = product
        self.language = language
        self.wide: int = options["viewport"]["width"]
        self.context.set_default_timeout(PATIENCE_MS)
        # What the agent's own telephone was given.
        self.dialled: list[str] = []
        self.context.expose_function("testDialled", lambda link: self.dialled.append(link))
        self.context.add_init_script(TELEPHONE)
        # Whose sign-in it is; the pages of one who has not signed in are their own.
        self.name = ""
        self.scheme: Literal["dark", "light"] = options.get("color_scheme", "light")

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        """By the sign-in page, in the browser's language from then on."""
        self.name = email.partition("@")[0]
        page = self.page
        page.goto("/accounts/login/")
        page.locator("input[name=login]").fill(email)
        page.locator("input[name=password]").fill(password)
        page.locator("main form button.btn-primary, form[action='/accounts/login/'] button.btn-primary").first.click()
        page.wait_for_url(lambda address: "/accounts/login" not in address)
        if page.locator("html").get_attribute("lang") != self.language:
            page.evaluate(
                """language => fetch('/ui/language', {method: 'POST', redirect: 'manual',
                headers: JSON.parse(document.body.getAttribute('hx-headers')),
                body: new URLSearchParams({language})})""",
                self.language,
            )
            page.reload()
        expect(page.locator("html")).to_have_attribute("lang", self.language)

    def go(self, address: str) -> Page:
        """To an address, and look at what is there."""
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.ok, f"{address}: {answer.status}"
        self.look()
        return self.page

    def look(self, name: str = "") -> None:
        """What anybody would want of any page: axe finds nothing, nothing sticks out, no fault was reported, no English
        stands on a Danish page. Each kind of page once in a run for the same person in the same browser: name it where
        its address does not tell."""
        kind = re.sub(r"[0-9a-f-]{36}|(?<=/join/)[^/]+|\?.*", "#", self.page.url), name
        known = self.name or self, self.language, self.wide, self.scheme, *kind
        if known in _looked:
            return
        _looked.add(known)
        self.page.wait_for_load_state("load")
        self._still()
        assert_accessible(self.page)
        self._fits()

    def on_a_phone(self) -> None:
        """The page that was just looked at, on a narrow screen in daylight: for what these can change about it."""
        before, self.wide = self.page.viewport_size, PHONE["width"]
        self.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        self.page.emulate_media(color_scheme="light")
        self._still()
        assert_accessible(self.page, OF_ROOM_AND_COLOUR)
        self._fits()
        assert before is not None
        self.page.set_viewport_size(before)
        self.wide = before["width"]
        self.page.emulate_media(color_scheme=self.scheme)

    def in_the_dark(self) -> None:
        """The same page once more for axe, dark."""
        self.page.emulate_media(color_scheme="dark")
        self._still()
        assert_accessible(self.page, OF_ROOM_AND_COLOUR)
        self.page.emulate_media(color_scheme="light")

    def _fits(self) -> None:
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= self.wide, f"{self.page.url} is {wide} px wide"
        if self.language == "da":
            assert_danish(self.page)
        self.assert_no_faults()

    def _still(self) -> None:
        """Until no colour is on its way to another: in between, contrast is nothing that anybody reads."""
        self.page.evaluate(
            """() => Promise.allSettled(document.getAnimations()
            .filter(one => one.effect.getComputedTiming().endTime !== Infinity).map(one => one.finished))"""
        )

    def assert_no_faults(self) -> None:
        faults = [fault for fault in self.faults if not REPORTED.search(fault)]
        assert not faults, f"{self.page.url}: {faults}"

    def press(self, name: str, *, within: Locator | None = None, exact: bool = True) -> None:
        """A button or link by its words."""
        where = within or self.page.locator("body")
        button, link = (
            where.get_by_role("button", name=name, exact=exact),
            where.get_by_role("link", name=name, exact=exact),
        )
        button.or_(link).first.click()

    def told(self, words: str) -> None:
        """A toast says so."""
        expect(self.page.locator(".rr-toast", has_text=words).first).to_be_visible()

    def leave(self) -> None:
        """Closes the browser; nothing may have gone wrong in it."""
        try:
            self.assert_no_faults()
        finally:
            self.close()
