"""What may stand as the sender of an SMS.

Letters and digits, at most 11, with a letter among them; or a number of at most 15 digits; or a short code of 3 to 8.
Some countries let only what was registered, or no letters at all, through: their operators replace the sender or drop
the message. `NOTES` says what is known of that; it is shown, and refuses nothing, since it is the operator's agreement
with the provider that counts.
"""

from __future__ import annotations

import re

from ringround.kernel.errors import Fault, Loc
from ringround.kernel.messages import N_, Message

MOST_LETTERS = 11
# Letters that every network carries; æ, ø and å stand in the GSM alphabet too, but arrive garbled from many.
_LETTERS = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 .&_\-]{1,11}", re.ASCII)
_NUMBER = re.compile(r"\+?[1-9]\d{8,14}", re.ASCII)
_SHORT = re.compile(r"\d{3,8}", re.ASCII)

NOTES: dict[str, Message] = {
    "US": N_("No letters: operators replace them by a number of the provider's."),
    "CA": N_("No letters: operators replace them by a number of the provider's."),
    "FR": N_("Messages that advertise need a sender of letters, and STOP by a short code of the provider's."),
    "SG": N_("Letters must be registered, else the sender is shown as likely scam."),
    "GB": N_("Well-known names are kept for those who registered them."),
    "NO": N_("Well-known names are kept for those who registered them."),
    "FI": N_("Names that others registered are barred."),
    "IE": N_("Letters must be registered, else the sender is shown as likely scam."),
}


def kind(sender: str) -> str | None:
    """`letters`, `number` or `short`; None for what no network takes."""
    if _NUMBER.fullmatch(sender):
        return "number"
    if _SHORT.fullmatch(sender):
        return "short"
    return "letters" if _LETTERS.fullmatch(sender) else None


def check(sender: str, *, loc: Loc) -> list[Fault]:
    """Nothing, or why this cannot be a sender."""
    if kind(sender) is not None:
        return []
    words = N_("A sender is at most 11 letters and digits without æ, ø and å, a phone number, or a short code.")
    return [Fault(loc, "bad_sender", words)]


def can_be_answered(sender: str) -> bool:
    """Whether a recipient can write back; to letters nobody can."""
    return kind(sender) in ("number", "short")
