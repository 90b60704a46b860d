"""The addresses in a message that lead back here: unsubscribing, opens, clicks.

Short, since they stand in SMS: the message's id and twelve signs of a signature, by the product's own key. They name a
message and nothing else, never expire, and open nothing but what their kind says.
"""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256
from uuid import UUID

from django.conf import settings

UNSUBSCRIBE, OPEN, CLICK, REPLY = "u", "o", "c", "r"
_SIGNATURE_BYTES = 9
_ID_SIGNS = 22


def token(kind: str, message_id: UUID) -> str:
    """34 signs of A-Z a-z 0-9 - _."""
    return _b64(message_id.bytes) + _b64(_sign(settings.SECRET_KEY, kind, message_id))


def read(kind: str, text: str) -> UUID | None:
    """The message of a token of this kind; None for any other text. Keys before the present one still count."""
    if len(text) != _ID_SIGNS + 12 or not text.isascii():
        return None
    try:
        message_id = UUID(bytes=base64.urlsafe_b64decode(text[:_ID_SIGNS] + "=="))
        given = base64.urlsafe_b64decode(text[_ID_SIGNS:])
    except ValueError:
        return None
    # One id has one writing only.
    if _b64(message_id.bytes) != text[:_ID_SIGNS]:
        return None
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    found = [hmac.compare_digest(given, _sign(key, kind, message_id)) for key in keys]
    return message_id if any(found) else None


def unsubscribe_url(message_id: UUID) -> str:
    """The page by which the recipient says that they want no more; also takes the one-click POST of RFC 8058."""
    return f"{settings.RINGROUND.base_url}/m/{UNSUBSCRIBE}/{token(UNSUBSCRIBE, message_id)}"


def open_url(message_id: UUID) -> str:
    """The pixel."""
    return f"{settings.RINGROUND.base_url}/m/{OPEN}/{token(OPEN, message_id)}.gif"


def click_url(message_id: UUID, index: int) -> str:
    """What leads on to the link of that index in the message's own HTML."""
    return f"{settings.RINGROUND.base_url}/m/{CLICK}/{token(CLICK, message_id)}/{index}"


def _sign(key: str, kind: str, message_id: UUID) -> bytes:
    return hmac.new(key.encode(), f"messaging.{kind}.".encode() + message_id.bytes, sha256).digest()[:_SIGNATURE_BYTES]


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
