"""The agent's whole way once more, in Danish on a telephone of 360 pixels, by touch."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e import seeds
from tests.e2e.desk import Desk
from tests.e2e.person import Person
from tests.e2e.product import Product

Come = Callable[..., Person]
AGENT = "jonas@hjaelp.example.org"


def test_an_agent_works_in_danish_on_a_phone(person: Come, product: Product) -> None:
    planned = seeds.running_campaign(product, "Mobil", [AGENT], leads=5, target=3, settings={"skip": "reason"})
    agent = person(language="da", phone=True, has_touch=True)
    page = agent.page
    agent.go("/accounts/login/")
    agent.sign_in(AGENT)
    desk = Desk(agent)
    desk.run(planned.name)
    agent.look("klar")

    take(desk, "Åse Ørum")
    agent.look("emne")
    page.locator(".desk-dial").tap()
    expect(page.locator(".desk-hangup")).to_be_visible()
    agent.look("samtale")
    page.locator(".desk-hangup").tap()
    choose(desk, "Ja tak")
    page.locator("#desk-submit").tap()
    # The form must be answered: said, with what was typed still there.
    expect(page.locator("[data-form-errors]")).to_be_visible()
    agent.look("fejl")
    page.get_by_label("Beløb pr. måned").fill("150")
    page.locator("#desk-submit").tap()

    take(desk, "Bent Kjær")
    choose(desk, "Aftal genopkald")
    page.locator(".desk-suggestions button").first.tap()
    expect(page.locator("#desk-at-check .desk-good")).to_be_visible()
    agent.look("genopkald")
    page.locator("#desk-submit").tap()

    take(desk, "Camilla Dahl")
    choose(desk, "Ring ikke igen nu")
    page.locator("#desk-submit").tap()

    take(desk, "Dorte Æbelø")
    page.locator("#desk-skip").tap()
    agent.look("spring over")
    page.locator("#desk-skip-reason").fill("Kender hende")
    page.locator("#desk-skip-dialog .btn-primary").tap()
    expect(desk.idle).to_be_visible()

    page.locator("#desk-pause").tap()
    agent.look("pauser")
    page.locator(".dropdown-item[name=reason]").first.tap()
    expect(page.locator(".desk-wait .desk-clock")).to_be_visible()
    agent.look("pause")
    page.locator("#desk-go").tap()

    page.locator("#desk-list").tap()
    expect(page.locator("#desk-customers-body")).to_contain_text("Bent Kjær")
    agent.look("liste")
    page.keyboard.press("Escape")
    page.locator("#desk-leave").tap()
    page.wait_for_url("**/desk/")
    agent.look("bagefter")
    expect(page.get_by_text("1 / 3")).to_be_visible()


def take(desk: Desk, name: str) -> None:
    """*Hent emne*, by touch."""
    desk.page.locator("#desk-go[hx-post$=next]").tap()
    expect(desk.name).to_have_text(name)


def choose(desk: Desk, disposition: str) -> None:
    desk.page.locator(".desk-choice-label", has_text=disposition).tap()
    expect(desk.page.get_by_role("radio", name=disposition)).to_be_checked()
