"""The sandbox's webhooks: how they are signed and read.

`Sandbox-Signature: t=<Unix seconds>,v1=<HMAC-SHA256 of "<t>.<body>" in hex>`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ringround.onboarding.gateways.port import KINDS, Account, GatewayEvent, SignatureError
from ringround.onboarding.gateways.signing import (
    header,
    moment,
    near,
    object_of,
    signed_by,
    text_of,
    time_of,
    whole_of,
)

HEADER = "Sandbox-Signature"


def signature(secret: bytes, seconds: int, body: bytes) -> str:
    return hmac.new(secret, b"%d." % seconds + body, hashlib.sha256).hexdigest()


def read(account: Account, headers: Mapping[str, str], raw: bytes, now: datetime) -> list[GatewayEvent]:
    """What a call says; SignatureError."""
    parts = dict(part.partition("=")[::2] for part in header(headers, HEADER).split(","))
    if not parts.get("t") or not parts.get("v1"):
        raise SignatureError("missing")
    at = moment(parts["t"])
    signed_by(account, parts["v1"], lambda secret: signature(secret, int(parts["t"]), raw))
    near(at, now)
    said = object_of(raw)
    kind = text_of(said.get("kind"))
    if kind not in KINDS or not text_of(said.get("id")):
        return []
    words: dict[str, Any] = {
        name: text_of(said.get(name))
        for name in ("ref", "reference", "mandate_ref", "reason_code", "actor", "currency", "instrument")
    }
    return [
        GatewayEvent(
            event_id=text_of(said["id"]),
            kind=kind,
            occurred_at=time_of(said.get("occurred_at"), now),
            amount=whole_of(said.get("amount")),
            raw={"kind": kind, "id": text_of(said["id"])},
            **words,
        )
    ]
