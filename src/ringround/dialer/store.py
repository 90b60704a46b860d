"""An agent's row, locked, changed and written: one statement each, whatever was changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

from ringround.dialer import events
from ringround.dialer.rules import presence as rules
from ringround.infra import clock, sql
from ringround.kernel.ids import new_id


@dataclass(slots=True, kw_only=True)
class AgentRow:
    """The columns of `models.Presence`, of a row that this transaction has locked."""

    id: UUID
    user_id: UUID
    organisation_id: UUID
    campaign_id: UUID | None
    merchant_id: UUID | None
    mode: str
    state: str
    since: datetime
    pause_reason: str
    pause_wanted: bool
    wrap_until: datetime | None
    back_to: str
    seen_at: datetime | None
    visiting: bool
    home_id: UUID | None
    event_no: int
    # As it was read, and the stretches of the log that were begun since.
    _before: tuple[Any, ...] = field(default=(), repr=False)
    _was_since: datetime | None = field(default=None, repr=False)
    _stretches: list[tuple[UUID, UUID | None, str, str, datetime]] = field(default_factory=list, repr=False)

    def move(self, to: rules.State, *, again: bool = False) -> None:
        """Change the state: close the stretch that runs, begin the next (`again`: anyway), tell.

        Conflict `wrong_state` when no single move of the table leads there.
        """
        before = rules.State(self.state)
        if to is before and not again:
            return
        if to is not before:
            rules.check_step(before, to)
        now = max(clock.now(), self.since)
        self.state, self.since = to.value, now
        reason = self.pause_reason if to is rules.State.PAUSED else ""
        self._stretches.append((self.organisation_id, self.campaign_id, to.value, reason, now))
        events.changed(self, before=before.value, campaign_id=self.campaign_id, at=now)

    def save(self) -> None:
        """Write what was changed, if anything was."""
        values = self._values()
        if values == self._before and not self._stretches:
            return
        begans = [one[4] for one in self._stretches]
        begun = [
            dict(zip(_STRETCH, (new_id(), *one, ended), strict=True))
            for one, ended in zip_longest(self._stretches, begans[1:])
            if one[2] != rules.State.OFFLINE.value
        ]
        for one in begun[:-1]:
            sql.later("dialer", "presence_log_add", user_id=self.user_id, **one)
        sql.later(
            "dialer",
            "presence_write",
            **dict(zip(_COLUMNS, values, strict=True)),
            **(begun[-1] if begun else dict.fromkeys(_STRETCH)),
            closed_at=begans[0] if begans else None,
            was_since=self._was_since,
        )
        self._before, self._was_since = values, self.since
        self._stretches = []

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in _COLUMNS)


_STRETCH = ("log_id", "log_org", "log_campaign", "log_state", "log_reason", "log_began", "log_ended")
_COLUMNS = tuple(one.name for one in fields(AgentRow) if not one.name.startswith("_"))


def lock(*, user_id: UUID) -> AgentRow | None:
    """The agent's row, locked; None before their first join."""
    row = sql.row("dialer", "presence_lock", user=user_id)
    return _locked(row) if row is not None else None


def _locked(row: Mapping[str, Any]) -> AgentRow:
    found = AgentRow(**row)
    found._before, found._was_since = found._values(), found.since
    return found


# Agents who have a row: one never goes without its agent.
_there: set[UUID] = set()
_MOST_THERE = 10_000


def lock_soon(*, user_id: UUID, organisation_id: UUID) -> Callable[[], AgentRow]:
    """As `lock_or_make`, in one letter with what is asked next. Whose row may have to be made first, has it made now:
    the agent's row is locked before a lead's."""
    if user_id not in _there:
        there = lock(user_id=user_id)
        if there is not None:
            # One that is made here may be taken back with its transaction.
            if len(_there) >= _MOST_THERE:
                _there.clear()
            _there.add(user_id)
        found = there or lock_or_make(user_id=user_id, organisation_id=organisation_id)
        return lambda: found
    asked = sql.soon("dialer", "presence_lock", user=user_id)

    def locked() -> AgentRow:
        row = asked.row()
        return _locked(row) if row is not None else lock_or_make(user_id=user_id, organisation_id=organisation_id)

    return locked


def lock_or_make(*, user_id: UUID, organisation_id: UUID) -> AgentRow:
    """The agent's row, locked; made at their first join."""
    found = lock(user_id=user_id)
    if found is None:
        sql.run("dialer", "presence_make", id=new_id(), user=user_id, org=organisation_id, now=clock.now())
        found = lock(user_id=user_id)
    assert found is not None
    return found
