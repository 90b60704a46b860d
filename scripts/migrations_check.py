#!/usr/bin/env python3
"""Fail when a model has changed without its migration. Needs no database: only the migration files are read."""

from __future__ import annotations

import os
import sys
import tempfile
import warnings


def main() -> int:
    """Run `makemigrations --check` with a throw-away data folder and a database that is never asked."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="ringround.config.settings",
            RINGROUND_DATA=folder,
            RINGROUND_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none",
        )
        # That there is no database is the point.
        warnings.filterwarnings("ignore", "Got an error checking a consistent migration history", RuntimeWarning)
        import django
        from django.core.management import call_command

        django.setup()
        try:
            call_command("makemigrations", check=True, dry_run=True, verbosity=1)
        except SystemExit as stopped:
            if stopped.code:
                print("check: a model changed without a migration (above): run makemigrations", file=sys.stderr)
            return int(stopped.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
