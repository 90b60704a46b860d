"""The supervisor's board: what happens in consoles is seen on it by itself, and it can take a contact back."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e import seeds
from tests.e2e.desk import Desk
from tests.e2e.person import Person
from tests.e2e.product import Product

Come = Callable[..., Person]
AGENT = "august@hjaelp.example.org"


def test_the_board_follows_the_console_and_takes_a_contact_back(person: Come, product: Product) -> None:
    planned = seeds.running_campaign(product, "Tavlen", [AGENT], target=5)
    supervisor = person()
    supervisor.sign_in("lone@hjaelp.example.org")
    board = supervisor.go(f"/reports/board?campaign={planned.id}")
    expect(board.get_by_text("0 / 5").first).to_be_visible()
    expect(board.get_by_text("Nobody is at work").first).to_be_visible()

    agent = person()
    agent.sign_in(AGENT)
    desk = Desk(agent)
    desk.run(planned.name)
    row = board.get_by_role("row", name=re.compile("August Nygaard"))
    expect(row).to_contain_text("Ready")
    desk.get("Åse Ørum")
    desk.call()
    expect(row).to_contain_text("In a call")
    supervisor.look("in a call")
    supervisor.in_the_dark()
    desk.say("1")
    agent.page.get_by_label("Beløb pr. måned").fill("100")
    desk.save()
    expect(board.get_by_text("1 / 5").first).to_be_visible()

    desk.get("Bent Kjær")
    desk.note.fill("Halvt færdig")
    row.get_by_role("button", name="Take back").click()
    board.locator("#rr-ask [data-ask-yes]").click()
    expect(agent.page.get_by_text("A supervisor has taken this contact back.")).to_be_visible()
    expect(row.get_by_role("button", name="Take back")).to_be_hidden()
    # The words are still in this browser when the contact comes again.
    desk.get("Bent Kjær")
    expect(desk.note).to_have_value("Halvt færdig")
