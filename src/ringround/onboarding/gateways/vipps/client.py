"""Vipps MobilePay by HTTP: the token, the headers, and what its problems mean.

A token is fetched by the account's keys and kept in this process until shortly before it ends. An answer of 401 to a
kept one fetches another, once.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ringround.onboarding.gateways import calling
from ringround.onboarding.gateways.calling import Reply
from ringround.onboarding.gateways.port import Account, GatewayError, InvalidData, NoSuch, Permanent, Transient, Unknown

LIVE, TEST = "https://api.vipps.no", "https://apitest.vipps.no"
# Of a token's time so much is left unused.
SPARE_S = 300.0
MOST_TOKENS = 1_000
_KEY = re.compile(r"[A-Za-z0-9-]{8,40}", re.ASCII)

_tokens: dict[tuple[UUID, str], tuple[float, str]] = {}
_lock = threading.Lock()

# The fields of its requests by ours.
FIELDS = {
    "phoneNumber": "donor.msisdn",
    "productName": "name",
    "productDescription": "description",
    "pricing": "amount",
    "pricing.amount": "amount",
    "pricing.currency": "currency",
    "pricing.suggestedMaxAmount": "most",
    "interval": "schedule",
    "amount": "amount",
    "due": "due_on",
    "description": "description",
    "merchantRedirectUrl": "return_url",
    "merchantAgreementUrl": "agreement_url",
}
# https://developer.vippsmobilepay.com/docs/APIs/recurring-api/recurring-api-problems
PROBLEMS: dict[str, tuple[str, str]] = {
    "charge-due-too-soon": ("due_on", "too_soon"),
    "charge-due-in-too-long": ("due_on", "too_late"),
    "charge-amount-too-high": ("amount", "too_high"),
    "invalid-suggested-max-amount": ("most", "out_of_range"),
}
# https://developer.vippsmobilepay.com/docs/APIs/epayment-api/api-guide/errors
CODES: dict[str, tuple[str, str]] = {
    "4040": ("amount", "invalid_data"),
    "4070": ("donor.msisdn", "invalid_data"),
    "4090": ("return_url", "invalid_data"),
    "5040": ("currency", "unknown_choice"),
    "6010": ("amount", "too_low"),
    "6090": ("amount", "too_high"),
    "6150": ("amount", "out_of_range"),
}
REUSED = frozenset({"4010", "4020", "4150"})
# Something else is being done with the payment, or the bank is to be asked another time.
LATER, LATER_S = frozenset({"6160", "6260", "6280"}), 60


def ask(account: Account, method: str, path: str, *, body: Mapping[str, Any] | None = None, key: str = "") -> Reply:
    """One request with our sign-in. `key`: it changes something."""
    changes = bool(key)
    for again in (True, False):
        token, kept = _token(account)
        headers = {**_who(account), "Authorization": f"Bearer {token}"}
        if key:
            headers["Idempotency-Key"] = key_of(key)
        try:
            return calling.call(method, root(account) + path, headers=headers, body=body, changes=changes)
        except Transient as fault:
            if fault.code != "credentials" or not (again and kept):
                raise
            _forget(account)
    raise AssertionError


def key_of(key: str) -> str:
    """A key as this provider takes it: 8 to 40 letters, digits and dashes."""
    return key if _KEY.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()[:40]


def good(reply: Reply) -> Reply:
    """The answer, where it is a good one; else what it means is raised."""
    if not reply.good:
        raise problem(reply)
    return reply


def problem(reply: Reply) -> GatewayError:
    """What an answer means that is not good."""
    found = reply.object
    name, code = str(found.get("type", "")).rpartition("#")[2], code_of(reply)
    if code in LATER or reply.status == 423:
        return Transient("busy", reply.text, down=False, retry_after_s=LATER_S)
    if code in REUSED:
        return Permanent("key_reused", reply.text)
    if code in CODES:
        field, why = CODES[code]
        return InvalidData(field, why, reply.text)
    if name in PROBLEMS:
        field, why = PROBLEMS[name]
        return InvalidData(field, why, reply.text)
    if reply.status == 404 or code == "5090" or name in ("resource-not-found", "invalid-agreement-id"):
        return NoSuch(reply.text)
    if reply.status == 409 and name != "idempotency-conflict":
        # Something else is being done with it at this moment.
        return Unknown("conflict", reply.text)
    if name == "idempotency-conflict":
        return Permanent("key_reused", reply.text)
    for one in _details(reply):
        named = str(one.get("name") or one.get("field") or "")
        if named in FIELDS:
            return InvalidData(FIELDS[named], "invalid_data", reply.text)
    return calling.refused(reply)


def code_of(reply: Reply) -> str:
    """The number that an error of payments has; empty where it has none."""
    return next((str(one.get("reason") or "") for one in _details(reply) if one.get("name") == "ErrorCode"), "")


def _details(reply: Reply) -> list[dict[str, Any]]:
    found = reply.object.get("extraDetails")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def root(account: Account) -> str:
    return str(account.settings.get("url") or (TEST if account.test else LIVE)).rstrip("/")


def _who(account: Account) -> dict[str, str]:
    return {
        "Ocp-Apim-Subscription-Key": account.secrets.get("subscription_key", ""),
        "Merchant-Serial-Number": str(account.settings.get("merchant_serial_number", "")),
        "Vipps-System-Name": "ringround",
    }


def _token(account: Account) -> tuple[str, bool]:
    """A token, and whether it was kept."""
    place = _place(account)
    with _lock:
        until, token = _tokens.get(place, (0.0, ""))
    if time.monotonic() < until:
        return token, True
    keys = {
        "client_id": str(account.settings.get("client_id", "")),
        "client_secret": account.secrets.get("client_secret", ""),
    }
    # It changes nothing that matters: a token more or less.
    reply = calling.call(
        "POST", root(account) + "/accesstoken/get", headers={**_who(account), **keys}, body={}, changes=False
    )
    fresh = reply.object.get("access_token")
    if not reply.good:
        raise Transient("credentials", reply.text)
    if not isinstance(fresh, str) or not fresh.isascii() or not fresh.isprintable():
        raise Transient("garbled", "no access_token in the answer")
    with _lock:
        if len(_tokens) >= MOST_TOKENS:
            _tokens.clear()
        _tokens[place] = (time.monotonic() + _lasts(reply.object.get("expires_in")), fresh)
    return fresh, False


def _lasts(said: object) -> float:
    """How long a token is used; they say the seconds as a text."""
    try:
        seconds = float(str(said))
    except ValueError:
        return 0.0
    return max(seconds - SPARE_S, seconds / 2) if 0 < seconds < 1e6 else 0.0


def _forget(account: Account) -> None:
    with _lock:
        _tokens.pop(_place(account), None)


def _place(account: Account) -> tuple[UUID, str]:
    """New keys fetch a new token."""
    said = "\n".join(
        [
            root(account),
            str(account.settings.get("client_id", "")),
            *(account.secrets.get(one, "") for one in ("client_secret", "subscription_key")),
        ]
    )
    return account.id, hashlib.sha256(said.encode()).hexdigest()
