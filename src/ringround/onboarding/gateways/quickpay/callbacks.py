"""What Quickpay says by itself: the whole subscription or payment, each time something was done with it.

`QuickPay-Checksum-Sha256` is the HMAC-SHA256 of the body by the account's private key, in hex
(https://learn.quickpay.net/tech-talk/api/callback). Nothing that is signed says when: only that an event is taken once
protects against a repetition. An event is one operation's outcome, so one that was lost is told by the next callback.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ringround.onboarding.gateways.port import Account, GatewayEvent, SignatureError
from ringround.onboarding.gateways.quickpay import reading
from ringround.onboarding.gateways.signing import header, object_of, signed_by, text_of, time_of, whole_of

HEADER = "QuickPay-Checksum-Sha256"


def checksum(secret: bytes, body: bytes) -> str:
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def read(account: Account, headers: Mapping[str, str], raw: bytes, now: datetime) -> list[GatewayEvent]:
    """What a callback says, oldest first; SignatureError."""
    given = header(headers, HEADER)
    if not given:
        raise SignatureError("missing")
    signed_by(account, given.lower(), lambda secret: checksum(secret, raw))
    found = object_of(raw)
    kind, ref = text_of(found.get("type")), text_of(found.get("id"))
    if kind not in ("Subscription", "Payment") or not ref.isdecimal() or not reading.counts(account, found):
        return []
    told = (_event(kind, ref, found, one, now) for one in reading.operations(found) if reading.done(one))
    return [one for one in told if one is not None]


def _event(
    kind: str, ref: str, found: Mapping[str, Any], operation: Mapping[str, Any], now: datetime
) -> GatewayEvent | None:
    said = _kind(kind, operation)
    if said is None:
        return None
    bad = not reading.approved(operation)
    number, status = text_of(operation.get("id")), text_of(operation.get("qp_status_code"))
    why = reading.reason(operation) if bad else ""
    if said in ("mandate.stopped", "charge.cancelled"):
        why = "cancelled_by_merchant"
    return GatewayEvent(
        event_id=f"{kind.lower()}-{ref}-{number}-{status}",
        kind=said,
        ref=ref,
        reference=reading.reference(found),
        mandate_ref=text_of(found.get("subscription_id")) if kind == "Payment" else "",
        occurred_at=time_of(operation.get("created_at"), now),
        reason_code=why,
        detail=reading.detail(operation) if bad else "",
        actor="merchant" if why == "cancelled_by_merchant" else "",
        amount=whole_of(operation.get("amount")),
        currency=text_of(found.get("currency")).upper(),
        instrument=reading.instrument(found)[0],
        raw={"type": kind, "operation": text_of(operation.get("type")), "qp_status_code": status},
    )


def _kind(kind: str, operation: Mapping[str, Any]) -> str | None:
    """What an operation's outcome is to us; None where it is nothing."""
    what, good = operation.get("type"), reading.approved(operation)
    if kind == "Subscription":
        # A card that is declined may be followed by another on the same link.
        return {"authorize": "mandate.active" if good else "mandate.pending",
                "cancel": "mandate.stopped" if good else None}.get(str(what))  # fmt: skip
    return {
        "authorize": "charge.reserved" if good else "charge.pending",
        "recurring": "charge.reserved" if good else "charge.failed",
        "capture": "charge.charged" if good else "charge.failed",
        "refund": "charge.refunded" if good else None,
        "cancel": "charge.cancelled" if good else None,
    }.get(str(what))
