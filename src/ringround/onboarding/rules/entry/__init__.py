"""How a session's form is opened: the parameters of `/onboard`, a signed token, or a lead's contact in our own console.

Whatever comes is text from outside: it is cleaned, bounded and shown, never run, and what is not understood is told to
the agent by its name alone.
"""

from ringround.onboarding.rules.entry.fitting import Prefill, prefill
from ringround.onboarding.rules.entry.parameters import NATIONAL_ID, from_contact, missing, read, without_national_id
from ringround.onboarding.rules.entry.seen import Entry, Missing, Stripped

__all__ = [
    "NATIONAL_ID",
    "Entry",
    "Missing",
    "Prefill",
    "Stripped",
    "from_contact",
    "missing",
    "prefill",
    "read",
    "without_national_id",
]
