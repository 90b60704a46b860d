"""Servers of these tests' own: they are killed, so they may not be the one that the other tests share."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from ringround.infra.postgres import Server

MakeServer = Callable[..., Server]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: the socket lies in the data folder."""
    with tempfile.TemporaryDirectory(prefix="rr-own-", ignore_cleanup_errors=True) as path:
        yield Path(path)


@pytest.fixture(scope="session")
def pristine() -> Iterator[Path]:
    """A data folder with an empty database, made once: a copy of it is quicker than making another."""
    with tempfile.TemporaryDirectory(prefix="rr-pristine-") as path:
        data = Path(path)
        with Server(data):
            pass
        yield data


@pytest.fixture(scope="session")
def lasting(pristine: Path) -> Iterator[Server]:
    """A server for the tests that neither stop nor kill it."""
    with tempfile.TemporaryDirectory(prefix="rr-lasting-") as path:
        subprocess.run(["cp", "-a", pristine / "postgres", Path(path) / "postgres"], check=True)
        server = Server(Path(path))
        server.start(options={"fsync": "off"})
        yield server
        server.stop()


@pytest.fixture
def filled(folder: Path, pristine: Path) -> Path:
    """A folder that already holds an empty database, not started."""
    # `cp -a`: the files belong to the server's user, and must go on doing so.
    subprocess.run(["cp", "-a", pristine / "postgres", folder / "postgres"], check=True)
    return folder


@pytest.fixture
def make_server(folder: Path) -> Iterator[MakeServer]:
    made: list[Server] = []

    def make(data: Path = folder) -> Server:
        made.append(Server(data))
        return made[-1]

    yield make
    for server in reversed(made):
        server.stop()


@pytest.fixture
def write_rows() -> Callable[[Server], None]:
    """A thousand committed rows."""

    def write(server: Server) -> None:
        with psycopg.connect(server.dsn) as connection:
            connection.execute("DROP TABLE IF EXISTS kept")
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")

    return write


@pytest.fixture
def count_rows() -> Callable[[Server], int]:
    def count(server: Server) -> int:
        with psycopg.connect(server.dsn) as connection:
            found = connection.execute("SELECT count(*) FROM kept").fetchone()
        assert found is not None
        return int(found[0])

    return count
