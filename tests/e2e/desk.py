"""What an agent's hands do in the console."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.person import Person


class Desk:
    def __init__(self, agent: Person) -> None:
        self.agent = agent

    @property
    def page(self) -> Page:
        return self.agent.page

    @property
    def name(self) -> Locator:
        """The contact in hand."""
        return self.page.locator("#desk-name")

    @property
    def note(self) -> Locator:
        return self.page.locator("#desk-note")

    @property
    def idle(self) -> Locator:
        return self.page.locator(".desk-wait")

    def run(self, campaign: str) -> None:
        """*Run campaign*."""
        self.agent.go("/desk/")
        self.page.locator("li.card", has_text=campaign).get_by_role("button").click()
        self.page.wait_for_url("**/desk/console")

    def get(self, name: str = "") -> None:
        """*Get customer*, by its key, and whose turn it is."""
        self._alive("body:not([data-hush]) #desk-go[data-hotkey=n]")
        self.page.keyboard.press("n")
        if name:
            expect(self.name).to_have_text(name)
        else:
            expect(self.name).to_be_visible()

    def call(self) -> None:
        """The first number, by its key; its link is what the agent's own telephone is given."""
        link = self.page.locator(".desk-dial").first
        self._alive(".desk-dial")
        href = link.get_attribute("href") or ""
        assert re.fullmatch(r"tel:\+\d+", href), href
        with self.page.expect_response("**/desk/console/call"):
            self.page.keyboard.press("c")
        expect(self.page.locator(".desk-hangup")).to_be_visible()
        expect(self.page.locator(".desk-dialled")).to_be_visible()
        assert self.agent.dialled[-1:] == [href]

    def hang_up(self) -> None:
        self._alive(".desk-hangup")
        self.page.keyboard.press("c")
        expect(self.page.locator(".desk-hangup")).to_be_hidden()

    def say(self, key: str) -> None:
        """Choose what happened, by its key."""
        self.page.keyboard.press(key)
        expect(self.page.locator(f"input[name=disposition][data-hotkey='{key}']")).to_be_checked()

    def save(self) -> None:
        with self.page.expect_response("**/desk/console/disposition") as answered:
            self.page.keyboard.press("Control+Enter")
        assert answered.value.ok, answered.value.text()

    def _alive(self, selector: str) -> None:
        """There, and taken into use by htmx, which is some milliseconds later: faster than a hand, not than a test."""
        self.page.wait_for_function(
            "it => document.querySelector(it)?.['htmx-internal-data']?.listenerInfos?.length", arg=selector
        )

    def figure(self, nth: int) -> Locator:
        """Today's calls, reached, positive, booked."""
        return self.page.locator(".desk-figures dd").nth(nth)
