"""API tokens: made by the user they act as, shown once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from ringround.infra import audit, clock
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.kernel.ids import hash_token, new_token
from ringround.kernel.messages import N_
from ringround.orgs import rules
from ringround.orgs.actions._common import clean_name, still_acting
from ringround.orgs.actor import Actor
from ringround.orgs.models import ApiToken
from ringround.orgs.permissions import allows, apart, require
from ringround.orgs.queries.tokens import scope_names

MAX_DAYS = 3650


@transaction.atomic
def token_create(
    *, actor: Actor, name: str, scopes: Sequence[str] = ("*",), days: int | None = None
) -> tuple[ApiToken, str]:
    """A token that acts as the actor's user in the actor's own organisation, with at most the actor's scopes.

    `days` of life, None for no end. The token itself is given here and never again.
    """
    require(actor, "orgs.tokens.own")
    if actor.user is None:
        raise Forbidden("orgs.tokens.own")
    wanted = list(dict.fromkeys(scopes))
    faults = rules.scope_faults(wanted, known=scope_names(), own=actor.scopes, apart=apart())
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise Invalid.one("days", "out_of_range", N_("This is out of range."))
    if faults:
        raise Invalid(faults)
    now = clock.real_now()
    raw = new_token("rrt")
    token = ApiToken.objects.create(
        organisation=actor.home or actor.organisation,
        user=actor.user,
        name=clean_name(name),
        token_hash=hash_token(raw),
        scopes=wanted,
        created_at=now,
        expires_at=now + timedelta(days=days) if days is not None else None,
    )
    _write(actor, "orgs.token.created", token)
    return token, raw


@transaction.atomic
def token_revoke(*, actor: Actor, token_id: UUID) -> ApiToken:
    """End a token at once: one's own, or as an owner anyone's."""
    found = ApiToken.objects.select_for_update().filter(organisation=actor.home or actor.organisation, id=token_id)
    if not allows(actor, "orgs.tokens.all"):
        found = found.filter(user=actor.user)
    token = found.first()
    if token is None or (actor.user is None and actor.via != "system"):
        raise NotFound("token")
    require(actor, "orgs.tokens.own")
    if token.revoked_at is not None:
        raise Conflict("already_revoked", N_("This has been revoked already."), allowed=["live", "expired"])
    token.revoked_at = clock.real_now()
    token.save(update_fields=["revoked_at"])
    _write(actor, "orgs.token.revoked", token)
    return token


@transaction.atomic
def system_token_create(*, actor: Actor, system_id: UUID, name: str) -> str:
    """The token of an external system, which an upper room keeps and has asked permission for. It belongs to nobody and
    has no role: it may do only what is there for systems."""
    still_acting(actor=actor)
    raw = new_token("rrs")
    token = ApiToken.objects.create(
        organisation=actor.organisation,
        system_id=system_id,
        name=clean_name(name),
        token_hash=hash_token(raw),
        scopes=["*"],
        created_at=clock.real_now(),
    )
    _write(actor, "orgs.token.created", token)
    return raw


@transaction.atomic
def system_tokens_revoke(*, actor: Actor, system_id: UUID) -> None:
    """End every token of an external system at once."""
    live = ApiToken.objects.select_for_update().filter(
        organisation=actor.organisation, system_id=system_id, revoked_at=None
    )
    for token in live.order_by("id"):
        token.revoked_at = clock.real_now()
        token.save(update_fields=["revoked_at"])
        _write(actor, "orgs.token.revoked", token)


def _write(actor: Actor, action: str, token: ApiToken) -> None:
    audit.write(
        actor=actor,
        action=action,
        org_id=token.organisation_id,
        subject_type="token",
        subject_id=token.id,
        data={"scopes": token.scopes, "user": str(token.user_id) if token.user_id else None},
    )
