"""Duplicates and templates: a plan is used again, and nothing of how far its campaign has come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ringround.campaigns import actions, queries
from ringround.campaigns.models import Campaign, CampaignTemplate, ExternalSystem, Lead
from ringround.infra import clock
from ringround.infra.models import AuditPending, EventOut
from ringround.kernel.errors import Forbidden, Invalid, NotFound
from ringround.orgs import actions as orgs
from ringround.orgs import queries as orgs_queries
from tests.factories import Cast, cast
from tests.integration.campaigns.plan_setup import browser, campaign, ready, running
from tests.integration.http.calling import Caller, token_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_ten")]
DISPOSITIONS: list[dict[str, Any]] = [
    {"name": "Giver", "kind": "engaged", "hotkey": "g", "sub": ["Fast", "Én gang"], "color": "#2fb344"},
    {"name": "Optaget", "kind": "no_contact", "outcome": "busy", "retry": {"delay_s": 600, "multiply": 2}},
]
FORM: list[dict[str, Any]] = [
    {"key": "why", "label": "Hvorfor", "type": "choice", "options": ["Pris", "Tid"], "required": True},
    {"key": "more", "label": "Mere", "type": "text", "required": False, "shown_if": {"key": "why", "value": "Pris"}},
]
COPIED = (
    "description", "mode", "hours", "holidays", "target", "priority", "script", "settings", "form", "agents",
    "supervisors", "agency", "timezone", "follow_lists",
)  # fmt: skip


@pytest.fixture
def who() -> Cast:
    return cast()


def planned(who: Cast, **more: Any) -> Campaign:
    """Running, with everything that a plan can have."""
    made = running(
        who.charity, description="Om efteråret", target=12, priority=70, script="Hej", holidays="NO",
        settings={"max_attempts": 7, "retry": {"busy": {"delay_s": 300}}}, dispositions=DISPOSITIONS, form=FORM,
        hours={"mon": [["09:00", "11:00"]]}, supervisors=[str(who.charity.supervisor.user_id)],
        external_campaign_id="crm-1", **more,
    )  # fmt: skip
    actions.preassign(actor=who.charity.manager, campaign_id=made.id, strategy="proportional")
    return Campaign.objects.get(id=made.id)


def shape(made: Campaign) -> dict[str, Any]:
    found = queries.campaign_json(campaign=made)
    parts = [{key: one[key] for key in one if key != "id"} for one in found["dispositions"]]
    return {name: found[name] for name in COPIED} | {"dispositions": parts}


def test_a_duplicate_has_the_plan_and_nothing_of_the_way_it_went(who: Cast) -> None:
    source = planned(who)
    copy = actions.campaign_duplicate(actor=who.charity.manager, campaign_id=source.id, name="Vinter")
    assert shape(copy) == shape(source)
    assert (copy.name, copy.state, copy.external_campaign_id, copy.preassignment) == ("Vinter", "unapproved", None, {})
    assert (copy.approved_by_id, copy.created_by_id) == (None, who.charity.manager.user_id)
    assert not Lead.objects.filter(campaign=copy).exists()
    assert not copy.lists.exists()


def test_a_template_starts_campaigns_with_its_plan(who: Cast) -> None:
    source = planned(who)
    template = actions.template_save(actor=who.charity.manager, campaign_id=source.id, name="Standard")
    made = actions.template_use(actor=who.charity.manager, template_id=template.id, fields={"name": "Vinter"})
    assert shape(made) == shape(source)
    assert Campaign.objects.count() == 2, "a template is no campaign"


def test_what_is_said_counts_over_the_template(who: Cast) -> None:
    template = actions.template_save(actor=who.charity.manager, campaign_id=planned(who).id, name="Standard")
    fields = {"name": "Vinter", "mode": "preview", "settings": {"max_attempts": 3}, "agents": []}
    made = actions.template_use(actor=who.charity.manager, template_id=template.id, fields=fields)
    assert (made.mode, made.settings["max_attempts"]) == ("preview", 3)
    assert made.settings["retry"] == {"busy": {"delay_s": 300}}
    assert queries.people_of(campaign=made, duty="agent") == []


def test_who_has_left_is_left_out(who: Cast) -> None:
    source = ready(who.charity)
    orgs.user_deactivate(actor=who.charity.owner, user_id=who.charity.junior.user_id)
    copy = actions.campaign_duplicate(actor=who.charity.manager, campaign_id=source.id, name="Vinter")
    assert [one.id for one in queries.people_of(campaign=copy, duty="agent")] == [who.charity.senior.user_id]


def test_a_start_and_an_end_come_along_unless_they_have_passed(who: Cast) -> None:
    now = clock.now()
    source = ready(who.charity, starts_at=now + timedelta(hours=1), ends_at=now + timedelta(days=9))
    template = actions.template_save(actor=who.charity.manager, campaign_id=source.id, name="Standard")
    use = {"actor": who.charity.manager, "template_id": template.id}
    soon = actions.template_use(**use, fields={"name": "Nu"})
    with clock.frozen(now + timedelta(days=2)):
        later = actions.template_use(**use, fields={"name": "Om lidt"})
    with clock.frozen(now + timedelta(days=10)):
        late = actions.template_use(**use, fields={"name": "For sent"})
    assert (soon.starts_at, soon.ends_at) == (source.starts_at, source.ends_at)
    assert (later.starts_at, later.ends_at) == (None, source.ends_at)
    assert (late.starts_at, late.ends_at) == (None, None)


def test_a_system_that_is_gone_or_out_of_reach_is_left_out(who: Cast) -> None:
    agency_id = str(who.agency.owner.org_id)
    actions.external_system_create(actor=who.magazine.owner, key="crm", name="CRM")
    actions.external_system_create(actor=who.agency.owner, key="dialler", name="Dialler")
    manager = who.magazine.manager
    own = actions.campaign_create(actor=manager, fields={"name": "A", "mode": "manual", "external_system": "crm"})
    theirs = actions.campaign_create(
        actor=manager, fields={"name": "B", "mode": "manual", "agency": agency_id, "external_system": "dialler"}
    )
    copies = {
        one: actions.campaign_duplicate(actor=manager, campaign_id=one.id, name=f"{one} 2") for one in (own, theirs)
    }
    assert [one.external_system for one in copies.values()] == [own.external_system, theirs.external_system]
    template = actions.template_save(actor=manager, campaign_id=theirs.id, name="Standard")
    ExternalSystem.objects.filter(key="crm").delete()
    (link,) = orgs_queries.link_list(actor=who.agency.owner)
    orgs.agency_link_revoke(actor=who.magazine.owner, link_id=link.id)
    made = [
        *(actions.campaign_duplicate(actor=manager, campaign_id=one.id, name=f"{one} 3") for one in (own, theirs)),
        actions.template_use(actor=manager, template_id=template.id, fields={"name": "C"}),
    ]
    assert [one.external_system for one in made] == [None, None, None]


def test_the_two_locked_dispositions_stay_two_where_the_language_has_changed(who: Cast) -> None:
    source = campaign(who.charity)
    orgs.organisation_change(actor=who.charity.owner, language="en")
    manager = who.charity.manager
    manager.organisation.refresh_from_db()
    copy = actions.campaign_duplicate(actor=manager, campaign_id=source.id, name="Winter")
    locked = [one.name for one in queries.dispositions_of(campaign_id=copy.id) if one.locked]
    assert locked == ["Callback appointment", "Do not call back"]
    assert len(queries.dispositions_of(campaign_id=copy.id)) == len(queries.dispositions_of(campaign_id=source.id))


def test_a_name_is_had_by_one_campaign_and_by_one_template(who: Cast) -> None:
    source = campaign(who.charity)
    for again in (actions.campaign_duplicate, actions.template_save):
        actions.template_save(actor=who.charity.manager, campaign_id=source.id, name="Standard")
        with pytest.raises(Invalid) as wrong:
            again(
                actor=who.charity.manager,
                campaign_id=source.id,
                name="Efterår" if again is actions.campaign_duplicate else "Standard",
            )
        assert [one.code for one in wrong.value.errors] == ["name_taken"]
        CampaignTemplate.objects.all().delete()


def test_it_is_written_in_the_audit_log_and_the_event_says_what_was_copied(who: Cast) -> None:
    source = campaign(who.charity)
    template = actions.template_save(actor=who.charity.manager, campaign_id=source.id, name="Standard")
    made = actions.template_use(actor=who.charity.manager, template_id=template.id, fields={"name": "Vinter"})
    told = EventOut.objects.get(type="campaigns.campaign.created", subject_id=made.id)
    assert told.data == {"mode": "manual", "copied_from": str(template.id)}
    actions.template_delete(actor=who.charity.manager, template_id=template.id)
    written = set(AuditPending.objects.filter(subject_id=template.id).values_list("action", flat=True))
    assert written == {"campaigns.template.created", "campaigns.template.deleted"}


def test_an_agency_does_not_copy_its_merchants_campaign(who: Cast) -> None:
    made = actions.campaign_create(
        actor=who.magazine.manager,
        fields={"name": "Blad", "mode": "manual", "agency": str(who.agency.owner.org_id)},
    )
    for copy in (actions.campaign_duplicate, actions.template_save):
        with pytest.raises(Forbidden):
            copy(actor=who.agency.manager, campaign_id=made.id, name="Kopi")


def test_an_agent_does_not_copy(who: Cast) -> None:
    source = ready(who.charity)
    with pytest.raises(Forbidden):
        actions.campaign_duplicate(actor=who.charity.senior, campaign_id=source.id, name="Kopi")


def test_anothers_campaign_and_template_are_not_found(who: Cast) -> None:
    source = campaign(who.charity)
    template = actions.template_save(actor=who.charity.manager, campaign_id=source.id, name="Standard")
    outsider = who.outsider
    with pytest.raises(NotFound):
        actions.campaign_duplicate(actor=outsider, campaign_id=source.id, name="Kopi")
    with pytest.raises(NotFound):
        actions.template_use(actor=outsider, template_id=template.id, fields={"name": "Kopi"})
    with pytest.raises(NotFound):
        actions.template_delete(actor=outsider, template_id=template.id)


# --- by API and on screen ---------------------------------------------------------------------


def test_the_api_duplicates_keeps_and_starts_from(who: Cast) -> None:
    source = campaign(who.charity, target=5)
    api = Caller(token_for(who.charity.manager))
    copy = api("POST", f"/campaigns/{source.id}/duplicate", {"name": "Kopi"})
    assert (copy.status_code, copy.json()["state"], copy.json()["target"]) == (201, "unapproved", 5)
    kept = api("POST", f"/campaigns/{source.id}/duplicate?template=true", {"name": "Standard"})
    assert (kept.status_code, kept.json()["template"], kept.json()["plan"]["target"]) == (201, True, 5)
    started = api("POST", "/campaigns", {"template": kept.json()["id"], "name": "Vinter"})
    assert (started.status_code, started.json()["target"], started.json()["mode"]) == (201, 5, "manual")
    assert [one["name"] for one in api("GET", "/campaign-templates").json()["items"]] == ["Standard"]
    assert api("DELETE", f"/campaign-templates/{kept.json()['id']}").status_code == 204
    assert api("POST", "/campaigns", {"template": kept.json()["id"], "name": "Igen"}).status_code == 404


def test_a_campaign_without_a_template_still_needs_its_mode(who: Cast) -> None:
    answer = Caller(token_for(who.charity.manager))("POST", "/campaigns", {"name": "Vinter"})
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json()["errors"]] == ["required"]


def test_the_screens_duplicate_keep_start_from_and_delete(who: Cast) -> None:
    source = campaign(who.charity)
    client = browser(who.charity.manager)
    head = client.get(f"/campaigns/{source.id}").content.decode()
    assert f"/campaigns/{source.id}/duplicate" in head
    page = client.get(f"/campaigns/{source.id}/duplicate").content.decode()
    assert "Efterår (copy)" in page
    assert "What does not" in page
    done = client.post(f"/campaigns/{source.id}/duplicate", {"name": "Kopi"})
    assert done["Location"] == f"/campaigns/{Campaign.objects.get(name='Kopi').id}"
    client.post(f"/campaigns/{source.id}/template", {"name": "Standard"})
    template = CampaignTemplate.objects.get()
    assert "Standard" in client.get("/campaigns/templates").content.decode()
    made = client.post(f"/campaigns/templates/{template.id}/new", {"name": "Vinter"})
    assert made["Location"] == f"/campaigns/{Campaign.objects.get(name='Vinter').id}/plan/1"
    client.post(f"/campaigns/templates/{template.id}/delete")
    assert "No templates yet" in client.get("/campaigns/templates").content.decode()


def test_a_taken_name_is_said_on_the_form(who: Cast) -> None:
    source = campaign(who.charity)
    answer = browser(who.charity.manager).post(f"/campaigns/{source.id}/duplicate", {"name": source.name})
    assert answer.status_code == 422
    assert "Another campaign has this name." in answer.content.decode()
