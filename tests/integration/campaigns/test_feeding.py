"""Contacts that become leads: whose they may be, one by one and many at once."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ringround.campaigns import actions
from ringround.campaigns.actions import Fed, NewContact
from ringround.campaigns.models import Campaign, Lead
from ringround.contacts import actions as contacts
from ringround.contacts.models import Contact
from ringround.kernel.errors import Invalid
from tests.integration.campaigns.rig import COLUMNS, Rig, phone
from tests.integration.http.calling import Caller, token_for

pytestmark = pytest.mark.django_db


def _new(rig: Rig, campaign: Campaign, **more: str) -> Fed:
    return Fed(contact=NewContact(rig.lists[campaign.id].id, {"name": "Ny", "mobile": phone(), **more}))


def test_an_agency_attaches_no_list_that_the_merchant_did_not_give_it(agency_rig: Rig) -> None:
    campaign = agency_rig.campaign(agency=agency_rig.cast.agency)
    other = contacts.contact_list_create(actor=agency_rig.staff.manager, name="Løn", columns=COLUMNS, region="DK")
    with pytest.raises(Invalid) as refused:
        actions.list_attach(actor=agency_rig.cast.agency.supervisor, campaign_id=campaign.id, list_id=other.id)
    assert refused.value.errors[0].code == "unknown_list"
    actions.list_attach(
        actor=agency_rig.cast.agency.supervisor, campaign_id=campaign.id, list_id=agency_rig.lists[campaign.id].id
    )


def test_an_agency_places_contacts_of_the_campaigns_lists_only(agency_rig: Rig) -> None:
    campaign, other = agency_rig.campaign(agency=agency_rig.cast.agency), agency_rig.campaign()
    supervisor = agency_rig.cast.agency.supervisor
    secret, given = agency_rig.contact(other), agency_rig.contact(campaign)
    with pytest.raises(Invalid) as refused:
        actions.leads_feed(actor=supervisor, campaign_id=campaign.id, leads=[Fed(contact=given), Fed(contact=secret)])
    assert refused.value.errors[0].code == "unknown_contact"
    assert len(actions.leads_feed(actor=supervisor, campaign_id=campaign.id, leads=[Fed(contact=given)]).created) == 1
    manager = agency_rig.staff.manager
    assert len(actions.leads_feed(actor=manager, campaign_id=campaign.id, leads=[Fed(contact=secret)]).created) == 1


def test_three_times_as_many_new_contacts_ask_no_more_of_the_database(rig: Rig) -> None:
    campaign = rig.campaign()
    asked = []
    for number in (5, 15):
        fed = [_new(rig, campaign) for _ in range(number)]
        with CaptureQueriesContext(connection) as seen:
            assert (
                len(actions.leads_feed(actor=rig.staff.manager, campaign_id=campaign.id, leads=fed).created) == number
            )
        asked.append(len(seen))
    assert asked[0] == asked[1]


def test_the_campaign_is_locked_only_after_its_contacts_are_made(rig: Rig) -> None:
    campaign = rig.campaign()
    with CaptureQueriesContext(connection) as seen:
        actions.leads_feed(actor=rig.staff.manager, campaign_id=campaign.id, leads=[_new(rig, campaign)])
    said = [one["sql"] for one in seen.captured_queries]
    locks = [n for n, one in enumerate(said) if '"campaigns_campaign"' in one and "FOR UPDATE" in one]
    made = [n for n, one in enumerate(said) if one.startswith('INSERT INTO "contacts_')]
    assert max(made) < min(locks)


def test_a_wrong_contact_is_named_by_its_place_and_none_is_made(rig: Rig) -> None:
    campaign = rig.campaign()
    call = Caller(token_for(rig.staff.manager))
    listed = str(rig.lists[campaign.id].id)
    good = {"contact": {"list": listed, "fields": {"name": "A", "mobile": phone()}}}
    bad = {"contact": {"list": listed, "fields": {"name": "B", "mobile": "12"}}}
    answer = call("POST", f"/campaigns/{campaign.id}/leads", {"leads": [good, bad]})
    assert answer.status_code == 422
    assert [one["loc"] for one in answer.json()["errors"]] == [["body", "leads", 1, "contact", "fields", "mobile"]]
    assert not Contact.objects.exists()


def test_an_external_id_twice_in_one_request_is_refused_at_the_second(rig: Rig) -> None:
    columns = [{"name": "name", "type": "text", "role": "name"}, {"name": "no", "type": "external_id"}]
    listed = contacts.contact_list_create(actor=rig.staff.manager, name="Medlemmer", columns=columns, region="DK")
    rows = [{"name": "A", "no": "1"}, {"name": "B", "no": "2"}, {"name": "C", "no": "1"}]
    with pytest.raises(Invalid) as refused:
        contacts.contacts_create(actor=rig.staff.manager, list_id=listed.id, rows=rows)
    assert [(one.loc, one.code) for one in refused.value.errors] == [((2, "fields", "no"), "external_id_taken")]


def test_one_contact_said_to_be_two_leads_is_refused(rig: Rig) -> None:
    campaign = rig.campaign()
    one = rig.contact(campaign)
    fed = [Fed(contact=one, external_lead_id="A"), Fed(contact=one, external_lead_id="B")]
    with pytest.raises(Invalid) as refused:
        actions.leads_feed(actor=rig.staff.manager, campaign_id=campaign.id, leads=fed)
    assert refused.value.errors[0].code == "contact_twice"
    assert not Lead.objects.exists()


def test_leads_that_exist_are_told_in_the_order_they_were_asked_for(rig: Rig) -> None:
    campaign = rig.campaign()
    leads = {rig.contact(campaign): None for _ in range(6)}
    for contact in leads:
        rig.lead(campaign, contact=contact)
    asked = list(reversed(leads))
    fed = [Fed(contact=one) for one in asked]
    added = actions.leads_feed(actor=rig.staff.manager, campaign_id=campaign.id, leads=fed)
    assert [rig.see(one).contact_id for one in added.existing] == asked
