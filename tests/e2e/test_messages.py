"""An SMS from the console: it stands in the sandbox as a telephone shows it, and the answer comes up in the console."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e import seeds
from tests.e2e.axe import assert_accessible
from tests.e2e.desk import Desk
from tests.e2e.person import Person
from tests.e2e.product import Product, wait_for

Come = Callable[..., Person]


@pytest.mark.parametrize("how", [{}, {"phone": True, "color_scheme": "dark"}], ids=["desk", "phone"])
def test_an_sms_from_the_console_and_its_answer(person: Come, product: Product, how: dict[str, Any]) -> None:
    api = product.api(product.told["tokens"]["owner"])
    if not any(one["channel"] == "sms" for one in api.get("transports")["items"]):
        api.post("transports", {"name": "Sand", "kind": "sandbox", "channel": "sms", "sender": "+4528100100"})
    agent = "ida@hjaelp.example.org"
    planned = seeds.running_campaign(product, "SMS", [agent])
    name = f"Tak {planned.id}"
    api.post("templates", {"name": name, "channel": "sms", "text": "Hej {{ contact.name }}, tak for snakken."})
    # 1. The agent chooses a template by keyboard, sees what it says, and sends it.
    one = person(**how)
    one.sign_in(agent)
    desk = Desk(one)
    # Nothing is left in her hands from before.
    product.api(product.told["tokens"]["agents"][2]).post("agent/leave", {"release": True})
    desk.run(planned.name)
    desk.get("Åse Ørum")
    desk.note.fill("Midt i en sætning")
    desk.page.locator("#desk-name").focus()
    desk.page.keyboard.press("m")
    dialog = desk.page.locator("#desk-message")
    dialog.locator("#compose-template").select_option(label=name)
    expect(dialog.locator("#compose-preview")).to_contain_text("Hej Åse Ørum, tak for snakken.")
    expect(dialog.locator("#compose-preview")).to_contain_text("1 SMS")
    assert_accessible(desk.page)
    one.look("writing")
    dialog.locator(".btn-primary").click()
    expect(dialog).to_be_hidden()
    # 2. The sandbox shows it, and its receiver answers there.
    owner = person()
    owner.sign_in("olivia@hjaelp.example.org")
    lead = planned.leads[0]["id"]
    wait_for(lambda: [one["status"] for one in api.get("messages", lead=lead)["items"]] == ["sent"])
    kept = owner.go("/messages/sandbox").locator(".rr-phone", has_text="tak for snakken").first
    expect(kept).to_contain_text("Åse Ørum")
    owner.look("sandbox")
    kept.locator("input[name=text]").fill("Ja, ring endelig")
    kept.locator(".rr-act-reply button").click()
    expect(owner.page.locator(".rr-phone").first).to_contain_text("Ja, ring endelig")
    # 3. It comes up in the console by itself, and nothing that was typed is gone.
    expect(desk.page.locator("#desk-news")).to_contain_text("Ja, ring endelig")
    expect(desk.note).to_have_value("Midt i en sætning")
    one.look("answered")
    desk.say("2")
    desk.save()
