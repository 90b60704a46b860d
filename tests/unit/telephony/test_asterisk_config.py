"""The configuration of an Asterisk: what a setup says stands in it, and nothing else can."""

from __future__ import annotations

import configparser
from dataclasses import replace

import pytest

from ringround.telephony.exchanges.asterisk.config import Bad, Setup, Trunk, files

TRUNK = Trunk(name="carrier", host="sip.example.org", user="kunde", password="geheim")
SETUP = Setup(ari_password="geheim", trunks=[TRUNK])


def sections(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("[")]


def test_a_trunk_with_a_user_signs_in_and_one_without_is_known_by_its_address() -> None:
    signs_in = files(SETUP)["pjsip.conf"]
    assert "server_uri = sip:sip.example.org:5060" in signs_in
    assert "outbound_auth = carrier-auth" in signs_in
    by_address = files(replace(SETUP, trunks=[replace(TRUNK, user="", password="")]))["pjsip.conf"]
    assert "match = sip.example.org" in by_address
    assert "auth" not in by_address.replace("auth_username", "")


def test_each_trunk_has_its_own_parts() -> None:
    text = files(replace(SETUP, trunks=[TRUNK, replace(TRUNK, name="other", user="")]))["pjsip.conf"]
    assert sections(text).count("[carrier]") == 4
    assert sections(text).count("[other]") == 3


def test_what_is_reached_from_outside_is_the_address_and_what_controls_it_is_not() -> None:
    found = files(replace(SETUP, address="192.0.2.7"))
    assert "bind = 192.0.2.7:5060" in found["pjsip.conf"]
    assert "media_address = 192.0.2.7" in found["pjsip.conf"]
    assert "bindaddr = 127.0.0.1" in found["http.conf"]


def test_a_machine_behind_another_address_offers_that_one() -> None:
    text = files(replace(SETUP, candidates={"10.0.0.4": "192.0.2.7"}))["rtp.conf"]
    assert text.endswith("[ice_host_candidates]\n10.0.0.4 => 192.0.2.7\n")


@pytest.mark.parametrize("bad", ["a\nb", "a;b", "a=>b", "a\0"])
def test_a_value_that_would_break_its_line_is_refused(bad: str) -> None:
    for setup in (replace(SETUP, ari_password=bad), replace(SETUP, address=bad), replace(SETUP, hold_music=bad)):
        with pytest.raises(Bad, match="no configuration of Asterisk can carry"):
            files(setup)


@pytest.mark.parametrize("bad", ["a\nb", "a;b"])
def test_so_is_one_of_a_trunk_or_of_an_address(bad: str) -> None:
    with pytest.raises(Bad):
        files(replace(SETUP, trunks=[replace(TRUNK, password=bad)]))
    with pytest.raises(Bad):
        files(replace(SETUP, candidates={"10.0.0.4": bad}))


def test_every_file_is_read_as_sections_with_values() -> None:
    for name, text in files(SETUP).items():
        # Sections come twice, and `=>` is another way to say `=`.
        read = configparser.ConfigParser(strict=False, delimiters=("=",), comment_prefixes=(";",), interpolation=None)
        read.read_string(text, name)
        assert text == "" or read.sections()
