"""Forms of signing in and up. They are allauth's, with this house's fields and words."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.account.utils import setup_user_email
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ringround.kernel.errors import Conflict
from ringround.orgs import actions, rules
from ringround.orgs.models import User
from ringround.orgs.words import KIND_HINTS, KINDS
from ringround.ui import htmx

PASSWORD_HELP = _("At least 10 characters. A few words in a row are easy to remember and hard to guess.")


def _plain(form: forms.Form) -> None:
    """No texts inside the fields: they vanish when one types, and the labels say it already."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class LoginForm(account.LoginForm):
    @property
    def signup_open(self) -> bool:
        """Whether the page offers to sign up an organisation."""
        return bool(settings.RINGROUND.signup == "open")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        self.fields["login"].widget.attrs.update(autofocus=True, autocomplete="username")
        self.fields["password"].label = _("Password")
        # The link stands in the template, after the button in the order of the keyboard.
        self.fields["password"].help_text = ""
        _plain(self)


class SignupForm(account.SignupForm):
    """Signs up an organisation with its owner; there is no other way in but an invitation."""

    organisation = forms.CharField(label=_("Organisation"), max_length=rules.MAX_NAME)
    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=[(key, word) for key, word in KINDS.items()],
        widget=forms.RadioSelect,
        initial="merchant",
    )
    name = forms.CharField(label=_("Your name"), max_length=rules.MAX_NAME)
    field_order = ["organisation", "kind", "name", "email", "password1"]

    kind_hints = KIND_HINTS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].widget.attrs.update(autocomplete="organization", autofocus=True)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].widget.attrs["autocomplete"] = "username"
        self.fields["password1"].label = _("Password")
        self.fields["password1"].help_text = PASSWORD_HELP
        _plain(self)

    def try_save(self, request: HttpRequest) -> tuple[Any, HttpResponse | None]:
        """As allauth's; and an address that somebody takes between the check and the insert is said, not a 500."""
        try:
            return super().try_save(request)  # type: ignore[no-any-return]
        except Conflict:
            taken = str(get_adapter().error_messages["email_taken"])
            return None, htmx.redirect(request, "account_signup", toast=taken, tone="danger")

    def save(self, request: HttpRequest) -> User:
        """Called by allauth when the form is right and the address is free."""
        data = self.cleaned_data
        language = get_language() or "en"
        actor = actions.organisation_create(
            kind=data["kind"],
            name=data["organisation"],
            email=data["email"],
            owner_name=data["name"],
            password=data["password1"],
            language=language[:2],
        )
        assert actor.user is not None
        # The password was given a moment ago: setting up a second factor next need not ask for it again.
        record_authentication(request, actor.user, method="password", email=actor.user.email)
        setup_user_email(request, actor.user, [EmailAddress(email=actor.user.email)])
        return actor.user


class ResetPasswordForm(account.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].widget.attrs["autofocus"] = True
        _plain(self)


def _new_password_words(form: forms.Form) -> None:
    form.fields["password1"].label = _("New password")
    form.fields["password1"].help_text = PASSWORD_HELP
    form.fields["password2"].label = _("New password again")
    _plain(form)


class ResetPasswordKeyForm(account.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _new_password_words(self)


class ChangePasswordForm(account.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Current password")
        self.fields["oldpassword"].help_text = ""
        _new_password_words(self)


class ChangeEmailForm(account.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New e-mail address")
        self.fields["email"].widget.attrs.update(autocomplete="email", autofocus=True)
        _plain(self)


class SetPasswordForm(account.SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _new_password_words(self)


class ReauthenticateForm(account.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs["autofocus"] = True
        _plain(self)


def _code_words(form: forms.Form, label: Any) -> None:
    field = form.fields["code"]
    field.label = label
    field.widget.attrs.update(autofocus=True, inputmode="numeric", autocomplete="one-time-code", maxlength="20")
    _plain(form)


class AuthenticateForm(mfa.AuthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code_words(self, _("Code from the app, or a recovery code"))


class MfaReauthenticateForm(mfa.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code_words(self, _("Code from the app, or a recovery code"))


class ActivateTotpForm(totp.ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code_words(self, _("The six digits the app shows"))
