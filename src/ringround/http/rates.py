"""How often a token may ask.

Counted over all web processes in one unlogged table, in windows of a minute. A process takes allowance in handfuls, so
that it writes once in many requests; the limit is then exact to a handful for each process.
"""

from __future__ import annotations

import threading
import time

from django.conf import settings
from django.db import connection

from ringround.http.ports import Asker
from ringround.kernel.errors import TooMany
from ringround.kernel.messages import N_

WINDOW_S = 60
HANDFUL = 50

_lock = threading.Lock()
_left: dict[str, tuple[int, int]] = {}  # who -> (window, requests left of the handful)


def check(asker: Asker, now: float | None = None) -> None:
    """Count one request; TooMany when the minute's are used up."""
    limit: int = settings.RINGROUND.api_rate
    if not limit:
        return
    now = time.time() if now is None else now
    window = int(now // WINDOW_S)
    who = f"token:{asker.token_id}" if asker.token_id else f"user:{asker.user_id}"
    with _lock:
        known, left = _left.get(who, (window, 0))
        if known == window and left > 0:
            _left[who] = (window, left - 1)
            return
    handful = min(HANDFUL, max(1, limit // 20))
    taken = _take(who, window, handful)
    granted = min(handful, limit - (taken - handful))
    if granted <= 0:
        raise TooMany(int((window + 1) * WINDOW_S - now) + 1, N_("This token has asked too often. Wait a little."))
    with _lock:
        if len(_left) > 10_000:
            _left.clear()
        # Another thread may have taken a handful meanwhile: both count.
        known, left = _left.get(who, (window, 0))
        _left[who] = (window, granted - 1 + (left if known == window else 0))


def _take(who: str, window: int, count: int) -> int:
    """Add to the window's count; how many are taken now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO http_rate AS r (owner, window_no, count) VALUES (%s, %s, %s)"
            " ON CONFLICT (owner) DO UPDATE SET"
            " count = CASE WHEN r.window_no = excluded.window_no THEN r.count ELSE 0 END + excluded.count,"
            " window_no = excluded.window_no RETURNING count",
            [who, window, count],
        )
        return int(cursor.fetchone()[0])


def clean_up() -> bool:
    """Forget windows that are over."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM http_rate WHERE window_no < %s", [int(time.time() // WINDOW_S) - 10])
    return False
