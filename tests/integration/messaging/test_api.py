"""Templates, transports, settings and providers' calls by HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from ringround.contacts.models import Suppression
from ringround.infra.models import EventOut
from ringround.kernel.ids import new_id
from ringround.messaging.models import Message, Template, Transport
from ringround.messaging.transports.smtp import envelope_of
from ringround.messaging.ways import unseal, way_of
from tests import factories
from tests.contract.messaging.neighbours import dsn
from tests.integration.http.calling import token_for

pytestmark = pytest.mark.django_db


class Caller:
    """Somebody's program."""

    def __init__(self, actor: Any) -> None:
        self.headers = {"Authorization": f"Bearer {token_for(actor)}"}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        raw = json.dumps(body) if body is not None else ""
        return Client().generic(method, f"/api/v1{path}", raw, "application/json", headers={**self.headers, **headers})


@pytest.fixture
def owner(org: Any) -> Any:
    return factories.member(org, "owner")


@pytest.fixture
def api(owner: Any) -> Caller:
    return Caller(owner)


TEMPLATE = {"name": "Tak", "channel": "sms", "language": "da", "text": 'Tak {{ contact.Fornavn | "for snakken" }}'}
GATEWAY = {
    "name": "GatewayAPI", "kind": "gatewayapi", "channel": "sms", "sender": "Charity",
    "secrets": {"token": "hush-hush"},
}  # fmt: skip


def codes(answer: Any) -> list[tuple[str, str]]:
    return [(".".join(map(str, one["loc"])).removeprefix("body."), one["code"]) for one in answer.json()["errors"]]


# --- templates ------------------------------------------------------------------------------------


def test_a_template_is_made_changed_previewed_and_deleted(api: Caller) -> None:
    made = api("POST", "/templates", TEMPLATE)
    assert made.status_code == 201
    path = f"/templates/{made.json()['id']}"
    assert api("GET", "/templates?channel=sms").json()["items"] == [made.json()]
    assert api("GET", "/templates?channel=email").json()["items"] == []
    changed = api("PATCH", path, {"texts": {"en": {"text": "Thanks"}}}).json()
    assert {key: one["text"] for key, one in changed["texts"].items()} == {"da": TEMPLATE["text"], "en": "Thanks"}
    assert api("PATCH", path, {"text": "Mange tak"}).json()["texts"]["da"]["text"] == "Mange tak"
    assert api("PATCH", path, {"texts": {"en": None}}).json()["texts"].keys() == {"da"}
    assert api("PATCH", path, {"texts": {"da": None}}).status_code == 422
    shown = api("POST", f"{path}/preview", {"values": {}}).json()
    assert (shown["text"], shown["parts"], shown["reason"]) == ("Mange tak", 1, None)
    assert api("DELETE", path).status_code == 204
    assert api("GET", path).status_code == 404
    assert Template.objects.count() == 1


def test_a_preview_says_which_value_is_missing(api: Caller) -> None:
    made = api("POST", "/templates", {**TEMPLATE, "text": "Hej {{ contact.Navn }}"}).json()
    shown = api("POST", f"/templates/{made['id']}/preview", {}).json()
    assert (shown["reason"], shown["detail"]) == ("missing_value", "contact.Navn")
    filled = api("POST", f"/templates/{made['id']}/preview", {"values": {"contact.Navn": "Åse"}}).json()
    assert filled["text"] == "Hej Åse"


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"text": ""}, [("texts.da.text", "required")]),
        ({"text": "{{ navn }}"}, [("texts.da.text", "unknown_field")]),
        ({"text": "{{ contact.a"}, [("texts.da.text", "bad_field")]),
        ({"subject": "a"}, [("texts.da.subject", "not_for_sms")]),
        ({"channel": "email"}, [("texts.da.subject", "required")]),
        ({"language": "xx"}, [("texts.xx", "unknown_language")]),
        ({"text": "é" * 1531}, [("texts.da.text", "too_long")]),
    ],
)
def test_a_bad_template_says_what_is_wrong(api: Caller, more: dict[str, Any], found: list[Any]) -> None:
    answer = api("POST", "/templates", {**TEMPLATE, **more})
    assert (answer.status_code, codes(answer)) == (422, found)
    assert not Template.objects.exists()


def test_a_name_is_taken_once_and_free_again_when_it_is_deleted(api: Caller) -> None:
    first = api("POST", "/templates", TEMPLATE).json()
    assert api("POST", "/templates", TEMPLATE).json()["code"] == "name_taken"
    api("DELETE", f"/templates/{first['id']}")
    assert api("POST", "/templates", TEMPLATE).status_code == 201


def test_a_test_message_shows_missing_fields_by_name_and_happens_once(api: Caller, org: Any, transport: Any) -> None:
    transport(org)
    made = api("POST", "/templates", {**TEMPLATE, "text": "Hej {{ contact.Navn }} {{ lead.status }}"}).json()
    for _ in range(2):
        answer = api(
            "POST", f"/templates/{made['id']}/test", {"to": "+4520123456", "values": {"lead.status": "new"}},
            **{"Idempotency-Key": "k"},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert Message.objects.get().text == "Hej [contact.Navn] new"
    assert api("POST", f"/templates/{made['id']}/test", {"to": "12"}).json()["code"] == "bad_address"


def test_an_agent_reads_templates_and_changes_none(org: Any, api: Caller) -> None:
    made = api("POST", "/templates", TEMPLATE).json()
    agent = Caller(factories.member(org, "junior_agent"))
    assert agent("GET", f"/templates/{made['id']}").status_code == 200
    assert agent("DELETE", f"/templates/{made['id']}").status_code == 403
    assert agent("GET", "/transports").status_code == 403


# --- transports -----------------------------------------------------------------------------------


def test_secrets_are_stored_encrypted_and_never_shown(api: Caller) -> None:
    made = api("POST", "/transports", GATEWAY)
    assert made.status_code == 201
    row = Transport.objects.get()
    path = f"/transports/{row.id}"
    for answer in (made, api("GET", path), api("GET", "/transports"), api("PATCH", path, {"name": "x"})):
        assert "hush-hush" not in answer.content.decode()
    assert "hush-hush" not in row.secrets
    assert unseal(row.secrets) == {"token": "hush-hush"}
    assert made.json()["has_secrets"]
    api("PATCH", path, {"secrets": {"webhook_secret": "two"}})
    assert unseal(Transport.objects.get().secrets) == {"token": "hush-hush", "webhook_secret": "two"}
    api("PATCH", path, {"secrets": {"webhook_secret": None}})
    assert unseal(Transport.objects.get().secrets) == {"token": "hush-hush"}


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"secrets": {}}, [("secrets.token", "required")]),
        ({"secrets": {"token": "a", "x": "y"}}, [("secrets.x", "unknown_field")]),
        ({"settings": {"url": "ftp://x"}}, [("settings.url", "bad_url")]),
        ({"settings": {"nothing": 1}}, [("settings.nothing", "unknown_field")]),
        ({"channel": "email", "sender": "a@example.org"}, [("channel", "wrong_channel")]),
        ({"sender": "Røde Kors"}, [("sender", "bad_sender")]),
        ({"kind": "smtp", "channel": "email", "secrets": {}, "sender": "x"},
         [("settings.host", "required"), ("sender", "bad_sender")]),
        ({"kind": "smtp", "channel": "email", "sender": "a@example.org", "secrets": {"password": "x"},
          "settings": {"host": "mx.example.org", "user": "u", "tls": "none"}}, [("settings.tls", "tls_needed")]),
        ({"kind": "cpsms", "secrets": {"key": "k"}}, [("settings.user", "required")]),
        ({"kind": "smpp", "secrets": {"password": "p"}, "settings": {"host": "h", "port": 0, "system_id": "s"}},
         [("settings.port", "out_of_range")]),
        ({"kind": "http", "secrets": {}, "settings": {"url": "https://{{ to }}.example.org/"}},
         [("settings.url", "bad_url")]),
        ({"kind": "http", "secrets": {}, "settings": {"url": "https://a.example/", "body": "{{ secret.x }}"}},
         [("settings.body", "unknown_place")]),
    ],
)  # fmt: skip
def test_bad_settings_say_what_is_wrong(api: Caller, more: dict[str, Any], found: list[Any]) -> None:
    answer = api("POST", "/transports", {**GATEWAY, **more})
    assert (answer.status_code, codes(answer)) == (422, found)


def test_rules_for_messages_are_read_and_changed(api: Caller) -> None:
    assert api("GET", "/messaging/settings").json() == {
        "quiet": None, "caps": [], "over_cap": "skip", "track_opens": True, "track_clicks": True,
        "sms_sender": "", "email_sender": "",
    }  # fmt: skip
    wanted = {"quiet": {"from": "21:00", "to": "08:00"}, "caps": [{"channel": "sms", "most": 2, "days": 7}]}
    changed = api("PATCH", "/messaging/settings", wanted).json()
    assert (changed["quiet"], changed["caps"]) == (wanted["quiet"], wanted["caps"])
    assert api("PATCH", "/messaging/settings", {"quiet": {"from": "08:00", "to": "08:00"}}).json()["code"] == "no_hours"
    assert api("PATCH", "/messaging/settings", {"quiet": {"from": "25:00", "to": "08:00"}}).json()["code"] == "bad_time"
    assert api("PATCH", "/messaging/settings", {"quiet": None}).json()["quiet"] is None
    assert api("GET", "/messaging/settings").json()["caps"] == wanted["caps"]


def test_an_organisations_senders_are_checked(api: Caller) -> None:
    wanted = {"sms_sender": "Charity", "email_sender": "Charity <hello@charity.example>"}
    changed = api("PATCH", "/messaging/settings", wanted).json()
    assert {name: changed[name] for name in wanted} == wanted
    answer = api("PATCH", "/messaging/settings", {"sms_sender": "Hjælpeforeningen", "email_sender": "nobody"})
    assert (answer.status_code, codes(answer)) == (
        422, [("sms_sender", "bad_sender"), ("email_sender", "bad_sender")],
    )  # fmt: skip
    assert api("PATCH", "/messaging/settings", {"sms_sender": ""}).json()["sms_sender"] == ""


# --- what providers tell --------------------------------------------------------------------------


@pytest.fixture
def sent(org: Any, transport: Any, queue: Any) -> Callable[..., Message]:
    """A message that a transport of this kind has sent."""

    def make(kind: str, channel: str = "sms", **more: Any) -> Message:
        way = transport(org, channel, kind, **more)
        one = queue(channel=channel)
        Message.objects.filter(id=one.message_id).update(status="sent", transport=way, provider_id="p1")
        return Message.objects.select_related("transport").get(id=one.message_id)

    return make


def told(
    message: Message, body: Any = b"", kind: str = "application/json", query: str = "", method: str = "POST"
) -> int:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert message.transport is not None
    url = f"/api/v1/messaging/in/{message.transport.token}{query}"
    return Client().generic(method, url, raw, kind).status_code


def kinds() -> list[str]:
    kept = EventOut.objects.filter(type__startswith="messaging.").order_by("id").values_list("type", flat=True)
    return [one.rpartition(".")[2] for one in kept]


def test_receipts_come_twice_and_in_any_order(sent: Any) -> None:
    message = sent("gatewayapi")
    for state in ("DELIVERED", "ENROUTE", "DELIVERED", "EXPIRED"):
        assert told(message, {"id": 1, "userref": message.id.hex, "status": state}) == 200
    message.refresh_from_db()
    assert (message.status, message.reason) == ("delivered", "")
    assert message.delivered_at is not None
    assert kinds() == ["queued", "delivered"]


def test_a_receipt_by_get_is_taken_too(sent: Any) -> None:
    message = sent("cpsms", settings={"user": "u"}, secrets={"key": "k"})
    assert told(message, query=f"?m={message.id.hex}&status=2&receiver=4520123456", method="GET") == 200
    message.refresh_from_db()
    assert (message.status, message.reason) == ("failed", "undeliverable")


def test_a_wrong_token_and_a_message_of_another_transport_are_404(sent: Any, org: Any, transport: Any) -> None:
    message = sent("gatewayapi")
    other = transport(factories.organisation("Other"), kind="gatewayapi")
    body = json.dumps({"id": 1, "userref": message.id.hex, "status": "DELIVERED"})
    for token in ("nobodys", other.token, "é"):
        answer = Client().post(f"/api/v1/messaging/in/{token}", body, "application/json")
        assert answer.status_code == 404
    message.refresh_from_db()
    assert message.status == "sent"


def test_what_is_too_large_or_no_receipt_is_refused(sent: Any) -> None:
    message = sent("gatewayapi")
    assert told(message, b"x" * 65_537) == 413
    assert told(message, {"status": "PERHAPS"}) == 422
    assert told(message, b"\xff\x00") == 422


def test_a_returned_mail_bounces_its_message(sent: Any) -> None:
    message = sent("smtp", "email", settings={"host": "h", "bounce_address": "bounce@charity.example"})
    assert message.transport is not None
    way = way_of(message.transport)
    assert way is not None
    raw = dsn(to=envelope_of(way, message.id, "x@y"), action="failed", status="5.1.1")
    for _ in range(2):
        assert told(message, raw, "message/rfc822") == 200
    message.refresh_from_db()
    assert (message.status, message.reason) == ("bounced", "mailbox")
    assert kinds() == ["queued", "bounced"]


def inbound(text: str, id: int = 9) -> dict[str, Any]:
    return {"id": id, "msisdn": 4520123456, "receiver": 451204, "message": text, "senttime": 1450000000}


def test_stop_bars_the_number_for_the_organisation_once(sent: Any, org: Any) -> None:
    message = sent("gatewayapi")
    lead, campaign = new_id(), new_id()
    Message.objects.filter(id=message.id).update(lead_id=lead, campaign_id=campaign)
    for _ in range(2):
        assert told(message, inbound("STOP")) == 200
    received = Message.objects.get(direction="in")
    assert (received.to, received.text, received.status) == ("+4520123456", "STOP", "received")
    assert (received.lead_id, received.campaign_id) == (lead, campaign)
    barred = Suppression.objects.get()
    assert (barred.organisation_id, barred.value, barred.campaign_id) == (org.id, "+4520123456", None)
    assert kinds() == ["queued", "received"]
    event = EventOut.objects.get(type="messaging.message.received")
    data = event.data if isinstance(event.data, dict) else json.loads(event.data)
    assert data["stop"] is True
    assert "20123456" not in json.dumps(data)


def test_what_else_people_write_bars_nobody(sent: Any) -> None:
    message = sent("gatewayapi")
    assert told(message, inbound("Ja tak, ring fredag")) == 200
    assert told(message, inbound("Stop ikke med at ringe", 10)) == 200
    assert Message.objects.filter(direction="in").count() == 2
    assert not Suppression.objects.exists()


# --- the sandbox ----------------------------------------------------------------------------------


def test_the_sandboxs_recipient_is_played_by_hand(sent: Any, api: Caller) -> None:
    message = sent("sandbox", "email")
    Message.objects.filter(id=message.id).update(sent_at=message.at)
    for act in ("deliver", "machine_open", "open", "open", "click"):
        assert api("POST", f"/_sandbox/messages/{message.id}/{act}").status_code == 200
    message.refresh_from_db()
    assert (message.status, message.opened_at is not None, message.clicked_at is not None) == ("delivered", True, True)
    assert kinds() == ["queued", "delivered", "opened", "opened", "clicked"]
    assert api("POST", f"/_sandbox/messages/{message.id}/reply", {"text": "x"}).json()["code"] == "wrong_channel"


def test_what_was_really_sent_is_not_played_with(sent: Any, api: Caller) -> None:
    message = sent("gatewayapi")
    assert api("POST", f"/_sandbox/messages/{message.id}/deliver").status_code == 409


def test_the_address_for_calls_is_shown_to_those_alone_who_may_change_the_transport(org: Any) -> None:
    owner, manager = Caller(factories.member(org, "owner")), Caller(factories.member(org, "manager"))
    made = owner("POST", "/transports", GATEWAY).json()
    assert made["receipts_url"].startswith("http")
    path = f"/transports/{made['id']}"
    assert owner("GET", path).json()["receipts_url"] == made["receipts_url"]
    assert manager("GET", path).json()["receipts_url"] is None
    assert [one["receipts_url"] for one in manager("GET", "/transports").json()["items"]] == [None]
