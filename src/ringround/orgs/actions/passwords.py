"""The operator gives a user a new password; users themselves do it by the sign-in pages."""

from __future__ import annotations

from uuid import UUID

from allauth.usersessions.models import UserSession
from django.db import transaction

from ringround.infra import audit
from ringround.kernel.errors import Forbidden
from ringround.orgs.actions._common import check_password, lock, membership_of
from ringround.orgs.actor import Actor


@transaction.atomic
def user_password_set(*, actor: Actor, user_id: UUID, password: str) -> None:
    """Set a member's password and end their sessions: for the operator's command line alone."""
    if actor.via != "system":
        raise Forbidden("orgs.users.change")
    user = membership_of(lock(actor.org_id), user_id).user
    check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    for session in UserSession.objects.filter(user_id=user_id):
        session.end()
    audit.write(
        actor=actor,
        action="orgs.user.password_changed",
        org_id=actor.org_id,
        subject_type="user",
        subject_id=user_id,
        data={"by": "operator"},
    )
