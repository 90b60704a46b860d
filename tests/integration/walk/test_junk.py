"""Junk to every operation and every form: never a 500, never anything but a problem or a good answer, and in a page no
script that somebody typed.

Each operation gets a third of the junk, another one than its neighbours; `RINGROUND_TEST_SOAK=1` (`make soak`) gives
all of it to each.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from html.parser import HTMLParser
from itertools import product
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pydantic import TypeAdapter, ValidationError

from ringround.config.urls import api
from ringround.kernel.ids import new_id
from ringround.orgs.models import User
from tests.integration.walk import objects
from tests.integration.walk.objects import World
from tests.integration.walk.routes import Operation, Route, operations, web_routes

pytestmark = pytest.mark.django_db

SOAK = bool(os.environ.get("RINGROUND_TEST_SOAK"))
OPERATIONS = operations()
T = TypeVar("T")
Undone = Callable[[], AbstractContextManager[None]]

RAW = (
    b"",
    b"{",
    b"[]",
    b"[[]]",
    b"null",
    b"0",
    b'"x"',
    b"\xff\xfe\x00",
    b"\x00",
    b"[" * 100_000,
    b'{"a":' * 1000,
    b'{"id": 1, "name": 2, "\\u0000": 3}',
    b'{"name": "\\ud800"}',
    b'{"name": 1e999, "name": -1e999}',
    b"%PDF-1.4",
)
JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    10**400,
    0.5,
    1e308,
    "",
    " ",
    "x",
    "x" * 20_000,
    "a\0b",
    "'; DROP TABLE x; --",
    "%s %(a)s {0} ${a}",
    "🙂" * 100,
    "\u202e\ufeff",
    "00000000-0000-0000-0000-000000000000",
    "2026-02-30",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
    "24:00",
    "+4520123456",
    [],
    [None],
    [1, "a", {}],
    [[["a"]]],
    ["x"] * 3000,
    {},
    {"": ""},
    {"a": {"b": {"c": []}}},
    {"amount": 10**30, "currency": "XXX"},
)
# Script, SQL, templates, right to left, and letters of several parts.
UGLY = (
    "<script>ring('1')</script>\"'><svg onload=ring(2)> '); DROP TABLE x; -- {{ 7*7 }}{% debug %}"
    " \u202eعكس\u202c \u200fשלום 👩‍👩‍👧‍👦🏳️‍🌈 ø̈"
)
SCRIPTS = ("<script>ring(", "<svg onload=ring")
MEGABYTE = "å" * 2**19
KINDS = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
)
FORMATS = (
    b"",
    b"a=1&b=%00",
    b"--x\r\n\r\n",
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="\x00"\r\n\r\na\r\n--x--',
)
QUERIES = (
    "",
    "x",
    "-1",
    "99999999999999999999999",
    "%00",
    "%ff",
    "a,b,,",
    "2026-02-30",
    "0" * 5000,
    "%27%22%3B",
    "null",
)


def share(junk: Sequence[T], one: Operation) -> Sequence[T]:
    """What of the junk this operation gets: the same in each run."""
    return junk if SOAK else junk[zlib.crc32(one.label.encode()) % 3 :: 3]


@pytest.fixture
def owner(world: World) -> Callable[..., Any]:
    """Calls as the charity's owner, or as an agent where the address is the agent's."""
    tokens = {actor: objects.token(getattr(world.staff, actor)) for actor in ("owner", "senior")}
    # One for all: each makes its middleware anew.
    client = Client(raise_request_exception=False)

    def call(one: Operation, url: str, raw: bytes = b"", kind: str = "application/json", **headers: str) -> Any:
        actor = "senior" if one.path.startswith("/api/v1/agent") else "owner"
        sent = {"Authorization": f"Bearer {tokens[actor]}", **headers}
        client.cookies.clear()
        return client.generic(one.method, url, raw, kind, headers=sent)

    return call


def good(response: Any, what: str) -> None:
    """No 500; a refusal is a problem."""
    said = "" if response.streaming else response.content.decode("utf-8", "replace")[:400]
    assert response.status_code < 500, f"{what}: {response.status_code} {said}"
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json", f"{what}: {said}"
        assert json.loads(response.content)["code"]


def url_of(world: World, one: Operation) -> str:
    found = {}
    for name in one.parameters:
        make = objects.maker(one.address, name)
        found[name] = make(world) if make else new_id()
    return one.url(**found)


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = api.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def fields(one: Operation) -> list[str]:
    """Names of the body's fields, as documented."""
    described = api.document["paths"].get(one.path, {}).get(one.method.lower(), {})
    content = described.get("requestBody", {}).get("content", {})
    schema = resolve(next(iter(content.values()), {}).get("schema", {}))
    return list(schema.get("properties", {}))


def parameters(one: Operation) -> list[str]:
    described = api.document["paths"].get(one.path, {}).get(one.method.lower(), {})
    return [each["name"] for each in described.get("parameters", []) if each.get("in") == "query"]


def adapter(one: Operation) -> TypeAdapter[Any] | None:
    """What reads the operation's body, where that is JSON."""
    models = {model.__ninja_param_source__: model for model in one.operation.models}
    if "body" not in models or models.keys() & {"form", "file"}:
        return None
    (field,) = models["body"].model_fields.values()
    return TypeAdapter(field.annotation)


def refused(reads: TypeAdapter[Any] | None, raw: bytes) -> bool:
    """Whether the body's description alone refuses it: nothing of the operation is asked then."""
    try:
        if reads is not None:
            reads.validate_json(raw)
    except ValidationError:
        return True
    return False


def bodies(world: World, one: Operation) -> Iterator[bytes]:
    """Junk in each field: alone where the operation gets to see it, else together with what is refused as well, for
    every fault of a body is found at once."""
    yield from share(RAW, one)
    base = objects.body(world, one.label)
    names = fields(one) or list(base) or ["name"]
    reads = adapter(one)
    for junk in share((*JUNK, UGLY, MEGABYTE), one):

        def raw(*junked: str, junk: Any = junk) -> bytes:
            whole = {**base, **dict.fromkeys(junked, junk)}
            return json.dumps(whole, ensure_ascii=junk not in (UGLY, MEGABYTE)).encode()

        together = []
        for name in names:
            if refused(reads, raw(name)):
                together.append(name)
            else:
                yield raw(name)
        # As many as a body may be long.
        most = 4 if junk is MEGABYTE else len(names)
        yield from (raw(*together[at : at + most]) for at in range(0, len(together), most))
    for junk in share(JUNK, one):
        yield json.dumps(dict.fromkeys(names, junk)).encode()


@pytest.mark.parametrize("one", [one for one in OPERATIONS if one.method != "GET"], ids=lambda one: one.label)
def test_junk_in_a_body_is_never_a_500(world: World, undone: Undone, owner: Callable[..., Any], one: Operation) -> None:
    url = url_of(world, one)
    for raw in dict.fromkeys(bodies(world, one)):
        with undone():
            good(owner(one, url, raw), f"{one.label} {raw[:200]!r}")


@pytest.mark.parametrize("one", [one for one in OPERATIONS if one.method != "GET"], ids=lambda one: one.label)
def test_another_format_is_never_a_500(world: World, undone: Undone, owner: Callable[..., Any], one: Operation) -> None:
    url = url_of(world, one)
    for kind, raw, key in share(tuple(product(KINDS, FORMATS, ("", "k"))), one):
        with undone():
            headers = {"Idempotency-Key": key} if key else {}
            good(owner(one, url, raw, kind, **headers), f"{one.label} {kind} {raw!r}")


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.label)
def test_junk_in_the_address_is_never_a_500(
    world: World, undone: Undone, owner: Callable[..., Any], one: Operation
) -> None:
    url = url_of(world, one)
    for name in parameters(one):
        for junk in share(QUERIES, one):
            with undone():
                good(owner(one, f"{url}?{name}={junk}"), f"{one.label} ?{name}={junk[:50]}")
    with undone():
        good(owner(one, f"{url}?%00=%ff&x[]=1&&=&size=1&size=2"), f"{one.label} with strange parameters")
    for name in one.parameters:
        for junk in share(("x", "1", "%00", "%2e%2e", "0" * 36, str(new_id()) + "0", "%f0%9f%99%82"), one):
            values = {other: junk if other == name else new_id() for other in one.parameters}
            with undone():
                response = owner(one, one.url(**values), b"{}")
            assert response.status_code in (404, 405), f"{one.label} {name}={junk}: {response.status_code}"


def test_every_answer_is_documented() -> None:
    """Each operation has a summary, and its answers a shape."""
    for path, methods in api.document["paths"].items():
        for method, described in methods.items():
            assert described["summary"], f"{method} {path}"
            assert described.get("tags"), f"{method} {path} has no chapter in the docs"


def test_operation_ids_are_unique() -> None:
    ids = [described["operationId"] for methods in api.document["paths"].values() for described in methods.values()]
    assert len(ids) == len(set(ids))


WEB = [route for route in web_routes() if not route.address.startswith("accounts/")]
STRANGE = (
    "q=%00&sort=nothing&after=garbage&size=-1",
    "q=" + "x" * 3000 + "&status=%00&state=x&campaign=x&agent=%ff&from=2026-02-30&to=soon",
    "campaign=00000000-0000-0000-0000-000000000000&lead=1&number=%00&step=99999999999999999999&list=x",
)
FORM = {
    "name": "a\0b",
    "text": "x" * 20_000,
    "at": "0001-01-01T00:00",
    "number": "99999999999999999999",
    "campaign": "garbage",
    "lead": "garbage",
    "disposition": "garbage",
    "users": "garbage",
    "ids": "garbage",
    "key": " ",
    "file": "not a file",
}
FORMS = (FORM, dict.fromkeys(FORM, ""))


def page_of(world: World, route: Route) -> str:
    values: dict[str, object] = {}
    for name in route.parameters:
        make = objects.maker(route.address, name)
        values[name] = make(world) if make else "7"
    return route.path(**values)


def who(world: World, route: Route) -> User:
    """Whose screen it is."""
    user = (world.staff.senior if route.address.startswith(objects.AGENTS) else world.staff.owner).user
    assert user is not None
    return user


@pytest.mark.parametrize("route", WEB, ids=lambda route: route.address or "/")
def test_junk_to_a_page_is_never_a_500(world: World, undone: Undone, route: Route) -> None:
    path = page_of(world, route)
    client = Client(raise_request_exception=False)
    client.force_login(who(world, route))
    # A page and its fragment in turn; in the long form each with all of it.
    for turn, headers in enumerate(({}, {"HX-Request": "true"})):
        for query in STRANGE if SOAK else STRANGE[turn::2]:
            with undone():
                assert client.get(f"{path}?{query}", headers=headers).status_code < 500, f"GET {path}?{query[:80]}"
        for form in FORMS if SOAK else FORMS[turn : turn + 1]:
            with undone():
                assert client.post(path, form, headers=headers).status_code < 500, f"POST {path} {str(form)[:80]}"


class Forms(HTMLParser):
    """The forms of a page: where each goes, and the names of its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.found, self._open = page, dict[str, set[str]](), set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            to = given.get("hx-post") or given.get("action") or self.page
            self._open = self.found.setdefault(urlsplit(to).path or self.page, set())
        elif tag in ("input", "select", "textarea") and (name := given.get("name")):
            to = given.get("hx-post")
            (self.found.setdefault(urlsplit(to).path, set()) if to else self._open).add(name)


def forms(world: World, client: Client) -> dict[str, set[str]]:
    """Every form of the pages: where it goes, and its fields."""
    found: dict[str, set[str]] = {}
    for route in WEB:
        page = page_of(world, route)
        client.force_login(who(world, route))
        answer = client.get(page)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html") and not answer.streaming:
            parser = Forms(page)
            parser.feed(answer.content.decode())
            for to, names in parser.found.items():
                found.setdefault(to, set()).update(names)
    return found


def test_ugly_words_in_any_field_of_any_form_are_no_500_and_no_script(world: World, undone: Undone) -> None:
    client = Client(raise_request_exception=False)
    with undone():
        every = forms(world, client)
    fields = sum(len(names) for names in every.values())
    assert len(every) > 30
    assert fields > 150
    for to, names in sorted(every.items()):
        agents = to.lstrip("/").startswith(objects.AGENTS)
        user = (world.staff.senior if agents else world.staff.owner).user
        assert user is not None
        client.force_login(user)
        long = sorted(names - {"csrfmiddlewaretoken"})
        # As many at once as a form may be long.
        parts = [dict.fromkeys(long[at : at + 4], MEGABYTE) for at in range(0, len(long), 4)]
        for form in (dict.fromkeys(names, UGLY), *({**dict.fromkeys(names, ""), **part} for part in parts)):
            with undone():
                answer = client.post(to, form)
                said = "" if answer.streaming else answer.content.decode("utf-8", "replace")
            assert answer.status_code < 500, f"{to} {sorted(names)}"
            assert not any(script in said for script in SCRIPTS), f"{to}: a script came back as it was sent"
