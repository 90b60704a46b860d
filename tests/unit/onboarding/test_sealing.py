"""Entries that travel sealed."""

from __future__ import annotations

import time

import pytest

from ringround.onboarding import sealing
from ringround.onboarding.rules.entry import Entry, read

ENTRY = read(
    [("campaignGuid", "0197f3c2-0000-7000-8000-000000000001"), ("pre_firstName", "Åse"), ("pre_amount", "99,50")]
)


def test_what_was_sealed_is_there_again() -> None:
    token = sealing.entry_seal(ENTRY, purpose=sealing.FORM, of="ida")
    assert sealing.entry_unseal(token, purpose=sealing.FORM, of="ida") == ENTRY


def test_nothing_personal_can_be_read_in_it() -> None:
    token = sealing.entry_seal(Entry(national_id="2110625629", contact={"first_name": "Åse"}), purpose=sealing.FORM)
    assert "2110625629" not in token
    assert "first_name" not in token


def test_it_opens_for_its_purpose_and_its_owner_alone() -> None:
    token = sealing.entry_seal(ENTRY, purpose=sealing.FORM, of="ida")
    assert sealing.entry_unseal(token, purpose=sealing.LINK, of="ida") is None
    assert sealing.entry_unseal(token, purpose=sealing.FORM, of="jens") is None


def test_it_opens_while_its_time_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    token = sealing.entry_seal(ENTRY, purpose=sealing.LINK, ttl_s=600)
    assert sealing.entry_unseal(token, purpose=sealing.LINK) == ENTRY
    later = time.time() + 601
    monkeypatch.setattr(time, "time", lambda: later)
    assert sealing.entry_unseal(token, purpose=sealing.LINK) is None


@pytest.mark.parametrize("token", ["", "x", "é" * 100, "gAAAAA" + "A" * 200, "a" * 20_000])
def test_what_is_none_of_ours_opens_nothing(token: str) -> None:
    assert sealing.unseal(sealing.LINK, token) is None
