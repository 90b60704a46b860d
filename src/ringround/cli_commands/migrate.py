"""`ringround migrate`: bring the database to this version of the product."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from ringround.cli_commands import _runtime

# A change of a table waits for all who use it, and whoever comes meanwhile waits behind it: so it waits for so long and
# no longer, and lets them pass before it asks again. For so many times, which is ten minutes.
LOCK_MS, TRIES, REST_S = 2_000, 120, 3.0


@click.command(short_help="Bring the database to this version.")
@click.option("--check", is_flag=True, help="Change nothing; the exit code is 1 when there is something to do.")
@click.option("--quiet", is_flag=True, help="Say nothing when all is well.")
def command(check: bool, quiet: bool) -> None:
    """Bring the database to this version of the product. Safe to repeat, and to run on several machines at once."""
    with _runtime.database(migrated=False):
        _runtime.django()
        from django.core.management import call_command
        from django.db import connection

        _runtime.require_version(connection)
        if check:
            _runtime.require_migrated()
        else:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [_runtime.MIGRATE_LOCK])
                with rendering_little():
                    patiently(connection, lambda: call_command("migrate", interactive=False, verbosity=0))
                call_command("createcachetable", verbosity=0)
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_runtime.MIGRATE_LOCK])
        if not quiet:
            click.echo("The database is of this version.")


def patiently(connection: Any, work: Callable[[], object], rest: Callable[[float], object] = time.sleep) -> None:
    """Migrate beside running processes: a migration that does not get its lock soon, or would wait in a circle with an
    agent's click, is taken back and made again."""
    from django.db import OperationalError
    from psycopg.errors import DeadlockDetected, LockNotAvailable

    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [str(LOCK_MS)])
        for left in reversed(range(TRIES)):
            try:
                work()
                break
            except OperationalError as fault:
                if not isinstance(fault.__cause__, LockNotAvailable | DeadlockDetected):
                    raise
                if not left:
                    raise _runtime.Trouble(
                        "somebody holds what is to be changed, and does not let go; run `ringround migrate` again"
                    ) from None
            rest(REST_S)
        cursor.execute("RESET lock_timeout")


@contextmanager
def rendering_little() -> Iterator[None]:
    """While Django migrates, it renders models anew for every step, with all that have to do with them: most of what an
    empty database takes. But an index or a constraint changes nothing but its own model's options, and to a new model
    nobody refers yet: so here the one gets its options, and the other is rendered alone."""
    from django.db.migrations.state import ProjectState

    def to_options(own: Callable[..., None]) -> Callable[..., None]:
        def change(state: Any, app_label: str, model_name: str, option: str, *more: Any) -> None:
            with _unrendered(state) as rendered:
                own(state, app_label, model_name, option, *more)
            if rendered is not None:
                now = list(state.models[app_label, model_name].options[option])
                setattr(rendered.all_models[app_label][model_name]._meta, option, now)

        return change

    def add_model(state: Any, model: Any) -> None:
        with _unrendered(state) as rendered:
            own["add_model"](state, model)
        if rendered is not None:
            rendered.render_multiple([model])

    options = ("_append_option", "_remove_option", "_alter_option")
    own = {name: getattr(ProjectState, name) for name in (*options, "add_model")}
    for name, instead in {**{name: to_options(own[name]) for name in options}, "add_model": add_model}.items():
        setattr(ProjectState, name, instead)
    try:
        yield
    finally:
        for name, before in own.items():
            setattr(ProjectState, name, before)


@contextmanager
def _unrendered(state: Any) -> Iterator[Any]:
    """A state without its rendered models, which are given, so that changing it renders none."""
    rendered = state.__dict__.pop("apps", None)
    try:
        yield rendered
    finally:
        if rendered is not None:
            state.apps = rendered
