"""The wizard and the pages of campaigns, leads and callbacks, by the web."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ringround.campaigns import actions, queries
from ringround.campaigns.models import Campaign, Lead
from ringround.campaigns.queries.uses import campaigns_of_list, leads_of_contact
from ringround.campaigns.rules.settings import SETTINGS
from ringround.infra import clock
from tests.factories import Cast, cast
from tests.integration.campaigns.plan_setup import browser, campaign, contact_list, leads_of, ready, running

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_ten")]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def who() -> Cast:
    return cast()


def step(made: Campaign, number: int) -> str:
    return f"/campaigns/{made.id}/plan/{number}"


def parameters(**more: Any) -> dict[str, Any]:
    """Step 1 as the page sends it when only the name is typed."""
    return {
        "name": "Efterår", "mode": "preview", "priority": 50, "lead_order": "position", "skip": "reason",
        "reservation_s": "10", "skip_cooldown_s": "15", "wrap_up_s": 15, "preview_countdown_s": 0, **more,
    }  # fmt: skip


def hours(made: Campaign, **more: Any) -> dict[str, Any]:
    """Step 4 as the page sends it when nothing is touched."""
    sent: dict[str, Any] = {
        "timezone": made.timezone, "holidays": made.holidays or "", "max_attempts": 5, "max_attempts_per_number": 3,
        "quarantine_s": "60", "no_callback_days": 30, "release_private_after_h": 24,
    }  # fmt: skip
    for day, pairs in made.hours.items():
        for number, (start, end) in enumerate(pairs):
            sent[f"{day}_{number}_from"], sent[f"{day}_{number}_to"] = start, end
    return sent | more


def faults(response: Any) -> str:
    assert response.status_code == 422
    return response.content.decode()


# --- the wizard -------------------------------------------------------------------------------


def test_five_steps_make_a_campaign_that_is_approved(who: Cast) -> None:
    client = browser(who.charity.manager)
    to_call = contact_list(who.charity, 2)
    made_at = client.post("/campaigns/new", parameters(lists=[str(to_call.id)], target=10))
    made = Campaign.objects.get(name="Efterår")
    assert (made_at.status_code, made_at["Location"]) == (303, step(made, 2))
    assert (made.mode, made.settings["skip"], made.target) == ("preview", "reason", 10)
    assert client.post(step(made, 2))["Location"] == step(made, 3)
    client.post(f"/campaigns/{made.id}/people/agent/change", {"add": [str(who.charity.junior.user_id)]})
    assert client.post(step(made, 3))["Location"] == step(made, 4)
    assert client.post(step(made, 4), hours(made))["Location"] == step(made, 5)
    page = client.get(step(made, 5)).content.decode()
    assert "Approve" in page
    assert client.post(f"/campaigns/{made.id}/plan/approve").status_code == 303
    made.refresh_from_db()
    assert (made.state, made.wizard_step) == ("approved", 5)


def test_a_step_out_of_order_leads_kindly_to_the_one_that_comes_first(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = campaign(who.charity)
    for answer in (client.get(step(made, 4)), client.post(step(made, 5))):
        assert answer["Location"] == step(made, 2)
    assert "First comes step 2" in client.get(step(made, 2)).content.decode()
    made.refresh_from_db()
    assert (made.wizard_step, made.state) == (1, "unapproved")


def test_the_wizard_opens_again_where_it_was_left(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = campaign(who.charity)
    client.post(step(made, 2), {"then": "leave"})
    page = client.get(f"/campaigns/{made.id}").content.decode()
    assert step(made, 3) in page
    assert client.get(step(made, 3)).status_code == 200


def test_skipping_is_saved_as_the_page_showed_it(who: Cast) -> None:
    client = browser(who.charity.manager)
    client.post("/campaigns/new", parameters(mode="manual"))
    made = Campaign.objects.get(name="Efterår")
    assert made.settings["skip"] == "reason"
    # Another mode, and skipping left as it stands there.
    client.post(step(made, 1), parameters(mode="preview", skip="reason"))
    made.refresh_from_db()
    assert (made.mode, made.settings["skip"]) == ("preview", "reason")


def test_a_campaign_that_a_program_made_has_all_its_steps_open(who: Cast) -> None:
    made = actions.campaign_create(
        actor=who.charity.manager, fields={"name": "Fra API", "mode": "manual"}, planned=True
    )
    page = browser(who.charity.manager).get(step(made, 4))
    assert page.status_code == 200
    assert page.context["number"] == 4


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_each_step_can_be_read_again(who: Cast, number: int) -> None:
    made = running(who.charity)
    Campaign.objects.filter(id=made.id).update(wizard_step=5)
    assert browser(who.charity.supervisor).get(step(made, number)).status_code == 200


def test_saving_a_step_that_was_not_touched_changes_nothing(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = running(who.charity, settings={"skip_cooldown_s": 100, "quarantine_s": 5000})
    Campaign.objects.filter(id=made.id).update(wizard_step=5)
    form = client.get(step(made, 1)).context["form"]
    sent = {name: field.value() for name in form.fields if (field := form[name]).value() not in (None, False)}
    assert client.post(step(made, 1), sent).status_code == 303
    form = client.get(step(made, 4)).context["form"]
    sent = hours(made) | {name: value for name in form.fields if (value := form[name].value()) is not None}
    assert client.post(step(made, 4), sent).status_code == 303
    after = Campaign.objects.get(id=made.id)
    assert after.changed == made.changed
    assert (after.version, after.state, after.settings["skip_cooldown_s"]) == (made.version, "running", 100)


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(who: Cast) -> None:
    client = browser(who.charity.manager)
    campaign(who.charity, name="Optaget")
    shown = faults(client.post("/campaigns/new", parameters(name="Optaget", description="Behold mig")))
    assert "Another campaign has this name." in shown
    assert "Behold mig" in shown


def test_hours_are_read_as_people_type_them(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = campaign(who.charity)
    Campaign.objects.filter(id=made.id).update(wizard_step=3)
    typed = {"mon_0_from": "9", "mon_0_to": "12.30", "mon_1_from": "1300", "mon_1_to": "24"}
    assert client.post(step(made, 4), hours(made, **typed)).status_code == 303
    made.refresh_from_db()
    assert made.hours["mon"] == [["09:00", "12:30"], ["13:00", "24:00"]]
    shown = faults(client.post(step(made, 4), hours(made, tue_0_from="20:00", tue_0_to="nine")))
    assert "HH:MM" in shown
    assert 'value="nine"' in shown


def test_every_setting_has_a_place_on_a_screen(who: Cast) -> None:
    made = campaign(who.charity)
    Campaign.objects.filter(id=made.id).update(wizard_step=3)
    client = browser(who.charity.manager)
    forms = [client.get(step(made, number)).context["form"] for number in (1, 4)]
    shown = {name for form in forms for name in form.fields}
    # Retry rules are a table of their own; the interaction is chosen where there are external sites.
    assert set(SETTINGS) - shown <= {"retry", "interaction"}
    sent = parameters(ring_timeout_s=40, abandon_limit="0.02", machine_detection="on")
    assert client.post(step(made, 1), sent | {"mode": "manual", "skip": "no"}).status_code == 303
    made.refresh_from_db()
    assert [made.settings[one] for one in ("ring_timeout_s", "abandon_limit", "machine_detection")] == [40, 0.02, True]
    actions.campaign_change(
        actor=who.charity.manager, campaign_id=made.id,
        fields={"settings": {"retry": {"busy": {"delay_s": 90, "multiply": 2}}}},
    )  # fmt: skip
    page = client.get(f"/campaigns/{made.id}/settings").content.decode()
    assert "<td>1.5</td><td>2</td>" in page


def test_rule_packs_are_chosen_with_their_rules_before_one(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = campaign(who.charity)
    Campaign.objects.filter(id=made.id).update(wizard_step=3)
    page = client.get(step(made, 4)).content.decode()
    assert "At most 4 calls to a person within 30 days." in page
    assert "https://www.legifrance.gouv.fr/" in page
    assert client.post(step(made, 4), hours(made, packs=["fr", "dk"])).status_code == 303
    made.refresh_from_db()
    assert set(made.packs) == {"fr", "dk"}
    assert "France" in client.get(f"/campaigns/{made.id}/settings").content.decode()
    assert client.post(step(made, 4), hours(made)).status_code == 303
    made.refresh_from_db()
    assert made.packs == []


def test_the_page_of_packs_says_what_is_not_in_them(who: Cast) -> None:
    page = browser(who.charity.junior).get("/packs/").content.decode()
    assert "Not in this pack" in page
    assert "No statutory hours for calls were found." in page
    assert "does not hold now" in page  # France asks for consent since August 2026, and it is March


def test_mondays_hours_are_copied_before_they_are_saved(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = campaign(who.charity)
    Campaign.objects.filter(id=made.id).update(wizard_step=3)
    page = client.post(step(made, 4), hours(made, mon_0_from="11:15", copy="1")).content.decode()
    assert page.count('value="11:15"') == 5
    assert Campaign.objects.get(id=made.id).hours["tue"] == [["09:00", "20:00"]]


def test_retry_rules_by_call_result_are_kept_in_seconds(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = campaign(who.charity)
    Campaign.objects.filter(id=made.id).update(wizard_step=3)
    sent = hours(made, retry_busy_delay="1.5", retry_busy_multiply="2", retry_machine_most="3")
    assert client.post(step(made, 4), sent).status_code == 303
    made.refresh_from_db()
    assert made.settings["retry"] == {"busy": {"delay_s": 90, "multiply": 2.0}, "machine": {"max_attempts": 3}}


def test_a_running_campaign_says_that_it_must_be_paused(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = running(who.charity)
    Campaign.objects.filter(id=made.id).update(wizard_step=5)
    shown = faults(client.post(step(made, 4), hours(made, mon_0_to="21:00")))
    assert "Pause the campaign first" in shown


def test_two_managers_at_once_the_second_is_told_what_changed_and_may_insist(who: Cast) -> None:
    first, second = browser(who.charity.manager), browser(who.charity.manager2)
    made = campaign(who.charity, target=10, mode="preview", name="Efterår")
    opened = {"version": made.version}
    assert first.post(step(made, 1), parameters(target=20) | opened).status_code == 303
    shown = faults(second.post(step(made, 1), parameters(target=30) | opened))
    assert "Mads Manager has changed this. Now it is: 20." in shown
    made.refresh_from_db()
    assert f'name="version" value="{made.version}"' in shown
    assert second.post(step(made, 1), parameters(target=30, version=made.version)).status_code == 303
    made.refresh_from_db()
    assert made.target == 30


def test_another_organisations_people_find_no_campaign(who: Cast) -> None:
    made = running(who.charity)
    for url in (
        f"/campaigns/{made.id}",
        step(made, 1),
        f"/campaigns/{made.id}/people",
        f"/campaigns/{made.id}/figures",
    ):
        assert browser(who.magazine.owner).get(url).status_code == 404


@pytest.mark.parametrize("role", ["quality", "viewer", "senior", "junior"])
def test_who_may_not_plan_gets_no_wizard(who: Cast, role: str) -> None:
    made = ready(who.charity)
    client = browser(who.charity.actors[role])
    assert client.get("/campaigns/new").status_code == 403
    assert client.get(step(made, 1)).status_code in (403, 404)
    assert client.post(step(made, 1), parameters()).status_code in (403, 404)


# --- parts ------------------------------------------------------------------------------------


def names(made: Campaign) -> list[str]:
    return [one.name for one in queries.dispositions_of(campaign_id=made.id)]


def test_dispositions_are_added_changed_moved_and_removed(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = campaign(who.charity)
    base = f"/campaigns/{made.id}/dispositions"
    before = names(made)
    sent = {"name": "Ring til ægtefælle", "kind": "not_engaged", "color": "#112233", "retry_delay": "2"}
    assert client.post(f"{base}/new", sent, headers=HTMX).status_code == 200
    added = queries.dispositions_of(campaign_id=made.id)[7]
    assert (added.name, added.retry) == ("Ring til ægtefælle", {"delay_s": 120})
    client.post(f"{base}/{added.id}/up", headers=HTMX)
    assert names(made).index("Ring til ægtefælle") == 6
    client.post(f"{base}/{added.id}", sent | {"name": "Ægtefælle"}, headers=HTMX)
    assert "Ægtefælle" in names(made)
    client.post(f"{base}/{added.id}/remove", headers=HTMX)
    assert names(made) == before


def test_of_a_locked_disposition_only_key_and_colour_change(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = campaign(who.charity)
    locked = next(one for one in queries.dispositions_of(campaign_id=made.id) if one.locked)
    base = f"/campaigns/{made.id}/dispositions/{locked.id}"
    assert 'name="kind"' not in client.get(base, headers=HTMX).content.decode()
    assert client.post(base, {"hotkey": "x", "color": "#000000", "name": "Andet"}, headers=HTMX).status_code == 200
    locked.refresh_from_db()
    assert (locked.hotkey, locked.color) == ("x", "#000000")
    assert client.post(f"{base}/remove", headers=HTMX).status_code == 200
    assert locked.name in names(made)


def test_a_wrong_disposition_comes_back_with_its_fault(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = campaign(who.charity)
    sent = {"name": names(made)[0], "kind": "engaged", "color": "#112233"}
    shown = faults(client.post(f"/campaigns/{made.id}/dispositions/new", sent, headers=HTMX))
    assert "Another disposition has this name." in shown


def test_questions_are_added_moved_and_removed_and_shown_as_agents_see_them(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = campaign(who.charity)
    base = f"/campaigns/{made.id}/questions"
    choice = {"label": "Hvorfor ikke?", "type": "choice", "options": "Ikke nu\nAldrig", "required": "on"}
    shown = client.post(f"{base}/new", choice, headers=HTMX).content.decode()
    assert "<option>Aldrig</option>" in shown
    later = {"label": "Hvornår?", "type": "date", "shown_key": "hvorfor_ikke", "shown_value": "Ikke nu"}
    assert client.post(f"{base}/new", later, headers=HTMX).status_code == 200
    # What depends on another question cannot come before it.
    refused = client.post(f"{base}/hvornaar/up", headers=HTMX)
    assert refused.status_code == 409
    assert "depends" in refused["HX-Trigger"]
    client.post(f"{base}/hvornaar/remove", headers=HTMX)
    assert [one.key for one in queries.form_fields_of(campaign_id=made.id)] == ["hvorfor_ikke"]


def test_people_are_searched_put_on_by_team_and_taken_off(who: Cast) -> None:
    from ringround.orgs.models import Membership, Team

    client = browser(who.charity.manager)
    made = campaign(who.charity)
    base = f"/campaigns/{made.id}/people/agent"
    found = client.get(f"{base}/search?agent_q=jonas", headers=HTMX).content.decode()
    assert "Jonas Junior" in found
    assert "Signe Senior" not in found
    team = Team.objects.create(organisation=who.charity.org, name="Aften")
    agents = [who.charity.junior.user_id, who.charity.senior.user_id]
    Membership.objects.filter(user_id__in=agents).update(team=team)
    client.post(f"{base}/change", {"team": str(team.id)}, headers=HTMX)
    assert set(queries.member_ids(campaign_id=made.id, duty="agent")) == set(agents)
    client.post(f"{base}/change", {"remove": str(agents[0])}, headers=HTMX)
    assert queries.member_ids(campaign_id=made.id, duty="agent") == agents[1:]


def test_leads_are_shared_out_and_each_share_is_shown(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = ready(who.charity, people=3)
    shown = client.post(f"/campaigns/{made.id}/plan/preassign", {"strategy": "proportional"}, headers=HTMX)
    assert "Jonas Junior" in shown.content.decode()
    assert sorted(actions.shares(campaign_id=made.id).values()) == [1, 2]


# --- the campaign's page ----------------------------------------------------------------------


@pytest.mark.parametrize("tab", ["", "/callbacks", "/people", "/settings", "/figures"])
@pytest.mark.parametrize("role", ["manager", "supervisor", "quality", "viewer"])
def test_each_tab_is_there_for_who_may_read_it(who: Cast, tab: str, role: str) -> None:
    made = running(who.charity)
    assert browser(who.charity.actors[role]).get(f"/campaigns/{made.id}{tab}").status_code == 200


def test_buttons_are_those_that_fit_the_state_and_the_role(who: Cast) -> None:
    made = running(who.charity)
    page = browser(who.charity.supervisor).get(f"/campaigns/{made.id}").content.decode()
    assert f"/campaigns/{made.id}/do/pause" in page
    assert f"/campaigns/{made.id}/do/complete" not in page
    assert f"/campaigns/{made.id}/do/start" not in page
    assert f"/campaigns/{made.id}/do/complete" in (
        browser(who.charity.manager).get(f"/campaigns/{made.id}").content.decode()
    )


def test_a_campaign_that_is_not_ready_says_why_on_its_button(who: Cast) -> None:
    made = campaign(who.charity)
    page = browser(who.charity.manager).get(f"/campaigns/{made.id}").content.decode()
    assert "The campaign has no agents." in page
    assert f"/campaigns/{made.id}/do/approve" not in page


def test_a_command_is_carried_out_and_told(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = running(who.charity)
    assert client.post(f"/campaigns/{made.id}/do/pause").status_code == 303
    assert "The campaign is paused." in client.get(f"/campaigns/{made.id}").content.decode()
    assert client.post(f"/campaigns/{made.id}/do/approve").status_code == 409
    assert client.post(f"/campaigns/{made.id}/do/dance").status_code == 404


def test_the_list_filters_by_state_and_search(who: Cast) -> None:
    running(who.charity, name="Løber")
    campaign(who.charity, name="Venter")
    client = browser(who.charity.manager)
    assert "Venter" not in client.get("/campaigns/?state=running").content.decode()
    assert "Løber" in client.get("/campaigns/?q=løb").content.decode()
    assert "No campaign fits" in client.get("/campaigns/?q=zzz").content.decode()


def test_without_campaigns_the_list_says_what_to_do(who: Cast) -> None:
    assert "Make the first one" in browser(who.charity.manager).get("/campaigns/").content.decode()
    assert "/campaigns/new" not in browser(who.agency.manager).get("/campaigns/").content.decode()


# --- leads ------------------------------------------------------------------------------------


def test_leads_are_found_by_name_status_and_whom_they_are_kept_for(who: Cast) -> None:
    client = browser(who.charity.supervisor)
    made = ready(who.charity, people=3)
    one, two, three = leads_of(made.id)
    actions.lead_change(actor=who.charity.manager, lead_id=one.id, status="invalid")
    actions.lead_change(actor=who.charity.manager, lead_id=two.id, assigned_to=who.charity.junior.user_id)
    page = f"/campaigns/leads?campaign={made.id}"
    assert str(one.id) in client.get(f"{page}&status=invalid").content.decode()
    assert str(two.id) in client.get(f"{page}&assigned_to={who.charity.junior.user_id}").content.decode()
    assert str(two.id) not in client.get(f"{page}&assigned_to=none").content.decode()
    assert str(three.id) in client.get(f"{page}&q=Person 2").content.decode()
    assert "No lead fits" in client.get(f"{page}&q=zzz").content.decode()


def test_result_data_filters_leads_of_one_campaign(who: Cast) -> None:
    client = browser(who.charity.supervisor)
    made = ready(who.charity, people=2)
    question = {"key": "why", "label": "Hvorfor", "type": "choice", "options": ["A", "B"]}
    actions.form_put(actor=who.charity.manager, campaign_id=made.id, form=[question])
    one, two = leads_of(made.id)
    Lead.objects.filter(id=one.id).update(result={"why": "A"})
    shown = client.get(f"/campaigns/leads?campaign={made.id}&r_why=A&col=r_why").content.decode()
    assert str(one.id) in shown
    assert str(two.id) not in shown


def test_columns_are_chosen_and_remembered_in_this_browser(who: Cast) -> None:
    client = browser(who.charity.supervisor)
    ready(who.charity)
    client.get("/campaigns/leads?col=priority&col=external_id")
    shown = [key for key, _label in client.get("/campaigns/leads").context["shown"]]
    assert sorted(shown) == ["external_id", "priority"]


def test_garbage_in_the_address_is_no_error(who: Cast) -> None:
    client = browser(who.charity.supervisor)
    ready(who.charity)
    assert client.get("/campaigns/leads?campaign=x&status=y&attempts_min=z&size=7&assigned_to=q").status_code == 200


@pytest.mark.parametrize(
    ("do", "field", "value"), [("deactivate", "active", False), ("assign", "assigned_to_id", "junior")]
)
def test_ticked_leads_are_changed_at_once(who: Cast, do: str, field: str, value: Any) -> None:
    client = browser(who.charity.supervisor)
    made = ready(who.charity, people=3)
    one, two, three = leads_of(made.id)
    junior = who.charity.junior.user_id
    sent = {"do": do, "lead": [str(one.id), str(two.id)], "agent": str(junior), "query": f"campaign={made.id}"}
    assert client.post("/campaigns/leads/bulk", sent)["Location"].endswith(f"?campaign={made.id}")
    wanted = junior if value == "junior" else value
    assert {getattr(lead, field) for lead in leads_of(made.id)[:2]} == {wanted}
    three.refresh_from_db()
    assert getattr(three, field) != wanted


def test_all_that_the_filter_finds_are_changed_and_no_others(who: Cast) -> None:
    client = browser(who.charity.supervisor)
    made, other = ready(who.charity, people=2, name="En"), ready(who.charity, people=2, name="To")
    sent = {"do": "deactivate", "all": "1", "query": f"campaign={made.id}"}
    client.post("/campaigns/leads/bulk", sent)
    assert not Lead.objects.filter(campaign=made, active=True).exists()
    assert Lead.objects.filter(campaign=other, active=True).count() == 2


def test_nothing_ticked_changes_nothing(who: Cast) -> None:
    client = browser(who.charity.supervisor)
    made = ready(who.charity, people=2)
    client.post("/campaigns/leads/bulk", {"do": "deactivate", "query": f"campaign={made.id}"})
    assert Lead.objects.filter(campaign=made, active=True).count() == 2


def test_the_export_has_what_the_filter_finds_and_no_formulas(who: Cast) -> None:
    client = browser(who.charity.supervisor)
    made = ready(who.charity, people=2)
    one, _two = leads_of(made.id)
    question = {"key": "why", "label": "Hvorfor", "type": "text"}
    actions.form_put(actor=who.charity.manager, campaign_id=made.id, form=[question])
    Lead.objects.filter(id=one.id).update(result={"why": "=cmd()"}, external_lead_id="crm-1")
    file = b"".join(client.get(f"/campaigns/leads/export?campaign={made.id}").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    lines = file.splitlines()
    assert ",numbers,why,contact." in lines[0]
    assert len(lines) == 3
    assert "'=cmd()" in file
    assert "crm-1" in file


def test_a_leads_page_says_why_it_is_not_called_with_every_gate(who: Cast) -> None:
    made = ready(who.charity)
    (lead, *_rest) = leads_of(made.id)
    page = browser(who.charity.supervisor).get(f"/campaigns/leads/{lead.id}").content.decode()
    assert "The campaign is: Unapproved." in page
    assert page.count("rr-check rr-") >= 18


def test_agents_read_leads_of_campaigns_they_are_on_and_change_none(who: Cast) -> None:
    made = ready(who.charity)
    (lead, *_rest) = leads_of(made.id)
    client = browser(who.charity.junior)
    page = client.get(f"/campaigns/leads/{lead.id}")
    assert page.status_code == 200
    assert f"/campaigns/leads/{lead.id}/change" not in page.content.decode()
    assert client.post(f"/campaigns/leads/{lead.id}/change", {"priority": 1}).status_code == 403
    assert client.post(f"/campaigns/leads/{lead.id}/do/reset").status_code == 403


def test_a_supervisor_changes_only_what_was_touched(who: Cast) -> None:
    client = browser(who.charity.supervisor)
    made = ready(who.charity)
    (lead, *_rest) = leads_of(made.id)
    sent = {"assigned_to": "", "priority": 80, "status": "new", "owner": "", "active": "on", "urgent": "on"}
    assert client.post(f"/campaigns/leads/{lead.id}/change", sent).status_code == 303
    lead.refresh_from_db()
    assert (lead.priority, lead.active, lead.urgent_at) == (80, True, clock.now())


def test_a_lead_is_reserved_released_and_reset(who: Cast) -> None:
    client = browser(who.charity.supervisor)
    made = running(who.charity)
    (lead, *_rest) = leads_of(made.id)
    base = f"/campaigns/leads/{lead.id}"
    client.post(f"{base}/do/reserve", {"agent": str(who.charity.junior.user_id)})
    lead.refresh_from_db()
    assert lead.reserved_by_id == who.charity.junior.user_id
    assert "holds it" in client.get(base).content.decode()
    client.post(f"{base}/do/release")
    lead.refresh_from_db()
    assert lead.reserved_by_id is None
    client.post(f"{base}/note", {"text": "Ring efter kl. 17"})
    assert "Ring efter kl. 17" in client.get(base).content.decode()


# --- callbacks --------------------------------------------------------------------------------


def booked(who: Cast, private: bool = True) -> Lead:
    made = running(who.charity)
    given = actions.lead_next(actor=who.charity.junior, campaign_id=made.id)
    assert isinstance(given, actions.Handout)
    disposition = next(one for one in queries.dispositions_of(campaign_id=made.id) if one.kind == "callback_private")
    actions.disposition_save(
        actor=who.charity.junior,
        lead_id=given.lead_id,
        disposition=disposition.id,
        callback={"at": clock.now() + timedelta(hours=2), "private": private, "note": "Efter frokost"},
    )
    return Lead.objects.get(id=given.lead_id)


def test_callbacks_stand_on_the_list_of_their_agent_and_of_supervisors(who: Cast) -> None:
    lead = booked(who)
    for actor, seen in ((who.charity.junior, True), (who.charity.supervisor, True), (who.charity.senior, False)):
        shown = browser(actor).get("/campaigns/callbacks").content.decode()
        assert (str(lead.id) in shown) is seen


def test_a_callback_is_moved_and_outside_hours_the_nearest_time_is_offered(who: Cast) -> None:
    lead = booked(who)
    client = browser(who.charity.supervisor)
    base = f"/campaigns/callbacks/{lead.id}/move"
    shown = faults(client.post(base, {"at": "2026-03-03T22:30", "owner": str(who.charity.senior.user_id)}))
    assert "The nearest time that is allowed is" in shown
    assert client.post(base, {"at": "2026-03-03T11:30", "owner": ""}).status_code == 303
    lead.refresh_from_db()
    assert (lead.status, lead.owner_id) == ("common_redial", None)


def test_a_cancelled_callback_is_a_redial_that_is_due(who: Cast) -> None:
    lead = booked(who)
    answer = browser(who.charity.junior).post(f"/campaigns/callbacks/{lead.id}/cancel", {"back": "//evil.example"})
    assert answer["Location"] == "/campaigns/callbacks"
    lead.refresh_from_db()
    assert lead.status == "automatic_redial"


# --- in other rooms' pages --------------------------------------------------------------------


def test_a_contacts_page_leads_to_its_leads_and_a_lists_page_to_its_campaigns(who: Cast) -> None:
    client = browser(who.charity.manager)
    made = running(who.charity)
    lead = leads_of(made)[0]
    page = client.get(f"/contacts/contact/{lead.contact_id}").content.decode()
    assert f"/campaigns/leads/{lead.id}" in page
    listed = client.get(f"/contacts/lists/{made.lists.get().id}").content.decode()
    assert f'href="/campaigns/{made.id}"' in listed


def test_a_contacts_lead_on_an_archived_campaign_comes_last(who: Cast) -> None:
    older = running(who.charity)
    contact_id = leads_of(older)[0].contact_id
    newer = running(who.charity, name="Vinter")
    Lead.objects.filter(id=leads_of(newer)[0].id).update(contact=contact_id)
    for last, first in ((older, newer), (newer, older)):
        Campaign.objects.update(state=Campaign.State.RUNNING)
        Campaign.objects.filter(id=last.id).update(state=Campaign.State.ARCHIVED)
        found = leads_of_contact(actor=who.charity.manager, contact_id=contact_id)
        assert [one.campaign_id for one in found] == [first.id, last.id]


def test_another_organisations_campaigns_stand_in_no_slot(who: Cast) -> None:
    made = running(who.charity)
    contact = leads_of(made)[0].contact
    assert not leads_of_contact(actor=who.outsider, contact_id=contact.id)
    assert not campaigns_of_list(actor=who.outsider, list_id=contact.list_id)
