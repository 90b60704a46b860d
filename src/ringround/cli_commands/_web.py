"""One web process: uvicorn on a socket that the supervisor opened. `python -m ringround.cli_commands._web FD`."""

from __future__ import annotations

import socket
import sys

import uvicorn

from ringround.config import env
from ringround.infra.garbage import settle

# Streams never end by themselves; longer than this no page takes.
GRACE_S = 5
# Longer than proxies keep theirs, which must not send a request into a connection that is being closed; and longer than
# an agent's program rests between two contacts.
KEEP_ALIVE_S = 75
# When garbage is looked for (`infra.garbage.settle`).
GARBAGE = (10_000, 20, 20)


def main() -> None:
    """Serve until SIGTERM. The socket is shared with the other web processes and outlives this one."""
    listening = socket.socket(fileno=int(sys.argv[1]))
    settings = env.load()
    # With the addresses, and with them every view: Django would read them at the first request, which takes seconds.
    from django.urls import resolve

    from ringround.config.asgi import application

    resolve("/healthz")
    settle(*GARBAGE)
    config = uvicorn.Config(
        application,
        log_level=settings.log_level.lower() if settings.log_level != "INFO" else "warning",
        access_log=False,
        server_header=False,
        # Forwarded headers are judged by the product's own middleware, which knows the trusted proxies.
        proxy_headers=False,
        lifespan="on",
        # None is served; a library for them is there for the exchange, and uvicorn would take it.
        ws="none",
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
