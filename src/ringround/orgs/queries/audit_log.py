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
from ringround.orgs.models import AgencyLink, ApiToken, Organisation, Team
from ringround.orgs.permissions import require
from ringround.orgs.queries.people import user_names


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
    named = {found for row in rows for found in _ids(row.data)}
    users = user_names(user_ids=[*(row.actor_id for row in rows), *(row.subject_id for row in rows), *named])
    organisations = _organisations(rows, named)
    things = _things(rows)
    lines = [_line(row, actor, users, organisations, things) for row in rows]
    return AuditPage(lines, cursors.encode_seq(last) if more and last is not None else None)


def _ids(data: Mapping[str, Any]) -> Iterator[UUID]:
    """The ids that stand in a row's data, at its first level."""
    for value in data.values():
        for one in value if isinstance(value, list) else (value,):
            found = parse_id(one)
            if found is not None:
                yield found


def _organisations(rows: list[audit.Entry], named: set[UUID]) -> dict[UUID, str]:
    ids = {row.acting_org_id for row in rows} | {row.subject_id for row in rows if row.subject_type == "organisation"}
    ids |= named
    found = Organisation.objects.filter(id__in=[one for one in ids if one is not None])
    return dict(found.values_list("id", "name"))


def _things(rows: list[audit.Entry]) -> dict[UUID, str]:
    """Names of this room's own subjects that are neither users nor organisations."""
    names: dict[UUID, str] = {}
    by_type: dict[str, set[UUID]] = {}
    for row in rows:
        if row.subject_id is not None:
            by_type.setdefault(row.subject_type, set()).add(row.subject_id)
    if ids := by_type.get("team"):
        names |= dict(Team.objects.filter(id__in=ids).values_list("id", "name"))
    if ids := by_type.get("token"):
        names |= dict(ApiToken.objects.filter(id__in=ids).values_list("id", "name"))
    if ids := by_type.get("agency_link"):
        links = AgencyLink.objects.filter(id__in=ids, agency__isnull=False)
        names |= {
            one: f"{merchant} – {agency}"
            for one, merchant, agency in links.values_list("id", "merchant__name", "agency__name")
        }
    return names


def _line(
    row: audit.Entry,
    actor: Actor,
    users: Mapping[UUID, str],
    organisations: Mapping[UUID, str],
    things: Mapping[UUID, str],
) -> AuditLine:
    who = users.get(row.actor_id, "") if row.actor_id is not None else ""
    subject = ""
    if row.subject_id is not None:
        subject = users.get(row.subject_id) or organisations.get(row.subject_id) or things.get(row.subject_id, "")
    names = {**things, **organisations, **users}
    foreign = row.acting_org_id is not None and row.acting_org_id != actor.org_id
    return AuditLine(
        id=row.id,
        at=row.at,
        who=who or str(audit_words.doer(row.actor_type)),
        via=organisations.get(row.acting_org_id, "") if foreign and row.acting_org_id is not None else "",
        action=row.action,
        text=str(audit_words.text(row.action)),
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        subject=subject or (str(row.subject_id)[-8:] if row.subject_id is not None else ""),
        details=tuple(
            (str(audit_words.key(key)), audit_words.detail(value, names))
            for key, value in sorted(row.data.items())
            if value is not None
        ),
        sealed=row.seq is not None,
    )
