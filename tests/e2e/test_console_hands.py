"""What is typed and pressed in the console goes where the hands meant it, whatever comes in between."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Route, expect

from tests.e2e import seeds
from tests.e2e.desk import Desk
from tests.e2e.product import Product
from tests.e2e.test_console import Come, at_work

Begin = Callable[..., tuple[Desk, seeds.Planned]]
# Ida, the third whose token is told.
AGENT, TOKEN = "ida@hjaelp.example.org", 2


@pytest.fixture
def begin(person: Come, product: Product) -> Iterator[Begin]:
    """An agent in the console with the first lead in hand, and nothing left in it from before or for the next."""
    agent = product.api(product.told["tokens"]["agents"][TOKEN])
    agent.post("agent/leave", {"release": True})
    yield lambda name, **campaign: at_work(person, product, name, AGENT, **campaign)
    agent.post("agent/leave", {"release": True})


def test_the_rest_of_a_sentence_is_no_command(begin: Begin, product: Product) -> None:
    desk, planned = begin("Midt i en sætning")
    page = desk.page
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if one.url.endswith("/console/next") else None)
    desk.note.press_sequentially("Han vil ")
    product.api(product.told["tokens"]["supervisor"]).patch(f"leads/{planned.leads[0]['id']}", {"reservation": None})
    expect(desk.idle).to_be_visible()
    page.keyboard.type("gerne nok en gang  c\n", delay=30)
    expect(page.get_by_role("heading", name="Ready")).to_be_focused()
    assert asked == []
    # After a moment of silence keys are commands again.
    desk.get("Åse Ørum")
    expect(desk.note).to_have_value("Han vil ")


def test_a_correction_half_typed_is_there_after_a_reload_and_saved_on_demand(begin: Begin, product: Product) -> None:
    desk, planned = begin("Ny by")
    api = product.api(product.told["tokens"]["owner"])
    town = desk.page.get_by_label("By", exact=True)
    town.press("End")
    town.press_sequentially(" N")
    desk.page.reload()
    expect(town).to_have_value("Aarhus N")
    contact = f"contacts/{planned.leads[0]['contact']['id']}"
    assert api.get(contact)["fields"]["By"] == "Aarhus"
    column = desk.page.locator(".desk-column", has=town)
    desk.agent.look("a correction kept")
    with desk.page.expect_response("**/desk/console/contact"):
        column.get_by_role("button", name="Save").click()
    expect(column.locator(".rr-kept")).to_have_count(0)
    assert api.get(contact)["fields"]["By"] == "Aarhus N"


def test_an_answer_does_not_take_away_what_was_typed_after_it_was_asked(begin: Begin) -> None:
    desk, _planned = begin("Hurtig rettelse")
    held: list[Route] = []
    desk.page.route("**/desk/console/contact", lambda route: held.append(route))
    town = desk.page.get_by_label("By", exact=True)
    town.fill("Vejle")
    with desk.page.expect_request("**/desk/console/contact"):
        town.press("Tab")
    town.press("End")
    town.press_sequentially(" Øst")
    with desk.page.expect_response("**/desk/console/contact"):
        held[0].continue_()
    expect(town).to_have_value("Vejle Øst")
    expect(town).to_be_focused()
    desk.page.reload()
    expect(town).to_have_value("Vejle Øst")


def test_a_correction_in_a_field_one_has_not_left_is_saved_with_what_happened(begin: Begin, product: Product) -> None:
    desk, planned = begin("Rettet til sidst")
    api = product.api(product.told["tokens"]["owner"])
    desk.say("3")
    asked: list[str] = []
    desk.page.on("request", lambda one: asked.append(one.url.rsplit("/", 1)[1]) if one.method == "POST" else None)
    desk.page.get_by_label("By", exact=True).fill("Vejle")
    desk.save()
    expect(desk.idle).to_be_visible()
    assert [one for one in asked if one in ("contact", "disposition")] == ["contact", "disposition"]
    assert api.get(f"contacts/{planned.leads[0]['contact']['id']}")["fields"]["By"] == "Vejle"


def test_a_correction_that_is_refused_is_looked_at_before_what_happened_is_saved(
    begin: Begin, product: Product
) -> None:
    desk, planned = begin("Rettet forkert")
    api = product.api(product.told["tokens"]["owner"])
    amount = desk.page.get_by_label("Bidrag", exact=True)
    desk.say("3")
    amount.fill("meget")
    with desk.page.expect_response("**/desk/console/contact"):
        desk.page.keyboard.press("Control+Enter")
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(amount).to_be_focused()
    assert api.get(f"leads/{planned.leads[0]['id']}")["status"] == "new"
    amount.fill("150")
    desk.save()
    expect(desk.idle).to_be_visible()
    assert api.get(f"contacts/{planned.leads[0]['contact']['id']}")["fields"]["Bidrag"] == 150


def test_a_suggested_time_is_there_after_a_reload(begin: Begin) -> None:
    desk, _planned = begin("Foreslået tid")
    page = desk.page
    page.locator("label.desk-choice-label", has=page.locator("[data-kind=callback_private]")).click()
    page.locator(".desk-suggestions button").first.click()
    chosen = page.locator("#desk-at").input_value()
    assert chosen
    page.reload()
    expect(page.locator("#desk-at")).to_have_value(chosen)


def test_f_leads_to_the_form_and_answers_nothing(begin: Begin) -> None:
    form = [
        {"key": "why", "label": "Hvorfor", "type": "multi_choice", "options": ["Børn", "Natur"], "required": False},
        {"key": "amount", "label": "Beløb pr. måned", "type": "number", "required": True},
    ]
    desk, _planned = begin("Genvej", form=form)
    desk.page.keyboard.press("f")
    first = desk.page.get_by_role("checkbox", name="Børn")
    expect(first).to_be_focused()
    expect(first).not_to_be_checked()


def test_the_hand_stays_on_the_number_through_a_call(begin: Begin) -> None:
    desk, _planned = begin("Samme knap")
    desk.call()
    expect(desk.page.locator(".desk-hangup")).to_be_focused()
    desk.hang_up()
    expect(desk.page.locator(".desk-dial").first).to_be_focused()
    desk.say("2")
    desk.save()


def test_a_note_changed_after_a_lost_answer_is_not_lost(begin: Begin, product: Product) -> None:
    desk, planned = begin("Tabt svar")
    page = desk.page

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    # Until the first save has been made, its screen hears of nothing.
    page.route("**/desk/console/pulse*", lambda route: route.abort())
    page.route(re.compile("/desk/console/disposition$"), lose, times=1)
    desk.say("3")
    desk.note.fill("Optaget")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#connection")).to_contain_text("could not be reached")
    desk.note.fill("Optaget. Ring til kontoret")
    desk.save()
    late = page.get_by_role("dialog", name="Saved already")
    expect(late).to_contain_text("Åse Ørum")
    page.mouse.click(5, 400)
    expect(late).to_contain_text("This contact was saved already, as “Intet svar”.")
    expect(late.get_by_label("Your note can be added to the contact")).to_have_value("Optaget. Ring til kontoret")
    desk.agent.look("a late note")
    late.get_by_role("button", name="Add the note").click()
    desk.agent.told("The note is added.")
    expect(late).to_be_hidden()
    api = product.api(product.told["tokens"]["owner"])
    told = [one["text"] for one in api.get(f"leads/{planned.leads[0]['id']}/timeline")["items"]]
    assert {"Optaget", "Optaget. Ring til kontoret"} <= set(told), told
