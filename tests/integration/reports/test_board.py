"""The supervisor's board."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from ringround.campaigns import actions as campaigns
from ringround.desk import actions as desk
from ringround.dialer import actions as dialer
from ringround.dialer.models import Presence
from ringround.infra import clock
from ringround.kernel.errors import Forbidden, NotFound
from ringround.orgs import actions as orgs
from ringround.orgs.actor import Actor
from ringround.reports import queries
from tests.integration.desk.scene import Scene, scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(monday_ten: datetime) -> Scene:
    """Two agents: one looks at a contact, one is on a break."""
    made = scene("preview", target=10)
    dialer.presence_join(actor=made.agent, campaign_id=made.campaign.id)
    desk.next_lead(actor=made.agent)
    dialer.presence_join(actor=made.agent2, campaign_id=made.campaign.id)
    dialer.presence_pause(actor=made.agent2, reason="Frokost")
    return made


def client(actor: Actor) -> Client:
    found = Client()
    assert actor.user is not None
    found.force_login(actor.user)
    return found


def held(scene: Scene) -> object:
    return next(one.id for one in scene.leads() if one.reserved_by_id == scene.agent.user_id)


def test_agents_stand_with_their_state_and_what_they_hold(work: Scene) -> None:
    found = queries.board(actor=work.supervisor)
    assert [(row.agent.name, row.state, row.lead is not None) for row in found.agents] == [
        ("Jonas Junior", "previewing", True),
        ("Signe Senior", "paused", False),
    ]


def test_an_agent_whose_screen_is_silent_stands_as_lost(work: Scene) -> None:
    dialer.presence_join(actor=work.agent, campaign_id=work.campaign.id, console=True)
    Presence.objects.filter(user=work.agent.user).update(seen_at=clock.real_now() - timedelta(seconds=20))
    dialer.lapse_silent()
    assert queries.board(actor=work.supervisor).states["lost"] == 1


def test_the_board_shows_the_agents_of_one_team(work: Scene) -> None:
    team = orgs.team_create(actor=work.cast.charity.owner, name="Aften", members=[str(work.agent2.user_id)])
    found = queries.board(actor=work.supervisor, team_id=team.id)
    assert [row.agent.name for row in found.agents] == ["Signe Senior"]
    assert (found.states["paused"], found.states["previewing"], found.campaigns[0].agents) == (1, 0, 1)
    page = client(work.supervisor).get(f"/reports/board?team={team.id}").content.decode()
    assert "Signe Senior" in page
    assert "Jonas Junior" not in page


def test_anothers_team_is_not_found(work: Scene) -> None:
    strange = orgs.team_create(actor=work.cast.outsider, name="Aften")
    with pytest.raises(NotFound):
        queries.board(actor=work.supervisor, team_id=strange.id)


def test_the_target_moves_with_a_positive_disposition(work: Scene) -> None:
    desk.disposition(
        actor=work.agent,
        lead_id=held(work),
        disposition=work.disposition("engaged"),
        answers={"belob": 1},  # type: ignore[arg-type]
    )
    row = queries.board(actor=work.supervisor).campaigns[0]
    assert (row.progress.engaged, row.progress.target, row.progress.open) == (1, 10, 2)


def test_callbacks_that_are_due_are_counted(work: Scene) -> None:
    at = clock.now() + timedelta(minutes=10)
    desk.disposition(
        actor=work.agent,
        lead_id=held(work),
        disposition=work.disposition("callback_private"),
        callback={"at": at},  # type: ignore[arg-type]
    )
    assert queries.board(actor=work.supervisor).due == 0
    clock.advance(timedelta(minutes=11))
    assert queries.board(actor=work.supervisor).due == 1


def test_the_board_says_what_holds_leads_back(work: Scene) -> None:
    clock.advance(timedelta(hours=12))
    still = queries.standing(actor=work.supervisor, campaign_id=work.campaign.id)
    assert (still.callable_now, next(gate.name for gate in still.gates)) == (0, "lead_hours")


def test_it_has_no_other_organisations_campaigns(work: Scene) -> None:
    assert queries.board(actor=work.cast.outsider).campaigns == []
    with pytest.raises(NotFound):
        queries.board(actor=work.cast.outsider, campaign_id=work.campaign.id)


def test_agents_do_not_look_at_boards(work: Scene) -> None:
    with pytest.raises(Forbidden):
        queries.board(actor=work.agent)


def test_the_page_and_its_part_are_drawn(work: Scene) -> None:
    web = client(work.supervisor)
    whole = web.get("/reports/board")
    part = web.get("/reports/board?part=1")
    assert (whole.status_code, part.status_code) == (200, 200)
    assert b"<html" in whole.content
    assert b"<html" not in part.content
    assert "Signe Senior" in part.content.decode()


def test_the_wallboard_is_drawn(work: Scene) -> None:
    assert client(work.supervisor).get("/reports/board?wall=1").status_code == 200


def test_with_nothing_under_way_it_says_so(monday_ten: datetime) -> None:
    made = scene("manual")
    campaigns.campaign_complete(actor=made.cast.charity.manager, campaign_id=made.campaign.id)
    assert b"No campaign is under way" in client(made.supervisor).get("/reports/board").content


def test_a_supervisor_takes_a_lead_back_from_here(work: Scene) -> None:
    lead = held(work)
    answer = client(work.supervisor).post(f"/reports/board/release/{lead}")
    assert answer.status_code == 204
    assert work.lead(lead).reserved_by_id is None  # type: ignore[arg-type]


def test_an_agent_does_not(work: Scene) -> None:
    assert client(work.agent2).post(f"/reports/board/release/{held(work)}").status_code == 403


def test_the_snapshot_over_http_says_the_same(work: Scene) -> None:
    found = client(work.supervisor).get(f"/api/v1/live/campaigns/{work.campaign.id}").json()
    assert (found["agents_by_state"], found["leads"]["open"], found["state"]) == (
        {"previewing": 1, "paused": 1},
        3,
        "running",
    )
