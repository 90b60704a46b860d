"""What the console proposes for a callback is what may be booked: not after the lead's time on the campaign."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ringround.campaigns import queries as campaigns
from ringround.campaigns.actions import Handout
from ringround.campaigns.models import Lead
from ringround.desk import actions, queries
from ringround.desk.queries.entry import callback_check
from ringround.dialer import actions as dialer
from tests.integration.desk.scene import Scene, scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def expiring(monday_ten: datetime) -> tuple[Scene, datetime]:
    """A lead in hand whose time is over on Tuesday at noon."""
    made = scene("preview")
    dialer.presence_join(actor=made.agent, campaign_id=made.campaign.id, console=True)
    found = actions.next_lead(actor=made.agent)
    assert isinstance(found, Handout)
    ends = monday_ten + timedelta(hours=26)
    Lead.objects.filter(id=found.lead_id).update(expires_at=ends)
    return made, ends


def test_no_time_is_suggested_after_the_lead_expires(expiring: tuple[Scene, datetime]) -> None:
    made, ends = expiring
    lead = campaigns.lead_held(actor=made.agent)
    assert lead is not None
    shown = queries.shown(actor=made.agent, lead=lead)
    assert shown.suggestions
    assert max(one.at for one in shown.suggestions) < ends


def test_a_time_after_the_lead_expires_is_told_while_it_is_put_in(expiring: tuple[Scene, datetime]) -> None:
    made, _ends = expiring
    lead = campaigns.lead_held(actor=made.agent)
    assert lead is not None
    assert "over" in callback_check(actor=made.agent, lead=lead, written="2026-03-04T11:00").words
    assert callback_check(actor=made.agent, lead=lead, written="2026-03-03T11:00").words == ""
