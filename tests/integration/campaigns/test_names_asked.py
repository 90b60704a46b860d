"""What is asked for by a name that there is not is refused, and what is told is told in words."""

from __future__ import annotations

from typing import get_args

import pytest

from ringround.campaigns import actions
from ringround.campaigns.api.shapes import leads, plan
from ringround.campaigns.models import Disposition
from ringround.campaigns.rules import dispositions, lead, lifecycle
from ringround.campaigns.views.common import _value
from ringround.kernel.errors import Invalid
from tests.integration.campaigns.plan_setup import browser
from tests.integration.campaigns.rig import Rig
from tests.integration.http.calling import Caller, token_for

pytestmark = pytest.mark.django_db


def test_the_api_knows_the_rules_names() -> None:
    assert get_args(leads.StatusName) == tuple(lead.Status)
    assert get_args(leads.OutcomeName) == dispositions.OUTCOMES
    assert get_args(plan.StateName) == tuple(lifecycle.State)


@pytest.mark.parametrize("path", ["/leads?status=bogus", "/leads?outcome=bogus", "/campaigns?state=new"])
def test_a_filter_by_an_unknown_name_is_refused_and_does_not_find_nothing(rig: Rig, path: str) -> None:
    call = Caller(token_for(rig.staff.manager))
    assert call("GET", path).status_code == 422
    assert call("GET", "/leads?status=new,success&outcome=busy").status_code == 200


def test_a_hidden_disposition_is_not_an_agents_to_choose(rig: Rig) -> None:
    campaign = rig.campaign()
    held = rig.lead(campaign)
    assert rig.given(rig.staff.senior, campaign) == held
    one = Disposition.objects.filter(campaign=campaign, kind="not_engaged")[0]
    Disposition.objects.filter(id=one.id).update(hidden=True)
    with pytest.raises(Invalid) as refused:
        actions.disposition_save(actor=rig.staff.senior, lead_id=held, disposition=one.name)
    assert refused.value.errors[0].code == "unknown_disposition"


def test_hours_that_somebody_else_has_changed_are_told_in_words() -> None:
    assert _value({"mon": [["09:00", "12:00"], ["13:00", "17:00"]], "sun": []}) == "Monday 09:00–12:00, 13:00–17:00"


def test_a_question_that_hangs_on_a_yes_says_yes(rig: Rig) -> None:
    form = [
        {"key": "member", "label": "Medlem?", "type": "bool"},
        {"key": "since", "label": "Siden", "type": "text", "shown_if": {"key": "member", "value": True}},
    ]
    campaign = rig.campaign(form=form, running=False)
    page = browser(rig.staff.manager).get(f"/campaigns/{campaign.id}/plan/2").content.decode()
    assert "is yes" in page
    assert "is True" not in page
