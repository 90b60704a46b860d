"""A lead's times are told and typed in its own zone, and the zone is named."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from ringround.campaigns.models import Callback
from tests.integration.campaigns.plan_setup import browser
from tests.integration.campaigns.rig import Rig

pytestmark = pytest.mark.django_db
MANHATTAN = "+12125550123"


@pytest.fixture
def lead(rig: Rig) -> UUID:
    """With a callback at 16:00 in New York, which is 22:00 where the supervisor sits."""
    campaign = rig.campaign()
    made = rig.lead(campaign, mobile=MANHATTAN)
    assert rig.given(rig.staff.senior, campaign) == made
    rig.say(rig.staff.senior, made, "callback_private", callback={"at": datetime(2026, 3, 2, 21, 0, tzinfo=UTC)})
    return made


def test_the_lists_and_the_leads_page_tell_the_zone_of_the_number(rig: Rig, lead: UUID) -> None:
    client = browser(rig.staff.supervisor)
    campaign = rig.see(lead).campaign_id
    for page in ("/campaigns/callbacks", f"/campaigns/{campaign}/callbacks", f"/campaigns/leads/{lead}"):
        assert "16:00" in client.get(page).content.decode(), page


def test_a_callback_is_moved_in_the_leads_time(rig: Rig, lead: UUID) -> None:
    client = browser(rig.staff.supervisor)
    page = client.get(f"/campaigns/callbacks/{lead}/move").content.decode()
    assert 'value="2026-03-02T16:00"' in page
    assert "New York" in page
    sent = {"at": "2026-03-03T09:30", "owner": str(rig.staff.senior.user_id), "note": ""}
    assert client.post(f"/campaigns/callbacks/{lead}/move", sent).status_code == 303
    assert Callback.objects.get(lead=lead, state="booked").at == datetime(2026, 3, 3, 14, 30, tzinfo=UTC)
