"""What leaves this room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from ringround.infra import events
from ringround.infra.event_types import declare


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSwitchedOff:
    """A webhook failed for so long that it is off; its owners are told."""

    type: ClassVar[str] = declare(
        "http.webhook.switched_off",
        "A webhook was switched off because its target failed for long, or said that it is gone.",
        subject="webhook",
        data={"reason": "`failing` or `gone`"},
    )
    reason: str

    def record(self, *, org_id: UUID, webhook_id: UUID, subject_no: int) -> None:
        """Write the event; the webhook is locked by the caller, who has drawn the number."""
        events.record(
            org_id=org_id,
            type=self.type,
            subject_type="webhook",
            subject_id=webhook_id,
            subject_no=subject_no,
            data={"reason": self.reason},
        )
