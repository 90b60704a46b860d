"""Writing to the contact in hand, and hearing of what it answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ringround.config.wiring import make_relay
from ringround.dialer import actions as dialer
from ringround.infra import clock
from ringround.kernel.ids import new_id
from ringround.messaging import actions as messaging
from ringround.messaging.models import Message, Transport
from ringround.orgs.actor import Actor
from tests.integration.desk.scene import Scene, scene
from tests.integration.desk.test_console import Tab, client
from tests.integration.http.calling import token_for

pytestmark = pytest.mark.django_db


def way(stage: Scene) -> Transport:
    owner: Actor = stage.cast.charity.owner
    return messaging.transport_create(
        actor=owner, name="Sandkasse", kind="sandbox", channel="sms", sender="+4528100100"
    )


def in_hand(stage: Scene) -> Tab:
    dialer.presence_join(actor=stage.agent2, campaign_id=stage.campaign.id, console=True)
    tab = Tab(stage.agent2)
    tab.open()
    tab.press("next")
    assert tab.shown
    return tab


def compose(stage: Scene, tab: Tab, **said: str) -> Any:
    where = reverse("campaigns:lead-message", args=[tab.shown])
    return client(stage.agent2).post(where, {"channel": "sms", **said}, headers={"HX-Request": "true"})


def answered(transport: Transport, number: str, text: str) -> None:
    messaging.message_receive(
        transport=transport, number=number, to="+4528100100", text=text, provider_id=str(new_id()), now=clock.now()
    )
    make_relay().drain()


def test_the_dialog_offers_templates_and_shows_what_is_sent(monday_ten: object) -> None:
    stage = scene("manual")
    way(stage)
    text = 'Hej {{ contact.name | "ven" }}'
    made = messaging.template_create(
        actor=stage.cast.charity.owner, name="Tak", channel="sms", language="da", texts={"da": {"text": text}}
    )
    tab = in_hand(stage)
    where = reverse("campaigns:lead-message", args=[tab.shown])
    page = client(stage.agent2).get(where, headers={"HX-Request": "true"}).content.decode()
    assert "Tak</option>" in page
    shown = compose(stage, tab, template=str(made.id), preview="1").content.decode()
    assert "Hej " in shown
    assert "1 SMS" in shown
    sent = compose(stage, tab, template=str(made.id))
    assert sent.status_code == 200
    assert "on its way" in sent.headers["HX-Trigger"]
    assert Message.objects.get().template_id == made.id


def test_the_dialog_says_beforehand_when_it_would_not_go(monday_ten: object) -> None:
    stage = scene("manual")
    tab = in_hand(stage)
    page = compose(stage, tab, preview="1").content.decode()
    assert "It will not be sent" in page


def test_quiet_hours_are_told_with_when_it_goes(monday_ten: object) -> None:
    stage = scene("manual")
    way(stage)
    messaging.message_settings_change(actor=stage.cast.charity.owner, quiet={"from": "09:00", "to": "12:00"})
    page = compose(stage, in_hand(stage), preview="1").content.decode()
    assert "It goes" in page
    assert "12:00" in page or "12.00" in page


def test_what_was_typed_stays_where_it_is_refused(monday_ten: object) -> None:
    stage = scene("manual")
    way(stage)
    tab = in_hand(stage)
    refused = compose(stage, tab, text="Æ" * 1600)
    assert refused.status_code == 422
    assert "Æ" * 1600 in refused.content.decode()
    assert not Message.objects.exists()


def test_an_answer_comes_up_in_the_console_of_whoever_has_the_contact(monday_ten: object) -> None:
    stage = scene("manual")
    transport = way(stage)
    tab = in_hand(stage)
    compose(stage, tab, text="Passer det kl. 12?")
    number = Message.objects.get().to
    before = tab.pulse()
    assert before.status_code == 204
    answered(transport, number, "Ja, ring bare")
    news = tab.pulse().content.decode()
    assert 'id="desk-news"' in news
    assert "Ja, ring bare" in news
    # What the agent types is not drawn over.
    assert 'id="desk-save"' not in news


def test_an_agents_program_writes_too(monday_ten: object) -> None:
    stage = scene("manual")
    way(stage)
    tab = in_hand(stage)
    headers = {"Authorization": f"Bearer {token_for(stage.agent2)}"}
    body = {"lead": tab.shown, "channel": "sms", "text": "Hej"}
    made = stage_post(headers, body)
    assert made.status_code == 201, made.content
    assert made.json()["status"] == "queued"
    assert stage_post(headers, {**body, "lead": str(new_id())}).status_code == 404


def stage_post(headers: dict[str, str], body: dict[str, str]) -> Any:
    return Client().post("/api/v1/agent/message", body, content_type="application/json", headers=headers)
