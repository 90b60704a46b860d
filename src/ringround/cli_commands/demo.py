"""`ringround demo`: everything in one, with demo data, and how to sign in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from ringround.cli_commands import _service
from ringround.cli_commands._runtime import Trouble, settings
from ringround.cli_commands._supervisor import python, say
from ringround.infra import clock


@click.command(short_help="Run the product with demo data.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when ready: address, sign-ins, tokens.")
@click.option("--host", help="The address to listen on (RINGROUND_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on (RINGROUND_PORT).")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder (RINGROUND_DATA).")
@click.option("--clock", "virtual", is_flag=True, help="A virtual clock that /api/v1/_clock moves.")
@click.option("--empty", is_flag=True, help="People and tokens only: no sample contacts and campaigns.")
def command(as_json: bool, host: str | None, port: int | None, data: Path | None, virtual: bool, empty: bool) -> int:
    """Serve with two merchants, an agency and an outsider, a week of work behind them and callbacks due.

    Started again on the same data nothing is added, and tokens and sign-ins are the same.
    """
    if data is not None:
        os.environ["RINGROUND_DATA"] = str(data.expanduser().absolute())
    current = settings()
    current.data.mkdir(parents=True, exist_ok=True)
    if virtual and not (current.data / "clock.json").exists():
        # Made before anything starts, so that every process follows it from its first moment.
        clock.use_file(current.data / "clock.json")
        clock.set_offset(timedelta(0))
    words = ["-m", "ringround.config.demo", *(["--empty"] if empty else []), *(["--quiet"] if as_json else [])]

    def prepare() -> None:
        done = subprocess.run(python(*words), check=False, stdout=sys.stderr)
        if done.returncode:
            raise Trouble("the demo data could not be made; the reason is above", done.returncode)

    def ready(url: str) -> None:
        told = json.loads((current.data / "demo.json").read_text("utf-8"))
        if as_json:
            click.echo(json.dumps({"url": url, **told}, ensure_ascii=False))
            sys.stdout.flush()
        else:
            _show(url, told)
            mails = f"  Mails (invitations, links) are files in {current.data / 'mail'}.\n"
            click.echo(mails if current.email_url is None else "")

    return _service.run(current, host=host, port=port, migrates=True, prepare=prepare, on_ready=ready)


def _show(url: str, told: dict[str, Any]) -> None:
    """Where to look and how to sign in, for people."""
    say(f"open {url}")
    by_role: dict[tuple[str, str], str] = {}
    for login in told["logins"]:
        by_role.setdefault((login["organisation"], login["role"]), login["email"])
    last = ""
    for (organisation, role), email in by_role.items():
        if organisation != last:
            click.echo(f"\n  {organisation}")
            last = organisation
        click.echo(f"    {role.replace('_', ' '):<13} {email}")
    click.echo(f"\n  The password is {told['logins'][0]['password']} for all of them. Stop with Ctrl-C.")
