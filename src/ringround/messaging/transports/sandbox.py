"""Keeps messages and sends nothing. What becomes of them is said by hand (`actions.sandbox_act`), in a demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ringround.kernel.errors import Fault
from ringround.kernel.shape import Shape
from ringround.messaging.transports.port import Call, Heard, Letter, NotTheirs, Outcome, Said, Way


class Sandbox:
    """The row itself is the mailbox."""

    kind: ClassVar[str] = "sandbox"
    channels: ClassVar[tuple[str, ...]] = ("sms", "email")
    # What is kept is kept once, however often it is handed over.
    idempotent: ClassVar[bool] = True
    secrets: ClassVar[tuple[str, ...]] = ()

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fault]:
        return Shape(settings).done()

    def carry(self, way: Way, letter: Letter) -> Outcome:
        return Outcome("sent", provider_id=letter.id.hex)

    def hear(self, way: Way, call: Call) -> tuple[Sequence[Said], Sequence[Heard]]:
        raise NotTheirs

    def look(self, way: Way) -> str:
        return ""
