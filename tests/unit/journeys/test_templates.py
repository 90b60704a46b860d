"""The ten reference journeys on virtual time, to the second; the scenarios are those of the engine's tests too."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from ringround.journeys.rules.lint import Known, check
from ringround.journeys.rules.templates import TEMPLATES, fill
from ringround.kernel.errors import Invalid, NotFound
from tests.journeys_scenarios import CAMPAIGN, EMAIL, JACK, SCENARIOS, SMS, Scenario, play

# Exactly the keys and parameters that callers rely on.
PARAMS: dict[str, dict[str, Any]] = {
    "reuse_not_interested": {"campaign": CAMPAIGN, "months": 3},
    "reuse_by_reason": {
        "campaign": CAMPAIGN, "field": "why_not", "retry_value": "Ikke nu", "stop_value": "Aldrig", "months": 3,
    },
    "max_attempts_to_campaign": {"campaign": CAMPAIGN, "target": CAMPAIGN},
    "campaign_per_agent": {"campaign": CAMPAIGN, "map": {JACK: CAMPAIGN}, "days": 30},
    "sms_first_no_answer": {"campaign": CAMPAIGN, "template": SMS},
    "email_first_no_answer": {"campaign": CAMPAIGN, "template": EMAIL},
    "close_expired": {"campaign": CAMPAIGN, "status": "unqualified"},
    "speed_up_on_open": {"campaign": CAMPAIGN, "template": EMAIL},
    "callback_on_open": {"campaign": CAMPAIGN, "minutes": 1, "note": "Kunden har åbnet mailen"},
    "remind_before_callback": {"campaign": CAMPAIGN, "hours": 2, "channel": "sms", "template": SMS},
}  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_each_does_what_it_is_to_do_at_its_time_and_nothing_else(scenario: Scenario) -> None:
    world, done = play(scenario)
    assert [(one.at, one.effect.type) for one in done] == [(one.at, one.type) for one in scenario.expects]
    for one, expected in zip(done, scenario.expects, strict=True):
        assert {name: one.effect.data[name] for name in expected.data} == expected.data
    lead = world.leads["lead"]["lead"]
    assert {name: lead[name] for name in scenario.after} == scenario.after


def test_every_template_has_its_scenarios() -> None:
    assert {one.template for one in SCENARIOS} == set(TEMPLATES)


def test_the_keys_and_parameters_are_those_that_are_documented() -> None:
    assert {key: {one.name for one in template.params} for key, template in TEMPLATES.items()} == {
        key: set(params) for key, params in PARAMS.items()
    }


@pytest.mark.parametrize("key", PARAMS)
def test_a_filled_template_is_without_an_error(key: str) -> None:
    known = Known(templates={SMS: "sms", EMAIL: "email"}, campaigns={CAMPAIGN}, users={JACK}, answers={"why_not"})
    assert check(fill(key, PARAMS[key], known=known), known).errors == []


@pytest.mark.parametrize("key", PARAMS)
def test_a_filled_template_warns_of_nothing(key: str) -> None:
    assert check(fill(key, PARAMS[key])).flaws == ()


def test_a_template_is_named_in_the_readers_language_unless_a_name_is_given() -> None:
    params = PARAMS["reuse_not_interested"]
    with translation.override("da"):
        assert fill("reuse_not_interested", params)["name"] == "Genbrug ikke interesserede efter nogle måneder"
    with translation.override("en"):
        assert fill("reuse_not_interested", params)["name"] == "Reuse not interested after some months"
    assert fill("reuse_not_interested", params, name="Min egen")["name"] == "Min egen"


@pytest.mark.parametrize(
    ("params", "loc", "code"),
    [
        ({}, ("params", "campaign"), "required"),
        ({"campaign": "me"}, ("params", "campaign"), "bad_id"),
        ({"campaign": CAMPAIGN, "months": 0}, ("params", "months"), "out_of_range"),
        ({"campaign": CAMPAIGN, "moons": 1}, ("params", "moons"), "unknown_field"),
        (["campaign"], ("params",), "wrong_type"),
    ],
)
def test_wrong_parameters_are_told_with_their_names(params: Any, loc: tuple[str, ...], code: str) -> None:
    with pytest.raises(Invalid) as wrong:
        fill("reuse_not_interested", params)
    assert [(one.loc, one.code) for one in wrong.value.errors] == [(loc, code)]


def test_a_template_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        fill("moon", {})


def test_an_answer_may_be_named_by_its_whole_path() -> None:
    params = {**PARAMS["reuse_by_reason"], "field": "lead.result.why_not"}
    assert fill("reuse_by_reason", params)["nodes"] == fill("reuse_by_reason", PARAMS["reuse_by_reason"])["nodes"]
