"""Real processes beside the test's own: what they need to know to work on the test's database and data folder."""

from __future__ import annotations

import os
from urllib.parse import quote, urlencode


def database_url() -> str:
    """The address of the test's database. As parameters, since the embedded server's host is a folder."""
    from django.db import connection

    known = connection.settings_dict
    who = quote(known["USER"], safe="") + (f":{quote(known['PASSWORD'], safe='')}" if known["PASSWORD"] else "")
    where = {"host": known["HOST"], "port": known["PORT"]}
    return f"postgresql://{who}@/{known['NAME']}?{urlencode({name: value for name, value in where.items() if value})}"


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that runs the product on the test's database and data, with `more` added."""
    from django.conf import settings

    # What tells pytest how to run is nobody else's, least of all a process that is told by such names when to die.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RINGROUND_")}
    return {
        **plain,
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
        "RINGROUND_DATABASE_URL": database_url(),
        "RINGROUND_DATA": str(settings.RINGROUND.data),
        **more,
    }
