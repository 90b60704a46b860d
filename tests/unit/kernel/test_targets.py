"""Which addresses may be called."""

from __future__ import annotations

import pytest

from ringround.kernel import targets


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("fec0::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("::127.0.0.1", False),
    ],
)
def test_only_addresses_of_the_open_net_are_public(address: str, public: bool) -> None:
    assert targets.is_public(address) is public


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "printer.local", "127.1", "0x7f.1", "2130706433", "::1"])
def test_a_host_that_says_itself_that_it_is_inside_is_known_by_its_name(host: str) -> None:
    assert targets.surely_private(host)


@pytest.mark.parametrize("host", ["example.org", "localhost.example.org", "1and1.example", "93.184.216.34"])
def test_another_host_is_not(host: str) -> None:
    assert not targets.surely_private(host)


def test_an_address_is_read_into_what_a_request_needs() -> None:
    target = targets.parse("https://bücher.example:8443/a b".replace(" ", "%20") + "?q=æ&r=1")
    assert (target.tls, target.port, target.host_header) == (True, 8443, "xn--bcher-kva.example:8443")
    assert target.path == "/a%20b?q=%C3%A6&r=1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "http://user:pass@example.org/",
        "http://example.org:99999/",
        "http://example.org:0/",
        "http://exa mple.org/",
        "http://example.org/\r\nX: 1",
        "http://[::1",
        "http://a..example/",
        "http://crm.example.org\\x.evil.example/",
        "http://a%62.example/",
        "http://" + "a" * 64 + ".example/",
        "https://example.org/" + "a" * 2000,
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(targets.BadTarget):
        targets.parse(url)
