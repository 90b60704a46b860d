"""SMS by GatewayAPI's REST API (https://gatewayapi.com/docs/apis/rest/).

- Out: `POST /rest/mtsms` with the token as `Authorization: Token …`; `userref` is the message's id, and comes back in
  each receipt. The API does not look for a `userref` it has had, so a repetition is sent again (docs/laws/effects.md).
- In: receipts and SMS as JSON to one web hook; with a secret of ours set there, signed as a JWT (HS256) in the header
  `X-Gwapi-Signature`, whose payload is the message. With a secret here, what is not signed by it is not theirs, and the
  signed payload is what is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import jwt

from ringround.kernel.errors import Fault
from ringround.kernel.shape import Shape, need
from ringround.messaging.rules import sms
from ringround.messaging.transports.port import (
    Call,
    Heard,
    Letter,
    NotRead,
    NotTheirs,
    Outcome,
    Said,
    Way,
    answers,
    by_status,
    json_of,
    post,
    told,
)

URL = "https://gatewayapi.com"
# https://gatewayapi.com/docs/apis/rest/#delivery-status-notification; the others are on the way and say nothing new.
STATES = {
    "DELIVERED": ("delivered", ""),
    "EXPIRED": ("failed", "expired"),
    "DELETED": ("failed", "undeliverable"),
    "UNDELIVERABLE": ("failed", "undeliverable"),
    "REJECTED": ("failed", "rejected"),
    "SKIPPED": ("failed", "rejected"),
    "ACCEPTED": ("sent", ""),
    "ENROUTE": ("sent", ""),
    "BUFFERED": ("sent", ""),
    "SCHEDULED": ("sent", ""),
    "UNKNOWN": ("sent", ""),
}


class GatewayApi:
    kind: ClassVar[str] = "gatewayapi"
    channels: ClassVar[tuple[str, ...]] = ("sms",)
    idempotent: ClassVar[bool] = False
    secrets: ClassVar[tuple[str, ...]] = ("token", "webhook_secret")

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fault]:
        shape = Shape(settings)
        shape.url("url")
        shape.text("class", options=("standard", "premium", "secret"))
        shape.text("keyword", most=20)
        return shape.done() + need(secrets, "token")

    def carry(self, way: Way, letter: Letter) -> Outcome:
        encoding = sms.parts(letter.text).encoding
        body = {
            "sender": letter.sender.removeprefix("+"),
            "message": letter.text,
            "recipients": [{"msisdn": int(letter.to.removeprefix("+"))}],
            "userref": letter.id.hex,
            "encoding": "UCS2" if encoding == "ucs2" else "UTF8",
            "callback_url": way.receipts_url,
            **({"class": way.settings["class"]} if way.settings.get("class") else {}),
        }
        answer = post(f"{_root(way)}/rest/mtsms", headers=_headers(way), body=json.dumps(body).encode())
        if isinstance(answer, Outcome):
            return answer
        found = json_of(answer.body)
        if not answer.good:
            detail = f"{found.get('code', '')} {found.get('message', '')}".strip() if isinstance(found, dict) else ""
            return by_status(answer, detail)
        ids = found.get("ids") if isinstance(found, dict) else None
        # Taken all the same: receipts name the `userref`.
        return Outcome("sent", provider_id=str(ids[0]) if isinstance(ids, list) and ids else "")

    def hear(self, way: Way, call: Call) -> tuple[Sequence[Said], Sequence[Heard]]:
        found = _signed(call, way.secrets["webhook_secret"]) if way.secrets.get("webhook_secret") else told(call)
        if isinstance(found.get("message"), str):
            sender = str(found.get("msisdn") or found.get("sender") or "")
            moment = str(found.get("senttime", ""))
            heard = Heard(sender, str(found.get("receiver", "")), found["message"], str(found.get("id", "")), moment)
            return (), (heard,)
        state = STATES.get(str(found.get("status", "")).upper())
        if state is None:
            raise NotRead
        status, reason = state
        detail = " ".join(str(found[name]) for name in ("code", "error") if found.get(name))
        message_id = _id(found.get("userref"))
        return (Said(status, message_id, "" if message_id else str(found.get("id", "")), reason, detail),), ()

    def look(self, way: Way) -> str:
        return answers(f"{_root(way)}/rest/me", _headers(way))


def _root(way: Way) -> str:
    return str(way.settings.get("url") or URL).rstrip("/")


def _headers(way: Way) -> dict[str, str]:
    return {"Authorization": f"Token {way.secrets['token']}", "Content-Type": "application/json"}


def _signed(call: Call, secret: str) -> dict[str, Any]:
    try:
        found = jwt.decode(call.headers.get("x-gwapi-signature", ""), secret, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise NotTheirs from None
    return dict(found)


def _id(text: object) -> UUID | None:
    try:
        return UUID(hex=text) if isinstance(text, str) and len(text) == 32 else None
    except ValueError:
        return None
