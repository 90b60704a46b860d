"""Dispositions, form, people and pre-assignment of a campaign."""

from __future__ import annotations

import io
import threading
from functools import partial
from uuid import UUID

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from ringround.campaigns import actions, queries
from ringround.campaigns.actions.plan import dealing, dealing_by_file
from ringround.campaigns.models import Campaign, CampaignMember, DealingPart, Disposition, FormField, Lead
from ringround.campaigns.queries.plan_facts import plan_load
from ringround.campaigns.rules.place import place
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.orgs import actions as orgs
from tests.factories import Cast, cast
from tests.integration.campaigns.plan_setup import browser, campaign, contact_list, leads_of, ready, running
from tests.integration.campaigns.side_by_side import beside, wait_for_a_waiter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_ten")]


@pytest.fixture
def who() -> Cast:
    return cast()


def _live(made: Campaign) -> list[Disposition]:
    return queries.dispositions_of(campaign_id=made.id)


# --- dispositions and form --------------------------------------------------------------------


def test_a_list_without_the_locked_ones_keeps_them_at_the_end(who: Cast) -> None:
    made = campaign(who.charity)
    actions.dispositions_put(
        actor=who.charity.manager, campaign_id=made.id, dispositions=[{"name": "Ja", "kind": "engaged"}]
    )
    assert [one.kind for one in _live(made)] == ["engaged", "callback_private", "do_not_call_back"]


def test_what_is_read_can_be_put_back_unchanged(who: Cast) -> None:
    made = campaign(who.charity)
    before = queries.campaign_json(campaign=made)["dispositions"]
    after = actions.dispositions_put(actor=who.charity.manager, campaign_id=made.id, dispositions=before)
    assert queries.campaign_json(campaign=after)["dispositions"] == before


def test_a_disposition_that_goes_is_kept_and_comes_back_as_the_same_one(who: Cast) -> None:
    made = campaign(who.charity)
    yes = {"name": "Ja tak", "kind": "engaged"}
    actions.dispositions_put(actor=who.charity.manager, campaign_id=made.id, dispositions=[yes])
    first = _live(made)[0]
    actions.dispositions_put(actor=who.charity.manager, campaign_id=made.id, dispositions=[])
    assert Disposition.objects.get(id=first.id).removed_at is not None
    actions.dispositions_put(actor=who.charity.manager, campaign_id=made.id, dispositions=[yes])
    assert _live(made)[0].id == first.id


def test_two_dispositions_may_swap_their_names(who: Cast) -> None:
    made = campaign(who.charity)
    pair = [{"name": "A", "kind": "engaged"}, {"name": "B", "kind": "not_engaged"}]
    actions.dispositions_put(actor=who.charity.manager, campaign_id=made.id, dispositions=pair)
    a, b = _live(made)[:2]
    swapped = [{"id": str(a.id), "name": "B", "kind": "engaged"}, {"id": str(b.id), "name": "A", "kind": "not_engaged"}]
    actions.dispositions_put(actor=who.charity.manager, campaign_id=made.id, dispositions=swapped)
    assert [(one.id, one.name) for one in _live(made)[:2]] == [(a.id, "B"), (b.id, "A")]


def test_a_question_that_goes_leaves_its_answers_and_its_label(who: Cast) -> None:
    made = campaign(who.charity, people=1)
    form = [{"key": "why", "label": "Hvorfor?", "type": "text"}]
    actions.form_put(actor=who.charity.manager, campaign_id=made.id, form=form)
    Lead.objects.filter(campaign=made).update(result={"why": "Fordi"})
    actions.form_put(actor=who.charity.manager, campaign_id=made.id, form=[])
    assert queries.form_fields_of(campaign_id=made.id) == []
    assert Lead.objects.get(campaign=made).result == {"why": "Fordi"}
    assert FormField.objects.get(campaign=made, key="why").label == "Hvorfor?"
    actions.form_put(actor=who.charity.manager, campaign_id=made.id, form=form)
    assert [one.key for one in queries.form_fields_of(campaign_id=made.id)] == ["why"]


def test_a_form_that_is_wrong_changes_nothing(who: Cast) -> None:
    made = campaign(who.charity)
    with pytest.raises(Invalid) as refused:
        actions.form_put(
            actor=who.charity.manager, campaign_id=made.id, form=[{"label": "A", "type": "text"}, {"type": "x"}]
        )
    assert {fault.loc[:2] for fault in refused.value.errors} == {("form", 1)}
    assert not FormField.objects.filter(campaign=made).exists()


# --- people -----------------------------------------------------------------------------------


def test_people_are_named_by_id_or_address_in_any_case(who: Cast) -> None:
    made = campaign(who.charity)
    actions.agents_put(
        actor=who.charity.supervisor,
        campaign_id=made.id,
        users=[str(who.charity.senior.user_id), who.charity.junior.user.email.upper()],
    )
    assert queries.member_ids(campaign_id=made.id, duty="agent") == [
        who.charity.senior.user_id,
        who.charity.junior.user_id,
    ]


@pytest.mark.parametrize(
    ("whose", "role", "code"), [("magazine", "junior", "unknown_user"), ("charity", "viewer", "not_an_agent")]
)
def test_only_people_of_the_agency_who_may_call_are_agents(who: Cast, whose: str, role: str, code: str) -> None:
    made = campaign(who.charity)
    person = getattr(who, whose).actors[role]
    with pytest.raises(Invalid) as refused:
        actions.agents_put(actor=who.charity.manager, campaign_id=made.id, users=[person.user_id])
    assert refused.value.code == code


def test_a_team_puts_on_who_is_in_it_now_and_may_call(who: Cast) -> None:
    made = campaign(who.charity)
    people = [who.charity.senior, who.charity.viewer]
    team = orgs.team_create(actor=who.charity.owner, name="Aften", members=[str(one.user_id) for one in people])
    actions.agents_put(actor=who.charity.manager, campaign_id=made.id, users=[], teams=["aften"])
    assert queries.member_ids(campaign_id=made.id, duty="agent") == [who.charity.senior.user_id]
    orgs.team_change(actor=who.charity.owner, team_id=team.id, members=[str(who.charity.junior.user_id)])
    assert queries.member_ids(campaign_id=made.id, duty="agent") == [who.charity.senior.user_id]
    both = {"users": [who.charity.senior.user_id], "teams": [team.id]}
    actions.agents_put(actor=who.charity.manager, campaign_id=made.id, **both)
    assert len(queries.member_ids(campaign_id=made.id, duty="agent")) == 2


def test_anothers_team_is_not_known(who: Cast) -> None:
    made = campaign(who.charity)
    team = orgs.team_create(actor=who.magazine.owner, name="Aften")
    with pytest.raises(Invalid) as refused:
        actions.agents_put(actor=who.charity.manager, campaign_id=made.id, users=[], teams=[team.id])
    assert [(one.loc, one.code) for one in refused.value.errors] == [(("teams", 0), "unknown_team")]


def test_of_two_teams_of_one_name_the_actors_own_is_meant(who: Cast) -> None:
    made = campaign(who.magazine)
    actions.campaign_change(actor=who.magazine.manager, campaign_id=made.id, fields={"agency": str(who.agency.org.id)})
    for staff in (who.magazine, who.agency):
        orgs.team_create(actor=staff.owner, name="Aften", members=[str(staff.supervisor.user_id)])
    actions.supervisors_put(actor=who.magazine.manager, campaign_id=made.id, users=[], teams=["aften"])
    assert queries.member_ids(campaign_id=made.id, duty="supervisor") == [who.magazine.supervisor.user_id]


def test_an_agent_may_not_supervise(who: Cast) -> None:
    made = campaign(who.charity)
    with pytest.raises(Invalid) as refused:
        actions.supervisors_put(actor=who.charity.manager, campaign_id=made.id, users=[who.charity.senior.user_id])
    assert refused.value.code == "not_a_supervisor"


def test_a_removed_agent_gives_back_what_they_hold_and_what_was_kept_for_them(who: Cast) -> None:
    made = running(who.charity, people=4)
    actions.preassign(actor=who.charity.manager, campaign_id=made.id, strategy="proportional")
    held = actions.lead_next(actor=who.charity.junior, campaign_id=made.id)
    assert isinstance(held, actions.Handout)
    actions.agents_put(actor=who.charity.manager, campaign_id=made.id, users=[who.charity.senior.user_id])
    assert not Lead.objects.filter(campaign=made, reserved_by=who.charity.junior.user).exists()
    assert not Lead.objects.filter(campaign=made, assigned_to=who.charity.junior.user).exists()
    assert Lead.objects.filter(campaign=made, assigned_to=who.charity.senior.user).count() == 2


def test_a_change_of_agency_takes_strangers_off_the_campaign(who: Cast) -> None:
    made = campaign(who.magazine)
    actions.agents_put(actor=who.magazine.manager, campaign_id=made.id, users=[who.magazine.junior.user_id])
    actions.campaign_change(actor=who.magazine.manager, campaign_id=made.id, fields={"agency": str(who.agency.org.id)})
    assert not CampaignMember.objects.filter(campaign=made).exists()


@pytest.mark.parametrize("role", ["senior", "junior", "quality", "viewer"])
def test_who_may_not_plan_may_change_no_people(who: Cast, role: str) -> None:
    made = ready(who.charity)
    with pytest.raises((Forbidden, NotFound)):
        actions.agents_put(actor=who.charity.actors[role], campaign_id=made.id, users=[])
    assert CampaignMember.objects.filter(campaign=made, duty="agent").count() == 2


# --- pre-assignment ---------------------------------------------------------------------------


def _shares(made: Campaign) -> list[int]:
    shown = actions.preassignment_json(Campaign.objects.get(id=made.id))
    return sorted(one["leads"] for one in shown["agents"])


@pytest.mark.parametrize("order", ["list", "random"])
def test_leads_are_dealt_in_equal_shares_with_the_remainder_one_each(who: Cast, order: str) -> None:
    made = ready(who.charity, people=7)
    actions.preassign(actor=who.charity.supervisor, campaign_id=made.id, strategy="proportional", order=order, seed=3)
    assert _shares(made) == [3, 4]


def test_the_same_seed_keeps_the_same_leads_for_the_same_agents(who: Cast) -> None:
    made = ready(who.charity, people=9)
    dealt = []
    for seed in ("a", "b", "a"):
        actions.preassign(
            actor=who.charity.manager, campaign_id=made.id, strategy="proportional", order="random", seed=seed
        )
        dealt.append([lead.assigned_to_id for lead in leads_of(made.id)])
    assert dealt[0] == dealt[2]
    assert None not in dealt[1]


def test_a_column_names_each_leads_agent_and_strangers_are_counted(who: Cast) -> None:
    names = (who.charity.junior.user.email, who.charity.senior.user.email.upper(), "hvem@example.org")
    made = campaign(who.charity)
    agents = [who.charity.junior.user_id, who.charity.senior.user_id]
    actions.agents_put(actor=who.charity.manager, campaign_id=made.id, users=agents)
    with_agents = contact_list(who.charity, 6, name="Med agent", agents=names)
    actions.campaign_change(actor=who.charity.manager, campaign_id=made.id, fields={"lists": [str(with_agents.id)]})
    actions.list_attach_run(campaign_id=made.id, list_id=with_agents.id)
    done = actions.preassign(actor=who.charity.manager, campaign_id=made.id, strategy="column", column="agent")
    assert [lead.assigned_to_id for lead in leads_of(made.id)] == [*agents, None] * 2
    assert actions.preassignment_json(done)["unknown"] == 2
    with pytest.raises(Invalid) as refused:
        actions.preassign(actor=who.charity.manager, campaign_id=made.id, strategy="column", column="telefon")
    assert refused.value.code == "unknown_column"


def test_a_file_names_agents_and_positions(who: Cast) -> None:
    made = ready(who.charity, people=3)
    one, two, three = leads_of(made.id)
    Lead.objects.filter(id=two.id).update(external_lead_id="crm-2")
    junior, senior = who.charity.junior.user.email, who.charity.senior.user.email
    file = f"lead;agent;position\n{one.id};{junior};30\ncrm-2;{senior};\nx;;\n"
    done = actions.preassign_file(actor=who.charity.manager, campaign_id=made.id, raw=io.BytesIO(file.encode()))
    for lead in (one, two, three):
        lead.refresh_from_db()
    assert (one.assigned_to_id, one.position) == (who.charity.junior.user_id, 30)
    assert (two.assigned_to_id, three.assigned_to_id) == (who.charity.senior.user_id, None)
    assert done.preassignment["unknown"] == 1


@pytest.mark.parametrize(
    ("file", "line"), [("a,b\n", 1), ("lead,agent,position\nx,y,mange\n", 2), ("lead,agent\n,y\n", 2)]
)
def test_a_bad_file_is_refused_with_its_line(who: Cast, file: str, line: int) -> None:
    made = ready(who.charity)
    with pytest.raises(Invalid) as refused:
        actions.preassign_file(actor=who.charity.manager, campaign_id=made.id, raw=io.BytesIO(file.encode()))
    assert refused.value.errors[0].extra == {"line": line}
    assert not DealingPart.objects.exists()


def file_for(who: Cast, campaign_id: UUID) -> io.BytesIO:
    """All leads of the campaign for its junior agent, and a row that names nobody."""
    rows = [f"{lead.id},{who.charity.junior.user.email}\n" for lead in leads_of(campaign_id)]
    return io.BytesIO("".join(["lead,agent\n", *rows, "x,\n"]).encode())


def test_a_long_file_is_dealt_by_a_job_part_by_part(who: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ready(who.charity, people=5)
    monkeypatch.setattr(dealing, "INLINE", 2)
    monkeypatch.setattr(dealing_by_file, "CHUNK", 2)
    asked = actions.preassign_file(actor=who.charity.manager, campaign_id=made.id, raw=file_for(who, made.id))
    assert asked.preassignment["state"] == "running"
    assert actions.shares(campaign_id=made.id) == {None: 5}
    (job,) = ProcrastinateJob.objects.filter(task_name="campaigns.preassign")
    # A worker that was killed after a part leaves the others to the next.
    file = UUID(asked.preassignment["file"])
    assert dealing_by_file.deal_part(asked, file)
    assert actions.shares(campaign_id=made.id) == {who.charity.junior.user_id: 2, None: 3}
    for _again in range(2):
        actions.preassign_run(campaign_id=made.id, run=job.args["run"])
    asked.refresh_from_db()
    assert (asked.preassignment["state"], asked.preassignment["unknown"]) == ("done", 1)
    assert actions.shares(campaign_id=made.id) == {who.charity.junior.user_id: 5}
    assert not DealingPart.objects.exists()


def test_a_later_pre_assignment_takes_over_from_a_file(who: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ready(who.charity, people=5)
    with monkeypatch.context() as long:
        long.setattr(dealing, "INLINE", 2)
        first = actions.preassign_file(actor=who.charity.manager, campaign_id=made.id, raw=file_for(who, made.id))
    actions.preassign(actor=who.charity.manager, campaign_id=made.id, strategy="none")
    actions.preassign_run(campaign_id=made.id, run=first.preassignment["run"])
    assert actions.shares(campaign_id=made.id) == {None: 5}
    assert not DealingPart.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_file", [True, False])
def test_a_later_pre_assignment_waits_for_the_part_that_is_being_dealt(
    who: Cast, monkeypatch: pytest.MonkeyPatch, by_file: bool
) -> None:
    made = ready(who.charity, people=5)
    with monkeypatch.context() as long:
        long.setattr(dealing, "INLINE", 2)
        if by_file:
            first = actions.preassign_file(actor=who.charity.manager, campaign_id=made.id, raw=file_for(who, made.id))
        else:
            first = actions.preassign(actor=who.charity.manager, campaign_id=made.id, strategy="proportional")
    later: list[threading.Thread] = []
    goes_on = dealing._goes_on

    def then_another_begins(campaign: Campaign, run: int) -> bool:
        found = goes_on(campaign, run)
        if not later:
            begin = partial(actions.preassign, actor=who.charity.manager, campaign_id=made.id, strategy="none")
            later.append(beside(begin))
            wait_for_a_waiter()
        return found

    monkeypatch.setattr(dealing, "_goes_on", then_another_begins)
    actions.preassign_run(campaign_id=made.id, run=first.preassignment["run"])
    later[0].join(20)
    made.refresh_from_db()
    assert (made.preassignment["strategy"], made.preassignment["state"]) == ("none", "done")
    assert actions.shares(campaign_id=made.id) == {None: 5}


def test_a_pre_assignment_whose_job_is_gone_is_given_up_and_keeps_nothing_by(
    who: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ready(who.charity, people=5)
    monkeypatch.setattr(dealing, "INLINE", 2)
    monkeypatch.setattr(dealing_by_file, "CHUNK", 2)
    asked = actions.preassign_file(actor=who.charity.manager, campaign_id=made.id, raw=file_for(who, made.id))
    assert dealing_by_file.deal_part(asked, UUID(asked.preassignment["file"]))
    actions.preassign_rescue()
    made.refresh_from_db()
    assert made.preassignment["state"] == "running"
    ProcrastinateJob.objects.filter(task_name="campaigns.preassign").update(status="failed")
    actions.preassign_rescue()
    made.refresh_from_db()
    assert (made.preassignment["state"], made.preassignment.get("file")) == ("failed", None)
    assert actions.shares(campaign_id=made.id) == {who.charity.junior.user_id: 2, None: 3}
    assert not DealingPart.objects.exists()
    page = browser(who.charity.manager).get(f"/campaigns/{made.id}/plan/preassign").content.decode()
    assert "The leads are only partly shared out. Share them out again." in page


def test_private_callbacks_stay_with_their_agent(who: Cast) -> None:
    made = ready(who.charity, people=2)
    mine = leads_of(made.id)[0]
    actions.lead_change(
        actor=who.charity.manager, lead_id=mine.id, owner=who.charity.junior.user_id, status="private_redial"
    )
    before = Lead.objects.values().get(id=mine.id)
    actions.preassign(actor=who.charity.manager, campaign_id=made.id, strategy="proportional")
    assert Lead.objects.values().get(id=mine.id) == before


def test_pre_assignment_places_leads_as_the_rule_would(who: Cast) -> None:
    made = running(who.charity, people=5)
    actions.lead_next(actor=who.charity.junior, campaign_id=made.id)  # one is held, and stands nowhere
    actions.lead_change(actor=who.charity.manager, lead_id=leads_of(made.id)[2].id, active=False)
    actions.preassign(actor=who.charity.manager, campaign_id=made.id, strategy="proportional")
    from ringround.campaigns.actions.store import facts
    from ringround.infra import clock

    order = plan_load(campaign_id=made.id).order
    for row in Lead.objects.filter(campaign=made).values():
        placed = place(facts(row), order, clock.now())
        assert (row["queue"], row["for_agent"]) == (placed.queue, placed.for_agent)


def test_it_can_be_taken_back(who: Cast) -> None:
    made = ready(who.charity, people=4)
    actions.preassign(actor=who.charity.manager, campaign_id=made.id, strategy="proportional")
    actions.preassign(actor=who.charity.manager, campaign_id=made.id, strategy="none")
    assert not Lead.objects.filter(campaign=made, assigned_to__isnull=False).exists()


def test_without_agents_nothing_can_be_dealt(who: Cast) -> None:
    made = campaign(who.charity, people=1)
    with pytest.raises(Conflict) as refused:
        actions.preassign(actor=who.charity.manager, campaign_id=made.id, strategy="proportional")
    assert refused.value.code == "no_agents"


def test_many_leads_are_dealt_in_the_background_and_a_later_run_takes_over(
    who: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dealing, "INLINE", 3)
    made = ready(who.charity, people=5)
    first = actions.preassign(actor=who.charity.manager, campaign_id=made.id, strategy="proportional")
    assert first.preassignment["state"] == "running"
    assert ProcrastinateJob.objects.filter(task_name="campaigns.preassign", status="todo").count() == 1
    second = actions.preassign(actor=who.charity.manager, campaign_id=made.id, strategy="none")
    actions.preassign_run(campaign_id=made.id, run=first.preassignment["run"])
    assert not Lead.objects.filter(campaign=made, assigned_to__isnull=False).exists()
    actions.preassign_run(campaign_id=made.id, run=second.preassignment["run"])
    assert Campaign.objects.get(id=made.id).preassignment["state"] == "done"


# --- what follows a change --------------------------------------------------------------------


def test_a_list_put_on_a_campaign_is_a_job_and_one_taken_off_before_its_turn_is_not_done(who: Cast) -> None:
    made = campaign(who.charity)
    on = contact_list(who.charity, 2, name="Sene")
    actions.list_attach(actor=who.charity.manager, campaign_id=made.id, list_id=on.id)
    assert ProcrastinateJob.objects.filter(task_name="campaigns.list_leads_add", args__list_id=str(on.id)).exists()
    actions.campaign_change(actor=who.charity.manager, campaign_id=made.id, fields={"lists": []})
    assert actions.list_attach_run(campaign_id=made.id, list_id=on.id) == 0
    assert not Lead.objects.filter(campaign=made).exists()


@pytest.mark.parametrize(("setting", "jobs"), [({"max_attempts": 2}, 1), ({"wrap_up_s": 2}, 0)])
def test_a_setting_that_places_leads_places_them_again(who: Cast, setting: dict[str, int], jobs: int) -> None:
    made = ready(who.charity)
    actions.campaign_change(actor=who.charity.manager, campaign_id=made.id, fields={"settings": setting})
    assert ProcrastinateJob.objects.filter(task_name="campaigns.leads_replace").count() == jobs
