"""Quickpay by HTTP: the sign-in, and what its refusals mean."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ringround.onboarding.gateways import calling
from ringround.onboarding.gateways.calling import Reply, garbled, plain, refused
from ringround.onboarding.gateways.port import Account, GatewayError, InvalidData
from ringround.onboarding.gateways.quickpay.orders import order_id
from ringround.onboarding.gateways.signing import text_of

ROOT = "https://api.quickpay.net"
FIELDS = {
    "amount": "amount", "currency": "currency", "description": "description", "continue_url": "return_url",
    "cancel_url": "cancel_url", "language": "language", "order_id": "reference",
}  # fmt: skip


def ask(
    account: Account,
    method: str,
    path: str,
    *,
    body: Mapping[str, Any] | None = None,
    callback: str = "",
    synchronized: bool = False,
) -> Reply:
    """One request with our sign-in. `synchronized`: the answer is waited for, where they still can."""
    secret = base64.b64encode(f":{account.secrets.get('api_key', '')}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}", "Accept-Version": "v10"}
    if callback:
        headers["QuickPay-Callback-Url"] = callback
    root = str(account.settings.get("url") or ROOT).rstrip("/")
    url = f"{root}{path}{'?synchronized' if synchronized else ''}"
    return calling.call(method, url, headers=headers, body=body, changes=method != "GET")


def problem(reply: Reply) -> GatewayError:
    """What an answer means that is not good."""
    errors = reply.object.get("errors")
    for name in errors if isinstance(errors, dict) else ():
        if name in FIELDS:
            return InvalidData(FIELDS[name], "invalid_data", reply.text)
    return refused(reply)


def good(reply: Reply) -> Reply:
    if not reply.good:
        raise problem(reply)
    return reply


def get(account: Account, what: str, ref: str) -> dict[str, Any]:
    """A subscription or a payment; NoSuch."""
    reply = good(ask(account, "GET", f"/{what}/{plain(ref)}"))
    if text_of(reply.object.get("id")) != ref:
        raise garbled(reply, changes=False)
    return reply.object


def by_order(account: Account, what: str, reference: str) -> dict[str, Any] | None:
    """The one with our reference; None where there is none."""
    order = order_id(reference)
    reply = good(ask(account, "GET", f"/{what}?order_id={order}&page_size=1"))
    if not isinstance(reply.data, list):
        raise garbled(reply, changes=False)
    found = [one for one in reply.data if isinstance(one, dict) and one.get("order_id") == order]
    return found[0] if found and text_of(found[0].get("id")) else None


def made_once(
    account: Account, what: str, path: str, reference: str, body: Mapping[str, Any], **more: Any
) -> dict[str, Any]:
    """What is made under our reference: now, or before. The provider refuses an order id that it has."""
    reply = ask(account, "POST", path, body={**body, "order_id": order_id(reference)}, **more)
    if reply.good:
        if not text_of(reply.object.get("id")):
            raise garbled(reply, changes=True)
        return reply.object
    found = by_order(account, what, reference) if reply.status in (400, 409, 422) else None
    if found is None:
        raise problem(reply)
    return found
