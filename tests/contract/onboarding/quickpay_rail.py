"""Quickpay's API, version 10, as its documentation says it is (https://learn.quickpay.net/tech-talk/api/)."""

from __future__ import annotations

import base64
import json
import re
from datetime import date
from typing import Any
from urllib.parse import parse_qs

from ringround.onboarding.gateways.port import Account
from ringround.onboarding.gateways.quickpay.callbacks import checksum
from tests.contract.onboarding.by_http import Answer, ByHttp
from tests.contract.onboarding.rails import NOON, SECRET, Call

HOOK = "https://ringround.example/api/v1/gateways/quickpay/charity/webhook"
GOOD = ("20000", "Approved", "000", "Approved")
POOR = ("40000", "Rejected by acquirer", "51", "Insufficient funds")
AUTH = "Basic " + base64.b64encode(b":f5f9c2e8").decode()


def invalid(**errors: str) -> Answer:
    said = {name: [why] for name, why in errors.items()}
    return 400, {"message": "Validation error", "errors": said, "error_code": None}


class QuickpayRail(ByHttp):
    kind = "quickpay"
    method = "card"
    signs = ("QuickPay-Checksum-Sha256",)
    declines_are_final = False

    def __init__(self) -> None:
        super().__init__()
        self.things: dict[str, dict[str, dict[str, Any]]] = {"subscriptions": {}, "payments": {}}
        self.said: list[Call] = []
        # The outcome of the next charge; a capture may wait.
        self.next = GOOD
        self.captures = True
        self.serial = 97_629_173

    def account(self, **more: Any) -> Account:
        facts = {
            "id": self.account_id, "kind": "quickpay", "slug": "charity", "settings": {"url": self.url},
            "secrets": {"api_key": "f5f9c2e8"}, "webhook_secrets": (SECRET,), "webhook_url": HOOK,
        }  # fmt: skip
        return Account(**{**facts, **more})

    @property
    def due_on(self) -> date:
        return NOON.date()

    def happened(self, what: str) -> int:
        done = [one for found in self.things["payments"].values() for one in found["operations"]]
        return {
            "begin": len(self.things["subscriptions"]),
            "charge": len(self.things["payments"]),
            "refund": sum(one["type"] == "refund" for one in done),
            "stop": sum(one["state"] == "cancelled" for one in self.things["subscriptions"].values()),
        }[what]

    # --- as they answer ---------------------------------------------------------------------------------

    def known(self, path: str, headers: dict[str, str]) -> bool:
        assert headers["accept-version"] == "v10"
        return headers["authorization"] == AUTH

    def handle(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer:
        path, _, query = path.partition("?")
        if path == "/ping":
            return 200, {"msg": "Pong from Quickpay API V10, scope is merchant", "scope": "merchant", "version": "v10"}
        what, *rest = path.strip("/").split("/")
        if not rest:
            return self._list(what, query) if method == "GET" else self._make(what, body)
        found = self.things[what].get(rest[0])
        if found is None:
            return 404, {"message": f"Not found: No {what} with id {rest[0]}", "error_code": None}
        act = rest[1] if len(rest) > 1 else ""
        callback = headers.get("quickpay-callback-url", "")
        if not act:
            return 200, found
        if act == "link":
            return self._link(method, what, found, body)
        assert query == "synchronized"
        assert callback.startswith(HOOK)
        do = {"recurring": self._recurring, "cancel": self._cancel, "refund": self._refund}[act]
        return do(found, body, callback)

    def _list(self, what: str, query: str) -> Answer:
        (wanted,) = parse_qs(query)["order_id"]
        return 200, [one for one in self.things[what].values() if one["order_id"] == wanted]

    def _make(self, what: str, body: dict[str, Any]) -> Answer:
        order = body["order_id"]
        if not re.fullmatch(r"[A-Za-z0-9]{4,20}", order):
            return invalid(order_id="is invalid")
        if any(one["order_id"] == order for one in self.things[what].values()):
            return invalid(order_id="already exists on another payment")
        if not re.fullmatch("[A-Z]{3}", body["currency"]):
            return invalid(currency="is not a currency")
        if what == "subscriptions" and not body["description"]:
            return invalid(description="must be filled")
        self.serial += 1
        kind = {"subscriptions": "Subscription", "payments": "Payment"}[what]
        found = {
            "id": self.serial, "merchant_id": 1234, "order_id": order, "accepted": False, "type": kind,
            "currency": body["currency"], "state": "initial", "test_mode": False, "operations": [], "link": None,
            "metadata": {"type": None, "last4": None, "exp_month": None, "exp_year": None}, "subscription_id": None,
            "variables": {}, "created_at": "2026-11-02T11:00:00Z", "balance": 0,
        }  # fmt: skip
        self.things[what][str(self.serial)] = found
        return 201, found

    def _link(self, method: str, what: str, found: dict[str, Any], body: Any) -> Answer:
        if method == "DELETE":
            found["link"] = None
            return 204, None
        assert body["callback_url"] == HOOK
        assert body["deadline"] > 0
        assert body["amount"] >= 0
        url = f"https://payment.quickpay.net/{what}/26d41592{found['id']}"
        found["link"] = {"url": url, **body}
        return 200, {"url": url}

    def _recurring(self, subscription: dict[str, Any], body: dict[str, Any], callback: str) -> Answer:
        if subscription["state"] != "active":
            return invalid(id="transaction is in a wrong state")
        if not body["auto_capture"] or body["amount"] <= 0:
            return invalid(amount="must be greater than 0")
        status, found = self._make("payments", {**body, "currency": subscription["currency"]})
        if status != 201:
            return status, found
        found.update(subscription_id=subscription["id"], metadata=subscription["metadata"])
        self.operate(found, "recurring", body["amount"], self.next, callback)
        if self.next == GOOD:
            found.update(accepted=True, state="new")
            if self.captures:
                self._capture(found, callback)
        else:
            found["state"] = "rejected"
        self.tell(found)
        return 201, found

    def _capture(self, found: dict[str, Any], callback: str, outcome: tuple[str, str, str, str] = GOOD) -> None:
        amount = found["operations"][0]["amount"]
        self.operate(found, "capture", amount, outcome, callback)
        if outcome == GOOD:
            found.update(state="processed", balance=amount)

    def _cancel(self, found: dict[str, Any], body: Any, callback: str) -> Answer:
        captured = any(one["type"] == "capture" for one in found["operations"])
        if not found["accepted"] or captured:
            return invalid(id="transaction is in a wrong state")
        self.operate(found, "cancel", None, GOOD, callback)
        found["state"] = "cancelled" if found["type"] == "Subscription" else "processed"
        self.tell(found)
        return 200, found

    def _refund(self, found: dict[str, Any], body: dict[str, Any], callback: str) -> Answer:
        if body["amount"] > found["balance"]:
            return invalid(amount="is greater than the balance")
        found["balance"] -= body["amount"]
        self.operate(found, "refund", body["amount"], GOOD, callback)
        self.tell(found)
        return 200, found

    # --- what happens there -----------------------------------------------------------------------------

    def thing(self, ref: str) -> dict[str, Any]:
        return self.things["subscriptions"].get(ref) or self.things["payments"][ref]

    def donor_accepts(self, ref: str) -> None:
        found = self.thing(ref)
        assert found["link"], "without its link nobody gets there"
        found["metadata"] = {
            "type": "card", "brand": "visa", "last4": "0008", "exp_month": 6, "exp_year": 2029, "bin": "100000",
        }  # fmt: skip
        self.operate(found, "authorize", found["link"]["amount"], GOOD, HOOK)
        found.update(accepted=True, state="active" if found["type"] == "Subscription" else "new")
        if found["link"].get("auto_capture"):
            self._capture(found, HOOK)
        self.tell(found)

    def donor_declines(self, ref: str) -> None:
        found = self.thing(ref)
        self.operate(found, "authorize", found["link"]["amount"], POOR, HOOK)
        found["state"] = "rejected"
        self.tell(found)

    def is_due(self, ref: str, *, succeeds: bool = True) -> None:
        """It was taken as it was handed over; or its capture was refused after all."""
        if not succeeds:
            found = self.thing(ref)
            found["operations"] = found["operations"][:1]
            found.update(balance=0, state="new")
            self._capture(found, HOOK, POOR)
            self.said.clear()
            self.tell(found)

    def operate(
        self,
        found: dict[str, Any],
        what: str,
        amount: int | None,
        outcome: tuple[str, str, str, str],
        callback: str = HOOK,
        **more: Any,
    ) -> None:
        code, words, theirs, their_words = outcome
        found["operations"].append({
            "id": len(found["operations"]) + 1, "type": what, "amount": amount, "pending": False,
            "qp_status_code": code, "qp_status_msg": words, "aq_status_code": theirs, "aq_status_msg": their_words,
            "callback_url": callback, "created_at": "2026-11-02T11:00:01Z", "data": {}, **more,
        })  # fmt: skip

    def tell(self, found: dict[str, Any]) -> None:
        self.say(json.dumps(found).encode())

    def say(self, body: bytes) -> None:
        headers = {
            "Content-Type": "application/json", "QuickPay-Resource-Type": "Payment", "QuickPay-Account-ID": "1234",
            "QuickPay-API-Version": "v10", "QuickPay-Checksum-Sha256": checksum(SECRET.encode(), body),
        }  # fmt: skip
        self.said.append((headers, body, HOOK))

    def calls(self) -> list[Call]:
        found, self.said = self.said, []
        return found
