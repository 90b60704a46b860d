"""What all webhooks have in common: headers in any case, secrets of which two may count, moments that must be near."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ringround.onboarding.gateways.port import WINDOW_S, Account, SignatureError


def header(headers: Mapping[str, str], name: str) -> str:
    """A header by its name in any case; empty where it is not."""
    # As it is mostly asked: a request's own headers know any case.
    if (found := headers.get(name)) is not None:
        return found
    wanted = name.casefold()
    return next((value for key, value in headers.items() if key.casefold() == wanted), "")


def signed_by(account: Account, given: str, made: Callable[[bytes], str]) -> None:
    """SignatureError unless `made` of one of the account's secrets is what was given. All are tried, in constant time:
    how long it takes says nothing about which."""
    secrets = [secret for secret in account.webhook_secrets if secret]
    if not secrets:
        raise SignatureError("unset")
    if not given:
        raise SignatureError("missing")
    found = False
    for secret in secrets:
        found |= hmac.compare_digest(made(secret.encode()).encode(), given.encode("utf-8", "surrogatepass"))
    if not found:
        raise SignatureError("wrong")


def near(at: datetime, now: datetime) -> None:
    """SignatureError when a signed moment is too far from now; clocks that are off by minutes are believed."""
    if abs((now - at).total_seconds()) > WINDOW_S:
        raise SignatureError("stale")


def moment(seconds: str) -> datetime:
    """A signed moment in Unix seconds; SignatureError where it is none."""
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 11):
        raise SignatureError("stale")
    return datetime.fromtimestamp(int(seconds), UTC)


def object_of(raw: bytes) -> dict[str, Any]:
    """What came as an object of JSON; empty where it is none."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def text_of(value: object) -> str:
    """A value that should be a text or a number, as a text that can be stored; else empty."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)[:500].replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
    return ""


def whole_of(value: object) -> int | None:
    """A whole number as it stands in JSON; else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53 else None


def time_of(value: object, otherwise: datetime) -> datetime:
    """A moment as RFC 3339 writes it, in UTC; `otherwise` where there is none."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else otherwise
    except ValueError:
        return otherwise
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
