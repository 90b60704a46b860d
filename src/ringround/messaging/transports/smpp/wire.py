"""What stands in SMPP's messages (version 3.4): texts as octets, parts joined, receipts read. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from ringround.messaging.rules import senders, sms
from ringround.messaging.transports.port import Said

GSM, LATIN1, UCS2 = 0, 3, 8
UDHI = 0x40
# esm_class, bits 5-2: what kind of message the SMSC delivers.
KIND, RECEIPT = 0x3C, 0x04
INTERNATIONAL, ALPHANUMERIC, NETWORK, ISDN = 1, 5, 3, 1

# Appendix B of the specification, and 5.2.28 for the number.
STATES = {
    "DELIVRD": ("delivered", ""),
    "EXPIRED": ("failed", "expired"),
    "DELETED": ("failed", "undeliverable"),
    "UNDELIV": ("failed", "undeliverable"),
    "REJECTD": ("failed", "rejected"),
    "ACCEPTD": ("sent", ""),
    "ENROUTE": ("sent", ""),
    "UNKNOWN": ("sent", ""),
}
NUMBERED = {2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 7: "UNKNOWN", 8: "REJECTD"}
_FIELD = re.compile(r"\b(id|stat|err):(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Segment:
    """One `submit_sm`."""

    octets: bytes
    coding: int
    udh: bool
    number: int
    total: int
    ref: int
    # The octets go as `message_payload`, and the SMSC cuts them.
    payload: bool = False


def segments(text: str, message_id: UUID, *, joined_by: str = "udh") -> list[Segment]:
    """The parts of a text. `joined_by`: `udh`, a header within the octets; `sar`, parameters beside them; `payload`,
    all as one. The reference is of the message's id, so that a repeated part joins the ones that were there."""
    found = sms.parts(text)
    if joined_by == "payload" and found.count > 1:
        gsm = found.encoding == "gsm7"
        octets = sms.gsm_codes(text) if gsm else text.encode("utf-16-be")
        return [Segment(octets, GSM if gsm else UCS2, False, 1, 1, 0, payload=True)]
    total, ref = found.count, message_id.int & 0xFF
    out = []
    for number, part in enumerate(found.texts, 1):
        octets = sms.gsm_codes(part) if found.encoding == "gsm7" else part.encode("utf-16-be")
        udh = total > 1 and joined_by == "udh"
        if udh:
            octets = bytes((5, 0, 3, ref, total, number)) + octets
        out.append(Segment(octets, GSM if found.encoding == "gsm7" else UCS2, udh, number, total, ref))
    return out


def address(text: str) -> tuple[int, int, str]:
    """Type of number, numbering plan and digits or letters of a sender or recipient."""
    if text.startswith("+"):
        return INTERNATIONAL, ISDN, text[1:]
    kind = senders.kind(text)
    if kind == "letters":
        return ALPHANUMERIC, 0, text
    return (NETWORK, 0, text) if kind == "short" else (INTERNATIONAL, ISDN, text)


def text_of(octets: bytes, coding: int, *, udh: bool) -> tuple[str, tuple[int, int, int] | None]:
    """The words of what came in, and where it is one of several (reference, number, total)."""
    joined = None
    if udh and octets:
        header, octets = octets[1 : 1 + octets[0]], octets[1 + octets[0] :]
        joined = _joined(header)
    if coding == UCS2:
        return octets.decode("utf-16-be", "replace"), joined
    if coding == LATIN1:
        return octets.decode("latin-1"), joined
    return sms.from_gsm_codes(octets), joined


def _joined(header: bytes) -> tuple[int, int, int] | None:
    at = 0
    while at + 2 <= len(header):
        kind, size = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + size]
        if kind == 0 and len(value) == 3:
            return value[0], value[2], value[1]
        if kind == 8 and len(value) == 4:
            return value[0] << 8 | value[1], value[3], value[2]
        at += 2 + size
    return None


def receipt(octets: bytes, *, provider_id: str | None, state: int | None) -> Said | None:
    """A delivery receipt: by its parameters, else by its text; None where it names no message or no state."""
    fields = {name.lower(): value for name, value in _FIELD.findall(octets.decode("latin-1"))}
    word = NUMBERED.get(state) if state is not None else None
    known = STATES.get(word or fields.get("stat", "").upper())
    named = provider_id or fields.get("id", "")
    if known is None or not named:
        return None
    status, reason = known
    err = fields.get("err", "")
    return Said(status, None, named, reason, f"err {err}" if status == "failed" and err.strip("0") else "")
