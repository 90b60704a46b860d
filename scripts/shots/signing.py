"""Signing up: the workflow, the agent's form and the session, the donor's telephone, and what it comes to."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from playwright.sync_api import expect

from shots.studio import HALF, Studio

CAMPAIGN, WORKFLOW = "Fast støtte, underskrift", "Månedlig giver"
OWNER, AGENT = "olivia@hjaelp.example.org", "laura@hjaelp.example.org"
SCREEN = {"width": 1280, "height": 800}
TELEPHONE = {"width": 390, "height": 844}
# The sandbox answers through its web hook, and the machine may be doing other things.
WAITS_MS = 120_000


def signing(studio: Studio) -> None:
    owner = studio.product.api(studio.product.told["tokens"]["owner"])
    with studio.page(OWNER, viewport=SCREEN) as page:
        page.goto("/onboarding/workflows")
        page.get_by_role("link", name=WORKFLOW, exact=True).click()
        page.get_by_role("group", name="The agent's form").wait_for()
        studio.keep(page, "signing-workflow", size=HALF)
    campaign = studio.campaigns[CAMPAIGN]
    query = {
        "campaignGuid": campaign, "externalLeadId": "crm-1001", "pre_firstName": "Maja", "pre_lastName": "Lind",
        "pre_msisdn": "4567102040", "pre_amount": "150", "pre_paymentMethodType": "Card",
    }  # fmt: skip
    with studio.page(AGENT, viewport=SCREEN) as page:
        page.goto("/onboard?" + urlencode(query))
        page.locator("#ob-submit").wait_for()
        studio.keep(page, "signing-form", size=HALF)
        page.locator("#ob-submit").click()
        page.get_by_role("button", name="Show a QR code").click()
        page.get_by_role("img", name="QR code").wait_for()
        newest = owner.get("sessions", campaign=campaign, size="1")["items"][0]
        at = urlsplit(owner.get(f"sessions/{newest['id']}")["approval_url"]).path
        studio.keep(page, "signing-session", size=HALF)
        with studio.page(AGENT, viewport=TELEPHONE) as donor:
            donor.goto(f"{at}?lang=en")
            studio.keep(donor, "signing-donor")
            for one in donor.locator("input[required]:not([type])").all():
                one.fill("010190-1111")
            donor.locator("#terms").check()
            donor.locator("form button").first.click()
            expect(donor.get_by_role("heading", name="Thank you")).to_be_visible(timeout=WAITS_MS)
        expect(page.locator("#ob-state").get_by_role("status")).to_contain_text("Complete", timeout=WAITS_MS)
    with studio.page(OWNER, viewport=SCREEN) as page:
        page.goto("/onboarding/agreements")
        page.get_by_role("link", name="Fast støtte", exact=True).first.click()
        page.get_by_role("heading", name="Permission to collect").wait_for()
        studio.keep(page, "signing-agreement", size=HALF)
