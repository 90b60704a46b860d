"""The audit log: appended in the transaction, sealed into a hash chain by the relay, checked by `doctor --audit`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from ringround.infra import clock, sql, unit
from ringround.infra.models import Audit, AuditPending
from ringround.kernel.ids import new_id

BATCH = 1000
MOST_PENDING = 500


class Doer(Protocol):
    """Who did it, as the audit needs to know: `orgs.actor.Actor` is one."""

    @property
    def audit_type(self) -> str: ...
    @property
    def audit_id(self) -> UUID | None: ...
    @property
    def home_id(self) -> UUID | None:
        """The organisation it was done from; `org_id` of a row is the one it was done in."""


def write(
    *,
    actor: Doer,
    action: str,
    org_id: UUID | None,
    subject_type: str,
    subject_id: UUID | None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Append one row. `data` carries ids, states and counts, never personal values."""
    write_all(actor=actor, action=action, org_id=org_id, subject_type=subject_type, subject_ids=[subject_id], data=data)


def write_all(
    *,
    actor: Doer,
    action: str,
    org_id: UUID | None,
    subject_type: str,
    subject_ids: Iterable[UUID | None],
    data: Mapping[str, Any] | None = None,
) -> None:
    """Append one row for each of many of which the same is true; those of one unit of work go in one statement, at its
    end."""
    at, told = clock.now(), json.dumps(dict(data or {}))
    rows = [
        (new_id(), at, org_id, actor.audit_type, actor.audit_id, actor.home_id, action, subject_type, one, told)
        for one in subject_ids
    ]
    if rows:
        unit.later(_append, rows)


def _append(rows: list[Any]) -> None:
    columns = (list(column) for column in zip(*rows, strict=True))
    sql.later("infra", "audit_add", **dict(zip(_LISTS, columns, strict=True)))


_LISTS = (
    "ids",
    "times",
    "orgs",
    "actor_types",
    "actors",
    "acting_orgs",
    "actions",
    "subject_types",
    "subjects",
    "data",
)
_COLUMNS = (
    "id",
    "at",
    "org_id",
    "actor_type",
    "actor_id",
    "acting_org_id",
    "action",
    "subject_type",
    "subject_id",
    "data",
)


def _seal(previous: bytes, seq: int, row: tuple[Any, ...]) -> bytes:
    """The hash of a row: over the hash before it, its number and its content in one canonical writing."""
    content = [
        value.isoformat()
        if hasattr(value, "isoformat")
        else value
        if isinstance(value, dict)
        else None
        if value is None
        else str(value)
        for value in row
    ]
    text = json.dumps([seq, content], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(previous + text.encode()).digest()


def seal_pending() -> int:
    """Move one batch of pending rows into the chain; how many. One sealer at a time: the head row is locked."""
    columns = ", ".join(_COLUMNS)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO infra_audit_head (id, seq, hash) VALUES (1, 0, '') ON CONFLICT DO NOTHING")
        cursor.execute("SELECT seq, hash FROM infra_audit_head WHERE id = 1 FOR UPDATE")
        seq, head = cursor.fetchone()
        head = bytes(head)
        cursor.execute(f"SELECT {columns} FROM infra_audit_pending ORDER BY id LIMIT {BATCH} FOR UPDATE SKIP LOCKED")  # noqa: S608
        pending = cursor.fetchall()
        if not pending:
            return 0
        sealed = []
        for row in pending:
            seq += 1
            row = _plain(row)
            head = _seal(head, seq, row)
            sealed.append((*row[:-1], json.dumps(row[-1]), seq, head))
        lists = (list(column) for column in zip(*sealed, strict=True))
        sql.later("infra", "audit_seal", **dict(zip((*_LISTS, "seqs", "hashes"), lists, strict=True)))
        cursor.execute("DELETE FROM infra_audit_pending WHERE id = ANY(%s)", [[row[0] for row in pending]])
        cursor.execute("UPDATE infra_audit_head SET seq = %s, hash = %s WHERE id = 1", [seq, head])
        return len(pending)


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row as it reads back from the database: the JSON parsed whatever the cursor gave."""
    data = row[-1]
    return (*row[:-1], json.loads(data) if isinstance(data, str) else data)


@dataclass(frozen=True, slots=True)
class ChainFault:
    seq: int
    problem: str


def verify(batch: int = 5000) -> tuple[int, list[ChainFault]]:
    """Walk the whole chain; how many rows it has and the first fault, if any.

    Nothing is locked and no snapshot is kept: the sealer, and with it the relay, would wait for the walk to end. Rows
    up to the head never change, so the head is looked at once, together with the last row, and walked to.
    """
    columns = ", ".join(_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT head.seq, head.hash, (SELECT max(seq) FROM infra_audit)"
            " FROM (SELECT 1) one LEFT JOIN infra_audit_head head ON head.id = 1"
        )
        head_seq, head_hash, highest = cursor.fetchone()
        last_seq, last_hash = head_seq or 0, bytes(head_hash or b"")
        expected, head = 0, b""
        while expected < last_seq:
            cursor.execute(
                f"SELECT seq, {columns}, hash FROM infra_audit WHERE seq > %s AND seq <= %s ORDER BY seq LIMIT %s",  # noqa: S608
                [expected, last_seq, batch],
            )
            rows = cursor.fetchall()
            if not rows:
                break
            for seq, *content, digest in rows:
                expected += 1
                if seq != expected:
                    return expected - 1, [ChainFault(expected, "missing")]
                head = _seal(head, seq, _plain(tuple(content)))
                if head != bytes(digest):
                    return expected - 1, [ChainFault(seq, "altered")]
    if expected != last_seq or head != last_hash or (highest or 0) != last_seq:
        return expected, [ChainFault(expected + 1, "cut_off")]
    return expected, []


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as it is shown; `seq` is None while it waits to be sealed."""

    seq: int | None
    id: UUID
    at: datetime
    org_id: UUID | None
    actor_type: str
    actor_id: UUID | None
    acting_org_id: UUID | None
    action: str
    subject_type: str
    subject_id: UUID | None
    data: dict[str, Any]


def read(
    *,
    org_id: UUID,
    actions: Collection[str] | None = None,
    prefix: str = "",
    actor_id: UUID | None = None,
    subject_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    size: int = 50,
) -> list[Entry]:
    """An organisation's rows, newest first. `before` is the `seq` of the last one seen.

    What is not sealed yet stands above the first page's `size` sealed ones: the sealer is seconds behind, so it is
    little, and a cursor cannot say "after a row without a number".
    """
    wanted = Q(org_id=org_id)
    if actions is not None:
        wanted &= Q(action__in=actions)
    if prefix:
        wanted &= Q(action__startswith=prefix)
    if actor_id is not None:
        wanted &= Q(actor_id=actor_id)
    if subject_id is not None:
        wanted &= Q(subject_id=subject_id)
    if since is not None:
        wanted &= Q(at__gte=since)
    if until is not None:
        wanted &= Q(at__lt=until)
    names = (
        "id",
        "at",
        "org_id",
        "actor_type",
        "actor_id",
        "acting_org_id",
        "action",
        "subject_type",
        "subject_id",
        "data",
    )
    found: list[Entry] = []
    if before is None:
        # Read before the sealed ones: a row sealed in between is then seen twice rather than never.
        pending = AuditPending.objects.filter(wanted).order_by("-id").values_list(*names)[:MOST_PENDING]
        found = [Entry(None, *row) for row in pending]
    sealed = Audit.objects.filter(wanted & (Q(seq__lt=before) if before is not None else Q()))
    rest = [Entry(*row) for row in sealed.order_by("-seq").values_list("seq", *names)[:size]]
    # As a sealed one: a page with `size` of those has one after it.
    known = {entry.id for entry in rest}
    return [entry for entry in found if entry.id not in known] + rest
