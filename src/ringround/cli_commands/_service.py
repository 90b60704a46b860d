"""The running product: the database, its migrations and the processes, as `serve` and `demo` start it."""

from __future__ import annotations

import errno
import http.client
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ringround.cli_commands._runtime import Trouble
from ringround.cli_commands._supervisor import Child, Supervisor, python, say, stop_on_signals
from ringround.config.env import Settings
from ringround.infra import files, postgres

KINDS = ("web", "worker", "relay", "journeys")


def run(
    settings: Settings,
    *,
    host: str | None = None,
    port: int | None = None,
    only: str | None = None,
    reload: bool = False,
    migrates: bool = False,
    prepare: Callable[[], None] = lambda: None,
    on_ready: Callable[[str], None] = lambda url: None,
) -> int:
    """Serve until SIGTERM; the exit code. Call it from the main thread.

    1. open the port, so that a taken one is told before anything is started;
    2. own and start the embedded database, unless it is the operator's or another `serve` owns it;
    3. migrate (embedded, and with `migrates`) or see that it is migrated (the operator's);
    4. `prepare()`: whatever must be in the database before anybody asks (demo data);
    5. start the processes and keep them alive; `on_ready(url)` when the web answers.
    """
    host, port = host or settings.host, port if port is not None else settings.port
    stop = threading.Event()
    stop_on_signals(stop)
    web = only in {None, "web"}
    listening = open_port(host, port) if web else None
    if listening is not None:
        # The web processes make links of it; port 0 has become a free one.
        os.environ["RINGROUND_PORT"] = str(listening.getsockname()[1])
    server = None if settings.database_url else postgres.embedded(settings)
    if server is not None and only is not None and server.owned_elsewhere():
        server = None
    elif server is not None and only not in {None, "web"}:
        raise Trouble(f"no database runs: `--only {only}` needs `serve` or `serve --only web` to have started it")
    try:
        if server is not None:
            # Each thread of the web may hold a connection.
            threads = settings.web_workers * settings.web_threads
            server.start(options={"max_connections": str(postgres.MAX_CONNECTIONS + threads)})
        files.tighten_data(settings.data)
        if postgres.settle(settings.data, server.dsn if server is not None else settings.database_url or ""):
            raise Trouble("a restore into this data folder is under way: start when it has ended")
        migrate(check=server is None and not migrates)
        prepare()
        if stop.is_set():
            return 0
        children = _children(settings, only, listening, reload=reload)
        supervisor = Supervisor(children, stop)

        def revive() -> None:
            if server is not None and server.revive():
                say("the database had ended and was started again")

        return supervisor.run(
            ready=lambda: listening is None or answers(host, listening.getsockname()[1]),
            on_ready=lambda: on_ready(_url(settings, host, listening)),
            each=revive,
        )
    finally:
        if listening is not None:
            listening.close()
        if server is not None:
            server.stop()


def open_port(host: str, port: int) -> socket.socket:
    """A listening socket that all web processes share: one of them may die without a refused connection."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(listening, host, port)
        listening.listen(512)
    except OSError as fault:
        listening.close()
        raise Trouble(
            f"port {port} on {host} cannot be opened ({fault.strerror}): stop what has it, or take another by --port"
        ) from None
    listening.set_inheritable(True)
    return listening


def _bind(listening: socket.socket, host: str, port: int) -> None:
    """Bind, with 2 s of patience: the web processes of a `serve` that was just killed are still letting go."""
    end = time.monotonic() + 2.0
    while True:
        try:
            return listening.bind((host, port))
        except OSError as fault:
            if fault.errno != errno.EADDRINUSE or time.monotonic() > end:
                raise
        time.sleep(0.1)


def migrate(*, check: bool = False) -> None:
    """Bring the database to this version in a process of its own, so that this one stays small."""
    words = ("migrate", "--quiet", *(("--check",) if check else ()))
    done = subprocess.run(python("-m", "ringround.cli", *words), check=False)
    if done.returncode:
        what = "is not of this version" if check else "could not be brought to this version"
        raise Trouble(f"the database {what}; the reason is above", done.returncode)


def answers(host: str, port: int) -> bool:
    """Whether the web server answers anything at all."""
    connection = http.client.HTTPConnection("127.0.0.1" if host in {"0.0.0.0", "::"} else host, port, timeout=2)  # noqa: S104
    try:
        connection.request("HEAD", "/", headers={"Host": "localhost"})
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _children(settings: Settings, only: str | None, listening: socket.socket | None, *, reload: bool) -> list[Child]:
    children = []
    if listening is not None:
        number = str(listening.fileno())
        fds = (listening.fileno(),)
        if reload:
            served = ("ringround.config.asgi:application", "--fd", number, "--ws", "none")
            words = ("-m", "uvicorn", *served, "--reload", "--reload-dir")
            children.append(Child("web", python(*words, _package()), fds))
        else:
            for count in range(1, settings.web_workers + 1):
                children.append(Child(f"web-{count}", python("-m", "ringround.cli_commands._web", number), fds))
    if only in {None, "worker"}:
        children.append(Child("worker", python("-m", "ringround.cli_commands._worker"), grace_s=30.0))
    if only in {None, "relay"}:
        children.append(Child("relay", python("-m", "ringround.infra.relay")))
    if only in {None, "journeys"}:
        children.append(Child("journeys", python("-m", "ringround.journeys.engine")))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringround.config.settings")
    return children


def _package() -> str:
    return str(Path(__file__).parent.parent)


def _url(settings: Settings, host: str, listening: socket.socket | None) -> str:
    if settings.public_url or listening is None:
        return settings.base_url
    shown = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::", "::1"} else host  # noqa: S104
    return f"http://{shown}:{listening.getsockname()[1]}"
