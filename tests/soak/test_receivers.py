"""What the soak itself must be able to tell."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest

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
