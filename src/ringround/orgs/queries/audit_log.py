"""The audit log as an owner reads it: who did what to what, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.infra import audit
from ringround.kernel import cursors
from ringround.kernel.ids import parse_id
from ringround.orgs import audit_words
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`who` and `subject` are names where they are known; `via` is the organisation acted from, when another."""

    id: UUID
    at: datetime
    who: str
    via: str
    action: str
    text: str
    subject_type: str
    subject_id: UUID | None
    subject: str
    details: tuple[tuple[str, str], ...]
    sealed: bool


@dataclass(frozen=True, slots=True)
class AuditPage:
    lines: list[AuditLine]
    next: str | None


def audit_page(
    *,
    actor: Actor,
    prefix: str = "",
    user_id: UUID | None = None,
    subject_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    size: int = 50,
) -> AuditPage:
    """One page of the actor's organisation's log, newest first. `prefix` begins the action: a room or an action."""
    require(actor, "orgs.audit.read")
    rows = audit.read(
        org_id=actor.org_id,
        prefix=prefix,
        actor_id=user_id,
        subject_id=subject_id,
        since=since,
        until=until,
        before=cursors.decode_seq(after) if after else None,
        size=size + 1,
    )
    more = sum(row.seq is not None for row in rows) > size
    rows = rows[:-1] if more else rows
    last = rows[-1].seq if rows else None
    # Who did it, on what, and whatever ids stand in the details; the details do not say of what kind they are.
    subjects: dict[str, set[UUID]] = {"user": set(), "organisation": set()}
    for row in rows:
        inside = set(_ids(row.data))
        subjects["user"] |= inside | ({row.actor_id} if row.actor_id is not None else set())
        subjects["organisation"] |= inside | ({row.acting_org_id} if row.acting_org_id is not None else set())
        if row.subject_id is not None:
            subjects.setdefault(row.subject_type, set()).add(row.subject_id)
    names = audit_words.names(subjects)
    lines = [_line(row, actor, names) for row in rows]
    return AuditPage(lines, cursors.encode_seq(last) if more and last is not None else None)


def _ids(data: Mapping[str, Any]) -> Iterator[UUID]:
    """The ids that stand in a row's data, at its first level."""
    for value in data.values():
        for one in value if isinstance(value, list) else (value,):
            found = parse_id(one)
            if found is not None:
                yield found


def _line(row: audit.Entry, actor: Actor, names: Mapping[UUID, str]) -> AuditLine:
    foreign = row.acting_org_id is not None and row.acting_org_id != actor.org_id
    return AuditLine(
        id=row.id,
        at=row.at,
        who=_name(row.actor_id, names) or str(audit_words.doer(row.actor_type)),
        via=_name(row.acting_org_id, names) if foreign else "",
        action=row.action,
        text=str(audit_words.text(row.action)),
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        # The end of an id tells one from another; its beginning is the time.
        subject=_name(row.subject_id, names) or str(row.subject_id or "")[-8:],
        details=tuple(
            (str(audit_words.key(key)), audit_words.detail(value, names))
            for key, value in sorted(row.data.items())
            if value not in (None, "", [], {})
        ),
        sealed=row.seq is not None,
    )


def _name(id: UUID | None, names: Mapping[UUID, str]) -> str:
    return names.get(id, "") if id is not None else ""
