"""How far a change of many leads has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from ringround.campaigns.models import BulkChange
from ringround.kernel.errors import NotFound
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require


@dataclass(frozen=True, slots=True)
class Bulk:
    """`state` is `running`, `done` or `failed`. `refused` counts the leads that were left out, by the code of why.

    `id` is that of the job's row (`bulk_get`), None where all was done at once.
    """

    state: str
    total: int
    count: int
    refused: Mapping[str, int] = field(default_factory=dict)
    id: UUID | None = None
    at: int = 0


def told(row: BulkChange) -> Bulk:
    return Bulk(str(row.state), row.total, row.count, row.refused, row.id, row.at)


def bulk_get(*, actor: Actor, bulk_id: UUID) -> Bulk:
    """One that the actor's organisation has asked for."""
    require(actor, "campaigns.leads.change")
    row = BulkChange.objects.defer("leads").filter(id=bulk_id, organisation=actor.org_id).first()
    if row is None:
        raise NotFound("bulk_change")
    return told(row)
