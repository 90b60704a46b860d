"""The plan's rules: settings, parameters, lifecycle, dispositions, forms and pre-assignment."""

from __future__ import annotations

import runpy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ringround.campaigns.rules import dispositions, forms, lifecycle, preassign, settings
from ringround.campaigns.rules.lifecycle import Readiness, Standing, State
from ringround.kernel.errors import Conflict, Fault, Forbidden, Invalid

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


# --- settings ---------------------------------------------------------------------------------


def test_the_defaults_are_those_of_the_api() -> None:
    assert settings.whole({}) == {
        "reservation_s": 600, "preview_countdown_s": 0, "skip": "reason", "skip_cooldown_s": 900, "wrap_up_s": 15,
        "ring_timeout_s": 25, "max_attempts": 5, "max_attempts_per_number": 3, "quarantine_s": 3600,
        "no_callback_days": 30, "release_private_after_h": 24, "expiry_days": None, "deactivation_column": None,
        "lead_order": "position", "new_per_retried": None, "recording": False, "machine_detection": False,
        "abandon_limit": 0.03, "interaction": "form", "fed_by_others": False, "complete_when_exhausted": False,
        "complete_when_target": False, "retry": {},
    }  # fmt: skip


def test_every_default_is_within_its_own_bounds() -> None:
    faults: list[Fault] = []
    assert settings.read(settings.whole({}), faults) == settings.whole({})
    assert faults == []


def test_in_manual_mode_nothing_is_skipped_by_default() -> None:
    assert settings.defaults("manual")["skip"] == "no"
    assert settings.defaults("preview")["skip"] == "reason"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("nonsense", 1, "unknown_field"),
        ("max_attempts", 0, "out_of_range"),
        ("max_attempts", True, "wrong_type"),
        ("max_attempts", 2.0, "wrong_type"),
        ("max_attempts", None, "required"),
        ("abandon_limit", float("nan"), "out_of_range"),
        ("skip", "perhaps", "not_an_option"),
        ("lead_order", "column:", "not_an_option"),
        ("recording", 1, "wrong_type"),
        ("deactivation_column", "x" * 201, "too_long"),
        ("retry", {"answered": {"delay_s": 1}}, "not_an_option"),
        ("retry", {"busy": {"delay_s": -1}}, "out_of_range"),
        ("retry", {"busy": {"soon": True}}, "unknown_field"),
    ],
)
def test_a_setting_that_is_wrong_is_told_by_its_name(name: str, value: object, code: str) -> None:
    faults: list[Fault] = []
    assert settings.read({name: value}, faults) == {}
    assert [(fault.loc[:2], fault.code) for fault in faults] == [(("settings", name), code)]


@pytest.mark.parametrize("value", ["position", "random", "column:Medlem siden"])
def test_leads_may_be_ordered_by_a_column(value: str) -> None:
    faults: list[Fault] = []
    assert settings.read({"lead_order": value}, faults) == {"lead_order": value}


def test_a_multiplied_delay_doubles_and_stops_growing() -> None:
    rule = settings.retry_rule(settings.whole({"retry": {"busy": {"delay_s": 600, "multiply": 2}}}), "busy")
    assert [rule.delay(attempts) for attempts in (1, 2, 3)] == [600, 1200, 2400]
    assert rule.delay(10_000) == settings.LONGEST_DELAY_S


def test_a_dispositions_own_rule_goes_before_the_outcomes_part_for_part() -> None:
    whole = settings.whole({"retry": {"busy": {"delay_s": 600, "max_attempts": 2}}, "max_attempts": 4})
    rule = settings.retry_rule(whole, "busy", {"delay_s": 60})
    assert (rule.delay_s, rule.max_attempts) == (60, 2)
    assert settings.retry_rule(whole, "no_answer").delay_s == 3600


def test_no_rule_allows_more_attempts_than_the_campaign() -> None:
    assert settings.retry_rule(settings.whole({"max_attempts": 3}), "busy", {"max_attempts": 50}).max_attempts == 3


# --- lifecycle --------------------------------------------------------------------------------


def _ready(**more: Any) -> Readiness:
    facts: dict[str, Any] = {
        "mode": "manual", "agents": 1, "lists": 1, "leads": 0, "dispositions": 1, "open_hours": True,
        "fed_by_others": False,
    }  # fmt: skip
    return Readiness(**{**facts, **more})


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        ({}, []),
        ({"agents": 0}, ["no_agents"]),
        ({"lists": 0}, ["no_list"]),
        ({"lists": 0, "leads": 1}, []),
        ({"lists": 0, "fed_by_others": True}, []),
        ({"lists": 0, "mode": "auto_callback"}, []),
        ({"lists": 0, "mode": "street"}, []),
        ({"dispositions": 0}, ["no_dispositions"]),
        ({"open_hours": False}, ["no_hours"]),
        ({"asks": frozenset({"originate"})}, ["no_exchange"]),
        ({"asks": frozenset({"originate"}), "has": frozenset({"originate"})}, []),
        ({"agents": 0, "open_hours": False}, ["no_agents", "no_hours"]),
    ],
)
def test_approval_names_each_reason(facts: dict[str, Any], codes: list[str]) -> None:
    found = lifecycle.not_ready(_ready(**facts))
    assert [one.code for one in found] == codes
    assert all(str(one.detail) and one.code in lifecycle.STEP_OF for one in found)


def test_four_eyes_bind_only_the_maker_and_only_where_asked_for() -> None:
    lifecycle.check_four_eyes(asked=True, approver=2, creator=1)
    lifecycle.check_four_eyes(asked=False, approver=1, creator=1)
    with pytest.raises(Forbidden):
        lifecycle.check_four_eyes(asked=True, approver=1, creator=1)


@pytest.mark.parametrize("state", [state for state in State if state is not State.ARCHIVED])
def test_a_change_of_nothing_approved_leaves_the_state(state: State) -> None:
    assert lifecycle.after_change(state, {"target", "lists", "settings.max_attempts"}) is state


@pytest.mark.parametrize("name", sorted(lifecycle.APPROVED_FIELDS))
def test_a_change_of_what_is_approved_needs_a_new_approval(name: str) -> None:
    assert lifecycle.after_change("approved", {name}) is State.UNAPPROVED
    assert lifecycle.after_change("paused", {name}) is State.UNAPPROVED
    for state in ("running", "completed"):
        with pytest.raises(Conflict) as refused:
            lifecycle.after_change(state, {name})
        assert refused.value.code == "wrong_state"


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, None),
        ({"ends_at": NOW}, "end_time"),
        ({"ends_at": NOW + timedelta(seconds=1)}, None),
        ({"engaged": 9, "target": 9, "when_target": True}, "target"),
        ({"engaged": 9, "target": 9, "when_target": True, "running": False}, None),
        ({"ends_at": NOW, "running": False}, "end_time"),
        ({"engaged": 9, "target": 9}, None),
        ({"engaged": 9, "target": None, "when_target": True}, None),
        ({"leads_left": False, "when_exhausted": True}, "exhausted"),
        ({"leads_left": False, "when_exhausted": True, "leads": 0}, None),
        ({"leads_left": False}, None),
    ],
)
def test_the_product_completes_a_campaign_by_end_target_or_exhaustion(facts: dict[str, Any], why: str | None) -> None:
    base: dict[str, Any] = {
        "running": True, "ends_at": None, "target": 10, "engaged": 0, "leads": 5, "leads_left": True,
        "when_target": False, "when_exhausted": False,
    }  # fmt: skip
    assert lifecycle.completes(Standing(**{**base, **facts}), NOW) == why


def test_the_diagrams_in_the_docs_are_those_of_the_tables() -> None:
    root = Path(__file__).parents[3]
    made = runpy.run_path(str(root / "scripts" / "states.py"))["markdown"]()
    assert (root / "docs" / "states.md").read_text("utf-8") == made


# --- dispositions -----------------------------------------------------------------------------

LOCKED = {"1": ("Callback appointment", "callback_private"), "2": ("Do not call back", "do_not_call_back")}


def _codes(raw: list[dict[str, Any]]) -> list[str]:
    with pytest.raises(Invalid) as refused:
        dispositions.read(raw, LOCKED)
    return [fault.code for fault in refused.value.errors]


def test_a_kind_brings_its_status() -> None:
    specs = dispositions.read(
        [{"name": "Ja", "kind": "engaged"}, {"name": "Nej", "kind": "not_engaged", "status": "unqualified"}], LOCKED
    )
    assert [one.status for one in specs] == ["success", "unqualified"]


@pytest.mark.parametrize(
    ("one", "code"),
    [
        ({"kind": "engaged"}, "required"),
        ({"name": "A", "kind": "magic"}, "not_an_option"),
        ({"name": "A", "kind": "engaged", "status": "new"}, "not_an_option"),
        ({"name": "A", "kind": "no_action", "status": "success"}, "status_not_allowed"),
        ({"name": "A", "kind": "engaged", "outcome": "shrug"}, "not_an_option"),
        ({"name": "A", "kind": "engaged", "hotkey": "F1"}, "bad_format"),
        ({"name": "A", "kind": "engaged", "color": "red"}, "bad_format"),
        ({"name": "A", "kind": "engaged", "extra": 1}, "unknown_field"),
        ({"name": "Do not call back", "kind": "engaged"}, "locked"),
        ({"id": "1", "name": "Ring op", "kind": "callback_private"}, "locked"),
        ({"name": "Do not call back", "kind": "do_not_call_back", "hidden": True}, "locked"),
    ],
)
def test_a_disposition_that_is_wrong_is_refused(one: dict[str, Any], code: str) -> None:
    assert _codes([one]) == [code]


def test_names_and_keys_are_given_once() -> None:
    twice = [{"name": "Ja", "kind": "engaged", "hotkey": "a"}, {"name": "JA", "kind": "engaged", "hotkey": "a"}]
    assert _codes(twice) == ["duplicate", "duplicate"]


def test_an_order_that_is_said_goes_before_the_order_of_the_list() -> None:
    raw = [{"name": "B", "kind": "engaged", "order": 2}, {"name": "A", "kind": "engaged", "order": 1}]
    assert [one.name for one in dispositions.read(raw, LOCKED)] == ["A", "B"]


# --- forms ------------------------------------------------------------------------------------

FORM = [
    {"label": "Hvorfor ikke?", "type": "choice", "options": ["Ikke nu", "Aldrig"], "required": True},
    {"key": "when", "label": "Hvornår", "type": "date", "shown_if": {"key": "hvorfor_ikke", "value": "Ikke nu"}},
    {"key": "mails", "label": "Nyhedsbrev", "type": "bool", "default": True},
    {"key": "age", "label": "Alder", "type": "number"},
]


def test_a_key_is_made_of_the_label_and_made_unique() -> None:
    found = forms.read_form(
        [{"label": "Åbent spørgsmål", "type": "text"}, {"label": "Åbent spørgsmål!", "type": "text"}]
    )
    assert [one.key for one in found] == ["aabent_spoergsmaal", "aabent_spoergsmaal_2"]


def test_a_form_reads_back_what_it_says() -> None:
    found = forms.read_form(FORM)
    assert forms.read_form([one.to_json() for one in found]) == found


@pytest.mark.parametrize(
    ("one", "code"),
    [
        ({"type": "text"}, "required"),
        ({"label": "A", "type": "colour"}, "not_an_option"),
        ({"label": "A", "type": "choice"}, "required"),
        ({"label": "A", "type": "choice", "options": ["x", "X"]}, "duplicate"),
        ({"label": "A", "type": "text", "options": ["x"]}, "no_options"),
        ({"label": "A", "type": "text", "key": "Stor"}, "bad_key"),
        ({"label": "A", "type": "number", "default": "mange"}, "not_a_number"),
        ({"label": "A", "type": "text", "shown_if": {"key": "later", "value": 1}}, "unknown_question"),
        ({"label": "A", "type": "text", "color": 1}, "unknown_field"),
    ],
)
def test_a_question_that_is_wrong_is_refused(one: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        forms.read_form([one])
    assert [fault.code for fault in refused.value.errors] == [code]


def _answers(given: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return forms.parse_answers(forms.read_form(FORM), given, required=required)


def test_answers_are_kept_by_key_and_defaults_stand_for_what_was_left_out() -> None:
    assert _answers({"hvorfor_ikke": "aldrig", "age": "1.234,5"}) == {
        "hvorfor_ikke": "Aldrig", "when": None, "mails": True, "age": 1234.5,
    }  # fmt: skip


def test_a_question_that_is_not_shown_keeps_no_answer() -> None:
    assert _answers({"hvorfor_ikke": "Aldrig", "when": "2026-01-01"})["when"] is None
    assert _answers({"hvorfor_ikke": "Ikke nu", "when": "2026-01-01"})["when"] == "2026-01-01"


def test_what_must_be_answered_is_asked_for_only_when_the_form_was_open() -> None:
    with pytest.raises(Invalid) as refused:
        _answers({"age": 3})
    assert [(fault.loc, fault.code) for fault in refused.value.errors] == [(("hvorfor_ikke",), "required")]
    assert _answers({"age": 3}, required=False)["age"] == 3


def test_an_answer_to_no_question_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        _answers({"nope": 1}, required=False)
    assert refused.value.code == "unknown_field"


# --- pre-assignment ---------------------------------------------------------------------------

AGENTS = [UUID(int=number) for number in (1, 2, 3)]


@pytest.mark.parametrize("seed", [None, "7"])
def test_shares_are_equal_and_the_remainder_one_each(seed: str | None) -> None:
    dealt = preassign.deal(11, AGENTS, seed=seed)
    assert sorted(dealt.count(agent) for agent in AGENTS) == [3, 4, 4]


def test_a_part_of_the_list_is_dealt_as_in_the_whole() -> None:
    whole = preassign.deal(100, AGENTS, seed="x")
    assert preassign.deal(40, AGENTS, start=37, seed="x") == whole[37:77]


def test_the_same_seed_deals_the_same_and_another_otherwise() -> None:
    assert preassign.deal(50, AGENTS, seed="a") == preassign.deal(50, AGENTS, seed="a")
    assert preassign.deal(50, AGENTS, seed="a") != preassign.deal(50, AGENTS, seed="b")


def test_a_column_names_agents_by_address_or_external_id() -> None:
    people = {"a@b.dk": AGENTS[0], "17": AGENTS[1]}
    assert preassign.by_name([" A@B.dk ", 17, "hvem?", None], people) == [AGENTS[0], AGENTS[1], None, None]


@pytest.mark.parametrize(
    ("asked", "loc"),
    [
        ({"strategy": "luck"}, "strategy"),
        ({"strategy": "column"}, "column"),
        ({"strategy": "none", "order": "up"}, "order"),
    ],
)
def test_a_strategy_that_is_wrong_is_refused(asked: dict[str, Any], loc: str) -> None:
    with pytest.raises(Invalid) as refused:
        preassign.read(**asked)
    assert [fault.loc for fault in refused.value.errors] == [(loc,)]
