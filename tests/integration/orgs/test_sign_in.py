"""Coming in: passwords, lock-out, reset, second factor, sessions."""

from __future__ import annotations

import re
import smtplib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet
from django.core import mail
from django.db import connections
from django.test import Client, TestCase, override_settings
from django.urls import reverse

from ringround.infra import secrets
from ringround.orgs import actions, doctor
from ringround.orgs.models import Membership, Organisation, User
from tests.factories import Cast
from tests.integration.orgs.browser import PASSWORD, Browser, with_authenticator, with_password
from tests.integration.orgs.helpers import audited

pytestmark = pytest.mark.django_db

SIGN_UP = {
    "organisation": "Røde Kors",
    "kind": "agency",
    "name": "Olga Ø",
    "email": "Olga@Example.org",
    "password1": PASSWORD,
}


def words(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined, no-any-return]


# --- passwords ---


def test_one_comes_in_with_address_in_any_case_and_password(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    response = browser.post("account_login", login=user.email.upper(), password=PASSWORD)
    assert response.status_code == 302
    assert browser.signed_in
    assert audited(cast.charity.org.id, "orgs.user.signed_in")[0]["actor"] == user.id


def test_passwords_are_kept_by_argon2(cast: Cast, settings: Any) -> None:
    from ringround.config.settings import PASSWORD_HASHERS

    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    assert with_password(cast.charity.owner).password.startswith("argon2$argon2id$")


def test_a_wrong_password_and_an_unknown_address_look_alike(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    known = words(browser.post("account_login", login=user.email, password="forkert kode her"))
    unknown = words(browser.post("account_login", login="nobody@example.org", password="forkert kode her"))

    def bare(page: str) -> str:
        page = page.replace(user.email, "X").replace("nobody@example.org", "X")
        return re.sub(r'(csrf\w+"? value="|X-CSRFToken": "|data-now="|data-rendered=")[^"]*', "", page)

    assert bare(known) == bare(unknown)
    assert "is not right" in known


@pytest.mark.parametrize("known", [True, False])
def test_five_wrong_tries_lock_an_address_whether_it_exists_or_not(cast: Cast, browser: Browser, known: bool) -> None:
    address = with_password(cast.charity.owner).email if known else "nobody@example.org"
    for _try in range(5):
        assert "Too many" not in words(browser.post("account_login", login=address, password="forkert kode her"))
    assert "Too many" in words(browser.post("account_login", login=address, password="forkert kode her"))
    assert "Too many" in words(browser.post("account_login", login=address.upper(), password=PASSWORD))
    assert not browser.signed_in


def test_another_host_name_gives_no_more_tries(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    for _try in range(5):
        browser.post("account_login", login=user.email, password="forkert kode her")
    with override_settings(ALLOWED_HOSTS=["*"]):
        response = browser.client.post(
            reverse("account_login"), {"login": user.email, "password": PASSWORD}, headers={"host": "127.0.0.1"}
        )
    assert "Too many" in words(response)


def test_a_lock_leaves_others_free(cast: Cast, browser: Browser) -> None:
    victim, other = with_password(cast.charity.owner), with_password(cast.charity.manager)
    for _try in range(6):
        browser.post("account_login", login=victim.email, password="forkert kode her")
    browser.sign_in(other)
    assert browser.signed_in


@pytest.mark.django_db(transaction=True)
def test_the_lock_counts_over_all_processes_at_once() -> None:
    """The count is in the database: threads with their own connections see what processes would."""

    def attempt(_number: int) -> bool:
        try:
            given = {"login": "nobody@example.org", "password": "forkert kode her"}
            return "Too many" in words(Client().post(reverse("account_login"), given))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        locked = list(pool.map(attempt, range(12)))
    assert locked.count(False) <= 5
    assert attempt(0)


def test_a_forwarded_address_is_believed_only_from_a_trusted_proxy(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    browser.client.post(
        reverse("account_login"),
        {"login": user.email, "password": PASSWORD},
        headers={"x-forwarded-for": "203.0.113.9"},
    )
    assert UserSession.objects.get().ip == "127.0.0.1"


def test_one_is_sent_on_only_within_the_house(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    response = browser.sign_in(user, next="https://evil.example/")
    assert response["Location"] == "/"
    browser.post("account_logout")
    assert browser.sign_in(user, next="/settings/users")["Location"] == "/settings/users"


def test_no_answer_of_the_sign_in_is_json(cast: Cast, browser: Browser) -> None:
    response = browser.client.post(
        reverse("account_login"),
        {"login": "x@example.org", "password": "y"},
        headers={"x-requested-with": "XMLHttpRequest"},
    )
    assert response["Content-Type"].startswith("text/html")


def test_signing_out_ends_the_session(cast: Cast, browser: Browser) -> None:
    browser.sign_in(with_password(cast.charity.owner))
    browser.post("account_logout")
    assert not browser.signed_in


# --- reset ---


def reset_link() -> str:
    found = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found.group(1)


def test_a_forgotten_password_is_reset_by_mail_once_and_ends_other_sessions(
    cast: Cast, browser: Browser, other_browser: Browser
) -> None:
    user = with_password(cast.charity.owner)
    other_browser.sign_in(user)
    browser.post("account_reset_password", email=user.email)
    link = reset_link()
    form = browser.client.get(link)["Location"]
    new = "en ganske ny kode"
    assert browser.client.post(form, {"password1": new, "password2": new}).status_code == 302
    assert not other_browser.signed_in
    browser.sign_in(user, new)
    assert browser.signed_in
    assert audited(cast.charity.org.id, "orgs.user.password_reset")
    assert "does not work any more" in words(Client().get(link))


def test_asking_for_a_reset_says_the_same_whether_the_address_exists(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    answers = [browser.post("account_reset_password", email=one) for one in (user.email, "nobody@example.org")]
    assert [(one.status_code, one["Location"]) for one in answers] == [
        (302, reverse("account_reset_password_done"))
    ] * 2


@pytest.mark.parametrize("link", ["/accounts/password/reset/key/abc-def/", "/accounts/password/reset/key/0-x/"])
def test_a_garbled_reset_link_says_so(db: None, browser: Browser, link: str) -> None:
    response = browser.client.get(link)
    assert response.status_code == 200
    assert "does not work any more" in words(response)


def test_a_reset_unlocks_the_address(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    for _try in range(6):
        browser.post("account_login", login=user.email, password="forkert kode her")
    browser.post("account_reset_password", email=user.email)
    new = "en ganske ny kode"
    browser.client.post(browser.client.get(reset_link())["Location"], {"password1": new, "password2": new})
    browser.sign_in(user, new)
    assert browser.signed_in


def test_the_mail_is_in_the_receivers_language(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    User.objects.filter(id=user.id).update(language="da")
    browser.post("account_reset_password", email=user.email)
    assert mail.outbox[-1].subject == "Nulstil din adgangskode"


def test_a_changed_password_needs_the_old_one_and_keeps_only_this_session(
    cast: Cast, browser: Browser, other_browser: Browser
) -> None:
    user = with_password(cast.charity.owner)
    browser.sign_in(user)
    other_browser.sign_in(user)
    new = "en ganske ny kode"
    wrong = browser.post("account_change_password", oldpassword="forkert", password1=new, password2=new)
    assert "not your current password" in words(wrong)
    browser.post("account_change_password", oldpassword=PASSWORD, password1=new, password2=new)
    assert browser.signed_in
    assert not other_browser.signed_in


# --- signing up ---


def test_an_organisation_is_signed_up_with_its_owner_who_is_in_at_once(db: None, browser: Browser) -> None:
    response = browser.post("account_signup", **SIGN_UP)
    assert response.status_code == 302
    organisation = Organisation.objects.get()
    membership = Membership.objects.get()
    assert (organisation.name, organisation.kind) == ("Røde Kors", "agency")
    assert (membership.role, membership.user.email, membership.user.name) == ("owner", "olga@example.org", "Olga Ø")
    assert browser.signed_in


def test_a_wrong_sign_up_says_what_and_makes_nobody(db: None, browser: Browser) -> None:
    page = words(browser.post("account_signup", **(SIGN_UP | {"password1": "kort", "kind": "bank", "name": ""})))
    assert page.count("invalid-feedback") >= 2
    assert not User.objects.exists()


def test_without_a_mail_server_a_known_address_is_refused_at_sign_up(cast: Cast, browser: Browser) -> None:
    assert cast.charity.owner.user is not None
    page = words(browser.post("account_signup", **(SIGN_UP | {"email": cast.charity.owner.user.email})))
    assert "There is an account with this e-mail address already" in page


@override_settings(ACCOUNT_EMAIL_VERIFICATION="mandatory")
def test_with_a_mail_server_signing_up_says_the_same_for_a_known_address(
    cast: Cast, browser: Browser, other_browser: Browser
) -> None:
    assert cast.charity.owner.user is not None
    count = Organisation.objects.count()
    known = browser.post("account_signup", **(SIGN_UP | {"email": cast.charity.owner.user.email}))
    fresh = other_browser.post("account_signup", **SIGN_UP)
    assert [(one.status_code, one["Location"]) for one in (known, fresh)] == [
        (302, reverse("account_email_verification_sent"))
    ] * 2
    assert Organisation.objects.count() == count + 1
    assert [sent.subject for sent in mail.outbox] == ["You have an account already", "Confirm your e-mail address"]


@override_settings(ACCOUNT_EMAIL_VERIFICATION="mandatory")
def test_with_a_mail_server_one_comes_in_when_the_address_is_confirmed(db: None, browser: Browser) -> None:
    browser.post("account_signup", **SIGN_UP)
    assert not browser.signed_in
    found = re.search(r"https?://[^/]+(/accounts/confirm-email/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    assert "olga@example.org" in words(browser.client.get(found.group(1)))
    browser.client.post(found.group(1))
    browser.sign_in(User.objects.get())
    assert browser.signed_in


@override_settings(ACCOUNT_EMAIL_VERIFICATION="mandatory")
def test_an_invited_user_needs_no_second_mail(cast: Cast, browser: Browser) -> None:
    made = actions.user_invite(actor=cast.charity.owner, email="ny@example.org", role="viewer")
    browser.post("orgs:join", made.token, name="Ny", password=PASSWORD)
    assert browser.signed_in


# --- the second factor ---


def test_a_second_factor_is_asked_for_and_a_code_works_once(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    app = with_authenticator(user)
    response = browser.sign_in(user)
    assert response["Location"] == reverse("mfa_authenticate")
    assert not browser.signed_in
    code = app.now()
    browser.post("mfa_authenticate", code=code)
    assert browser.signed_in
    again = Browser(Client())
    again.sign_in(user)
    assert "is not right" in words(again.post("mfa_authenticate", code=code))


def test_wrong_codes_lock_the_second_factor(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    app = with_authenticator(user)
    browser.sign_in(user)
    for _try in range(5):
        browser.post("mfa_authenticate", code="000000" if app.now() != "000000" else "111111")
    assert "Too many" in words(browser.post("mfa_authenticate", code=app.now()))
    assert not browser.signed_in


def test_the_secret_is_encrypted(cast: Cast) -> None:
    user = with_password(cast.charity.owner)
    app = with_authenticator(user)
    stored = str(Authenticator.objects.get(user_id=user.id).data)
    assert app.secret not in stored


def test_after_a_restore_without_its_key_sign_in_says_so_and_the_doctor_too(
    cast: Cast, browser: Browser, settings: Any
) -> None:
    user = with_password(cast.charity.owner)
    app = with_authenticator(user)
    found = {one.check: one for one in doctor.second_factors(settings.RINGROUND)}
    assert found["second factors"].level == "ok"
    other = secrets.Cipher([Fernet.generate_key().decode()])
    Authenticator.objects.filter(user_id=user.id).update(data={"secret": other.encrypt(app.secret)})
    browser.sign_in(user)
    assert "its key is missing" in words(browser.post("mfa_authenticate", code=app.now()))
    assert not browser.signed_in
    found = {one.check: one for one in doctor.second_factors(settings.RINGROUND)}
    assert found["second factors"].level == "fault"


def activate(browser: Browser) -> str:
    """Set up a second factor as one does; the secret."""
    page = words(browser.get("mfa_activate_totp"))
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert found is not None
    assert "data:image/svg+xml" in page
    # What allauth tells about it, it tells when it is committed.
    with TestCase.captureOnCommitCallbacks(execute=True):
        response = browser.post("mfa_activate_totp", code=pyotp.TOTP(found.group(1)).now())
    assert response.status_code == 302
    return found.group(1)


def test_whoever_must_have_a_second_factor_can_do_nothing_before(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    browser.sign_in(user)
    actions.organisation_change(actor=cast.charity.owner, mfa_required=True)
    set_up = reverse("mfa_activate_totp")
    for name in ("home", "orgs:users", "orgs:profile", "orgs:security", "account_change_password", "api-docs"):
        response = browser.get(name)
        assert (response.status_code, response["Location"]) == (303, set_up), name
    assert browser.post("orgs:teams", name="Aften").status_code == 303
    fragment = browser.client.get(reverse("orgs:users"), headers={"hx-request": "true"})
    assert (fragment.status_code, fragment["HX-Redirect"]) == (204, set_up)
    api = browser.client.get("/api/v1/me")
    assert (api.status_code, api.json()["code"]) == (403, "mfa_required")


def test_setting_up_the_second_factor_opens_the_door_and_gives_recovery_codes(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    actions.organisation_change(actor=cast.charity.owner, mfa_required=True)
    browser.sign_in(user)
    activate(browser)
    assert browser.signed_in
    codes = re.findall(r"<code>(\S+)</code>", words(browser.get("mfa_view_recovery_codes")))
    assert len(codes) == 10
    assert audited(cast.charity.org.id, "orgs.user.mfa_added")
    later = Browser(Client())
    later.sign_in(user)
    later.post("mfa_authenticate", code=codes[0])
    assert later.signed_in
    third = Browser(Client())
    third.sign_in(user)
    assert "is not right" in words(third.post("mfa_authenticate", code=codes[0]))


def test_a_second_factor_that_is_asked_for_cannot_be_switched_off(cast: Cast, browser: Browser) -> None:
    browser.sign_in(with_password(cast.charity.owner))
    activate(browser)
    actions.organisation_change(actor=cast.charity.owner, mfa_required=True)
    assert "cannot be switched off" in words(browser.post("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(type="totp").exists()


def test_a_second_factor_that_is_ones_own_wish_can_be_switched_off(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    browser.sign_in(user)
    activate(browser)
    browser.post("mfa_deactivate_totp")
    assert not Authenticator.objects.filter(user_id=user.id).exists()
    assert audited(cast.charity.org.id, "orgs.user.mfa_removed")


def test_what_guards_the_account_asks_for_the_password_again_after_a_while(
    cast: Cast, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    browser.sign_in(with_password(cast.charity.owner))
    assert browser.get("mfa_activate_totp").status_code == 200
    later = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: later)
    response = browser.get("mfa_activate_totp")
    assert response["Location"].startswith(reverse("account_reauthenticate"))
    browser.post("account_reauthenticate", password=PASSWORD, next=reverse("mfa_activate_totp"))
    assert browser.get("mfa_activate_totp").status_code == 200


# --- sessions ---


def test_a_deactivated_users_session_and_token_are_dead_at_once(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.junior)
    browser.sign_in(user)
    assert browser.signed_in
    _token, raw = actions.token_create(actor=cast.charity.junior, name="bot")
    actions.user_deactivate(actor=cast.charity.manager, user_id=user.id)
    assert not browser.signed_in
    assert browser.client.get("/api/v1/me", headers={"authorization": f"Bearer {raw}"}).status_code == 401


def test_who_belongs_nowhere_gets_a_page_that_says_so(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.junior)
    Membership.objects.filter(user=user).update(active=False)
    browser.sign_in(user)
    response = browser.get("home")
    assert response.status_code == 403
    assert "do not belong to any organisation" in words(response)
    assert browser.client.get("/api/v1/me").json()["code"] == "no_membership"
    assert browser.post("account_logout").status_code == 302


def test_sessions_are_listed_and_ended_one_by_one(cast: Cast, browser: Browser, other_browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    browser.sign_in(user)
    other_browser.sign_in(user)
    other = UserSession.objects.exclude(session_key=browser.client.session.session_key).get()
    assert words(browser.get("orgs:security")).count("last seen") == 2
    browser.post("orgs:session-end", other.id)
    assert browser.signed_in
    assert not other_browser.signed_in


def test_one_cannot_end_anothers_session(cast: Cast, browser: Browser, other_browser: Browser) -> None:
    browser.sign_in(with_password(cast.charity.owner))
    other_browser.sign_in(with_password(cast.charity.manager))
    session = UserSession.objects.get(user=cast.charity.manager.user)
    assert browser.post("orgs:session-end", session.id).status_code == 404
    assert other_browser.signed_in


def test_all_other_sessions_are_ended_at_once(cast: Cast, browser: Browser, other_browser: Browser) -> None:
    user = with_password(cast.charity.owner)
    browser.sign_in(user)
    other_browser.sign_in(user)
    browser.post("orgs:sessions-end")
    assert browser.signed_in
    assert not other_browser.signed_in


def test_a_manager_signs_a_user_out_everywhere(cast: Cast, browser: Browser, other_browser: Browser) -> None:
    user = with_password(cast.charity.junior)
    other_browser.sign_in(user)
    browser.come_in(cast.charity.manager)
    browser.post("orgs:sign-out", user.id)
    assert not other_browser.signed_in


def test_the_list_of_sessions_is_not_written_on_every_request(
    cast: Cast, browser: Browser, django_assert_num_queries: object
) -> None:
    browser.sign_in(with_password(cast.charity.owner))
    browser.get("orgs:profile")
    before = UserSession.objects.get().last_seen_at
    browser.get("orgs:profile")
    assert UserSession.objects.get().last_seen_at == before


# --- one organisation of several ---


def test_who_works_for_several_chooses_and_the_choice_holds(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.manager)
    Membership.objects.create(organisation=cast.magazine.org, user=user, role="viewer")
    assert browser.sign_in(user)["Location"] == reverse("orgs:choose")
    assert "Ugemagasinet" in words(browser.get("orgs:choose"))
    browser.post("orgs:choose", organisation=str(cast.magazine.org.id))
    assert browser.post("orgs:teams", name="Aften").status_code == 403
    browser.post("orgs:choose", organisation=str(cast.charity.org.id))
    assert browser.post("orgs:teams", name="Aften").status_code == 303


@pytest.mark.parametrize("organisation", ["agency", "nonsense"])
def test_one_cannot_choose_what_is_not_ones_own(cast: Cast, browser: Browser, organisation: str) -> None:
    browser.come_in(cast.charity.manager)
    wanted = str(cast.agency.org.id) if organisation == "agency" else organisation
    assert browser.post("orgs:choose", organisation=wanted).status_code == 404


# --- every page of allauth is ours ---


def test_every_page_of_signing_in_is_in_our_look() -> None:
    """Each template that a served view may draw stands in this room."""
    from pathlib import Path

    import ringround.orgs
    from ringround.orgs import account_urls

    ours = Path(ringround.orgs.__file__).parent / "templates"
    for pattern in account_urls.urlpatterns:
        view = getattr(pattern.callback, "view_class", None)
        name = getattr(view, "template_name", None)
        if name is not None:
            assert (ours / name).is_file(), name


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/code/confirm/",
        "/accounts/2fa/webauthn/",
        "/accounts/sessions/",
        "/accounts/3rdparty/",
    ],
)
def test_pages_of_allauth_that_we_do_not_serve_are_not_there(cast: Cast, browser: Browser, path: str) -> None:
    browser.come_in(cast.charity.owner)
    assert browser.client.get(path).status_code == 404


# --- mails ---


def test_the_link_for_a_new_password_is_to_our_own_address_whatever_host_was_asked_for(cast: Cast) -> None:
    user = with_password(cast.charity.owner)
    Client(headers={"host": "127.0.0.1:6666"}).post(reverse("account_reset_password"), {"email": user.email})
    assert "6666" not in mail.outbox[-1].body
    assert "http://localhost:8000/accounts/password/reset/key/" in mail.outbox[-1].body


def test_a_mail_that_is_refused_leaves_no_address_in_the_log(
    cast: Cast, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = with_password(cast.charity.owner)

    def refuse(*_: object, **__: object) -> int:
        raise smtplib.SMTPRecipientsRefused({"new@example.org": (550, b"no"), user.email: (550, b"no")})

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    Client().post(reverse("account_reset_password"), {"email": user.email})
    with TestCase.captureOnCommitCallbacks(execute=True):
        actions.user_invite(actor=cast.charity.owner, email="new@example.org", role="viewer")
    assert "SMTPRecipientsRefused" in caplog.text
    assert "new@example.org" not in caplog.text
    assert user.email not in caplog.text
