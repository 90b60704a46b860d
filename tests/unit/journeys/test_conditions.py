"""Conditions are total: any facts give true or false. What is missing makes every comparison false, ne and nin true."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ringround.journeys.rules.conditions import OPS, count_key, ready
from ringround.journeys.rules.lint import check
from ringround.journeys.rules.values import Event, Scope
from tests.unit.journeys.graphs import NOW, OTHER, facts, is_, node, raw

ZONE = ZoneInfo("Europe/Copenhagen")


def ask(condition: dict[str, Any], known: dict[str, Any], event: Event | None = None) -> bool:
    assert check(raw(node("g", "gate", {}, condition=condition))).errors == []
    return ready(condition).test(Scope(known, event, NOW, ZONE))


def value(op: str, found: Any, asked: Any) -> bool:
    return ask(is_("lead.result.x", asked, op), facts(result={"x": found}))


@pytest.mark.parametrize(
    ("op", "found", "asked", "is_so"),
    [
        ("eq", "Ikke nu", "ikke nu", True), ("eq", " Ikke nu ", "Ikke nu", True), ("eq", "Ikke", "Ikke nu", False),
        ("eq", 5, 5.0, True), ("eq", "5", 5, True), ("eq", Decimal("5.50"), 5.5, True), ("eq", "5,5", 5.5, False),
        ("eq", True, True, True), ("eq", True, 1, False), ("eq", 1, True, False), ("eq", "true", True, False),
        ("eq", UUID(OTHER), OTHER.upper(), True), ("eq", ["a", "b"], "a", False),
        ("eq", date(2026, 3, 2), "2026-03-02", True), ("eq", datetime(2026, 3, 2, 9, tzinfo=UTC),
        "2026-03-02T10:00:00+01:00", True),
        ("ne", "a", "b", True), ("ne", "a", "A", False),
        ("in", "b", ["a", "B"], True), ("in", "c", ["a", "b"], False), ("in", ["c", "b"], ["a", "b"], True),
        ("nin", "c", ["a", "b"], True), ("nin", ["c", "b"], ["a", "b"], False),
        ("lt", 2, 10, True), ("lt", "2", "10", True), ("lt", "b", "a", False), ("lt", "abc", 5, False),
        ("le", 10, 10, True), ("gt", 10.5, 10, True), ("ge", 9, 10, False), ("gt", True, 0, False),
        ("gt", "2026-03-02", "2026-03-01", True), ("lt", date(2026, 3, 1), "2026-03-02T00:00:00+01:00", True),
        ("lt", float("nan"), 5, False), ("gt", float("inf"), 5, False), ("gt", 10**400, 5, True),
        ("contains", "Aarhus C", "aarhus", True), ("contains", ["a", "b"], "B", True), ("contains", 17, "1", False),
        ("contains", "nummer 17", 17, True), ("contains", [["a"]], "a", False),
        ("starts", "Aarhus C", "AAR", True), ("starts", "Nye Aarhus", "aar", False), ("starts", ["Aarhus"], "a", False),
        ("exists", 0, True, True), ("exists", False, True, True), ("exists", "x", False, False),
    ],
)  # fmt: skip
def test_each_operator_says_what_it_is_asked(op: str, found: Any, asked: Any, is_so: bool) -> None:
    assert value(op, found, asked) is is_so


ASKED: dict[str, Any] = {
    "in": ["a"], "nin": ["a"], "within": {"n": 1, "unit": "days"}, "older_than": {"n": 1, "unit": "days"},
    "exists": True,
}  # fmt: skip


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("known", [facts(), facts(result=None), {}, {"lead": "gone"}, facts(result={"x": ""}),
                                   facts(result={"x": []}), facts(result=["x"])])  # fmt: skip
def test_a_missing_value_makes_every_comparison_false_but_ne_and_nin(op: str, known: dict[str, Any]) -> None:
    assert ask(is_("lead.result.x", ASKED.get(op, "a"), op), known) is (op in ("ne", "nin"))


def test_what_is_missing_does_not_exist() -> None:
    assert ask(is_("lead.result.x", False, "exists"), facts())
    assert not ask({"path": "lead.result.x", "op": "exists"}, facts())


DAY = {"n": 1, "unit": "days"}


@pytest.mark.parametrize(
    ("op", "seconds", "is_so"),
    [
        ("within", -86400, False), ("within", -86399, True), ("within", 0, True), ("within", 86400, True),
        ("within", 86401, False), ("older_than", -86400, True), ("older_than", -86399, False),
        ("older_than", 86400, False),
    ],
)  # fmt: skip
def test_within_and_older_than_change_at_the_very_instant(op: str, seconds: int, is_so: bool) -> None:
    assert value(op, NOW + timedelta(seconds=seconds), DAY) is is_so


@pytest.mark.parametrize("op", ["within", "older_than"])
def test_time_alone_changes_the_answer_at_the_time_that_is_told(op: str) -> None:
    condition = ready({"not": is_("lead.result.x", DAY, op)})
    known = facts(result={"x": NOW + timedelta(hours=3, days=2)})
    now, answers = NOW, []
    while condition.flip is not None and (at := condition.flip(Scope(known, None, now, ZONE))) is not None:
        before = condition.test(Scope(known, None, at - timedelta(microseconds=1), ZONE))
        assert condition.test(Scope(known, None, at, ZONE)) is not before
        answers.append(at)
        now = at
    assert len(answers) == (2 if op == "within" else 1)


def test_all_any_and_not_are_what_they_say() -> None:
    yes, no = is_("lead.status", "new"), is_("lead.status", "success")
    assert ask({"all": [yes, {"not": no}, {"any": [no, yes]}]}, facts())
    assert not ask({"any": [no, {"not": yes}]}, facts())


def test_events_are_counted_by_the_facts() -> None:
    count = {"event": "call_ended", "params": {"outcomes": ["no_answer"]}, "within": {"n": 7, "unit": "days"}}
    condition = {"count": count, "op": "ge", "value": 3}
    assert not ask(condition, facts())
    assert ask(condition, {**facts(), "counts": {count_key(count): 3}})
    [asked] = ready(condition).counts
    assert (asked.key, asked.event) == (count_key(count), "call_ended")


def test_columns_may_have_any_name_and_the_event_can_be_asked_about() -> None:
    known = facts()
    known["contact"]["fields"]["Tlf. nr."] = "x"
    assert ask(is_("contact.fields.Tlf. nr.", "x"), known)
    happened = Event("journeys.hook.received", NOW, {"reason": "x"}, text="JA TAK")
    assert ask(is_("event.data.reason", "x"), known, happened)
    assert ask(is_("event.text", "tak", "contains"), known, happened)
    assert not ask(is_("event.data.reason", "x"), known)


@pytest.mark.parametrize("junk", [object(), b"x", {1: 2}, {"a": {}}, [[[]]], 1e308, -1, "9" * 500, "\ud800", 2 + 1j])
@pytest.mark.parametrize("op", OPS)
def test_whatever_is_found_the_answer_is_true_or_false(op: str, junk: Any) -> None:
    for asked in ("a", 5, True, "2026-03-02"):
        condition = ready(is_("lead.result.x", ASKED.get(op, asked), op))
        assert condition.test(Scope(facts(result={"x": junk}), None, NOW, ZONE)) in (True, False)
