"""Filters of the list of leads that somebody has kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from ringround.campaigns.models import SavedFilter
from ringround.kernel.errors import NotFound
from ringround.kernel.text import sort_key
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows, require


def _visible(actor: Actor) -> QuerySet[SavedFilter]:
    """One's own, and what others of the organisation share."""
    return SavedFilter.objects.select_related("user").filter(
        Q(user=actor.user_id) | Q(shared=True), organisation=actor.org_id
    )


def saved_filters(*, actor: Actor) -> list[SavedFilter]:
    """Those that the actor sees, by name."""
    require(actor, "campaigns.overview")
    return sorted(_visible(actor), key=lambda one: (sort_key(one.name), one.id))


def saved_filter_get(*, actor: Actor, saved_id: UUID) -> SavedFilter:
    """One that the actor sees; NotFound."""
    found = _visible(actor).filter(id=saved_id).first()
    if found is None:
        raise NotFound("saved_filter")
    require(actor, "campaigns.overview")
    return found


def may_drop(actor: Actor, saved: SavedFilter) -> bool:
    """Its maker, and of those that are shared whoever runs the day: its maker may have left."""
    return saved.user_id == actor.user_id or (saved.shared and allows(actor, "campaigns.leads.change"))


def saved_filter_json(saved: SavedFilter) -> dict[str, Any]:
    """The API's shape."""
    return {
        "id": saved.id,
        "name": saved.name,
        "query": saved.query,
        "shared": saved.shared,
        "user": saved.user_id,
        "created_at": saved.created_at,
    }
