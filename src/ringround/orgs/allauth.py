"""How django-allauth behaves in this house: who may sign up, what is limited by what, which words are used."""

from __future__ import annotations

import logging
import time
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend as DefaultAuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from ringround.infra import secrets
from ringround.orgs import queries
from ringround.orgs.models import User
from ringround.orgs.queries.acting import SESSION_ORGANISATION
from ringround.ui.context import THEME_COOKIE

log = logging.getLogger(__name__)

YEAR_S = 365 * 24 * 3600


class AuthenticationBackend(DefaultAuthenticationBackend):
    """Who a session's user is; called on every request of theirs."""

    def get_user(self, user_id: Any) -> User | None:
        user = queries.user_signed_in(user_id=user_id)
        return user if user is not None and self.user_can_authenticate(user) else None


class AccountAdapter(DefaultAccountAdapter):
    """Signing in and out, passwords, and the mails about them."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account is not active."),
        "email_password_mismatch": _("The e-mail address or the password is not right."),
        "duplicate_email": _("This is your address already."),
        "email_taken": _("There is an account with this e-mail address already. Sign in, or reset its password."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_code": _("This code is not right. Codes change every half minute and work once."),
        "incorrect_password": _("This password is not right."),
        "invalid_login": _("This is not a valid sign-in."),
        "invalid_password_reset": _("This link does not work any more."),
        "too_many_login_attempts": _("Too many failed tries. Wait five minutes and try again."),
        "rate_limited": _("Too many tries. Wait a little and try again."),
        "same_as_current": _("This is the same as before."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.RINGROUND.signup == "open")

    def is_ajax(self, request: HttpRequest) -> bool:
        """Never: allauth's own JSON answers are not part of our API."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address as the proxy middleware left it: it believes only trusted proxies, so nobody chooses their own.

        A server on a Unix socket has none; then all callers count as one.
        """
        return str(request.META.get("REMOTE_ADDR") or "0.0.0.0")  # noqa: S104

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth counts by host and address; a caller chooses among the allowed hosts and would get as many tries each.
        return str(credentials.get("email") or credentials.get("username") or "").strip().lower()

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the receiver's language where there is an account. A mail server that is down must not look different
        for an address that has an account and one that has not, so a failure is logged and nothing else."""
        user = context.get("user") or User.objects.filter(email=email.lower()).first()
        request = allauth_context.request
        values = {"request": request, "email": email, "base_url": settings.RINGROUND.base_url, **context}
        with translation.override(user.language if isinstance(user, User) else translation.get_language()):
            message = self.render_mail(template_prefix, email, values)
        try:
            message.send()
        except OSError as fault:
            # Its name alone: what a mail server says of a mail names the receiver.
            log.error("a mail of the kind %s could not be sent (%s)", template_prefix, type(fault).__name__)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """An address that has become somebody else's meanwhile is not taken over. allauth asks only its own table,
        where an invited user is not; and says nothing when the address is asked for, so as not to tell who is here."""
        others = User.objects.filter(email=email_address.email).exclude(id=email_address.user_id)
        if others.exists():
            self.add_message(request, messages.ERROR, "account/messages/email_confirmation_failed.txt")
            return False
        try:
            with transaction.atomic():
                return bool(super().confirm_email(request, email_address))
        except IntegrityError:
            self.add_message(request, messages.ERROR, "account/messages/email_confirmation_failed.txt")
            return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        return self._ours(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return self._ours(super().get_email_confirmation_url(request, emailconfirmation))

    @staticmethod
    def _ours(url: str) -> str:
        """The same page at our own address: allauth takes the host of the request, which whoever asks can choose."""
        return f"{settings.RINGROUND.base_url}{urlsplit(url).path}"

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Home; who may work for several organisations says first for which."""
        assert isinstance(request.user, User)
        if SESSION_ORGANISATION not in request.session and len(queries.choices(user=request.user)) > 1:
            return reverse("orgs:choose")
        return str(super().get_login_redirect_url(request))

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("orgs:security")

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse:
        """The look that the user has chosen comes along to a browser that has none yet."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if isinstance(user, User) and user.theme != User.Theme.AUTO and THEME_COOKIE not in request.COOKIES:
            response.set_cookie(
                THEME_COOKIE, user.theme, max_age=YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure()
            )
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within the minutes after the password itself was given: whoever has just signed in is not asked twice."""
        request = allauth_context.request
        if request is not None and request.user.is_authenticated:
            for record in reversed(get_authentication_records(request, request.user)):
                if record.get("method") == "password":
                    if time.time() - float(record.get("at", 0)) < app_settings.REAUTHENTICATION_TIMEOUT:
                        return False
                    break
        return bool(super().is_reauthentication_required(app=app, **kwargs))


@cache
def _cipher() -> secrets.Cipher:
    return secrets.cipher(settings.RINGROUND)


class MfaAdapter(DefaultMFAAdapter):
    """The second factor: its secrets are encrypted, and it stays where an organisation asks for it."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _("Your organisation asks for a second factor, so it cannot be switched off."),
        "cannot_generate_recovery_codes": _("Switch the second factor on first."),
        "incorrect_code": AccountAdapter.error_messages["incorrect_code"],
        "unverified_email": _("Confirm your e-mail address first: open the link in the mail you got."),
    }

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _cipher().decrypt(encrypted_text)
        except secrets.KeyTrouble as trouble:
            # After a restore without its keys. Nobody can mend it from here, but they can be told whom to ask.
            log.error("a second factor: %s", trouble)
            raise ValidationError(
                _("The server cannot read second factors: its key is missing. Ask whoever runs it."), code="key_missing"
            ) from None

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not queries.mfa_asked(user=authenticator.user)
