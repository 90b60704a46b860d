"""Backups of a real database, restored into a real one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from ringround.infra.postgres import NoPrograms, PostgresError, Server, backup, programs, settle
from ringround.infra.postgres.upgrade import upgrade

MakeServer = Callable[..., Server]
Write = Callable[[Server], None]
Count = Callable[[Server], int]


def nothing(url: str) -> None:
    """These databases have no migrations."""


@pytest.fixture
def server(lasting: Server, write_rows: Write) -> Server:
    """A running server with rows, an upload and a key."""
    write_rows(lasting)
    shutil.rmtree(lasting.data_dir / "uploads", ignore_errors=True)
    (lasting.data_dir / "uploads" / "2026").mkdir(parents=True)
    (lasting.data_dir / "uploads" / "2026" / "list.csv").write_text("navn;telefon\n")
    (lasting.data_dir / "keys").mkdir(exist_ok=True)
    (lasting.data_dir / "keys" / "secret").write_text("never")
    return lasting


@pytest.fixture
def file(server: Server) -> Path:
    path = server.data_dir / "everything.tar"
    # The server is one for all these tests.
    path.unlink(missing_ok=True)
    backup.write(path, url=server.dsn, data=server.data_dir, version="0.1.0")
    return path


def restore(file: Path, server: Server, *, force: bool = False, migrate: Callable[[str], None] = nothing) -> None:
    backup.restore(file, url=server.dsn, data=server.data_dir, force=force, tables=("kept",), migrate=migrate)


def databases(server: Server) -> set[str]:
    with psycopg.connect(server.dsn) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE NOT datistemplate").fetchall()
    return {name for (name,) in rows}


def test_what_was_backed_up_is_there_after_a_restore(server: Server, file: Path, count_rows: Count) -> None:
    with psycopg.connect(server.dsn) as connection:
        connection.execute("DELETE FROM kept")
    shutil.rmtree(server.data_dir / "uploads")
    restore(file, server)
    assert count_rows(server) == 1000
    assert (server.data_dir / "uploads" / "2026" / "list.csv").read_text() == "navn;telefon\n"
    assert databases(server) == {"postgres", "ringround"}


def test_a_backup_has_no_keys_and_is_for_its_maker_alone(file: Path) -> None:
    with tarfile.open(file) as archive:
        assert archive.getnames() == ["manifest.json", "database.dump", "uploads/2026/list.csv"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_database_with_rows_is_not_replaced_unless_told(server: Server, file: Path, count_rows: Count) -> None:
    with pytest.raises(PostgresError, match="--force"):
        restore(file, server)
    with psycopg.connect(server.dsn) as connection:
        connection.execute("INSERT INTO kept VALUES (1001)")
    restore(file, server, force=True)
    assert count_rows(server) == 1000


def test_a_session_that_is_still_in_does_not_stop_a_forced_restore(
    server: Server, file: Path, count_rows: Count
) -> None:
    with psycopg.connect(server.dsn) as idle:
        idle.execute("SELECT 1")
        restore(file, server, force=True)
        with pytest.raises(psycopg.OperationalError):
            idle.execute("SELECT 1")
    assert count_rows(server) == 1000


def test_an_autovacuum_worker_does_not_stop_a_forced_restore(server: Server, file: Path, count_rows: Count) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE slow WITH (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_cost_delay = 100,"
            " autovacuum_vacuum_cost_limit = 1) AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)"
        )
        connection.execute("DELETE FROM slow")
        at_work = "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND datname = 'ringround'"
        until = time.monotonic() + 120
        while connection.execute(at_work).fetchone() is None:
            assert time.monotonic() < until, "no worker of autovacuum came"
            time.sleep(0.1)
    restore(file, server, force=True)
    assert count_rows(server) == 1000
    assert databases(server) == {"postgres", "ringround"}


def test_uploads_that_grow_and_go_meanwhile_do_not_spoil_a_backup(
    server: Server, tmp_path: Path, count_rows: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = server.data_dir / "uploads" / "2026"
    (uploads / "gone.csv").write_text("soon gone")
    begun = backup._Hashed.read

    def read(hashed: backup._Hashed, count: int) -> bytes:
        # The product goes on while the archive is written: one file is still uploaded, another is dropped.
        (uploads / "gone.csv").unlink(missing_ok=True)
        with (uploads / "list.csv").open("a") as file:
            file.write("one more row\n")
        found = begun(hashed, count)
        sizes.append((hashed.size, len(found)))
        return found

    sizes: list[tuple[int, int]] = []
    monkeypatch.setattr(backup._Hashed, "read", read)
    path = tmp_path / "busy.tar"
    made = backup.write(path, url=server.dsn, data=server.data_dir, version="0.1.0")
    assert set(made.files) == {"database.dump", "uploads/2026/list.csv"}
    restore(path, server, force=True)
    assert count_rows(server) == 1000
    assert (uploads / "list.csv").stat().st_size == sizes[-1][0]


DIES = """
import os, shutil, signal, sys
from pathlib import Path
from ringround.infra.postgres import backup, dump, restoring

url, data, file, last = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
steps = 0

def counted(run):
    def step(*words, **more):
        global steps
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return run(*words, **more)
    return step

for place, name in (
    (dump, "create"), (dump, "load"), (dump, "swap"), (dump, "drop"), (dump, "exists"), (os, "sync"),
    (backup, "_unpack"), (restoring, "_swap_uploads"), (restoring, "_sync"), (shutil, "rmtree"),
    (Path, "rename"), (Path, "unlink"),
):
    setattr(place, name, counted(getattr(place, name)))
backup.restore(file, url=url, data=data, force=True, tables=("kept",), migrate=counted(lambda url: None))
"""


def test_a_restore_killed_at_any_step_is_undone_or_finished_by_the_next_start(
    server: Server, file: Path, count_rows: Count
) -> None:
    uploads = server.data_dir / "uploads"
    seen = set()
    for last in range(1, 60):
        # What is there is not what is in the backup: other rows, other uploads.
        with psycopg.connect(server.dsn) as connection:
            connection.execute("TRUNCATE kept")
            connection.execute("INSERT INTO kept VALUES (1)")
        shutil.rmtree(uploads)
        uploads.mkdir()
        (uploads / "now.csv").write_text("what is there")
        words = [sys.executable, "-c", DIES, server.dsn, str(server.data_dir), str(file), str(last)]
        code = subprocess.run(words, check=False).returncode
        settle(server.data_dir, server.dsn)
        found = count_rows(server), sorted(str(one.relative_to(uploads)) for one in uploads.rglob("*.csv"))
        assert found in ((1, ["now.csv"]), (1000, ["2026/list.csv"])), f"killed before step {last}"
        assert databases(server) == {"postgres", "ringround"}
        assert not [one.name for one in server.data_dir.iterdir() if "restor" in one.name and "draft" not in one.name]
        seen.add(found[0])
        if code == 0:
            break
        assert code == -9
    assert code == 0
    assert seen == {1, 1000}


def test_a_start_while_a_restore_is_under_way_leaves_it_alone(server: Server, file: Path, count_rows: Count) -> None:
    under_way = []

    def migrate(url: str) -> None:
        under_way.append(settle(server.data_dir, server.dsn))
        with pytest.raises(PostgresError, match="under way"):
            restore(file, server, force=True)

    restore(file, server, force=True, migrate=migrate)
    assert under_way == [True]
    assert not settle(server.data_dir, server.dsn)
    assert count_rows(server) == 1000


def test_a_restore_cut_off_on_another_database_is_told(server: Server) -> None:
    (server.data_dir / "restore.journal").write_text(
        json.dumps({"database": "other at db:5432", "fresh": "x", "old": "y", "work": "z"})
    )
    with pytest.raises(PostgresError, match="other at db:5432"):
        settle(server.data_dir, server.dsn)
    (server.data_dir / "restore.journal").unlink()


def test_restored_uploads_are_for_nobody_else(server: Server, file: Path) -> None:
    umask = os.umask(0)
    try:
        restore(file, server, force=True)
    finally:
        os.umask(umask)
    uploads = server.data_dir / "uploads"
    assert {oct(one.stat().st_mode & 0o777) for one in (uploads, uploads / "2026")} == {"0o700"}
    assert (uploads / "2026" / "list.csv").stat().st_mode & 0o777 == 0o600


def test_a_damaged_backup_changes_nothing(server: Server, file: Path, count_rows: Count) -> None:
    content = bytearray(file.read_bytes())
    middle = content.index(b"navn;telefon")
    content[middle] ^= 1
    file.write_bytes(content)
    with pytest.raises(PostgresError, match="damaged"):
        restore(file, server, force=True)
    assert count_rows(server) == 1000
    assert databases(server) == {"postgres", "ringround"}


def test_a_backup_that_was_cut_off_changes_nothing(server: Server, file: Path, count_rows: Count) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: content.index(b"navn;telefon") + 4])
    with pytest.raises(PostgresError, match="cut off"):
        restore(file, server, force=True)
    assert count_rows(server) == 1000
    assert databases(server) == {"postgres", "ringround"}


def test_a_backup_that_cannot_be_migrated_changes_nothing(server: Server, file: Path, count_rows: Count) -> None:
    def fail(url: str) -> None:
        raise RuntimeError("not this one")

    with pytest.raises(RuntimeError):
        restore(file, server, force=True, migrate=fail)
    assert count_rows(server) == 1000
    assert databases(server) == {"postgres", "ringround"}


def test_a_file_that_is_no_backup_is_refused(server: Server, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("hello")
    with pytest.raises(PostgresError, match="not a backup"):
        restore(tmp_path / "letter.txt", server, force=True)


def test_an_upgrade_without_the_old_programs_says_what_to_install(folder: Path) -> None:
    cluster = folder / "postgres" / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("12\n")
    with pytest.raises(NoPrograms, match="postgresql-12"):
        upgrade(folder, programs.find())


def test_data_newer_than_the_programs_is_not_touched(folder: Path) -> None:
    cluster = folder / "postgres" / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("99\n")
    with pytest.raises(PostgresError, match="99 or later"):
        upgrade(folder, programs.find())


_older = next((found for found in programs.everything() if found.major < programs.find().major), None)
if _older is not None:
    # Where an older server is installed, as on Debian 12 with its own postgresql beside the wheel.

    def test_data_of_an_older_version_is_upgraded_and_kept(
        folder: Path, make_server: MakeServer, write_rows: Write, count_rows: Count
    ) -> None:
        with Server(folder, programs=_older) as old:
            write_rows(old)
        kept = upgrade(folder, programs.find())
        server = make_server()
        server.start()
        assert count_rows(server) == 1000
        assert server.data_major() == programs.find().major
        assert kept is not None
        assert (kept / "PG_VERSION").read_text().strip() == str(_older.major)
