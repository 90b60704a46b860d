"""Signing up: a workflow is made, agents open its form from a link and in the console, donors answer on old phones."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Response, expect

from tests.e2e import seeds
from tests.e2e.danish import assert_danish
from tests.e2e.desk import Desk
from tests.e2e.person import Person
from tests.e2e.product import Product

Come = Callable[..., Person]
OWNER = "olivia@hjaelp.example.org"
# `Desk` and the tokens of agents name the same one.
AGENT, TOKEN = "ida@hjaelp.example.org", 2
# The sandbox's acceptance goes through its web hook, as a real provider's does.
WORK_MS = 60_000
# What the donor's page may weigh with all that belongs to it.
MOST_BYTES = 60_000


@pytest.fixture
def planned(product: Product) -> seeds.Planned:
    """A running campaign with a workflow, sandboxes to send and collect by, and an agent who is at nothing else."""
    product.api(product.told["tokens"]["agents"][TOKEN]).post("agent/leave", {"release": True})
    api = product.api(product.told["tokens"]["owner"])
    if not any(one["active"] for one in api.get("gateways")["items"]):
        api.post("gateways", {"name": "Sandkasse", "kind": "sandbox", "account": "e2e"})
    if not any(one["channel"] == "sms" for one in api.get("transports")["items"]):
        api.post("transports", {"name": "Sand", "kind": "sandbox", "channel": "sms", "sender": "+4528100100"})
    made = seeds.running_campaign(product, "Giver", [AGENT], form=[])
    workflow = api.post("workflows", {**seeds.WORKFLOW, "name": made.name})
    api.post(f"campaigns/{made.id}/pause")
    api.patch(f"campaigns/{made.id}", {"workflow": workflow["id"]})
    api.post(f"campaigns/{made.id}/approve")
    api.post(f"campaigns/{made.id}/start")
    return made


def session_of(product: Product, campaign: str) -> dict[str, Any]:
    """The campaign's newest, as its owner reads it: where nothing is real, with the address of its approval link."""
    api = product.api(product.told["tokens"]["owner"])
    newest = api.get("sessions", campaign=campaign, size="1")["items"][0]
    found: dict[str, Any] = api.get(f"sessions/{newest['id']}")
    return found


def test_an_agent_signs_somebody_up_from_a_link_and_sees_the_donor_go_on(
    person: Come, product: Product, planned: seeds.Planned
) -> None:
    agent = person()
    agent.sign_in(AGENT)
    query = {
        "campaignGuid": planned.id, "externalLeadId": f"crm-{planned.id[:8]}", "pre_name": "Åse Ørum",
        "pre_msisdn": "4520129999", "sizzle": "1",
    }  # fmt: skip
    page = agent.go("/onboard?" + urlencode(query))
    agent.in_the_dark()
    expect(page.get_by_label("Phone number")).to_have_value("+4520129999")
    expect(page.get_by_text("This parameter is not known")).to_be_visible()
    page.get_by_role("radio", name="Payment card").check()
    expect(page.get_by_text("if the donor approves today")).to_be_visible()
    # What is wrong stands at its field, and nothing else is lost.
    amount = page.get_by_label("Amount in DKK")
    amount.fill("10")
    agent.press("Submit")
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("radio", name="Payment card")).to_be_checked()
    agent.look("faults")
    amount.fill("150")
    agent.press("Submit")
    # The form's heading is the same.
    expect(page.get_by_role("button", name="Send by SMS")).to_be_visible()
    agent.look("submitted")
    page.evaluate("window.stayed = true")
    agent.press("Send by SMS")
    expect(page.get_by_text("The link is on its way by SMS.")).to_be_visible()
    expect(page.locator("[aria-current=step]")).to_have_text("Link sent")
    session = session_of(product, planned.id)
    assert session["phase"] == "link_sent"

    # What is being typed stands while the page is drawn again beneath it, with the cursor in it.
    to = page.get_by_label("Number or address")
    to.press_sequentially("+45 20")

    def opened() -> None:
        expect(page.locator("[aria-current=step]")).to_have_text("Link opened")
        page.keyboard.type("12")
        expect(to).to_have_value("+45 2012")

    donor = person(language="da", phone=True, java_script_enabled=False)
    agrees(donor, urlsplit(session["approval_url"]).path, opened)
    # The agent has touched nothing, and the page has not been loaded anew.
    status = page.locator("#ob-state").get_by_role("status")
    expect(status).to_contain_text("Complete", timeout=WORK_MS)
    assert page.evaluate("window.stayed")
    expect(page.get_by_role("button", name="The donor says no")).to_have_count(0)
    agent.look("complete")
    agent.in_the_dark()
    # What it has come to, as the merchant's own people see it.
    assert session_of(product, planned.id)["subscription"] is not None
    owner = person(language="da", phone=True)
    owner.sign_in(OWNER)
    owner.go("/onboarding/agreements").get_by_role("link", name="Fast støtte").first.click()
    expect(owner.page.get_by_role("heading", name="Tilladelse til at opkræve")).to_be_visible()
    owner.look()
    owner.in_the_dark()


def agrees(donor: Person, address: str, opened: Callable[[], None]) -> None:
    """On an old phone: little to load, nothing from elsewhere, what is wrong said where it is; then yes. `opened`: what
    is looked at once the link is open."""
    page = donor.page
    loaded: list[Response] = []
    page.on("response", lambda one: loaded.append(one))
    page.goto(address)
    page.wait_for_load_state("load")
    opened()
    assert_danish(page)
    assert {urlsplit(one.url).netloc for one in loaded if one.url.startswith("http")} == {
        urlsplit(donor.product.url).netloc
    }
    # Of the requests: a body is gone with its page.
    sizes = [one.request.sizes() for one in loaded if one.url.startswith("http")]
    total = sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes)
    assert total <= MOST_BYTES, f"{total} bytes"
    expect(page.get_by_text("Hver måned til børn i nød.")).to_be_visible()
    national_id = page.get_by_label("CPR-nummer")
    national_id.fill("310299-1234")
    page.get_by_label("Jeg har læst vilkårene").check()
    donor.press("Ja, gå videre")
    expect(national_id).to_have_attribute("aria-invalid", "true")
    # What nobody else may see is not sent back; what was ticked is.
    expect(national_id).to_have_value("")
    expect(page.get_by_label("Jeg har læst vilkårene")).to_be_checked()
    national_id.fill("211062-5629")
    donor.press("Ja, gå videre")
    # Without a script the page does not look again by itself; its button does.
    thanks, again = page.get_by_role("heading", name="Tak", exact=True), page.get_by_role("link", name="Se igen")
    until = time.monotonic() + WORK_MS / 1000
    while not thanks.is_visible() and time.monotonic() < until:
        expect(page.get_by_text("Siden ser selv efter igen")).to_be_hidden()
        again.click()
        page.wait_for_timeout(500)
    expect(thanks).to_be_visible()
    assert_danish(page)


def test_a_national_id_in_a_link_stays_in_no_address_that_the_browser_keeps(
    person: Come, product: Product, planned: seeds.Planned
) -> None:
    agent = person()
    query = {"campaignGuid": planned.id, "externalLeadId": f"crm-{planned.id[:8]}", "pre_nationalId": "211062-5629"}
    link = f"/onboard?{urlencode(query)}"
    page = agent.page

    def kept() -> str:
        """The addresses that the browser goes back and forth between, and what pages have put by in it. What somebody
        types into its address bar by hand it remembers of itself: links are opened by other systems' pages."""
        entries = page.context.new_cdp_session(page).send("Page.getNavigationHistory")["entries"]
        by = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        return " ".join(f"{one['url']} {one['title']}" for one in entries) + page.url + by

    # Whoever is not signed in is sent to do that first.
    page.goto("/accounts/login/")
    page.evaluate("address => { location.href = address }", link)
    page.wait_for_url("**/accounts/login/?next=*")
    assert "5629" not in kept()
    agent.sign_in(AGENT)
    page.evaluate("address => { location.href = address }", link)
    # It has come along all the same.
    expect(page.get_by_text("•••• 29")).to_be_visible()
    assert "5629" not in kept()
    assert "nationalId" not in kept()
    page.go_back()
    page.go_forward()
    assert page.url.endswith(f"externalLeadId={query['externalLeadId']}")
    assert "5629" not in page.content()


def test_an_agent_signs_up_the_contact_in_the_console_and_it_is_won(
    person: Come, product: Product, planned: seeds.Planned
) -> None:
    agent = person(language="da", color_scheme="dark")
    agent.sign_in(AGENT)
    desk = Desk(agent)
    desk.run(planned.name)
    desk.get("Åse Ørum")
    page = desk.page
    expect(page.get_by_label("Fulde navn")).to_have_value("Åse Ørum")
    page.get_by_role("radio", name="Betalingskort").check()
    expect(page.get_by_text("hvis giveren godkender i dag")).to_be_visible()
    # What is typed outlives a reload.
    page.get_by_label("Beløb i DKK").fill("125")
    page.reload()
    expect(page.get_by_label("Beløb i DKK")).to_have_value("125")
    agent.look("with a session's form")
    agent.press("Indsend")
    dialog = page.locator("#desk-session")
    expect(dialog.get_by_role("heading", name="Session om fast aftale")).to_be_visible()
    expect(page.locator(".rr-toast")).to_have_count(0)
    agent.press("Vis QR-kode", within=dialog)
    expect(dialog.get_by_role("img", name="QR-kode")).to_be_in_viewport()
    agent.look("with the session")

    # A question about the session stands while the session goes on; then both go on.
    agent.press("Giveren siger nej", within=dialog)
    question = page.get_by_role("dialog", name="Har giveren sagt nej?")
    expect(question).to_be_visible()
    agent.look("asked")
    donor = person(language="da", phone=True)
    donor.go(urlsplit(session_of(product, planned.id)["approval_url"]).path)
    donor.in_the_dark()
    expect(donor.page.get_by_text("125 kr.")).to_be_visible()
    expect(question).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog.locator("[aria-current=step]")).to_have_text("Link åbnet")
    donor.page.get_by_label("Jeg har læst vilkårene").check()
    donor.press("Ja, gå videre")
    expect(donor.page.get_by_text("Siden ser selv efter igen")).to_be_visible()
    donor.look("waiting")
    expect(donor.page.get_by_role("heading", name="Tak", exact=True)).to_be_visible(timeout=WORK_MS)
    donor.look("thanked")
    expect(dialog.get_by_role("status")).to_contain_text("Gennemført", timeout=WORK_MS)
    # A code that leads nowhere any more is gone.
    expect(dialog.get_by_role("img", name="QR-kode")).to_be_hidden()
    agent.press("Luk og gå videre", within=dialog)
    expect(desk.idle).to_be_visible()
    lead = product.api(product.told["tokens"]["owner"]).get(f"leads/{planned.leads[0]['id']}")
    assert lead["status"] == "success"


def test_a_merchant_builds_a_workflow_and_gives_it_to_a_campaign(
    person: Come, product: Product, planned: seeds.Planned
) -> None:
    owner = person()
    owner.sign_in(OWNER)
    page = owner.go("/onboarding/workflows")
    owner.press("New workflow")
    page.get_by_role("link", name="Sign-up", exact=True).click()
    name = f"Medlem {planned.name}"
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Message with the link").fill("Velkommen. Bekræft her:")
    page.get_by_label("Name on its tab").fill("Medlemskab")
    # Both sides are drawn as it is typed.
    donor_sees = page.get_by_role("group", name="The donor's telephone")
    expect(page.get_by_role("group", name="The agent's form")).to_contain_text("Medlemskab")
    expect(donor_sees).to_contain_text("Velkommen. Bekræft her:")
    page.get_by_role("radio", name="Fixed").first.check()
    page.get_by_label("Amount", exact=True).fill("250")
    page.get_by_role("checkbox", name="Payment card").check()
    expect(donor_sees).to_contain_text("DKK 250")
    # A second product beside it; what was typed in the first stays, and so does the hand.
    owner.press("Add a product")
    expect(page.get_by_label("Name on its tab")).to_have_count(2)
    expect(page.get_by_role("button", name="Add a product")).to_be_focused()
    owner.look("two products")
    owner.press("Save")
    expect(page.get_by_text("Something is not right yet")).to_be_visible()
    owner.look("faults")
    page.get_by_role("button", name="Take away").last.click()
    expect(page.get_by_label("Name on its tab")).to_have_count(1)
    expect(page.get_by_label("Name on its tab")).to_have_value("Medlemskab")
    owner.press("Save")
    owner.told("The workflow is saved.")
    owner.look("saved")
    owner.in_the_dark()

    api = product.api(product.told["tokens"]["owner"])
    api.post(f"campaigns/{planned.id}/pause")
    owner.go(f"/campaigns/{planned.id}/plan/1")
    page.get_by_label("Workflow").select_option(label=name)
    with page.expect_navigation():
        page.locator("main form button.btn-primary").first.click()
    made = api.get("workflows", q=name)["items"][0]
    assert api.get(f"campaigns/{planned.id}")["workflow"] == made["id"]
