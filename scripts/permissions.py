#!/usr/bin/env python3
"""`docs/permissions.md` from the one permission table. `--check` fails when the page is older than the code."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "permissions.md"
HEAD = """# Who may do what

Made by `python scripts/permissions.py` from the `permissions.py` of each room; do not edit it here.

A permission is `<room>.<what>`. A role has it or has it not; a token has at most what its user's role has, narrowed by
its scopes (`*`, a room such as `campaigns`, or a single permission). Only owners make, change and deactivate owners,
whatever stands below. What a user may see is decided before what they may do: their own organisation's, or of campaigns
assigned to it by a live agency link.

What is marked with * is no part of its room's scope: a token has it by `*` or by its full name.

"""


def text() -> str:
    """The whole page."""
    from ringround.orgs import permissions, rules

    lines = [
        f"| permission | {' | '.join(role.replace('_', ' ') for role in rules.ROLES)} |",
        f"|---|{'---|' * len(rules.ROLES)}",
    ]
    for name, roles in sorted(permissions.table().items()):
        marks = " | ".join("●" if role in roles else "" for role in rules.ROLES)
        star = " *" if name in permissions.apart() else ""
        lines.append(f"| `{name}`{star} | {marks} |")
    return HEAD + "\n".join(lines) + "\n"


def main() -> int:
    # The table needs the rooms, not a database: any address will do.
    os.environ.setdefault("RINGROUND_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    os.environ.setdefault("RINGROUND_DATA", tempfile.mkdtemp(prefix="rr-docs-"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringround.config.settings")
    import django

    django.setup()
    wanted = text()
    if "--check" in sys.argv:
        if PAGE.read_text("utf-8") != wanted:
            print("docs/permissions.md is not as the code has it: run python scripts/permissions.py", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
