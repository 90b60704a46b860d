"""A CRM's page: a manager makes it, the agent's browser opens it with the contact, by a link and by a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Route, expect

from tests.e2e import seeds
from tests.e2e.desk import Desk
from tests.e2e.person import Person
from tests.e2e.product import Product

Come = Callable[..., Person]
CRM = "https://crm.example.org"


@pytest.mark.parametrize(
    "how", [{}, {"language": "da", "phone": True}, {"color_scheme": "dark"}], ids=["desk", "phone", "dark"]
)
def test_a_page_of_the_crm_opens_when_the_call_begins_and_by_its_button(
    person: Come, product: Product, how: dict[str, Any]
) -> None:
    # 1. A manager makes it, and looks at what it says.
    agent = "ida@hjaelp.example.org"
    # Nothing is left in her hands from before.
    product.api(product.told["tokens"]["agents"][2]).post("agent/leave", {"release": True})
    planned = seeds.running_campaign(product, "CRM", [agent])
    manager = person(**how)
    manager.sign_in("olivia@hjaelp.example.org")
    page = manager.go("/campaigns/external-sites/new")
    page.locator("#id_name").fill(f"Hjælpens CRM {planned.id}")
    page.locator("#id_url").fill(CRM + "/find/{{lead.id}}")
    page.locator(
        "input[name=opens][value=on_connect] + label, label:has(input[name=opens][value=on_connect])"
    ).first.click()
    page.locator(
        "input[name=method][value=post_form] + label, label:has(input[name=method][value=post_form])"
    ).first.click()
    page.locator("#id_parameters").fill("who = {{contact.name}}")
    page.locator("#id_sample").select_option(planned.id)
    page.locator("button[name=preview]").click()
    expect(page.locator("#preview bdi")).to_have_text("Åse Ørum")
    manager.look("preview")
    page.locator("#site-form .btn-primary").click()
    page.wait_for_url("**/external-sites/*-*")
    site = page.url.rsplit("/", 1)[1]
    api = product.api(product.told["tokens"]["owner"])
    api.post(f"campaigns/{planned.id}/pause")
    api.patch(f"campaigns/{planned.id}", {"external_site": site, "settings": {"interaction": "both"}})
    api.post(f"campaigns/{planned.id}/approve")
    api.post(f"campaigns/{planned.id}/start")
    # 2. The agent calls, and it opens in a tab of its own.
    one = person(**how)
    posted: list[tuple[str, str, dict[str, list[str]]]] = []

    def crm(route: Route) -> None:
        asked = route.request
        posted.append((asked.method, asked.url, parse_qs(asked.post_data or "")))
        route.fulfill(body="<!doctype html><title>CRM</title><p id=crm>Customer", content_type="text/html")

    one.context.route(f"{CRM}/**", crm)
    one.sign_in(agent)
    desk = Desk(one)
    desk.run(planned.name)
    desk.get("Åse Ørum")
    one.look("with a site")
    with one.context.expect_page() as opened:
        desk.call()
    expect(opened.value.locator("#crm")).to_be_visible()
    lead = planned.leads[0]["id"]
    assert posted == [("POST", f"{CRM}/find/{lead}", {"who": ["Åse Ørum"]})]
    assert opened.value.evaluate("window.opener") is None
    # 3. And again by its button.
    with one.context.expect_page() as again:
        desk.page.locator("#desk-site-open").click()
    expect(again.value.locator("#crm")).to_be_visible()
    assert posted == [posted[0], posted[0]]
    desk.hang_up()
    desk.say("2")
    desk.save()
