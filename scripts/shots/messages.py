"""Messages: what is written, how it leaves, what becomes of it, and where it is read."""

from __future__ import annotations

from collections import Counter

from shots.studio import HALF, Studio

OWNER = "olivia@hjaelp.example.org"
SCREEN = {"width": 1280, "height": 800}
LOW = {"width": 1280, "height": 460}


def messages(studio: Studio) -> None:
    with studio.page(OWNER, viewport=LOW) as page:
        for address, name in (("/messages/transports", "transports"), ("/messages/templates", "message-templates")):
            page.goto(address)
            studio.keep(page, name, size=HALF)
    with studio.page(OWNER, viewport=SCREEN) as page:
        for address, name in (
            ("/messages/", "messages"),
            ("/messages/transports/new/gatewayapi", "transport"),
            ("/messages/settings", "message-rules"),
            ("/messages/sandbox", "sandbox"),
        ):
            page.goto(address)
            studio.keep(page, name, size=HALF)
        page.goto("/messages/templates")
        page.get_by_role("link", name="Materiale om fast støtte").click()
        page.locator("#id_sample").select_option(index=1)
        page.locator("#template-preview iframe").wait_for()
        studio.keep(page, "message-template", size=HALF)
        page.goto(f"/messages/{arrived(studio)}")
        for what in ("Opens it", "Follows"):
            if (button := page.get_by_role("button", name=what)).count():
                button.first.click()
                page.wait_for_load_state("load")
        # Without what it says of having been done.
        page.reload()
        studio.keep(page, "message", size=HALF)
        page.goto(f"/campaigns/leads/{talkative(studio)}")
        studio.show(page.get_by_role("heading", name="Messages", exact=True))
        studio.keep(page, "lead-messages", size=HALF)


def arrived(studio: Studio) -> str:
    """An e-mail that got there."""
    return str(studio.manager.get("messages", channel="email", status="delivered", size="1")["items"][0]["id"])


def talkative(studio: Studio) -> str:
    """The lead that has answered, with the most messages."""
    found = studio.manager.get("messages", channel="sms", size="200")["items"]
    answered = {one["lead"] for one in found if one["direction"] == "in" and one["lead"]}
    counts = Counter(one["lead"] for one in found if one["lead"] in answered)
    return str(counts.most_common(1)[0][0])
