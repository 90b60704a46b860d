"""What the OpenAPI document describes, and what it rules out, drawn by schemathesis for every operation: no answer is a
server error.

A few draws, the same each time, of good calls for one half of the operations and of bad ones for the other.
`RINGROUND_TEST_SOAK=1` (`make soak`) makes many more of both, new ones each time, and shrinks what it finds.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from ringround.config.urls import api
from tests.integration.walk import objects

if TYPE_CHECKING:
    from tests.integration.walk.objects import World

pytestmark = pytest.mark.django_db

SOAK = bool(os.environ.get("RINGROUND_TEST_SOAK"))
APP = get_wsgi_application()
SCHEMA = schemathesis.openapi.from_dict(
    api.document, config=schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
)
OPERATIONS = {one.ok().label: one.ok() for one in SCHEMA.get_all_operations()}
# Whose description refuses nothing, so that no bad call can be drawn.
NOTHING_IS_BAD = {"POST /api/v1/hooks/{token}"}
DRAWS = settings(
    max_examples=200 if SOAK else 2,
    derandomize=not SOAK,
    phases=(Phase.generate, Phase.shrink) if SOAK else (Phase.generate,),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """As with Django's own client, no request closes the connection: the world stands in a transaction of it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def tokens(world: World) -> dict[str, str]:
    return {actor: objects.token(getattr(world.staff, actor)) for actor in ("owner", "senior")}


def test_every_operation_is_described() -> None:
    described = sum(len(methods) for methods in api.document["paths"].values())
    assert len(OPERATIONS) == described > 100
    assert OPERATIONS.keys() >= NOTHING_IS_BAD


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_described_call_is_a_server_error(
    label: str, world: World, tokens: dict[str, str], undone: Callable[[], AbstractContextManager[None]]
) -> None:
    operation = OPERATIONS[label]
    token = tokens["senior" if operation.path.startswith("/api/v1/agent") else "owner"]
    address = operation.path.lstrip("/").replace("{", "<").replace("}", ">")

    def call(case: schemathesis.Case[Any], there: bool) -> None:
        for name in case.path_parameters if there else ():
            make = objects.maker(address, name)
            if make is not None:
                case.path_parameters[name] = str(make(world))
        case.headers.pop("Ringround-Acting-For", None)
        with undone():
            response = case.call(app=APP, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code != 401, "nothing of the call was looked at"
        assert response.status_code < 500, f"{case.as_curl_command()}: {response.status_code} {response.text[:500]}"

    @DRAWS
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def good(case: schemathesis.Case[Any]) -> None:
        call(case, there=True)

    @DRAWS
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def bad(case: schemathesis.Case[Any]) -> None:
        # Of a thing that is there, as far as anything else of the call can be bad.
        call(case, there=bool(operation.body) or bool(operation.query))

    # The same half in each run.
    half = zlib.crc32(label.encode()) % 2
    if SOAK or half or label in NOTHING_IS_BAD:
        good()
    if (SOAK or not half) and label not in NOTHING_IS_BAD:
        bad()
