"""Write docs/events.md from the declared event types; `--check` only says whether it is up to date."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django

TARGET = Path(__file__).parent.parent / "docs" / "events.md"


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringround.config.settings")
    # Nothing is asked of a database; settings want the name of one.
    os.environ.setdefault("RINGROUND_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    django.setup()
    from ringround.http import event_docs

    made = event_docs.markdown()
    if "--check" in sys.argv:
        if TARGET.read_text("utf-8") == made:
            return 0
        print("docs/events.md is not up to date: run python scripts/event_docs.py", file=sys.stderr)
        return 1
    TARGET.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
