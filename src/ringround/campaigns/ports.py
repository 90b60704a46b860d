"""What this room asks of rooms above it; the wiring gives the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

# Which of these users work on the campaign now.
Joined = Callable[[UUID, Iterable[UUID]], set[UUID]]
# The workflows of a merchant that a campaign may have: id and name, by name.
Workflows = Callable[[UUID], Sequence[tuple[UUID, str]]]
# Which of these leads have an onboarding session that has not ended.
Pending = Callable[[Iterable[UUID]], set[UUID]]
_joined: Joined | None = None
_workflows: Workflows | None = None
_pending: Pending | None = None


def connect(*, joined: Joined, workflows: Workflows | None = None, pending: Pending | None = None) -> None:
    """Called once by the wiring."""
    global _joined, _workflows, _pending
    _joined, _workflows, _pending = joined, workflows, pending


def away(campaign_id: UUID, user_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these users who do not work on the campaign now; nobody where no upper room knows who does."""
    asked = set(user_ids)
    return asked - _joined(campaign_id, asked) if _joined is not None else set()


def workflows(merchant_id: UUID) -> Sequence[tuple[UUID, str]]:
    """Id and name of the workflows that a campaign of the merchant may have; none where no upper room has any."""
    return _workflows(merchant_id) if _workflows is not None else ()


def pending(lead_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these leads that an onboarding session waits for."""
    return _pending(lead_ids) if _pending is not None else set()
