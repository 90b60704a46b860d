#!/usr/bin/env python3
"""Write `docs/settings.md` from the table of settings in `ringround.config.env`."""

from __future__ import annotations

import sys
from pathlib import Path

from ringround.config import env

TARGET = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD = """\
# Settings

<!-- Written by scripts/settings_docs.py from src/ringround/config/env.py. Change it there. -->

Every setting is an environment variable, and most are keys of an optional file `ringround.toml` in the folder from
which Ringround is started (or wherever `RINGROUND_CONFIG` says). The environment wins over the file; an empty variable
counts as not set. All settings are checked at every start, and every fault is named at once, unknown names too.

"""
TAIL = """
Booleans are `true` or `false`. Lists are TOML lists in the file, and comma between in a variable. What is marked secret
belongs in the environment or in a file that only the product's user may read.

```toml
# ringround.toml
host = "0.0.0.0"
port = 8000
public_url = "https://calls.example.org"
trusted_proxy = ["10.0.0.0/8"]
email_url = "smtps://ringround:password@mail.example.org"
```
"""


def text() -> str:
    """The whole page."""
    return HEAD + env.docs_table() + TAIL


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
    sys.exit(0)
