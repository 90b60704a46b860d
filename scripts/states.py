"""Write docs/states.md from the tables of the state machines; `--check` only says whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from ringround.campaigns.rules import lead, lifecycle
from ringround.dialer.rules import presence
from ringround.onboarding.rules import charge, mandate, session, subscription
from ringround.telephony.rules import call

TARGET = Path(__file__).parent.parent / "docs" / "states.md"

# Each machine: its heading, the module its table is in, the drawing.
MACHINES = (
    ("A campaign", lifecycle, lifecycle.TABLE.mermaid()),
    ("A call", call, call.TABLE.mermaid()),
    ("An agent's presence", presence, presence.TABLE.mermaid()),
    ("An onboarding session", session, session.TABLE.mermaid()),
    ("A mandate", mandate, mandate.TABLE.mermaid()),
    ("A subscription", subscription, subscription.TABLE.mermaid()),
    ("A charge", charge, charge.TABLE.mermaid()),
)


def lead_table() -> str:
    """The lead's statuses are not a chain: a disposition may set any. So a table of what each change may do."""
    lines = ["| status | " + " | ".join(change.value for change in lead.Change) + " |"]
    lines.append("|---|" + "---|" * len(lead.Change))
    for status in lead.Status:
        cells = []
        for change in lead.Change:
            to = lead.TABLE.get((status.value, change), frozenset())
            cells.append("any" if len(to) == len(lead.Status) else ", ".join(sorted(to)) or "–")
        lines.append(f"| {status.value} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def markdown() -> str:
    parts = [
        "# States\n\nDrawn by `python scripts/states.py` from the tables in the code; a test holds them together.\n"
    ]
    for heading, module, drawing in MACHINES:
        parts.append(f"## {heading}\n\n`{module.__name__}`\n\n```mermaid\n{drawing}```\n")
    parts.append(f"## A lead's status\n\n`{lead.__name__}`: what each change may make of a status.\n\n{lead_table()}")
    return "\n".join(parts)


def main() -> int:
    made = markdown()
    if "--check" in sys.argv:
        if TARGET.exists() and TARGET.read_text("utf-8") == made:
            return 0
        print("docs/states.md is not up to date: run python scripts/states.py", file=sys.stderr)
        return 1
    TARGET.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
