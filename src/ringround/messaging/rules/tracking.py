"""E-mail tracking, decided purely: which links a message has, how they are put through us, and whether a fetch of the
pixel or of a link was a person's or a machine's.

A machine's fetch is never taken for a person: who is called because a mail was opened is called because a person opened
it. Where the two cannot be told apart the later, slower one is believed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from html.parser import HTMLParser

# A mail that is fetched sooner than this after it was handed over was not read: it was looked through on its way.
PREFETCH = timedelta(seconds=10)
# Scanners follow the links within the first minutes. A click in that time is believed only when no other link of the
# mail was followed close to it.
SCANNED, TOGETHER = timedelta(minutes=5), timedelta(seconds=5)

# Stands with the suppression that the receiver's link makes, where the organisation sees why; and says whose it is.
BY_LINK = "Unsubscribe link"

# Who looks through mails on their way, fetches previews, or is no browser at all. Google's image proxy is not here: it
# fetches when the reader opens the mail, and a prefetch of it is found by its time.
_MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|scanner|slurp|preview|prefetch|monitor|barracuda|mimecast|proofpoint|urldefense|fireeye|"
    r"trendmicro|symantec|messagelabs|sophos|forcepoint|ironport|safelinks|bitdefender|zscaler|mailscanner|vade|"
    r"python|curl|wget|java/|go-http|okhttp|libwww|httpclient|headless|phantomjs|node-fetch|axios|ruby|perl|php/|"
    r"facebookexternalhit|whatsapp|telegram|slack|skypeuripreview|google-read-aloud|feedfetcher",
    re.IGNORECASE,
)
# Apple Mail's privacy protection fetches every picture whether the mail is read or not, and says only this of itself.
_APPLE_PROXY = "Mozilla/5.0"


@dataclass(frozen=True, slots=True)
class Hit:
    """One fetch of a pixel or a link. `link`: its place in the mail, None for the pixel. `purpose`: what the headers
    `Purpose`, `Sec-Purpose` and `X-Moz` say."""

    at: datetime
    agent: str = ""
    method: str = "GET"
    purpose: str = ""
    link: int | None = None


def machine(hit: Hit, *, sent_at: datetime, others: Iterable[tuple[int, datetime]] = ()) -> str:
    """Why this fetch is a machine's; empty when it is a person's. `others`: when other links of the mail were
    followed."""
    agent = hit.agent.strip()
    if hit.method != "GET":
        return "head"
    if not agent or _MACHINES.search(agent):
        return "agent"
    if "prefetch" in hit.purpose.lower() or "preview" in hit.purpose.lower():
        return "prefetch"
    if hit.link is None and agent == _APPLE_PROXY:
        return "apple_privacy"
    if hit.at < sent_at + PREFETCH:
        return "at_once"
    if hit.link is not None:
        near = [at for link, at in others if link != hit.link and abs(at - hit.at) < TOGETHER]
        if near and (hit.at < sent_at + SCANNED or len(near) > 1):
            return "all_links"
    return ""


def undecided(hit: Hit, *, sent_at: datetime) -> bool:
    """Whether it must be seen first what else is followed close to it."""
    return hit.link is not None and hit.at < sent_at + SCANNED


# --- links --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Link:
    start: int
    end: int
    url: str


class _Links(HTMLParser):
    """Where links stand, as offsets into the source."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self._lines = [0]
        self._lines += [at + 1 for at, one in enumerate(html) if one == "\n"]
        self.found: list[_Link] = []
        self.body: int | None = None
        # Of what is no HTML (`<![if`) the parser makes a fault of its own: the links before it are found all the same.
        with suppress(AssertionError, ValueError):
            self.feed(html)
            self.close()

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("a", "area"):
            return
        url = next((value for name, value in attrs if name == "href"), None)
        text = self.get_starttag_text()
        if url is not None and text is not None and trackable(url):
            start = self._at()
            self.found.append(_Link(start, start + len(text), url.strip()))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "body":
            self.body = self._at()


_WEB = re.compile(r"\s*https?://[^\s/]", re.IGNORECASE)
# A tag's attributes one after the other, so that ` href=` within another's value is not taken for one.
_ATTRIBUTE = re.compile(
    r"""(?P<before>[\s/]*(?P<name>[^\s/>=][^\s/>=]*)\s*)(?P<is>=\s*(?P<value>"[^"]*"|'[^']*'|[^\s>]*))?"""
)


def trackable(url: str) -> bool:
    """Whether it is a page of the web; mail, telephone and places within the mail are left as they are."""
    return _WEB.match(url) is not None and not any(one in url for one in "\r\n\0")


def links(html: str) -> list[str]:
    """The addresses that a message's links lead to, in their order. A link is known by its place here."""
    return [one.url for one in _Links(html).found] if html else []


def rewritten(html: str, *, link: Callable[[int, str], str] | None, pixel: str | None) -> str:
    """The message with its links put through `link(place, address)`, and the pixel at its end; all else as it was."""
    found = _Links(html)
    parts: list[str] = []
    at = 0
    end = found.body if found.body is not None and found.body >= (found.found[-1].end if found.found else 0) else None
    for place, one in enumerate(found.found if link is not None else ()):
        assert link is not None
        put = f'"{escape(link(place, one.url), quote=True)}"'
        parts += [html[at : one.start], _with_href(html[one.start : one.end], put)]
        at = one.end
    image = f'<img src="{escape(pixel, quote=True)}" width="1" height="1" alt="">' if pixel else ""
    if end is None:
        return "".join([*parts, html[at:], image])
    return "".join([*parts, html[at:end], image, html[end:]])


def _with_href(tag: str, put: str) -> str:
    at = re.match(r"<[a-zA-Z]+", tag)
    place = at.end() if at is not None else 0
    while (found := _ATTRIBUTE.match(tag, place)) is not None:
        if found["name"].lower() == "href" and found["is"] is not None:
            return tag[: found.start("value")] + put + tag[found.end("value") :]
        place = found.end()
    return tag
