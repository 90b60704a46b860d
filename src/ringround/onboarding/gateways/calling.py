"""Calls to a provider by HTTP, by `infra.outbound` alone: what came back, or what is known without an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ringround.infra import outbound
from ringround.onboarding.gateways.port import GatewayError, NoSuch, Permanent, Transient, Unknown

# Answers are read to here; a longer one is none of an API.
MOST_ANSWER = 262_144
# Each; a call of the port is at the most four of them.
DEADLINE_S = 10.0
RATE_S = 60
# What a ref or a part of one may be made of, so that an address is made of nothing else.
PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is neither trouble of theirs nor of our sign-in: the status, and the JSON where it is any."""

    status: int
    data: Any
    text: str

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def object(self) -> dict[str, Any]:
        return self.data if isinstance(self.data, dict) else {}


def call(
    method: str, url: str, *, headers: Mapping[str, str], body: Mapping[str, Any] | None = None, changes: bool = True
) -> Reply:
    """One request. `changes`: it may have done something, so that without a plain answer nobody knows (Unknown); what
    only asks may be asked again (Transient). Credentials that are not taken are Transient too: they are mended, and
    what waits goes on."""
    raw = None if body is None else json.dumps(body).encode()
    sent = {
        "Accept": "application/json",
        **({"Content-Type": "application/json"} if raw is not None else {}),
        **headers,
    }
    try:
        answer = outbound.send(method, url, headers=sent, body=raw, most=MOST_ANSWER, deadline_s=DEADLINE_S)
    except outbound.Unsent as fault:
        if fault.begun and changes:
            raise Unknown("unreachable", fault.code) from None
        raise Transient("unreachable", fault.code) from None
    said = f"HTTP {answer.status}: {answer.text[:300]}"
    if answer.status in (401, 403):
        raise Transient("credentials", said)
    if answer.status == 429:
        raise Transient("rate", said, retry_after_s=RATE_S)
    if answer.status >= 500 or answer.status < 200 or answer.status == 408:
        # It may have been done before it stumbled.
        raise Unknown("server", said) if changes else Transient("server", said)
    try:
        data = json.loads(answer.body) if answer.body else None
    except (ValueError, RecursionError):
        data = None
    return Reply(answer.status, data, said)


def garbled(reply: Reply, *, changes: bool) -> GatewayError:
    """A good answer in which what is needed is not to be found."""
    return Unknown("garbled", reply.text) if changes else Transient("garbled", reply.text, down=False)


def refused(reply: Reply) -> GatewayError:
    """What an answer means that is not good, where the provider says no more."""
    if reply.status == 404:
        return NoSuch(reply.text)
    return Permanent("refused", reply.text)


def plain(part: str) -> str:
    """A part of a ref as it may stand in an address; NoSuch."""
    if not PLAIN.fullmatch(part):
        raise NoSuch
    return part
