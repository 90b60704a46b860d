"""What journeys have to tell a person. It is theirs alone, while their organisation works for the journey's."""

from __future__ import annotations

from uuid import UUID

from django.db.models import BooleanField, F, Func, QuerySet, Value

from ringround.journeys.models import Notice
from ringround.journeys.queries.paging import newest_first
from ringround.kernel.errors import NotFound
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

# More are not counted: nobody reads the difference.
MOST_COUNTED = 100


def notices_of(actor: Actor) -> QuerySet[Notice]:
    """Those of the actor's own that they may read; none for a program that is nobody."""
    live = Func(F("organisation_id"), Value(actor.org_id), function="orgs_link_live", output_field=BooleanField())
    return Notice.objects.filter(live, user=actor.user_id)


def notice_list(
    *, actor: Actor, seen: bool | None = None, size: int = 50, after: UUID | None = None
) -> tuple[list[Notice], UUID | None]:
    """The newest first, and the cursor of the next page; `seen`: only those, or only the others."""
    require(actor, "journeys.notices")
    found = notices_of(actor).select_related("journey")
    if seen is not None:
        found = found.filter(seen_at__isnull=not seen)
    return newest_first(found, size=size, after=after)


def notices_seen_last(*, actor: Actor, size: int) -> tuple[list[Notice], bool]:
    """What was seen last first, and whether there is more."""
    require(actor, "journeys.notices")
    found = notices_of(actor).filter(seen_at__isnull=False).select_related("journey").order_by("-seen_at", "-id")
    rows = list(found[: size + 1])
    return rows[:size], len(rows) > size


def notice_get(*, actor: Actor, notice_id: UUID) -> Notice:
    """One of the actor's own; 404 otherwise."""
    require(actor, "journeys.notices")
    found = notices_of(actor).filter(id=notice_id).first()
    if found is None:
        raise NotFound("notice")
    return found


def notices_waiting(*, actor: Actor) -> int:
    """How many the actor has not seen yet; at most `MOST_COUNTED`."""
    require(actor, "journeys.notices")
    return notices_of(actor).filter(seen_at__isnull=True)[:MOST_COUNTED].count()
