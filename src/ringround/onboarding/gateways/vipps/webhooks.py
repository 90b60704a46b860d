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

from ringround.onboarding.gateways.calling import Reply
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
# Of single payments, by the name that their body has.
PAYMENTS = {
    "AUTHORIZED": "charge.reserved",
    "CAPTURED": "charge.charged",
    "REFUNDED": "charge.refunded",
    "CANCELLED": "charge.cancelled",
    "TERMINATED": "charge.cancelled",
    "ABORTED": "charge.rejected",
    "EXPIRED": "charge.expired",
}
REGISTERED = (*EVENTS, *(f"epayments.payment.{name.lower()}.v1" for name in PAYMENTS))
ACTORS = {"USER": "debtor", "MERCHANT": "merchant"}
# Why a charge has failed. Theirs is coarse: no money, an expired card and a blocked one are one word.
FAILURES = {
    "user_action_required": "card_declined",
    "charge_amount_too_high": "limit_exceeded",
    "non_technical_error": "other",
    "technical_error": "technical",
}


def hooks(reply: Reply) -> list[dict[str, Any]]:
    """The webhooks that are registered, as they are listed."""
    listed = reply.object.get("webhooks")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def unheard(reply: Reply, url: str) -> str:
    """What of what we read is not sent to this address by those that are registered; empty where all is."""
    here = [one["events"] for one in hooks(reply) if one.get("url") == url and isinstance(one.get("events"), list)]
    if not here:
        return "no webhook leads here"
    missing = [event for event in REGISTERED if not any(event in events for events in here)]
    return f"webhooks are not asked for: {', '.join(missing)}" if missing else ""


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
    said, event_id = object_of(raw), hashlib.sha256(raw).hexdigest()
    # The address is one account's; what is another sales unit's is none of it.
    unit = text_of(said.get("msn"))
    if unit and unit != str(account.settings.get("merchant_serial_number", "")):
        return []
    return _payment(said, event_id, now) if "pspReference" in said else _events(said, event_id, now)


def _payment(said: dict[str, Any], event_id: str, now: datetime) -> list[GatewayEvent]:
    name, ref = text_of(said.get("name")), text_of(said.get("reference"))
    # What did not succeed changes nothing: a donor has another try, and a call of ours has its own answer.
    if name not in PAYMENTS or not ref or said.get("success") is not True:
        return []
    money = said.get("amount") if isinstance(said.get("amount"), dict) else {}
    assert isinstance(money, dict)
    reasons = {
        "ABORTED": "debtor_declined", "EXPIRED": "expired", "CANCELLED": "cancelled_by_merchant",
        "TERMINATED": "cancelled_by_merchant",
    }  # fmt: skip
    return [
        GatewayEvent(
            event_id=event_id,
            kind=PAYMENTS[name],
            ref=ref,
            reference=ref,
            occurred_at=time_of(said.get("timestamp"), now),
            reason_code=reasons.get(name, ""),
            actor="debtor" if name in ("AUTHORIZED", "ABORTED") else "",
            amount=whole_of(money.get("value")),
            currency=text_of(money.get("currency")),
            raw={one: said[one] for one in ("name", "pspReference") if one in said},
        )
    ]


def _events(said: dict[str, Any], event_id: str, now: datetime) -> list[GatewayEvent]:
    kind = EVENTS.get(text_of(said.get("eventType")))
    agreement, charge = text_of(said.get("agreementId")), text_of(said.get("chargeId"))
    if kind is None or not agreement or (kind.startswith("charge.") and not charge):
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
