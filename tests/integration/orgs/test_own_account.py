"""What one does about one's own account: address, password, second factor, language; and who may sign up at all."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pyotp
import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.test import Client, TestCase
from django.urls import reverse

from ringround.orgs import doctor
from ringround.orgs.models import Organisation, User
from tests.factories import Cast
from tests.integration.orgs.browser import PASSWORD, Browser, with_password
from tests.integration.orgs.helpers import audited

pytestmark = pytest.mark.django_db


def sent_link() -> str:
    found = re.search(r"https?://[^/]+(/accounts/confirm-email/\S+)", str(mail.outbox[-1].body))
    assert found is not None, mail.outbox[-1].body
    return found.group(1)


# --- the e-mail address ---


def test_a_new_address_counts_when_its_link_is_opened_and_the_old_one_is_told(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    old = user.email
    browser.sign_in(user)
    browser.post("account_email", email="Ny@Example.org", action_add="1")
    assert mail.outbox[-1].to == ["ny@example.org"]
    user.refresh_from_db()
    assert user.email == old
    assert "ny@example.org" in browser.get("account_email").content.decode()
    link = sent_link()
    assert not audited(cast.charity.org.id, "orgs.user.email_changed")
    Client().post(link)
    user.refresh_from_db()
    assert user.email == "ny@example.org"
    assert (mail.outbox[-1].to, "ny@example.org" in str(mail.outbox[-1].body)) == ([old], True)
    (row,) = audited(cast.charity.org.id, "orgs.user.email_changed")
    assert "example.org" not in str(row)
    assert [one.email for one in EmailAddress.objects.filter(user=user)] == ["ny@example.org"]
    again = Browser(Client())
    again.sign_in(user)
    assert again.signed_in


def test_an_address_that_was_never_confirmed_is_no_change_on_its_way(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    browser.sign_in(user)
    assert "action_send" not in browser.get("account_email").content.decode()


def test_the_password_is_asked_for_again_before_an_address_is_changed(
    cast: Cast, browser: Browser, settings: Any
) -> None:
    user = with_password(cast.charity.owner)
    browser.sign_in(user)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    response = browser.post("account_email", email="ny@example.org", action_add="1")
    assert response["Location"].startswith(reverse("account_reauthenticate"))
    assert not mail.outbox


def test_an_address_of_somebody_else_is_not_taken_over_and_not_told(cast: Cast, browser: Browser) -> None:
    user, other = with_password(cast.charity.owner), cast.charity.manager.user
    assert other is not None
    browser.sign_in(user)
    free = browser.post("account_email", email="ny@example.org", action_add="1")
    taken = browser.post("account_email", email=other.email, action_add="1")
    assert (taken.status_code, taken["Location"]) == (free.status_code, free["Location"])
    assert Client().post(sent_link()).status_code < 500
    user.refresh_from_db()
    assert user.email != other.email


def test_a_change_of_address_can_be_withdrawn(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    browser.sign_in(user)
    browser.post("account_email", email="ny@example.org", action_add="1")
    link = sent_link()
    browser.post("account_email", email="ny@example.org", action_remove="1")
    Client().post(link)
    user.refresh_from_db()
    assert user.email != "ny@example.org"


def test_the_address_one_has_cannot_be_taken_away_nor_an_unproven_one_put_first(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    old = user.email
    browser.sign_in(user)
    browser.post("account_email", email=old, action_remove="1")
    browser.post("account_email", email="ny@example.org", action_add="1")
    browser.post("account_email", email="ny@example.org", action_primary="1")
    browser.post("account_email", email=old, action_remove="1")
    user.refresh_from_db()
    assert user.email == old


# --- older sessions ---


def test_switching_on_a_second_factor_ends_the_older_sessions(
    cast: Cast, browser: Browser, other_browser: Browser
) -> None:
    user = with_password(cast.charity.owner)
    other_browser.sign_in(user)
    browser.sign_in(user)
    page = browser.get("mfa_activate_totp")
    secret = page.context["form"].secret
    with TestCase.captureOnCommitCallbacks(execute=True):
        browser.post("mfa_activate_totp", code=pyotp.TOTP(secret).now())
    assert audited(cast.charity.org.id, "orgs.user.mfa_added")
    assert not other_browser.signed_in
    assert browser.signed_in
    assert audited(cast.charity.org.id, "orgs.user.sessions_ended")[0]["count"] == 1


def test_changing_the_password_ends_the_older_sessions(cast: Cast, browser: Browser, other_browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    other_browser.sign_in(user)
    browser.sign_in(user)
    key = other_browser.client.session.session_key
    new = "en ganske ny kode"
    browser.post("account_change_password", oldpassword=PASSWORD, password1=new, password2=new)
    assert not other_browser.signed_in
    assert browser.signed_in
    # Gone, not only turned away at the door.
    assert key is not None
    assert not other_browser.client.session.exists(key)


# --- the language at the foot of the page ---


def test_the_language_chosen_at_the_foot_of_a_page_is_kept_and_audited(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    before = user.language
    chosen = "en" if before == "da" else "da"
    browser.sign_in(user)
    browser.post("ui:language", language=chosen)
    user.refresh_from_db()
    assert user.language == chosen
    assert audited(cast.charity.org.id, "orgs.user.profile_changed")[0]["fields"] == ["language"]


def test_a_stranger_chooses_a_language_for_the_browser_alone(db: None, browser: Browser) -> None:
    response = browser.post("ui:language", language="da")
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "da"


# --- who may sign up ---

SIGN_UP = {"organisation": "Ny", "kind": "agency", "name": "Ny", "email": "ny@example.org", "password1": PASSWORD}


def by_invitation(settings: Any) -> None:
    settings.RINGROUND = replace(settings.RINGROUND, signup="invite")


def test_where_people_come_by_invitation_nobody_signs_up(db: None, browser: Browser, settings: Any) -> None:
    by_invitation(settings)
    assert reverse("account_signup") not in browser.get("account_login").content.decode()
    assert "organisation" not in browser.get("account_signup").context.get("form", {})
    assert browser.post("account_signup", **SIGN_UP).status_code == 200
    assert not Organisation.objects.exists()
    assert not User.objects.exists()


def test_the_doctor_says_who_may_sign_up(db: None, settings: Any) -> None:
    assert "open" in next(iter(doctor.sign_up(settings.RINGROUND))).text
    by_invitation(settings)
    assert "invitation" in next(iter(doctor.sign_up(settings.RINGROUND))).text
