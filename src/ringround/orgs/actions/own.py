"""What a user does about themselves: profile, sessions, the organisation they work for now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db import transaction

from ringround.infra import audit
from ringround.kernel.errors import Fault, Forbidden, Invalid, NotFound
from ringround.kernel.messages import N_
from ringround.orgs import rules
from ringround.orgs.actions._common import clean_name, lock, membership_of
from ringround.orgs.actor import Actor
from ringround.orgs.models import Membership, User
from ringround.orgs.permissions import require
from ringround.orgs.queries.acting import choices


@transaction.atomic
def profile_change(*, actor: Actor, **fields: str) -> User:
    """Change the actor's own `name`, `language`, `timezone` or `theme`."""
    if actor.user is None:
        raise Forbidden()
    faults = [fault for fault in (_profile_fault(name, value) for name, value in fields.items()) if fault]
    if faults:
        raise Invalid(faults)
    user = User.objects.select_for_update().get(id=actor.user.id)
    changed = []
    for name, value in fields.items():
        tidy = clean_name(value) if name == "name" else value
        if getattr(user, name) != tidy:
            setattr(user, name, tidy)
            changed.append(name)
    if changed:
        user.save(update_fields=changed)
        _write(actor, "orgs.user.profile_changed", user.id, {"fields": sorted(changed)})
    return user


def _profile_fault(name: str, value: str) -> Fault | None:
    match name:
        case "name":
            return rules.name_fault("name", value)
        case "language":
            return None if value in rules.LANGUAGES else rules.setting_fault("language", value)
        case "timezone":
            return rules.timezone_fault(value)
        case "theme":
            if value in rules.THEMES:
                return None
            return Fault(("theme",), "unknown_choice", N_("This is not one of the choices."))
    return Fault((name,), "unknown_field", N_("There is no such field."))


@transaction.atomic
def session_end(*, actor: Actor, session_id: int) -> None:
    """Sign out one of the actor's own sessions; NotFound for anyone else's."""
    session = UserSession.objects.filter(user_id=actor.user_id, id=session_id).first()
    if session is None or actor.user_id is None:
        raise NotFound("session")
    session.end()
    _write(actor, "orgs.user.session_ended", actor.user_id, {})


@transaction.atomic
def sessions_end(*, actor: Actor, user_id: UUID | None = None, keep: str | None = None) -> int:
    """Sign out all sessions of the actor (but the one with key `keep`), or of a member whom the actor may change."""
    wanted = user_id if user_id is not None else actor.user_id
    if wanted is None:
        raise NotFound("user")
    if wanted != actor.user_id:
        membership = membership_of(lock(actor.org_id), wanted)
        require(actor, "orgs.users.change")
        if not rules.may_give(actor.role, membership.role):
            raise Forbidden("orgs.users.change_owner", N_("Only an owner can make or change owners."))
        if not membership.active:
            raise NotFound("user")
    ended = 0
    for session in UserSession.objects.filter(user_id=wanted):
        if keep is None or session.session_key != keep:
            session.end()
            ended += 1
    _write(actor, "orgs.user.sessions_ended", wanted, {"count": ended})
    return ended


@transaction.atomic
def sessions_end_others(*, user: User, keep: str | None) -> int:
    """Sign the user out everywhere but in the session with key `keep`: their password or second factor is new."""
    ended = 0
    for session in UserSession.objects.filter(user_id=user.id):
        if session.session_key != keep:
            session.end()
            ended += 1
    if ended:
        sign_in_noted(user=user, action="orgs.user.sessions_ended", data={"count": ended})
    return ended


@transaction.atomic
def address_settle(*, user: User) -> None:
    """Put the address the user signs in with into allauth's table, as the one that counts.

    allauth takes any address there that was never confirmed (of whoever was invited, made by the command line, or
    signed up where no mails are sent) for the new one that is still to be confirmed, and removes it before the next.
    """
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"primary": True, "verified": True})


@transaction.atomic
def acting_choose(*, user: User, organisation_id: UUID) -> Actor:
    """Choose whom to work for; NotFound for an organisation that is none of the user's."""
    for one in choices(user=user):
        if one.organisation.id == organisation_id:
            actor = Actor(user=user, organisation=one.organisation, home=one.home, role=one.role)
            _write(actor, "orgs.acting.chosen", user.id, {"home": str(one.home.id)})
            return actor
    raise NotFound("organisation")


@transaction.atomic
def sign_in_noted(*, user: User, action: str, data: dict[str, Any] | None = None) -> None:
    """A line in the log of each organisation the user belongs to: signing in concerns all of them."""
    for one in Membership.objects.filter(user=user, active=True).select_related("organisation"):
        actor = Actor(user=user, organisation=one.organisation, home=one.organisation, role=one.role)
        _write(actor, action, user.id, data or {})


def _write(actor: Actor, action: str, user_id: UUID, data: dict[str, Any]) -> None:
    audit.write(actor=actor, action=action, org_id=actor.org_id, subject_type="user", subject_id=user_id, data=data)
