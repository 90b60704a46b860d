"""The `ringround` command. Each sub-command is a module of `cli_commands` with a click command named `command`."""

from __future__ import annotations

import os
import pkgutil
import sys
import traceback
from importlib import import_module, metadata

import click

from ringround import cli_commands
from ringround.cli_commands._runtime import Trouble, troubles


class LazyGroup(click.Group):
    """Loads a sub-command when it is asked for: `serve` need not wait for what `import` needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = (module.name for module in pkgutil.iter_modules(cli_commands.__path__))
        # A trailing underscore keeps a Python word usable: `import_` is the command `import`.
        return sorted(name.rstrip("_").replace("_", "-") for name in names if not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        name = cmd_name.replace("-", "_")
        modules = {module.name for module in pkgutil.iter_modules(cli_commands.__path__)}
        found = import_module(f"ringround.cli_commands.{name if name in modules else name + '_'}").command
        assert isinstance(found, click.Command)
        return found


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(metadata.version("ringround"), prog_name="ringround")
def ringround() -> None:
    """Reach people one after another by telephone, and what follows."""


def main() -> None:
    """Run the command; any fault is one line that says what and what to do."""
    try:
        code = ringround.main(prog_name="ringround", standalone_mode=False)
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except click.Abort:
        fail("stopped", 130)
    except click.UsageError as wrong:
        hint = f" (see `{wrong.ctx.command_path} --help`)" if wrong.ctx else ""
        fail(wrong.format_message().rstrip(".") + hint, 2)
    except click.ClickException as wrong:
        fail(wrong.format_message(), wrong.exit_code)
    except KeyboardInterrupt:
        fail("stopped", 130)
    except BrokenPipeError:
        # Whoever read our output has enough of it; a second complaint at exit would be noise.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as fault:
        known = troubles(fault)
        if known is None:
            if os.environ.get("RINGROUND_DEBUG"):
                traceback.print_exc()
            known = Trouble(
                f"an unexpected fault, {type(fault).__name__}: {' '.join(str(fault).split())[:300]}; run it again with "
                "RINGROUND_DEBUG=1 to see where, and report it"
            )
        fail(str(known), known.code)
    else:
        sys.exit(code if isinstance(code, int) else 0)


def fail(text: str, code: int) -> None:
    """Say what is wrong and leave."""
    click.echo(f"ringround: {text}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
