"""Words of the post room: channels, states, kinds of transports, and why a message was not sent."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ringround.infra import outbound
from ringround.ui import tones

Text = str | Promise

CHANNELS: dict[str, Text] = {"sms": _("SMS"), "email": _("E-mail")}
STATUSES: dict[str, tuple[str, Text]] = {
    "queued": ("info", _("Queued")),
    "skipped": ("warning", _("Not sent")),
    "sent": ("info", _("Sent")),
    "failed": ("danger", _("Failed")),
    "delivered": ("success", _("Delivered")),
    "bounced": ("danger", _("Bounced")),
    "received": ("accent", _("Received")),
}
KINDS: dict[str, Text] = {
    "sandbox": _("Sandbox (nothing is sent)"),
    "smtp": _("Mail server (SMTP)"),
    "gatewayapi": "GatewayAPI",
    "cpsms": "CPSMS",
    "http": _("HTTP request of your own"),
    "smpp": "SMPP",
}
# Why a message was skipped, failed or bounced.
REASONS: dict[str, Text] = {
    "no_address": _("The contact has no number or address for this"),
    "bad_address": _("The number or address is not valid"),
    "no_template": _("The template is gone, or of another organisation"),
    "wrong_channel": _("The template is for another channel"),
    "missing_value": _("A merge field has no value and no fallback"),
    "empty": _("There is nothing in the message"),
    "too_long": _("The message has more parts than are sent"),
    "no_transport": _("The organisation has no way to send this"),
    "suppressed": _("On a suppression list"),
    "bounced_before": _("An earlier message to the address bounced"),
    "capped": _("As many messages as one person may get"),
    "quiet": _("Within the quiet hours"),
    "no_hours": _("There are no hours at which it may be sent"),
    "erased": _("The contact was erased"),
    "closed": _("The work for the organisation is over"),
    "bad_sender": _("The sender is not accepted"),
    "refused": _("The provider refused it"),
    "credentials": _("The provider did not accept our sign-in"),
    "rate": _("The provider asked to wait"),
    "server": _("The provider had an error"),
    "unreachable": _("The provider could not be reached"),
    "unknown_outcome": _("It may have been sent: the provider did not answer"),
    "expired": _("The network gave up after its time"),
    "rejected": _("The network refused it"),
    "undeliverable": _("It could not be delivered"),
    "internal": _("An error here"),
    "complaint": _("The recipient reported it as unwanted"),
    "mailbox": _("There is no such mailbox"),
    "mailbox_full": _("The mailbox is full"),
}


def tone_words() -> None:
    """Say how states look; called when the app is ready."""
    tones.add("message", STATUSES)


def fault_text(fault: str) -> str:
    """What was wrong at a provider: our code in words, and what the provider said of it as it said it."""
    code, _gap, said = fault.partition(" ")
    words = str(outbound.WORDS.get(said) or outbound.WORDS.get(code) or REASONS.get(code, code))
    return f"{words} ({said})" if said and said not in outbound.WORDS else words


def reason_text(code: str) -> Text:
    """Why, in words; the code itself where it is a provider's own."""
    return REASONS.get(code, code)
