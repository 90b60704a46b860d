"""From an order and its template to what is sent, or why it is not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape

from ringround.kernel import phones
from ringround.kernel.columns import is_email
from ringround.messaging.rules import merge, sms

MAX_SUBJECT = 300


@dataclass(frozen=True, slots=True)
class Written:
    """A text in one language."""

    language: str
    subject: str = ""
    text: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """What goes out; with a `reason` it does not, and `detail` says what of it is meant."""

    subject: str = ""
    text: str = ""
    html: str = ""
    parts: int = 1
    reason: str = ""
    detail: str = ""


def address(channel: str, to: str | None) -> tuple[str, str]:
    """The number or address in the one form that is stored, and why it is none (`no_address`, `bad_address`)."""
    text = (to or "").strip()
    if not text:
        return "", "no_address"
    if channel == "email":
        return (text, "") if is_email(text) else (text, "bad_address")
    number = phones.parse(text, None) if text.startswith("+") else None
    if number is None or not number.valid:
        return text, "bad_address"
    return number.e164, ""


def compose(channel: str, written: Written, values: Mapping[str, str | None], *, unsubscribe: str) -> Composed:
    """Fill in the fields. A field without value and fallback, nothing to say, or too many parts: it is not sent."""
    alone = {merge.UNSUBSCRIBE: unsubscribe}
    subject = merge.fill(written.subject, values)
    text = merge.fill(written.text, values)
    html = merge.fill(written.html, values, html=True)
    if missing := (*subject.missing, *text.missing, *html.missing):
        return Composed(reason="missing_value", detail=missing[0])
    body = merge.fill_alone(text.text, alone)
    if channel == "sms":
        body = sms.plain(body.replace("\r\n", "\n")).strip()
        if not body:
            return Composed(reason="empty")
        count = sms.parts(body).count
        reason = "too_long" if count > sms.MOST_PARTS else ""
        return Composed(text=body, parts=count, reason=reason, detail=str(count) if reason else "")
    rich = merge.fill_alone(html.text, alone, html=True).strip()
    # One line, whatever a value brought: a second one would be a header.
    line = " ".join(merge.fill_alone(subject.text, alone).split())[:MAX_SUBJECT]
    body = body.strip() or text_of(rich)
    if not body or not line:
        return Composed(subject=line, text=body, html=rich, reason="empty")
    return Composed(subject=line, text=body, html=rich)


_HIDDEN = re.compile(r"<(style|script|head|title)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_LINK = re.compile(r"<a\b[^>]*?\bhref\s*=\s*[\"']([^\"']+)[\"'][^>]*>(.*?)</a\s*>", re.DOTALL | re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/h[1-6]|/li|/table)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def text_of(html: str) -> str:
    """The words of an HTML body, links written out: for who reads only text."""
    bare = _HIDDEN.sub("", html)
    bare = re.sub(r"\s+", " ", bare)
    bare = _LINK.sub(lambda found: _link(found[1], found[2]), bare)
    bare = unescape(_TAG.sub("", _BREAK.sub("\n", bare)))
    lines = [" ".join(line.split()) for line in bare.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _link(address: str, words: str) -> str:
    words = _TAG.sub("", words).strip()
    return address if not words or words == address else f"{words} ({address})"
