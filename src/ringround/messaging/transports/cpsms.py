"""SMS by CPSMS (https://api.cpsms.dk/documentation/index.html).

- Out: `POST /v2/send` with user name and API key (Basic). `reference` (32 signs) is the message's id, which the API
  keeps and does not compare: a repetition is sent again.
- In: a receipt is a call of `dlr_url`, which is ours for each message, with `status` and `receiver` appended; the
  documentation says POSTed and shows a query, so both methods and both places are read.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qsl
from uuid import UUID

from ringround.kernel.errors import Fault
from ringround.kernel.shape import Shape, need
from ringround.messaging.transports.port import (
    Call,
    Heard,
    Letter,
    NotRead,
    Outcome,
    Said,
    Way,
    answers,
    by_status,
    json_of,
    post,
)

URL = "https://api.cpsms.dk/v2"
# "Status parameters (dlr_url)" in the documentation.
STATES = {
    "1": ("delivered", ""),
    "2": ("failed", "undeliverable"),
    "3": ("sent", ""),  # buffered
    "4": ("failed", "expired"),  # abandoned
}


class Cpsms:
    kind: ClassVar[str] = "cpsms"
    channels: ClassVar[tuple[str, ...]] = ("sms",)
    idempotent: ClassVar[bool] = False
    secrets: ClassVar[tuple[str, ...]] = ("key",)

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fault]:
        shape = Shape(settings)
        shape.text("user", required=True)
        shape.url("url")
        return shape.done() + need(secrets, "key")

    def carry(self, way: Way, letter: Letter) -> Outcome:
        body = {
            "to": letter.to.removeprefix("+"),
            "message": letter.text,
            "from": letter.sender.removeprefix("+"),
            "reference": letter.id.hex,
            "dlr_url": f"{way.receipts_url}?m={letter.id.hex}",
        }
        answer = post(f"{_root(way)}/send", headers=_headers(way), body=json.dumps(body).encode())
        if isinstance(answer, Outcome):
            return answer
        found = json_of(answer.body)
        errors = found.get("error") if isinstance(found, dict) else None
        if isinstance(errors, dict):
            errors = [errors]
        if errors:
            # Also with 207, where one of several was refused; here there is one.
            first = errors[0] if isinstance(errors, list) and isinstance(errors[0], dict) else {}
            detail = f"{first.get('errorCode', first.get('code', ''))} {first.get('errMsg', first.get('message', ''))}"
            if answer.status in (401, 403, 429) or answer.status >= 500:
                return by_status(answer, detail.strip())
            return Outcome("refused", reason="refused", detail=detail.strip())
        if not answer.good:
            return by_status(answer)
        return Outcome("sent", provider_id=letter.id.hex)

    def hear(self, way: Way, call: Call) -> tuple[Sequence[Said], Sequence[Heard]]:
        given = dict(call.query)
        if call.content_type == "application/x-www-form-urlencoded":
            given.update(parse_qsl(call.body.decode("utf-8", "replace")))
        state = STATES.get(given.get("status", ""))
        try:
            message_id = UUID(hex=given.get("m", ""))
        except ValueError:
            raise NotRead from None
        if state is None:
            raise NotRead
        return (Said(state[0], message_id, "", state[1]),), ()

    def look(self, way: Way) -> str:
        return answers(f"{_root(way)}/creditvalue", _headers(way))


def _root(way: Way) -> str:
    return str(way.settings.get("url") or URL).rstrip("/")


def _headers(way: Way) -> dict[str, str]:
    pair = f"{way.settings['user']}:{way.secrets['key']}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}", "Content-Type": "application/json"}
