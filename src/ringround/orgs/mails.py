"""Mails of this room that are not part of signing in (those: `allauth.py`)."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

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
