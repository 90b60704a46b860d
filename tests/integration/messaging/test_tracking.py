"""What a mail's own addresses do: its pixel, its links, and the page by which its receiver is taken off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from ringround.contacts.actions import suppression_add
from ringround.contacts.models import Suppression
from ringround.infra import clock
from ringround.infra.models import EventOut
from ringround.kernel.ids import new_id
from ringround.messaging import links
from ringround.messaging.actions import clicks_decide
from ringround.messaging.models import Click, Message
from ringround.orgs.actor import system
from tests import factories

pytestmark = pytest.mark.django_db

SENT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
HTML = '<p><a href="https://example.org/giv?a=1&amp;b=2">Giv</a> <a href="https://example.org/mere">Mere</a></p>'


@pytest.fixture(autouse=True)
def _then() -> Iterator[None]:
    with clock.frozen(SENT):
        yield


def mail(**more: Any) -> Message:
    org = factories.organisation("Charity", language="da")
    given = {
        "organisation": org, "channel": "email", "key": str(new_id()), "to": "aase@example.org", "subject": "Hej",
        "text": "Hej", "html": HTML, "status": "sent", "language": "da", "at": SENT, "next_at": SENT, "sent_at": SENT,
    }  # fmt: skip
    return Message.objects.create(**{**given, **more})


def path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def fetch(url: str, after: float, agent: str = FIREFOX, method: str = "get") -> Any:
    with clock.frozen(SENT + timedelta(seconds=after)):
        return getattr(Client(), method)(path(url), headers={"User-Agent": agent})


def told(message: Message) -> list[tuple[str, Any]]:
    """What was told of it: the kind, and whether by a machine or which link."""
    rows = EventOut.objects.filter(subject_id=message.id).order_by("subject_no").values_list("type", "data")
    return [(kind.rpartition(".")[2], data.get("machine", data.get("link"))) for kind, data in rows]


def test_the_first_open_of_a_person_is_told_once() -> None:
    message = mail()
    for after in (60, 90, 3600):
        answer = fetch(links.open_url(message.id), after)
        assert answer["Content-Type"] == "image/gif"
        assert answer.content.startswith(b"GIF89a")
    message.refresh_from_db()
    assert message.opened_at == SENT + timedelta(seconds=60)
    assert told(message) == [("opened", False)]


def test_a_machines_open_is_told_as_one_and_takes_no_persons_place() -> None:
    message = mail()
    fetch(links.open_url(message.id), 2)
    fetch(links.open_url(message.id), 60, agent="Mozilla/5.0")
    fetch(links.open_url(message.id), 600)
    message.refresh_from_db()
    assert message.machine_opened_at == SENT + timedelta(seconds=2)
    assert told(message) == [("opened", True), ("opened", False)]


def test_a_pixel_that_nobody_signed_is_a_picture_and_no_more() -> None:
    assert Client().get("/m/o/nonsense.gif").content.startswith(b"GIF89a")


def test_a_link_leads_to_where_the_mail_led_and_is_told_with_its_place() -> None:
    message = mail()
    answer = fetch(links.click_url(message.id, 1), 3600)
    assert (answer.status_code, answer["Location"]) == (302, "https://example.org/mere")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert told(message) == [("opened", False), ("clicked", 1)]


def test_a_link_leads_nowhere_but_to_the_mails_own() -> None:
    message = mail()
    assert fetch(links.click_url(message.id, 2), 3600).status_code == 404
    token = links.token(links.OPEN, message.id)
    assert Client().get(f"/m/c/{token}/0").status_code == 404
    assert Client().get(f"/m/c/{links.token(links.CLICK, new_id())}/0").status_code == 404
    assert told(message) == []


def test_a_scanner_that_follows_every_link_leaves_no_click() -> None:
    message = mail()
    for after, place in ((20, 0), (21, 1)):
        assert fetch(links.click_url(message.id, place), after).status_code == 302
    clicks_decide(now=SENT + timedelta(seconds=60))
    assert told(message) == []
    assert list(Click.objects.values_list("machine", "due_at").order_by("link")) == [(True, None), (True, None)]


def test_one_click_soon_after_sending_is_told_when_nothing_else_was_followed() -> None:
    message = mail()
    fetch(links.click_url(message.id, 0), 20)
    assert clicks_decide(now=SENT + timedelta(seconds=24)) == 0
    assert told(message) == []
    assert clicks_decide(now=SENT + timedelta(seconds=25)) == 1
    assert told(message) == [("opened", False), ("clicked", 0)]
    message.refresh_from_db()
    assert message.clicked_at == SENT + timedelta(seconds=20)


def test_looking_with_head_is_no_click() -> None:
    message = mail()
    fetch(links.click_url(message.id, 0), 3600, method="head")
    assert told(message) == []


def test_one_click_of_a_mail_program_takes_the_receiver_off() -> None:
    message = mail()
    url = path(links.unsubscribe_url(message.id))
    assert "aase" not in url
    answer = Client(enforce_csrf_checks=True).post(url, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    row = Suppression.objects.get()
    assert (row.kind, row.channel, row.value, row.organisation_id) == (
        "email", "email", "aase@example.org", message.organisation_id,
    )  # fmt: skip


def test_looking_at_the_page_takes_nobody_off_and_speaks_the_mails_language() -> None:
    url = path(links.unsubscribe_url(mail().id))
    page = Client().get(url, headers={"Accept-Language": "en"})
    assert page["Content-Language"] == "da"
    assert "a…@example.org" in page.content.decode()
    assert "aase@" not in page.content.decode()
    assert not Suppression.objects.exists()


def test_the_receiver_may_take_it_back() -> None:
    url = path(links.unsubscribe_url(mail().id))
    Client().post(url)
    Client().post(url)
    assert Suppression.objects.count() == 1
    Client().post(url, {"undo": "1"})
    assert not Suppression.objects.exists()


def test_what_the_organisation_has_barred_is_not_the_receivers_to_take_back() -> None:
    message = mail()
    Suppression.objects.create(
        organisation=message.organisation, kind="email", channel="email", value=message.to, created_at=SENT
    )
    url = path(links.unsubscribe_url(message.id))
    assert b'name="undo"' not in Client().post(url).content
    Client().post(url, {"undo": "1"})
    assert Suppression.objects.count() == 1


def test_what_the_organisation_barred_afterwards_is_not_the_receivers_either() -> None:
    message = mail()
    url = path(links.unsubscribe_url(message.id))
    Client().post(url)
    suppression_add(actor=system(message.organisation), value=message.to, channel="email", source="By letter")
    page = Client().post(url).content
    assert b'name="undo"' not in page
    assert Suppression.objects.get().source == "By letter"
    Client().post(url, {"undo": "1"})
    assert Suppression.objects.count() == 1
