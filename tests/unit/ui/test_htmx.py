"""Answers to htmx."""

from __future__ import annotations

import json

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from ringround.ui import htmx


def asked(**headers: str) -> HttpRequest:
    request = RequestFactory(headers=headers).get("/x")
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    return request


@pytest.mark.parametrize(
    ("headers", "fragment"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-Boosted": "true"}, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
    ],
)
def test_only_a_part_that_htmx_asks_for_is_a_fragment(headers: dict[str, str], fragment: bool) -> None:
    assert htmx.is_fragment(asked(**headers)) is fragment


def test_an_ordinary_redirect_is_a_303() -> None:
    response = htmx.redirect(asked(), "/there")
    assert (response.status_code, response["Location"]) == (303, "/there")


def test_htmx_is_sent_elsewhere_by_its_header() -> None:
    response = htmx.redirect(asked(**{"HX-Request": "true"}), "/there", toast="Saved")
    assert (response.status_code, response["HX-Redirect"]) == (204, "/there")


def test_several_toasts_travel_together_and_beside_events() -> None:
    response = htmx.trigger(htmx.toast(htmx.toast(HttpResponse(), "Én"), "To", "danger"), "list:changed", {"id": 1})
    assert json.loads(response["HX-Trigger"]) == {
        "toast": {"text": "Én", "tone": "success", "more": [{"text": "To", "tone": "danger"}]},
        "list:changed": {"id": 1},
    }


def test_the_header_is_ascii() -> None:
    assert htmx.toast(HttpResponse(), "Gemt – blåbær")["HX-Trigger"].isascii()
