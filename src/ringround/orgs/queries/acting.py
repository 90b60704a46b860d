"""Who is asking, by session or token, and for which organisation. Tokens and sign-ins live on real time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any, TypeVar
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, Q, QuerySet
from django.db.models.base import ModelState
from django.utils.crypto import constant_time_compare

from ringround.infra import clock, sql
from ringround.kernel.errors import Forbidden, NotFound
from ringround.kernel.ids import hash_token, parse_id
from ringround.orgs import rules
from ringround.orgs.actor import Actor, system
from ringround.orgs.models import ApiToken, Membership, Organisation, User
from ringround.orgs.permissions import allows, role_has

M = TypeVar("M", bound=Model)

# Where a session keeps the organisation its user works for.
SESSION_ORGANISATION = "acting_organisation"
# Who may act for the clients of their agency.
ACT = "orgs.clients.act"


@dataclass(frozen=True, slots=True)
class Choice:
    """An organisation the user may work for; `home` is the agency when it is a managed merchant."""

    organisation: Organisation
    home: Organisation
    role: str


def _memberships(user_id: UUID) -> QuerySet[Membership]:
    found = Membership.objects.filter(user=user_id, active=True)
    return found.select_related("organisation").order_by("created_at", "id")


def choices(*, user: User) -> list[Choice]:
    """Every organisation the user may work for: their own, and the merchants their agencies manage."""
    memberships = list(_memberships(user.id))
    found = [Choice(one.organisation, one.organisation, one.role) for one in memberships]
    homes = {one.organisation_id: one for one in memberships if role_has(one.role, ACT)}
    managed = Organisation.objects.filter(managed_by__in=homes, closing_at__isnull=True).order_by("name", "id")
    for merchant in managed:
        assert merchant.managed_by_id is not None
        home = homes[merchant.managed_by_id]
        found.append(Choice(merchant, home.organisation, home.role))
    return found


def user_signed_in(*, user_id: UUID) -> User | None:
    """The user of a session, read in one statement with what every request of theirs needs next."""
    memberships = list(_memberships(user_id).select_related("user"))
    if not memberships:
        return User.objects.filter(id=user_id).first()
    user = memberships[0].user
    user.read_memberships = memberships
    return user


def actor_for_session(*, user: User | AnonymousUser | None, org_id: UUID | None = None) -> Actor | None:
    """The signed-in user in the organisation they chose, else in their first; None without an active membership.

    A choice that no longer holds (the membership ended, the merchant is managed no more) falls back to the first.
    """
    if user is None or not user.is_authenticated or not user.is_active:
        return None
    assert isinstance(user, User)
    memberships = user.read_memberships
    if memberships is None:
        memberships = list(_memberships(user.id))
    if not memberships:
        return None
    chosen, organisation = memberships[0], memberships[0].organisation
    for one in memberships:
        if one.organisation_id == org_id:
            chosen, organisation = one, one.organisation
            break
    else:
        merchant = Organisation.objects.filter(id=org_id).first() if org_id is not None else None
        home = _manager_of(merchant, memberships)
        if merchant is not None and home is not None:
            chosen, organisation = home, merchant
    needs_mfa = organisation.mfa_required or any(one.organisation.mfa_required for one in memberships)
    return Actor(
        user=user,
        organisation=organisation,
        home=chosen.organisation,
        role=chosen.role,
        via="session",
        # Asked only where it matters: one query less on every other request.
        mfa_missing=needs_mfa and not _has_authenticator(user),
    )


def _manager_of(merchant: Organisation | None, memberships: Iterable[Membership]) -> Membership | None:
    if merchant is None or merchant.managed_by_id is None or merchant.closing_at is not None:
        return None
    of = merchant.managed_by_id
    return next((one for one in memberships if one.organisation_id == of and role_has(one.role, ACT)), None)


def _has_authenticator(user: User) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.id, type=Authenticator.Type.TOTP).exists())


def mfa_asked(*, user: User) -> bool:
    """Whether an organisation of the user asks for a second factor, or a merchant that one of them manages."""
    return any(one.organisation.mfa_required for one in choices(user=user))


def actor_for_session_key(*, session_key: str) -> Actor | None:
    """The actor of a session by its cookie's value: for what runs outside Django's middleware (the live stream).

    None for a session that ended, whose password was changed since, or that lacks a second factor it must have.
    """
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user_id = parse_id(store.get(SESSION_KEY))
    if user_id is None or store.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = user_signed_in(user_id=user_id)
    if user is None or not user.is_active:
        return None
    kept = store.get(HASH_SESSION_KEY, "")
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    if not any(constant_time_compare(kept, known) for known in hashes):
        return None
    actor = actor_for_session(user=user, org_id=parse_id(store.get(SESSION_ORGANISATION)))
    return None if actor is None or actor.mfa_missing else actor


def actor_for_token(*, raw: str, acting_for_id: UUID | None = None) -> Actor | None:
    """The actor of an API token; None when it is unknown, revoked, expired, or its user may do nothing here.

    `acting_for_id` is the merchant of the header `Ringround-Acting-For`: NotFound unless the token's organisation
    manages it, Forbidden for a role that acts for nobody.
    """
    token, role = _token(raw)
    now = clock.real_now()
    if token is None or rules.token_state(revoked_at=token.revoked_at, expires_at=token.expires_at, now=now) != "live":
        return None
    if token.user is not None and (not token.user.is_active or role is None):
        return None
    if token.user is None and token.system_id is None:
        return None
    organisation = token.organisation
    if acting_for_id is not None and acting_for_id != organisation.id:
        merchant = Organisation.objects.filter(
            id=acting_for_id, managed_by=organisation, closing_at__isnull=True
        ).first()
        if merchant is None:
            raise NotFound("organisation")
        # An external system has no role: it has its own few routes, and what its organisation may do there.
        if token.user is not None and role is not None and not role_has(role, ACT):
            raise Forbidden(ACT)
        organisation = merchant
    _touch(token, now)
    return Actor(
        user=token.user,
        organisation=organisation,
        home=token.organisation,
        role=role if token.user is not None and role is not None else "external_system",
        scopes=frozenset(token.scopes),
        via="token",
        token_id=token.id,
        system_id=token.system_id,
    )


def _names(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _columns(table: str, model: type[Model]) -> str:
    return ", ".join(f"{table}.{name}" for name in _names(model))


# Every call of the API begins with it, so it is written out once instead of being put together each time.
_MARK = "m.role, concat(t.xmin, t.ctid, o.xmin, o.ctid, u.xmin, u.ctid)"
_FROM = """
FROM orgs_api_token t
JOIN orgs_organisation o ON o.id = t.organisation_id
LEFT JOIN orgs_user u ON u.id = t.user_id
LEFT JOIN orgs_membership m ON m.organisation_id = t.organisation_id AND m.user_id = t.user_id AND m.active
WHERE t.token_hash = %(hash)s::text
"""
_TOKEN_MARK = sql.Statement(f"SELECT {_MARK} {_FROM}")
_TOKEN = sql.Statement(
    f"SELECT {_MARK}, {_columns('t', ApiToken)}, {_columns('o', Organisation)}, {_columns('u', User)} {_FROM}"
)
_TOKEN_MARK.prepared = _TOKEN.prepared = True


# The tokens that were last seen here, with their rows' writers and places: rows that stand where they stood, as the
# same transaction wrote them, say what they said. It spares making three objects of them for each call.
_seen: dict[str, tuple[str, tuple[ApiToken, Organisation, User | None]]] = {}
_MOST_SEEN = 5_000


def _token(raw: str) -> tuple[ApiToken | None, str | None]:
    """The token with its organisation and its user, and the user's role there."""
    hashed = hash_token(raw)
    known = _seen.get(hashed)
    rows = sql.rows_text(_TOKEN if known is None else _TOKEN_MARK, {"hash": hashed})
    if known is not None and rows and rows[0][1] != known[0]:
        known, rows = None, sql.rows_text(_TOKEN, {"hash": hashed})
    if not rows:
        return None, None
    role, mark, *values = rows[0]
    if known is None:
        made: list[Any] = []
        for model in (ApiToken, Organisation, User):
            names = _names(model)
            made.append(model.from_db(DEFAULT_DB_ALIAS, names, values[: len(names)]))
            values = values[len(names) :]
        token, organisation, user = made
        if len(_seen) >= _MOST_SEEN:
            _seen.clear()
        known = _seen[hashed] = mark, (token, organisation, user if user.pk is not None else None)
    token, organisation, user = known[1]
    token = _own(token)
    token.organisation = _own(organisation)
    token.user = _own(user) if user is not None else None
    return token, role


def _own(one: M) -> M:
    """The same row as an object of its own: what one request hangs onto it, the next must not find."""
    made = one.__class__.__new__(one.__class__)
    made.__dict__.update(one.__dict__)
    made._state = ModelState()
    made._state.adding, made._state.db = False, DEFAULT_DB_ALIAS
    return made


def _touch(token: ApiToken, now: datetime) -> None:
    # At most one write a minute, and of two requests at once only one writes.
    old = now - rules.LAST_USED_STEP
    if token.last_used_at is None or token.last_used_at < old:
        unused = Q(last_used_at__isnull=True) | Q(last_used_at__lt=old)
        ApiToken.objects.filter(unused, id=token.id).update(last_used_at=now)


def actor_for_member(*, organisation_id: UUID, user_id: UUID) -> Actor | None:
    """A member as an actor, for what is started on their behalf (the command line, background work)."""
    one = (
        Membership.objects.filter(organisation_id=organisation_id, user_id=user_id, active=True, user__is_active=True)
        .select_related("organisation", "user")
        .first()
    )
    if one is None:
        return None
    return Actor(user=one.user, organisation=one.organisation, home=one.organisation, role=one.role)


def actor_later(
    *, organisation_id: UUID, user_id: UUID | None, system_id: UUID | None, permission: str
) -> Actor | None:
    """Who asked for work that is done in the background, as they are now; the product itself where nobody is named.

    None when they would be refused today: they have left, have another role, the agency they are with manages the
    merchant no more, or the external system's tokens are revoked.
    """
    organisation = organisation_get(organisation_id=organisation_id)
    managed = organisation.managed_by_id if organisation.closing_at is None else None
    homes = [one for one in (organisation.id, managed) if one is not None]
    made: list[Actor] = []
    if user_id is not None:
        found = _memberships(user_id).filter(organisation__in=homes, user__is_active=True).select_related("user")
        who = partial(Actor, organisation=organisation, via="system")
        made = [
            who(user=one.user, role=one.role, home=one.organisation)
            for one in found
            if one.organisation_id == organisation.id or role_has(one.role, ACT)
        ]
        made.sort(key=lambda one: one.acting_for is not None)
    elif system_id is not None:
        now = clock.real_now()
        system_at = partial(Actor, user=None, role="external_system", organisation=organisation, via="system")
        for one in ApiToken.objects.filter(system_id=system_id, organisation__in=homes).select_related("organisation"):
            if rules.token_state(revoked_at=one.revoked_at, expires_at=one.expires_at, now=now) == "live":
                made.append(system_at(home=one.organisation, scopes=frozenset(one.scopes), system_id=system_id))
    else:
        made = [system(organisation)]
    return next((one for one in made if allows(one, permission)), None)


def system_actor(*, organisation_id: UUID) -> Actor:
    """The product itself acting for an organisation."""
    return system(organisation_get(organisation_id=organisation_id))


def organisation_get(*, organisation_id: UUID) -> Organisation:
    """An organisation by id, for rooms that already know they may ask; NotFound."""
    found = Organisation.objects.filter(id=organisation_id).first()
    if found is None:
        raise NotFound("organisation")
    return found


def organisations_get(*, organisation_ids: Iterable[UUID]) -> dict[UUID, Organisation]:
    """Organisations by id, for rooms that already know they may ask; who is gone is left out."""
    return Organisation.objects.in_bulk(set(organisation_ids))


def organisation_names(*, organisation_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names by id."""
    rows = Organisation.objects.filter(id__in=set(organisation_ids)).values_list("id", "name")
    return dict(rows)


@dataclass(frozen=True, slots=True)
class Limits:
    """What an organisation has set for everyone's callbacks."""

    callback_max_days: int
    callbacks_per_agent: int


def limits(*, org_id: UUID) -> Limits:
    """The organisation's limits; NotFound."""
    row = Organisation.objects.filter(id=org_id).values_list("callback_max_days", "callbacks_per_agent").first()
    if row is None:
        raise NotFound("organisation")
    return Limits(*row)
