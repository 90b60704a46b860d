#!/usr/bin/env python3
"""The pictures of README and guide, taken of the real product with its demo data.

    python scripts/screenshots.py [name ...]     into docs/screenshots/; all, or those that are named

Starts `ringround demo` on a temporary data folder and a virtual clock that shows a working day, lets a few agents work
through the API so that the boards live, signs in as each role in Chromium, and takes what is there.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shots import journeys, messages, signing
from shots.studio import HALF, MANUAL, STEADY, Shot, Studio, take_one

from tests.e2e import browser as browsers
from tests.e2e import person as people
from tests.e2e import product as products

FILE = """Navn;Mobil;E-mail;Postnr;By;Medlemsnr;Sidste bidrag
Åse Ørum;67 10 20 31;aase@example.org;8000;Aarhus C;M-1001;200
Bent Kjær;+45 67102032;bent@example.org;5000;Odense C;M-1002;150
Camilla Dahl;004567102033;;7100;Vejle;M-1003;100
Dorte Æbelø;67-10-20-34;dorte@example.org;6760;Ribe;M-1004;
Erik Holst;67.10.20.35;erik@example.org;7800;Skive;M-1005;300
"""


def work(studio: Studio) -> None:
    """A morning's beginning, through the API: some have worked a few leads, all are in some state now."""
    product, campaigns = studio.product, studio.campaigns
    tokens = product.told["tokens"]["agents"]
    for number, token in enumerate(tokens[:8]):
        api = product.api(token)
        steady = number < 6
        api.post("agent/join", {"campaign": campaigns[STEADY if steady else MANUAL]})
        for turn in range(2 + number % 3):
            lead = api.post("agent/next")
            if lead is None:
                break
            api.post("agent/call", {"lead": lead["lead"]["id"]})
            said = studio.said(campaigns[STEADY if steady else MANUAL])
            kind = ("no_contact", "engaged", "not_engaged")[(number + turn) % 3]
            answers = {"amount": 100 + 50 * (turn % 2)} if kind == "engaged" else {}
            api.post("agent/disposition", {"lead": lead["lead"]["id"], "disposition": said[kind], "answers": answers})
        match number % 4:
            case 0 | 3:
                lead = api.post("agent/next")
                if lead is not None:
                    api.post("agent/call", {"lead": lead["lead"]["id"]})
            case 1:
                api.post("agent/next")
            case 2:
                api.post("agent/pause", {"reason": "Frokost"})


# --- the pictures -------------------------------------------------------------------------------


def console(studio: Studio) -> None:
    """The same contact dark and light, then Danish on a telephone."""
    with studio.page("laura@hjaelp.example.org", dark=True) as page:
        take_one(page, MANUAL)
        page.locator(".desk-dial").first.click()
        page.locator(".desk-hangup").wait_for()
        studio.keep(page, "console-dark")
        page.emulate_media(color_scheme="light")
        page.keyboard.press("8")
        page.locator(".desk-suggestions button").first.click()
        page.locator("#desk-at-check .desk-good").wait_for()
        studio.keep(page, "console-light")
    with studio.page(
        "august@hjaelp.example.org", language="da", viewport={"width": 390, "height": 844}, device_scale_factor=2
    ) as page:
        take_one(page, MANUAL)
        studio.keep(page, "console-phone-danish")


def board(studio: Studio) -> None:
    # As wide as a supervisor's screen.
    with studio.page("lone@hjaelp.example.org", viewport={"width": 1600, "height": 900}) as page:
        page.goto("/reports/board")
        studio.keep(page, "board")


def wizard(studio: Studio) -> None:
    campaign = studio.campaigns["Arv og testamente (kladde)"]
    with studio.page("mette@hjaelp.example.org") as page:
        page.goto(f"/campaigns/{campaign}/plan/2")
        studio.keep(page, "wizard")


def campaign(studio: Studio) -> None:
    with studio.page("mette@hjaelp.example.org") as page:
        page.goto(f"/campaigns/{studio.campaigns[STEADY]}")
        studio.keep(page, "campaign")


def lead(studio: Studio) -> None:
    # The demo's week ends on the day one takes them: which leads wait for an agent differs.
    for status in ("private_redial", "automatic_redial"):
        found = studio.manager.get("leads", campaign=studio.campaigns[STEADY], status=status, size="50")["items"]
        if found:
            break
    one = max(found, key=lambda lead: (lead["attempts"], lead["id"]))
    with studio.page("lone@hjaelp.example.org") as page:
        page.goto(f"/campaigns/leads/{one['id']}")
        studio.keep(page, "lead")


def importing(studio: Studio) -> None:
    with studio.page("mette@hjaelp.example.org") as page:
        page.goto("/contacts/lists/new/file")
        page.locator("input[type=file]").set_input_files(
            {"name": "givere-2026.csv", "mimeType": "text/csv", "buffer": FILE.encode("cp1252")}
        )
        page.get_by_role("button", name="Upload and look at the columns").click()
        page.get_by_role("heading", name="Columns of the file").wait_for()
        studio.keep(page, "import")


# --- the guide: an agent's day ------------------------------------------------------------------


def agent_day(studio: Studio) -> None:
    """What an agent sees beside the contact: the campaigns, waiting for one, a break, what is kept for them."""
    with studio.page("laura@hjaelp.example.org") as page:
        page.goto("/desk/")
        page.locator("li.card").first.wait_for()
        studio.keep(page, "agent-campaigns", size=HALF)
        page.locator("li.card", has_text=MANUAL).get_by_role("button").click()
        page.locator("#desk-go[data-hotkey=n]").wait_for()
        studio.keep(page, "agent-ready", size=HALF)
        page.locator("#desk-pause").click()
        page.locator("#desk-pause + .dropdown-menu button").first.wait_for()
        studio.keep(page, "agent-break", size=HALF)
        page.keyboard.press("Escape")
        page.locator("#desk-list").click()
        page.locator("#desk-customers-body > *").first.wait_for()
        studio.keep(page, "agent-customers", size=HALF)


# --- the guide: a supervisor's ------------------------------------------------------------------


def supervisor_day(studio: Studio) -> None:
    with studio.page("lone@hjaelp.example.org", viewport={"width": 1600, "height": 900}) as page:
        page.goto("/campaigns/callbacks")
        studio.keep(page, "callbacks", size=HALF)
        page.goto("/reports/agent_results")
        studio.keep(page, "report", size=HALF)
        page.goto(f"/campaigns/leads?campaign={studio.campaigns[STEADY]}&status=automatic_redial")
        studio.keep(page, "leads", size=HALF)


# --- the guide: a manager's ---------------------------------------------------------------------


def manager_import(studio: Studio) -> None:
    with studio.page("mette@hjaelp.example.org") as page:
        page.goto("/contacts/lists/new/file")
        page.locator("input[type=file]").set_input_files(
            {"name": "givere-2026.csv", "mimeType": "text/csv", "buffer": FILE.encode("cp1252")}
        )
        page.get_by_role("button", name="Upload and look at the columns").click()
        page.get_by_role("heading", name="Columns of the file").wait_for()
        page.get_by_role("button", name="Try the file").click()
        page.get_by_text("This was a try").wait_for()
        studio.keep(page, "import-tried", size=HALF)


def manager_plan(studio: Studio) -> None:
    campaign = studio.campaigns["Juleindsamling"]
    with studio.page("mette@hjaelp.example.org") as page:
        page.goto(f"/campaigns/{campaign}/plan/4")
        studio.keep(page, "wizard-hours", size=HALF)
        page.goto(f"/campaigns/{campaign}/plan/5")
        page.get_by_role("heading", name="What approval asks").evaluate("heading => heading.scrollIntoView()")
        studio.keep(page, "wizard-approval", size=HALF)


def manager_follows(studio: Studio) -> None:
    with studio.page("mette@hjaelp.example.org") as page:
        page.goto(f"/campaigns/{studio.campaigns[STEADY]}/recycle?status=exhausted")
        studio.keep(page, "recycle", size=HALF)
        page.goto("/reports/campaign_results")
        page.get_by_role("link", name="By e-mail", exact=True).click()
        page.locator("textarea[name=recipients]").fill("kunden@example.org")
        page.locator("input[name=name]").fill("Ugens tal")
        studio.keep(page, "report-by-mail", size=HALF)


# A page of the guide that shows another picture: a function above that takes it, and a line here.
SHOTS: dict[str, Shot] = {
    "agent": agent_day,
    "console": console,
    "board": board,
    "wizard": wizard,
    "campaign": campaign,
    "lead": lead,
    "import": importing,
    "supervisor": supervisor_day,
    "manager-import": manager_import,
    "manager-plan": manager_plan,
    "manager-follows": manager_follows,
    "journeys": journeys.ten,
    "journey-runs": journeys.runs,
    "messages": messages.messages,
    "signing": signing.signing,
}


def main() -> int:
    wanted = sys.argv[1:] or list(SHOTS)
    if unknown := [name for name in wanted if name not in SHOTS]:
        print(f"there is no {', '.join(unknown)}; there are: {', '.join(SHOTS)}", file=sys.stderr)
        return 2
    # Whoever takes pictures waits, however much else the machine does.
    products.STARTS_WITHIN_S = 1800
    people.PATIENCE_MS = 120_000
    with products.running("--clock") as product, browsers.chromium() as browser:
        product.monday_ten()
        studio = Studio(product, browser)
        work(studio)
        for name in wanted:
            SHOTS[name](studio)
    return 0


if __name__ == "__main__":
    sys.exit(main())
