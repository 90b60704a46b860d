"""Reserving a lead for somebody who does not work on the campaign at the moment: it is done, and said."""

from __future__ import annotations

import pytest

from ringround.campaigns.models import Lead
from ringround.dialer import actions
from ringround.orgs.actor import Actor
from tests.integration.campaigns.plan_setup import browser
from tests.integration.desk.scene import Scene, scene
from tests.integration.http.calling import Caller, token_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_ten")]
WORDS = "The agent has not joined the campaign"


@pytest.fixture
def made() -> Scene:
    return scene("preview")


def reserve(made: Scene, lead: Lead) -> list[str]:
    """The codes of the warnings that come back."""
    call = Caller(token_for(made.supervisor))
    answer = call("PATCH", f"/leads/{lead.id}", {"reservation": {"by": str(made.agent.user_id)}})
    assert answer.status_code == 200
    assert Lead.objects.get(id=lead.id).reserved_by_id == made.agent.user_id
    return [one["code"] for one in answer.json()["warnings"]]


def first(made: Scene) -> Lead:
    return Lead.objects.filter(campaign=made.campaign).order_by("position")[0]


def reserve_on_page(made: Scene, agent: Actor) -> str:
    lead = first(made)
    client = browser(made.supervisor)
    sent = client.post(f"/campaigns/leads/{lead.id}/do/reserve", {"agent": str(agent.user_id)})
    return str(client.get(sent["Location"]).content.decode())


def test_an_agent_who_has_not_joined_is_warned_of_over_http(made: Scene) -> None:
    assert reserve(made, first(made)) == ["agent_away"]


def test_one_who_works_on_the_campaign_is_not(made: Scene) -> None:
    actions.presence_join(actor=made.agent, campaign_id=made.campaign.id)
    assert reserve(made, first(made)) == []


def test_one_who_has_left_is(made: Scene) -> None:
    actions.presence_join(actor=made.agent, campaign_id=made.campaign.id)
    actions.presence_leave(actor=made.agent)
    assert reserve(made, first(made)) == ["agent_away"]


def test_the_page_says_who_is_away_before_and_after(made: Scene) -> None:
    page = browser(made.supervisor).get(f"/campaigns/leads/{first(made).id}").content.decode()
    assert f"{made.agent.user} (not on the campaign now)" in page
    assert WORDS in reserve_on_page(made, made.agent)


def test_the_page_says_nothing_of_who_is_there(made: Scene) -> None:
    actions.presence_join(actor=made.agent, campaign_id=made.campaign.id)
    page = browser(made.supervisor).get(f"/campaigns/leads/{first(made).id}").content.decode()
    assert f"{made.agent.user} (not on the campaign now)" not in page
    assert WORDS not in reserve_on_page(made, made.agent)
