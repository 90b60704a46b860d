"""What the OpenAPI document describes, and what it rules out, drawn by schemathesis for every operation: no answer is a
server error.

A few draws, the same each time. `RINGROUND_TEST_SOAK=1` (`make soak`) makes many more, new ones each time, and adds the
edges of every described value.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

from ringround.config.urls import api
from tests.integration.http.calling import token_for
from tests.integration.walk import objects

if TYPE_CHECKING:
    from tests.integration.walk.objects import World

pytestmark = pytest.mark.django_db

SOAK = bool(os.environ.get("RINGROUND_TEST_SOAK"))
EXAMPLES = 50 if SOAK else 6
APP = get_wsgi_application()

schema = schemathesis.openapi.from_dict(
    api.document,
    config=schemathesis.Config.from_dict(
        {
            "generation": {
                "mode": "all", "max-examples": EXAMPLES, "deterministic": not SOAK, "no-shrink": not SOAK,
                "with-security-parameters": False,
            },
            "phases": {"coverage": {"enabled": SOAK}},
        }
    ),
)  # fmt: skip


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
    return {actor: token_for(getattr(world.staff, actor)) for actor in ("owner", "senior")}


@schema.parametrize()
@settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_no_described_call_is_a_server_error(
    case: schemathesis.Case[Any],
    world: World,
    tokens: dict[str, str],
    undone: Callable[[], AbstractContextManager[None]],
) -> None:
    actor = "senior" if case.path.startswith("/api/v1/agent") else "owner"
    if case.meta is not None and case.meta.generation.mode.is_positive:
        # Good calls are about things that are there; bad ones name what they like.
        address = case.path.lstrip("/").replace("{", "<").replace("}", ">")
        for name in case.path_parameters:
            make = objects.maker(address, name)
            if make is not None:
                case.path_parameters[name] = str(make(world))
    case.headers.pop("Ringround-Acting-For", None)
    with undone():
        response = case.call(app=APP, headers={"Authorization": f"Bearer {tokens[actor]}"})
        case.validate_response(response, checks=[not_a_server_error])
