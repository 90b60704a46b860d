"""The settings screens: who may open which, and what they do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from ringround.infra import clock
from ringround.kernel.ids import new_id
from ringround.orgs import actions, queries
from ringround.orgs.models import AgencyLink, ApiToken, Invitation, Membership, Organisation, Team, User
from tests.factories import Cast
from tests.integration.orgs.browser import PASSWORD, Browser, with_password

pytestmark = pytest.mark.django_db

OPEN_TO = {
    "orgs:organisation": {"owner", "manager", "manager2", "supervisor", "quality", "viewer"},
    "orgs:users": {"owner", "manager", "manager2", "supervisor"},
    "orgs:invite": {"owner", "manager", "manager2"},
    "orgs:teams": {"owner", "manager", "manager2", "supervisor"},
    "orgs:links": {"owner", "manager", "manager2"},
    "orgs:audit": {"owner"},
}


def words(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("name", OPEN_TO)
def test_a_screen_opens_for_its_roles_and_no_others(cast: Cast, browser: Browser, name: str) -> None:
    for role, actor in cast.charity.actors.items():
        expected = 200 if role in OPEN_TO[name] else 403
        assert browser.come_in(actor).get(name).status_code == expected, role


@pytest.mark.parametrize("name", [*OPEN_TO, "orgs:tokens", "orgs:profile", "orgs:security", "orgs:choose"])
def test_strangers_are_sent_to_the_sign_in_and_back(db: None, browser: Browser, name: str) -> None:
    response = browser.get(name)
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('account_login')}?next={reverse(name)}"


@pytest.mark.parametrize("name", ["orgs:tokens", "orgs:token-new", "orgs:profile", "orgs:security", "orgs:choose"])
def test_what_is_ones_own_opens_for_every_role(cast: Cast, browser: Browser, name: str) -> None:
    for role, actor in cast.charity.actors.items():
        assert browser.come_in(actor).get(name).status_code == 200, role


@pytest.mark.parametrize("language", ["en", "da"])
def test_every_screen_is_drawn_in_both_languages(cast: Cast, browser: Browser, language: str) -> None:
    User.objects.filter(id=cast.charity.owner.user_id).update(language=language)
    actions.team_create(actor=cast.charity.owner, name="Aften")
    actions.token_create(actor=cast.charity.owner, name="CRM", days=30)
    actions.agency_link_create(actor=cast.charity.owner)
    browser.come_in(cast.charity.owner)
    for name in (*OPEN_TO, "orgs:tokens", "orgs:token-new", "orgs:profile", "orgs:security", "orgs:choose"):
        page = browser.get(name)
        assert page.status_code == 200
        assert f'<html lang="{language}"' in words(page)


# --- drafts ---


def test_a_saved_form_lets_its_draft_go(cast: Cast, browser: Browser) -> None:
    browser.come_in(cast.charity.owner)
    assert "rr_kept" in browser.post("orgs:organisation", _keep="organisation", **SETTINGS).cookies


def test_who_is_sent_to_sign_in_keeps_the_draft(cast: Cast, browser: Browser) -> None:
    response = browser.post("orgs:organisation", _keep="organisation", **SETTINGS)
    assert (response.status_code, "rr_kept" in response.cookies) == (302, False)


# --- organisation ---

SETTINGS = {
    "name": "Hjælpen",
    "language": "da",
    "timezone": "Europe/Copenhagen",
    "region": "DK",
    "four_eyes": "on",
    "callback_max_days": "30",
    "callbacks_per_agent": "50",
    "pause_reasons": "Frokost\n\n Møde \n",
}


def test_an_owner_saves_the_settings(cast: Cast, browser: Browser) -> None:
    assert browser.come_in(cast.charity.owner).post("orgs:organisation", **SETTINGS).status_code == 303
    saved = Organisation.objects.get(id=cast.charity.org.id)
    assert (saved.four_eyes, saved.callback_max_days, saved.pause_reasons) == (True, 30, ["Frokost", "Møde"])


def test_wrong_settings_come_back_with_what_was_typed(cast: Cast, browser: Browser) -> None:
    browser.come_in(cast.charity.owner)
    for name, value, said in (
        ("pause_reasons", "Møde\nmøde", "stands there twice"),
        ("callback_max_days", "0", "greater than or equal to 1"),
    ):
        response = browser.post("orgs:organisation", **(SETTINGS | {name: value}))
        assert response.status_code == 422
        assert said in words(response)
        assert value in words(response)
    assert Organisation.objects.get(id=cast.charity.org.id).callback_max_days == 90


def test_a_manager_reads_the_settings_and_cannot_save_them(cast: Cast, browser: Browser) -> None:
    browser.come_in(cast.charity.manager)
    assert "Only an owner can change these" in words(browser.get("orgs:organisation"))
    assert browser.post("orgs:organisation", **SETTINGS).status_code == 403


# --- users ---


def test_a_user_is_invited_joins_by_the_link_shown_and_is_in(
    cast: Cast, browser: Browser, other_browser: Browser
) -> None:
    browser.come_in(cast.charity.manager)
    page = words(browser.post("orgs:invite", email="ny@example.org", name="Ny", role="junior_agent"))
    found = re.search(r"/join/(rri_[\w-]+)", page)
    assert found is not None
    token = found.group(1)
    assert "Hjælpen" in words(other_browser.get("orgs:join", token))
    response = other_browser.post("orgs:join", token, name="Ny Navn", password=PASSWORD)
    assert response.status_code == 302
    assert other_browser.signed_in
    assert Membership.objects.get(user__email="ny@example.org").active


def test_an_invitation_that_cannot_be_used_says_why(cast: Cast, browser: Browser) -> None:
    made = actions.user_invite(actor=cast.charity.owner, email="ny@example.org", role="viewer")
    Invitation.objects.update(expires_at=clock.real_now() - timedelta(days=1))
    response = browser.get("orgs:join", made.token)
    assert response.status_code == 410
    assert "ran out" in words(response)
    actions.invitation_revoke(actor=cast.charity.owner, user_id=made.user.id)
    assert "withdrawn" in words(browser.get("orgs:join", made.token))
    assert browser.get("orgs:join", "rri_nothing").status_code == 404
    assert browser.post("orgs:join", made.token, name="X", password=PASSWORD).status_code == 303
    assert not Membership.objects.get(user_id=made.user.id).active


def test_who_has_an_account_signs_in_and_comes_back_to_accept(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.agency.junior)
    made = actions.user_invite(actor=cast.charity.owner, email=user.email, role="viewer")
    page = words(browser.get("orgs:join", made.token))
    here = reverse("orgs:join", args=[made.token])
    assert f"next={here.replace('/', '%2F')}" in page
    assert browser.sign_in(user, next=here)["Location"] == here
    assert browser.post("orgs:join", made.token).status_code == 303
    assert queries.member_get(organisation_ids=[cast.charity.org.id], user_id=user.id) is not None


def test_who_is_signed_in_as_another_is_told(cast: Cast, browser: Browser) -> None:
    made = actions.user_invite(actor=cast.charity.owner, email="ny@example.org", role="viewer")
    page = words(browser.come_in(cast.magazine.owner).get("orgs:join", made.token))
    assert "but you are signed in as" in page


def test_who_belongs_nowhere_yet_may_accept(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.agency.junior)
    made = actions.user_invite(actor=cast.charity.owner, email=user.email, role="viewer")
    Membership.objects.filter(user=user).update(active=False)
    browser.sign_in(user)
    assert browser.post("orgs:join", made.token).status_code == 303
    assert browser.signed_in


def test_a_refused_invitation_comes_back_with_the_reason(cast: Cast, browser: Browser) -> None:
    assert cast.charity.junior.user is not None
    browser.come_in(cast.charity.manager)
    response = browser.post("orgs:invite", email=cast.charity.junior.user.email, role="viewer")
    assert response.status_code == 422
    assert "is a member already" in words(response)
    assert browser.post("orgs:invite", email="ny@example.org", role="owner").status_code == 422


def test_users_are_searched_and_filtered(cast: Cast, browser: Browser) -> None:
    browser.come_in(cast.charity.supervisor)
    page = words(browser.get("orgs:users", q="jonas"))
    assert "Jonas Junior" in page
    assert "Signe Senior" not in page
    assert "Signe Senior" in words(browser.get("orgs:users", role="senior_agent"))
    assert "Nobody found" in words(browser.get("orgs:users", state="inactive"))
    part = browser.client.get(reverse("orgs:users"), {"q": "jonas"}, headers={"hx-request": "true"})
    assert "<html" not in words(part)


def test_a_user_is_changed_and_deactivated(cast: Cast, browser: Browser) -> None:
    user_id = cast.charity.junior.user_id
    browser.come_in(cast.charity.manager)
    assert browser.post("orgs:user", user_id, role="senior_agent", team="", external_id="A-1").status_code == 303
    assert Membership.objects.get(user_id=user_id).role == "senior_agent"
    assert browser.post("orgs:deactivate", user_id).status_code == 303
    assert not Membership.objects.get(user_id=user_id).active
    assert browser.post("orgs:deactivate", user_id).status_code == 409


def test_the_last_owner_is_kept_with_a_reason(cast: Cast, browser: Browser) -> None:
    browser.come_in(cast.charity.owner)
    response = browser.post("orgs:user", cast.charity.owner.user_id, role="viewer", team="", external_id="")
    assert response.status_code == 422
    assert "needs an owner" in words(response)


def test_a_manager_sees_an_owner_and_cannot_change_them(cast: Cast, browser: Browser) -> None:
    browser.come_in(cast.charity.manager)
    assert browser.get("orgs:user", cast.charity.owner.user_id).status_code == 200
    changed = browser.post("orgs:user", cast.charity.owner.user_id, role="viewer", team="", external_id="")
    assert changed.status_code == 403
    assert browser.post("orgs:deactivate", cast.charity.owner.user_id).status_code == 403


def test_an_invitation_is_sent_again_and_withdrawn(cast: Cast, browser: Browser) -> None:
    made = actions.user_invite(actor=cast.charity.owner, email="ny@example.org", role="viewer")
    browser.come_in(cast.charity.manager)
    assert "/join/rri_" in words(browser.post("orgs:renew", made.user.id))
    assert browser.post("orgs:withdraw", made.user.id).status_code == 303
    assert browser.post("orgs:withdraw", made.user.id).status_code == 409


# --- the rest ---


def test_teams_are_made_renamed_and_deleted(cast: Cast, browser: Browser) -> None:
    browser.come_in(cast.charity.manager)
    browser.post("orgs:teams", name="Aften")
    team = Team.objects.get()
    assert browser.post("orgs:teams", name="aften").status_code == 422
    browser.post("orgs:team", team.id, name="Dag", members=[str(cast.charity.junior.user_id)])
    assert Membership.objects.get(user=cast.charity.junior.user_id, organisation=cast.charity.org).team == team
    found = words(browser.get("orgs:users", team=str(team.id)))
    assert str(cast.charity.junior.user) in found
    assert str(cast.charity.senior.user) not in found
    assert "Dag" in words(browser.get("orgs:teams"))
    browser.post("orgs:team-delete", team.id)
    assert not Team.objects.exists()


def test_a_merchant_and_an_agency_connect_and_part(cast: Cast, browser: Browser, other_browser: Browser) -> None:
    browser.come_in(cast.charity.manager)
    found = re.search(r"rrl_[\w-]+", words(browser.post("orgs:link-create")))
    assert found is not None
    other_browser.come_in(cast.agency.manager)
    assert other_browser.post("orgs:link-claim", token="rrl_wrong").status_code == 422
    assert other_browser.post("orgs:link-claim", token=found.group()).status_code == 303
    assert "already" in words(other_browser.post("orgs:link-claim", token=found.group()))
    assert "Ringbureauet" in words(browser.get("orgs:links"))
    assert "Hjælpen" in words(other_browser.get("orgs:links"))
    link = AgencyLink.objects.get(merchant=cast.charity.org)
    assert browser.post("orgs:link-revoke", link.id).status_code == 303
    assert not queries.link_is_live(merchant_id=cast.charity.org.id, agency_id=cast.agency.org.id)


def test_a_token_is_shown_once_and_revoked(cast: Cast, browser: Browser) -> None:
    browser.come_in(cast.charity.owner)
    made = browser.post("orgs:token-new", name="CRM", days="30", scopes=["*"])
    found = re.search(r"rrt_[\w-]+", words(made))
    assert found is not None
    assert "no-store" in made["Cache-Control"]
    assert queries.actor_for_token(raw=found.group()) is not None
    assert found.group() not in words(browser.get("orgs:tokens"))
    browser.post("orgs:token-revoke", ApiToken.objects.get().id)
    assert queries.actor_for_token(raw=found.group()) is None
    assert browser.post("orgs:token-new", name="", days="31", scopes=[]).status_code == 422


def test_the_audit_page_shows_and_filters(cast: Cast, browser: Browser) -> None:
    actions.team_create(actor=cast.charity.manager, name="Aften")
    browser.come_in(cast.charity.owner)
    page = words(browser.get("orgs:audit"))
    assert "Team created" in page
    assert "Mads Manager" in page
    assert "Nothing found" in words(browser.get("orgs:audit", action="orgs.token.created"))
    assert "Nothing found" in words(browser.get("orgs:audit", until="2020-01-01"))
    assert browser.get("orgs:audit", since="rubbish", until="9999-12-31", user="x", subject="y").status_code == 200
    assert browser.get("orgs:audit", after="rubbish").status_code == 422


def test_the_profile_is_saved_and_the_next_page_speaks_the_new_language(cast: Cast, browser: Browser) -> None:
    browser.come_in(cast.charity.junior)
    given = {"name": "Jonas J.", "language": "da", "timezone": "America/New_York", "theme": "dark"}
    assert browser.post("orgs:profile", **given).status_code == 303
    user = User.objects.get(id=cast.charity.junior.user_id)
    assert (user.name, user.language, user.timezone, user.theme) == tuple(given.values())
    page = words(browser.get("orgs:profile"))
    assert '<html lang="da" data-bs-theme="dark"' in page
    assert browser.post("orgs:profile", **(given | {"timezone": "Mars"})).status_code == 422


def test_a_chosen_look_comes_along_to_a_new_browser(cast: Cast, browser: Browser) -> None:
    user = with_password(cast.charity.junior)
    User.objects.filter(id=user.id).update(theme="dark")
    browser.sign_in(user)
    assert 'data-bs-theme="dark"' in words(browser.get("orgs:profile"))


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("orgs:user", "user"),
        ("orgs:deactivate", "user"),
        ("orgs:renew", "user"),
        ("orgs:withdraw", "user"),
        ("orgs:sign-out", "user"),
        ("orgs:team", "team"),
        ("orgs:team-delete", "team"),
        ("orgs:link-revoke", "link"),
        ("orgs:token-revoke", "token"),
    ],
)
def test_another_organisations_things_are_not_there(cast: Cast, browser: Browser, name: str, what: str) -> None:
    theirs = {
        "user": cast.magazine.junior.user_id,
        "team": actions.team_create(actor=cast.magazine.owner, name="Aften").id,
        "link": AgencyLink.objects.get().id,
        "token": actions.token_create(actor=cast.magazine.owner, name="CRM")[0].id,
    }
    browser.come_in(cast.charity.owner)
    for one in (theirs[what], new_id()):
        assert browser.post(name, one, role="viewer", name="X").status_code == 404


def test_a_form_from_elsewhere_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    assert cast.charity.owner.user is not None
    client.force_login(cast.charity.owner.user)
    assert client.post(reverse("orgs:teams"), {"name": "Aften"}).status_code == 403
    assert not Team.objects.exists()
