"""What this room asks of rooms beside it; the wiring gives the answers."""

from __future__ import annotations

from collections.abc import Callable

from ringround.orgs.actor import Actor

# Locks what is known of the agent's work, before any lead; what comes back is called when what they had in hand is
# done: with the lead's campaign's wrap-up time in seconds.
Working = Callable[[Actor], Callable[[int], None]]
_working: Working | None = None


def connect(*, working: Working) -> None:
    """Called once by the wiring."""
    global _working
    _working = working


def working(actor: Actor) -> Callable[[int], None]:
    """The agent is about to be done with what they have in hand."""
    return _working(actor) if _working is not None else lambda wrap_up_s: None
