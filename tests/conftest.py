"""What all tests stand on: a real PostgreSQL (the embedded one, unless `RINGROUND_TEST_DATABASE_URL` names a server),
Django on it, a clock that stands still when asked, and for unit tests no database and no network at all."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
import pytest

from tests import database, middleware
from tests.order import handed_out

HERE = Path(__file__).parent
# A worker of xdist has its environment from the controller, which has been here already, and pytest-django reads the
# settings out of it before this file is read: a folder made here would be another than the one in the settings.
if not os.environ.get("PYTEST_XDIST_WORKER"):
    for _name in list(os.environ):
        if _name.startswith("RINGROUND_") and not _name.startswith("RINGROUND_TEST_"):
            del os.environ[_name]
    _data = tempfile.mkdtemp(prefix="rr-test-")
    atexit.register(shutil.rmtree, _data, ignore_errors=True)
    os.environ["RINGROUND_DATA"] = _data
os.environ["DJANGO_SETTINGS_MODULE"] = "ringround.config.settings"

SERVER = "RINGROUND_TEST_DATABASE_URL"
# Nothing listens there: what only reads settings gets by, what would connect fails.
NOWHERE = "postgresql://nobody@127.0.0.1:1/nowhere"


def _needs_database(args: list[str]) -> bool:
    """Unit tests alone need no server."""
    return not args or not all("tests/unit" in str(arg) for arg in args)


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get(SERVER):
        os.environ["RINGROUND_DATABASE_URL"] = os.environ[SERVER]
    elif _needs_database(config.args) and not os.environ.get("PYTEST_XDIST_WORKER"):
        from ringround.infra.postgres import Server

        server = Server(Path(tempfile.mkdtemp(prefix="rr-pg-")))
        # Workers of xdist find it in their environment; durability is the product's own test, not every test's cost.
        # One server carries all of them, each with a product of its own, and those that tests start beside.
        options = {"fsync": "off", "max_connections": "200"}
        os.environ[SERVER] = os.environ["RINGROUND_DATABASE_URL"] = server.start(options=options)
        atexit.register(shutil.rmtree, server.data_dir, ignore_errors=True)
        atexit.register(server.stop)
    else:
        os.environ["RINGROUND_DATABASE_URL"] = NOWHERE
    # Rooms are imported while tests are collected, so the house is opened now that it knows its database.
    django.setup()
    from django.conf import settings
    from django.test import TransactionTestCase

    from ringround.infra import event_types

    # Middleware would read every file there is to serve; so each is looked for when it is asked for.
    settings.WHITENOISE_AUTOREFRESH = True
    middleware.made_once()
    # As much work as a password is worth would be a tenth of a second for each that a test signs in with.
    settings.PASSWORD_HASHERS = ["tests.hashing.LightArgon2"]
    TransactionTestCase._fixture_teardown = lambda self: database.clear()  # type: ignore[attr-defined]

    # An event that is not as its room declares it is found where it is recorded.
    event_types.strict = True


def pytest_unconfigure() -> None:
    if os.environ.get(SERVER) and not os.environ.get("PYTEST_XDIST_WORKER"):
        database.drop_template(os.environ[SERVER])


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, django_db_keepdb: bool) -> None:
    """Each worker's database is a copy of the one that is migrated."""
    from django.conf import settings

    if os.environ.get("PYTEST_XDIST_WORKER") and not django_db_keepdb:
        settings.DATABASES["default"]["TEST"]["TEMPLATE"] = database.template(os.environ[SERVER])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In a worker of xdist, which hands files out in this order (`--no-loadscope-reorder`)."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        items[:] = handed_out(items)


@pytest.fixture(autouse=True)
def _unit_tests_stay_inside(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit test that opens a socket is not one."""
    if "unit" not in request.path.relative_to(HERE).parts:
        return

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a unit test opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(autouse=True)
def _language_of_the_house() -> None:
    """A page that the test before asked for leaves its language active, as it does in a thread that serves pages."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_jobs_are_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test commits is cleared after it, but for Procrastinate's own tables: those are not Django's to clear."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("periodic_defers", "jobs", "workers"):
            cursor.execute(f"DELETE FROM procrastinate_{table}")  # noqa: S608


@pytest.fixture
def monday_ten() -> Iterator[datetime]:
    """Business time stands at Monday 2 March 2026, 10:00 in Copenhagen; move it with `clock.advance`."""
    from ringround.infra import clock

    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    with clock.frozen(at):
        yield at
