"""Leads found by words: by few contacts, by many, by an id of their own; and how far they are counted."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ringround.campaigns import queries
from ringround.campaigns.models import Attempt, CampaignMember, Disposition, Lead
from ringround.campaigns.queries import LeadFilter, filters
from ringround.contacts import queries as contacts
from ringround.contacts.models import Contact
from tests.factories import Cast, Staff, cast
from tests.integration.campaigns.plan_setup import browser, campaign, leads_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_ten")]


@pytest.fixture
def who() -> Cast:
    return cast()


@pytest.fixture
def staff(who: Cast) -> Staff:
    return who.charity


def _found(staff: Staff, words: str, **more: object) -> set[str]:
    page = queries.lead_list(actor=staff.manager, filter=LeadFilter(q=words, **more))  # type: ignore[arg-type]
    return {queries.contacts_of([lead])[lead.contact_id].name for lead in page.items}


def test_words_find_leads_by_their_contact_and_by_their_own_id(staff: Staff) -> None:
    made = campaign(staff, people=3)
    # The second one's number is the third one's id elsewhere.
    Lead.objects.filter(id=leads_of(made.id)[2].id).update(external_lead_id="28123463")
    assert _found(staff, "28123456") == {"Person 0"}
    assert _found(staff, "28123463") == {"Person 1", "Person 2"}
    assert _found(staff, "nobody") == set()


def test_an_id_of_a_campaign_that_is_not_seen_finds_nothing(who: Cast) -> None:
    made = campaign(who.charity, people=1)
    Lead.objects.filter(campaign=made.id).update(external_lead_id="L-1")
    assert _found(who.charity, "L-1") == {"Person 0"}
    assert _found(who.magazine, "L-1") == set()


@pytest.mark.parametrize("few", [1000, 5000])
def test_words_that_find_many_contacts_find_their_leads_with_all_that_is_asked_besides(
    staff: Staff, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "FEW", few)
    made = campaign(staff, people=1)
    one = Lead.objects.get(campaign=made.id)
    # Copies, which are quicker than actions: their search text is all that is looked at here.
    said = {"organisation_id": one.merchant_id, "list_id": Contact.objects.get(id=one.contact_id).list_id}
    at = one.created_at
    many = [
        Contact(**said, name=f"Person {n}", search=f"person {n}", created_at=at, updated_at=at) for n in range(1100)
    ]
    Contact.objects.bulk_create(many)
    assert contacts.contact_ids_few(q="person", most=1000) is None
    assert (contacts.contact_ids_few(q="person 109", most=1000) or "").count(",") == 10
    assert contacts.contact_ids_few(q="nobody", most=1000) == "{}"
    leads = [
        Lead(
            campaign_id=made.id,
            merchant_id=one.merchant_id,
            contact=each,
            position=n,
            created_at=at,
            zone_id=one.zone_id,
        )
        for n, each in enumerate(many, start=10)
    ]
    Lead.objects.bulk_create(leads)
    newest = queries.lead_list(actor=staff.manager, filter=LeadFilter(q="person"), size=2).items
    assert [lead.id for lead in newest] == [leads[-1].id, leads[-2].id]
    wanted = LeadFilter(q="person", campaign=(made.id,))
    assert _paged(staff, wanted, size=400) == [lead.id for lead in reversed(leads)] + [one.id]
    page, counted = queries.lead_list_counted(
        actor=staff.manager, filter=LeadFilter(q="person 109"), size=5, after=None
    )
    assert ([lead.id for lead in page.items], counted.number) == ([lead.id for lead in leads[:-6:-1]], 11)
    Lead.objects.filter(id=leads[5].id).update(status="invalid")
    assert _found(staff, "person", status=("invalid",)) == {"Person 5"}
    # Of words a thousand are counted, of everything else ten times as many.
    assert queries.lead_count(actor=staff.manager, filter=LeadFilter(q="person")) == queries.Counted(1000, more=True)
    assert queries.lead_count(actor=staff.manager, filter=LeadFilter()) == queries.Counted(1101, more=False)
    page = browser(staff.manager).get(f"/campaigns/leads?campaign={made.id}&q=person").content.decode()
    assert "all 1,000 found" in page


def test_leads_are_found_once_by_what_came_of_any_of_their_tries(staff: Staff) -> None:
    made = campaign(staff, people=3)
    first, second, _third = leads_of(made.id)
    nobody = Disposition.objects.filter(campaign=made.id, kind="no_contact")[0]
    at = first.created_at
    for lead, outcome in ((first, "busy"), (first, "busy"), (first, "no_answer"), (second, "no_answer")):
        Attempt.objects.create(lead=lead, campaign=made, disposition=nobody, outcome=outcome, at=at, attempts=1)
    # Reset since: it is found by its history all the same.
    Lead.objects.filter(id=first.id).update(attempts=0, last_contacted_at=None)

    def found(**asked: object) -> list[object]:
        page = queries.lead_list(actor=staff.manager, filter=LeadFilter(**asked))  # type: ignore[arg-type]
        return [lead.id for lead in page.items]

    assert found(outcome=("busy",)) == [first.id]
    assert found(disposition=(nobody.id,), campaign=(made.id,)) == sorted([first.id, second.id], reverse=True)
    assert found(outcome=("busy", "no_answer"), status=("new",)) == sorted([first.id, second.id], reverse=True)
    assert found(outcome=("answered",)) == []
    # So few tries are read once, whether there are enough leads of them or not.
    with CaptureQueriesContext(connection) as asked:
        assert found(outcome=("busy",), status=("invalid",)) == []
    assert len([one for one in asked if "campaigns_attempt" in one["sql"]]) == 1
    assert queries.lead_count(actor=staff.manager, filter=LeadFilter(outcome=("no_answer",))).number == 2


def test_what_came_of_tries_is_read_page_by_page_however_deep_the_leads_lie(who: Cast) -> None:
    staff = who.charity
    made = campaign(staff, people=90)
    leads = sorted(leads_of(made.id), key=lambda lead: lead.id, reverse=True)
    at = leads[0].created_at
    Attempt.objects.bulk_create(
        Attempt(lead=lead, campaign=made, outcome="busy", at=at, attempts=n) for lead in leads for n in (1, 2)
    )
    # Only the oldest of those that were busy: below the first look, below the second, and the last of all.
    wanted = [leads[3].id, leads[85].id, leads[89].id]
    Lead.objects.filter(id__in=wanted).update(status="invalid")
    busy = LeadFilter(outcome=("busy",), status=("invalid",))
    assert _paged(staff, busy, size=1) == wanted
    assert queries.lead_count(actor=staff.manager, filter=busy) == queries.Counted(3, more=False)
    every = LeadFilter(outcome=("busy", "answered"), campaign=(made.id,))
    assert _paged(staff, every, size=40) == [lead.id for lead in leads]
    assert queries.lead_count(actor=staff.manager, filter=every) == queries.Counted(90, more=False)
    # Whoever does not see the campaign sees and counts nothing of it; an agent only what is kept for them.
    assert _paged(who.magazine, every, size=40) == []
    assert queries.lead_count(actor=who.magazine.manager, filter=every).number == 0
    Lead.objects.filter(id=leads[7].id).update(assigned_to=staff.senior.user)
    CampaignMember.objects.create(campaign=made, user=staff.senior.user, duty="agent")
    assert [one.id for one in queries.lead_list(actor=staff.senior, filter=every).items] == [leads[7].id]
    assert queries.lead_count(actor=staff.senior, filter=every).number == 1


def _paged(staff: Staff, wanted: LeadFilter, *, size: int) -> list[object]:
    found: list[object] = []
    after: str | None = None
    while True:
        page = queries.lead_list(actor=staff.manager, filter=wanted, size=size, after=after)
        found += [lead.id for lead in page.items]
        if (after := page.next) is None:
            return found
