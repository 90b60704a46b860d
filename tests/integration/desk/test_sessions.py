"""Sessions in the console: the form of the contact in hand is submitted there, by whoever has it, while they may."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

from ringround.campaigns import actions as campaigns
from ringround.campaigns.models import Campaign, Lead
from ringround.dialer import actions as dialer
from ringround.infra import clock
from ringround.onboarding.actions.gateways import gateway_create
from ringround.onboarding.models import Agreement, Session, Subscription
from ringround.orgs.actor import Actor
from ringround.orgs.models import Membership
from tests.factories import cast
from tests.integration.desk.scene import Scene, scene
from tests.integration.desk.test_console import CONSOLE, Tab
from tests.integration.onboarding import workflows
from tests.integration.onboarding.workflows import SIGNUP, UPGRADE

pytestmark = pytest.mark.django_db
GOOD = {
    "product": "fast", "product-fast-amount": "150", "product-fast-schedule": "monthly", "product-fast-method": "card",
    "product-fast-start": "next_possible", "contact-first_name": "Åse", "contact-last_name": "Ørum",
    "contact-phone": "20123400", "language": "da",
}  # fmt: skip


def signing_in(mode: str, definition: dict[str, Any] = SIGNUP) -> Scene:
    """A campaign on which people are signed up; or with another definition, what they have agreed on is changed."""
    who = cast()
    workflow = workflows.make(who.charity.manager, definition=definition)
    gateway_create(actor=who.charity.owner, name="Sandkasse", kind="sandbox", slug="desk")
    return scene(mode, who=who, workflow=str(workflow.id))


@pytest.fixture
def signing(monday_ten: datetime) -> Scene:
    return signing_in("manual")


def at_work(signing: Scene, agent: Actor | None = None) -> Tab:
    """An agent with a contact in hand."""
    agent = agent or signing.agent
    dialer.presence_join(actor=agent, campaign_id=signing.campaign.id, console=True)
    tab = Tab(agent)
    tab.open()
    if not tab.shown:
        tab.press("next")
    assert tab.shown
    return tab


def given(tab: Tab, **more: str) -> dict[str, str]:
    key = re.search(r'name="form_key" value="([^"]+)"', tab.page)
    assert key is not None
    return {**GOOD, "form_key": key[1], "lead": tab.shown, **more}


def submit(tab: Tab, **said: Any) -> Any:
    return tab.web.post(f"{CONSOLE}/onboard", {"shown": tab.shown, **said}, HTTP_HX_REQUEST="true")


def test_the_contact_in_hand_is_signed_up_and_its_session_followed(signing: Scene) -> None:
    tab = at_work(signing)
    answer = submit(tab, **given(tab))
    page = answer.content.decode()
    session = Session.objects.get()
    assert answer.status_code == 200
    assert f'data-live="session:{session.id}"' in page
    assert 'id="desk-session-body"' in page
    assert (str(session.lead_id), session.agreed["amount"]) == (tab.shown, 15000)
    lead = Lead.objects.get(id=session.lead_id)
    assert (lead.attempts, lead.reserved_by_id) == (1, None)


def test_sent_twice_it_is_one_session_and_one_attempt(signing: Scene) -> None:
    tab = at_work(signing)
    said = given(tab)
    lead_id = tab.shown
    submit(tab, **said)
    tab.shown = lead_id
    answer = submit(tab, **said)
    assert answer.status_code == 200
    assert Session.objects.count() == 1
    assert Lead.objects.get(id=lead_id).attempts == 1


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(signing: Scene) -> None:
    tab = at_work(signing)
    answer = submit(tab, **given(tab, **{"product-fast-amount": "10", "metadata-segment": "Guld"}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.lstrip().startswith('<div id="ob-body"')
    assert 'value="Guld"' in page
    assert not Session.objects.exists()


def test_a_contact_of_another_organisation_is_not_found(signing: Scene) -> None:
    tab = at_work(signing)
    said, lead_id = given(tab), tab.shown
    stranger = Tab(signing.cast.magazine.junior)
    stranger.shown = lead_id
    for path in ("onboard", "onboard/promise"):
        answer = stranger.web.post(f"{CONSOLE}/{path}", {"shown": lead_id, **said}, HTTP_HX_REQUEST="true")
        assert answer.status_code == 404
    assert stranger.web.get(f"{CONSOLE}/onboard/form", {"shown": lead_id}).status_code == 404
    assert not Session.objects.exists()


def test_a_contact_of_a_campaign_that_one_is_not_on_is_not_found(signing: Scene) -> None:
    tab = at_work(signing)
    other = scene("preview", who=signing.cast)
    campaigns.agents_put(actor=signing.cast.charity.manager, campaign_id=other.campaign.id, users=[])
    tab.shown = str(other.leads()[0].id)
    assert submit(tab, **given(tab)).status_code == 404
    assert not Session.objects.exists()


def test_a_contact_that_one_has_not_in_hand_is_not_signed_up(signing: Scene) -> None:
    tab = at_work(signing)
    said = given(tab)
    tab.shown = str(next(one.id for one in signing.leads() if str(one.id) != tab.shown))
    answer = submit(tab, **said)
    assert (answer.status_code, answer["Draft"]) == (200, "keep")
    assert not Session.objects.exists()


def test_a_campaign_without_a_workflow_has_no_form(signing: Scene) -> None:
    tab = at_work(signing)
    said = given(tab)
    Campaign.objects.filter(id=signing.campaign.id).update(workflow=None)
    assert submit(tab, **said).status_code == 409
    assert not Session.objects.exists()


def test_a_campaign_that_ended_meanwhile_takes_nothing_new_and_nothing_is_lost(signing: Scene) -> None:
    tab = at_work(signing)
    said = given(tab, **{"metadata-segment": "Guld"})
    Campaign.objects.filter(id=signing.campaign.id).update(state="completed")
    answer = submit(tab, **said)
    assert answer.status_code == 422
    assert 'value="Guld"' in answer.content.decode()
    assert not Session.objects.exists()


def test_who_may_submit_no_more_is_refused(signing: Scene) -> None:
    tab = at_work(signing)
    said = given(tab)
    Membership.objects.filter(user=signing.agent.user).update(role="viewer")
    assert submit(tab, **said).status_code == 403
    assert not Session.objects.exists()


def agreements_of_all(signing: Scene) -> None:
    """Everybody on the campaign has one that is collected."""
    version = workflows.make(signing.cast.charity.manager, name="Den gamle").versions.get()
    for lead in signing.leads():
        agreement = Agreement.objects.create(
            merchant=signing.cast.charity.org, workflow_version=version, product="fast", payment_type="recurring",
            name="Fast støtte", contact_id=lead.contact_id, created_at=clock.now(),
        )  # fmt: skip
        Subscription.objects.create(
            merchant=signing.cast.charity.org, agreement=agreement, state="active", amount=10000, currency="DKK",
            schedule="monthly", anchor_day=1, starts_on=clock.now().date(), next_due_on=clock.now().date(),
            created_at=clock.now(),
        )  # fmt: skip


def test_a_role_that_was_lowered_meanwhile_may_do_less(monday_ten: datetime) -> None:
    changing = signing_in("manual", UPGRADE)
    agreements_of_all(changing)
    tab = at_work(changing, changing.agent2)
    assert 'name="action" value="pause"' in tab.page
    said = {"lead": tab.shown, "action": "pause", "pause-kind": "indefinite", "language": "da"}
    Membership.objects.filter(user=changing.agent2.user).update(role="junior_agent")
    assert submit(tab, **said).status_code == 422
    assert not Session.objects.exists()
    assert set(Subscription.objects.values_list("state", "version")) == {("active", 1)}
    Membership.objects.filter(user=changing.agent2.user).update(role="senior_agent")
    assert submit(tab, **said).status_code == 200
    assert Session.objects.get().status == "Complete"


def test_the_promise_follows_what_is_chosen(signing: Scene) -> None:
    tab = at_work(signing)
    said = {"shown": tab.shown, **given(tab)}
    answer = tab.web.post(f"{CONSOLE}/onboard/promise", said, HTTP_HX_REQUEST="true")
    assert "First payment on" in answer.content.decode()


def test_after_a_reload_the_session_stands_there_again(monday_ten: datetime) -> None:
    tab = at_work(signing_in("preview"))
    submit(tab, **given(tab))
    page = tab.web.get(CONSOLE).content.decode()
    assert f'data-live="session:{Session.objects.get().id}"' in page
