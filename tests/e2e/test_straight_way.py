"""The straight way, from nothing to worked leads: everyone in a browser of their own, on the real product."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable

import pyotp
from playwright.sync_api import Page, expect

from tests.e2e.desk import Desk
from tests.e2e.person import Person
from tests.e2e.product import PASSWORD, Product

Come = Callable[..., Person]
CAMPAIGN = "Spring donors"
TARGET = 20
# As such files are: semicolons, the office's own encoding, numbers in every form, one that is none, somebody twice.
FILE = """Navn;Mobil;Hjemme;By;Medlemsnr
Åse Ørum;20 12 34 01;;Aarhus;M-1
Bent Kjær;+45 20123402;70 10 20 30;Odense;M-2
Camilla Dahl;004520123403;;Vejle;M-3
Dorte Æbelø;20123404;;Ribe;M-4
Uden Nummer;ring ikke;;Ribe;M-99
Erik Holst;4520123405;;Skive;M-5
Frida Lund;20.12.34.06;;Thisted;M-6
Gorm Friis;20-12-34-07;;Varde;M-7
Åse Ørum;20 12 34 01;;Aarhus;M-1
Helle Toft;20123408;;Køge;M-8
Ib Mørk;20123409;;Faxe;M-9
Jytte Bak;20123410;;Sorø;M-10
Karl Vang;20123411;;Maribo;M-11
Lis Høj;20123412;;Holbæk;M-12
""".encode("cp1252")


def test_from_sign_up_to_worked_leads(person: Come, product: Product) -> None:
    # Apart from the next run on the same product.
    domain = f"vejviseren-{secrets.token_hex(3)}.example.org"
    owner = person()
    sign_up_with_second_factor(owner, f"sigrid@{domain}")
    ask_everybody_for_it(owner)
    people = {}
    for role, name in (
        ("manager", "Morten Vestergaard"),
        ("manager", "Nora Lindhardt"),
        ("supervisor", "Svend Aaby"),
        ("senior_agent", "Anna Buhl"),
    ):
        people[name] = person()
        invited_one_joins(owner, people[name], role, name, domain)
    manager, second, supervisor, agent = people.values()

    import_the_file(manager)
    at = plan_the_campaign(manager)
    only_another_approves(manager, second, at)
    watch(supervisor)
    work_ten_leads(Desk(agent))
    see_the_target_move(supervisor)


# --- the owner --------------------------------------------------------------------------------


def sign_up_with_second_factor(owner: Person, address: str) -> None:
    page = owner.page
    owner.go("/")
    owner.in_the_dark()
    owner.press("Sign up your organisation")
    owner.look()
    page.get_by_label("Organisation").fill("Vejviseren")
    page.get_by_role("radio", name=re.compile("^Merchant")).check()
    page.get_by_label("Your name").fill("Sigrid Rask")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    owner.press("Sign up")
    expect(page.get_by_role("heading", name="Campaigns", level=1)).to_be_visible()
    owner.look("nothing yet")

    owner.go("/me/security")
    owner.press("Set up a second factor")
    owner.look()
    switch_second_factor_on(owner)
    owner.look()


def switch_second_factor_on(one: Person) -> None:
    page = one.page
    page.get_by_text("The app cannot scan?").click()
    secret = page.locator(".rr-copy").inner_text().split()[0]
    app = pyotp.TOTP(secret)
    # As a person does: with a code that is about to go one waits for the next.
    if (left := app.interval - time.time() % app.interval) < 8:
        page.wait_for_timeout(left * 1000)
    page.locator("input[name=code]").fill(app.now())
    one.press("Switch on")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def ask_everybody_for_it(owner: Person) -> None:
    """Every user of the organisation needs a second factor, and every campaign a second pair of eyes."""
    page = owner.go("/settings/organisation")
    owner.in_the_dark()
    page.get_by_label("Everyone signs in with a second factor").check()
    page.get_by_label("Four eyes").check()
    owner.press("Save")
    owner.told("The settings are saved.")


def invited_one_joins(owner: Person, invited: Person, role: str, name: str, domain: str) -> None:
    """The owner invites; the link is read from the mail; the second factor is asked for before anything else."""
    address = f"{name.split()[0].lower()}@{domain}"
    page = owner.go("/settings/users/invite")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Role").select_option(role)
    owner.press("Send the invitation")
    expect(page.get_by_role("heading", name="The invitation is sent")).to_be_visible()
    owner.look()

    mail = owner.product.mails(address)[-1]
    link = re.search(r"http\S+/join/\S+", mail)
    assert link, mail
    page = invited.go(link[0])
    page.get_by_label("Password").fill(PASSWORD)
    invited.press("Join")
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    switch_second_factor_on(invited)
    invited.press("Done")


# --- the managers -----------------------------------------------------------------------------


def import_the_file(manager: Person) -> None:
    """Upload, columns, a try, the import itself; what is on the screen comes by itself while the worker reads."""
    page = manager.go("/contacts/")
    manager.press("List from a file")
    manager.look()
    page.locator("input[type=file]").set_input_files({"name": "givere.csv", "mimeType": "text/csv", "buffer": FILE})
    manager.press("Upload and look at the columns")
    expect(page.get_by_role("heading", name="Columns of the file")).to_be_visible()
    manager.look()
    # Seen in the data: what is a phone column, and which encoding.
    expect(page.get_by_text("Windows-1252").first).to_be_visible()
    page.get_by_label("Name", exact=True).first.fill("Donors 2026")
    manager.press("Make the list and try the file")
    expect(page.get_by_text("This was a try: no contact was changed")).to_be_visible()
    counted(page, new=12, rejected=1)
    manager.look("tried")
    manager.press("Import the file")
    expect(page.get_by_text("The import is done")).to_be_visible()
    counted(page, new=12, rejected=1)
    manager.look("done")
    with page.expect_download() as download:
        page.get_by_role("link", name="Rejected rows (CSV)").click()
    assert "Uden Nummer" in download.value.path().read_text("utf-8-sig")
    page.get_by_role("link", name="To the list Donors 2026").click()
    expect(page.get_by_role("heading", name="Donors 2026")).to_be_visible()
    expect(page.get_by_role("link", name="Dorte Æbelø")).to_be_visible()
    manager.look()


def counted(page: Page, *, new: int, rejected: int) -> None:
    stats = page.locator(".rr-stats")
    expect(stats).to_contain_text(re.compile(rf"Added\s*{new}\D"))
    expect(stats).to_contain_text(re.compile(rf"Rejected\s*{rejected}\D"))


def plan_the_campaign(manager: Person) -> str:
    """The wizard's five steps; gives back the campaign's address."""
    page = manager.go("/campaigns/new")
    page.get_by_label("Name").fill(CAMPAIGN)
    page.get_by_role("radio", name="Manual").check(force=True)
    page.get_by_role("spinbutton", name="Target").fill(str(TARGET))
    page.get_by_label("Donors 2026").check()
    page.locator("textarea[name=script]").fill("Good day, this is {{agent}}.\n\nMay I speak with {{name}}?")
    manager.press("Save and go on")

    # Back, since a step can be opened again: agents may pass a lead on, and say why.
    expect(page.get_by_role("heading", name="Dispositions", exact=True)).to_be_visible()
    manager.press("Back")
    expect(page.get_by_label("Name", exact=True)).to_have_value(CAMPAIGN)
    page.get_by_text("More settings").click()
    page.get_by_role("radio", name="With a reason").check(force=True)
    manager.look()
    manager.press("Save and go on")

    expect(page.get_by_role("heading", name="Dispositions", exact=True)).to_be_visible()
    manager.look()
    manager.press("Add a question")
    page.get_by_label("Question", exact=True).fill("Amount per month")
    page.get_by_label("Type of answer").select_option("number")
    page.locator("#questions").get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name=re.compile("^Amount per month"))).to_be_visible()
    manager.look("with a question")
    manager.press("Save and go on")

    expect(page.get_by_role("heading", name="Agents", exact=True)).to_be_visible()
    agents = page.locator("#duty-agent")
    agents.get_by_role("button", name=re.compile("Put on.*Anna Buhl")).click()
    expect(agents.get_by_role("button", name="Take Anna Buhl off")).to_be_visible()
    manager.look()
    manager.press("Save and go on")

    expect(page.get_by_role("heading", name="Calling hours")).to_be_visible()
    manager.look()
    # Whichever Monday the tests' clock shows is no holiday.
    page.get_by_label("Public holidays").select_option("")
    manager.press("Save and go on")

    expect(page.get_by_role("heading", name="What approval asks")).to_be_visible()
    expect(page.get_by_text("Four eyes: another manager than you must approve it.")).to_be_visible()
    manager.look()
    manager.press("To the campaign")
    expect(page.get_by_role("heading", name=CAMPAIGN)).to_be_visible()
    manager.look("unapproved")
    return page.url


def only_another_approves(manager: Person, second: Person, at: str) -> None:
    manager.press("Approve")
    expect(manager.page.get_by_text("Somebody else than its maker must approve the campaign.")).to_be_visible()
    page = second.go(at)
    for button, done in (("Approve", "The campaign is approved."), ("Start", "The campaign runs.")):
        second.press(button)
        page.locator("#rr-ask [data-ask-yes]").click()
        second.told(done)


# --- the agent, and who watches ---------------------------------------------------------------


def watch(supervisor: Person) -> None:
    page = supervisor.go("/reports/board")
    expect(page.get_by_text(f"0 / {TARGET}").first).to_be_visible()
    supervisor.in_the_dark()


def work_ten_leads(desk: Desk) -> None:
    page, agent = desk.page, desk.agent
    desk.run(CAMPAIGN)
    agent.look("ready")

    desk.get("Åse Ørum")
    agent.look("a contact")
    agent.in_the_dark()
    expect(page.get_by_text("Good day, this is Anna Buhl.")).to_be_visible()
    desk.call()
    agent.look("in a call")
    desk.hang_up()
    desk.say("1")
    page.get_by_label("Amount per month").fill("150")
    desk.note.fill("Prefers the summer")
    desk.save()

    desk.get("Bent Kjær")
    desk.call()
    desk.say("2")
    desk.save()

    desk.get("Camilla Dahl")
    desk.say("4")
    desk.save()

    desk.get("Dorte Æbelø")
    desk.call()
    desk.say("8")
    # A time outside the hours is refused, with the nearest that is allowed.
    page.locator("#desk-at").fill(f"{tomorrow(desk)}T23:00")
    page.get_by_role("button", name=re.compile("^Nearest allowed")).click()
    expect(page.locator("#desk-at-check .desk-good")).to_be_visible()
    agent.look("a callback")
    desk.save()
    expect(desk.figure(3)).to_have_text("1")

    desk.get("Erik Holst")
    desk.call()
    desk.say("9")
    desk.note.fill("Moving house, in some weeks")
    desk.save()

    desk.get("Frida Lund")
    page.locator("#desk-skip").click()
    page.get_by_label("Why?").fill("I know her")
    page.locator("#desk-skip-dialog").get_by_role("button", name="Skip").click()
    expect(desk.idle).to_be_visible()

    take_a_break(desk)

    the_rest = {"Gorm Friis": "1", "Helle Toft": "3", "Ib Mørk": "1", "Jytte Bak": "5", "Karl Vang": "6"}
    for name, key in the_rest.items():
        desk.get(name)
        desk.call()
        desk.say(key)
        if key == "1":
            page.get_by_label("Amount per month").fill("100")
        desk.save()
    expect(desk.figure(2)).to_have_text("3")
    assert len(agent.dialled) == len(set(agent.dialled)) == 9
    agent.press("Customer list")
    expect(page.locator("#desk-customers-body")).to_contain_text("Dorte Æbelø")
    agent.look("customer list")


def take_a_break(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("button", name="Break", exact=True).click()
    page.get_by_role("button", name="Lunch").click()
    expect(page.get_by_role("heading", name="Break: Lunch")).to_be_visible()
    desk.agent.look("on a break")
    page.get_by_role("main").get_by_role("button", name="End the break").click()


def tomorrow(desk: Desk) -> str:
    """Tomorrow's date where the contact is, on the server's clock."""
    return str(
        desk.page.evaluate(
            "() => new Date(Date.parse(document.body.dataset.now) + 864e5).toLocaleDateString('sv', "
            "{timeZone: 'Europe/Copenhagen'})"
        )
    )


def see_the_target_move(supervisor: Person) -> None:
    """By itself: nobody has touched this page since before the first call."""
    page = supervisor.page
    expect(page.get_by_text(f"3 / {TARGET}").first).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Anna Buhl"))).to_be_visible()
    supervisor.look("at work")
