"""What every screen is made of, in a real browser: looks, keyboard, drafts, lost networks, the live stream."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.axe import assert_accessible
from tests.e2e.browser import DESKTOP, PHONE, Watched

PAGES = ["", "list", "list?q=nothing-like-it", "form", "part-form", "charts", "console", "auth", "empty"]
Open = Callable[..., Page]
REPORTED = re.compile(r"Failed to load resource|net::|^htmx:(afterRequest|sendError)|^Response Status Error Code")


@pytest.fixture
def open_page(chromium: Browser, kitchen: str) -> Iterator[Open]:
    """Opens an address in a browser of its own; at the end nothing may have been said in its console."""
    opened: list[Watched] = []

    def open_it(address: str, **options: Any) -> Page:
        watched = Watched(chromium, kitchen, **options)
        opened.append(watched)
        watched.page.goto(f"/{address}")
        return watched.page

    yield open_it
    for watched in opened:
        # A refused or lost request is reported by the browser and by htmx; what matters here is code and policy.
        faults = [fault for fault in watched.faults if not REPORTED.search(fault)]
        watched.close()
        assert not faults


def hearing(open_page: Open) -> Page:
    """The live page, once its own stream is open: that of a page that goes says nothing of the next."""
    page = open_page("live-page")
    page.goto("about:blank")
    with page.expect_response("**/live/stream*"):
        page.goto("/live-page")
    return page


def say(kitchen: str, topic: str) -> None:
    """What the relay does in the product."""
    urlopen(Request(f"{kitchen}/say?topic={topic}", method="POST"), timeout=5).close()  # noqa: S310


@pytest.mark.parametrize(
    ("viewport", "light"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop-light", "phone-dark"]
)
def test_every_component_is_accessible(open_page: Open, viewport: dict[str, int], light: str) -> None:
    page = open_page("", viewport=viewport, color_scheme=light)
    for address in PAGES:
        page.goto(f"/{address}")
        assert_accessible(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= viewport["width"], f"/{address} is {wide} px wide"


def test_the_chosen_look_is_in_the_first_answer(open_page: Open) -> None:
    page = open_page("", color_scheme="light")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    # From the server, not from a script after the page was drawn.
    assert 'data-bs-theme="dark"' in page.request.get("/list").text()


def test_danish_is_chosen_and_stays(open_page: Open) -> None:
    page = open_page("list")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Dansk").click()
    expect(page.locator("html")).to_have_attribute("lang", "da")
    expect(page.get_by_role("link", name="Næste")).to_be_visible()


def test_the_menu_opens_on_a_phone_and_closes_by_escape(open_page: Open) -> None:
    page = open_page("", viewport=PHONE)
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(page.get_by_role("navigation", name="Main menu")).to_be_visible()
    expect(page.locator("#rr-side")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation", name="Main menu")).to_be_hidden()


def test_the_menu_stays_while_a_long_page_is_read(open_page: Open) -> None:
    page = open_page("charts")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.get_by_role("navigation", name="Main menu")).to_be_in_viewport()


def test_the_users_menu_lies_above_the_page(open_page: Open) -> None:
    page = open_page("")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Dansk").click()  # stands where the page's cards begin


def test_the_keyboard_reaches_the_content_first(open_page: Open) -> None:
    page = open_page("list")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_list_follows_the_filter_and_so_does_the_address(open_page: Open) -> None:
    page = open_page("list")
    page.get_by_role("searchbox").fill("coast")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=coast"))
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_heading_sorts_and_says_so(open_page: Open) -> None:
    page = open_page("list")
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("link", name="Name").click()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("tbody tr").first).to_contain_text("Welcome calls")


def test_a_destructive_act_asks_and_no_is_the_first_choice(open_page: Open) -> None:
    page = open_page("")
    page.get_by_role("button", name="Erase contact").click()
    dialog = page.get_by_role("dialog", name="Erase Ida Østergaard?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    assert page.url.endswith("/")
    page.get_by_role("button", name="Erase contact").click()
    dialog.get_by_role("button", name="Erase contact").click()
    expect(page.locator(".rr-toast")).to_contain_text("Done.")


def test_what_was_typed_is_back_after_a_reload(open_page: Open) -> None:
    page = open_page("form")
    page.get_by_label("Name").fill("Forår 2026")
    page.get_by_label("Tuesday").check()
    page.get_by_role("radio", name="Preview").check()
    page.reload()
    expect(page.get_by_label("Name")).to_have_value("Forår 2026")
    expect(page.get_by_label("Tuesday")).to_be_checked()
    expect(page.get_by_role("radio", name="Preview")).to_be_checked()
    page.get_by_role("button", name="Discard it").click()
    expect(page.get_by_label("Name")).to_have_value("")


def test_a_saved_form_leaves_no_draft(open_page: Open) -> None:
    page = open_page("form")
    page.get_by_label("Name").fill("Forår 2026")
    page.get_by_label("Contact list").select_option("a")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".rr-toast")).to_contain_text("Saved.")
    page.goto("/form")
    expect(page.get_by_label("Name")).to_have_value("")


def test_a_form_with_faults_keeps_its_draft_and_takes_one_to_them(open_page: Open) -> None:
    page = open_page("form")
    page.get_by_label("Name").fill("Forår 2026")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-form-errors]")).to_be_focused()
    page.goto("/form")
    expect(page.get_by_label("Name")).to_have_value("Forår 2026")


def test_a_draft_that_htmx_saved_is_gone(open_page: Open) -> None:
    page = open_page("part-form")
    page.get_by_label("Name").fill("Forår")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".invalid-feedback")).to_contain_text("required")
    expect(page.get_by_label("Name")).to_have_value("Forår")
    page.get_by_label("Contact list").select_option("a")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".rr-toast")).to_contain_text("Saved.")
    page.reload()
    expect(page.get_by_label("Name")).to_have_value("")


def test_another_users_draft_on_this_computer_is_removed(open_page: Open) -> None:
    page = open_page("form")
    page.evaluate("localStorage.setItem('rr.keep:other:kitchen:form', JSON.stringify({at: Date.now(), values: []}))")
    page.reload()
    assert page.evaluate("localStorage.getItem('rr.keep:other:kitchen:form')") is None


def test_signing_out_removes_the_drafts(open_page: Open) -> None:
    page = open_page("form")
    page.get_by_label("Name").fill("Forår")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/out")
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('rr.keep')).length") == 0


def test_a_lost_network_keeps_the_form_and_offers_to_try_again(open_page: Open) -> None:
    page = open_page("part-form")
    page.get_by_label("Name").fill("Forår")
    page.get_by_label("Contact list").select_option("a")
    page.route("**/part-form", lambda route: route.abort())
    page.get_by_role("button", name="Save").click()
    banner = page.locator("#connection")
    expect(banner).to_contain_text("could not be reached")
    expect(page.get_by_label("Name")).to_have_value("Forår")
    page.unroute("**/part-form")
    banner.get_by_role("button", name="Try again").click()
    expect(page.locator(".rr-toast")).to_contain_text("Saved.")
    expect(banner).to_be_hidden()


def test_a_refusal_is_a_toast_and_a_fault_of_the_server_a_banner(open_page: Open) -> None:
    page = open_page("live-page")
    page.locator("#refused").click()
    expect(page.locator(".rr-toast")).to_contain_text("Pause it first.")
    page.locator("#broken").click()
    expect(page.locator("#connection")).to_contain_text("went wrong on the server")
    expect(page.locator("#part")).to_contain_text("drawn")


def test_a_form_is_sent_once_however_often_it_is_pressed(open_page: Open) -> None:
    page = open_page("live-page")
    page.evaluate("for (let i = 0; i < 5; i++) document.getElementById('slow').click()")
    page.wait_for_url("**/posted")
    assert page.locator("body").inner_text() == "posted 1"


def test_a_live_part_is_drawn_again_when_its_topic_changes(open_page: Open, kitchen: str) -> None:
    page = hearing(open_page)
    part = page.locator("#part")
    before = part.inner_text()
    say(kitchen, "campaign:2")
    say(kitchen, "campaign:1")
    expect(part).not_to_have_text(before)
    once = part.inner_text()
    say(kitchen, "campaign:1")
    expect(part).not_to_have_text(once)


def test_a_change_that_comes_while_its_part_is_fetched_is_not_missed(open_page: Open, kitchen: str) -> None:
    page = hearing(open_page)
    part = page.locator("#part")
    page.evaluate("heard = 0; document.body.addEventListener('live:campaign:1', () => heard += 1)")
    # The first answer is held back until the second change has been heard: it tells what was, and is drawn after it.
    held: list[Route] = []
    page.route("**/live-part", lambda route: route.continue_() if held else held.append(route))
    say(kitchen, "campaign:1")
    # At least: what another test said a moment ago may come too.
    page.wait_for_function("() => heard >= 1")
    expect(part).to_have_class(re.compile("htmx-request"))
    before = page.evaluate("heard")
    say(kitchen, "campaign:1")
    page.wait_for_function("before => heard > before", arg=before)
    with page.expect_response("**/live-part") as late:
        held[0].fulfill(body='<section id="part" data-live="campaign:1" data-live-url="/live-part">what was</section>')
        assert late.value.text().find("what was") > 0
    expect(part).to_contain_text("drawn")


def test_a_live_part_waits_while_one_is_asked_about_something_in_it(open_page: Open, kitchen: str) -> None:
    page = hearing(open_page)
    part, question = page.locator("#asked p"), page.locator("#rr-ask")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if one.url.endswith("/live-asked") else None)
    page.evaluate("heard = 0; document.body.addEventListener('live:session:1', () => heard += 1)")
    page.get_by_role("button", name="Decline").click()
    expect(question).to_be_visible()
    say(kitchen, "session:1")
    page.wait_for_function("() => heard >= 1")
    expect(part).to_have_text("drawn first")
    assert asked == []
    # What was heard meanwhile is looked at once the question is answered.
    question.get_by_role("button", name="Cancel").click()
    expect(part).to_have_text("drawn again")


def test_what_was_fetched_before_one_was_asked_is_not_put_over_the_question(open_page: Open, kitchen: str) -> None:
    page = hearing(open_page)
    held: list[Route] = []
    page.route("**/live-asked", lambda route: held.append(route))
    say(kitchen, "session:1")
    expect(page.locator("#asked")).to_have_class(re.compile("htmx-request"))
    page.get_by_role("button", name="Decline").click()
    expect(page.locator("#rr-ask")).to_be_visible()
    with page.expect_response("**/live-asked"):
        held[0].continue_()
    expect(page.locator("#asked")).not_to_have_class(re.compile("htmx-request"))
    expect(page.locator("#asked p")).to_have_text("drawn first")
    # And the answer goes where it was asked.
    page.locator("#rr-ask [data-ask-yes]").click()
    page.wait_for_url("**/posted")


def test_a_part_that_could_not_be_fetched_is_tried_again(open_page: Open, kitchen: str) -> None:
    page = hearing(open_page)
    part = page.locator("#part")
    before = part.inner_text()
    refused: list[Route] = []

    def answer(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route)
            route.fulfill(status=503, body="not now")

    page.route("**/live-part", answer)
    say(kitchen, "campaign:1")
    expect(part).not_to_have_text(before)
    assert refused


def test_a_lost_stream_is_said_and_its_parts_are_fresh_when_it_is_back(open_page: Open, kitchen: str) -> None:
    page = open_page("live-page")
    part = page.locator("#part")
    page.route("**/live/stream*", lambda route: route.abort())
    page.evaluate("window.dispatchEvent(new Event('online'))")  # opens the stream anew, into the void
    banner = page.locator("#connection")
    expect(banner).to_contain_text("Connection lost", timeout=10_000)
    before = part.inner_text()
    say(kitchen, "campaign:1")
    page.unroute("**/live/stream*")
    expect(banner).to_contain_text("Connected again", timeout=20_000)
    expect(part).not_to_have_text(before)


def test_being_offline_is_said(open_page: Open) -> None:
    page = open_page("live-page")
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_contain_text("offline")
    page.context.set_offline(False)
    expect(page.locator("#connection")).not_to_contain_text("offline", timeout=15_000)


def test_a_timer_runs(open_page: Open) -> None:
    page = open_page("console")
    timer = page.get_by_role("timer")
    expect(timer).to_have_text("0:02", timeout=5_000)


def test_nothing_inline_gets_past_the_policy(chromium: Browser, kitchen: str) -> None:
    watched = Watched(chromium, kitchen)
    watched.page.goto("/empty")
    ran = watched.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        " document.body.append(s); return window.ran === 1 }"
    )
    watched.close()
    assert not ran
    assert "Content Security Policy" in watched.faults[0]
