"""API tokens as their owners see them: never the token itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ringround.infra import clock
from ringround.orgs import permissions, rules
from ringround.orgs.actor import Actor
from ringround.orgs.models import ApiToken


@dataclass(frozen=True, slots=True)
class TokenRow:
    """`who` is the name of the user it acts as, empty for an external system's."""

    id: UUID
    name: str
    who: str
    mine: bool
    scopes: tuple[str, ...]
    state: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def scope_names() -> frozenset[str]:
    """What a scope may be besides `*`: each room that declares permissions, and each permission."""
    table = permissions.table()
    return frozenset(table) | {name.split(".", 1)[0] for name in table}


def token_list(*, actor: Actor) -> list[TokenRow]:
    """The actor's own tokens in this organisation, an owner's view of all; live ones first, then newest."""
    permissions.require(actor, "orgs.tokens.own")
    rows = ApiToken.objects.filter(organisation=actor.home or actor.organisation).select_related("user")
    if not permissions.allows(actor, "orgs.tokens.all"):
        rows = rows.filter(user=actor.user)
    now = clock.real_now()
    found = [
        TokenRow(
            id=row.id,
            name=row.name,
            who=str(row.user) if row.user is not None else "",
            mine=row.user_id is not None and row.user_id == actor.user_id,
            scopes=tuple(row.scopes),
            state=rules.token_state(revoked_at=row.revoked_at, expires_at=row.expires_at, now=now),
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
        )
        for row in rows.order_by("-created_at", "-id")
    ]
    return sorted(found, key=lambda one: one.state != "live")
