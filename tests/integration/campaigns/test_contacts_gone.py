"""An import is taken back, a person is erased: what campaigns do with the leads."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db.models import ProtectedError

from ringround.campaigns import actions
from ringround.campaigns.models import Attempt, Callback, Campaign, HandoutLog, Lead, TimelineItem
from ringround.campaigns.queries import lead_json, progress
from ringround.contacts import actions as contacts
from ringround.contacts import queries
from ringround.contacts.models import Contact, ContactChange, ContactNumber, Import, Suppression
from ringround.infra import clock
from ringround.infra.models import AuditPending, Event, EventOut
from ringround.kernel.errors import Conflict, NotFound
from ringround.telephony.models import Call
from tests.integration.campaigns.plan_setup import browser
from tests.integration.campaigns.rig import COLUMNS, Rig


def brought(rig: Rig, campaign: Campaign, text: str) -> Import:
    row = contacts.import_start(
        actor=rig.staff.manager, list_id=rig.lists[campaign.id].id, file=[text.encode()], file_name="x.csv", queue=False
    )
    contacts.import_run(import_id=row.id, processes=1)
    rig.relay()
    return row


def taken_back(rig: Rig, row: Import) -> queries.ImportState:
    contacts.import_revert(actor=rig.staff.manager, import_id=row.id, queue=False)
    contacts.import_run(import_id=row.id)
    return queries.import_get(actor=rig.staff.manager, import_id=row.id)


def lead_of(campaign: Campaign, name: str) -> Lead:
    contact = Contact.objects.get(name=name)
    return Lead.objects.get(campaign=campaign, contact=contact.id)


def test_leads_that_nobody_has_worked_go_with_their_contacts(rig: Rig) -> None:
    campaign = rig.campaign()
    row = brought(rig, campaign, "name,mobile\nAnna,20123456\nBo,20123457\n")
    assert progress(campaigns=[campaign])[campaign.id].leads == 2
    assert taken_back(rig, row).revert == {"gone": 2, "restored": 0, "kept": 0}
    assert not Lead.objects.filter(campaign=campaign).exists()
    figures = progress(campaigns=[campaign])[campaign.id]
    assert (figures.leads, figures.by_status) == (0, {})


def test_whom_an_agent_has_worked_stays_and_is_listed(rig: Rig) -> None:
    campaign = rig.campaign()
    row = brought(rig, campaign, "name,mobile\nAnna,20123456\nBo,20123457\nIb,20123458\n")
    worked = rig.given(rig.staff.junior, campaign)
    assert worked is not None
    rig.say(rig.staff.junior, worked, "not_engaged")
    held = rig.given(rig.staff.junior, campaign)
    assert held is not None
    after = taken_back(rig, row)
    assert after.revert == {"gone": 1, "restored": 0, "kept": 2}
    stay = {str(one) for one in Lead.objects.filter(id__in=[worked, held]).values_list("contact", flat=True)}
    assert {one["contact"]: one["reason"] for one in queries.import_json(after, kept=True)["kept"]} == dict.fromkeys(
        stay, "worked"
    )


def test_a_changed_contact_that_was_worked_since_keeps_its_change(rig: Rig) -> None:
    campaign = rig.campaign()
    brought(rig, campaign, "name,mobile,city\nAnna,20123456,Vejle\n")
    row = brought(rig, campaign, "name,mobile,city\nAnna,20123456,Ribe\n")
    lead = rig.given(rig.staff.junior, campaign)
    assert lead is not None
    rig.say(rig.staff.junior, lead, "not_engaged")
    assert taken_back(rig, row).revert == {"gone": 0, "restored": 0, "kept": 1}
    assert Contact.objects.get(name="Anna").fields["city"] == "Ribe"


def worked_lead(rig: Rig) -> tuple[Campaign, Lead]:
    """Anna, called, with an answer, a note and a callback."""
    campaign = rig.campaign()
    brought(rig, campaign, "name,mobile,city\nAnna,20123456,Vejle\n")
    lead_id = rig.given(rig.staff.junior, campaign)
    assert lead_id is not None
    rig.say(
        rig.staff.junior, lead_id, "callback_private", note="Anna is at 20123456",
        callback={"at": clock.now() + timedelta(hours=5), "private": True, "note": "ask for Anna"},
    )  # fmt: skip
    return campaign, rig.see(lead_id)


def everything(lead_id: UUID) -> str:
    """All that is said of a lead, as text."""
    said: list[object] = []
    for rows in (
        Lead.objects.filter(id=lead_id),
        TimelineItem.objects.filter(lead=lead_id),
        Attempt.objects.filter(lead=lead_id),
        Callback.objects.filter(lead=lead_id),
        HandoutLog.objects.filter(lead_id=lead_id),
        Contact.objects.all(),
        ContactNumber.objects.all(),
        ContactChange.objects.all(),
        Call.objects.all(),
        AuditPending.objects.all(),
    ):
        said += rows.values()
    return str(said)


def test_who_is_erased_is_said_nowhere_and_counted_as_before(rig: Rig) -> None:
    campaign, lead = worked_lead(rig)
    before = progress(campaigns=[campaign])[campaign.id]
    assert "Anna" in everything(lead.id)
    contacts.contact_erase(actor=rig.staff.manager, contact_id=lead.contact_id)
    rig.relay()
    said = everything(lead.id)
    assert "Anna" not in said
    assert "20123456" not in said
    after = progress(campaigns=[campaign])[campaign.id]
    assert (after.leads, after.attempts) == (before.leads, before.attempts)
    assert rig.see(lead.id).status == "unqualified"
    assert not Callback.objects.filter(lead=lead.id, state="booked").exists()
    with pytest.raises(NotFound):
        queries.contact_get(actor=rig.staff.manager, contact_id=lead.contact_id)


def test_the_lead_of_an_erased_person_can_still_be_looked_at(rig: Rig) -> None:
    _campaign, lead = worked_lead(rig)
    contacts.contact_erase(actor=rig.staff.manager, contact_id=lead.contact_id)
    rig.relay()
    page = browser(rig.staff.manager).get(f"/campaigns/leads/{lead.id}")
    assert page.status_code == 200
    assert "Anna" not in page.content.decode()


def test_columns_that_a_list_hides_go_to_no_agents_program(rig: Rig) -> None:
    campaign = rig.campaign()
    brought(rig, campaign, "name,mobile,city\nAnna,20123456,Vejle\n")
    listed = rig.lists[campaign.id]
    columns = [{**one, "hidden": one["name"] == "city"} for one in COLUMNS]
    contacts.contact_list_change(actor=rig.staff.manager, list_id=listed.id, columns=columns)
    lead = lead_of(campaign, "Anna")
    contact = queries.contact_get_for_lead(lead.contact_id)
    assert "city" not in lead_json(lead, contact, actor=rig.staff.junior)["contact"]["fields"]
    assert lead_json(lead, contact, actor=rig.staff.manager)["contact"]["fields"]["city"] == "Vejle"


def test_a_held_lead_of_an_erased_person_is_given_back(rig: Rig) -> None:
    campaign = rig.campaign()
    brought(rig, campaign, "name,mobile\nAnna,20123456\n")
    lead_id = rig.given(rig.staff.junior, campaign)
    assert lead_id is not None
    contacts.contact_erase(actor=rig.staff.manager, contact_id=rig.see(lead_id).contact_id)
    rig.relay()
    assert rig.see(lead_id).reserved_by_id is None
    assert rig.given(rig.staff.junior, campaign) is None
    assert not rig.held_numbers()


def test_an_erased_person_who_must_not_be_called_stays_barred_when_a_file_brings_them_again(rig: Rig) -> None:
    campaign, lead = worked_lead(rig)
    contacts.suppression_add(actor=rig.staff.manager, value=lead.contact_id, kind="contact")
    contacts.contact_erase(actor=rig.staff.manager, contact_id=lead.contact_id)
    rig.relay()
    assert list(Suppression.objects.values_list("kind", "value")) == [("phone", "+4520123456")]
    brought(rig, campaign, "name,mobile\nAnna,20123456\n")
    assert ContactNumber.objects.get(e164="+4520123456").suppressed
    assert rig.given(rig.staff.senior, campaign) is None


def test_a_call_of_which_nobody_said_what_came_keeps_no_number_of_an_erased_person(rig: Rig) -> None:
    campaign = rig.campaign()
    brought(rig, campaign, "name,mobile,city\nAnna,20123456,Vejle\n")
    lead_id = rig.given(rig.staff.junior, campaign)
    assert lead_id is not None
    actions.call_start(actor=rig.staff.junior, lead_id=lead_id)
    actions.call_hangup(actor=rig.staff.junior, lead_id=lead_id)
    actions.leads_bulk(actor=rig.staff.supervisor, ids=[lead_id], action="release")
    assert "20123456" in everything(lead_id)
    contacts.contact_erase(actor=rig.staff.manager, contact_id=rig.see(lead_id).contact_id)
    rig.relay()
    assert "20123456" not in everything(lead_id)


def test_an_erased_person_is_no_lead_again(rig: Rig) -> None:
    _campaign, lead = worked_lead(rig)
    contacts.contact_erase(actor=rig.staff.manager, contact_id=lead.contact_id)
    rig.relay()
    other = rig.campaign()
    assert actions.list_leads_add(campaign_id=other.id, contact_ids=[lead.contact_id]) == 0


def test_what_bars_an_erased_person_for_a_time_or_for_a_campaign_that_is_over_does_so_still(rig: Rig) -> None:
    campaign, lead = worked_lead(rig)
    until = clock.now() + timedelta(days=3)
    for scope, end in ((campaign.id, None), ("organisation", until)):
        contacts.suppression_add(
            actor=rig.staff.manager, value=lead.contact_id, kind="contact", scope=scope, expires_at=end
        )
    Campaign.objects.filter(id=campaign.id).update(state="archived")
    contacts.contact_erase(actor=rig.staff.manager, contact_id=lead.contact_id)
    bars = set(Suppression.objects.values_list("kind", "value", "campaign_id", "expires_at"))
    assert bars == {("phone", "+4520123456", campaign.id, None), ("phone", "+4520123456", None, until)}


def test_what_barred_an_erased_person_once_does_not_again(rig: Rig) -> None:
    _campaign, lead = worked_lead(rig)
    contacts.suppression_add(
        actor=rig.staff.manager, value=lead.contact_id, kind="contact", expires_at=clock.now() + timedelta(hours=1)
    )
    with clock.frozen(clock.now() + timedelta(hours=2)):
        contacts.contact_erase(actor=rig.staff.manager, contact_id=lead.contact_id)
    assert not Suppression.objects.exists()


def test_the_lead_of_an_erased_person_does_not_begin_anew(rig: Rig) -> None:
    _campaign, lead = worked_lead(rig)
    contacts.contact_erase(actor=rig.staff.manager, contact_id=lead.contact_id)
    rig.relay()
    done = actions.leads_bulk(actor=rig.staff.supervisor, ids=[lead.id], action="reset")
    assert (done.count, done.refused) == (0, {"contact_gone": 1})
    with pytest.raises(Conflict) as refused:
        actions.lead_change(actor=rig.staff.supervisor, lead_id=lead.id, status="new")
    assert refused.value.code == "contact_gone"
    assert rig.see(lead.id).status == "unqualified"


def test_that_the_callback_of_an_erased_person_is_off_is_told(rig: Rig) -> None:
    _campaign, lead = worked_lead(rig)
    contacts.contact_erase(actor=rig.staff.manager, contact_id=lead.contact_id)
    rig.relay()
    told = EventOut.objects.filter(subject_id=lead.id, type="campaigns.callback.cancelled").count()
    assert told + Event.objects.filter(subject_id=lead.id, type="campaigns.callback.cancelled").count() == 1


def test_a_contact_is_not_deleted_from_under_its_lead(rig: Rig) -> None:
    _campaign, lead = worked_lead(rig)
    with pytest.raises(ProtectedError):
        Contact.objects.filter(id=lead.contact_id).delete()
