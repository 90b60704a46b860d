"""Where sessions are: Django's table, asked only for keys that it can have given out."""

from __future__ import annotations

import re

from django.contrib.sessions.backends import db

# Django's own keys: 32 small letters and digits.
_KEY = re.compile(r"[a-z0-9]{8,40}")


class SessionStore(db.SessionStore):
    """A cookie may hold anything, a nul for instance, which PostgreSQL refuses to look up: that is no session."""

    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and _KEY.fullmatch(key) is not None
