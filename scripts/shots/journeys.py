"""Journeys: the templates, each of the ten in the editor, and one of them at work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from playwright.sync_api import Locator, Page

from shots.studio import HALF, MANUAL, STEADY, Studio, take_one
from tests.e2e.product import Api, wait_for

MANAGER = "mette@hjaelp.example.org"
WINDOW = {"width": 1280, "height": 760}
EDITOR = {"width": 1440, "height": 800}
QUESTION = "Hvorfor var kunden ikke interesseret"
NOTE = "Kunden har åbnet mailen"
# Her place among the demo's agents, who each have a token.
LAURA = 8
# By number: its template, and the step whose fields are shown beside it.
SHOWN = (
    ("reuse_not_interested", "wait"),
    ("reuse_by_reason", "reason"),
    ("max_attempts_to_campaign", "add"),
    ("campaign_per_agent", "add"),
    ("sms_first_no_answer", "@trigger"),
    ("email_first_no_answer", "send"),
    ("close_expired", "@trigger"),
    ("speed_up_on_open", "opened"),
    ("callback_on_open", "move"),
    ("remind_before_callback", "wait"),
)


def ten(studio: Studio) -> None:
    """The gallery, what a template asks for, and the ten as each is made of its template."""
    given = params(studio)
    with studio.page(MANAGER, viewport={"width": 1280, "height": 1000}) as page:
        page.goto("/journeys/new")
        studio.keep(page, "journeys-templates", size=HALF)
    with studio.page(MANAGER, viewport=WINDOW) as page:
        page.goto("/journeys/new/reuse_by_reason")
        for name, value in given["reuse_by_reason"].items():
            fill(page.locator(f"#id_{name}"), str(value))
        studio.keep(page, "journey-template", size=HALF)
    with studio.page(MANAGER, viewport=EDITOR) as page:
        for number, (key, step) in enumerate(SHOWN, start=1):
            made = studio.manager.post("journeys", {"template": key, "params": given[key]})
            edit(page, made["id"], step)
            studio.keep(page, f"journey-{number:02}", size=HALF, of=page.locator("#journey-editor"))
            studio.manager.post(f"journeys/{made['id']}/archive")


def params(studio: Studio) -> dict[str, dict[str, Any]]:
    """What each template is filled in with: the demo's campaigns and message templates."""
    campaign = studio.campaigns[STEADY]
    template = {one["name"]: one["id"] for one in studio.manager.get("templates")["items"]}
    missed, letter = template["Vi prøvede at ringe"], template["Materiale om fast støtte"]
    agents = studio.manager.get(f"campaigns/{campaign}")["agents"][:2]
    targets = (studio.campaigns[MANUAL], studio.campaigns["Døgnkampagne"])
    rest: dict[str, dict[str, Any]] = {
        "reuse_not_interested": {"months": 3},
        "reuse_by_reason": {"field": "why_not", "retry_value": "Ikke nu", "stop_value": "Aldrig", "months": 3},
        "max_attempts_to_campaign": {"target": studio.campaigns["Døgnkampagne"]},
        "campaign_per_agent": {"map": dict(zip(agents, targets, strict=True)), "days": 30},
        "sms_first_no_answer": {"template": missed},
        "email_first_no_answer": {"template": letter},
        "close_expired": {"status": "unqualified"},
        "speed_up_on_open": {"template": letter},
        "callback_on_open": {"minutes": 1, "note": NOTE},
        "remind_before_callback": {"hours": 2, "channel": "sms", "template": template["Aftalt genopkald"]},
    }
    return {key: {"campaign": campaign, **more} for key, more in rest.items()}


def fill(field: Locator, value: str) -> None:
    if field.evaluate("element => element.tagName === 'SELECT'"):
        field.select_option(value)
    else:
        field.fill(value)


def edit(page: Page, journey: str, step: str = "") -> None:
    """The editor, with a step's fields beside the canvas."""
    page.goto(f"/journeys/{journey}/edit")
    page.locator(".react-flow__node").first.wait_for()
    if step:
        page.locator(f".react-flow__node[data-id='{step}']").click()
        page.locator("#rr-jn-panel").wait_for()
        # The canvas is narrower now.
        page.locator(".react-flow__controls-fitview").click()


@contextmanager
def dialog(page: Page, name: str) -> Iterator[Locator]:
    page.get_by_role("button", name=name, exact=True).click()
    found = page.locator("dialog[open]")
    found.wait_for()
    yield found
    page.keyboard.press("Escape")


# --- at work ------------------------------------------------------------------------------------


def runs(studio: Studio) -> None:
    """The second example with the leads it is for, and the ninth up to its note in the console."""
    waiting = by_reason(studio)
    with studio.page(MANAGER, viewport=EDITOR) as page:
        page.goto(f"/journeys/{waiting}")
        page.locator("#runs tbody tr").first.wait_for()
        studio.keep(page, "journey-runs", size=HALF)
        lead = studio.manager.get(f"journeys/{waiting}/runs", state="waiting", size="1")["items"][0]["lead"]
        edit(page, waiting)
        studio.keep(page, "journey-editor")
        simulated(studio, page)
        longer(studio, waiting)
        edit(page, waiting)
        with dialog(page, "Versions") as found:
            found.locator("ins").first.wait_for()
            studio.keep(page, "journey-versions", size=HALF)
        with dialog(page, "Publish") as found:
            found.locator("ins").first.wait_for()
            studio.keep(page, "journey-publish", size=HALF)
        page.goto(f"/campaigns/leads/{lead}")
        studio.show(page.get_by_role("heading", name="Journeys", exact=True))
        studio.keep(page, "journey-lead", size=HALF)
    opened(studio)
    # Whoever makes the next one may name it the same.
    for one in studio.manager.get("journeys")["items"]:
        studio.manager.post(f"journeys/{one['id']}/archive")


def by_reason(studio: Studio) -> str:
    """The second example, published for those, too, who are not interested already."""
    api = studio.manager
    made = api.post("journeys", {"template": "reuse_by_reason", "params": params(studio)["reuse_by_reason"]})
    document = made["draft"] | {"entry": {"path": "lead.status", "op": "eq", "value": "not_interested"}}
    document["settings"] |= {"backfill": "matching"}
    at = f"journeys/{made['id']}"
    api.put(f"{at}/draft", {"document": document})
    api.post(f"{at}/publish")
    wait_for(lambda: ((api.get(at)["backfill"] or {}).get("state")) == "done", within_s=600)
    return str(made["id"])


def longer(studio: Studio, journey: str) -> None:
    """A draft that waits six months instead of three."""
    document = studio.manager.get(f"journeys/{journey}")["draft"]
    for node in document["nodes"]:
        if node["id"] == "wait":
            node["params"]["duration"]["n"] = 6
    studio.manager.put(f"journeys/{journey}/draft", {"document": document})


def simulated(studio: Studio, page: Page) -> None:
    """One lead with its answer, to the end of its wait; then the week that was, over all leads."""
    with dialog(page, "Simulate") as found:
        found.get_by_role("button", name="Row", exact=True).click()
        row = found.locator("fieldset").first.locator(".rr-jn-pair").last
        row.locator("select").first.select_option(label=QUESTION)
        fill(row.get_by_label("Value"), "Ikke nu")
        found.get_by_role("button", name="Play", exact=True).click()
        found.locator("ol.rr-jn-flow li").first.wait_for()
        found.locator("ol.rr-jn-flow").evaluate("list => list.scrollIntoView({block: 'end'})")
        studio.keep(page, "journey-simulate", size=HALF)
        found.get_by_text("The past days", exact=True).click()
        found.get_by_role("button", name="Play", exact=True).click()
        found.locator("tbody tr").first.wait_for()
        studio.keep(page, "journey-simulate-past", size=HALF)


def opened(studio: Studio) -> None:
    """Laura has promised to call somebody back and sent an e-mail; it is opened, and her console says so."""
    campaign = studio.campaigns[MANUAL]
    given = params(studio)
    asked = given["callback_on_open"] | {"campaign": campaign}
    studio.manager.post("journeys", {"template": "callback_on_open", "params": asked, "publish": True})
    laura = studio.product.api(studio.product.told["tokens"]["agents"][LAURA])
    laura.post("agent/join", {"campaign": campaign})
    lead, message = written_to(studio, laura, given["email_first_no_answer"]["template"])
    tomorrow = studio.now() + timedelta(days=1)
    laura.post(
        "agent/disposition",
        {
            "lead": lead,
            "disposition": studio.said(campaign)["callback_private"],
            "callback": {"at": tomorrow.isoformat(), "private": True},
        },
    )
    laura.post("agent/leave", {"release": True})
    wait_for(lambda: studio.manager.get(f"messages/{message}")["status"] in ("sent", "delivered"), within_s=600)
    with studio.page(MANAGER) as page:
        page.goto(f"/messages/{message}")
        page.get_by_role("button", name="Opens it").click()
        page.get_by_role("button", name="Opens it").wait_for(state="detached")
    studio.product.advance(timedelta(minutes=2))
    with studio.page("laura@hjaelp.example.org") as page:
        take_one(page, MANUAL)
        page.locator("#desk-news", has_text=NOTE).wait_for()
        studio.keep(page, "journey-console", size=HALF)
        page.locator("#desk-name").focus()
        page.keyboard.press("m")
        choice = page.locator("#compose-template")
        choice.select_option(label="Aftalt genopkald")
        page.locator("#compose-preview", has_text="1 SMS").wait_for()
        studio.keep(page, "console-message", size=HALF)


def written_to(studio: Studio, laura: Api, template: str) -> tuple[str, str]:
    """The first contact that has an e-mail address, in Laura's hand: the lead, and the e-mail she sent."""
    nobody = studio.said(studio.campaigns[MANUAL])["no_contact"]
    while True:
        lead = laura.post("agent/next")["lead"]["id"]
        laura.post("agent/call", {"lead": lead})
        sent = laura.post("agent/message", {"lead": lead, "channel": "email", "template": template})
        if sent["status"] == "queued":
            return lead, sent["id"]
        laura.post("agent/disposition", {"lead": lead, "disposition": nobody})
