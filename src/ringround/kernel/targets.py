"""Addresses on the web that users write for us to call: how they are read, and which may be called at all."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

MAX_URL = 2000
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL = re.compile(r"(^|\.)(localhost|local|internal|localdomain)$")
# As the older parts of the net read a number for an address: `2130706433`, `0x7f.1`, `127.1`.
_NUMERIC = re.compile(r"^(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+)){0,3}$", re.IGNORECASE)
# What a name in the net is made of: whatever else stands there, others may read as the end of it.
_NAME = re.compile(r"[a-z0-9._-]+", re.IGNORECASE)
_SAFE = "/%:@!$&'()*+,;=~-._"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadTarget(ValueError):
    """This is no address of a web server that can be called."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes; `host` in ASCII, `path` with its query."""

    tls: bool
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """The parts of an address; BadTarget. User names in it are refused: a secret does not belong in an address."""
    if len(url) > MAX_URL or any(ord(one) <= 32 or ord(one) == 127 for one in url):
        raise BadTarget
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        raise BadTarget from None
    host = host.removesuffix(".")
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or port == 0:
        raise BadTarget
    if ":" not in host and (not _NAME.fullmatch(host) or any(not 0 < len(label) < 64 for label in host.split("."))):
        raise BadTarget
    tls = parts.scheme == "https"
    path = quote(parts.path or "/", safe=_SAFE)
    query = "?" + quote(parts.query, safe=_SAFE + "?") if parts.query else ""
    return Target(tls, host, port or (443 if tls else 80), path + query)


def surely_private(host: str) -> bool:
    """Whether a host says by itself that it is inside: said when it is written, before anything is looked up."""
    try:
        return not is_public(host)
    except ValueError:
        return bool(_LOCAL.search(host.lower()) or _NUMERIC.match(host))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open net; ValueError when it is none. An address that carries another
    within it (mapped, 6to4, Teredo, NAT64) is what it carries."""
    ip: Address = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        carried = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if carried is None and ip in _NAT64:
            carried = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if carried is not None:
            return is_public(str(carried))
        if ip.is_site_local:  # given up long ago, and still inside where it is used
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
