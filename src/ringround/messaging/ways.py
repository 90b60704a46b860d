"""From rows to what drawers take: a transport with its secrets, a message with its sender."""

from __future__ import annotations

import json
from collections.abc import Collection

from django.conf import settings

from ringround.infra import secrets
from ringround.infra.secrets import KeyTrouble
from ringround.messaging import links
from ringround.messaging.models import Message, MessageSettings, Transport
from ringround.messaging.rules import tracking
from ringround.messaging.transports.port import Letter, Way

RECEIPTS = "/api/v1/messaging/in/"


def seal(values: dict[str, str]) -> str:
    """Secrets as they are stored."""
    return secrets.cipher(settings.RINGROUND).encrypt(json.dumps(values)) if values else ""


def unseal(stored: str) -> dict[str, str]:
    """Secrets again; KeyTrouble when no key of ours made them."""
    return dict(json.loads(secrets.cipher(settings.RINGROUND).decrypt(stored))) if stored else {}


def receipts_url(transport: Transport) -> str:
    """Where the provider may call us."""
    return f"{settings.RINGROUND.base_url}{RECEIPTS}{transport.token}"


def way_of(transport: Transport) -> Way | None:
    """The transport for its drawer; None where its secrets cannot be read."""
    try:
        opened = unseal(transport.secrets)
    except KeyTrouble:
        return None
    return Way(
        id=transport.id, sender=transport.sender, settings=transport.settings, secrets=opened,
        receipts_url=receipts_url(transport),
    )  # fmt: skip


def letter_of(message: Message, *, sender: str, settings: MessageSettings, handed: Collection[int] = ()) -> Letter:
    """The message as it goes out: an e-mail's links and its pixel lead by us, as far as the organisation wants it. The
    link for unsubscribing goes straight. `handed`: the parts that have gone."""
    html = message.html
    unsubscribe = links.unsubscribe_url(message.id)
    if html and (settings.track_clicks or settings.track_opens):

        def by_us(place: int, url: str) -> str:
            return url if url == unsubscribe else links.click_url(message.id, place)

        html = tracking.rewritten(
            html,
            link=by_us if settings.track_clicks else None,
            pixel=links.open_url(message.id) if settings.track_opens else None,
        )
    return Letter(
        id=message.id, channel=message.channel, to=message.to, sender=message.sender or sender, text=message.text,
        subject=message.subject, html=html, unsubscribe_url=unsubscribe, handed=handed,
    )  # fmt: skip
