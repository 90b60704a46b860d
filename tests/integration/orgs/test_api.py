"""Organisation, users, teams and links over HTTP. What every route refuses is walked elsewhere."""

from __future__ import annotations

import re

import pytest

from ringround.http.models import IdempotencyKey
from ringround.kernel.ids import new_id
from ringround.orgs import actions, queries
from ringround.orgs.models import AgencyLink, Organisation
from tests.factories import Cast, organisation
from tests.integration.http.calling import Caller, token_for
from tests.integration.orgs.browser import Browser

pytestmark = pytest.mark.django_db


def call(actor: object) -> Caller:
    return Caller(token_for(actor))  # type: ignore[arg-type]


def test_me_says_who_asks(cast: Cast) -> None:
    owner = cast.charity.owner
    assert owner.user is not None
    assert call(owner)("GET", "/me").json() == {
        "user": {"id": str(owner.user.id), "email": owner.user.email, "name": "Olga Owner", "role": "owner"},
        "organisation": {"id": str(owner.org_id), "name": "Hjælpen", "kind": "merchant"},
        "acting_for": None,
        "scopes": ["*"],
    }


def test_me_says_for_whom_an_agency_acts(cast: Cast) -> None:
    managed = organisation("Styret", "merchant", managed_by=cast.agency.org)
    caller = call(cast.agency.manager)
    found = caller("GET", "/me", **{"Ringround-Acting-For": str(managed.id)}).json()
    assert (found["organisation"]["name"], found["acting_for"]["name"]) == ("Ringbureauet", "Styret")
    for other in (cast.magazine.org.id, "rubbish"):
        assert caller("GET", "/me", **{"Ringround-Acting-For": str(other)}).status_code == 404


def test_settings_are_read_by_managers_and_changed_by_owners(cast: Cast) -> None:
    assert call(cast.charity.manager)("GET", "/organisation").json()["callback_max_days"] == 90
    changed = call(cast.charity.owner)("PATCH", "/organisation", {"four_eyes": True, "pause_reasons": ["Frokost"]})
    assert changed.status_code == 200
    assert (changed.json()["four_eyes"], changed.json()["pause_reasons"]) == (True, ["Frokost"])
    assert changed.json()["callback_max_days"] == 90
    assert call(cast.charity.manager)("PATCH", "/organisation", {"four_eyes": False}).status_code == 403


def test_wrong_settings_are_named_and_unknown_ones_refused(cast: Cast) -> None:
    caller = call(cast.charity.owner)
    wrong = caller("PATCH", "/organisation", {"region": "XX", "callback_max_days": 0})
    assert wrong.status_code == 422
    assert {(one["loc"][1], one["code"]) for one in wrong.json()["errors"]} == {
        ("region", "unknown_region"),
        ("callback_max_days", "out_of_range"),
    }
    unknown = caller("PATCH", "/organisation", {"kind": "agency"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_field")
    assert Organisation.objects.get(id=cast.charity.org.id).kind == "merchant"


def test_a_second_factor_asked_for_by_the_api_leaves_tokens_alone(cast: Cast) -> None:
    caller = call(cast.charity.owner)
    assert caller("PATCH", "/organisation", {"mfa_required": True}).status_code == 200
    assert caller("GET", "/me").status_code == 200


def test_a_user_is_invited_joins_and_is_deactivated(cast: Cast, browser: Browser) -> None:
    caller = call(cast.charity.manager)
    actions.team_create(actor=cast.charity.manager, name="Aften")
    body = {"email": "Ny@example.org", "name": "Ny", "role": "junior_agent", "team": "Aften"}
    made = caller("POST", "/users", body)
    assert made.status_code == 201
    user = made.json()
    assert (user["state"], user["email"], user["role"]) == ("invited", "ny@example.org", "junior_agent")
    token = user["invitation_url"].rpartition("/")[2]
    browser.post("orgs:join", token, name="Ny", password="rigtig hest batteri")
    assert caller("GET", f"/users/{user['id']}").json()["state"] == "active"
    changed = caller("PATCH", f"/users/{user['id']}", {"role": "senior_agent", "team": None})
    assert (changed.json()["role"], changed.json()["team"]) == ("senior_agent", None)
    gone = caller("POST", f"/users/{user['id']}/deactivate")
    assert (gone.status_code, gone.json()["state"]) == (200, "inactive")
    again = caller("POST", f"/users/{user['id']}/deactivate")
    assert (again.status_code, again.json()["code"]) == (409, "already_inactive")
    assert again.json()["allowed"] == ["active", "invited"]


def test_inviting_twice_and_inviting_a_member_are_conflicts(cast: Cast) -> None:
    caller = call(cast.charity.manager)
    assert cast.charity.junior.user is not None
    caller("POST", "/users", {"email": "ny@example.org", "role": "viewer"})
    codes = [
        caller("POST", "/users", {"email": email, "role": "viewer"}).json()["code"]
        for email in ("NY@example.org", cast.charity.junior.user.email)
    ]
    assert codes == ["already_invited", "already_member"]


@pytest.mark.parametrize(
    ("change", "loc"),
    [({"email": "x"}, "email"), ({"role": "king"}, "role"), ({"team": "Ingen"}, "team"), ({"role": None}, "role")],
)
def test_a_wrong_user_is_named(cast: Cast, change: dict[str, object], loc: str) -> None:
    answer = call(cast.charity.manager)("POST", "/users", {"email": "ny@example.org", "role": "viewer"} | change)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", loc]


def test_users_are_paged_without_loss(cast: Cast) -> None:
    caller = call(cast.charity.supervisor)
    seen, after = [], None
    while True:
        page = caller("GET", f"/users?size=3{f'&after={after}' if after else ''}").json()
        seen += [one["id"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert sorted(seen) == sorted(str(actor.user_id) for actor in cast.charity.actors.values())


def test_another_organisations_user_is_404_before_403(cast: Cast) -> None:
    theirs = cast.magazine.junior.user_id
    for actor in (cast.charity.owner, cast.charity.junior):
        caller = call(actor)
        assert caller("GET", f"/users/{theirs}").status_code == 404
        assert caller("PATCH", f"/users/{theirs}", {"role": "viewer"}).status_code == 404
        assert caller("POST", f"/users/{theirs}/deactivate").status_code == 404
        assert caller("POST", f"/users/{new_id()}/deactivate").status_code == 404
    own = call(cast.charity.junior)("POST", f"/users/{cast.charity.senior.user_id}/deactivate")
    assert (own.status_code, own.json()["code"]) == (403, "forbidden")


def test_teams_are_made_renamed_listed_and_deleted(cast: Cast) -> None:
    caller = call(cast.charity.manager)
    for name in ("Åben", "Aften", "Zebra"):
        assert caller("POST", "/teams", {"name": name}).status_code == 201
    first = caller("GET", "/teams?size=2").json()
    rest = caller("GET", f"/teams?size=2&after={first['next']}").json()
    assert [one["name"] for one in first["items"] + rest["items"]] == ["Aften", "Zebra", "Åben"]
    assert rest["next"] is None
    team = first["items"][0]["id"]
    assert caller("PATCH", f"/teams/{team}", {"name": "Dag"}).json()["name"] == "Dag"
    members = [str(cast.charity.junior.user_id)]
    assert caller("PATCH", f"/teams/{team}", {"members": members}).json() == {
        "id": team, "name": "Dag", "members": members,
    }  # fmt: skip
    assert [one["id"] for one in caller("GET", f"/users?team={team}").json()["items"]] == members
    assert caller("POST", "/teams", {"name": "dag"}).json()["code"] == "name_taken"
    assert caller("DELETE", f"/teams/{team}").status_code == 204
    assert caller("DELETE", f"/teams/{team}").status_code == 404


def test_an_agency_link_is_made_claimed_listed_and_revoked(cast: Cast) -> None:
    merchant, agency = call(cast.charity.manager), call(cast.agency.manager)
    made = merchant("POST", "/agency-links")
    assert made.status_code == 201
    claimed = agency("POST", "/agency-links/claim", {"token": made.json()["token"]})
    assert (claimed.status_code, claimed.json()["state"], claimed.json()["other"]) == (200, "live", "Hjælpen")
    again = call(cast.agency2.owner)("POST", "/agency-links/claim", {"token": made.json()["token"]})
    assert (again.status_code, again.json()["code"]) == (409, "link_used")
    (listed,) = merchant("GET", "/agency-links").json()["items"]
    assert (listed["id"], listed["agency"], listed["state"]) == (made.json()["id"], str(cast.agency.org.id), "live")
    assert "token" not in listed
    assert call(cast.agency2.owner)("DELETE", f"/agency-links/{listed['id']}").status_code == 404
    assert agency("DELETE", f"/agency-links/{listed['id']}").status_code == 204
    assert merchant("DELETE", f"/agency-links/{listed['id']}").status_code == 409
    assert not queries.link_is_live(merchant_id=cast.charity.org.id, agency_id=cast.agency.org.id)


def test_an_unknown_link_token_is_404(cast: Cast) -> None:
    assert call(cast.agency.owner)("POST", "/agency-links/claim", {"token": "rrl_x"}).status_code == 404


def test_a_narrow_token_reaches_only_its_scope(cast: Cast) -> None:
    caller = Caller(token_for(cast.charity.owner, scopes=["campaigns"]))
    assert caller("GET", "/me").status_code == 200
    assert caller("GET", "/users").status_code == 403


def test_what_is_shown_once_is_not_to_be_read_among_the_answers(cast: Cast) -> None:
    """A link's token, an invitation's and a new user's secrets: hashed where they live, encrypted in the answer."""
    owner = call(cast.charity.owner)
    link = owner("POST", "/agency-links", {}, Idempotency_Key="link")
    user = owner("POST", "/users", {"email": "ny@example.org", "name": "Ny", "role": "manager"}, Idempotency_Key="user")
    assert (link.status_code, user.status_code) == (201, 201), (link.content, user.content)
    secrets = [link.json()["token"], *re.findall(r"[A-Za-z0-9_-]{24,}", user.content.decode())]
    for row in IdempotencyKey.objects.all():
        kept = f"{row.headers}{row.request_hash}".encode() + bytes(row.body or b"")
        assert not any(one.encode() in kept for one in secrets)
    assert owner("POST", "/agency-links", {}, Idempotency_Key="link").json() == link.json()
    assert AgencyLink.objects.filter(id=link.json()["id"]).count() == 1
