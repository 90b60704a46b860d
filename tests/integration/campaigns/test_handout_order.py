"""Which lead is next."""

from __future__ import annotations

from datetime import timedelta

from ringround.campaigns.actions import Handout, leads_refresh
from ringround.contacts.models import Contact
from tests.integration.campaigns.rig import MONDAY, Rig, later

HOUR = timedelta(hours=1)


def test_the_five_parts_come_in_their_order(rig: Rig) -> None:
    campaign = rig.campaign()
    agent = rig.staff.senior
    new = rig.lead(campaign)
    retry_late = rig.lead(campaign, status="automatic_redial", next_contact_at=MONDAY - HOUR)
    retry_early = rig.lead(campaign, status="automatic_redial", next_contact_at=MONDAY - 2 * HOUR)
    urgent_old = rig.lead(campaign, urgent_at=MONDAY - HOUR)
    urgent_new = rig.lead(campaign, urgent_at=MONDAY)
    common_late = rig.lead(campaign, status="common_redial", next_contact_at=MONDAY - HOUR)
    common_early = rig.lead(campaign, status="common_redial", next_contact_at=MONDAY - 2 * HOUR)
    mine = rig.lead(campaign, status="private_redial", owner_id=agent.user_id, next_contact_at=MONDAY)
    assert rig.drain(agent, campaign) == [
        mine, common_early, common_late, urgent_new, urgent_old, retry_early, retry_late, new,
    ]  # fmt: skip


def test_the_rule_and_the_end_of_the_lease_are_told(rig: Rig) -> None:
    campaign = rig.campaign()
    rig.lead(campaign, urgent_at=MONDAY)
    found = rig.next(rig.staff.senior, campaign)
    assert isinstance(found, Handout)
    assert (found.rule, found.until) == ("urgent", MONDAY + timedelta(seconds=600))


def test_a_new_lead_comes_after_every_k_retries_of_that_agent(rig: Rig) -> None:
    campaign = rig.campaign(settings={"new_per_retried": 2})
    retries = [
        rig.lead(campaign, status="automatic_redial", next_contact_at=MONDAY - n * HOUR) for n in (5, 4, 3, 2, 1)
    ]
    new = rig.leads(campaign, 3)
    expected = [retries[0], retries[1], new[0], retries[2], retries[3], new[1], retries[4], new[2]]
    assert rig.drain(rig.staff.senior, campaign) == expected


def test_agents_count_their_retries_each_for_themselves(rig: Rig) -> None:
    campaign = rig.campaign(settings={"new_per_retried": 1})
    retries = [rig.lead(campaign, status="automatic_redial", next_contact_at=MONDAY - n * HOUR) for n in (3, 2, 1)]
    new = rig.lead(campaign)
    assert rig.given(rig.staff.senior, campaign) == retries[0]
    assert rig.given(rig.staff.junior, campaign) == retries[1]
    rig.say(rig.staff.senior, retries[0], "not_engaged")
    assert rig.given(rig.staff.senior, campaign) == new


def test_new_leads_come_in_the_order_of_their_positions(rig: Rig) -> None:
    campaign = rig.campaign()
    leads = rig.leads(campaign, 4)
    rig.put(leads[3], position=0)
    assert rig.drain(rig.staff.senior, campaign) == [leads[3], *leads[:3]]


def test_a_high_priority_comes_first_and_ties_by_position(rig: Rig) -> None:
    campaign = rig.campaign(settings={"lead_order": "priority"})
    low, high, middle, also_high = (rig.lead(campaign, priority=n) for n in (10, 90, 50, 90))
    assert rig.drain(rig.staff.senior, campaign) == [high, also_high, middle, low]


def test_the_newest_first_and_the_oldest_first(rig: Rig) -> None:
    campaign = rig.campaign(settings={"lead_order": "newest"})
    leads = []
    for _ in range(3):
        leads.append(rig.lead(campaign))
        later(minutes=1)
    assert rig.given(rig.staff.senior, campaign) == leads[2]
    rig.settings(campaign, lead_order="oldest")
    assert rig.given(rig.staff.junior, campaign) == leads[0]


def test_a_column_orders_as_the_danish_alphabet_does_the_empty_last(rig: Rig) -> None:
    campaign = rig.campaign(settings={"lead_order": "column:city"})
    cities = ["Ølstykke", "", "Århus", "Zürich", "Ærø", "aabenraa", "Birkerød"]
    leads = {city: rig.lead(campaign, fields={"city": city}) for city in cities}
    expected = ["Birkerød", "Zürich", "Ærø", "Ølstykke", "aabenraa", "Århus", ""]
    assert rig.drain(rig.staff.senior, campaign) == [leads[city] for city in expected]


def test_a_column_of_numbers_orders_by_size(rig: Rig) -> None:
    campaign = rig.campaign(settings={"lead_order": "column:debt"})
    leads = {debt: rig.lead(campaign, fields={"debt": debt}) for debt in ("100", "9", "-5", "9,25")}
    assert rig.drain(rig.staff.senior, campaign) == [leads[debt] for debt in ("-5", "9", "9,25", "100")]


def test_a_changed_column_changes_the_place(rig: Rig) -> None:
    campaign = rig.campaign(settings={"lead_order": "column:city"})
    first = rig.lead(campaign, fields={"city": "Aalborg B"})
    second = rig.lead(campaign, fields={"city": "Birkerød"})
    Contact.objects.filter(id=rig.see(second).contact_id).update(fields={"city": "Aabenraa"})
    Contact.objects.filter(id=rig.see(first).contact_id).update(fields={"city": "Ålum"})
    leads_refresh(contact_ids=[rig.see(first).contact_id, rig.see(second).contact_id])
    assert rig.drain(rig.staff.senior, campaign) == [second, first]


def test_the_random_order_is_the_same_each_time_it_is_computed(rig: Rig) -> None:
    campaign = rig.campaign(settings={"lead_order": "random"})
    leads = rig.leads(campaign, 8)
    ranks = [rig.see(one).rank for one in leads]
    rig.settings(campaign, lead_order="position")
    rig.settings(campaign, lead_order="random")
    assert [rig.see(one).rank for one in leads] == ranks
    assert rig.drain(rig.staff.senior, campaign) == [one for _, one in sorted(zip(ranks, leads, strict=True))]


def test_leads_of_two_open_zones_are_one_order(rig: Rig) -> None:
    campaign = rig.campaign()
    zones = ["Europe/Copenhagen", "America/New_York", "Europe/Copenhagen", "America/New_York"]
    leads = [rig.lead(campaign, fields={"zone": zone}) for zone in zones]
    assert rig.drain(rig.staff.senior, campaign) == leads
