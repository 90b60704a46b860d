"""Signing in and what guards it, written to the audit log. allauth tells these things only by signals; they all end
here."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from ringround.orgs import actions
from ringround.orgs.models import User


def _note(user: object, action: str) -> None:
    if isinstance(user, User):
        actions.sign_in_noted(user=user, action=action)


def _signed_in(user: object = None, **_: Any) -> None:
    _note(user, "orgs.user.signed_in")


def _end_others(user: object, request: HttpRequest | None) -> None:
    """Who gets hold of a password makes a session of it: what makes the account safer must end the older ones, too."""
    if isinstance(user, User):
        actions.sessions_end_others(user=user, keep=request.session.session_key if request is not None else None)


def _password_changed(user: object = None, request: HttpRequest | None = None, **_: Any) -> None:
    _note(user, "orgs.user.password_changed")
    _end_others(user, request)


def _email_changed(
    user: object = None,
    from_email_address: EmailAddress | None = None,
    to_email_address: EmailAddress | None = None,
    **_: Any,
) -> None:
    # allauth says so of the first address of all, too.
    if from_email_address is not None:
        _note(user, "orgs.user.email_changed")


def _password_reset(user: object = None, **_: Any) -> None:
    _note(user, "orgs.user.password_reset")


def _authenticator_added(
    user: object = None, authenticator: Authenticator | None = None, request: HttpRequest | None = None, **_: Any
) -> None:
    if authenticator is not None and authenticator.type == Authenticator.Type.TOTP:
        _note(user, "orgs.user.mfa_added")
        _end_others(user, request)


def _authenticator_removed(user: object = None, authenticator: Authenticator | None = None, **_: Any) -> None:
    if authenticator is not None and authenticator.type == Authenticator.Type.TOTP:
        _note(user, "orgs.user.mfa_removed")


def _codes_made(user: object = None, **_: Any) -> None:
    _note(user, "orgs.user.mfa_codes_made")


def connect() -> None:
    """Called once, when the app is ready."""
    account.user_logged_in.connect(_signed_in, dispatch_uid="orgs.signed_in")
    account.password_changed.connect(_password_changed, dispatch_uid="orgs.password_changed")
    account.password_set.connect(_password_changed, dispatch_uid="orgs.password_set")
    account.email_changed.connect(_email_changed, dispatch_uid="orgs.email_changed")
    account.password_reset.connect(_password_reset, dispatch_uid="orgs.password_reset")
    mfa.authenticator_added.connect(_authenticator_added, dispatch_uid="orgs.mfa_added")
    mfa.authenticator_removed.connect(_authenticator_removed, dispatch_uid="orgs.mfa_removed")
    mfa.authenticator_reset.connect(_codes_made, dispatch_uid="orgs.mfa_codes_made")
