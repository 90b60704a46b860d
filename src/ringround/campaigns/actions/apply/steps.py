"""The steps of `leads_apply`, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.campaigns.rules.lead import CLOSED
from ringround.kernel.errors import RingroundError
from ringround.kernel.text import clean

LONGEST_NOTE = 5_000
# What waits until the call on the lead has ended and its agent has said what came of it.
AFTER_CALL = frozenset(
    {
        "reset", "deactivate", "activate", "close", "set_status", "next_contact", "fast_forward", "assign", "release",
        "snooze", "move",
    }
)  # fmt: skip
PLACING = frozenset({"add", "move"})
OF_CONTACT = frozenset({"suppress", "contact_field"})
ACTIONS = AFTER_CALL | PLACING | OF_CONTACT | {"set_field", "priority", "urgent", "note"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadStep:
    """One thing to do to one lead. `key` comes back with what became of it.

    `params` by action: close, set_status `status` · next_contact `at`, `earliest` · assign `user` · set_field `key`,
    `value` · contact_field `field`, `value` · priority `value` · urgent `value` · note `text`, `console` · snooze
    `until` · suppress `channel`, `scope` ("organisation" or "campaign") · add, move `campaign`, `next_contact_at` or
    `days`, `duplicate` (skip, update, reset).
    """

    key: str
    lead_id: UUID
    action: str
    params: Mapping[str, Any] = field(default_factory=dict)
    # Whose leads it may touch.
    org_id: UUID
    # What is told on the lead's timeline: who does it, and the row it refers to.
    by: str = ""
    ref: tuple[str, UUID] | None = None
    cause: Mapping[str, Any] | None = None
    # The status that the step was meant for: another one by now, and it is skipped.
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Stepped:
    """What became of a step: ok, skipped, failed, or later (not before `again_at`). `lead_id`: one that was made."""

    key: str
    outcome: str
    reason: str = ""
    again_at: datetime | None = None
    lead_id: UUID | None = None


class Refused(RingroundError):
    """A step that this lead refuses; nothing of it stays."""

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


def opens(step: LeadStep, row: Mapping[str, Any]) -> bool:
    """Whether the step needs the contact to be there still."""
    return step.action == "reset" or (step.action == "set_status" and row["status"] in CLOSED)


def note_of(step: LeadStep) -> str:
    return clean(str(step.params["text"]), lines=True)[:LONGEST_NOTE]


def shown_of(step: LeadStep) -> dict[str, Any]:
    """A note is news to whoever gets the lead, unless it is for its history alone."""
    return {} if step.params.get("console", True) else {"console": False}


def told_of(step: LeadStep) -> dict[str, Any]:
    """What the line on the timeline says: the names of people and campaigns are found when it is read."""
    told: dict[str, Any] = {"by": step.by}
    for name in ("status", "at", "until"):
        if (value := step.params.get(name)) is not None:
            told[name] = value.isoformat() if isinstance(value, datetime) else value
    return told
