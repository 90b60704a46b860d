"""An agency's client that never signs in, from the first page to the last."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.person import Person

Come = Callable[..., Person]
OWNER = "birgitte@ringhuset.example.org"
WORK_MS = 60_000


def test_a_client_is_made_acted_for_taken_out_and_deleted(person: Come) -> None:
    name = f"Vandværket {secrets.token_hex(2)}"
    agency = person()
    agency.sign_in(OWNER)
    page = agency.go("/settings/clients")
    page.locator("input[name=name]").fill(name)
    agency.press("Make the client")
    agency.told("The client is made.")
    agency.look("client")
    agency.in_the_dark()
    there = page.url

    agency.press("Act for it")
    banner = page.locator(".rr-acting")
    expect(banner).to_contain_text(f"You act for {name}")
    agency.go("/contacts/")
    expect(banner).to_be_visible()
    agency.look("acting")
    agency.in_the_dark()
    banner.get_by_role("button", name="Leave").click()
    expect(banner).to_be_hidden()

    page.goto(there)
    agency.press("Make an archive of CSV files")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download").click(timeout=WORK_MS)
    assert taken.value.suggested_filename.endswith(".zip")
    agency.look("taken out")

    page.locator("#delete-name").fill(name)
    agency.press("Delete all of its data")
    expect(page.get_by_text("All is deleted")).to_be_visible(timeout=WORK_MS)
    agency.go("/settings/clients")
    expect(page.get_by_role("row").filter(has_text=name)).to_contain_text("Data deleted")


def test_a_client_is_run_and_handed_over_on_a_danish_phone(person: Come) -> None:
    name = f"Foreningen af gode naboer {secrets.token_hex(2)}"
    agency, owner = person(language="da", phone=True), person(language="da", phone=True)
    agency.sign_in(OWNER)
    page = agency.go("/settings/clients")
    page.locator("input[name=name]").fill(name)
    agency.press("Opret klienten")
    agency.look("client")
    there = page.url
    agency.press("Handl på dens vegne")
    agency.go("/contacts/")
    expect(page.locator(".rr-acting")).to_contain_text(name)
    agency.look("acting")
    agency.in_the_dark()

    page.goto(there)
    page.locator("input[name=email]").fill(f"ny.{secrets.token_hex(3)}@example.org")
    agency.press("Inviter ejeren")
    agency.look("offered")
    link = page.locator(".rr-copy").first.inner_text().split()[0]
    owner.page.goto(link)
    owner.look("offer")
    owner.page.locator("input[name=name]").fill("Nanna Ny")
    owner.page.locator("input[name=password]").fill("tre små kinesere 17")
    owner.press("Vær med")
    expect(owner.page.locator("#main")).to_be_visible()

    # The page that was open acts for nobody any more.
    page.goto("/contacts/")
    agency.told("Du handler ikke længere på vegne af den organisation, du havde valgt. Der er ikke sket noget.")
    expect(page.locator(".rr-acting")).to_be_hidden()
