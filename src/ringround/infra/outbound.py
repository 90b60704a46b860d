"""Calling addresses that users have written: webhooks, external sites.

Such an address may point into the operator's own network, now or after its name was given another meaning, and whoever
answers may be broken or hostile. So:

1. The name is looked up here, every address found is judged, and the connection goes to the very address judged:
   there is no second look-up whose answer could be another.
2. No redirect is followed. The receiver is told about one as a failure.
3. One deadline holds for everything after the look-up, however slowly the other side drips.
4. Of the answer no more than the first bytes are read.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from ringround.kernel import targets
from ringround.kernel.messages import N_, Message
from ringround.kernel.targets import BadTarget, Target

DEADLINE_S = 15.0
CONNECT_S = 5.0
FIRST_BYTES = 1000
USER_AGENT = "Ringround"


# Why no answer came, for people.
WORDS: dict[str, Message] = {
    "bad_url": N_("The address cannot be used."),
    "private_target": N_("The name leads into a private network. Nothing was sent."),
    "unresolvable": N_("The name is not known to the name servers."),
    "unreachable": N_("Nobody answers at this address."),
    "tls": N_("The connection could not be secured; the certificate may have run out."),
    "timeout": N_("The other side did not answer in time."),
    "garbled": N_("What came back is not HTTP."),
}


class Unsent(Exception):
    """No answer came. `code` is one of `WORDS`. `begun`: the
    request had begun to leave, so that the other side may have had it."""

    def __init__(self, code: str, *, begun: bool = False) -> None:
        self.code = code
        self.begun = begun
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status and the first bytes of the body."""

    status: int
    body: bytes

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The first bytes as far as they are text that can be stored."""
        return self.body.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def may_be_private() -> bool:
    """Whether the operator lets addresses of its own network be called."""
    return bool(settings.RINGROUND.allow_private_targets)


def dial(host: str, port: int, *, deadline_s: float = DEADLINE_S) -> socket.socket:
    """A plain connection to an address that a user has written, for what is not HTTP; Unsent where there is none. Each
    call on it may take `deadline_s`: what the other side drips is the caller's to bound."""
    try:
        # Judged and read as the host of an address would be.
        target = targets.parse(f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/")
    except BadTarget:
        raise Unsent("bad_url") from None
    try:
        raw = _connect(target, _addresses(target), time.monotonic() + deadline_s)
    except TimeoutError:
        raise Unsent("timeout") from None
    raw.settimeout(deadline_s)
    return raw


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    deadline_s: float = DEADLINE_S,
    most: int = FIRST_BYTES,
    ours: bool = False,
) -> Answer:
    """One request, one answer, whatever its status; Unsent when there is none. Of the body the first bytes that come
    are read; with a greater `most` all of it up to so many. `ours`: no user has written the address, but the operator
    has, of this product itself; it may be inside."""
    try:
        target = targets.parse(url)
    except BadTarget:
        raise Unsent("bad_url") from None
    end = time.monotonic() + deadline_s
    try:
        raw = _connect(target, _addresses(target, ours=ours), end)
    except TimeoutError:
        raise Unsent("timeout") from None
    over = threading.Event()
    begun = False

    def cut() -> None:
        over.set()
        try:
            # The plain socket's own: the one of a TLS socket would let the reader go on without TLS.
            socket.socket.shutdown(raw, socket.SHUT_RDWR)
        except OSError:
            pass

    watchdog = threading.Timer(max(0.0, end - time.monotonic()), cut)
    watchdog.daemon = True
    try:
        raw.settimeout(max(0.1, end - time.monotonic()))
        if target.tls:
            # Without shaking hands: that is cut off too, and what is cut is the socket that talks.
            raw = ssl.create_default_context().wrap_socket(
                raw, server_hostname=target.host, do_handshake_on_connect=False
            )
        watchdog.start()
        if isinstance(raw, ssl.SSLSocket):
            raw.do_handshake()
        begun = True
        return _ask(raw, target, method, headers, body, over, most)
    except ssl.SSLError:
        raise Unsent("timeout" if over.is_set() else "tls", begun=begun) from None
    except (http.client.HTTPException, ValueError):
        # What is no HTTP at all; also nothing before it hung up, which is an OSError besides.
        raise Unsent("timeout" if over.is_set() else "garbled", begun=begun) from None
    except TimeoutError:
        raise Unsent("timeout", begun=begun) from None
    except OSError:
        raise Unsent("timeout" if over.is_set() else "unreachable", begun=begun) from None
    finally:
        watchdog.cancel()
        raw.close()


def _addresses(target: Target, *, ours: bool = False) -> list[tuple[int, tuple[str, int]]]:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unsent("unresolvable") from None
    addresses = list(dict.fromkeys((int(family), address) for family, _type, _proto, _name, address in found))
    # One inside among several is refused too: which of them is taken is not for the other side to choose.
    if not (ours or may_be_private()) and not all(targets.is_public(str(address[0])) for _family, address in addresses):
        raise Unsent("private_target")
    return addresses  # type: ignore[return-value]


def _connect(target: Target, addresses: list[tuple[int, tuple[str, int]]], end: float) -> socket.socket:
    late = False
    for family, address in addresses:
        left = end - time.monotonic()
        if left <= 0:
            break
        made = socket.socket(family, socket.SOCK_STREAM)
        made.settimeout(min(CONNECT_S, left))
        try:
            made.connect(address)
            return made
        except OSError as fault:
            late = isinstance(fault, TimeoutError)
            made.close()
    raise Unsent("timeout" if late else "unreachable")


def _ask(
    raw: socket.socket,
    target: Target,
    method: str,
    headers: Mapping[str, str],
    body: bytes | None,
    over: threading.Event,
    most: int,
) -> Answer:
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = raw
    ours = {"Host": target.host_header, "User-Agent": USER_AGENT, "Accept": "*/*", "Connection": "close"}
    # However its writer spells a header: none goes twice.
    said = {name.casefold() for name in headers}
    sent = {name: value for name, value in ours.items() if name.casefold() not in said}
    connection.request(method, target.path, body=body, headers={**sent, **headers})
    response = connection.getresponse()
    if over.is_set():
        # A connection that is cut within the headers reads like their end.
        raise TimeoutError
    try:
        first = response.read1(FIRST_BYTES) if most <= FIRST_BYTES else response.read(most)
    except (OSError, http.client.HTTPException, ValueError):
        # The answer is its status; a body that never comes changes nothing.
        first = b""
    return Answer(response.status, first)
