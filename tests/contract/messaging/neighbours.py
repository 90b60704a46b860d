"""Providers as their documentation says they are, on this machine: what a transport's drawer is tried against.

Each takes messages as the real one would, says no to a wrong sign-in, and tells of receipts in the provider's own way.
"""

from __future__ import annotations

import asyncio
import base64
import json
import queue
import socket
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import jwt
import smpp34
from aiosmtpd.smtp import SMTP, AuthResult

from ringround.kernel.ids import new_id
from ringround.messaging.rules import sms
from ringround.messaging.transports import DRAWERS
from ringround.messaging.transports.port import Call, Handed, Heard, Letter, Said, Way
from ringround.messaging.transports.smpp import Smpp, wire

RECEIPTS = "https://ringround.example/api/v1/messaging/in/token"


@dataclass(frozen=True)
class Taken:
    """What a provider has taken, in words of ours. `key`: whatever of our id it was given."""

    to: str
    sender: str
    text: str
    key: str
    named: str = ""


class Neighbour(ABC):
    """A provider. `mode`: ok, refuse (this message), trouble (an error of its own), cut (take it and hang up)."""

    kind: ClassVar[str]
    channel: ClassVar[str] = "sms"
    mode = "ok"

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.drawer: Any = DRAWERS[self.kind]
        self.way_id = new_id()

    @abstractmethod
    def way(self, *, port: int | None = None, wrong: bool = False) -> Way:
        """How it is reached; `wrong`: with a sign-in that it does not know."""

    @abstractmethod
    def receipt(self, letter: Letter, taken: Taken, *, delivered: bool) -> list[Said]:
        """What the drawer hears when the provider tells what has become of it."""

    def letter(self, text: str = "Hej Åse", **more: Any) -> Letter:
        facts = {"id": new_id(), "channel": self.channel, "to": "+4520123456", "sender": "Charity", "text": text}
        return Letter(**{**facts, **more})

    def close(self) -> None:  # noqa: B027 - some have nothing to end
        """Be gone."""


class Sandbox(Neighbour):
    kind = "sandbox"

    def way(self, *, port: int | None = None, wrong: bool = False) -> Way:
        return Way(id=self.way_id, sender="", settings={}, secrets={})

    def receipt(self, letter: Letter, taken: Taken, *, delivered: bool) -> list[Said]:
        return []


# --- by HTTP --------------------------------------------------------------------------------------


class ByHttp(Neighbour):
    """A server that keeps requests, and answers as the provider documents."""

    def __init__(self) -> None:
        super().__init__()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                if not outer.known(headers):
                    status, said = outer.stranger()
                elif outer.mode == "trouble":
                    status, said = 500, {"message": "database down"}
                elif outer.mode == "refuse":
                    status, said = outer.refusal()
                else:
                    taken, said = outer.take(self.path, headers, body)
                    outer.taken.append(taken)
                    if outer.mode == "cut":
                        self.connection.shutdown(socket.SHUT_RDWR)
                        self.close_connection = True
                        return
                    status = 200
                answer = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @abstractmethod
    def known(self, headers: dict[str, str]) -> bool:
        """Whether the sign-in is good."""

    def stranger(self) -> tuple[int, Any]:
        return 401, {"message": "Unauthorized"}

    @abstractmethod
    def refusal(self) -> tuple[int, Any]:
        """How it refuses a message."""

    @abstractmethod
    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[Taken, Any]:
        """Read a request; what was in it, and the answer."""

    def call(self, body: Any = b"", *, query: dict[str, str] | None = None, **headers: str) -> Call:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Call("POST", query or {}, headers, "application/json", raw)


class GatewayApi(ByHttp):
    """https://gatewayapi.com/docs/apis/rest/"""

    kind = "gatewayapi"
    secret = "a secret of thirty-two signs or more"

    def way(self, *, port: int | None = None, wrong: bool = False) -> Way:
        secrets = {"token": "wrong" if wrong else "good", "webhook_secret": self.secret}
        url = f"http://127.0.0.1:{port or self.port}"
        return Way(id=self.way_id, sender="", settings={"url": url}, secrets=secrets, receipts_url=RECEIPTS)

    def known(self, headers: dict[str, str]) -> bool:
        return headers.get("authorization") == "Token good"

    def refusal(self) -> tuple[int, Any]:
        return 422, {"code": "0x0206", "message": "Invalid sender", "variables": None}

    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[Taken, Any]:
        assert (path, headers["content-type"]) == ("/rest/mtsms", "application/json")
        given = json.loads(body)
        assert given["encoding"] == ("UCS2" if not sms.is_gsm(given["message"]) else "UTF8")
        assert given["callback_url"] == RECEIPTS
        (recipient,) = given["recipients"]
        number = 1000 + len(self.taken)
        taken = Taken(f"+{recipient['msisdn']}", given["sender"], given["message"], given["userref"], str(number))
        usage = {"countries": {"DK": 1}, "currency": "DKK", "total_cost": 0.2}
        return taken, {"ids": [number], "usage": usage}

    def told(self, payload: dict[str, Any], secret: str | None = None) -> Call:
        signed = jwt.encode(payload, secret or self.secret, algorithm="HS256")
        return self.call(payload, **{"x-gwapi-signature": signed})

    def receipt(self, letter: Letter, taken: Taken, *, delivered: bool) -> list[Said]:
        said = {
            "id": int(taken.named), "msisdn": int(taken.to[1:]), "time": 1450000000, "userref": taken.key,
            "status": "DELIVERED" if delivered else "UNDELIVERABLE",
            "error": None if delivered else "Unknown subscriber", "code": None if delivered else "0x0002",
        }  # fmt: skip
        return list(self.drawer.hear(self.way(), self.told(said))[0])


class Cpsms(ByHttp):
    """https://api.cpsms.dk/documentation/index.html"""

    kind = "cpsms"

    def way(self, *, port: int | None = None, wrong: bool = False) -> Way:
        url = f"http://127.0.0.1:{port or self.port}/v2"
        settings = {"url": url, "user": "charity"}
        secrets = {"key": "wrong" if wrong else "good"}
        return Way(id=self.way_id, sender="", settings=settings, secrets=secrets, receipts_url=RECEIPTS)

    def known(self, headers: dict[str, str]) -> bool:
        return headers.get("authorization") == f"Basic {base64.b64encode(b'charity:good').decode()}"

    def stranger(self) -> tuple[int, Any]:
        return 401, {"error": {"code": 401, "message": "Wrong username or API key"}}

    def refusal(self) -> tuple[int, Any]:
        wrong = {"errorCode": 400, "errMsg": "Phone number length and country code do not match.", "to": "4520123456"}
        return 207, {"success": [], "error": [wrong]}

    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[Taken, Any]:
        given = json.loads(body)
        assert path == "/v2/send"
        assert len(given["reference"]) <= 32
        assert given["dlr_url"] == f"{RECEIPTS}?m={given['reference']}"
        taken = Taken(f"+{given['to']}", given["from"], given["message"], given["reference"])
        return taken, {"success": [{"to": given["to"], "cost": 1}]}

    def receipt(self, letter: Letter, taken: Taken, *, delivered: bool) -> list[Said]:
        given = {"m": taken.key, "status": "1" if delivered else "2", "receiver": taken.to[1:]}
        return list(self.drawer.hear(self.way(), Call("GET", given, {}, "", b""))[0])


class Http(ByHttp):
    """A provider that nobody has heard of."""

    kind = "http"

    def way(self, *, port: int | None = None, wrong: bool = False) -> Way:
        settings = {
            "url": f"http://127.0.0.1:{port or self.port}/send?ref={{{{ key }}}}",
            "headers": {"X-Api-Key": "{{ secret.key }}"},
            "body": '{"phone": "{{ to_digits }}", "from": "{{ sender }}", "words": "{{ text }}"}',
            "id_path": "data.0.id",
            "receipt_id": "message.id",
            "receipt_status": "message.state",
            "receipt_states": {"ok": "delivered", "dead": "failed"},
        }
        secrets = {"key": "wrong" if wrong else "good"}
        return Way(id=self.way_id, sender="", settings=settings, secrets=secrets, receipts_url=RECEIPTS)

    def known(self, headers: dict[str, str]) -> bool:
        return headers.get("x-api-key") == "good"

    def refusal(self) -> tuple[int, Any]:
        return 400, {"error": "no such number"}

    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[Taken, Any]:
        given = json.loads(body)
        key = path.partition("?ref=")[2]
        assert headers["idempotency-key"] == key
        named = f"n{len(self.taken)}"
        return Taken(f"+{given['phone']}", given["from"], given["words"], key, named), {"data": [{"id": named}]}

    def receipt(self, letter: Letter, taken: Taken, *, delivered: bool) -> list[Said]:
        told = {"message": {"id": taken.named, "state": "ok" if delivered else "dead"}}
        return list(self.drawer.hear(self.way(), self.call(told))[0])


# --- by SMTP --------------------------------------------------------------------------------------


class Smtp(Neighbour):
    """aiosmtpd, a mail server."""

    kind = "smtp"
    channel = "email"
    signs_in = True

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[tuple[str, bytes]] = []
        self._loop = asyncio.new_event_loop()
        self._ready, self._over = threading.Event(), asyncio.Event()
        self.port = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def _serve(self) -> None:
        self._loop.run_until_complete(self._talk())
        self._loop.close()

    async def _talk(self) -> None:
        def talk() -> SMTP:
            return SMTP(self, authenticator=self._authenticate, auth_require_tls=False, auth_required=self.signs_in)

        server = await self._loop.create_server(talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        # Those that still talk are left alone.
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def letter(self, text: str = "Hej Åse", **more: Any) -> Letter:
        facts = {
            "to": "anna@example.org", "sender": "Røde Kors <hello@charity.example>", "subject": "Tak for snakken, Åse",
            "unsubscribe_url": "https://ringround.example/m/u/abc",
        }  # fmt: skip
        return super().letter(text, **{**facts, **more})

    def way(self, *, port: int | None = None, wrong: bool = False) -> Way:
        settings = {
            "host": "127.0.0.1", "port": port or self.port, "tls": "none", "user": "charity",
            "bounce_address": "bounce@charity.example",
        }  # fmt: skip
        return Way(id=self.way_id, sender="", settings=settings, secrets={"password": "wrong" if wrong else "good"})

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"charity", b"good"), handled=False)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.mode == "refuse":
            return "550 5.1.1 No such user here"
        if self.mode == "trouble":
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content, policy=policy.default)
        body = mail.get_body(preferencelist=("plain",))
        assert body is not None
        key = str(mail["Message-ID"])[2:34]
        self.mails.append((envelope.mail_from, envelope.content))
        self.taken.append(
            Taken(envelope.rcpt_tos[0], str(mail["From"]), body.get_content().replace("\r\n", "\n").rstrip("\n"), key)
        )
        if self.mode == "cut":
            server.transport.abort()
        return "250 OK"

    def receipt(self, letter: Letter, taken: Taken, *, delivered: bool) -> list[Said]:
        sender, _mail = self.mails[-1]
        raw = dsn(to=sender, action="delivered" if delivered else "failed", status="2.0.0" if delivered else "5.1.1")
        return list(self.drawer.hear(self.way(), Call("POST", {}, {}, "message/rfc822", raw))[0])


def dsn(*, to: str, action: str, status: str, original: str = "") -> bytes:
    """A delivery status notification as mail servers write it (RFC 3464)."""
    lines = [
        "From: Mail Delivery System <MAILER-DAEMON@mx.example.org>", f"To: {to}", "Subject: Delivery report",
        "MIME-Version: 1.0", 'Content-Type: multipart/report; report-type=delivery-status; boundary="xx"', "",
        "--xx", "Content-Type: text/plain", "", "I'm sorry to have to inform you.", "",
        "--xx", "Content-Type: message/delivery-status", "",
        "Reporting-MTA: dns; mx.example.org", "",
        "Final-Recipient: rfc822; anna@example.org", f"Action: {action}", f"Status: {status}",
        "Diagnostic-Code: smtp; 550 5.1.1 No such user", "",
        "--xx", "Content-Type: message/rfc822", "", original or "Subject: Tak", "", "--xx--", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


# --- by SMPP --------------------------------------------------------------------------------------


class SmppServer(Neighbour):
    """An SMSC by `smpp34`, another implementation of the protocol (in Rust) than the client's."""

    kind = "smpp"

    def __init__(self) -> None:
        super().__init__()
        # One of its own: binds of one test are not another's.
        self.drawer = Smpp()
        self.heard: queue.Queue[Said | Heard] = queue.Queue()
        self.handed: list[Handed] = []
        self.drawer.take = self._take
        self.answer = True
        self.parts: list[Any] = []
        self._esme: dict[str, Any] = {}
        self._bound = threading.Event()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def _take(self, way: Way, one: Said | Heard | Handed) -> bool:
        if isinstance(one, Handed):
            self.handed.append(one)
        else:
            self.heard.put(one)
        return self.answer

    def _serve(self) -> None:
        self._loop.run_until_complete(self._talk())
        self._loop.close()

    async def _talk(self) -> None:
        self.server = smpp34.Server(host="127.0.0.1", port=self.port, system_id="SMSC")
        await self.server.start()
        self._over = asyncio.Event()
        self._ready.set()
        over = asyncio.ensure_future(self._over.wait())
        while not over.done():
            coming = asyncio.ensure_future(self.server.next())
            await asyncio.wait({coming, over}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                coming.cancel()
                break
            await self._event(coming.result())
        await self.server.stop()

    async def _event(self, event: Any) -> None:
        if isinstance(event, smpp34.Esme):
            self._esme[event.session_id] = event
            self._bound.set()
        elif isinstance(event, smpp34.Unbound):
            self._esme.pop(event.session_id, None)
        elif isinstance(event, smpp34.SubmitSmEvent):
            if self.mode == "refuse":
                event.reject(smpp34.ESME_RINVDSTADR)
            elif self.mode == "trouble" or (self.mode == "one" and self.parts):
                event.reject(smpp34.ESME_RTHROTTLED)
            else:
                self.parts.append(event)
                self._join(event)
                if self.mode == "cut":
                    await self._esme[event.session_id].unbind()
                else:
                    event.accept(message_id=f"m{len(self.parts)}")

    def _join(self, event: Any) -> None:
        """A message is taken when its last part is."""
        _text, joined = wire.text_of(event.short_message, event.data_coding, udh=bool(event.esm_class & wire.UDHI))
        if joined is None or joined[1] == joined[2]:
            count = joined[2] if joined else 1
            texts = [
                wire.text_of(one.short_message, one.data_coding, udh=bool(one.esm_class & wire.UDHI))[0]
                for one in self.parts[-count:]
            ]
            self.taken.append(
                Taken(f"+{event.destination_addr}", event.source_addr, "".join(texts), "", f"m{len(self.parts)}")
            )

    def bring(self, octets: bytes, **more: Any) -> int:
        """Deliver to whoever is bound; the status of the answer."""
        assert self._bound.wait(10)
        (esme,) = self._esme.values()
        facts = {"source_addr": "4520123456", "source_addr_ton": 1, "source_addr_npi": 1, **more}

        async def deliver() -> int:
            return int((await esme.deliver_sm("1204", octets, **facts)).command_status)

        return asyncio.run_coroutine_threadsafe(deliver(), self._loop).result(10)

    def close(self) -> None:
        self.drawer.close()
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def way(self, *, port: int | None = None, wrong: bool = False) -> Way:
        settings = {"host": "127.0.0.1", "port": port or self.port, "system_id": "charity"}
        return Way(id=self.way_id, sender="", settings=settings, secrets={"password": "wrong" if wrong else "good"})

    def receipt(self, letter: Letter, taken: Taken, *, delivered: bool) -> list[Said]:
        word = "DELIVRD" if delivered else "UNDELIV"
        text = (
            f"id:{taken.named} sub:001 dlvrd:001 submit date:2611021100 done date:2611021101 stat:{word} err:000 text:"
        )
        assert self.bring(text.encode(), esm_class=4) == 0
        return [self.heard.get(timeout=10)]  # type: ignore[list-item]


ALL: tuple[type[Neighbour], ...] = (Sandbox, GatewayApi, Cpsms, Http, Smtp, SmppServer)
