"""An invitation as the one who holds its link sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from ringround.infra import clock
from ringround.kernel.errors import NotFound
from ringround.kernel.ids import hash_token
from ringround.orgs import rules
from ringround.orgs.models import Invitation, Membership, User

# Not answered and not withdrawn; it may have run out.
WAITING = Q(accepted_at__isnull=True, declined_at__isnull=True, revoked_at__isnull=True)


@dataclass(frozen=True, slots=True)
class Invited:
    """`new_user` is true where the link also makes the account's first password."""

    id: UUID
    state: str
    organisation: str
    email: str
    name: str
    role: str
    inviter: str
    expires_at: datetime
    user_id: UUID
    new_user: bool
    # The agency that hands the organisation over to whoever accepts.
    handed_over_by: str


def first_password_open(user: User) -> bool:
    """Whether an invitation link may set this account's password: only while nothing at all hangs on it.

    An inviter can copy the link. Were this laxer, inviting an address that has an account elsewhere would be a way
    to take that account over.
    """
    return not user.has_usable_password() and not Membership.objects.filter(user=user, active=True).exists()


def invitation_of(*, token: str) -> Invited:
    """The invitation behind a link; NotFound. What its state is, the page says."""
    row = (
        Invitation.objects.filter(token_hash=hash_token(token))
        .select_related("organisation__managed_by", "invited_by")
        .first()
    )
    user = User.objects.filter(email=row.email).first() if row is not None else None
    if row is None or user is None:
        raise NotFound("invitation")
    return Invited(
        id=row.id,
        state=rules.invitation_state(
            accepted_at=row.accepted_at,
            declined_at=row.declined_at,
            revoked_at=row.revoked_at,
            expires_at=row.expires_at,
            now=clock.real_now(),
        ),
        organisation=row.organisation.name,
        email=row.email,
        name=row.name,
        role=row.role,
        inviter=str(row.invited_by) if row.invited_by is not None else "",
        expires_at=row.expires_at,
        user_id=user.id,
        new_user=first_password_open(user),
        handed_over_by=row.organisation.managed_by.name if row.organisation.managed_by is not None else "",
    )
