"""Which agency may see which merchant. In SQL the same is `orgs_link_live(merchant, agency)` (migration 0003)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q

from ringround.infra import clock
from ringround.kernel.errors import NotFound
from ringround.orgs import rules
from ringround.orgs.actor import Actor
from ringround.orgs.models import AgencyLink, Organisation
from ringround.orgs.permissions import require

LIVE = Q(claimed_at__isnull=False, revoked_at__isnull=True)


@dataclass(frozen=True, slots=True)
class Link:
    """A link as either side sees it; `other` is the organisation on the other side, None until it is claimed."""

    id: UUID
    state: str
    merchant_id: UUID
    agency_id: UUID | None
    other: str | None
    created_at: datetime
    expires_at: datetime
    claimed_at: datetime | None
    revoked_at: datetime | None


def link_is_live(*, merchant_id: UUID, agency_id: UUID) -> bool:
    """Whether the agency may work for the merchant now: by a live link, as its manager, or as the same (in-house)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT orgs_link_live(%s, %s)", [merchant_id, agency_id])
        return bool(cursor.fetchone()[0])


def workers_of(*, merchant_id: UUID) -> set[UUID]:
    """The organisations whose people may work for the merchant now: itself, agencies by a live link, its manager."""
    linked = AgencyLink.objects.filter(LIVE, merchant=merchant_id, agency__isnull=False)
    managed = Organisation.objects.filter(id=merchant_id, managed_by__isnull=False, closing_at__isnull=True)
    return {
        merchant_id,
        *linked.values_list("agency_id", flat=True),
        *managed.values_list("managed_by_id", flat=True),
    }


def visible_merchants(*, actor: Actor) -> list[Organisation]:
    """The merchants whose campaigns the actor's organisation may be part of, its own first, then by name."""
    own = actor.organisation
    linked = AgencyLink.objects.filter(LIVE, agency=own).values("merchant_id")
    others = (
        Organisation.objects.filter(Q(id__in=linked) | Q(managed_by=own, closing_at__isnull=True))
        .exclude(id=own.id)
        .order_by("name", "id")
    )
    return ([own] if own.kind == Organisation.Kind.MERCHANT else []) + list(others)


def linked_agencies(*, actor: Actor) -> list[Organisation]:
    """The agencies that may be given a campaign of the actor's organisation, by name."""
    others = workers_of(merchant_id=actor.org_id) - {actor.org_id}
    return list(Organisation.objects.filter(id__in=others).order_by("name", "id"))


def link_list(*, actor: Actor, after: tuple[datetime, UUID] | None = None, size: int = 50) -> list[Link]:
    """The links of the actor's organisation from either side, newest first."""
    require(actor, "orgs.links.read")
    rows = AgencyLink.objects.filter(Q(merchant=actor.organisation) | Q(agency=actor.organisation))
    if after is not None:
        rows = rows.filter(Q(created_at__lt=after[0]) | Q(created_at=after[0], id__lt=after[1]))
    now = clock.real_now()
    return [
        _link(row, actor, now)
        for row in rows.select_related("merchant", "agency").order_by("-created_at", "-id")[:size]
    ]


def link_get(*, actor: Actor, link_id: UUID) -> Link:
    """One link of the actor's organisation, from either side; NotFound."""
    own = Q(merchant=actor.organisation) | Q(agency=actor.organisation)
    row = AgencyLink.objects.filter(own, id=link_id).select_related("merchant", "agency").first()
    if row is None:
        raise NotFound("agency_link")
    require(actor, "orgs.links.read")
    return _link(row, actor, clock.real_now())


def _link(row: AgencyLink, actor: Actor, now: datetime) -> Link:
    other = row.agency if row.merchant_id == actor.org_id else row.merchant
    return Link(
        id=row.id,
        state=rules.link_state(
            claimed_at=row.claimed_at, revoked_at=row.revoked_at, expires_at=row.expires_at, now=now
        ),
        merchant_id=row.merchant_id,
        agency_id=row.agency_id,
        other=other.name if other is not None else None,
        created_at=row.created_at,
        expires_at=row.expires_at,
        claimed_at=row.claimed_at,
        revoked_at=row.revoked_at,
    )
