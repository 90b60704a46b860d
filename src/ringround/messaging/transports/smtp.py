"""E-mail by a mail server (RFC 5321), text and HTML (multipart/alternative).

- The Message-ID is made of the message's key, so a repetition is known by it to whoever looks.
- One-click unsubscribing by RFC 8058: `List-Unsubscribe` with our address, and `List-Unsubscribe-Post`.
- With `bounce_address` set (`bounce@example.org`) the envelope's sender names the message (`bounce+<token>@…`), so that
  whatever comes back says which it is. Returned mails are handed to the transport's address as they are:

      ringround-bounces: "|curl -sf -H 'Content-Type: message/rfc822' --data-binary @- <receipts_url>"

  Delivery status notifications are read by RFC 3464. Without VERP the Message-ID within the report names the message.
"""

from __future__ import annotations

import base64
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.utils import formatdate
from typing import Any, ClassVar
from uuid import UUID

from ringround.infra import outbound
from ringround.kernel.columns import is_email
from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_
from ringround.kernel.shape import Shape
from ringround.messaging.transports.port import Call, Heard, Letter, NotRead, Outcome, Said, Way, unsent

# For one answer of the server's, and for the whole talk: well within the courier's lease.
TIMEOUT_S, TALK_S = 20.0, 60.0
# For asking whether it is there: somebody waits for the page.
LOOK_S = 20.0
TLS = ("starttls", "tls", "none")
_NAMED = re.compile(r"\s*\"?([^<\"]*?)\"?\s*<([^<>\s]+)>\s*")
# base32 of the id's 16 bytes: mailboxes are told apart without regard to upper and lower case.
_VERP = re.compile(r"\+m([a-z2-7]{26})@", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<m([0-9a-f]{32})@", re.IGNORECASE)
# RFC 3463: which enhanced codes say that there is nobody, and which that there is no room.
_NOBODY = re.compile(r"5\.1\.\d+|5\.2\.1")
_FULL = re.compile(r"[45]\.2\.2")


class Smtp:
    kind: ClassVar[str] = "smtp"
    channels: ClassVar[tuple[str, ...]] = ("email",)
    idempotent: ClassVar[bool] = False
    secrets: ClassVar[tuple[str, ...]] = ("password",)

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fault]:
        shape = Shape(settings)
        shape.text("host", required=True, most=253)
        shape.number("port", low=1, high=65535)
        shape.text("tls", options=TLS)
        shape.text("user")
        shape.text("bounce_address", most=254)
        shape.text("reply_to", most=254)
        faults = shape.done()
        for name in ("bounce_address", "reply_to"):
            value = settings.get(name)
            if isinstance(value, str) and value and not is_email(value):
                faults.append(Fault(("settings", name), "not_an_email", N_("This is not an e-mail address.")))
        if settings.get("user") and not secrets.get("password"):
            faults.append(Fault(("secrets", "password"), "required", N_("This is needed.")))
        if settings.get("user") and settings.get("tls") == "none":
            words = N_("A password is not sent without TLS.")
            faults.append(Fault(("settings", "tls"), "tls_needed", words))
        return faults

    def carry(self, way: Way, letter: Letter) -> Outcome:
        mail, envelope = written(way, letter)
        handed = False
        try:
            with _connected(way, TALK_S) as talk:
                answer = talk.mail(envelope)
                if answer[0] != 250:
                    return _said(answer, way="sender")
                answer = talk.rcpt(letter.to)
                if answer[0] not in (250, 251):
                    return _said(answer, way="recipient")
                raw = mail.as_bytes()
                handed = True
                answer = talk.data(raw)
                if answer[0] != 250:
                    return _said(answer, way="message")
                # What happens from here on changes nothing.
                return Outcome("sent", provider_id=letter.id.hex)
        except smtplib.SMTPAuthenticationError as fault:
            return Outcome("later", reason="credentials", detail=_text(fault.smtp_error), down=True)
        except smtplib.SMTPDataError as fault:
            # It would not hear the message at all.
            return _said((fault.smtp_code, fault.smtp_error), way="message")
        except smtplib.SMTPResponseException as fault:
            return _said((fault.smtp_code, fault.smtp_error), way="server")
        except outbound.Unsent as fault:
            return unsent(fault)
        except (smtplib.SMTPException, OSError) as fault:
            detail = "timeout" if isinstance(fault, TimeoutError) else type(fault).__name__
            # Once the message itself has begun to go, the server may have taken it and only its word is lost.
            return Outcome("unknown" if handed else "later", reason="unreachable", detail=detail, down=True)

    def hear(self, way: Way, call: Call) -> tuple[Sequence[Said], Sequence[Heard]]:
        return tuple(bounces(call.body)), ()

    def look(self, way: Way) -> str:
        try:
            with _connected(way, LOOK_S) as talk:
                talk.noop()
        except smtplib.SMTPAuthenticationError:
            return "credentials"
        except outbound.Unsent as fault:
            return fault.code
        except (smtplib.SMTPException, OSError) as fault:
            return "timeout" if isinstance(fault, TimeoutError) else type(fault).__name__
        return ""


def written(way: Way, letter: Letter) -> tuple[EmailMessage, str]:
    """The mail, and the sender on its envelope."""
    name, address = address_of(letter.sender)
    domain = address.rpartition("@")[2]
    mail = EmailMessage(policy=policy.SMTP.clone(cte_type="8bit", max_line_length=200))
    mail["From"] = Address(display_name=name, addr_spec=address)
    mail["To"] = Address(addr_spec=letter.to)
    mail["Subject"] = " ".join(letter.subject.split())
    mail["Date"] = formatdate(localtime=False, usegmt=True)
    mail["Message-ID"] = f"<m{letter.id.hex}@{domain}>"
    if way.settings.get("reply_to"):
        mail["Reply-To"] = Address(addr_spec=str(way.settings["reply_to"]))
    if letter.unsubscribe_url:
        mail["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # Nobody's holiday notice is an answer (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text, cte="quoted-printable")
    if letter.html:
        mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return mail, envelope_of(way, letter.id, address)


def envelope_of(way: Way, message_id: UUID, sender: str) -> str:
    bounce = str(way.settings.get("bounce_address") or "")
    if not bounce:
        return sender
    local, _, domain = bounce.rpartition("@")
    return f"{local}+m{base64.b32encode(message_id.bytes).decode().rstrip('=').lower()}@{domain}"


def address_of(sender: str) -> tuple[str, str]:
    """Name and address of `Charity <hello@example.org>`."""
    named = _NAMED.fullmatch(sender)
    return (named[1].strip(), named[2]) if named else ("", sender.strip())


# --- what comes back ------------------------------------------------------------------------------


def bounces(raw: bytes) -> Iterator[Said]:
    """What a returned mail says of ours, by RFC 3464; NotRead for a mail that names none, or is no report."""
    mail = message_from_bytes(raw, policy=policy.default)
    message_id = _named_by(mail, raw)
    if message_id is None:
        raise NotRead
    found = False
    for fields in _reports(mail):
        action = str(fields.get("Action", "")).strip().lower()
        code = str(fields.get("Status", "")).strip().split(" ")[0]
        detail = str(fields.get("Diagnostic-Code", "") or code).strip()
        if action in ("failed", "delivered", "relayed", "expanded", "delayed"):
            found = True
            said = _bounced(action, code, detail, message_id)
            if said is not None:
                yield said
    if not found:
        raise NotRead


def _bounced(action: str, code: str, detail: str, message_id: UUID) -> Said | None:
    if action == "delivered":
        return Said("delivered", message_id)
    if action != "failed":
        # Still on its way, or given on to where nobody reports.
        return None
    reason = "mailbox" if _NOBODY.fullmatch(code) else "mailbox_full" if _FULL.fullmatch(code) else "rejected"
    return Said("bounced", message_id, "", reason, detail)


def _reports(mail: Message) -> Iterator[Message]:
    """The groups of fields of all delivery-status parts: of the message first, then of each recipient."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            payload = part.get_payload()
            if isinstance(payload, list):
                yield from (one for one in payload if isinstance(one, Message))


def _named_by(mail: Message, raw: bytes) -> UUID | None:
    """Which message of ours: by the address it came to, else by the Message-ID in the report."""
    for header in ("To", "Delivered-To", "X-Original-To", "Envelope-To"):
        for value in mail.get_all(header, []):
            if found := _VERP.search(str(value)):
                try:
                    return UUID(bytes=base64.b32decode(found[1].upper() + "======"))
                except ValueError:
                    return None
    if found := _MESSAGE_ID.search(raw.decode("latin-1")):
        return UUID(hex=found[1])
    return None


# --- the talk -------------------------------------------------------------------------------------


class _Talk(smtplib.SMTP):
    """smtplib's, on a connection whose address was judged, and that is cut off at its deadline: a server that drips
    would hold its thread for hours, and all threads are everybody's."""

    def __init__(self, host: str, port: int, *, tls: bool, deadline_s: float) -> None:
        self._tls = tls
        self._over = threading.Event()
        self._same: socket.socket | None = None
        self._watchdog = threading.Timer(deadline_s, self._cut)
        self._watchdog.daemon = True
        try:
            super().__init__(host, port, timeout=min(TIMEOUT_S, deadline_s))
        except BaseException:
            self.close()
            raise

    def _cut(self) -> None:
        self._over.set()
        if self._same is not None:
            with suppress(OSError):
                self._same.shutdown(socket.SHUT_RDWR)

    def getreply(self) -> tuple[int, bytes]:
        try:
            answer = super().getreply()
        except smtplib.SMTPServerDisconnected:
            if self._over.is_set():
                raise TimeoutError from None
            raise
        if self._over.is_set():
            # An answer that is cut off reads like a whole one.
            raise TimeoutError
        return answer

    def close(self) -> None:
        self._watchdog.cancel()
        super().close()
        same, self._same = self._same, None
        if same is not None:
            same.close()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        raw = outbound.dial(host, port, deadline_s=timeout)
        # The same connection by a plain socket of its own: that of the talk changes when TLS begins.
        self._same = raw.dup()
        self._watchdog.start()
        if not self._tls:
            return raw
        try:
            return ssl.create_default_context().wrap_socket(raw, server_hostname=host)
        except BaseException:
            raw.close()
            raise


@contextmanager
def _connected(way: Way, deadline_s: float) -> Iterator[smtplib.SMTP]:
    """A session that has signed in; it is over after `deadline_s`."""
    given = way.settings
    tls = str(given.get("tls") or "starttls")
    port = int(given.get("port") or {"tls": 465, "starttls": 587, "none": 25}[tls])
    talk = _Talk(str(given["host"]), port, tls=tls == "tls", deadline_s=deadline_s)
    try:
        talk.ehlo_or_helo_if_needed()
        if tls == "starttls":
            talk.starttls(context=ssl.create_default_context())
            talk.ehlo()
        if given.get("user"):
            talk.login(str(given["user"]), way.secrets.get("password", ""))
        yield talk
        with suppress(OSError, smtplib.SMTPException):
            # A goodbye, whose answer nobody waits for: it must not undo what has been said.
            talk.putcmd("QUIT")
    finally:
        talk.close()


def _said(answer: tuple[int, bytes | str], *, way: str) -> Outcome:
    """What the server's refusal means; it has not taken the message."""
    code, text = answer
    detail = f"{code} {_text(text)}"
    if code in (530, 535):
        return Outcome("later", reason="credentials", detail=detail, down=True)
    if code >= 500 and way == "recipient":
        return Outcome("refused", reason="mailbox" if _NOBODY.search(detail) else "refused", detail=detail)
    if code >= 500 and way in ("sender", "message"):
        return Outcome("refused", reason="refused", detail=detail)
    # 4xx to one recipient is that mailbox's affair (grey-listing, no room); else the server's.
    return Outcome("later", reason="server", detail=detail, down=way != "recipient")


def _text(raw: bytes | str) -> str:
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
