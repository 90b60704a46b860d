"""What Vipps MobilePay says by itself: its signature, and its events in our words.

Signed are the method, the path with its query, and `x-ms-date;host;<SHA-256 of the body in base64>`; the secret is used
as it is written, not decoded (https://developer.vippsmobilepay.com/docs/APIs/webhooks-api/request-authentication/).
Events have no id of their own: one that is told again has the same body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from ringround.onboarding.gateways.port import Account, GatewayEvent, SignatureError
from ringround.onboarding.gateways.signing import header, near, object_of, signed_by, text_of, time_of, whole_of

PREFIX = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature="
EVENTS = {
    "recurring.agreement-activated.v1": "mandate.active",
    "recurring.agreement-rejected.v1": "mandate.rejected",
    "recurring.agreement-stopped.v1": "mandate.stopped",
    "recurring.agreement-expired.v1": "mandate.expired",
    "recurring.charge-reserved.v1": "charge.reserved",
    "recurring.charge-captured.v1": "charge.charged",
    "recurring.charge-canceled.v1": "charge.cancelled",
    "recurring.charge-failed.v1": "charge.failed",
    "recurring.charge-refunded.v1": "charge.refunded",
}
ACTORS = {"USER": "debtor", "MERCHANT": "merchant"}
# Why a charge has failed. Theirs is coarse: no money, an expired card and a blocked one are one word.
FAILURES = {
    "user_action_required": "card_declined",
    "charge_amount_too_high": "limit_exceeded",
    "non_technical_error": "other",
    "technical_error": "technical",
}


def signature(secret: bytes, *, date: str, url: str, body: bytes) -> str:
    """The whole header."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].lower()
    host = host.removesuffix({"https": ":443", "http": ":80"}.get(parts.scheme, "\0"))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    signed = f"POST\n{path}\n{date};{host};{content_hash(body)}"
    return PREFIX + base64.b64encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest()).decode()


def content_hash(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def read(account: Account, headers: Mapping[str, str], raw: bytes, url: str, now: datetime) -> list[GatewayEvent]:
    """What a call says; SignatureError."""
    date, given = header(headers, "x-ms-date"), header(headers, "Authorization")
    if not date:
        raise SignatureError("missing")
    signed_by(account, given, lambda secret: signature(secret, date=_plain(date), url=url, body=raw))
    claimed = header(headers, "x-ms-content-sha256").encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(content_hash(raw).encode(), claimed):
        raise SignatureError("altered")
    near(_moment(date), now)
    return _events(account, object_of(raw), hashlib.sha256(raw).hexdigest(), now)


def _events(account: Account, said: dict[str, Any], event_id: str, now: datetime) -> list[GatewayEvent]:
    kind = EVENTS.get(text_of(said.get("eventType")))
    agreement, charge = text_of(said.get("agreementId")), text_of(said.get("chargeId"))
    if kind is None or not agreement or (kind.startswith("charge.") and not charge):
        return []
    # The address is one account's; what is another sales unit's is none of it.
    unit = text_of(said.get("msn"))
    if unit and unit != str(account.settings.get("merchant_serial_number", "")):
        return []
    about_charge = kind.startswith("charge.")
    actor = text_of(said.get("actor")).upper()
    return [
        GatewayEvent(
            event_id=event_id,
            kind=kind,
            ref=f"{agreement}/{charge}" if about_charge else agreement,
            mandate_ref=agreement if about_charge else "",
            reference=text_of(said.get("chargeExternalId" if about_charge else "agreementExternalId")),
            occurred_at=time_of(said.get("occurred"), now),
            reason_code=_reason(kind, actor, said),
            detail=text_of(said.get("failureReason")),
            actor=ACTORS.get(actor, "gateway" if actor else ""),
            amount=_amount(kind, said),
            currency=text_of(said.get("currency")),
            raw={name: said[name] for name in ("eventType", "chargeType", "actor", "transactionId") if name in said},
        )
    ]


def _reason(kind: str, actor: str, said: Mapping[str, Any]) -> str:
    if kind == "mandate.rejected":
        return "debtor_declined"
    if kind == "mandate.expired":
        return "expired"
    if kind in ("mandate.stopped", "charge.cancelled"):
        return {"USER": "cancelled_by_debtor", "MERCHANT": "cancelled_by_merchant"}.get(actor, "cancelled_by_gateway")
    if kind == "charge.failed":
        return FAILURES.get(text_of(said.get("failureReason")).lower(), "other")
    return ""


def _amount(kind: str, said: Mapping[str, Any]) -> int | None:
    named = {"charge.charged": "amountCaptured", "charge.refunded": "amountRefunded"}.get(kind, "amount")
    found = whole_of(said.get(named))
    return whole_of(said.get("amount")) if found is None else found


def _plain(date: str) -> str:
    """A date that cannot be one is signed by nobody."""
    if not date.isascii() or len(date) > 64:
        raise SignatureError("stale")
    return date


def _moment(date: str) -> datetime:
    try:
        found = parsedate_to_datetime(date)
    except (ValueError, IndexError, OverflowError):
        raise SignatureError("stale") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
