"""How a line of the log is written."""

from __future__ import annotations

import logging
import re
from typing import Any

# What PostgreSQL adds to an error, to the end of its message: `DETAIL:  Key (email)=(olga@example.org) already exists.`
_VALUES = re.compile(r"^(?:DETAIL|CONTEXT):.*?(?=^\s*$|^Traceback |\Z)", re.MULTILINE | re.DOTALL)


class Formatter(logging.Formatter):
    """Leaves out the part of a database error that quotes values: they are people's, and this is a log."""

    def formatException(self, ei: Any) -> str:
        return _VALUES.sub("", super().formatException(ei)).rstrip()
