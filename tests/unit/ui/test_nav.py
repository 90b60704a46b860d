"""The menu."""

from __future__ import annotations

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import path

from ringround.ui import nav, ports

urlpatterns = [path(f"{name}/", lambda request: None, name=name) for name in ("lists", "runs", "lists/old")]


@pytest.fixture(autouse=True)
def _menu(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = __name__  # type: ignore[attr-defined]
    monkeypatch.setattr(nav, "_items", {})
    monkeypatch.setattr(ports, "_allowed", lambda request, permission: permission == "lists.view")


def at(address: str) -> HttpRequest:
    return RequestFactory().get(address)


def test_an_item_without_its_permission_is_not_shown() -> None:
    nav.register(
        nav.Item(key="a", label="A", icon="x", url_name="lists", permission="lists.view"),
        nav.Item(key="b", label="B", icon="x", url_name="runs", permission="runs.view"),
    )
    assert [item.key for item in nav.items(at("/"))] == ["a"]


def test_an_item_of_a_room_that_is_not_there_is_not_shown() -> None:
    nav.register(nav.Item(key="a", label="A", icon="x", url_name="journeys:list"))
    assert nav.items(at("/")) == []


def test_the_longest_address_is_where_one_is() -> None:
    nav.register(
        nav.Item(key="a", label="A", icon="x", url_name="lists"),
        nav.Item(key="b", label="B", icon="x", url_name="lists/old"),
    )
    assert [item.key for item in nav.items(at("/lists/old/7")) if item.active] == ["b"]
    assert [item.key for item in nav.items(at("/lists/7")) if item.active] == ["a"]


def test_items_stand_by_section_and_order() -> None:
    nav.register(
        nav.Item(key="late", label="A", icon="x", url_name="lists", order=20),
        nav.Item(key="early", label="A", icon="x", url_name="lists", order=10),
        nav.Item(key="own", label="A", icon="x", url_name="lists", section="account", order=1),
    )
    assert [(s.key, [i.key for i in s.items]) for s in nav.sections(at("/"))] == [
        ("work", ["early", "late"]),
        ("account", ["own"]),
    ]
