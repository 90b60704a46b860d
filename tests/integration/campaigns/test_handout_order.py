"""Which lead is next."""

from __future__ import annotations

from ringround.campaigns.actions import Handout
from tests.integration.campaigns.rig import MONDAY, Rig


def test_the_five_parts_come_in_their_order(rig: Rig) -> None:
    from datetime import timedelta

    hour = timedelta(hours=1)
    campaign = rig.campaign()
    agent = rig.staff.senior
    new = rig.lead(campaign)
    retry_late = rig.lead(campaign, status="automatic_redial", next_contact_at=MONDAY - hour)
    retry_early = rig.lead(campaign, status="automatic_redial", next_contact_at=MONDAY - 2 * hour)
    urgent_old = rig.lead(campaign, urgent_at=MONDAY - hour)
    urgent_new = rig.lead(campaign, urgent_at=MONDAY)
    common_late = rig.lead(campaign, status="common_redial", next_contact_at=MONDAY - hour)
    common_early = rig.lead(campaign, status="common_redial", next_contact_at=MONDAY - 2 * hour)
    mine = rig.lead(campaign, status="private_redial", owner_id=agent.user_id, next_contact_at=MONDAY)
    assert rig.drain(agent, campaign) == [
        mine, common_early, common_late, urgent_new, urgent_old, retry_early, retry_late, new,
    ]  # fmt: skip


def test_the_rule_is_told(rig: Rig) -> None:
    campaign = rig.campaign()
    agent = rig.staff.senior
    rig.lead(campaign, urgent_at=MONDAY)
    found = rig.next(agent, campaign)
    assert isinstance(found, Handout)
    assert found.rule == "urgent"
    assert found.until == MONDAY + __import__("datetime").timedelta(seconds=600)
