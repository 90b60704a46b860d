"""Which database the product uses: the operator's, or the embedded one."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from psycopg.conninfo import conninfo_to_dict

from ringround.infra.postgres.programs import find
from ringround.infra.postgres.server import DATABASE, PORT, ROLE, Server


class DatabaseSettings(Protocol):
    """What of the product's settings is read here."""

    @property
    def data(self) -> Path: ...
    @property
    def database_url(self) -> str | None: ...
    @property
    def postgres_bin(self) -> Path | None: ...


def embedded(settings: DatabaseSettings) -> Server:
    """The embedded server of these settings, not started."""
    override = settings.postgres_bin
    return Server(settings.data, programs=find(override) if override else None)


@contextmanager
def available(settings: DatabaseSettings) -> Iterator[str]:
    """The database's address for as long as it is needed: the operator's, the running one, or one started for us."""
    if settings.database_url:
        yield settings.database_url
        return
    server = embedded(settings)
    if server.owned_elsewhere():
        yield server.dsn
        return
    with server:
        yield server.dsn


def ensure_database_url(settings: DatabaseSettings) -> str:
    """The address of a database that runs; an embedded one that had to be started ends with this process."""
    context = available(settings)
    url = context.__enter__()
    atexit.register(context.__exit__, None, None, None)
    return url


def database_settings(settings: DatabaseSettings) -> dict[str, Any]:
    """The database for Django, without touching a server: ENGINE, NAME, USER, PASSWORD, HOST, PORT, OPTIONS."""
    if settings.database_url:
        given = conninfo_to_dict(settings.database_url)
    else:
        server = embedded(settings)
        password = server.home / "password"
        given = {
            "dbname": DATABASE,
            "user": ROLE,
            "password": password.read_text().strip() if password.exists() else "",
            "host": str(server.socket_folder()),
            "port": str(PORT),
        }
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    settled = {django: str(given.pop(libpq, "") or "") for django, libpq in names.items()}
    return {"ENGINE": "ringround.infra.database", **settled, "OPTIONS": given}
