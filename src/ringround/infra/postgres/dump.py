"""Copies of a database by PostgreSQL's own programs: out of one, into another."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from ringround.infra.postgres.errors import NoPrograms, PostgresError
from ringround.infra.postgres.programs import Programs, everything

# libpq's variable of each part of an address: given this way, a password shows in no list of processes.
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "channel_binding": "PGCHANNELBINDING",
    "options": "PGOPTIONS",
}


# Clients alone: a worker of the server itself leaves when the database is wanted, and only a superuser may end it.
SEND_AWAY = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
)


def server_major(url: str) -> int:
    """The major version of the server at `url`."""
    with psycopg.connect(url) as connection:
        return connection.info.server_version // 10000


def client_programs(url: str, preferred: Programs | None = None) -> Programs:
    """Programs that can copy the database at `url`: pg_dump reads no server newer than itself."""
    wanted = server_major(url)
    for programs in [*([preferred] if preferred else []), *everything()]:
        if programs.major >= wanted and (programs.bin / "pg_dump").is_file():
            return programs
    raise NoPrograms(
        f"the server is PostgreSQL {wanted}, and no pg_dump of that version or later is here: install "
        f"postgresql-client-{wanted}"
    )


def dump(url: str, file: Path, programs: Programs) -> None:
    """Write the database at `url` to `file`, in PostgreSQL's custom format; one consistent moment of it."""
    words = ["--format=custom", "--no-owner", "--no-privileges", f"--file={file}"]
    _run(programs, "pg_dump", words, url, "the database could not be copied out")


def load(url: str, file: Path, programs: Programs) -> None:
    """Read `file` into the empty database at `url`; stops at the first fault."""
    words = ["--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={_name(url)}", "--jobs=2", str(file)]
    _run(programs, "pg_restore", words, url, "the copy could not be read into the database")


def is_empty(url: str, tables: tuple[str, ...]) -> bool:
    """Whether none of `tables` has a row; a table that is not there has none."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table in tables:
            found = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [table]).fetchone()
            if found == (False,):
                continue
            statement = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))
            if connection.execute(statement).fetchone() is not None:
                return False
    return True


def create(url: str, name: str) -> str:
    """Make an empty database `name` on the server of `url`; its address."""
    _administer(url, sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    return _other(url, name)


def drop(url: str, name: str) -> None:
    """Remove a database of the server of `url`, with whoever is in it.

    Not WITH (FORCE), which ends an autovacuum worker too and may not. The plain command asks it to leave, and waits.
    """
    try:
        with psycopg.connect(_beside(url), autocommit=True) as connection:
            connection.execute(SEND_AWAY, [name])
    except psycopg.errors.InsufficientPrivilege:
        raise PostgresError(
            f"an administrator of the server is in the database {name}: end that session first"
        ) from None
    _administer(url, sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def exists(url: str, name: str) -> bool:
    """Whether the server of `url` has a database `name`."""
    with psycopg.connect(_beside(url)) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def swap(url: str, fresh: str, old: str) -> None:
    """Put the database `fresh` in the place of the one at `url`, which is kept as `old`. All or nothing.

    A rename needs the database to itself, so those who are in it are sent away in the same transaction.
    """
    current = _name(url)
    with psycopg.connect(_beside(url)) as connection:
        try:
            connection.execute(SEND_AWAY, [current])
            for before, after in ((current, old), (fresh, current)):
                statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                connection.execute(statement.format(sql.Identifier(before), sql.Identifier(after)))
        except psycopg.errors.ObjectInUse:
            raise PostgresError(
                "somebody is in the database and comes back at once: stop `ringround serve` on every machine first"
            ) from None
        except psycopg.errors.InsufficientPrivilege:
            raise PostgresError(
                f"the database {current} may not be renamed: an administrator of the server is in it, or the role "
                f"{conninfo_to_dict(url).get('user')} lacks CREATEDB"
            ) from None


def _administer(url: str, statement: sql.Composed) -> None:
    try:
        with psycopg.connect(_beside(url), autocommit=True) as connection:
            connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        raise PostgresError(
            f"the role {conninfo_to_dict(url).get('user')} may not make databases: as the server's administrator, run "
            f"ALTER ROLE … CREATEDB, or restore with pg_restore by hand"
        ) from None


def _beside(url: str) -> str:
    """The server's maintenance database: nobody can rename the database he is in."""
    return _other(url, "postgres")


def _other(url: str, name: str) -> str:
    """The address of another database of the same server, still in the form of an address."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _name(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])


def _run(programs: Programs, name: str, words: list[str], url: str, failed: str) -> None:
    parts: dict[str, Any] = conninfo_to_dict(url)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    environment |= {_VARIABLES[key]: str(value) for key, value in parts.items() if key in _VARIABLES and value}
    environment["LC_ALL"] = "C"
    command = [programs.path(name), "--no-password", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise PostgresError(f"{failed}: {lines[0] if lines else f'{name} ended with code {done.returncode}'}")
