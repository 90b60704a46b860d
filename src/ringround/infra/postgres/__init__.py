"""The embedded PostgreSQL: a small lifecycle over a folder of programs, and which database the product uses.

Not for queries: those go through Django's connection and `infra.sql`. Knows no Django.
"""

from ringround.infra.postgres.address import available, database_settings, embedded, ensure_database_url
from ringround.infra.postgres.conf import MAX_CONNECTIONS
from ringround.infra.postgres.errors import NoPrograms, Owned, PostgresError, WrongVersion
from ringround.infra.postgres.restoring import settle
from ringround.infra.postgres.server import Server

__all__ = [
    "MAX_CONNECTIONS",
    "NoPrograms",
    "Owned",
    "PostgresError",
    "Server",
    "WrongVersion",
    "available",
    "database_settings",
    "embedded",
    "ensure_database_url",
    "settle",
]
