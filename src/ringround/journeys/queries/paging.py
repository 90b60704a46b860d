"""Lists page by page."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def newest_first(found: QuerySet[Row], *, size: int, after: UUID | None) -> tuple[list[Row], UUID | None]:
    """So many of these rows behind `after`, by id, and the cursor of the next page; None where there is none."""
    if after is not None:
        found = found.filter(id__lt=after)
    rows = list(found.order_by("-id")[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    return rows, rows[-1].pk if more else None
