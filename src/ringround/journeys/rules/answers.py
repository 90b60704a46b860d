"""What the answer of an address means to the run that has called it."""

from __future__ import annotations

# Trying again would be answered the same way.
_FOR_GOOD = frozenset({"bad_url", "private_target", "redirect"})
# Of the refusals those that another try may not meet: too slow, too early, too many.
_PASSING = frozenset({408, 425, 429})


def reason_of(status: int | None, error: str) -> str:
    """Why a call failed: the status that it was answered with, else our own word; empty where it did not."""
    return error and (str(status) if status else error)


def is_final(reason: str) -> bool:
    """Whether a call that failed for this reason is not to be tried again."""
    if reason.isascii() and reason.isdigit():
        return 300 <= int(reason) < 500 and int(reason) not in _PASSING
    return reason in _FOR_GOOD
