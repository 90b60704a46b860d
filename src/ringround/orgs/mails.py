"""Mails of this room that are not part of signing in (those: `allauth.py`)."""

from __future__ import annotations

import logging
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from ringround.http import queries as webhooks
from ringround.http import texts
from ringround.kernel import targets
from ringround.kernel.errors import NotFound
from ringround.orgs import queries
from ringround.orgs.models import Invitation

log = logging.getLogger(__name__)


def join_url(token: str) -> str:
    """The link of an invitation, whole."""
    return f"{settings.RINGROUND.base_url}{reverse('orgs:join', args=[token])}"


def invitation(*, invitation: Invitation, token: str, language: str) -> None:
    """Ask somebody to join. A mail that cannot be sent is logged: the inviter has the link too."""
    with translation.override(language):
        context = {
            "organisation": invitation.organisation.name,
            "inviter": str(invitation.invited_by) if invitation.invited_by is not None else "",
            "role": invitation.get_role_display(),
            "url": join_url(token),
            "expires_at": invitation.expires_at,
            "base_url": settings.RINGROUND.base_url,
        }
        subject = " ".join(render_to_string("orgs/mail/invitation_subject.txt", context).split())
        body = render_to_string("orgs/mail/invitation_message.txt", context).strip() + "\n"
    try:
        EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [invitation.email]).send()
    except OSError as fault:
        # smtplib's errors are OSErrors, and name the receiver: only what kind of error it was is logged.
        log.error("the invitation %s could not be mailed (%s)", invitation.id, type(fault).__name__)


class NotSent(Exception):
    """The mail server would not take it; it is to be tried again."""


def webhook_off(*, org_id: UUID, webhook_id: UUID, reason: str, user_id: UUID) -> None:
    """Tell an owner that a webhook was switched off; NotSent. Only its host is named: an address may hold a secret."""
    organisation = queries.organisation_get(organisation_id=org_id)
    try:
        webhook = webhooks.webhook_get(actor=queries.system_actor(organisation_id=org_id), webhook_id=webhook_id)
    except NotFound:
        return  # deleted meanwhile
    owner = next((one for one in queries.owners_of(organisation_id=org_id) if one.id == user_id), None)
    if owner is None:
        return  # no owner any more
    with translation.override(owner.language):
        context = {
            "organisation": organisation.name,
            "host": targets.parse(webhook.url).host,
            "reason": str(texts.OFF.get(reason, "")),
            "url": f"{settings.RINGROUND.base_url}{reverse('orgs:webhook', args=[webhook_id])}",
            "base_url": settings.RINGROUND.base_url,
        }
        subject = " ".join(render_to_string("orgs/mail/webhook_off_subject.txt", context).split())
        body = render_to_string("orgs/mail/webhook_off_message.txt", context).strip() + "\n"
    try:
        EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [owner.email]).send()
    except OSError as fault:
        # smtplib's errors are OSErrors, and name the receiver: only what kind of error it was goes into the log.
        raise NotSent(type(fault).__name__) from None
