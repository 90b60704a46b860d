"""The embedded server's life, with real servers that are really killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from ringround.infra.postgres import Owned, PostgresError, Server, WrongVersion
from ringround.infra.postgres import programs as known_programs

MakeServer = Callable[..., Server]
Write = Callable[[Server], None]
Count = Callable[[Server], int]

# Another process that owns the server, says so, and then only waits.
OWNER = """
import sys, signal
from pathlib import Path
from ringround.infra.postgres import Server
server = Server(Path(sys.argv[1]))
server.start()
print("started", flush=True)
signal.pause()
"""


def own_elsewhere(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def test_an_empty_folder_becomes_a_database_that_is_safe_and_sorts_the_same_everywhere(make_server: MakeServer) -> None:
    server = make_server()
    with psycopg.connect(server.start()) as connection:
        found = connection.execute(
            """SELECT rolsuper, current_setting('fsync'), current_setting('synchronous_commit'),
                      current_setting('listen_addresses'), datcollate, pg_encoding_to_char(encoding), lower('ÆØÅ')
                 FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()"""
        ).fetchone()
    assert found == (False, "on", "on", "", "C.UTF-8", "UTF8", "æøå")
    assert server.running()


def test_a_wrong_password_does_not_get_in(lasting: Server) -> None:
    address = lasting.dsn
    password = (lasting.home / "password").read_text().strip()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address.replace(password, "wrong"))


def test_only_we_read_the_password_file(lasting: Server) -> None:
    assert (lasting.home / "password").stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("filled")
def test_stopping_and_starting_keeps_all_rows(make_server: MakeServer, write_rows: Write, count_rows: Count) -> None:
    server = make_server()
    server.start()
    write_rows(server)
    server.stop()
    assert not server.running()
    server.start()
    assert count_rows(server) == 1000


@pytest.mark.usefixtures("filled")
def test_a_killed_server_is_revived_at_once_with_all_rows(
    make_server: MakeServer, write_rows: Write, count_rows: Count
) -> None:
    server = make_server()
    server.start()
    write_rows(server)
    for _ in range(2):
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        while not server.revive():
            time.sleep(0.001)
        assert count_rows(server) == 1000


@pytest.mark.usefixtures("filled")
def test_the_watch_revives_a_killed_server(make_server: MakeServer, write_rows: Write, count_rows: Count) -> None:
    server = make_server()
    server.start()
    write_rows(server)
    revived, stop = threading.Event(), threading.Event()
    watch = threading.Thread(target=server.watch, args=(stop, revived.set, 0.01))
    watch.start()
    try:
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        assert revived.wait(20)
        assert count_rows(server) == 1000
    finally:
        server.stop()
        stop.set()
        watch.join()


@pytest.mark.usefixtures("filled")
def test_a_server_that_nobody_reaped_does_not_stop_the_next(
    make_server: MakeServer, write_rows: Write, count_rows: Count
) -> None:
    first = make_server()
    first.start()
    write_rows(first)
    pid = first.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    # Its owner lets go without having waited for it: the process is a zombie and the pid file names it.
    first.lock.release()
    second = make_server()
    second.start()
    assert f"\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()  # noqa: F541
    assert count_rows(second) == 1000


@pytest.mark.usefixtures("filled")
def test_a_pid_file_with_the_number_of_another_process_does_not_stop_the_start(
    make_server: MakeServer, write_rows: Write, count_rows: Count
) -> None:
    server = make_server()
    server.start()
    write_rows(server)
    server.stop()
    other = subprocess.Popen(["sleep", "60"])
    try:
        (server.cluster / "postmaster.pid").write_text(f"{other.pid}\n{server.cluster}\n")
        server.start()
        assert count_rows(server) == 1000
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_second_owner_is_refused_and_told_who_the_first_is(lasting: Server) -> None:
    second = Server(lasting.data_dir)
    with pytest.raises(Owned, match=f"process {os.getpid()}"):
        second.start()
    assert second.owned_elsewhere()
    assert second.dsn == lasting.dsn


@pytest.mark.usefixtures("filled")
def test_a_killed_owner_takes_its_server_along_and_the_next_owner_starts_at_once(
    folder: Path, make_server: MakeServer
) -> None:
    owner = own_elsewhere(folder)
    server = make_server()
    before = server.pid
    owner.kill()
    owner.wait()
    server.start()
    assert before is not None
    assert server.pid not in {None, before}


@pytest.mark.usefixtures("filled")
def test_killing_owner_and_server_together_loses_no_committed_row(
    folder: Path, make_server: MakeServer, write_rows: Write, count_rows: Count
) -> None:
    owner = own_elsewhere(folder)
    server = make_server()
    write_rows(server)
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    owner.kill()
    server.start()
    owner.wait()
    assert count_rows(server) == 1000


def test_a_half_made_data_directory_is_made_anew(folder: Path, make_server: MakeServer) -> None:
    half = folder / "postgres" / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("17\n")
    assert make_server().start()


def test_a_path_too_long_for_a_socket_gets_one_elsewhere(folder: Path, make_server: MakeServer) -> None:
    server = make_server(folder / ("long" * 30))
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not server.socket_folder().is_relative_to(folder)
    assert server.socket_folder().stat().st_mode & 0o777 == 0o700


def test_data_of_another_version_is_refused_with_what_to_do(folder: Path, make_server: MakeServer) -> None:
    server = make_server()
    server.cluster.mkdir(parents=True)
    (server.cluster / "PG_VERSION").write_text("12\n")
    with pytest.raises(WrongVersion, match=r"PostgreSQL 12 .* `ringround upgrade-db`"):
        server.start()
    assert not server.owned_elsewhere()


@pytest.mark.usefixtures("filled")
def test_a_server_that_cannot_start_says_why(make_server: MakeServer) -> None:
    server = make_server()
    server.start()
    server.stop()
    (server.cluster / "local.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(PostgresError, match="no_such_setting"):
        server.start()


def test_an_ordinary_user_just_runs_it(folder: Path) -> None:
    """As root this is done by a forked process that becomes `nobody`."""
    programs = known_programs.find()
    if os.geteuid() == 0:
        # A checkout under /root is closed to that user.
        copy = folder / "programs"
        shutil.copytree(programs.bin.parent, copy, symlinks=True)
        programs = known_programs.find(copy / "bin")
        folder.chmod(0o711)
        data = folder / "data"
        data.mkdir()
        os.chown(data, 65534, 65534)
    else:
        data = folder
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            with Server(data, programs=programs) as server, psycopg.connect(server.dsn) as connection:
                version = connection.execute("SELECT 40 + 2").fetchone()
                code = 0 if version == (42,) else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert (data / "postgres" / "cluster").stat().st_uid == data.stat().st_uid


if os.geteuid() == 0:

    def test_root_hands_the_server_to_a_system_user_even_in_a_folder_closed_to_it(
        folder: Path, make_server: MakeServer
    ) -> None:
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        server = make_server(closed / "data")
        server.start()
        assert server.cluster.stat().st_uid != 0
        assert Path(f"/proc/{server.pid}").stat().st_uid == server.cluster.stat().st_uid
        assert closed.stat().st_mode & 0o777 == 0o700
