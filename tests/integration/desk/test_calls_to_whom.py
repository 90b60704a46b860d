"""The calls name the contact and the campaign, to whoever may see them."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ringround.campaigns.models import CampaignMember
from ringround.desk import actions
from ringround.orgs.actor import Actor
from ringround.telephony.models import Call
from tests.integration.desk.scene import Scene, scene
from tests.integration.desk.test_agent_work import get, join, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(monday_ten: datetime) -> Scene:
    found = scene("manual")
    join(found)
    return found


def page(actor: Actor, address: str = "/calls/") -> str:
    client = Client()
    assert actor.user is not None
    client.force_login(actor.user)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_call_that_was_spoken_of_names_its_contact_and_campaign(stage: Scene) -> None:
    given = get(stage)
    actions.call(actor=stage.agent, lead_id=given.lead_id)
    save(stage, given.lead_id)
    for address in ("/calls/", f"/calls/{Call.objects.get().id}"):
        html = page(stage.supervisor, address)
        assert f'<a href="/campaigns/leads/{given.lead_id}">Åse Ørum</a>' in html
        assert f'<a href="/campaigns/{stage.campaign.id}">Forårskampagne manual</a>' in html


def test_a_call_under_way_does_too(stage: Scene) -> None:
    given = get(stage)
    actions.call(actor=stage.agent, lead_id=given.lead_id)
    assert f'<a href="/campaigns/leads/{given.lead_id}">Åse Ørum</a>' in page(stage.supervisor)


def test_an_agent_is_led_to_no_page_that_is_not_theirs(stage: Scene) -> None:
    given = get(stage)
    actions.call(actor=stage.agent, lead_id=given.lead_id)
    html = page(stage.agent, f"/calls/{Call.objects.get().id}")
    assert "Åse Ørum" in html
    assert "Forårskampagne manual" in html
    assert f'"/campaigns/{stage.campaign.id}"' not in html


def test_who_is_not_on_the_campaign_any_more_reads_the_number_alone(stage: Scene) -> None:
    given = get(stage)
    actions.call(actor=stage.agent, lead_id=given.lead_id)
    save(stage, given.lead_id)
    CampaignMember.objects.filter(user=stage.agent.user_id).delete()
    html = page(stage.agent, f"/calls/{Call.objects.get().id}")
    assert "20 12 34 00" in html
    assert "Åse Ørum" not in html


def test_more_calls_ask_no_more(stage: Scene) -> None:
    counts = []
    for _ in range(3):
        given = get(stage)
        actions.call(actor=stage.agent, lead_id=given.lead_id)
        save(stage, given.lead_id)
        with CaptureQueriesContext(connection) as asked:
            page(stage.supervisor)
        counts.append(len(asked))
    # The first also reads what a process reads once.
    assert counts[1] == counts[2]
