"""Leads with what came of them, as CSV: by browser, API and command line the same."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from click.testing import CliRunner

from ringround.campaigns import actions
from ringround.campaigns.models import Lead
from ringround.campaigns.queries.filters import LeadFilter
from ringround.cli import ringround
from ringround.infra.models import AuditPending
from ringround.kernel.errors import Forbidden, NotFound
from tests.factories import cast
from tests.integration.campaigns.rig import Rig
from tests.integration.http.calling import Caller, token_for
from tests.integration.orgs.browser import Browser


def worked(rig: Rig) -> Any:
    """A campaign with one lead that was called."""
    campaign = rig.campaign()
    lead = rig.lead(campaign)
    assert rig.given(rig.staff.senior, campaign) == lead
    rig.say(rig.staff.senior, lead, "not_engaged")
    Lead.objects.filter(id=lead).update(external_lead_id="=cmd()")
    return campaign


def rows(rig: Rig, campaign: Any) -> list[dict[str, str]]:
    head, *rest = actions.leads_export(actor=rig.staff.supervisor, filter=LeadFilter(campaign=(campaign.id,)))
    return [dict(zip(head, row, strict=True)) for row in rest]


def test_a_lead_goes_with_its_result_its_agent_and_its_contact(rig: Rig) -> None:
    campaign = worked(rig)
    (row,) = rows(rig, campaign)
    assert (row["status"], row["outcome"], row["attempts"]) == ("not_interested", "answered", "1")
    assert row["disposition"]
    assert row["last_contacted_by"] == str(rig.staff.senior.user)
    assert row["external_lead_id"] == "'=cmd()"
    assert row["numbers"].startswith("+45")
    assert any(name.startswith("contact.") and value for name, value in row.items())
    assert AuditPending.objects.filter(action="campaigns.leads.exported", subject_id=campaign.id).count() == 1


def test_who_may_not_export_gets_no_row(rig: Rig) -> None:
    campaign = worked(rig)
    wanted = LeadFilter(campaign=(campaign.id,))
    with pytest.raises(Forbidden):
        actions.leads_export(actor=rig.staff.senior, filter=wanted)
    with pytest.raises(NotFound):
        actions.leads_export(actor=cast().outsider, filter=wanted)
    assert not AuditPending.objects.filter(action="campaigns.leads.exported").exists()


def test_browser_api_and_command_line_give_the_same(rig: Rig, client: Any, tmp_path: Any) -> None:
    campaign = worked(rig)
    expected = rows(rig, campaign)
    page = Browser(client).come_in(rig.staff.supervisor).client.get(f"/campaigns/leads/export?campaign={campaign.id}")
    api = Caller(token_for(rig.staff.supervisor))("GET", f"/reports/leads?campaign={campaign.id}&format=csv")
    file = tmp_path / "leads.csv"
    words = ["export", str(file), "--campaign", campaign.name, "--org", str(rig.staff.org.id)]
    CliRunner().invoke(ringround, words, catch_exceptions=False, standalone_mode=False)
    said = [b"".join(one.streaming_content).decode("utf-8-sig") for one in (page, api)] + [file.read_text("utf-8")]
    assert [list(csv.DictReader(io.StringIO(one))) for one in said] == [expected] * 3


def test_another_organisations_campaign_is_not_there(rig: Rig) -> None:
    campaign = worked(rig)
    call = Caller(token_for(cast().outsider))
    assert call("GET", f"/reports/leads?campaign={campaign.id}").status_code == 404
