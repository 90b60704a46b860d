"""The document: what is read is written again, the published schema is the catalogue's, all that is wrong is told."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import ringround.journeys
from ringround.journeys.rules import document, schema
from ringround.journeys.rules.catalogue import NODES, SETTINGS, TRIGGERS, Param, catalogue_json, outs_of
from ringround.journeys.rules.document import Settings
from ringround.journeys.rules.lint import Known, check, check_text

SCHEMA = Path(ringround.journeys.__file__).parent / "schema" / "journey.v1.json"
CAMPAIGN = "0190a000-0000-7000-8000-000000000001"
OTHER = "0190a000-0000-7000-8000-000000000002"

# A value that each type of parameter takes.
GOOD: dict[str, Any] = {
    "duration": {"n": 3, "unit": "months"}, "text": "Tak", "long_text": "Kunden har åbnet mailen", "int": 2,
    "int_or_max": "max", "bool": True, "time": "10:00", "moment": "2026-12-01T10:00:00+01:00",
    "url": "https://example.org/hook", "name": "told", "value": "Ikke nu", "path": "lead.next_contact_at",
    "paths": ["lead.owner"], "texts": ["JA"], "ints": [1, 31], "zone": "Europe/Copenhagen",
    "quiet_hours": {"from": "21:00", "to": "08:00"}, "campaign_map": {OTHER: CAMPAIGN}, "mapping": {"phone": "a.b"},
    "weights": [{"out": "a", "weight": 1}, {"out": "b", "weight": 3}], "campaign": CAMPAIGN, "user": OTHER,
    "template": OTHER, "journey": OTHER, "condition": {"path": "lead.status", "op": "eq", "value": "new"},
    "event": {"type": "message_opened", "params": {"channel": "email", "nth": 1}},
    "cases": [{"out": "one", "value": "Ikke nu"}, {"out": "two", "when": {"path": "lead.open", "op": "exists"}}],
}  # fmt: skip


def good(param: Param) -> Any:
    if param.type == "choice":
        return param.options[0].value
    if param.type == "choices":
        return [param.options[0].value]
    if param.of == "settable":
        return "contact.fields.By"
    return GOOD[param.type]


def filled(params: tuple[Param, ...]) -> dict[str, Any]:
    return {param.name: good(param) for param in params}


def a_document(**changes: Any) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "format": "journey.v1",
        "name": "Genbrug",
        "scope": {"campaigns": [CAMPAIGN]},
        "trigger": {"type": "status_changed", "params": {"to": ["not_interested"]}},
        "settings": {"exit_when": {"path": "lead.status", "op": "ne", "value": "not_interested"}},
        "nodes": [
            {"id": "wait", "type": "wait", "params": {"duration": {"n": 3, "unit": "months"}}, "next": {"next": "r"}},
            {"id": "r", "type": "reset"},
        ],
        "start": "wait",
    }
    return raw | changes


def codes(raw: object, known: Known = Known()) -> list[tuple[str, str | None, str]]:  # noqa: B008 - it is frozen
    return [(one.code, one.node, one.field) for one in check(raw, known).flaws]


def with_node(node: dict[str, Any], *more: dict[str, Any]) -> dict[str, Any]:
    return a_document(nodes=[{"id": "a", **node}, *more], start="a")


def test_the_published_schema_is_the_catalogues() -> None:
    assert SCHEMA.read_text("utf-8") == schema.text(), "run python scripts/journey_docs.py"


def test_the_page_about_the_document_is_the_catalogues() -> None:
    script = Path(__file__).parents[3] / "scripts" / "journey_docs.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_settings_of_the_catalogue_are_those_of_the_document() -> None:
    assert {one.name for one in SETTINGS} == {one.name for one in fields(Settings)}
    assert {one.name: one.default for one in SETTINGS if one.default is not None} == {
        one.name: one.default for one in fields(Settings) if one.default is not None
    }


def test_what_is_read_is_written_again() -> None:
    read = check(a_document()).require()
    assert document.read(document.dump(read)) == read
    assert check(document.dump(read)).require() == read
    jsonschema_rs.validator_for(schema.build()).validate(json.loads(json.dumps(document.dump(read))))


@pytest.mark.parametrize("type", NODES)
def test_a_node_with_all_its_parameters_is_good_by_linter_and_schema(type: str) -> None:
    kind = NODES[type]
    params = filled(kind.params)
    end = {"id": "end", "type": "exit", "params": {}}
    node = {"type": type, "params": params, "next": dict.fromkeys(outs_of(type, params), "end")}
    raw = with_node(node, end) if node["next"] else with_node(node)
    if type == "goto":
        raw["nodes"][0]["next"]["again"] = "end"
    assert list(check(raw).errors) == []
    jsonschema_rs.validator_for(schema.build()).validate(raw)


@pytest.mark.parametrize("type", TRIGGERS)
def test_a_trigger_with_all_its_parameters_is_good_by_linter_and_schema(type: str) -> None:
    raw = a_document(trigger={"type": type, "params": filled(TRIGGERS[type].params)})
    assert check(raw).errors == []
    jsonschema_rs.validator_for(schema.build()).validate(raw)


def test_all_settings_together_are_good_by_linter_and_schema() -> None:
    raw = a_document(settings=filled(SETTINGS))
    assert check(raw).errors == []
    jsonschema_rs.validator_for(schema.build()).validate(raw)


def test_the_catalogue_is_plain_json() -> None:
    told = json.loads(json.dumps(catalogue_json()))
    assert {one["type"] for one in told["nodes"]} == set(NODES)
    assert all(one["label"] for part in ("nodes", "triggers", "fields", "operators") for one in told[part])


# --- what is wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": " "}, "required", "name"),
        ({"name": "x" * 201}, "too_long", "name"),
        ({"scope": {"campaigns": []}}, "required", "scope.campaigns"),
        ({"scope": {"campaigns": ["me"]}}, "bad_id", "scope.campaigns.0"),
        ({"scope": None}, "required", "scope.campaigns"),
        ({"trigger": {"type": "moon_rises"}}, "unknown_trigger", "trigger.type"),
        ({"trigger": None}, "required", "trigger"),
        ({"trigger": {"type": "field_changed", "params": {}}}, "required", "trigger.params.fields"),
        ({"trigger": {"type": "field_changed", "params": {"fields": ["lead.moon"]}}}, "unknown_field",
         "trigger.params.fields.0"),
        ({"entry": {"path": "lead.moon", "op": "eq", "value": 1}}, "unknown_field", "entry.path"),
        ({"entry": {"path": "lead.status", "op": "like", "value": "new"}}, "unknown_operator", "entry.op"),
        ({"entry": {"path": "lead.status", "op": "eq", "value": "moon"}}, "not_an_option", "entry.value"),
        ({"entry": {"path": "lead.status", "op": "eq"}}, "required", "entry.value"),
        ({"entry": {"path": "lead.expires_at", "op": "lt", "value": "soon"}}, "bad_time", "entry.value"),
        ({"entry": {"path": "lead.expires_at", "op": "within", "value": 3}}, "bad_duration", "entry.value"),
        ({"entry": {"all": []}}, "required", "entry.all"),
        ({"entry": {"all": [], "any": []}}, "bad_condition", "entry"),
        ({"entry": "new"}, "wrong_type", "entry"),
        ({"settings": {"moon": 1}}, "unknown_field", "settings.moon"),
        ({"settings": {"reentry": "cool_down"}}, "required", "settings.cool_down"),
        ({"settings": {"zone": "Moon/Base"}}, "unknown_zone", "settings.zone"),
        ({"start": "nowhere"}, "bad_start", "start"),
        ({"nodes": []}, "required", "nodes"),
        ({"nodes": {}}, "wrong_type", "nodes"),
        ({"moon": 1}, "unknown_field", "moon"),
        ({"format": "journey.v9"}, "unknown_format", "format"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_journey_is_told_with_its_place(changes: Any, code: str, field: str) -> None:
    assert (code, None, field) in codes(a_document(**changes))


@pytest.mark.parametrize(
    ("node", "code", "field"),
    [
        ({"type": "dance"}, "unknown_node", "type"),
        ({"type": "wait"}, "required", "params.duration"),
        ({"type": "wait", "params": {"duration": {"n": -1, "unit": "days"}}}, "bad_duration", "params.duration"),
        ({"type": "wait", "params": {"duration": {"n": 11, "unit": "years"}}}, "bad_duration", "params.duration"),
        ({"type": "wait", "params": []}, "wrong_type", "params"),
        ({"type": "reset", "params": {"moon": 1}}, "unknown_field", "params.moon"),
        ({"type": "reset", "next": {"next": "gone"}}, "dangling_arrow", "next.next"),
        ({"type": "reset", "next": {"sideways": "a"}}, "unknown_arrow", "next.sideways"),
        ({"type": "reset", "next": []}, "wrong_type", "next"),
        ({"type": "branch", "params": {"cases": [{"out": "one", "value": 1}]}}, "required", "params.field"),
        ({"type": "branch", "params": {"cases": [{"out": "else", "when": {}}]}}, "bad_name", "params.cases.0.out"),
        ({"type": "split", "params": {"paths": [{"out": "a", "weight": 0}]}}, "out_of_range", "params.paths"),
        ({"type": "call_url", "params": {"url": "javascript:alert(1)"}}, "bad_url", "params.url"),
        ({"type": "call_url", "params": {"url": "https://[::1"}}, "bad_url", "params.url"),
        ({"type": "call_url", "params": {"url": "https://a.dk/", "method": "get", "send": ["lead.status"]}}, "not_sent",
         "params.send"),
        ({"type": "wait_event", "params": {"event": {"type": "schedule"}}}, "unknown_event", "params.event.type"),
        ({"type": "set_field", "params": {"field": "lead.status", "value": "new"}}, "unknown_field", "params.field"),
        ({"type": "close", "params": {"status": "new"}}, "not_an_option", "params.status"),
        ({"type": "add_to_campaign", "params": {}}, "required", "params.campaign"),
        ({"type": "add_to_campaign", "params": {"choose": "table"}}, "required", "params.map"),
        ({"type": "reset", "position": {"x": "left", "y": 0}}, "wrong_type", "position"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_node_is_told_with_the_node_and_its_field(node: Any, code: str, field: str) -> None:
    assert (code, "a", field) in codes(with_node(node))


def test_a_loop_without_a_wait_is_an_error_and_one_with_a_wait_and_a_maximum_is_none() -> None:
    again = {"id": "g", "type": "goto", "params": {"max": 3}, "next": {"again": "a"}}
    note = {"type": "note", "params": {"text": "x"}, "next": {"next": "g"}}
    assert ("loop_without_wait", "a", "") in codes(with_node(note, again))
    wait = {"type": "wait", "params": {"duration": {"n": 1, "unit": "minutes"}}, "next": {"next": "g"}}
    assert check(with_node(wait, again)).errors == []
    short = {"type": "wait", "params": {"duration": {"n": 59, "unit": "seconds"}}, "next": {"next": "g"}}
    assert ("loop_without_wait", "a", "") in codes(with_node(short, again))


def test_a_loop_without_a_maximum_is_an_error() -> None:
    wait = {"type": "wait", "params": {"duration": {"n": 1, "unit": "days"}}, "next": {"next": "a"}}
    assert ("loop_without_maximum", "a", "") in codes(with_node(wait))


def test_a_node_that_nothing_leads_to_is_a_warning() -> None:
    raw = with_node({"type": "reset"}, {"id": "b", "type": "reset"})
    assert codes(raw) == [("unreachable", "b", "")]
    assert check(raw).document is not None


def test_a_wait_of_more_than_an_hour_without_exit_when_is_a_warning() -> None:
    assert ("missing_exit_when", "wait", "") in codes(a_document(settings={}))
    assert codes(a_document()) == []


def test_a_wait_that_leads_nowhere_is_a_warning() -> None:
    wait = {"type": "wait", "params": {"duration": {"n": 1, "unit": "minutes"}}}
    assert codes(with_node(wait)) == [("open_arrow", "a", "next.next")]


def test_two_nodes_of_one_id_are_an_error() -> None:
    assert ("duplicate", "a", "id") in codes(with_node({"type": "reset"}, {"id": "a", "type": "reset"}))


def test_what_is_not_there_is_told_where_it_is_known() -> None:
    known = Known(campaigns={OTHER}, users=set(), templates={OTHER: "email"}, journeys=set(), answers={"why"})
    found = codes(a_document(entry={"path": "lead.result.moon", "op": "exists"}), known)
    assert ("unknown_campaign", None, "scope.campaigns.0") in found
    assert ("unknown_field", None, "entry.path") in found
    sms = with_node({"type": "send_sms", "params": {"template": OTHER}})
    assert ("wrong_channel", "a", "params.template") in codes(sms, known)
    assert ("unknown_user", "a", "params.user") in codes(
        with_node({"type": "assign", "params": {"user": OTHER}}), known
    )


def test_ten_thousand_nodes_are_refused_in_one_sentence() -> None:
    nodes = [{"id": f"n{i}", "type": "reset", "next": {"next": f"n{i + 1}"}} for i in range(10_000)]
    assert codes(a_document(nodes=nodes, start="n0")) == [("too_many", None, "nodes")]


def test_a_thousand_nodes_in_a_row_are_read() -> None:
    nodes: list[dict[str, Any]] = [{"id": f"n{i}", "type": "reset", "next": {"next": f"n{i + 1}"}} for i in range(999)]
    assert check(a_document(nodes=[*nodes, {"id": "n999", "type": "reset"}], start="n0")).flaws == ()


def test_five_megabytes_are_refused() -> None:
    assert [one.code for one in check_text(b" " * 5_000_000).flaws] == ["too_large"]


def test_what_is_nested_without_end_is_refused() -> None:
    deep: dict[str, Any] = {"path": "lead.open", "op": "exists"}
    for _ in range(5_000):
        deep = {"not": deep}
    assert ("too_deep", None, "entry") in codes(a_document(entry=deep))
    assert [one.code for one in check_text("[" * 400_000).flaws] in (["too_deep"], ["bad_json"])


def test_a_document_that_is_wrong_everywhere_is_not_told_in_ten_thousand_sentences() -> None:
    nodes = [{"id": f"n{i}", "type": "dance", f"x{i}": 1} for i in range(1000)]
    assert len(check(a_document(nodes=nodes)).flaws) == 200


def test_every_flaw_has_its_sentence_in_danish() -> None:
    from django.utils import translation

    with translation.override("da"):
        told = [one.to_json()["text"] for one in check(a_document(start="x", settings={"moon": 1})).flaws]
    assert told == ["Der er ikke noget sådant felt her.", "Angiv, hvilket trin den begynder med.", *told[2:]]


def test_a_wait_for_what_nothing_asks_again_needs_an_end() -> None:
    condition = {"path": "campaign.state", "op": "eq", "value": "running"}
    params: dict[str, Any] = {"condition": condition}
    node = {"type": "wait_until", "params": params, "next": {"met": "b"}}
    assert ("never_asked", "a", "params.timeout") in codes(with_node(node, {"id": "b", "type": "reset"}))
    params["timeout"] = {"n": 1, "unit": "hours"}
    assert check(with_node(node, {"id": "b", "type": "reset"})).errors == []


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_a_text_that_cannot_be_kept_is_refused_wherever_it_stands(text: str) -> None:
    note = {"type": "note", "params": {"text": "x"}, "title": text}
    assert ("bad_text", None, "nodes.0.title") in codes(with_node(note))
    assert ("bad_text", None, "name") in codes(a_document(name=text))
    table = {"type": "add_to_campaign", "params": {"choose": "table", "map": {text: CAMPAIGN}}}
    assert ("bad_text", None, "nodes.0.params.map") in codes(with_node(table))
    assert ("bad_text", None, "entry.value") in codes(
        a_document(entry={"path": "lead.owner", "op": "eq", "value": text})
    )
