"""SMS by a request of one's own, for any provider that takes one.

Settings: `url`, `method`, `headers`, `body`, with places `{{ to }}`, `{{ to_digits }}`, `{{ sender }}`, `{{ text }}`,
`{{ key }}`, `{{ receipts_url }}` and `{{ secret.<name> }}`. What a place gets is written as where it stands needs it:
encoded in an address or a form, as the inside of a string in JSON, as it is elsewhere. Every request carries the
message's key as `Idempotency-Key`; `idempotent` says that the provider knows it again.

Of the answer (JSON) `id_path` names the provider's id, `data.0.id`. A receipt is a call of `receipts_url` with `id`
and `status` where `receipt_id` and `receipt_status` say; `receipt_states` maps the provider's words to sent, delivered,
failed or bounced. `inbound_number`, `inbound_to`, `inbound_text` and `inbound_id` do the same for what people
write; without an id the same words from the same number within an hour are one message. `keyword` is that of a shared
short code: `FOO STOP`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, urlsplit
from uuid import UUID

from ringround.infra import outbound
from ringround.kernel import targets
from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_
from ringround.kernel.shape import Shape
from ringround.messaging.transports.port import (
    DEADLINE_S,
    Call,
    Heard,
    Letter,
    NotRead,
    Outcome,
    Said,
    Way,
    by_status,
    json_of,
    post,
)

PLACES = ("to", "to_digits", "sender", "text", "key", "receipts_url")
STATES = ("sent", "delivered", "failed", "bounced")
METHODS = ("POST", "PUT", "GET")
MAX_BODY, MOST_HEADERS = 10_000, 20
_PLACE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}", re.ASCII)
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}", re.ASCII)
# What says how the request goes, and to whom.
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_PATHS = ("id_path", "receipt_id", "receipt_status", "inbound_number", "inbound_to", "inbound_text", "inbound_id")


class Http:
    kind: ClassVar[str] = "http"
    channels: ClassVar[tuple[str, ...]] = ("sms",)
    # By its setting of that name.
    idempotent: ClassVar[bool] = False
    # Whatever names the request has.
    secrets: ClassVar[tuple[str, ...]] = ()

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fault]:
        shape = Shape(settings)
        shape.text("url", required=True, most=targets.MAX_URL)
        shape.text("method", options=METHODS)
        shape.text("content_type", most=100)
        shape.text("keyword", most=20)
        shape.truth("idempotent")
        for path in _PATHS:
            shape.text(path, most=200)
        shape.known |= {"headers", "body", "receipt_states"}
        faults = shape.done()
        url = settings.get("url")
        if isinstance(url, str) and url:
            try:
                # Where a place stands must not decide whom we call.
                targets.parse(_PLACE.sub("x", url))
                if _PLACE.search(urlsplit(url).netloc):
                    raise targets.BadTarget
            except (targets.BadTarget, ValueError):
                faults.append(Fault(("settings", "url"), "bad_url", N_("This is not an address of the web.")))
        headers = settings.get("headers", {})
        if not _texts(headers) or len(headers) > MOST_HEADERS or not all(map(_HEADER.fullmatch, headers)):
            faults.append(Fault(("settings", "headers"), "bad_format", N_("Headers are names with texts.")))
            headers = {}
        if any(name.lower() in _OURS for name in headers) or not all(map(_plain, headers.values())):
            words = N_("Headers have plain letters and signs, and the connection's own are not written here.")
            faults.append(Fault(("settings", "headers"), "bad_header", words))
        if not _plain(str(settings.get("content_type") or "")):
            faults.append(
                Fault(("settings", "content_type"), "bad_header", N_("This has plain letters and signs only."))
            )
        body = settings.get("body", "")
        if not isinstance(body, str) or len(body) > MAX_BODY:
            faults.append(Fault(("settings", "body"), "bad_format", N_("The body is a text.")))
            body = ""
        states = settings.get("receipt_states", {})
        if not _texts(states) or not set(states.values()) <= set(STATES):
            words = N_("Say for each of the provider's words: sent, delivered, failed or bounced.")
            faults.append(Fault(("settings", "receipt_states"), "bad_format", words))
        known = {*PLACES, *(f"secret.{name}" for name in secrets)}
        for where, text in (("url", url), ("body", body), *(("headers", one) for one in headers.values())):
            for name in _PLACE.findall(text) if isinstance(text, str) else ():
                if name not in known:
                    words = N_("There is no such place, or no such secret.")
                    faults.append(Fault(("settings", where), "unknown_place", words, {"place": name}))
        return faults

    def carry(self, way: Way, letter: Letter) -> Outcome:
        given = way.settings
        values = {
            "to": letter.to,
            "to_digits": letter.to.removeprefix("+"),
            "sender": letter.sender,
            "text": letter.text,
            "key": letter.id.hex,
            "receipts_url": way.receipts_url,
            **{f"secret.{name}": value for name, value in way.secrets.items()},
        }
        kind = str(given.get("content_type") or "application/json")
        headers = {
            name: _filled(text, values, _line) for name, text in (given.get("headers") or {}).items()
        } | {"Idempotency-Key": letter.id.hex}  # fmt: skip
        method = str(given.get("method") or "POST")
        body = b""
        if method != "GET":
            headers.setdefault("Content-Type", kind)
            body = _filled(str(given.get("body") or ""), values, _writer(kind)).encode()
        url = _filled(str(given["url"]), values, lambda value: quote(value, safe=""))
        try:
            targets.parse(url)
        except targets.BadTarget:
            # The settings' own was looked at: this is what the message has made of it, and nobody else's trouble.
            return Outcome("refused", reason="too_long", detail="bad_url")
        answer = post(url, headers=headers, body=body, method=method)
        if isinstance(answer, Outcome):
            return answer
        if not answer.good:
            return by_status(answer)
        found = at_path(json_of(answer.body), str(given.get("id_path") or ""))
        return Outcome("sent", provider_id=_word(found) if given.get("id_path") else letter.id.hex)

    def hear(self, way: Way, call: Call) -> tuple[Sequence[Said], Sequence[Heard]]:
        found = json_of(call.body) if call.body else None
        if not isinstance(found, dict):
            found = dict(call.query)
            if call.content_type == "application/x-www-form-urlencoded":
                found.update(parse_qsl(call.body.decode("utf-8", "replace")))

        def read(name: str) -> str:
            path = str(way.settings.get(name) or "")
            return _word(at_path(found, path)) if path else ""

        if (text := read("inbound_text")) and (number := read("inbound_number")):
            return (), (Heard(number, read("inbound_to"), text, read("inbound_id")),)
        status = (way.settings.get("receipt_states") or {}).get(read("receipt_status"))
        said = read("receipt_id")
        if status is None or not said:
            raise NotRead
        reason = {"failed": "undeliverable", "bounced": "mailbox"}.get(status, "")
        try:
            # Without an id of the provider's, ours is what it knows the message by.
            named = UUID(hex=said) if not way.settings.get("id_path") else None
        except ValueError:
            named = None
        return (Said(status, named, "" if named else said, reason),), ()

    def look(self, way: Way) -> str:
        """There is no request that would send nothing: only whether somebody is there."""
        target = targets.parse(_PLACE.sub("x", str(way.settings["url"])))
        try:
            outbound.dial(target.host, target.port, deadline_s=DEADLINE_S).close()
        except outbound.Unsent as fault:
            return fault.code
        return ""


def at_path(found: Any, path: str) -> Any:
    """What stands at `data.0.id`; None where there is nothing."""
    for step in path.split(".") if path else ():
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def _word(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in (*value, *value.values()))


def _filled(text: str, values: Mapping[str, str], write: Any) -> str:
    return _PLACE.sub(lambda found: write(values.get(found[1], "")), text)


def _line(value: str) -> str:
    """Within a header: one line of signs that stand there."""
    return "".join(sign for sign in value if 32 <= ord(sign) < 127)


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _writer(kind: str) -> Any:
    if "json" in kind:
        return lambda value: json.dumps(value)[1:-1]
    if "urlencoded" in kind:
        return lambda value: quote(value, safe="")
    return lambda value: value
