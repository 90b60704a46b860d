"""`python -m ringround.config.demo [--empty] [--quiet]`: make the demo data once, on a migrated database."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringround.config.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection

    from ringround.config.demo import story

    parser = argparse.ArgumentParser()
    parser.add_argument("--empty", action="store_true")
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args()
    told: Path = settings.RINGROUND.data / "demo.json"
    if told.exists():
        return

    def say(text: str) -> None:
        if not options.quiet:
            print(f"  {text}", file=sys.stderr, flush=True)

    with connection.cursor() as cursor:
        # Thousands of small commits, none of which needs to wait for the disk: without the file below it is all made
        # anew.
        cursor.execute("SET synchronous_commit TO off")
    made = story.tell(empty=options.empty, say=say)
    # Written last and in one rename: a demo that was interrupted begins again and says why it cannot.
    temporary = told.with_suffix(".tmp")
    temporary.touch(0o600)
    temporary.write_text(json.dumps(made, ensure_ascii=False, indent=1), "utf-8")
    temporary.replace(told)


if __name__ == "__main__":
    main()
