"""Invitations: the way into an organisation for everyone but its first owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ringround.infra import audit, clock
from ringround.kernel.errors import Conflict, Forbidden, NotFound
from ringround.kernel.ids import hash_token, new_token
from ringround.kernel.messages import N_
from ringround.orgs import mails, rules
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
from ringround.orgs.actions._handing_over import hand_over
from ringround.orgs.actor import Actor
from ringround.orgs.events import UserJoined
from ringround.orgs.models import Invitation, Membership, Organisation, User
from ringround.orgs.permissions import require
from ringround.orgs.queries.invitations import WAITING, first_password_open


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation as its maker gets it, once: the token is stored only as a hash."""

    invitation: Invitation
    user: User
    token: str


@transaction.atomic
def user_invite(
    *,
    actor: Actor,
    email: str,
    name: str = "",
    role: str,
    team: UUID | str | None = None,
    external_id: str | None = None,
) -> Invite:
    """Invite somebody by e-mail. They are a member with state `invited` until they accept, and may do nothing.

    An address that has an account elsewhere is invited just the same, and the answer looks the same.
    """
    require(actor, "orgs.users.change")
    check_role(role)
    if not rules.may_give(actor.role, role):
        raise Forbidden("orgs.users.change_owner", N_("Only an owner can make or change owners."))
    address = clean_email(email)
    cleaned = clean_name(name, required=False)
    organisation = lock(actor.org_id)
    check_has_users(organisation)
    invite = invite_make(
        actor=actor, organisation=organisation, address=address, name=cleaned, role=role, team=team,
        external_id=external_id,
    )  # fmt: skip
    _write(actor, "orgs.user.invited", invite, {"role": role})
    return invite


def invite_make(
    *,
    actor: Actor,
    organisation: Organisation,
    address: str,
    name: str,
    role: str,
    team: UUID | str | None = None,
    external_id: str | None = None,
) -> Invite:
    """The invitation with its place in the organisation, which the caller has locked; clean address and name."""
    user = _account(address, name, organisation)
    membership = Membership.objects.filter(organisation=organisation, user=user).first()
    if membership is not None and membership.active:
        raise Conflict("already_member", N_("This user is a member already."))
    if _open(organisation, address) is not None:
        raise Conflict("already_invited", N_("This address has an invitation already; send it again instead."))
    membership = membership or Membership(organisation=organisation, user=user, active=False)
    membership.role = role
    membership.team = find_team(organisation, team)
    membership.external_id = clean_external_id(organisation, external_id, besides=user.id)
    membership.save()
    return _make(actor, organisation, user, membership, name)


@transaction.atomic
def invitation_renew(*, actor: Actor, user_id: UUID) -> Invite:
    """A new link for an invitation that was not accepted, also when it ran out; the old link stops working."""
    organisation = lock(actor.org_id)
    membership = membership_of(organisation, user_id)
    require(actor, "orgs.users.change")
    if not rules.may_give(actor.role, membership.role):
        raise Forbidden("orgs.users.change_owner", N_("Only an owner can make or change owners."))
    if membership.active:
        raise Conflict("already_member", N_("This user is a member already."))
    if organisation.closing_at is not None:
        raise Conflict("closed", N_("The work for this organisation is over."))
    # A managed merchant's owner is invited, and invited anew, by handing it over.
    check_has_users(organisation)
    old = _open(organisation, membership.user.email)
    name = old.name if old is not None else membership.user.name
    Invitation.objects.filter(WAITING, organisation=organisation, email=membership.user.email).update(
        revoked_at=clock.real_now()
    )
    invite = _make(actor, organisation, membership.user, membership, name)
    _write(actor, "orgs.invitation.renewed", invite, {"role": membership.role})
    return invite


@transaction.atomic
def invitation_revoke(*, actor: Actor, user_id: UUID) -> Invitation:
    """Withdraw an invitation; its link stops working."""
    organisation = lock(actor.org_id)
    membership = membership_of(organisation, user_id)
    require(actor, "orgs.users.change")
    if not rules.may_give(actor.role, membership.role):
        raise Forbidden("orgs.users.change_owner", N_("Only an owner can make or change owners."))
    found = _open(organisation, membership.user.email)
    if found is None:
        raise Conflict("not_invited", N_("There is no invitation waiting for an answer."), allowed=["invited"])
    found.revoked_at = clock.real_now()
    found.save(update_fields=["revoked_at"])
    _write(actor, "orgs.invitation.revoked", Invite(found, membership.user, ""), {})
    return found


@transaction.atomic
def invitation_accept(
    *, token: str, signed_in: User | None = None, name: str = "", password: str | None = None
) -> Actor:
    """Join by a link. A new account sets its password here; who has an account is signed in to it first.

    Whoever accepts as the owner of a managed merchant takes it over from its agency. Codes: `invitation_used`,
    `invitation_declined`, `invitation_revoked`, `invitation_expired`; Forbidden `sign_in_first`, `other_account`.
    """
    organisation, invitation, now = _take(token)
    user = User.objects.select_for_update().get(email=invitation.email)
    if signed_in is not None and signed_in.id != user.id:
        raise Forbidden(detail=N_("You are signed in with another account."), code="other_account")
    if first_password_open(user):
        user.name = clean_name(name or invitation.name)
        check_password(password or "", user)
        user.set_password(password)
        user.save(update_fields=["name", "password"])
    elif signed_in is None:
        raise Forbidden(detail=N_("Sign in to your account first, then accept."), code="sign_in_first")
    trust_address(user)
    membership = Membership.objects.get(organisation=organisation, user=user)
    membership.active = True
    # A managed merchant has nobody else: with anyone but an owner it would have no way back.
    membership.role = "owner" if organisation.managed_by_id is not None else invitation.role
    membership.save(update_fields=["active", "role"])
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    actor = Actor(user=user, organisation=organisation, home=organisation, role=membership.role)
    UserJoined(subject_id=user.id, role=membership.role).record(organisation)
    _write(actor, "orgs.user.joined", Invite(invitation, user, ""), {"role": membership.role})
    if organisation.managed_by_id is not None:
        hand_over(actor=actor, organisation=organisation)
    return actor


@transaction.atomic
def invitation_decline(*, token: str) -> Invitation:
    """Say no to an invitation, by its link alone: no account is needed to want none. The link stops working; whoever
    invited sees it, and may invite again. Codes as for accepting."""
    organisation, invitation, now = _take(token)
    invitation.declined_at = now
    invitation.save(update_fields=["declined_at"])
    user = User.objects.get(email=invitation.email)
    actor = Actor(user=user, organisation=organisation, home=organisation, role=invitation.role)
    _write(actor, "orgs.invitation.declined", Invite(invitation, user, ""), {"role": invitation.role})
    return invitation


def _take(token: str) -> tuple[Organisation, Invitation, datetime]:
    """The open invitation behind a link, locked together with its organisation."""
    known = Invitation.objects.filter(token_hash=hash_token(token)).first()
    if known is None:
        raise NotFound("invitation")
    organisation = lock(known.organisation_id)
    invitation = Invitation.objects.select_for_update().get(id=known.id)
    now = clock.real_now()
    state = rules.invitation_state(
        accepted_at=invitation.accepted_at,
        declined_at=invitation.declined_at,
        revoked_at=invitation.revoked_at,
        expires_at=invitation.expires_at,
        now=now,
    )
    if state == "accepted":
        raise Conflict("invitation_used", N_("This invitation has been accepted already. Sign in instead."))
    if state == "declined":
        raise Conflict("invitation_declined", N_("This invitation has been declined. Ask for a new one."))
    if state == "revoked":
        raise Conflict("invitation_revoked", N_("This invitation has been withdrawn. Ask for a new one."))
    if state == "expired":
        raise Conflict("invitation_expired", N_("This invitation has run out. Ask for a new one."))
    return organisation, invitation, now


def _account(address: str, name: str, organisation: Organisation) -> User:
    """The account with this address, made without a password where there is none."""
    known = User.objects.filter(email=address).first()
    if known is not None:
        return known
    user = User(email=address, name=name, language=organisation.language, timezone=organisation.timezone)
    user.set_unusable_password()
    try:
        # Two organisations that invite one new address at the same moment hold two locks: the index decides.
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        return User.objects.get(email=address)
    return user


def _open(organisation: Organisation, email: str) -> Invitation | None:
    """The invitation that waits, expired or not: an expired one is sent again, not made twice."""
    return Invitation.objects.filter(WAITING, organisation=organisation, email=email).first()


def _make(actor: Actor, organisation: Organisation, user: User, membership: Membership, name: str) -> Invite:
    now = clock.real_now()
    token = new_token("rri")
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=user.email,
        name=name,
        role=membership.role,
        team=membership.team,
        token_hash=hash_token(token),
        invited_by=actor.user,
        created_at=now,
        expires_at=now + rules.INVITATION_LIFE,
    )
    language = user.language
    # After the commit: a mail cannot be taken back.
    transaction.on_commit(lambda: mails.invitation(invitation=invitation, token=token, language=language), robust=True)
    return Invite(invitation, user, token)


def _write(actor: Actor, action: str, invite: Invite, data: dict[str, Any]) -> None:
    audit.write(
        actor=actor,
        action=action,
        org_id=invite.invitation.organisation_id,
        subject_type="user",
        subject_id=invite.user.id,
        data=data,
    )
