"""The console loses nothing: not by a reload, a second window, a killed server, a lost network or a supervisor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Route, expect

from tests.e2e import seeds
from tests.e2e.desk import Desk
from tests.e2e.person import Person
from tests.e2e.product import Product

Come = Callable[..., Person]


def at_work(person: Come, product: Product, name: str, agent: str, **campaign: Any) -> tuple[Desk, seeds.Planned]:
    """An agent in the console with the first lead in hand."""
    planned = seeds.running_campaign(product, name, [agent], **campaign)
    one = person()
    one.sign_in(agent)
    desk = Desk(one)
    desk.run(planned.name)
    desk.get("Åse Ørum")
    return desk, planned


def lead_status(product: Product, planned: seeds.Planned, number: int = 0) -> str:
    api = product.api(product.told["tokens"]["owner"])
    return str(api.get(f"leads/{planned.leads[number]['id']}")["status"])


def test_what_was_typed_is_there_after_a_reload_in_the_middle_of_it(person: Come, product: Product) -> None:
    desk, planned = at_work(person, product, "Genindlæst", "ida@hjaelp.example.org")
    desk.say("1")
    desk.page.get_by_label("Beløb pr. måned").fill("150")
    desk.note.press_sequentially("Ringer fra toget, taler om")
    desk.page.reload()
    expect(desk.name).to_have_text("Åse Ørum")
    expect(desk.note).to_have_value("Ringer fra toget, taler om")
    expect(desk.page.get_by_label("Beløb pr. måned")).to_have_value("150")
    expect(desk.page.get_by_role("radio", name="Ja tak")).to_be_checked()
    desk.save()
    expect(desk.idle).to_be_visible()
    assert lead_status(product, planned) == "success"
    desk.get("Bent Kjær")
    expect(desk.note).to_have_value("")


def test_two_windows_show_one_contact_and_save_it_once(person: Come, product: Product) -> None:
    desk, planned = at_work(person, product, "To vinduer", "emil@hjaelp.example.org")
    second = desk.agent.context.new_page()
    second.goto("/desk/console")
    expect(second.locator("#desk-name")).to_have_text("Åse Ørum")
    second.locator("#desk-note").fill("Skrevet i det andet vindue")
    desk.say("2")
    desk.save()
    # The other window is told, without anybody touching it.
    expect(second.get_by_text("This contact was finished in another window.")).to_be_visible()
    assert lead_status(product, planned) == "not_interested"
    desk.get("Bent Kjær")
    expect(second.locator("#desk-name")).to_have_text("Bent Kjær")


def test_a_killed_server_takes_neither_the_contact_nor_the_words(person: Come, product: Product) -> None:
    desk, planned = at_work(person, product, "Strømsvigt", "freja@hjaelp.example.org")
    desk.say("1")
    desk.page.get_by_label("Beløb pr. måned").fill("75")
    desk.note.press_sequentially("Vil gerne ")
    product.kill_web()
    desk.note.press_sequentially("have et brev")
    desk.save()
    expect(desk.idle).to_be_visible()
    assert lead_status(product, planned) == "success"
    api = product.api(product.told["tokens"]["owner"])
    told = [one["text"] for one in api.get(f"leads/{planned.leads[0]['id']}/timeline")["items"]]
    assert any("Vil gerne have et brev" in text for text in told), told


def test_a_console_opened_again_after_the_kill_is_where_it_was(person: Come, product: Product) -> None:
    desk, _planned = at_work(person, product, "Genåbnet", "asger@hjaelp.example.org")
    desk.note.fill("Midt i det hele")
    product.kill_web()
    desk.page.goto("/desk/")
    desk.page.get_by_role("link", name="Back to the console").click()
    expect(desk.name).to_have_text("Åse Ørum")
    expect(desk.note).to_have_value("Midt i det hele")


def test_a_lost_network_keeps_the_form_and_saves_when_it_is_back(person: Come, product: Product) -> None:
    desk, planned = at_work(person, product, "Uden net", "clara@hjaelp.example.org")
    desk.say("2")
    desk.note.fill("Vil ikke")
    desk.agent.context.set_offline(True)
    banner = desk.page.locator("#connection")
    expect(banner).to_contain_text("offline")
    desk.page.keyboard.press("Control+Enter")
    expect(desk.note).to_have_value("Vil ikke")
    assert lead_status(product, planned) == "new"
    desk.agent.context.set_offline(False)
    expect(banner).to_contain_text("could not be reached")
    banner.get_by_role("button", name="Try again").click()
    expect(desk.idle).to_be_visible()
    assert lead_status(product, planned) == "not_interested"


def test_a_contact_taken_back_says_so_and_keeps_the_words(person: Come, product: Product) -> None:
    desk, planned = at_work(person, product, "Taget tilbage", "malthe@hjaelp.example.org")
    desk.note.fill("Halvt færdig")
    product.api(product.told["tokens"]["supervisor"]).patch(f"leads/{planned.leads[0]['id']}", {"reservation": None})
    expect(desk.page.get_by_text("A supervisor has taken this contact back.")).to_be_visible()
    desk.get("Åse Ørum")
    expect(desk.note).to_have_value("Halvt færdig")


def test_a_break_waits_for_the_contact_and_stops_the_next(person: Come, product: Product) -> None:
    desk, _planned = at_work(person, product, "Pause", "laura@hjaelp.example.org")
    page = desk.page
    desk.call()
    page.get_by_role("button", name="Break").click()
    page.get_by_role("button", name="Lunch").click()
    expect(page.get_by_text("Break after this contact")).to_be_visible()
    desk.hang_up()
    desk.say("3")
    desk.save()
    expect(page.get_by_role("heading", name="Break: Lunch")).to_be_visible()
    desk.agent.look("on a break")
    page.keyboard.press("p")
    desk.get("Bent Kjær")


def test_a_key_that_is_quicker_than_the_answer_is_not_lost(person: Come, product: Product) -> None:
    planned = seeds.running_campaign(product, "Hurtige fingre", ["nanna@hjaelp.example.org"])
    one = person()
    one.sign_in("nanna@hjaelp.example.org")
    desk = Desk(one)
    desk.run(planned.name)
    held: list[Route] = []
    desk.page.route("**/desk/console/next", lambda route: held.append(route))
    # The contact is asked for and its disposition chosen in one go; the server takes its time.
    expect(desk.page.locator("#desk-go")).to_be_visible()
    with desk.page.expect_request("**/desk/console/next"):
        desk.page.keyboard.press("n")
    desk.page.keyboard.press("2")
    held[0].continue_()
    expect(desk.name).to_have_text("Åse Ørum")
    expect(desk.page.get_by_role("radio", name="Nej tak")).to_be_checked()
