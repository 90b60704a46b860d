"""Vipps MobilePay's Recurring and ePayment APIs as their documentation says they are
(https://developer.vippsmobilepay.com/docs/APIs/recurring-api/, epayment-api/, webhooks-api/)."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from email.utils import format_datetime
from typing import Any

from ringround.infra import clock
from ringround.kernel.ids import new_id
from ringround.onboarding.gateways.port import Account
from ringround.onboarding.gateways.vipps import webhooks
from tests.contract.onboarding.by_http import Answer, ByHttp
from tests.contract.onboarding.rails import SECRET, Call

PROBLEM = "https://developer.vippsmobilepay.com/docs/APIs/recurring-api/recurring-api-problems#"
HOOK = "https://ringround.example/api/v1/gateways/vipps/charity/webhook"
MSN = "123456"


def problem(status: int, name: str, **fields: str) -> Answer:
    extra = [{"name": field, "reason": why} for field, why in fields.items()]
    return status, {
        "type": PROBLEM + name, "title": name, "status": status, "detail": f"it is {name}", "extraDetails": extra,
    }  # fmt: skip


def wrong(code: str, status: int = 400) -> Answer:
    """An error of payments: what it is stands in its number alone."""
    return status, {
        "type": f"https://httpstatuses.io/{status}", "title": "It may be worded anew", "status": status,
        "extraDetails": [{"name": "ErrorCode", "reason": code}], "traceId": "00-6614b5c7-01",
    }  # fmt: skip


def money(value: int, currency: str = "DKK") -> dict[str, Any]:
    return {"currency": currency, "value": value}


class VippsRail(ByHttp):
    kind = "vipps"
    method = "mobile"
    signs = ("x-ms-date", "x-ms-content-sha256", "Authorization")
    failure = "card_declined"

    def __init__(self) -> None:
        super().__init__()
        self.agreements: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, dict[str, Any]] = {}
        self.charges: dict[str, dict[str, dict[str, Any]]] = {}
        self.keys: dict[str, tuple[Any, Answer]] = {}
        self.hooks: dict[str, dict[str, Any]] = {
            "hook-old": {"id": "hook-old", "url": HOOK, "events": [*webhooks.REGISTERED]}
        }
        self.said: list[Call] = []
        self.tokens = 0
        self.good_token = ""
        self.lasts = "86399"

    def account(self, **more: Any) -> Account:
        facts = {
            "id": self.account_id, "kind": "vipps", "slug": "charity",
            "settings": {
                "url": self.url, "client_id": "fb492b5e", "merchant_serial_number": MSN,
                "agreement_url": "https://charity.example/mine",
            },
            "secrets": {"client_secret": "Y8Kteew6", "subscription_key": "0f14ebca"},
            "webhook_secrets": (SECRET,), "webhook_url": HOOK,
        }  # fmt: skip
        return Account(**{**facts, **more})

    def happened(self, what: str) -> int:
        charges = [one for known in self.charges.values() for one in known.values()]
        return {
            "begin": len(self.agreements),
            "charge": len(charges),
            "refund": sum(one["summary"]["refunded"] for one in charges) // 4_000,
            "pay": len(self.payments),
            "take": sum(one["aggregate"]["capturedAmount"]["value"] for one in self.payments.values()) // 20_000,
            "stop": sum(one["status"] == "STOPPED" for one in self.agreements.values()),
        }[what]

    # --- as they answer ---------------------------------------------------------------------------------

    def known(self, path: str, headers: dict[str, str]) -> bool:
        assert headers["merchant-serial-number"] == MSN
        assert headers["vipps-system-name"] == "ringround"
        if headers["ocp-apim-subscription-key"] != "0f14ebca":
            return False
        if path == "/accesstoken/get":
            return (headers["client_id"], headers["client_secret"]) == ("fb492b5e", "Y8Kteew6")
        return headers["authorization"] == f"Bearer {self.good_token}"

    def handle(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer:
        if path == "/accesstoken/get":
            self.tokens += 1
            self.good_token = f"eyJ.{self.tokens}"
            return 200, {
                "token_type": "Bearer", "expires_in": self.lasts, "ext_expires_in": "0",
                "access_token": self.good_token,
            }  # fmt: skip
        if path.startswith("/webhooks/v1/webhooks"):
            return self._hooks(method, path, body)
        pays = path.startswith("/epayment/v1/payments")
        if pays and method == "GET":
            found = self.payments.get(path.rpartition("/")[2])
            return (200, found) if found else wrong("5090", 404)
        if not pays:
            assert path.startswith("/recurring/v3/agreements"), path
        parts = path.removeprefix("/recurring/v3/agreements").strip("/").split("/")
        if method == "GET":
            return self._get(*parts)
        key = headers["idempotency-key"]
        assert 8 <= len(key) <= 40
        fingerprint = (method, path, body)
        if key in self.keys:
            before, answer = self.keys[key]
            reused = wrong("4020", 409) if pays else problem(409, "idempotency-conflict")
            return answer if before == fingerprint else reused
        answer = self._pay(path, body) if pays else self._change(method, [one for one in parts if one], body)
        if answer[0] < 300:
            self.keys[key] = (fingerprint, answer)
        return answer

    def _get(self, agreement: str, *rest: str) -> Answer:
        if agreement not in self.agreements:
            return problem(404, "resource-not-found")
        if not rest:
            return 200, self.agreements[agreement]
        charge = self.charges[agreement].get(rest[1])
        return (200, charge) if charge else problem(404, "resource-not-found")

    def _change(self, method: str, parts: list[str], body: Any) -> Answer:
        if not parts:
            return self._draft(body)
        agreement = self.agreements.get(parts[0])
        if agreement is None:
            return problem(404, "resource-not-found")
        if len(parts) == 1:
            return self._patch(agreement, body)
        if len(parts) == 2:
            return self._charge(agreement, body)
        charge = self.charges[parts[0]].get(parts[2])
        if charge is None:
            return problem(404, "resource-not-found")
        if method == "DELETE":
            if charge["status"] not in ("PENDING", "DUE", "RESERVED"):
                return problem(400, "cancel-charge-failed")
            charge["status"] = "CANCELLED"
            self._tell_charge(charge, "canceled", actor="MERCHANT")
            return 204, None
        return self._refund(charge, body)

    def _draft(self, body: dict[str, Any]) -> Answer:
        for field, most in (("productName", 45), ("productDescription", 100), ("externalId", 64)):
            if len(body.get(field, "x")) > most or not body.get(field, "x"):
                return problem(400, "validation-error", **{field: "must be shorter"})
        if not body["merchantAgreementUrl"].startswith("https://"):
            return problem(400, "validation-error", merchantAgreementUrl="must be https")
        if not body.get("phoneNumber", "4520123456").isdecimal():
            return problem(400, "validation-error", phoneNumber="is invalid")
        assert (body["pricing"]["type"] == "LEGACY") == ("amount" in body["pricing"])
        assert body["interval"]["unit"] in ("YEAR", "MONTH", "WEEK", "DAY")
        name = f"agr_{new_id().hex[-10:]}"
        self.agreements[name] = {
            "id": name, "status": "PENDING", "start": None, "stop": None, "pricing": body["pricing"],
            "interval": body["interval"], "productName": body["productName"], "externalId": body["externalId"],
            "countryCode": body["countryCode"], "created": "2026-11-02T11:00:00Z",
        }  # fmt: skip
        self.charges[name] = {}
        answer = {
            "agreementId": name, "uuid": str(new_id()), "chargeId": None,
            "vippsConfirmationUrl": f"https://api.vipps.no/v2/register/{name}",
        }  # fmt: skip
        first = body.get("initialCharge")
        if first:
            self._new_charge(name, first, "INITIAL", due="2026-11-02")
            answer["chargeId"] = first["orderId"]
        return 201, answer

    def _patch(self, agreement: dict[str, Any], body: dict[str, Any]) -> Answer:
        if agreement["status"] != "ACTIVE" and not (agreement["status"] == "PENDING" and body == {"status": "STOPPED"}):
            return problem(400, "illegal-agreement-update")
        if "pricing" in body and ("amount" in body["pricing"]) != (agreement["pricing"]["type"] == "LEGACY"):
            return problem(400, "validation-error", pricing="is of the other type")
        if body.get("status") == "STOPPED":
            agreement.update(status="STOPPED", stop="2026-11-02T12:00:00Z")
            self._tell(agreement, "stopped", actor="MERCHANT")
        agreement["pricing"].update(body.get("pricing", {}))
        return 204, None

    def _charge(self, agreement: dict[str, Any], body: dict[str, Any]) -> Answer:
        if agreement["status"] != "ACTIVE":
            return problem(400, "charge-creation-failed")
        today = clock.now().date()
        if date.fromisoformat(body["due"]) < today + timedelta(days=2):
            return problem(400, "charge-due-too-soon")
        if date.fromisoformat(body["due"]) > today + timedelta(days=730):
            return problem(400, "charge-due-in-too-long")
        if body["amount"] > 5 * agreement["pricing"].get("amount", 10**9):
            return problem(400, "charge-amount-too-high")
        assert body["description"]
        assert len(body["description"]) <= 45
        assert 0 <= body["retryDays"] <= 14
        if any(body["orderId"] in known for known in self.charges.values()):
            return problem(409, "conflict")
        self._new_charge(agreement["id"], body, "RECURRING", due=body["due"])
        return 201, {"chargeId": body["orderId"]}

    def _new_charge(self, agreement: str, body: dict[str, Any], kind: str, *, due: str) -> None:
        self.charges[agreement][body["orderId"]] = {
            "id": body["orderId"], "agreementId": agreement, "externalId": body["externalId"], "type": kind,
            "amount": body["amount"], "currency": self.agreements[agreement]["pricing"]["currency"],
            "due": f"{due}T00:00:00Z", "status": "PENDING", "description": body["description"],
            "summary": {"captured": 0, "refunded": 0, "cancelled": 0}, "failureReason": None,
        }  # fmt: skip

    def _refund(self, charge: dict[str, Any], body: dict[str, Any]) -> Answer:
        left = charge["summary"]["captured"] - charge["summary"]["refunded"]
        if body["amount"] > left or body["amount"] < 100:
            return problem(400, "operation-failed")
        charge["summary"]["refunded"] += body["amount"]
        charge["status"] = "REFUNDED" if body["amount"] == left else "PARTIALLY_REFUNDED"
        self._tell_charge(charge, "refunded", amountRefunded=body["amount"])
        return 200, None

    def _pay(self, path: str, body: dict[str, Any]) -> Answer:
        reference, _, act = path.removeprefix("/epayment/v1/payments").strip("/").partition("/")
        if not reference:
            return self._create(body)
        found = self.payments.get(reference)
        if found is None:
            return wrong("5090", 404)
        sums, asked = found["aggregate"], body.get("modificationAmount", {}).get("value", 0)
        authorized, captured, refunded, cancelled = (
            sums[f"{name}Amount"]["value"] for name in ("authorized", "captured", "refunded", "cancelled")
        )
        if act == "cancel":
            if captured:
                return wrong("6040")
            if found["state"] not in ("CREATED", "AUTHORIZED") or cancelled:
                return wrong("6190")
            told = "CANCELLED" if found["state"] == "AUTHORIZED" else "TERMINATED"
            sums["cancelledAmount"] = money(authorized or found["amount"]["value"])
            found["state"] = "AUTHORIZED" if told == "CANCELLED" else "TERMINATED"
        elif act == "capture":
            if found["state"] != "AUTHORIZED":
                return wrong("6080")
            if cancelled or asked > authorized - captured:
                return wrong("6070" if cancelled else "6090")
            told, sums["capturedAmount"] = "CAPTURED", money(captured + asked)
        else:
            if asked > captured - refunded:
                return wrong("6150")
            told, sums["refundedAmount"] = "REFUNDED", money(refunded + asked)
        self.tell_payment(reference, told, asked or found["amount"]["value"])
        return 200, {name: value for name, value in found.items() if name not in ("redirectUrl", "paymentMethod")}

    def _create(self, body: dict[str, Any]) -> Answer:
        reference = body["reference"]
        assert re.fullmatch("[a-zA-Z0-9-]{8,64}", reference)
        assert 3 <= len(body["paymentDescription"]) <= 100
        assert (body["paymentMethod"], body["userFlow"]) == ({"type": "WALLET"}, "WEB_REDIRECT")
        number = body.get("customer", {}).get("phoneNumber", "4520123456")
        if not re.fullmatch(r"\d{10,15}", number):
            return wrong("4070")
        if number == "4533110000":
            return wrong("7010", 404)
        if not body["returnUrl"].startswith("https://"):
            return wrong("4090")
        if body["amount"]["value"] < 1:
            return wrong("6010")
        if reference in self.payments:
            return wrong("4150", 409)
        url = f"https://landing.vipps.no/?token={reference}"
        self.payments[reference] = {
            "reference": reference, "state": "CREATED", "amount": body["amount"], "pspReference": str(new_id()),
            "paymentMethod": body["paymentMethod"], "profile": {}, "redirectUrl": url,
            "aggregate": {f"{name}Amount": money(0) for name in ("authorized", "captured", "refunded", "cancelled")},
        }  # fmt: skip
        self.tell_payment(reference, "CREATED", body["amount"]["value"])
        return 201, {"redirectUrl": url, "reference": reference}

    def _hooks(self, method: str, path: str, body: Any) -> Answer:
        if method == "GET":
            return 200, {"webhooks": list(self.hooks.values())}
        if method == "DELETE":
            del self.hooks[path.rpartition("/")[2]]
            return 204, None
        name = f"hook-{len(self.hooks)}-{new_id().hex[-6:]}"
        self.hooks[name] = {"id": name, **body}
        return 201, {"id": name, "secret": "090a478d-37ff-4e77"}

    # --- what happens there -----------------------------------------------------------------------------

    def donor_accepts(self, ref: str) -> None:
        if ref in self.payments:
            self.payments[ref]["state"] = "AUTHORIZED"
            amount = self.payments[ref]["amount"]
            self.payments[ref]["aggregate"]["authorizedAmount"] = dict(amount)
            self.tell_payment(ref, "AUTHORIZED", amount["value"])
            return
        self.agreements[ref].update(status="ACTIVE", start="2026-11-02T11:01:00Z")
        self._tell(self.agreements[ref], "activated", actor="USER")
        for charge in self.charges[ref].values():
            self._collect(charge)

    def donor_declines(self, ref: str) -> None:
        if ref in self.payments:
            self.payments[ref]["state"] = "ABORTED"
            self.tell_payment(ref, "ABORTED", self.payments[ref]["amount"]["value"])
            return
        self.agreements[ref].update(status="STOPPED", stop="2026-11-02T11:01:00Z")
        self._tell(self.agreements[ref], "rejected", actor="USER")

    def debtor_stops(self, ref: str, actor: str = "USER") -> None:
        self.agreements[ref].update(status="STOPPED", stop="2026-11-20T11:01:00Z")
        self._tell(self.agreements[ref], "stopped", actor=actor)

    def is_due(self, ref: str, *, succeeds: bool = True) -> None:
        agreement, charge = ref.split("/")
        found = self.charges[agreement][charge]
        if succeeds:
            self._collect(found)
        else:
            found.update(status="FAILED", failureReason="user_action_required", failureDescription="User action")
            self._tell_charge(found, "failed", failureReason="user_action_required")

    def _collect(self, charge: dict[str, Any]) -> None:
        charge["status"] = "CHARGED"
        charge["summary"]["captured"] = charge["amount"]
        self._tell_charge(charge, "captured", amountCaptured=charge["amount"])

    # --- what it says -----------------------------------------------------------------------------------

    def _tell(self, agreement: dict[str, Any], what: str, **more: Any) -> None:
        self.say({
            "agreementId": agreement["id"], "agreementUUID": str(new_id()),
            "agreementExternalId": agreement["externalId"], "eventType": f"recurring.agreement-{what}.v1", **more,
        })  # fmt: skip

    def _tell_charge(self, charge: dict[str, Any], what: str, **more: Any) -> None:
        self.say({
            "agreementId": charge["agreementId"], "chargeId": charge["id"], "chargeExternalId": charge["externalId"],
            "amount": charge["amount"], "currency": charge["currency"], "chargeType": charge["type"],
            "eventType": f"recurring.charge-{what}.v1", "transactionId": None, **more,
        })  # fmt: skip

    def tell_payment(self, reference: str, name: str, value: int, **more: Any) -> None:
        self.say({
            "reference": reference, "pspReference": str(new_id()), "name": name, "amount": money(value),
            "timestamp": "2026-11-02T11:00:01.5Z", "idempotencyKey": "49ca711a9487112e1def", "success": True, **more,
        })  # fmt: skip

    def say(self, payload: dict[str, Any], *, url: str = HOOK) -> None:
        body = json.dumps({"msn": MSN, "occurred": "2026-11-02T11:00:01.5Z", **payload}).encode()
        when = format_datetime(clock.real_now(), usegmt=True)
        headers = {
            "x-ms-date": when, "x-ms-content-sha256": webhooks.content_hash(body),
            "Authorization": webhooks.signature(SECRET.encode(), date=when, url=url, body=body),
        }  # fmt: skip
        self.said.append((headers, body, url))

    def calls(self) -> list[Call]:
        found, self.said = self.said, []
        return found
