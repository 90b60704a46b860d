"""An agency calls for a merchant as long as the merchant lets it, and not a moment longer."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e import seeds
from tests.e2e.desk import Desk
from tests.e2e.person import Person
from tests.e2e.product import Product

Come = Callable[..., Person]
AGENT = "mathilde@ringhuset.example.org"


def test_a_revoked_link_takes_the_agency_off_at_once(person: Come, product: Product) -> None:
    merchant, agency = person(), person()
    merchant.sign_in("ulla@fremmed.example.org")
    page = merchant.go("/settings/agencies")
    merchant.press("Make a token for an agency")
    merchant.look("token")
    token = page.locator(".rr-copy").first.inner_text().split()[0]

    agency.sign_in("birgitte@ringhuset.example.org")
    agency.go("/settings/agencies")
    agency.page.locator("input[name=token]").fill(token)
    agency.press("Connect")
    agency.told("You are connected to the merchant.")
    agency.look("connected")

    planned = seeds.running_campaign(
        product, "For et bureau", [AGENT], organisation="outsider", agency=product.told["orgs"]["agency"]["id"]
    )
    agent = person()
    agent.sign_in(AGENT)
    desk = Desk(agent)
    desk.run(planned.name)
    desk.get("Åse Ørum")
    desk.call()
    desk.say("2")
    desk.save()
    desk.get("Bent Kjær")

    page = merchant.go("/settings/agencies")
    row = page.get_by_role("row").filter(has_text="Ringhuset").filter(has=page.get_by_role("button"))
    row.get_by_role("button", name="Disconnect").click()
    page.locator("#rr-ask [data-ask-yes]").click()
    merchant.told("Disconnected.")

    # The agent's screen lets go by itself, and nothing of the campaign can be reached any more.
    expect(desk.name).to_be_hidden()
    agent.page.goto("/desk/")
    expect(agent.page.get_by_text(planned.name)).to_be_hidden()
    for address in (f"/campaigns/{planned.id}", f"/campaigns/leads/{planned.leads[1]['id']}"):
        answer = agency.page.goto(address)
        assert answer is not None
        assert answer.status == 404


def test_an_agency_chooses_whose_campaigns_and_sessions_it_looks_at(person: Come, product: Product) -> None:
    merchant, agency = (product.api(product.told["orgs"][name]["owner"]) for name in ("outsider", "agency"))
    link = agency.post("agency-links/claim", {"token": merchant.post("agency-links")["token"]})
    of = product.told["orgs"]["agency"]["id"]
    other, mine = (
        seeds.running_campaign(product, f"For {name}", [AGENT], organisation=name, agency=of)
        for name in ("magazine", "outsider")
    )
    try:
        one = person(language="da")
        one.sign_in("birgitte@ringhuset.example.org")
        page = one.go("/campaigns/")
        page.goto("/campaigns/?merchant=")
        chosen = page.get_by_label("Opdragsgiver")
        chosen.focus()
        chosen.select_option(link["merchant"])
        # The bar is drawn anew beside the list: what is offered, the way back, and where one was.
        expect(page.get_by_role("link", name=mine.name)).to_be_visible()
        expect(page.get_by_role("link", name=other.name)).to_be_hidden()
        expect(page.get_by_role("link", name="Ryd")).to_be_visible()
        expect(page.get_by_label("Tilstand").locator("option", has_text="Kører")).to_have_text("Kører (1)")
        expect(chosen).to_be_focused()
        expect(chosen).to_have_value(link["merchant"])
        assert f"merchant={link['merchant']}" in page.url

        # The other list of the same room is led to the same one, and its bar goes on working after it was drawn anew.
        page.goto("/onboarding/sessions")
        assert page.url.endswith(f"/onboarding/sessions?merchant={link['merchant']}")
        of_campaign = page.get_by_label("Kampagne", exact=True)
        expect(of_campaign.locator("option", has_text=other.name)).to_have_count(0)
        page.get_by_label("Opdragsgiver").select_option("")
        expect(of_campaign.locator("option", has_text=other.name)).to_have_count(1)
        page.get_by_label("Opdragsgiver").select_option(link["merchant"])
        expect(of_campaign.locator("option", has_text=other.name)).to_have_count(0)
        one.look("of one merchant")

        page.get_by_role("link", name="Ryd").click()
        expect(of_campaign.locator("option", has_text=other.name)).to_have_count(1)
        page.goto("/campaigns/")
        expect(page.get_by_role("link", name=other.name)).to_be_visible()
    finally:
        merchant.delete(f"agency-links/{link['id']}")
