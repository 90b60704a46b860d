"""What a journey has to tell a person: on their screens, in their programs, and nobody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from ringround.infra import clock
from ringround.infra.models import Event
from ringround.infra.relay.screens import Touch
from ringround.journeys import live, queries, reactions, ticks
from ringround.journeys.models import Log, Notice
from ringround.journeys.views import notices
from ringround.orgs.actor import Actor
from ringround.orgs.models import AgencyLink
from tests.integration.campaigns.plan_setup import browser
from tests.integration.http.calling import Caller, token_for
from tests.integration.journeys.stage import Stage, node

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def tell(stage: Stage, user: Actor, text: str = "Kunden har åbnet mailen") -> UUID:
    """A lead of which a journey tells this user."""
    stage.publish(
        stage.document(node("tell", "notify_user", who="user", user=str(user.user_id), text=text), name=f"Tell {text}")
    )
    return again(stage)


def again(stage: Stage) -> UUID:
    """The same of another lead."""
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    return lead


@pytest.fixture
def agency_stage(db: None, monday_ten: object) -> Stage:
    """The magazine, whose campaign the agency works."""
    from ringround.config.wiring import make_relay
    from tests.integration.campaigns.rig import rig

    made = rig("magazine")
    return Stage(made, made.campaign(agency=made.cast.agency), make_relay())


def bell(client: Client) -> str:
    """What stands on the bells, as the live part fetches it."""
    return client.get("/journeys/notices/count").content.decode()


def test_every_page_has_a_bell_with_the_number_and_the_list_leads_to_the_lead(stage: Stage) -> None:
    user = stage.rig.staff.supervisor
    lead = tell(stage, user)
    client = browser(user)
    for page in ("/journeys/", "/contacts/", "/campaigns/"):
        text = client.get(page).content.decode()
        assert f'data-live="notices:{user.user_id}"' in text
        assert 'class="rr-count"' in text.split('class="rr-bell-count"', 1)[1].split("</button>", 1)[0]
    listed = client.get("/journeys/notices").content.decode()
    assert "Kunden har åbnet mailen" in listed
    assert f"/campaigns/leads/{lead}" in listed


def test_seen_takes_it_off_the_number_and_it_can_still_be_read(stage: Stage) -> None:
    user = stage.rig.staff.supervisor
    tell(stage, user)
    notice = Notice.objects.get()
    client = browser(user)
    assert ">1<" in bell(client).replace("not seen: </span>", ">").replace("</span>", "<")
    after = client.post(f"/journeys/notices/{notice.id}/seen").content.decode()
    assert "Nothing new" in after
    assert "Kunden har åbnet mailen" in after
    assert "rr-count" not in bell(client)


def test_all_seen_leaves_what_came_after_the_list_was_drawn(stage: Stage) -> None:
    user = stage.rig.staff.supervisor
    tell(stage, user)
    first = Notice.objects.get()
    lead = again(stage)
    browser(user).post("/journeys/notices/seen", {"oldest": str(first.id), "newest": str(first.id)})
    assert [one.lead_id for one in queries.notice_list(actor=user, seen=False)[0]] == [lead]


def test_the_agents_console_has_the_bell_and_opens_leads_beside_it(stage: Stage) -> None:
    agent = stage.rig.staff.senior
    tell(stage, agent)
    client = browser(agent)
    client.post(f"/desk/run/{stage.campaign.id}")
    text = client.get("/desk/console").content.decode()
    assert 'hx-get="/journeys/notices?apart=1"' in text
    assert 'target="_blank"' in client.get("/journeys/notices?apart=1").content.decode()


def test_whom_it_is_for_hears_of_it_at_once_and_nobody_else_may(stage: Stage) -> None:
    user = stage.rig.staff.supervisor
    lead = tell(stage, user)
    event = Event.objects.get(type="journeys.notice.made")
    assert "mailen" not in str(event.data)
    [touched] = reactions.topics(event)  # type: ignore[arg-type]
    assert touched == Touch(user.organisation.id, f"notices:{user.user_id}", str(lead))
    assert live.ALLOWED["notices"](user, str(user.user_id))
    assert not live.ALLOWED["notices"](stage.rig.staff.owner, str(user.user_id))
    assert not live.ALLOWED["notices"](replace(user, scopes=frozenset({"contacts.read"})), str(user.user_id))


def test_the_users_other_screens_hear_that_it_was_seen_and_once(stage: Stage) -> None:
    user = stage.rig.staff.supervisor
    tell(stage, user)
    notice = Notice.objects.get()
    client = browser(user)
    for _time in range(2):
        client.post(f"/journeys/notices/{notice.id}/seen")
        client.post("/journeys/notices/seen", {"oldest": str(notice.id), "newest": str(notice.id)})
    stage.settle()
    event = Event.objects.get(type="journeys.notice.seen")
    [touched] = reactions.topics(event)  # type: ignore[arg-type]
    assert touched == Touch(user.organisation.id, f"notices:{user.user_id}", str(notice.id))


def test_anothers_notice_is_not_there(stage: Stage) -> None:
    tell(stage, stage.rig.staff.supervisor)
    notice = Notice.objects.get()
    other = browser(stage.rig.staff.owner)
    assert other.post(f"/journeys/notices/{notice.id}/seen").status_code == 404
    assert "mailen" not in other.get("/journeys/notices").content.decode()
    notice.refresh_from_db()
    assert notice.seen_at is None


def test_a_program_reads_its_users_notices_and_says_that_they_are_seen(stage: Stage) -> None:
    user = stage.rig.staff.junior
    lead = tell(stage, user)
    call = Caller(token_for(user))
    [one] = call("GET", "/notices", None).json()["items"]
    assert (one["text"], one["lead"], one["seen_at"]) == ("Kunden har åbnet mailen", str(lead), None)
    seen = call("POST", f"/notices/{one['id']}/seen", {}).json()
    assert seen["seen_at"] is not None
    assert call("GET", "/notices?seen=false", None).json()["items"] == []
    assert call("POST", f"/notices/{one['id']}/seen", {}).json() == seen


def test_an_agencys_agent_is_told_while_its_link_is_live(agency_stage: Stage) -> None:
    agent = agency_stage.rig.cast.agency.senior
    lead = tell(agency_stage, agent)
    client = browser(agent)
    assert "rr-count" in bell(client)
    assert f"/campaigns/leads/{lead}" in client.get("/journeys/notices").content.decode()
    AgencyLink.objects.update(revoked_at=clock.now())
    assert "rr-count" not in bell(client)
    assert "mailen" not in client.get("/journeys/notices").content.decode()


def test_an_agency_without_a_live_link_is_neither_offered_nor_told(agency_stage: Stage) -> None:
    stranger = agency_stage.rig.cast.agency2.senior
    told = agency_stage.document(node("tell", "notify_user", who="user", user=str(stranger.user_id), text="Nej"))
    flaws = queries.checked(actor=agency_stage.rig.staff.manager, document=told).flaws
    assert [one.field for one in flaws if one.level == "error"] == ["params.user"]
    tell(agency_stage, agency_stage.rig.cast.agency.senior, "Ja")
    AgencyLink.objects.update(revoked_at=clock.now())
    lead = again(agency_stage)
    assert Notice.objects.filter(lead_id=lead).count() == 0
    assert Log.objects.filter(outcome="skipped", reason="no_user").count() == 1


def test_what_was_seen_a_month_ago_is_forgotten(stage: Stage) -> None:
    user = stage.rig.staff.supervisor
    tell(stage, user)
    Notice.objects.update(seen_at=clock.now())
    clock.advance(ticks.READ / 2)
    lead = again(stage)
    Notice.objects.filter(lead_id=lead).update(seen_at=clock.now())
    clock.advance(ticks.READ / 2 + ticks.READ / 30)
    ticks.clear()
    assert [one.lead_id for one in Notice.objects.all()] == [lead]


def test_a_notice_that_nobody_saw_is_kept_half_a_year_and_one_seen_late_a_month_more(stage: Stage) -> None:
    user = stage.rig.staff.supervisor
    made = [tell(stage, user), again(stage)]
    clock.advance(ticks.UNREAD - timedelta(days=1))
    Notice.objects.filter(lead_id=made[1]).update(seen_at=clock.now())
    ticks.clear()
    assert Notice.objects.count() == 2
    clock.advance(timedelta(days=2))
    ticks.clear()
    assert [one.lead_id for one in Notice.objects.all()] == made[1:]


def test_what_is_done_with_is_forgotten_so_many_at_a_time(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticks, "BATCH", 2)
    user = stage.rig.staff.supervisor
    told_of(stage, user, 5)
    Notice.objects.update(seen_at=clock.now())
    clock.advance(ticks.READ + timedelta(days=1))
    left = []
    while ticks.clear():
        left.append(Notice.objects.count())
    assert (left, Notice.objects.count()) == ([3, 1], 0)


def test_all_seen_marks_no_more_than_was_shown_and_more_can_be_shown(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "UNSEEN", 2)
    monkeypatch.setattr(notices, "MORE", 1)
    user = stage.rig.staff.supervisor
    client = browser(user)
    made = told_of(stage, user, 4)
    page = client.get("/journeys/notices").content.decode()
    assert "Nr. 3" in page
    assert "Nr. 1" not in page
    assert "/journeys/notices?pages=2" in page
    assert "Nr. 1" in client.get("/journeys/notices?pages=2").content.decode()
    shown = {"oldest": str(made[2].id), "newest": str(made[3].id)}
    after = client.post("/journeys/notices/seen", shown).content.decode()
    assert "Nr. 1" in after
    assert [one.text for one in queries.notice_list(actor=user, seen=False)[0]] == ["Nr. 1", "Nr. 0"]


def test_what_was_seen_last_stands_first_below_also_when_it_is_old(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "SEEN", 1)
    user = stage.rig.staff.supervisor
    client = browser(user)
    made = told_of(stage, user, 3)
    client.post(f"/journeys/notices/{made[2].id}/seen")
    clock.advance(timedelta(minutes=1))
    page = client.post(f"/journeys/notices/{made[0].id}/seen").content.decode()
    assert "Nr. 0" in page.split("<h3", 1)[1]
    assert "Nr. 2" not in page


def told_of(stage: Stage, user: Actor, number: int) -> list[Notice]:
    """Notices in their order, "Nr. 0" the oldest; none of them seen."""
    tell(stage, user)
    first = Notice.objects.get()
    for n in range(number):
        Notice.objects.create(
            organisation=first.organisation, user=first.user, key=f"test:{n}", journey=first.journey,
            lead_id=first.lead_id, text=f"Nr. {n}", at=clock.now(),
        )  # fmt: skip
    first.delete()
    return list(Notice.objects.order_by("id"))
