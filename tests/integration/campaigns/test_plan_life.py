"""A campaign's life on a real database: who may do what, from where, and what it leaves behind."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ringround.campaigns import actions, queries
from ringround.campaigns.models import Campaign, Lead
from ringround.campaigns.rules.lifecycle import PERMISSION, TABLE, Command, State
from ringround.infra import clock
from ringround.infra.models import AuditPending, EventOut
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.orgs.permissions import PERMISSIONS as _ORGS  # noqa: F401 - the table is filled by the wiring
from ringround.orgs.permissions import allows
from tests.factories import Cast, cast
from tests.integration.campaigns.plan_setup import campaign, contact_list, ready, running

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_ten")]

COMMANDS = {
    Command.APPROVE: actions.campaign_approve,
    Command.START: actions.campaign_start,
    Command.PAUSE: actions.campaign_pause,
    Command.COMPLETE: actions.campaign_complete,
    Command.REOPEN: actions.campaign_reopen,
    Command.ARCHIVE: actions.campaign_archive,
}
ROLES = ("owner", "manager", "supervisor", "senior", "junior", "quality", "viewer")


@pytest.fixture
def who() -> Cast:
    return cast()


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("command", list(COMMANDS))
def test_each_command_is_legal_exactly_where_the_table_says(who: Cast, state: State, command: Command) -> None:
    made = ready(who.charity)
    Campaign.objects.filter(id=made.id).update(state=state)
    expected = TABLE.moves.get((state, command))
    if expected is None:
        with pytest.raises(Conflict) as refused:
            COMMANDS[command](actor=who.charity.owner, campaign_id=made.id)
        assert refused.value.code == "wrong_state"
        assert refused.value.allowed == TABLE.allowed(command)
    else:
        assert COMMANDS[command](actor=who.charity.owner, campaign_id=made.id).state == expected


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("command", list(COMMANDS))
def test_each_role_may_give_exactly_the_commands_of_the_permission_table(
    who: Cast, role: str, command: Command
) -> None:
    made = ready(who.charity)
    start = next(state for state, of in TABLE.moves if of is command)
    Campaign.objects.filter(id=made.id).update(state=start)
    actor = who.charity.actors[role]
    if allows(actor, PERMISSION[command]):
        assert COMMANDS[command](actor=actor, campaign_id=made.id).state == TABLE.moves[start, command]
    else:
        with pytest.raises((Forbidden, NotFound)):
            COMMANDS[command](actor=actor, campaign_id=made.id)
        assert Campaign.objects.get(id=made.id).state == start


def test_every_step_is_audited_and_an_event(who: Cast) -> None:
    made = ready(who.charity)
    before = EventOut.objects.filter(subject_id=made.id).count()
    for command in (Command.APPROVE, Command.START, Command.PAUSE, Command.COMPLETE, Command.REOPEN):
        COMMANDS[command](actor=who.charity.manager, campaign_id=made.id)
    told = list(EventOut.objects.filter(subject_id=made.id).order_by("subject_no").values_list("type", flat=True))
    expected = [f"campaigns.campaign.{one}" for one in ("approved", "started", "paused", "completed", "reopened")]
    assert told[before:] == expected
    audited = AuditPending.objects.filter(subject_id=made.id).order_by("id").values_list("action", flat=True)
    assert list(audited)[-5:] == expected


def test_a_campaign_that_is_not_ready_is_refused_with_every_reason(who: Cast) -> None:
    made = campaign(who.charity, hours={})
    actions.dispositions_put(actor=who.charity.manager, campaign_id=made.id, dispositions=[])
    with pytest.raises(Conflict) as refused:
        actions.campaign_approve(actor=who.charity.manager, campaign_id=made.id)
    assert refused.value.code == "not_ready"
    assert {one.code for one in refused.value.errors} == {"no_agents", "no_list", "no_dispositions", "no_hours"}


def test_a_campaign_fed_by_others_needs_no_list(who: Cast) -> None:
    made = campaign(who.charity, settings={"fed_by_others": True})
    actions.agents_put(actor=who.charity.manager, campaign_id=made.id, users=[who.charity.junior.user_id])
    assert actions.campaign_approve(actor=who.charity.manager, campaign_id=made.id).state == "approved"


def test_a_countdown_asks_for_an_exchange_that_dials(who: Cast) -> None:
    made = ready(who.charity, mode="preview", settings={"preview_countdown_s": 10})
    with pytest.raises(Conflict) as refused:
        actions.campaign_approve(actor=who.charity.manager, campaign_id=made.id)
    assert [one.code for one in refused.value.errors] == ["no_exchange"]


def test_with_four_eyes_its_maker_cannot_approve_it_and_another_manager_can(who: Cast) -> None:
    who.charity.org.four_eyes = True
    who.charity.org.save()
    made = ready(who.charity)
    with pytest.raises(Forbidden) as refused:
        actions.campaign_approve(actor=who.charity.manager, campaign_id=made.id)
    assert refused.value.code == "four_eyes"
    approved = actions.campaign_approve(actor=who.charity.manager2, campaign_id=made.id)
    assert approved.approved_by_id == who.charity.manager2.user_id


@pytest.mark.parametrize(
    "change",
    [{"hours": {"mon": [["10:00", "12:00"]]}}, {"script": "Hej"}, {"caller_ids": ["+4533131313"]}, {"mode": "preview"}],
)
def test_a_change_of_what_was_approved_sets_it_back(who: Cast, change: dict[str, object]) -> None:
    made = ready(who.charity)
    actions.campaign_approve(actor=who.charity.manager, campaign_id=made.id)
    changed = actions.campaign_change(actor=who.charity.manager, campaign_id=made.id, fields=change)
    assert (changed.state, changed.approved_by_id) == ("unapproved", None)
    assert EventOut.objects.filter(subject_id=made.id, type="campaigns.campaign.unapproved").count() == 1


@pytest.mark.parametrize("change", [{"target": 7}, {"priority": 9}, {"settings": {"max_attempts": 9}}, {"name": "Nyt"}])
def test_a_change_of_other_things_keeps_the_approval_while_it_runs(who: Cast, change: dict[str, object]) -> None:
    made = running(who.charity)
    assert actions.campaign_change(actor=who.charity.manager, campaign_id=made.id, fields=change).state == "running"


def test_a_running_campaign_must_be_paused_before_its_hours_change(who: Cast) -> None:
    made = running(who.charity)
    with pytest.raises(Conflict) as refused:
        actions.campaign_change(actor=who.charity.manager, campaign_id=made.id, fields={"hours": {}})
    assert refused.value.code == "wrong_state"
    assert set(refused.value.allowed) == {"unapproved", "approved", "paused"}
    assert Campaign.objects.get(id=made.id).hours["mon"]


def test_the_same_value_again_is_no_change(who: Cast) -> None:
    made = running(who.charity)
    same = actions.campaign_change(
        actor=who.charity.manager, campaign_id=made.id, fields={"hours": made.hours, "mode": made.mode}
    )
    assert (same.state, same.version) == ("running", made.version)


def test_nothing_of_an_archived_campaign_changes(who: Cast) -> None:
    made = campaign(who.charity)
    actions.campaign_archive(actor=who.charity.manager, campaign_id=made.id)
    for change in (
        lambda: actions.campaign_change(actor=who.charity.manager, campaign_id=made.id, fields={"target": 3}),
        lambda: actions.dispositions_put(actor=who.charity.manager, campaign_id=made.id, dispositions=[]),
        lambda: actions.form_put(actor=who.charity.manager, campaign_id=made.id, form=[]),
        lambda: actions.agents_put(actor=who.charity.manager, campaign_id=made.id, users=[]),
        lambda: actions.preassign(actor=who.charity.manager, campaign_id=made.id, strategy="none"),
    ):
        with pytest.raises(Conflict) as refused:
            change()
        assert refused.value.code == "wrong_state"


# --- two managers at once ---------------------------------------------------------------------


def test_two_managers_who_change_the_same_parameter_the_later_is_told(who: Cast) -> None:
    made = campaign(who.charity, target=10)
    opened = made.version
    actions.campaign_change(actor=who.charity.manager, campaign_id=made.id, fields={"target": 20}, version=opened)
    with pytest.raises(Conflict) as refused:
        actions.campaign_change(actor=who.charity.manager2, campaign_id=made.id, fields={"target": 30}, version=opened)
    assert refused.value.code == "changed_meanwhile"
    (fault,) = refused.value.errors
    assert (fault.loc, fault.extra["now"]) == (("target",), 20)
    assert "Mads Manager" in str(fault.detail)
    assert Campaign.objects.get(id=made.id).target == 20


def test_two_managers_who_change_different_settings_both_get_through(who: Cast) -> None:
    made = campaign(who.charity)
    for actor, settings in (
        (who.charity.manager, {"max_attempts": 9}),
        (who.charity.manager2, {"no_callback_days": 3}),
    ):
        actions.campaign_change(actor=actor, campaign_id=made.id, fields={"settings": settings}, version=made.version)
    settings = Campaign.objects.get(id=made.id).settings
    assert (settings["max_attempts"], settings["no_callback_days"]) == (9, 3)


def test_two_managers_who_approve_the_second_is_told_that_it_is_done(who: Cast) -> None:
    made = ready(who.charity)
    actions.campaign_approve(actor=who.charity.manager, campaign_id=made.id)
    with pytest.raises(Conflict) as refused:
        actions.campaign_approve(actor=who.charity.manager2, campaign_id=made.id)
    assert (refused.value.code, refused.value.allowed) == ("wrong_state", ("unapproved",))


# --- making and reading -----------------------------------------------------------------------


def test_a_new_campaign_has_the_two_locked_dispositions_default_hours_and_every_setting(who: Cast) -> None:
    shown = queries.campaign_json(campaign=campaign(who.charity))
    assert [one["kind"] for one in shown["dispositions"] if one["locked"]] == ["callback_private", "do_not_call_back"]
    assert shown["hours"]["mon"] == [["09:00", "20:00"]]
    assert shown["hours"]["sat"] == [["10:00", "16:00"]]
    assert shown["hours"]["sun"] == []
    assert shown["settings"]["reservation_s"] == 600
    assert (shown["merchant"], shown["agency"]) == (who.charity.org.id, who.charity.org.id)


@pytest.mark.parametrize(("mode", "skip"), [("manual", "no"), ("preview", "reason")])
def test_skipping_follows_the_mode_until_it_is_chosen(who: Cast, mode: str, skip: str) -> None:
    made = campaign(who.charity, mode=mode)
    assert made.settings["skip"] == skip
    other = {"manual": "preview", "preview": "manual"}[mode]
    changed = actions.campaign_change(actor=who.charity.manager, campaign_id=made.id, fields={"mode": other})
    assert changed.settings["skip"] == {"no": "reason", "reason": "no"}[skip]


def test_a_mode_that_nobody_can_work_in_is_not_served(who: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        campaign(who.charity, mode="predictive")
    assert refused.value.code == "mode_not_served"


def test_a_name_is_unique_in_the_merchant_and_may_be_used_by_another(who: Cast) -> None:
    campaign(who.charity, name="Jul")
    with pytest.raises(Invalid) as refused:
        campaign(who.charity, name="Jul")
    assert refused.value.code == "name_taken"
    assert campaign(who.magazine, name="Jul").name == "Jul"


def test_every_fault_of_the_input_is_told_at_once(who: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        campaign(
            who.charity, name=" ", timezone="Mars/Olympus", target=0, settings={"max_attempts": 0, "speed": 9},
            hours={"mon": [["20:00", "09:00"]]}, caller_ids=["112"], holidays="XX",
        )  # fmt: skip
    found = {(fault.loc[0], fault.code) for fault in refused.value.errors}
    assert found == {
        ("name", "required"), ("timezone", "unknown_timezone"), ("target", "out_of_range"),
        ("settings", "out_of_range"), ("settings", "unknown_field"), ("hours", "end_before_start"),
        ("caller_ids", "bad_phone"), ("holidays", "unknown_place"),
    }  # fmt: skip


def test_the_end_comes_after_the_start_whichever_is_changed(who: Cast, monday_ten: datetime) -> None:
    made = campaign(who.charity, starts_at=monday_ten, ends_at=monday_ten + timedelta(days=5))
    with pytest.raises(Invalid) as refused:
        actions.campaign_change(
            actor=who.charity.manager, campaign_id=made.id, fields={"starts_at": monday_ten + timedelta(days=6)}
        )
    assert refused.value.code == "end_before_start"


def test_another_organisations_list_is_no_list(who: Cast) -> None:
    strange = contact_list(who.magazine)
    with pytest.raises(Invalid) as refused:
        campaign(who.charity, lists=[str(strange.id)])
    assert refused.value.code == "unknown_list"


def test_all_contacts_of_its_lists_become_leads_once(who: Cast) -> None:
    made = campaign(who.charity, people=3)
    (list_id,) = made.lists.values_list("id", flat=True)
    assert actions.list_attach_run(campaign_id=made.id, list_id=list_id) == 0
    assert Lead.objects.filter(campaign=made).count() == 3


def test_the_list_leaves_out_the_archived_and_pages_newest_first(who: Cast) -> None:
    names = [campaign(who.charity, name=f"Nr. {number}").name for number in range(4)]
    gone = queries.campaign_page(actor=who.charity.manager, q="Nr. 0").items[0]
    actions.campaign_archive(actor=who.charity.manager, campaign_id=gone.id)
    first = queries.campaign_page(actor=who.charity.manager, size=2)
    rest = queries.campaign_page(actor=who.charity.manager, size=2, after=first.next)
    assert [one.name for one in (*first.items, *rest.items)] == list(reversed(names[1:]))
    assert rest.next is None


# --- who sees what ----------------------------------------------------------------------------


def test_nobody_of_another_organisation_sees_a_campaign(who: Cast) -> None:
    made = running(who.charity)
    for actor in (who.outsider, who.magazine.owner, who.agency.manager):
        with pytest.raises(NotFound):
            queries.campaign_get(actor=actor, campaign_id=made.id)
        with pytest.raises(NotFound):
            actions.campaign_pause(actor=actor, campaign_id=made.id)


def test_agents_see_campaigns_they_are_on_and_no_others(who: Cast) -> None:
    made = campaign(who.charity)
    with pytest.raises(NotFound):
        queries.campaign_get(actor=who.charity.junior, campaign_id=made.id)
    actions.agents_put(actor=who.charity.manager, campaign_id=made.id, users=[who.charity.junior.user.email])
    assert queries.campaign_get(actor=who.charity.junior, campaign_id=made.id) == made
    with pytest.raises(NotFound):
        queries.campaign_get(actor=who.charity.senior, campaign_id=made.id)


def test_an_agency_works_a_campaign_by_a_live_link_and_on_the_merchants_terms(who: Cast) -> None:
    made = campaign(who.magazine, agency=str(who.agency.org.id), people=2)
    actions.agents_put(actor=who.magazine.manager, campaign_id=made.id, users=[who.agency.junior.user_id])
    actions.campaign_approve(actor=who.magazine.manager, campaign_id=made.id)
    assert actions.campaign_start(actor=who.agency.supervisor, campaign_id=made.id).state == "running"
    with pytest.raises(Forbidden) as refused:
        actions.campaign_change(actor=who.agency.owner, campaign_id=made.id, fields={"target": 3})
    assert refused.value.code == "merchant_only"


def test_a_revoked_link_takes_the_campaign_away_at_once_and_pauses_it(who: Cast) -> None:
    from ringround.orgs.models import AgencyLink

    made = campaign(who.magazine, agency=str(who.agency.org.id), people=2)
    actions.agents_put(actor=who.magazine.manager, campaign_id=made.id, users=[who.agency.junior.user_id])
    actions.campaign_approve(actor=who.magazine.manager, campaign_id=made.id)
    actions.campaign_start(actor=who.magazine.manager, campaign_id=made.id)
    AgencyLink.objects.filter(agency=who.agency.org).update(revoked_at=clock.now())
    for actor in (who.agency.manager, who.agency.junior):
        with pytest.raises(NotFound):
            queries.campaign_get(actor=actor, campaign_id=made.id)
    ids = {"merchant_id": who.magazine.org.id, "agency_id": who.agency.org.id}
    assert actions.campaigns_pause_unlinked(**ids) == 1
    assert actions.campaigns_pause_unlinked(**ids) == 0
    assert Campaign.objects.get(id=made.id).state == "paused"


def test_an_agency_without_a_link_cannot_be_given_a_campaign(who: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        campaign(who.magazine, agency=str(who.agency2.org.id))
    assert refused.value.code == "unknown_agency"


def test_an_agency_makes_no_campaign_of_its_own(who: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        campaign(who.agency)
    assert "not_a_merchant" in {fault.code for fault in refused.value.errors}


# --- by time and target -----------------------------------------------------------------------


def test_a_campaign_completes_itself_at_its_end_time(who: Cast, monday_ten: datetime) -> None:
    made = running(who.charity, ends_at=monday_ten + timedelta(hours=1))
    assert actions.campaigns_complete_due(now=clock.now()) == 0
    clock.advance(timedelta(hours=1))
    assert actions.campaigns_complete_due(now=clock.now()) == 1
    assert Campaign.objects.get(id=made.id).state == "completed"
    told = EventOut.objects.get(subject_id=made.id, type="campaigns.campaign.completed")
    assert told.data == {"reason": "end_time"}


def test_a_campaign_completes_itself_when_no_lead_is_left_and_it_may(who: Cast) -> None:
    made = running(who.charity, settings={"complete_when_exhausted": True})
    assert actions.campaigns_complete_due(now=clock.now()) == 0
    for lead in Lead.objects.filter(campaign=made):
        actions.lead_change(actor=who.charity.manager, lead_id=lead.id, status="invalid")
    assert actions.campaigns_complete_due(now=clock.now()) == 1


def test_a_campaign_without_the_option_stays_when_no_lead_is_left(who: Cast) -> None:
    made = running(who.charity)
    for lead in Lead.objects.filter(campaign=made):
        actions.lead_change(actor=who.charity.manager, lead_id=lead.id, status="invalid")
    assert actions.campaigns_complete_due(now=clock.now()) == 0
