"""To which number or address of a lead's contact a message goes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

# What a numbering plan may say of a number that takes text messages; where a country does not tell fixed lines and
# mobiles apart (Denmark), or the plan says nothing, it may well.
TAKES_SMS = frozenset({"mobile", "mobile_or_fixed", "personal", "pager", "unknown", ""})


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the contact, as its numbering plan knows it."""

    e164: str
    kind: str
    valid: bool = True


def takes_sms(number: Number) -> bool:
    """Whether a text message to it may arrive."""
    return number.valid and number.kind in TAKES_SMS


def sms_number(numbers: Sequence[Number], *, last_called: Collection[str] = ()) -> str | None:
    """The number last called, else the first that can take one; None where there is none.

    `last_called`: numbers that were called, the last first. One that is the contact's no more, or that takes no text
    message, is passed over: 1. called on the fixed line, the mobile gets it; 2. called on the second mobile, that gets
    it though it stands last.
    """
    able = [one.e164 for one in numbers if takes_sms(one)]
    return next((one for one in last_called if one in able), able[0] if able else None)
