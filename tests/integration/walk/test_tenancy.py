"""Every route, walked: strangers are asked who they are, another organisation finds nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.shortcuts import resolve_url
from django.test import Client

from ringround.orgs.actor import Actor
from ringround.orgs.models import Organisation
from ringround.orgs.queries.acting import SESSION_ORGANISATION
from tests.integration.walk import objects
from tests.integration.walk.objects import World
from tests.integration.walk.routes import Operation, Route, operations, web_routes

pytestmark = pytest.mark.django_db

WEB = web_routes()
WITH_ID = [route for route in WEB if route.parameters and route.address not in objects.NO_OBJECT]
OPERATIONS = operations()
OPERATIONS_WITH_ID = [one for one in OPERATIONS if one.parameters and one.address not in objects.NO_OBJECT]
HOW = (
    "needs a maker of an object of the charity: add one to BY_NAME or BY_ROUTE in tests/integration/walk/objects.py, so"
    " that it is tried with another organisation's ids (or, if it names no object, say why in NO_OBJECT)"
)

Undone = Callable[[], AbstractContextManager[None]]


def strangers(world: World) -> dict[str, Actor]:
    """Everyone who has nothing to do with the charity, with every permission in their own house."""
    return {
        "another merchant": world.cast.magazine.owner,
        "an agency without a link": world.cast.agency2.owner,
        "an agency linked to another merchant": world.cast.agency.owner,
        "an outsider": world.cast.outsider,
        "an agency acting for a client of its own": world.acting,
    }


def values(world: World, address: str, names: tuple[str, ...]) -> dict[str, object]:
    found = {}
    for name in names:
        make = objects.maker(address, name)
        assert make is not None, f"{address}: <{name}> {HOW}"
        found[name] = make(world)
    return found


def send(client: Client, method: str, route: Route, path: str) -> int:
    """The status of a page asked for, or of its form sent."""
    if method == "GET":
        return client.get(path).status_code
    return client.post(path, objects.FORMS.get(route.address, {})).status_code


def signed_in(actor: Actor) -> Client:
    client = Client()
    client.force_login(actor.user)
    if actor.acting_for is not None:
        session = client.session
        session[SESSION_ORGANISATION] = str(actor.org_id)
        session.save()
    return client


@pytest.fixture(scope="module")
def at_screens(world: World) -> Callable[[Actor], Client]:
    """The browser of somebody who signed in before all tests; nothing that another page left is in it."""
    people = [*strangers(world).values(), world.staff.owner, world.staff.senior]
    made = {actor: signed_in(actor) for actor in people}
    sessions = {actor: client.cookies[settings.SESSION_COOKIE_NAME].value for actor, client in made.items()}

    def client_of(actor: Actor) -> Client:
        client = made[actor]
        client.cookies.clear()
        client.cookies[settings.SESSION_COOKIE_NAME] = sessions[actor]
        return client

    return client_of


def headers_of(actor: Actor) -> dict[str, str]:
    acting = {} if actor.acting_for is None else {"Ringround-Acting-For": str(actor.org_id)}
    return {"Authorization": f"Bearer {objects.token(actor)}"} | acting


@pytest.mark.parametrize("route", WITH_ID, ids=lambda route: route.address)
def test_a_page_with_an_id_is_404_for_another_organisation(
    world: World, undone: Undone, at_screens: Callable[[Actor], Client], route: Route
) -> None:
    path = route.path(**values(world, route.address, route.parameters))
    agent = route.address.startswith(objects.AGENTS)
    for who, stranger in strangers(world).items():
        client = at_screens(stranger)
        statuses = {}
        for method in ("GET", "POST"):
            with undone():
                statuses[method] = send(client, method, route, path)
        assert set(statuses.values()) <= {404, 405}, f"{path} for {who}: {statuses}"
        assert 404 in statuses.values(), f"{path} for {who}: {statuses}"
    own = at_screens(world.staff.senior if agent else world.staff.owner)
    with undone():
        statuses = {method: send(own, method, route, path) for method in ("GET", "POST")}
    assert 404 not in statuses.values(), f"the charity itself does not find {path}: the test above proves nothing"
    assert max(statuses.values()) < 500, statuses


@pytest.mark.parametrize("one", OPERATIONS_WITH_ID, ids=lambda one: one.label)
def test_an_operation_with_an_id_is_404_for_another_organisation(world: World, undone: Undone, one: Operation) -> None:
    url = one.url(**values(world, one.address, one.parameters))
    body = json.dumps(objects.body(world, one.label)).encode()

    def call(actor: Actor) -> Any:
        headers = headers_of(actor)
        with undone():
            if one.label in objects.UPLOADS:
                file = SimpleUploadedFile("a.csv", b"name,mobile\nAnna,28998877\n")
                return Client().post(url, {"file": file}, headers=headers)
            return Client().generic(one.method, url, body, "application/json", headers=headers)

    for who, stranger in strangers(world).items():
        response = call(stranger)
        assert response.status_code == 404, (
            f"{one.label} for {who}: {response.status_code} {response.content.decode()[:300]}"
            + (" — a good body belongs into BODIES in objects.py" if response.status_code == 422 else "")
        )
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "not_found"
    own = call(world.staff.owner)
    assert own.status_code != 404, f"the charity itself does not find {url}: the test above proves nothing"
    assert own.status_code < 500


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.label)
def test_an_operation_acts_for_nobody_whom_the_callers_agency_does_not_manage(
    world: World, undone: Undone, one: Operation
) -> None:
    if one.open:
        return
    url = one.url(**values(world, one.address, one.parameters))
    acting_for = {"Ringround-Acting-For": str(world.staff.org.id)}
    for who, stranger in strangers(world).items():
        with undone():
            headers = headers_of(stranger) | acting_for
            response = Client().generic(one.method, url, b"{}", "application/json", headers=headers)
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), f"{one.label} for {who}"


@pytest.mark.parametrize("one", OPERATIONS_WITH_ID, ids=lambda one: one.label)
def test_an_operation_with_an_id_is_found_by_who_acts_for_its_organisation(
    world: World, undone: Undone, one: Operation
) -> None:
    agency = world.cast.agency2
    with undone():
        Organisation.objects.filter(id=world.staff.org.id).update(managed_by=agency.org)
        actor = Actor(user=agency.owner.user, organisation=world.staff.org, home=agency.org, role="owner")
        url = one.url(**values(world, one.address, one.parameters))
        body = json.dumps(objects.body(world, one.label)).encode()
        response = Client().generic(one.method, url, body, "application/json", headers=headers_of(actor))
        if one.label in objects.HOME:
            assert response.status_code == 404
        else:
            assert response.status_code not in (401, 404), f"{one.label}: {response.content.decode()[:300]}"
        assert response.status_code < 500


@pytest.mark.parametrize("name", objects.ELSEWHERE)
def test_an_id_in_a_query_or_body_finds_nothing_of_another_organisation(
    world: World, undone: Undone, name: str
) -> None:
    asked = objects.ELSEWHERE[name]
    path, body = asked.path(world), asked.body(world)
    people = dict(strangers(world).items())
    if asked.actor != "owner":
        cast = world.cast
        people = {str(staff.org): getattr(staff, asked.actor) for staff in (cast.magazine, cast.agency, cast.agency2)}
    for who, stranger in people.items():
        headers = headers_of(stranger)
        sent = b"" if body is None else json.dumps(body).encode()
        with undone():
            response = Client().generic(asked.method, f"/api/v1{path}", sent, "application/json", headers=headers)
        if asked.empty and response.status_code == 200 and response.streaming:
            lines = b"".join(response.streaming_content).splitlines()
            assert len(lines) == 1, f"{name} for {who}: {len(lines)} lines where only the header belongs"
        elif asked.empty and response.status_code == 200:
            found = response.json()
            assert found.get("items", []) == [], f"{name} for {who}: {found}"
            assert found.get("count", 0) == 0, f"{name} for {who}: {found}"
        else:
            assert response.status_code in asked.refused, f"{name} for {who}: {response.content.decode()[:300]}"


@pytest.mark.parametrize("route", WEB, ids=lambda route: route.address or "/")
def test_a_stranger_is_sent_to_sign_in(world: World, undone: Undone, route: Route) -> None:
    public = route.address.startswith(objects.PUBLIC)
    if route.address in objects.NO_OBJECT:
        path = route.path(**dict.fromkeys(route.parameters, "7"))
    else:
        path = route.path(**values(world, route.address, route.parameters))
    login = resolve_url(settings.LOGIN_URL)
    for method in ("GET", "POST"):
        with undone():
            response = Client().generic(method, path)
        assert response.status_code < 500
        if public or response.status_code == 405:
            continue
        assert response.status_code == 302, f"{method} {path}: {response.status_code}"
        assert response["Location"].startswith(login)


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.label)
def test_an_operation_asks_strangers_for_a_token(world: World, one: Operation) -> None:
    url = one.url(**dict.fromkeys(one.parameters, world.staff.org.id))
    response = Client().generic(one.method, url, b"{}", "application/json")
    if one.open:
        assert response.status_code < 500
    else:
        assert response.status_code == 401
        assert "WWW-Authenticate" in response


def test_every_route_with_an_id_has_a_maker() -> None:
    """One message for all that are missing."""
    missing = [
        f"{address} <{name}>"
        for address, names in [
            *((route.address, route.parameters) for route in WITH_ID),
            *((one.address, one.parameters) for one in OPERATIONS),
        ]
        for name in names
        if objects.maker(address, name) is None
    ]
    assert not missing, f"{', '.join(missing)}: each {HOW}"


def test_nothing_is_excused_that_is_not_there() -> None:
    assert set(objects.NO_OBJECT) <= {one.address for one in (*WEB, *OPERATIONS)}
    labels = {one.label for one in OPERATIONS}
    assert set(objects.BODIES) | objects.UPLOADS <= labels
