"""What became of a delivery, in words."""

from __future__ import annotations

from ringround.infra import outbound
from ringround.kernel.messages import N_, Message

# Why a try failed; the same codes stand in the API.
ERRORS: dict[str, Message] = {
    **outbound.WORDS,
    "refused": N_("The target answered, but did not accept it."),
    "redirect": N_("The target answered with a redirect. Redirects are not followed: write the final address."),
    "internal": N_("A fault of ours; it is logged."),
    "switched_off": N_("The webhook was switched off before it was sent."),
    "withheld": N_("Your organisation may no longer read this event."),
}
# Why a webhook is off.
OFF: dict[str, Message] = {
    "by_hand": N_("Switched off by hand."),
    "failing": N_("Switched off because it only failed for three days."),
    "handed_over": N_("Switched off because the organisation has a new owner."),
    "gone": N_("Switched off because the target said that it is gone (410)."),
}
