"""What the soak itself must be able to tell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import chain, repeat
from random import Random
from typing import Any

import pytest

from tests.soak import receivers
from tests.soak.receivers import Receivers


class _Deaf(Receivers):
    """Nobody takes what they write."""

    async def sms(self, stop: asyncio.Event) -> None:
        raise AssertionError("nobody takes what people write")

    async def mail(self, stop: asyncio.Event) -> None:
        await stop.wait()


def test_a_receiver_that_fails_ends_what_waits_for_it_and_says_why() -> None:
    nobody: Any = None
    people = _Deaf(smsc=nobody, mails=nobody, client=nobody, dice=Random(1))

    async def wait() -> None:
        async with asyncio.timeout(60), people.there():
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as told:
        asyncio.run(wait())

    assert told.group_contains(AssertionError, match="nobody takes what people write")


class _Smsc:
    """Says this, one after the other, of what it is to deliver."""

    def __init__(self, says: Iterator[bool | None]) -> None:
        self.says = says

    def deliver(self, octets: bytes, **facts: Any) -> bool | None:
        return next(self.says)


def _write(smsc: Any, monkeypatch: pytest.MonkeyPatch, *, away_s: float = 60.0) -> None:
    """With a patience of some tries."""
    for name, seconds in {"PAUSE_S": 0.01, "PATIENCE_S": 0.05, "AWAY_S": away_s}.items():
        monkeypatch.setattr(receivers, name, seconds)
    nobody: Any = None
    people = Receivers(smsc=smsc, mails=nobody, client=nobody, dice=Random(1))
    asyncio.run(people._write("+4520123456", "Ja tak"))


def test_nobody_gives_up_on_a_worker_that_is_not_bound_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    smsc = _Smsc(chain(repeat(None, 15), [True]))

    _write(smsc, monkeypatch)

    assert next(smsc.says, "all said") == "all said"


def test_one_that_is_bound_and_takes_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="nobody takes what people write"):
        _write(_Smsc(repeat(False)), monkeypatch)


def test_a_worker_that_never_comes_to_be_bound_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="nobody is bound"):
        _write(_Smsc(repeat(None)), monkeypatch, away_s=0.05)
