"""`ringround serve`: the database, the web, the worker and the relay in one; `--only` splits them."""

from __future__ import annotations

import click

from ringround.cli_commands import _service
from ringround.cli_commands._runtime import settings
from ringround.cli_commands._supervisor import say


@click.command(short_help="Run the product.")
@click.option("--only", type=click.Choice(_service.KINDS), help="Run one kind of process; start web first.")
@click.option("--host", help="The address to listen on (RINGROUND_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on (RINGROUND_PORT).")
@click.option("--reload", is_flag=True, help="Start the web again when a file of the program changes.")
def command(only: str | None, host: str | None, port: int | None, reload: bool) -> int:
    """Run the product until it is told to stop: web, background worker, relay and the embedded database.

    A process that dies is started again. Run several machines by giving each its own --only and one
    RINGROUND_DATABASE_URL.
    """
    return _service.run(
        settings(),
        host=host,
        port=port,
        only=only,
        reload=reload,
        on_ready=lambda url: say(f"{only or 'everything'} runs" + (f"; open {url}" if only in {None, "web"} else "")),
    )
