"""Sessions submitted: the guards, whose they are, and what becomes of the lead."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from ringround.campaigns import actions as campaigns
from ringround.campaigns.models import Attempt, Campaign, Lead
from ringround.contacts import actions as contacts
from ringround.contacts.models import Contact, ContactList
from ringround.dialer import actions as dialer
from ringround.dialer import queries as dialing
from ringround.infra import clock
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.onboarding import actions, queries
from ringround.onboarding.accounts import unseal
from ringround.onboarding.actions.leads import known_of
from ringround.onboarding.models import Session, Workflow
from ringround.orgs.models import AgencyLink
from tests.integration.campaigns.rig import Rig
from tests.integration.onboarding.scene import PERSON, Scene
from tests.integration.onboarding.workflows import SIGNUP


def refused(scene: Scene, actor: Any = None, **more: Any) -> str:
    with pytest.raises((Conflict, Forbidden)) as why:
        scene.submit(actor, **more)
    assert not Session.objects.exists()
    return str(why.value.code)


def faults(scene: Scene, **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as wrong:
        scene.submit(**more)
    assert not Session.objects.exists()
    return [(".".join(map(str, one.loc)), one.code) for one in wrong.value.errors]


# --- the guards -----------------------------------------------------------------------------------


def test_a_session_is_new_with_the_version_that_was_newest_and_its_event_and_log(scene: Scene) -> None:
    session = scene.submit()
    assert scene.stands(session) == ("New", "submitted")
    assert session.workflow_version.number == 1
    assert session.expires_at == clock.now() + timedelta(days=2)
    assert (session.external_lead_id, session.user_id) == ("crm-1", scene.agent.user_id)
    assert scene.told(session.id) == ["onboarding.session.created"]
    assert scene.log(session) == ["created"]
    assert session.agreed["amount"] == 10000


@pytest.mark.parametrize("state", ["unapproved", "approved", "paused", "completed", "archived"])
def test_nothing_begins_on_a_campaign_that_does_not_run(scene: Scene, state: str) -> None:
    Campaign.objects.filter(id=scene.campaign.id).update(state=state)
    assert refused(scene) == "campaign_not_running"


@pytest.mark.parametrize("when", [{"starts_at": 1}, {"ends_at": -1}, {"ends_at": 0}])
def test_nothing_begins_before_the_campaign_starts_or_after_it_ends(scene: Scene, when: dict[str, int]) -> None:
    moments = {name: clock.now() + timedelta(hours=hours) for name, hours in when.items()}
    Campaign.objects.filter(id=scene.campaign.id).update(**moments)
    assert refused(scene) == "campaign_not_in_period"


def test_nothing_begins_on_a_campaign_without_a_workflow(scene: Scene) -> None:
    Campaign.objects.filter(id=scene.campaign.id).update(workflow=None)
    assert refused(scene) == "no_workflow"


def test_an_agent_who_is_not_on_the_campaign_does_not_find_it(scene: Scene) -> None:
    campaigns.agents_put(actor=scene.merchant.manager, campaign_id=scene.campaign.id, users=[])
    with pytest.raises(NotFound):
        scene.submit()


def test_quality_and_viewers_submit_nothing(scene: Scene) -> None:
    for actor in (scene.merchant.quality, scene.merchant.viewer):
        assert refused(scene, actor) == "forbidden"


def test_another_organisation_finds_no_campaign(scene: Scene) -> None:
    for actor in (scene.rig.cast.outsider, scene.rig.cast.agency.owner, scene.rig.cast.magazine.owner):
        with pytest.raises(NotFound):
            scene.submit(actor)


def test_the_ids_and_the_action_are_asked_first(scene: Scene) -> None:
    assert faults(scene, external_lead_id=None) == [("external_lead_id", "required")]
    assert faults(scene, subscription_id=new_id()) == [("subscription", "not_for_sign_up")]
    assert faults(scene, action="pause", subscription_id=new_id()) == [("action", "wrong_intention")]
    assert faults(scene, action="dance") == [("action", "not_an_option")]


def test_every_fault_of_what_was_filled_in_is_told(scene: Scene) -> None:
    found = faults(
        scene, product="fast", contact={"phone": "12", "email": "nobody", "shoe": "42", "last_name": "x" * 201},
        agreement={"amount": 1, "schedule": "weekly"}, metadata={"unknown": "x"}, params={"amount": 1},
    )  # fmt: skip
    assert set(found) == {
        ("contact.phone", "bad_phone"), ("contact.email", "bad_email"), ("contact.shoe", "unknown_field"),
        ("contact.last_name", "too_long"), ("contact.first_name", "required"), ("agreement.amount", "out_of_range"),
        ("agreement.schedule", "not_an_option"), ("metadata.unknown", "unknown_field"),
        ("params", "not_for_sign_up"),
    }  # fmt: skip


def test_a_product_must_be_named_where_there_are_several(scene: Scene) -> None:
    assert faults(scene, product=None) == [("product", "required")]
    assert faults(scene, product="none") == [("product", "unknown_product")]


def test_a_method_without_an_account_is_refused(scene: Scene) -> None:
    scene.account.methods = ["mobile"]
    scene.account.save()
    assert faults(scene) == [("payment_method", "method_not_served")]


# --- whose it is ----------------------------------------------------------------------------------


def test_somebody_unknown_is_put_on_the_list_onboarding_and_placed_under_the_callers_id(scene: Scene) -> None:
    session = scene.submit()
    listed = ContactList.objects.get(name="Onboarding")
    contact = Contact.objects.get(id=session.contact_id)
    assert (contact.list_id, contact.organisation_id) == (listed.id, scene.merchant.org.id)
    # As the organisation's people read its columns.
    assert contact.fields["Fornavn"] == "Åse"
    lead = scene.lead(session)
    assert (lead.external_lead_id, lead.contact_id) == ("crm-1", contact.id)
    other = scene.submit(external_lead_id="crm-2", contact={**PERSON, "phone": "+4520123457"})
    assert Contact.objects.get(id=other.contact_id).list_id == listed.id
    assert other.lead_id != session.lead_id


def test_all_that_the_list_onboarding_keeps_is_known_again(rig: Rig) -> None:
    fields = [{"role": role} for role in ("company", "business_code", "phone", "email", "post_code", "city")]
    scene = Scene(rig, definition={**SIGNUP, "contact_fields": fields})
    given = {
        "company": "Firma ApS", "business_code": "13585628", "phone": "+4520123456", "email": "firma@example.org",
        "post_code": "8000", "city": "Aarhus C",
    }  # fmt: skip
    session = scene.submit(contact=given)
    assert session.contact_id is not None
    assert known_of(session.contact_id) == given


def test_the_same_id_is_the_same_lead(scene: Scene) -> None:
    first = scene.submit()
    actions.session_cancel(actor=scene.agent, session_id=first.id)
    second = scene.submit()
    assert first.lead_id == second.lead_id
    assert Contact.objects.filter(list__name="Onboarding").count() == 1


def test_a_list_onboarding_of_ones_own_is_used_and_taken_back_out(scene: Scene) -> None:
    scene.submit()
    ContactList.objects.filter(name="Onboarding").update(archived_at=clock.now())
    scene.submit(external_lead_id="crm-2")
    assert ContactList.objects.get(name="Onboarding").archived_at is None


def test_a_list_onboarding_with_one_column_for_the_name_takes_both(scene: Scene) -> None:
    columns = [{"name": "navn", "type": "text", "role": "name"}, {"name": "mobil", "type": "phone"}]
    contacts.contact_list_create(actor=scene.merchant.manager, name="Onboarding", columns=columns)
    session = scene.submit()
    assert Contact.objects.get(id=session.contact_id).fields["navn"] == "Åse Ørum"


def test_nobody_is_placed_without_a_name_or_a_number(scene: Scene) -> None:
    assert faults(scene, contact={}) == [("contact.first_name", "required")]


def test_a_known_leads_values_fill_the_form_and_what_agents_may_change_is_corrected(scene: Scene) -> None:
    lead_id = scene.rig.lead(scene.campaign, fields={"city": "Aarhus"})
    session = scene.submit(lead_id=lead_id)
    assert (session.lead_id, session.external_lead_id) == (lead_id, str(lead_id))
    assert session.given["phone"] == PERSON["phone"]
    # The list's columns are not editable by agents, so the contact stays as it was.
    assert Contact.objects.get(id=session.contact_id).fields["city"] == "Aarhus"


def test_a_lead_of_another_campaign_is_not_found(scene: Scene) -> None:
    other = scene.rig.campaign()
    with pytest.raises(NotFound):
        scene.submit(lead_id=scene.rig.lead(other))


def test_what_is_sensitive_is_sealed_and_its_end_alone_is_shown(scene: Scene) -> None:
    session = scene.submit(contact={**PERSON, "national_id": "010170-1234"})
    assert "national_id" not in session.given
    assert unseal(session.secrets) == {"national_id": "0101701234"}
    shown = queries.session_json(scene.agent, queries.session_get(actor=scene.agent, session_id=session.id))
    assert shown["contact"]["national_id"] == "•••• 34"
    contact = Contact.objects.get(id=session.contact_id)
    assert "0101701234" not in str(contact.fields)


# --- twice ----------------------------------------------------------------------------------------


def test_a_form_that_is_submitted_twice_is_one_session(scene: Scene) -> None:
    key = new_id()
    assert scene.submit(form_key=key) == scene.submit(form_key=key)
    assert Session.objects.count() == 1
    with pytest.raises(Conflict) as why:
        scene.submit(scene.merchant.junior, form_key=key)
    assert why.value.code == "form_used"


@pytest.mark.django_db(transaction=True)
def test_of_one_form_submitted_by_two_at_the_same_moment_one_session_comes(monday_ten: object) -> None:
    from tests.integration.campaigns.rig import rig

    scene, key = Scene(rig()), new_id()
    gate, came = threading.Barrier(2), []

    def send() -> None:
        try:
            gate.wait()
            came.append(scene.submit(form_key=key).id)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(came) == 2
    assert len(set(came)) == 1
    assert Lead.objects.get().attempts == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_submit_for_the_same_unknown_person_at_once_one_does(monday_ten: object) -> None:
    from tests.integration.campaigns.rig import rig

    scene = Scene(rig())
    gate, came = threading.Barrier(2), []

    def send(actor: Any) -> None:
        try:
            gate.wait()
            came.append(str(scene.submit(actor).lead_id))
        except Conflict as clash:
            came.append(clash.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(one,)) for one in (scene.merchant.senior, scene.merchant.junior)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(came) == sorted([str(Lead.objects.get().id), "session_open"])


# --- the lead -------------------------------------------------------------------------------------


def test_submitting_counts_the_attempt_gives_the_lead_back_and_lets_it_wait_for_the_session(scene: Scene) -> None:
    lead_id = scene.rig.lead(scene.campaign)
    assert scene.rig.given(scene.agent, scene.campaign) == lead_id
    session = scene.submit(lead_id=lead_id)
    lead = scene.rig.see(lead_id)
    assert (lead.attempts, lead.status, lead.reserved_by_id) == (1, "new", None)
    assert lead.next_contact_at == session.expires_at
    assert lead.last_contacted_by_id == scene.agent.user_id
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.disposition_id, attempt.engaged) == ("answered", None, False)
    assert attempt.call_id is not None
    assert scene.told(lead_id)[-2:] == ["campaigns.lead.attempted", "campaigns.lead.updated"]
    assert scene.timeline(session) == ["session_submitted"]
    assert scene.rig.given(scene.agent, scene.campaign) is None


def test_the_agent_wraps_up_and_is_free(scene: Scene) -> None:
    scene.rig.lead(scene.campaign)
    dialer.presence_join(actor=scene.agent, campaign_id=scene.campaign.id)
    lead_id = scene.rig.given(scene.agent, scene.campaign)
    assert scene.agent.user_id is not None
    dialer.presence_refresh(user_id=scene.agent.user_id)
    assert dialing.agent_state(actor=scene.agent).state == "previewing"
    scene.submit(lead_id=lead_id)
    assert dialing.agent_state(actor=scene.agent).state == "wrapping"


def test_a_lead_that_another_agent_has_in_hand_is_refused(scene: Scene) -> None:
    lead_id = scene.rig.lead(scene.campaign)
    scene.rig.given(scene.merchant.junior, scene.campaign)
    assert refused(scene, lead_id=lead_id) == "lead_held"
    assert scene.rig.see(lead_id).attempts == 0


def test_while_a_session_is_pending_no_engaged_disposition_is_taken(scene: Scene) -> None:
    lead_id = scene.rig.lead(scene.campaign)
    scene.submit(lead_id=lead_id)
    scene.rig.put(lead_id, next_contact_at=clock.now())
    assert scene.rig.given(scene.agent, scene.campaign) == lead_id
    with pytest.raises(Conflict) as why:
        scene.rig.say(scene.agent, lead_id, "engaged")
    assert why.value.code == "session_pending"
    scene.rig.say(scene.agent, lead_id, "no_contact")


def test_an_agency_submits_on_its_campaign_until_the_link_is_gone(agency_rig: Rig) -> None:
    scene = Scene(agency_rig, agency=agency_rig.cast.agency)
    session = scene.submit()
    assert (session.merchant_id, session.agency_id) == (scene.merchant.org.id, scene.people.org.id)
    assert queries.session_page(actor=scene.people.manager).items == [session]
    assert queries.session_page(actor=scene.merchant.manager).items == [session]
    AgencyLink.objects.update(revoked_at=clock.now())
    with pytest.raises(NotFound):
        scene.submit(external_lead_id="crm-2")
    assert queries.session_page(actor=scene.people.manager).items == []
    assert queries.session_find(actor=scene.agent, session_id=session.id) is None
    assert queries.session_page(actor=scene.merchant.manager).items == [session]


def test_a_session_keeps_the_version_that_it_began_with(scene: Scene) -> None:
    from ringround.onboarding import actions

    session = scene.submit()
    actions.workflow_version_add(
        actor=scene.merchant.manager, workflow_id=scene.workflow.id, definition={**SIGNUP, "link_ttl_s": 60}
    )
    assert scene.see(session).workflow_version.number == 1
    assert scene.submit(external_lead_id="crm-2").workflow_version.number == 2
    Workflow.objects.update(archived_at=clock.now())
    assert scene.submit(external_lead_id="crm-3").workflow_version.number == 2
