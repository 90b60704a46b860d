"""Members: their role and place, and the end of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.db import transaction

from ringround.infra import audit, clock
from ringround.kernel.errors import Conflict, Forbidden
from ringround.kernel.messages import N_
from ringround.orgs import rules
from ringround.orgs.actions._common import (
    check_has_users,
    check_password,
    check_role,
    clean_email,
    clean_external_id,
    clean_name,
    find_team,
    lock,
    membership_of,
    trust_address,
)
from ringround.orgs.actor import Actor
from ringround.orgs.events import UserDeactivated, UserJoined, UserRoleChanged
from ringround.orgs.models import ApiToken, Invitation, Membership, Organisation, User
from ringround.orgs.permissions import require
from ringround.orgs.queries.invitations import WAITING


@transaction.atomic
def user_create(
    *,
    actor: Actor,
    email: str,
    name: str,
    role: str,
    password: str | None = None,
    team: UUID | str | None = None,
    external_id: str | None = None,
    language: str | None = None,
) -> User:
    """Make a member at once, without an invitation: for the operator's command line and for demo data.

    A known address becomes a member too and keeps its name and password.
    """
    if actor.via != "system":
        raise Forbidden("orgs.users.change")
    check_role(role)
    address = clean_email(email)
    organisation = lock(actor.org_id)
    check_has_users(organisation)
    user = User.objects.filter(email=address).first()
    if user is None:
        user = User(
            email=address,
            name=clean_name(name),
            language=language or organisation.language,
            timezone=organisation.timezone,
        )
        if password is not None:
            check_password(password, user)
        user.set_password(password)
        user.save(force_insert=True)
    trust_address(user)
    known = Membership.objects.filter(organisation=organisation, user=user).first()
    if known is not None and known.active:
        raise Conflict("already_member", N_("This user is a member already."))
    membership = known or Membership(organisation=organisation, user=user)
    membership.role = role
    membership.active = True
    membership.team = find_team(organisation, team)
    membership.external_id = clean_external_id(organisation, external_id, besides=user.id)
    membership.save()
    _close_invitations(organisation, user)
    UserJoined(subject_id=user.id, role=role).record(organisation)
    _write(actor, "orgs.user.created", organisation, user.id, {"role": role})
    return user


@transaction.atomic
def user_change(*, actor: Actor, user_id: UUID, **fields: Any) -> Membership:
    """Change `role`, `team` (id or name, None for none) or `external_id` of a member or of one who is invited."""
    unknown = set(fields) - {"role", "team", "external_id"}
    if unknown:
        raise TypeError(f"no such fields: {sorted(unknown)}")
    organisation = lock(actor.org_id)
    membership = membership_of(organisation, user_id)
    require(actor, "orgs.users.change")
    _check_reach(actor, membership)
    # Who is invited to a managed merchant is its owner to be, and nothing else.
    check_has_users(organisation)
    changed: dict[str, Any] = {}
    before = membership.role
    if "role" in fields and fields["role"] != before:
        check_role(fields["role"])
        if not rules.may_give(actor.role, fields["role"]):
            raise Forbidden("orgs.users.change_owner", N_("Only an owner can make or change owners."))
        if before == "owner" and membership.active:
            _check_not_last_owner(organisation, membership)
        membership.role = changed["role"] = fields["role"]
    if "team" in fields:
        team = find_team(organisation, fields["team"])
        if membership.team_id != (team.id if team else None):
            membership.team = team
            changed["team"] = str(team.id) if team else None
    if "external_id" in fields:
        external_id = clean_external_id(organisation, fields["external_id"], besides=user_id)
        if external_id != membership.external_id:
            membership.external_id = external_id
            # The id names a person in another system: the log says that it changed, not to what.
            changed["external_id"] = "changed"
    if not changed:
        return membership
    membership.save(update_fields=["role", "team", "external_id"])
    if "role" in changed:
        Invitation.objects.filter(organisation=organisation, email=membership.user.email, accepted_at=None).update(
            role=membership.role
        )
        if membership.active:
            UserRoleChanged(subject_id=user_id, before=before, after=membership.role).record(organisation)
    action = "orgs.user.role_changed" if set(changed) == {"role"} else "orgs.user.changed"
    data = changed | ({"before": before} if "role" in changed else {})
    _write(actor, action, organisation, user_id, data)
    return membership


def user_change_role(*, actor: Actor, user_id: UUID, role: str) -> Membership:
    """Give a member another role."""
    return user_change(actor=actor, user_id=user_id, role=role)


@transaction.atomic
def user_deactivate(*, actor: Actor, user_id: UUID) -> Membership:
    """End a membership at once, with its sessions, tokens and waiting invitation. Upper rooms let go of the rest."""
    organisation = lock(actor.org_id)
    membership = membership_of(organisation, user_id)
    require(actor, "orgs.users.change")
    _check_reach(actor, membership)
    waiting = _close_invitations(organisation, membership.user)
    if not membership.active and not waiting:
        raise Conflict("already_inactive", N_("This user is not active any more."), allowed=["active", "invited"])
    if membership.active:
        if user_id == actor.user_id:
            raise Conflict("yourself", N_("You cannot deactivate yourself; another owner or manager can."))
        if membership.role == "owner":
            _check_not_last_owner(organisation, membership)
        membership.active = False
        membership.save(update_fields=["active"])
        ApiToken.objects.filter(organisation=organisation, user_id=user_id, revoked_at=None).update(
            revoked_at=clock.real_now()
        )
        # All of them, also where the user belongs elsewhere: a session is of a person, and they may sign in again.
        for session in UserSession.objects.filter(user_id=user_id):
            session.end()
        UserDeactivated(subject_id=user_id).record(organisation)
    _write(actor, "orgs.user.deactivated", organisation, user_id, {"role": membership.role})
    return membership


def _check_reach(actor: Actor, membership: Membership) -> None:
    if not rules.may_give(actor.role, membership.role):
        raise Forbidden("orgs.users.change_owner", N_("Only an owner can make or change owners."))


def _check_not_last_owner(organisation: Organisation, membership: Membership) -> None:
    # The organisation is locked, so two owners cannot each be removed as "not the last".
    others = Membership.objects.filter(organisation=organisation, role="owner", active=True, user__is_active=True)
    if not others.exclude(id=membership.id).exists():
        raise Conflict("last_owner", N_("An organisation needs an owner: make somebody else owner first."))


def _close_invitations(organisation: Organisation, user: User) -> int:
    waiting = Invitation.objects.filter(WAITING, organisation=organisation, email=user.email)
    return waiting.update(revoked_at=clock.real_now())


def _write(actor: Actor, action: str, organisation: Organisation, user_id: UUID, data: dict[str, Any]) -> None:
    audit.write(actor=actor, action=action, org_id=organisation.id, subject_type="user", subject_id=user_id, data=data)
