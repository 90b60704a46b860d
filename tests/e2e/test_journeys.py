"""Journeys drawn by people: examples 2, 4 and 10 by mouse and by keyboard, published; looked at in both languages."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import seeds
from tests.e2e.person import Person
from tests.e2e.product import Api, Product, wait_for

Come = Callable[..., Person]
MANAGER = "olivia@hjaelp.example.org"
AGENT = "ida@hjaelp.example.org"
QUESTION = "Hvorfor var kunden ikke interesseret"
WHY = {"key": "why_not", "label": QUESTION, "type": "choice", "options": ["Ikke nu", "Aldrig"]}
# The most clicks and typed values that example 2 may take.
MOST = 25


@pytest.fixture
def api(product: Product) -> Api:
    return product.api(product.told["tokens"]["owner"])


@pytest.fixture
def planned(product: Product) -> seeds.Planned:
    return seeds.running_campaign(product, "Fælles kampagne", [AGENT], form=[WHY])


@pytest.fixture
def manager(person: Come) -> Person:
    one = person()
    one.sign_in(MANAGER)
    return one


class Mouse:
    """Draws by clicking; counts what it does."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    @property
    def panel(self) -> Locator:
        return self.page.locator("#rr-jn-panel")

    def node(self, name: str) -> Locator:
        return self.page.locator(".react-flow__node", has=self.page.get_by_text(name, exact=True))

    def click(self, what: Locator) -> None:
        self.count += 1
        what.click()

    def write(self, what: Locator, text: str) -> None:
        self.count += 1
        what.fill(text)

    def choose(self, what: Locator, label: str) -> None:
        self.count += 1
        what.select_option(label=label)

    def tick(self, group: Locator, label: str) -> None:
        self.count += 1
        group.get_by_label(label, exact=True).check()

    def begin(self, name: str, campaign: str) -> None:
        """A new journey on this campaign, in the editor."""
        self.page.goto("/journeys/")
        self.click(self.page.locator("main a[href='/journeys/new']").first)
        self.write(self.page.locator("#id_name"), name)
        self.choose(self.page.locator("#id_campaign"), campaign)
        self.click(self.page.get_by_role("button", name="Create and draw"))
        expect(self.page.locator(".react-flow__node")).to_have_count(1)

    def add(self, after: str, kind: str) -> None:
        """A step in the arrow of this name, whose place on the canvas is plain to see."""
        self.click(self.page.get_by_role("button", name=f"Add a step after {after}", exact=True))
        self.click(self.page.get_by_role("option", name=re.compile(f"^{re.escape(kind)}")).first)
        expect(self.panel.get_by_role("heading", name=kind)).to_be_visible()

    def field(self, label: str) -> Locator:
        return self.panel.get_by_label(label, exact=True).first

    def publish(self) -> None:
        self.click(self.page.get_by_role("button", name="Publish", exact=True))
        self.click(self.page.get_by_role("button", name="Publish now"))
        self.page.wait_for_url(re.compile(r"/journeys/[0-9a-f-]{36}$"))


class Keys:
    """Draws without ever touching the mouse, once the editor is open."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def reach(self, what: Locator, way: str = "Tab") -> None:
        """On with Tab until the focus is there."""
        for _ in range(120):
            if what.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press(way)
        raise AssertionError(f"the keyboard does not reach {what}")

    def on(self, name: str) -> None:
        """The step has the focus."""
        node = self.page.locator(".react-flow__node", has=self.page.get_by_text(name, exact=True))
        expect(node).to_be_focused()

    def field(self, label: str) -> Locator:
        return self.page.locator("#rr-jn-panel").get_by_label(label, exact=True).first

    def say(self, label: str, text: str) -> None:
        """Into a field, or the entry of a list that begins so."""
        field = self.field(label)
        self.reach(field)
        if field.evaluate("element => element.tagName === 'INPUT' && element.type !== 'checkbox'"):
            self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def tick(self, label: str, group: str | None = None) -> None:
        panel = self.page.locator("#rr-jn-panel")
        where = panel.get_by_role("group", name=group, exact=True) if group else panel
        self.reach(where.get_by_label(label, exact=True).first)
        self.press("Space")

    def edit(self) -> None:
        self.press("Enter")
        expect(self.page.locator("#rr-jn-panel :focus")).to_have_count(1)

    def back(self, name: str) -> None:
        self.press("Escape")
        self.on(name)

    def add(self, kind: str, arrow: str | None = None) -> None:
        """After the step that has the focus."""
        self.press("a")
        if arrow is not None:
            expect(self.page.get_by_role("dialog", name="Which arrow?")).to_be_visible()
            self.page.keyboard.type(arrow)
            self.press("Enter")
        expect(self.page.get_by_role("dialog", name="What comes next?")).to_be_visible()
        self.page.keyboard.type(kind)
        self.press("Enter")
        self.on(kind)

    def publish(self) -> None:
        self.reach(self.page.get_by_role("button", name="Publish", exact=True), "Shift+Tab")
        self.press("Enter")
        yes = self.page.get_by_role("button", name="Publish now")
        expect(yes).to_be_enabled()
        self.reach(yes)
        self.press("Enter")
        self.page.wait_for_url(re.compile(r"/journeys/[0-9a-f-]{36}$"))


def published(api: Api, page: Page) -> dict[str, Any]:
    """The document that runs, by the address of the journey's page."""
    found = api.get(f"journeys/{page.url.rsplit('/', 1)[1]}")
    assert found["state"] == "published"
    document: dict[str, Any] = found["document"]
    return document


def ways(document: dict[str, Any]) -> dict[str, dict[str, str]]:
    """{type: {arrow: type}}, for documents with one step of a kind."""
    types = {one["id"]: one["type"] for one in document["nodes"]}
    return {one["type"]: {way: types[to] for way, to in one["next"].items()} for one in document["nodes"]}


def fresh(name: str) -> str:
    return f"{name} {secrets.token_hex(2)}"


def assert_example_2(document: dict[str, Any]) -> None:
    assert document["trigger"] == {"type": "status_changed", "params": {"to": ["not_interested"]}}
    found = ways(document)
    [cases] = [one["params"]["cases"] for one in document["nodes"] if one["type"] == "branch"]
    named = {one["value"]: one["out"] for one in cases}
    assert found["branch"] == {named["Ikke nu"]: "wait", named["Aldrig"]: "deactivate"}
    assert found["wait"] == {"next": "reset"}
    [wait] = [one["params"]["duration"] for one in document["nodes"] if one["type"] == "wait"]
    assert wait == {"n": 3, "unit": "months"}


def test_example_2_takes_at_most_25_clicks_and_typed_values(manager: Person, api: Api, planned: seeds.Planned) -> None:
    hand = Mouse(manager.page)
    hand.begin(fresh("Efter svaret"), planned.name)
    hand.tick(hand.panel.get_by_role("group", name="To"), "Not interested")
    hand.add("Status changed", "Branch")
    hand.choose(hand.field("By the field"), QUESTION)
    hand.add("Branch Ikke nu", "Wait for a time")
    hand.write(hand.field("How long"), "3")
    hand.choose(hand.field("Unit"), "months")
    hand.add("Wait for a time then", "Reset the lead")
    hand.add("Branch Aldrig", "Deactivate the lead")
    hand.click(manager.page.get_by_role("button", name="Journey", exact=True))
    ends = hand.panel.get_by_role("group", name="End the run when")
    hand.click(ends.get_by_role("button", name="Condition"))
    hand.choose(ends.get_by_label("Comparison"), "is not")
    hand.choose(ends.get_by_label("Value"), "Not interested")
    manager.look("example 2")
    hand.publish()
    document = published(api, manager.page)
    assert_example_2(document)
    assert document["settings"]["exit_when"] == {
        "all": [{"path": "lead.status", "op": "ne", "value": "not_interested"}]
    }
    assert hand.count <= MOST, f"{hand.count} clicks and typed values"


def test_example_2_by_keyboard(manager: Person, api: Api, planned: seeds.Planned) -> None:
    Mouse(manager.page).begin(fresh("Efter svaret"), planned.name)
    keys = Keys(manager.page)
    keys.reach(manager.page.locator(".react-flow__node"))
    keys.edit()
    keys.tick("Not interested", "To")
    keys.back("Status changed")
    keys.add("Branch")
    keys.edit()
    keys.say("By the field", QUESTION)
    keys.back("Branch")
    keys.add("Wait for a time", "Ikke nu")
    keys.edit()
    keys.say("How long", "3")
    keys.say("Unit", "months")
    keys.back("Wait for a time")
    keys.add("Reset the lead")
    keys.press("ArrowUp")
    keys.on("Wait for a time")
    keys.press("ArrowUp")
    keys.on("Branch")
    keys.add("Deactivate the lead", "Aldrig")
    keys.publish()
    assert_example_2(published(api, manager.page))


def assert_example_4(document: dict[str, Any], target: str) -> None:
    assert document["trigger"] == {"type": "status_changed", "params": {"to": ["success"]}}
    [add] = document["nodes"]
    assert (add["type"], add["params"]["choose"], add["params"]["days"]) == ("add_to_campaign", "table", 30)
    assert add["params"]["field"] == "lead.last_contacted_by"
    assert list(add["params"]["map"].values()) == [target]


def test_example_4_by_mouse(manager: Person, api: Api, product: Product, planned: seeds.Planned) -> None:
    target = seeds.running_campaign(product, "Idas egen", [AGENT], form=[WHY])
    hand = Mouse(manager.page)
    hand.begin(fresh("Til sælgeren"), planned.name)
    hand.tick(hand.panel.get_by_role("group", name="To"), "Success")
    hand.add("Status changed", "Add to a campaign")
    hand.choose(hand.field("Which campaign"), "by a table")
    hand.choose(hand.field("By the field"), "Last contacted by")
    hand.click(hand.panel.get_by_role("button", name="Row"))
    hand.choose(hand.field("Row 1: from"), _agent(hand))
    hand.choose(hand.field("Row 1: to"), target.name)
    hand.write(hand.field("Callable in so many days"), "30")
    hand.publish()
    assert_example_4(published(api, manager.page), target.id)


def _agent(hand: Mouse) -> str:
    """The first of the people who can be chosen."""
    return hand.field("Row 1: from").locator("option:not([value=''])").first.inner_text()


def test_example_4_by_keyboard(manager: Person, api: Api, product: Product, planned: seeds.Planned) -> None:
    target = seeds.running_campaign(product, "Idas egen", [AGENT], form=[WHY])
    Mouse(manager.page).begin(fresh("Til sælgeren"), planned.name)
    keys = Keys(manager.page)
    keys.reach(manager.page.locator(".react-flow__node"))
    keys.edit()
    keys.tick("Success", "To")
    keys.back("Status changed")
    keys.add("Add to a campaign")
    keys.edit()
    keys.say("Which campaign", "by a table")
    keys.say("By the field", "Last contacted by")
    keys.reach(manager.page.locator("#rr-jn-panel").get_by_role("button", name="Row"))
    keys.press("Enter")
    keys.say("Row 1: from", _agent(Mouse(manager.page)))
    keys.say("Row 1: to", target.name)
    keys.say("Callable in so many days", "30")
    keys.publish()
    assert_example_4(published(api, manager.page), target.id)


def assert_example_10(document: dict[str, Any], template: str) -> None:
    assert document["trigger"]["type"] == "callback_scheduled"
    assert ways(document) == {"wait_date": {"next": "gate"}, "gate": {"yes": "send_sms"}, "send_sms": {}}
    params = {one["type"]: one["params"] for one in document["nodes"]}
    assert params["wait_date"]["field"] == "lead.next_contact_at"
    assert params["wait_date"]["offset"] == {"n": 2, "unit": "hours"}
    [test] = params["gate"]["condition"]["all"]
    assert (test["path"], test["op"], set(test["value"])) == ("lead.status", "in", {"common_redial", "private_redial"})
    assert params["send_sms"]["template"] == template


@pytest.fixture
def template(api: Api) -> dict[str, Any]:
    made: dict[str, Any] = api.post(
        "templates", {"name": fresh("Vi ringer snart"), "channel": "sms", "language": "da", "text": "Vi ringer kl. 14"}
    )
    return made


def test_example_10_by_mouse(manager: Person, api: Api, planned: seeds.Planned, template: dict[str, Any]) -> None:
    hand = Mouse(manager.page)
    hand.begin(fresh("Påmindelse"), planned.name)
    hand.choose(hand.field("What starts it"), "Callback booked")
    hand.add("Callback booked", "Wait until a date of the lead")
    hand.choose(hand.field("Field"), "Next contact")
    hand.write(hand.field("How long"), "2")
    hand.choose(hand.field("Unit"), "hours")
    hand.add("Wait until a date of the lead then", "Gate")
    hand.click(hand.panel.get_by_role("button", name="Condition"))
    hand.choose(hand.field("Comparison"), "is one of")
    hand.tick(hand.panel, "Common redial")
    hand.tick(hand.panel, "Private redial")
    hand.add("Gate yes", "Send an SMS")
    hand.choose(hand.field("Template"), template["name"])
    hand.publish()
    assert_example_10(published(api, manager.page), template["id"])


def test_example_10_by_keyboard(manager: Person, api: Api, planned: seeds.Planned, template: dict[str, Any]) -> None:
    Mouse(manager.page).begin(fresh("Påmindelse"), planned.name)
    keys = Keys(manager.page)
    keys.reach(manager.page.locator(".react-flow__node"))
    keys.edit()
    keys.say("What starts it", "Callback booked")
    keys.back("Callback booked")
    keys.add("Wait until a date of the lead")
    keys.edit()
    keys.say("Field", "Next contact")
    keys.say("How long", "2")
    keys.say("Unit", "hours")
    keys.back("Wait until a date of the lead")
    keys.add("Gate", "then")
    keys.edit()
    keys.reach(manager.page.locator("#rr-jn-panel").get_by_role("button", name="Condition"))
    keys.press("Enter")
    keys.say("Comparison", "is one of")
    keys.tick("Common redial")
    keys.tick("Private redial")
    keys.back("Gate")
    keys.add("Send an SMS", "yes")
    keys.edit()
    keys.say("Template", template["name"])
    keys.publish()
    assert_example_10(published(api, manager.page), template["id"])


def test_undo_copy_delete_find_and_a_reload_lose_nothing(manager: Person, planned: seeds.Planned) -> None:
    page = manager.page
    hand = Mouse(page)
    hand.begin(fresh("Prøve"), planned.name)
    hand.add("Status changed", "Wait for a time")
    hand.add("Wait for a time then", "Reset the lead")
    nodes = page.locator(".react-flow__node")
    expect(nodes).to_have_count(3)
    page.keyboard.press("Delete")
    expect(nodes).to_have_count(2)
    page.keyboard.press("Control+z")
    expect(nodes).to_have_count(3)
    hand.node("Reset the lead").click()
    page.keyboard.press("Control+c")
    page.keyboard.press("Control+v")
    expect(nodes).to_have_count(4)
    page.keyboard.press("/")
    page.keyboard.type("wait")
    page.keyboard.press("Enter")
    expect(hand.node("Wait for a time")).to_be_focused()
    expect(page.locator(".rr-jn-state")).to_have_text("Saved")
    page.reload()
    expect(nodes).to_have_count(4)
    # What is wrong stands on the step.
    expect(hand.node("Wait for a time").locator(".rr-jn-fault")).to_be_visible()


def test_two_managers_at_one_journey_lose_nothing(person: Come, planned: seeds.Planned) -> None:
    one, other = person(), person()
    for each in (one, other):
        each.sign_in(MANAGER)
    hand = Mouse(one.page)
    hand.begin(fresh("Sammen"), planned.name)
    other.go(one.page.url.removeprefix(one.product.url))
    hand.add("Status changed", "Wait for a time")
    expect(one.page.locator(".rr-jn-state")).to_have_text("Saved")
    second = Mouse(other.page)
    second.add("Status changed", "Reset the lead")
    expect(other.page.get_by_role("alert")).to_contain_text("changed this journey")
    other.press("Go on with mine")
    expect(other.page.locator(".rr-jn-state")).to_have_text("Saved")
    expect(second.node("Reset the lead")).to_be_visible()
    other.page.keyboard.press("Control+z")
    expect(second.node("Wait for a time")).to_be_visible()


@pytest.mark.parametrize(
    "how",
    [{"language": "da"}, {"language": "da", "phone": True}, {"color_scheme": "dark"}],
    ids=["danish", "phone", "dark"],
)
def test_the_screens_are_read_by_everyone(person: Come, api: Api, planned: seeds.Planned, how: dict[str, Any]) -> None:
    made = api.post(
        "journeys",
        {
            "template": "reuse_by_reason",
            "name": fresh("Genbrug"),
            "params": {"campaign": planned.id, "field": "why_not", "retry_value": "Ikke nu", "stop_value": "Aldrig"},
            "publish": True,
        },
    )  # fmt: skip
    one = person(**how)
    one.sign_in(MANAGER)
    one.go("/journeys/")
    one.go("/journeys/new")
    one.go("/journeys/new/remind_before_callback")
    one.go(f"/journeys/{made['id']}")
    page = one.go(f"/journeys/{made['id']}/edit")
    expect(page.locator(".react-flow__node")).to_have_count(6)
    one.look("editor")
    page.locator(".react-flow__node[data-id=wait]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#rr-jn-panel :focus")).to_have_count(1)
    one.look("a step's fields")
    for number, key in enumerate(("/", "?")):
        page.locator(".react-flow__node[data-id=wait]").focus()
        page.keyboard.press(key)
        expect(page.locator("dialog[open]")).to_be_visible()
        one.look(f"dialog {number}")
        page.keyboard.press("Escape")
    for place in (-3, -2, -1):
        page.locator(".rr-jn-bar .btn").nth(place).click()
        expect(page.locator("dialog[open]")).to_be_visible()
        if place == -3:
            # The version came: nothing has changed since.
            expect(page.locator("dialog[open] .rr-jn-versions p")).to_have_class("text-secondary")
        one.look(f"dialog {place}")
        page.keyboard.press("Escape")


def waiting(id: str, days: int) -> dict[str, Any]:
    return {"id": id, "type": "wait", "params": {"duration": {"n": days, "unit": "days"}}, "next": {}}


def by_hand(name: str, planned: seeds.Planned, step: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """A journey of one step, begun by hand."""
    return {
        "name": name,
        "scope": {"campaigns": [planned.id]},
        "trigger": {"type": "by_hand", "params": {}},
        "settings": settings,
        "nodes": [step],
        "start": step["id"],
    }


def all_are_seen(one: Person) -> None:
    """Whatever other tests have told this user."""
    one.page.evaluate(
        """() => fetch('/journeys/notices/seen', {method: 'POST',
        headers: JSON.parse(document.body.getAttribute('hx-headers')), body: new URLSearchParams(
        {oldest: '00000000-0000-0000-0000-000000000000', newest: 'ffffffff-ffff-ffff-ffff-ffffffffffff'})})"""
    )


def test_what_a_journey_tells_is_on_the_bell_at_once_and_off_it_when_it_is_seen(
    person: Come, api: Api, planned: seeds.Planned
) -> None:
    [user] = [one["id"] for one in api.get("users", size="200")["items"] if one["email"] == MANAGER]
    text = fresh("Ring i dag")
    tell = {"id": "tell", "type": "notify_user", "params": {"who": "user", "user": user, "text": text}, "next": {}}
    made = api.post("journeys", {"document": by_hand(fresh("Sig til"), planned, tell), "publish": True})
    one = person(language="da", phone=True)
    one.sign_in(MANAGER)
    all_are_seen(one)
    page = one.go("/contacts/")
    expect(page.locator(".rr-bell:visible .rr-count")).to_have_count(0)
    api.post(f"journeys/{made['id']}/runs", {"leads": [planned.leads[0]["id"]]})
    expect(page.locator(".rr-bell:visible .rr-count")).to_be_visible()
    page.locator(".rr-bell:visible").click()
    told = page.locator("#rr-notices li", has_text=text)
    expect(told.get_by_role("link")).to_have_attribute("href", f"/campaigns/leads/{planned.leads[0]['id']}")
    one.look("notices")
    told.get_by_role("button", name="Set").click()
    expect(page.locator(".rr-bell:visible .rr-count")).to_have_count(0)
    expect(told.get_by_role("button")).to_have_count(0)
    api.post(f"journeys/{made['id']}/archive")


def test_a_real_lead_is_played_and_publishing_asks_where_the_runs_of_a_vanished_step_go(
    manager: Person, api: Api, planned: seeds.Planned
) -> None:
    name = fresh("Overgang")
    made = api.post("journeys", {"document": by_hand(name, planned, waiting("old", 3)), "publish": True})
    lead = planned.leads[0]
    api.post(f"journeys/{made['id']}/runs", {"leads": [lead["id"]]})
    runs = f"journeys/{made['id']}/runs"
    wait_for(lambda: [one["node"] for one in api.get(runs)["items"]] == ["old"])
    api.put(
        f"journeys/{made['id']}/draft",
        {"document": by_hand(name, planned, waiting("new", 9), edit_policy="migrate")},
    )
    page = manager.go(f"/journeys/{made['id']}/edit")
    manager.press("Simulate")
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Find a lead").fill(lead["contact"]["fields"]["Navn"])
    dialog.get_by_role("button", name=lead["contact"]["fields"]["Navn"]).click()
    expect(dialog).to_contain_text("It has been in this journey 1 time")
    manager.look("a lead to play")
    manager.press("Play", within=dialog)
    expect(dialog.locator(".rr-jn-flow li").first).to_contain_text("begins")
    page.keyboard.press("Escape")
    manager.press("Publish")
    yes = dialog.get_by_role("button", name="Publish now")
    choice = dialog.get_by_label("The step “Wait for a time” is gone", exact=False)
    expect(choice).to_be_visible()
    expect(yes).to_be_disabled()
    manager.look("where runs go")
    choice.select_option(label="they go on at: Wait for a time · 9 days")
    yes.click()
    page.wait_for_url(re.compile(r"/journeys/[0-9a-f-]{36}$"))
    wait_for(lambda: [one["node"] for one in api.get(runs)["items"]] == ["new"])
    api.post(f"journeys/{made['id']}/archive")


def test_runs_that_stayed_behind_are_taken_over_from_the_versions(
    person: Come, api: Api, planned: seeds.Planned
) -> None:
    name = fresh("Bagud")
    made = api.post("journeys", {"document": by_hand(name, planned, waiting("old", 3)), "publish": True})
    runs = f"journeys/{made['id']}/runs"
    api.post(runs, {"leads": [planned.leads[0]["id"]]})
    wait_for(lambda: [one["node"] for one in api.get(runs)["items"]] == ["old"])
    api.put(f"journeys/{made['id']}/draft", {"document": by_hand(name, planned, waiting("new", 9))})
    api.post(f"journeys/{made['id']}/publish", {})
    one = person(language="da", phone=True)
    one.sign_in(MANAGER)
    page = one.go(f"/journeys/{made['id']}/edit")
    page.locator(".rr-jn-bar .btn", has_text="Versioner").click()
    page.locator("dialog[open]").get_by_role("link", name="Tag gennemløb med over …").click()
    one.look("runs to be taken over")
    one.in_the_dark()
    page.get_by_label("Hvor fortsætter det 1 gennemløb der?", exact=False).select_option("to:new")
    page.get_by_role("button", name="Tag dem med over").click()
    expect(page.get_by_text("gennemløb går over til den nyeste version")).to_be_visible()
    wait_for(lambda: [one["node"] for one in api.get(runs)["items"]] == ["new"])
    api.post(f"journeys/{made['id']}/archive")
