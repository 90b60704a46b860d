"""The callbacks' page and its API: whose, when; moved, given on, cancelled; two at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from ringround.campaigns import actions as campaigns
from ringround.campaigns.actions import callbacks as callbacks_module
from ringround.campaigns.models import Callback, Lead
from ringround.infra import clock
from ringround.orgs import actions as orgs
from ringround.orgs.actor import Actor
from tests.integration.desk.scene import Scene, scene
from tests.integration.http.calling import Caller, token_for

pytestmark = pytest.mark.django_db
Book = Callable[..., Lead]


@pytest.fixture
def here(monday_ten: datetime) -> Scene:
    return scene("manual", people=6)


@pytest.fixture
def book(here: Scene) -> Book:
    """A callback of an agent's, `ahead` from now."""

    def make(agent: Actor | None = None, ahead: timedelta = timedelta(hours=2), **more: Any) -> Lead:
        agent = agent or here.agent
        found = campaigns.lead_next(actor=agent, campaign_id=here.campaign.id)
        assert not isinstance(found, campaigns.NoLead)
        callback = {"at": clock.now() + ahead, **more}
        kind = "callback_private"
        campaigns.disposition_save(
            actor=agent, lead_id=found.lead_id, disposition=here.disposition(kind), callback=callback
        )
        return Lead.objects.get(id=found.lead_id)

    return make


def caller(actor: Actor) -> Caller:
    return Caller(token_for(actor))


def listed(actor: Actor, query: str = "") -> list[str]:
    return [one["lead"] for one in caller(actor)("GET", f"/callbacks{query}").json()["items"]]


def browser(actor: Actor) -> Client:
    web = Client()
    web.force_login(actor.user)  # type: ignore[arg-type]
    return web


def shown(web: Client, query: str = "") -> list[str]:
    """The leads on the page, in its order."""
    text = web.get(f"/campaigns/callbacks{query}").content.decode()
    return list(dict.fromkeys(re.findall(r"/campaigns/leads/([0-9a-f-]{36})", text)))


def of(*leads: Lead) -> list[str]:
    return [str(one.id) for one in leads]


def test_a_supervisor_sees_all_and_an_agent_their_own_and_the_common(here: Scene, book: Book) -> None:
    mine, theirs = book(), book(here.agent2, timedelta(hours=3))
    common = book(here.agent2, timedelta(hours=4), private=False)
    assert listed(here.supervisor) == of(mine, theirs, common) == shown(browser(here.supervisor))
    assert listed(here.agent) == of(mine, common) == shown(browser(here.agent))
    assert shown(browser(here.agent), "?whose=mine") == of(mine)
    assert listed(here.supervisor, "?common=true") == of(common) == shown(browser(here.supervisor), "?whose=common")
    assert listed(here.supervisor, f"?agent={here.agent2.user_id}") == of(theirs)
    assert shown(browser(here.supervisor), f"?agent={here.agent2.user_id}") == of(theirs)


def test_an_agent_finds_nobody_elses_by_their_name(here: Scene, book: Book) -> None:
    mine = book()
    book(here.agent2)
    assert shown(browser(here.agent), f"?agent={here.agent2.user_id}") == of(mine)
    assert "cb-agent" not in browser(here.agent).get("/campaigns/callbacks").content.decode()


def test_a_supervisor_may_look_at_their_own_campaigns_only(here: Scene, book: Book) -> None:
    lead = book()
    assert listed(here.supervisor, "?supervised=true") == []
    campaigns.supervisors_put(
        actor=here.cast.charity.manager, campaign_id=here.campaign.id, users=[here.supervisor.user_id]
    )
    assert listed(here.supervisor, "?supervised=true") == of(lead)
    assert shown(browser(here.supervisor), "?whose=supervised") == of(lead)


def test_days_are_the_readers_and_overdue_is_what_has_passed(here: Scene, book: Book) -> None:
    soon, tomorrow, later = book(), book(ahead=timedelta(days=1)), book(ahead=timedelta(days=9))
    web = browser(here.supervisor)
    assert shown(web, "?when=today") == of(soon)
    assert shown(web, "?when=tomorrow") == of(tomorrow)
    assert shown(web, "?when=week") == of(soon, tomorrow)
    assert shown(web, "?when=later") == of(later)
    assert shown(web, "?when=overdue") == []
    with clock.frozen(clock.now() + timedelta(hours=3)):
        assert shown(web, "?when=overdue") == of(soon)
        assert "Overdue</span>" in web.get("/campaigns/callbacks").content.decode()


def test_number_note_and_the_leads_zone_are_shown(here: Scene, book: Book) -> None:
    lead = book(note="Taler om sin søn")
    lead.refresh_from_db()
    Callback.objects.update(number=lead.numbers[0])
    page = browser(here.supervisor).get("/campaigns/callbacks").content.decode()
    assert "Taler om sin søn" in page
    assert "20 12 34" in page
    assert "Copenhagen" in browser(here.supervisor).get(f"/campaigns/callbacks/{lead.id}/move").content.decode()


def test_outside_the_hours_the_nearest_time_is_a_button_that_moves_it_there(here: Scene, book: Book) -> None:
    lead, web = book(), browser(here.supervisor)
    path = f"/campaigns/callbacks/{lead.id}/move"
    said = {"at": "2026-11-28T23:00", "owner": str(here.agent.user_id), "number": "", "note": ""}
    night = (clock.now() + timedelta(days=1)).replace(hour=22, minute=30)
    refused = web.post(path, {**said, "at": night.strftime("%Y-%m-%dT%H:%M")})
    assert refused.status_code == 422
    (nearest,) = re.findall(r'name="nearest" value="([^"]+)"', refused.content.decode())
    moved = web.post(path, {**said, "at": night.strftime("%Y-%m-%dT%H:%M"), "nearest": nearest.replace("&#x2B;", "+")})
    assert moved.status_code == 303
    assert Callback.objects.get(lead=lead, state="booked").at == datetime.fromisoformat(nearest.replace("&#x2B;", "+"))


def test_the_number_is_changed_on_the_page(here: Scene, book: Book) -> None:
    lead, web = book(), browser(here.supervisor)
    at = Callback.objects.get(lead=lead).at.astimezone().strftime("%Y-%m-%dT%H:%M")
    said = {"at": at, "owner": str(here.agent.user_id), "number": lead.numbers[1], "note": "Hjemme"}
    assert web.post(f"/campaigns/callbacks/{lead.id}/move", said).status_code == 303
    one = Callback.objects.get(lead=lead, state="booked")
    assert (one.number, one.note, one.owner_id) == (lead.numbers[1], "Hjemme", here.agent.user_id)


def test_of_two_who_move_one_at_once_the_second_is_told(here: Scene, book: Book) -> None:
    lead, first, second = book(), caller(here.supervisor), caller(here.cast.charity.manager)
    (read,) = second("GET", "/callbacks").json()["items"]
    at = (clock.now() + timedelta(hours=5)).isoformat()
    assert first("PATCH", f"/callbacks/{lead.id}", {"at": at, "version": read["version"]}).status_code == 200
    late = second("PATCH", f"/callbacks/{lead.id}", {"note": "B", "version": read["version"]})
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    # Who says no version means what they say.
    assert second("PATCH", f"/callbacks/{lead.id}", {"note": "B"}).status_code == 200
    web = browser(here.supervisor)
    said = {"at": "2026-11-30T10:00", "owner": "", "number": "", "note": "C", "version": read["version"]}
    page = web.post(f"/campaigns/callbacks/{lead.id}/move", said)
    assert page.status_code == 422
    assert "Somebody else has changed this callback meanwhile." in page.content.decode()


def test_one_that_an_agent_has_in_hand_is_neither_moved_nor_cancelled(here: Scene, book: Book) -> None:
    lead = book()
    with clock.frozen(clock.now() + timedelta(hours=2, minutes=1)):
        campaigns.turn_due(now=clock.now(), limit=100)
        found = campaigns.lead_next(actor=here.agent, campaign_id=here.campaign.id)
        assert getattr(found, "lead_id", None) == lead.id
        call = caller(here.supervisor)
        for answer in (
            call("PATCH", f"/callbacks/{lead.id}", {"note": "a"}),
            call("DELETE", f"/callbacks/{lead.id}"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "lead_held")
    assert Callback.objects.get(lead=lead).state == "booked"


def test_all_of_an_agent_who_is_away_are_given_to_another(here: Scene, book: Book) -> None:
    first, second, other = book(), book(ahead=timedelta(days=1)), book(here.agent2)
    web = browser(here.supervisor)
    page = web.get(f"/campaigns/callbacks?agent={here.agent.user_id}").content.decode()
    assert "Give all 2 callbacks to" in page
    said = {"from": str(here.agent.user_id), "to": str(here.agent2.user_id), "back": "/campaigns/callbacks"}
    assert web.post("/campaigns/callbacks/reassign", said).status_code == 303
    assert set(Callback.objects.filter(state="booked").values_list("lead", "owner")) == {
        (one.id, here.agent2.user_id) for one in (first, second, other)
    }
    assert Lead.objects.get(id=first.id).owner_id == here.agent2.user_id


def test_or_to_anybody_and_what_cannot_be_given_stays_and_says_why(here: Scene, book: Book) -> None:
    held, free = book(), book(ahead=timedelta(days=1))
    with clock.frozen(clock.now() + timedelta(hours=2, minutes=1)):
        campaigns.turn_due(now=clock.now(), limit=100)
        found = campaigns.lead_next(actor=here.agent, campaign_id=here.campaign.id)
        assert getattr(found, "lead_id", None) == held.id
        answer = caller(here.supervisor)("POST", "/callbacks/reassign", {"from": str(here.agent.user_id), "to": None})
    assert answer.status_code == 200, answer.json()
    assert answer.json()["moved"] == 1
    assert [(one["lead"], one["code"]) for one in answer.json()["refused"]] == [(str(held.id), "lead_held")]
    assert Callback.objects.get(lead=free).private is False
    assert Lead.objects.get(id=free.id).status == "common_redial"


def test_nobody_is_given_more_than_an_agent_may_keep_nor_who_is_not_on_the_campaign(here: Scene, book: Book) -> None:
    book(), book(ahead=timedelta(days=1))
    orgs.organisation_change(actor=here.cast.charity.owner, callbacks_per_agent=1)
    call = caller(here.supervisor)
    body = {"from": str(here.agent.user_id), "to": str(here.agent2.user_id)}
    answer = call("POST", "/callbacks/reassign", body).json()
    assert (answer["moved"], [one["code"] for one in answer["refused"]]) == (1, ["too_many_callbacks"])
    stranger = {**body, "to": str(here.cast.magazine.junior.user_id)}
    assert [one["code"] for one in call("POST", "/callbacks/reassign", stranger).json()["refused"]] == ["not_an_agent"]


def test_what_somebody_gives_away_meanwhile_stays_with_whom_it_was_given_to(
    here: Scene, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = book(), book(ahead=timedelta(days=1)), book(ahead=timedelta(days=2))
    read = callbacks_module.callbacks_owned

    def and_then(**asked: Any) -> Any:
        found = read(**asked)
        # In the moment after they were read.
        campaigns.callback_change(actor=here.supervisor, lead_id=second.id, private=False)
        return found

    monkeypatch.setattr(callbacks_module, "callbacks_owned", and_then)
    moved, refused = campaigns.callbacks_reassign(
        actor=here.supervisor, from_id=UUID(str(here.agent.user_id)), to_id=here.agent2.user_id
    )
    assert (moved, [(one.lead_id, one.code) for one in refused]) == (2, [(second.id, "changed_meanwhile")])
    assert Callback.objects.get(lead=second).private is False
    given = Callback.objects.filter(owner=here.agent2.user_id)
    assert set(given.values_list("lead", flat=True)) == {first.id, third.id}


def test_a_time_that_there_is_not_is_no_time(here: Scene, book: Book) -> None:
    lead, web = book(), browser(here.supervisor)
    said = {"at": "2026-11-28T23:00", "owner": "", "number": "", "note": "", "nearest": "2026-02-30T10:00:00+01:00"}
    assert web.post(f"/campaigns/callbacks/{lead.id}/move", said).status_code < 500


def test_an_agent_gives_nobodys_callbacks_on(here: Scene, book: Book) -> None:
    book()
    body: dict[str, Any] = {"from": str(here.agent.user_id), "to": None}
    assert caller(here.agent)("POST", "/callbacks/reassign", body).status_code == 403
    outsider = caller(here.cast.outsider)("POST", "/callbacks/reassign", body)
    assert outsider.json() == {"moved": 0, "refused": []}


def test_those_of_an_agent_who_is_taken_off_become_common(here: Scene, book: Book) -> None:
    lead = book()
    keep: list[UUID | None] = [here.agent2.user_id]
    campaigns.agents_put(actor=here.cast.charity.manager, campaign_id=here.campaign.id, users=keep)
    one = Callback.objects.get(lead=lead)
    assert (one.private, one.owner_id, Lead.objects.get(id=lead.id).status) == (False, None, "common_redial")
    assert listed(here.agent2) == of(lead)
