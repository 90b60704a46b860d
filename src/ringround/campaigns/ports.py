"""What this room asks of rooms above it; the wiring gives the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

# Which of these users work on the campaign now.
Joined = Callable[[UUID, Iterable[UUID]], set[UUID]]
_joined: Joined | None = None


def connect(*, joined: Joined) -> None:
    """Called once by the wiring."""
    global _joined
    _joined = joined


def away(campaign_id: UUID, user_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these users who do not work on the campaign now; nobody where no upper room knows who does."""
    asked = set(user_ids)
    return asked - _joined(campaign_id, asked) if _joined is not None else set()
