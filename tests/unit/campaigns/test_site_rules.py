"""External sites: what may be written, and how values are put into an address, a form, and JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from ringround.campaigns.rules import site as rules
from ringround.campaigns.rules.site import Names, Site, check, fill

NAMES = rules.names_of([("Beløb", None), ("CPR", "national_id"), ("Navn", "name"), ("Medlem siden", None)], ["amount"])
BAD: list[Any] = [
    '"><script>alert(1)</script>',
    "a&b=c#d?e/f",
    "../../admin",
    "..",
    "%2e%2e",
    "שלום עולם",
    "🎉 1️⃣",
    "line\r\nSet-Cookie: a=b",
    "\u202eevil",
    "æøå ÆØÅ",
    "' OR 1=1 --",
    "{{contact.name}}",
    "x" * 100_000,
]


def site(url: str = "https://crm.example.org/find", method: str = "get", opens: str = "button", **more: Any) -> Site:
    return Site(url, method, more, opens)


def codes(one: Site, *, private: bool = False) -> list[str]:
    return [fault.code for fault in check(one, NAMES, private=private)]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("javascript:alert(1)", "bad_url"),
        ("data:text/html,hello", "bad_url"),
        ("ftp://crm.example.org/", "bad_url"),
        ("//crm.example.org/", "bad_url"),
        ("", "bad_url"),
        ("https://user:secret@crm.example.org/", "bad_url"),
        ("https://crm.example.org/a b", "bad_url"),
        ("https://{{contact.name}}.example.org/", "placeholder_in_host"),
        ("https://crm.example.org:{{lead.id}}/", "placeholder_in_host"),
        ("https://crm.example.org\\@evil.example/{{lead.id}}", "bad_url"),
        ("http://crm.example.org\\x.evil.example:8080/a", "bad_url"),
        ("http://crm.example.org\\{{contact.name}}.evil.example/", "bad_url"),
        ("http://127.0.0.1/", "private_target"),
        ("http://localhost/{{lead.id}}", "private_target"),
        ("http://169.254.169.254/latest", "private_target"),
        ("https://crm.example.org/{{nothing}}", "unknown_placeholder"),
        ("https://crm.example.org/{{}}", "unknown_placeholder"),
        ("https://crm.example.org/{{lead.id", "bad_placeholder"),
        ("https://crm.example.org/{{contact.CPR}}", "sensitive_placeholder"),
        ("https://crm.example.org/{{national_id}}", "sensitive_placeholder"),
    ],
)
def test_a_bad_address_is_refused(url: str, code: str) -> None:
    assert codes(site(url)) == [code]


def test_a_private_address_is_taken_where_the_operator_lets_it() -> None:
    assert codes(site("http://127.0.0.1:8080/{{lead.id}}"), private=True) == []


@pytest.mark.parametrize(
    "name",
    [
        "lead.id", "contact.name", "contact.city", "contact.Beløb", "contact.medlem_siden", "Medlem siden", "name",
        "phone", "agent.external_id", "answer.amount", "answers.amount", "disposition", "call.id",
    ],
)  # fmt: skip
def test_what_is_known_may_be_named(name: str) -> None:
    assert codes(site(a="{{ " + name + " }}")) == []


def test_an_unknown_placeholder_is_told_with_those_there_are() -> None:
    (fault,) = check(site(who="{{contact.shoe_size}}"), NAMES, private=False)
    assert (fault.loc, fault.code) == (("parameters", "who"), "unknown_placeholder")
    assert "{{contact.shoe_size}}" in str(fault.detail)
    assert {"lead.id", "contact.city", "contact.beløb", "answer.amount"} <= set(fault.extra["known"])
    assert not {"contact.cpr", "contact.national_id"} & set(fault.extra["known"])


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"a": {"b": 1}}, "wrong_type"),
        ({"": "a"}, "bad_value"),
        ({"a\nb": "a"}, "bad_value"),
        ({"a": "x" * 4001}, "too_long"),
        ({f"a{at}": "x" * 3000 for at in range(10)}, "too_long"),
        ({f"a{at}": "" for at in range(101)}, "too_many"),
        ({"a": "\0"}, "bad_value"),
        ({"a": "\ud800"}, "bad_value"),
        ({"a": float("nan")}, "wrong_type"),
    ],
)
def test_bad_parameters_are_refused(parameters: dict[str, Any], code: str) -> None:
    assert codes(Site("https://crm.example.org/", "get", parameters, "button")) == [code]


def test_json_may_hold_objects_but_not_without_end() -> None:
    deep: Any = "{{lead.id}}"
    for _ in range(30):
        deep = {"a": deep}
    assert codes(Site("https://crm.example.org/", "post_json", {"a": {"b": ["{{lead.id}}"]}}, "button")) == []
    assert codes(Site("https://crm.example.org/", "post_json", {"a": deep}, "button")) == ["wrong_type"]


@pytest.mark.parametrize("name", ["\0", "\ud800"])
def test_names_within_objects_are_storable_too(name: str) -> None:
    assert codes(Site("https://crm.example.org/", "post_json", {"a": [{name: "x"}]}, "button")) == ["bad_value"]


@pytest.mark.parametrize("value", BAD, ids=lambda value: repr(value[:12]))
def test_a_value_stays_one_value_wherever_it_is_put(value: str) -> None:
    values = {"contact.name": value}
    one = fill(site("https://crm.example.org/a/{{name}}/b?q={{name}}&r=1#{{name}}"), values, NAMES)
    parts = urlsplit(one.url)
    assert (parts.scheme, parts.netloc, parts.path.count("/")) == ("https", "crm.example.org", 3)
    assert parse_qsl(parts.query, keep_blank_values=True) == [("q", value), ("r", "1")]
    assert one.url.isascii()
    assert not set(" \"'<>\\\r\n") & set(one.url)
    with_parameters = fill(site(who="{{name}}", x="1"), values, NAMES)
    assert parse_qsl(urlsplit(with_parameters.url).query) == [("who", value), ("x", "1")]
    form = fill(site(method="post_form", who="{{name}}"), values, NAMES)
    assert parse_qsl(form.body) == [("who", value)]
    assert form.fields == (("who", value),)
    sent = fill(site(method="post_json", who="{{name}}", words="Hej {{name}}!"), values, NAMES)
    assert json.loads(sent.body) == {"who": value, "words": f"Hej {value}!"}


@pytest.mark.parametrize("value", ["..", ".", "%2e%2e", " .. "])
def test_a_value_leads_to_no_other_path(value: str) -> None:
    one = fill(site("https://crm.example.org/a/{{name}}/b"), {"contact.name": value}, NAMES)
    segments = urlsplit(one.url).path.split("/")
    assert segments[1] == "a"
    assert segments[3] == "b"
    assert segments[2] in ("", "%252e%252e")


def test_what_is_put_in_is_not_filled_in_again() -> None:
    one = fill(site(a="{{name}}"), {"contact.name": "{{lead.id}}", "lead.id": "secret"}, NAMES)
    assert "secret" not in one.url


def test_json_keeps_numbers_and_says_null_for_what_is_not_known() -> None:
    parameters = {"a": "{{answer.amount}}", "b": "{{answer.amount}} kr.", "c": "{{disposition}}", "d": [1, {"e": True}]}
    one = fill(
        Site("https://crm.example.org/", "post_json", parameters, "on_disposition"), {"answer.amount": 150}, NAMES
    )
    assert json.loads(one.body) == {"a": 150, "b": "150 kr.", "c": None, "d": [1, {"e": True}]}


def test_what_is_too_long_is_said_and_not_cut() -> None:
    long = {"contact.name": "x" * 1_000_000}
    assert fill(site(a="{{name}}"), long, NAMES).error == "too_long"
    assert fill(site(method="post_form", a="{{name}}"), long, NAMES).error == "too_long"
    assert fill(site(method="post_json", a="{{name}}"), long, NAMES).error == "too_long"


def test_parameters_join_an_address_that_has_some_and_a_fragment() -> None:
    one = fill(site("https://crm.example.org/#a", b="1"), {}, Names())
    assert one.url == "https://crm.example.org/?b=1#a"
    assert fill(site("https://crm.example.org/?a=1", b="1"), {}, Names()).url == "https://crm.example.org/?a=1&b=1"


def test_a_dead_site_is_tried_for_a_day_and_a_half_and_then_waits_for_a_hand() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert rules.retry_at(now=now, tries=len(rules.PAUSES_S) + 1) is None
    assert 24 * 3600 < sum(rules.PAUSES_S) < 72 * 3600
    assert [rules.pause(failures=n).total_seconds() for n in (1, 4, 5, 50)] == [0, 0, 10, 900]


def test_what_a_site_rejects_is_given_up_within_the_hour_and_a_site_that_is_down_is_waited_for() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert [rules.rejects(one) for one in (400, 404, 409, 422)] == [True] * 4
    assert [rules.rejects(one) for one in (None, 301, 401, 408, 429, 500, 503)] == [False] * 7
    assert rules.retry_at(now=now, tries=1, rejected=True) == rules.retry_at(now=now, tries=1)
    assert rules.retry_at(now=now, tries=rules.REJECTED_TRIES, rejected=True) is None
    assert sum(rules.PAUSES_S[: rules.REJECTED_TRIES - 1]) < 3600


@pytest.mark.parametrize("name", ["Authorization", "X-Api-Key", "x_key"])
@pytest.mark.parametrize("value", ["Bearer abc.def", "x", "a" * 4000, None])
def test_headers_that_may_be_sent(name: str, value: str | None) -> None:
    assert rules.check_headers({name: value}) == []


@pytest.mark.parametrize("name", ["", "X Y", "X:Y", "Ø", "x\n", "Host", "content-TYPE", "Idempotency-Key", "TE"])
def test_headers_that_may_not_be_named(name: str) -> None:
    assert [one.loc for one in rules.check_headers({name: "1"})] == [("headers", name)]


@pytest.mark.parametrize("value", ["", " x", "x ", "a\r\nHost: b", "a\nb", "a\0b", "Å", "a" * 4001, 7])
def test_values_that_would_be_more_than_a_header(value: object) -> None:
    assert [one.code for one in rules.check_headers({"X": value})] == ["bad_value"]


def test_a_header_is_named_once_whatever_its_letters() -> None:
    assert [one.code for one in rules.check_headers({"X-Key": "1", "x-key": "2"})] == ["twice"]


def test_the_server_of_an_address_is_what_stands_before_the_path() -> None:
    assert rules.server("HTTPS://Crm.example.org:8443/a?b#{{c}}") == "https://crm.example.org:8443"
    assert rules.server("https://crm.example.org") != rules.server("https://crm.example.org.evil.example")
