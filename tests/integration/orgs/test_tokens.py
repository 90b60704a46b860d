"""API tokens: what they may do, how they end; and acting for another organisation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from ringround.infra import clock
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.kernel.ids import hash_token, new_id
from ringround.orgs import actions, permissions, queries
from ringround.orgs.models import ApiToken, Membership, User
from tests.factories import Cast, organisation
from tests.integration.orgs.helpers import audited

pytestmark = pytest.mark.django_db


def test_a_token_acts_as_its_user(cast: Cast) -> None:
    token, raw = actions.token_create(actor=cast.charity.manager, name="CRM")
    actor = queries.actor_for_token(raw=raw)
    assert actor is not None
    assert (actor.user_id, actor.org_id, actor.role) == (
        cast.charity.manager.user_id,
        cast.charity.org.id,
        "manager",
    )
    assert (actor.via, actor.token_id) == ("token", token.id)
    assert raw not in str(ApiToken.objects.values().get())
    assert audited(cast.charity.org.id, "orgs.token.created")[0]["scopes"] == ["*"]


def test_an_unknown_token_is_nobodys(cast: Cast) -> None:
    assert queries.actor_for_token(raw="rrt_nothing") is None


def test_a_role_changed_later_counts_at_once(cast: Cast) -> None:
    _token, raw = actions.token_create(actor=cast.charity.manager, name="CRM")
    Membership.objects.filter(user_id=cast.charity.manager.user_id).update(role="viewer")
    actor = queries.actor_for_token(raw=raw)
    assert actor is not None
    assert not permissions.allows(actor, "orgs.users.change")


def test_an_expired_token_is_nobodys(cast: Cast) -> None:
    _token, raw = actions.token_create(actor=cast.charity.manager, name="CRM", days=30)
    assert queries.actor_for_token(raw=raw) is not None
    ApiToken.objects.update(expires_at=clock.real_now())
    assert queries.actor_for_token(raw=raw) is None


def test_the_virtual_clock_does_not_age_tokens(cast: Cast) -> None:
    _token, raw = actions.token_create(actor=cast.charity.manager, name="CRM", days=30)
    with clock.frozen(clock.real_now() + timedelta(days=400)):
        assert queries.actor_for_token(raw=raw) is not None


def test_a_revoked_token_is_nobodys_and_is_revoked_once(cast: Cast) -> None:
    token, raw = actions.token_create(actor=cast.charity.manager, name="CRM")
    actions.token_revoke(actor=cast.charity.manager, token_id=token.id)
    assert queries.actor_for_token(raw=raw) is None
    with pytest.raises(Conflict) as refused:
        actions.token_revoke(actor=cast.charity.manager, token_id=token.id)
    assert refused.value.code == "already_revoked"


def test_a_token_of_a_user_who_is_switched_off_is_nobodys(cast: Cast) -> None:
    _token, raw = actions.token_create(actor=cast.charity.manager, name="CRM")
    User.objects.filter(id=cast.charity.manager.user_id).update(is_active=False)
    assert queries.actor_for_token(raw=raw) is None


def test_a_scope_narrows_what_the_role_allows(cast: Cast) -> None:
    _token, raw = actions.token_create(actor=cast.charity.owner, name="CRM", scopes=["orgs.users.read"])
    actor = queries.actor_for_token(raw=raw)
    assert actor is not None
    assert permissions.allows(actor, "orgs.users.read")
    assert not permissions.allows(actor, "orgs.users.change")


def test_a_narrow_token_cannot_make_a_wider_one(cast: Cast) -> None:
    _token, raw = actions.token_create(actor=cast.charity.owner, name="CRM", scopes=["orgs.tokens.own"])
    actor = queries.actor_for_token(raw=raw)
    assert actor is not None
    with pytest.raises(Invalid) as refused:
        actions.token_create(actor=actor, name="wider", scopes=["*"])
    assert refused.value.errors[0].code == "scope_not_yours"
    actions.token_create(actor=actor, name="same", scopes=["orgs.tokens.own"])


def test_a_rooms_scope_gives_nothing_that_stands_apart(cast: Cast) -> None:
    _token, raw = actions.token_create(actor=cast.charity.owner, name="BI", scopes=["orgs", "reports"])
    actor = queries.actor_for_token(raw=raw)
    assert actor is not None
    assert permissions.allows(actor, "reports.read")
    for apart in ("reports.clients.export", "reports.clients.delete"):
        assert not permissions.allows(actor, apart)
        with pytest.raises(Invalid) as refused:
            actions.token_create(actor=actor, name="wider", scopes=[apart])
        assert refused.value.errors[0].code == "scope_not_yours"
        with pytest.raises(ValueError, match="no permission"):
            permissions.declare_apart([f"{apart}d"])


@pytest.mark.parametrize(("field", "value"), [("scopes", ["cooking"]), ("scopes", []), ("days", 0), ("name", " ")])
def test_a_wrong_token_is_named(cast: Cast, field: str, value: object) -> None:
    with pytest.raises(Invalid) as refused:
        actions.token_create(actor=cast.charity.owner, **({"name": "CRM"} | {field: value}))  # type: ignore[arg-type]
    assert refused.value.errors[0].loc[0] == field


def test_one_sees_ones_own_tokens_and_an_owner_everyones(cast: Cast) -> None:
    actions.token_create(actor=cast.charity.junior, name="mine")
    actions.token_create(actor=cast.charity.senior, name="yours")
    actions.token_create(actor=cast.magazine.owner, name="theirs")
    assert [row.name for row in queries.token_list(actor=cast.charity.junior)] == ["mine"]
    assert {row.name for row in queries.token_list(actor=cast.charity.owner)} == {"mine", "yours"}


def test_an_owner_revokes_anyones_token_and_others_only_their_own(cast: Cast) -> None:
    token, raw = actions.token_create(actor=cast.charity.junior, name="mine")
    for stranger in (cast.charity.manager, cast.magazine.owner):
        with pytest.raises(NotFound):
            actions.token_revoke(actor=stranger, token_id=token.id)
    actions.token_revoke(actor=cast.charity.owner, token_id=token.id)
    assert queries.actor_for_token(raw=raw) is None


def test_last_used_is_written_at_most_once_a_minute(cast: Cast) -> None:
    _token, raw = actions.token_create(actor=cast.charity.junior, name="mine")
    queries.actor_for_token(raw=raw)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    queries.actor_for_token(raw=raw)
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    queries.actor_for_token(raw=raw)
    assert ApiToken.objects.get().last_used_at >= first  # type: ignore[operator]


def test_an_external_systems_token_has_no_users_rights(cast: Cast) -> None:
    system_id = new_id()
    ApiToken.objects.create(
        organisation=cast.charity.org,
        system_id=system_id,
        name="dialer",
        token_hash=hash_token("rrt_system"),
        scopes=["campaigns"],
        created_at=clock.real_now(),
    )
    actor = queries.actor_for_token(raw="rrt_system")
    assert actor is not None
    assert (actor.system_id, actor.user, actor.audit_type) == (system_id, None, "external_system")
    assert not permissions.allows(actor, "orgs.users.read")
    with pytest.raises(Forbidden):
        actions.token_create(actor=actor, name="more")


def test_an_agency_acts_for_a_merchant_it_manages_and_for_no_other(cast: Cast) -> None:
    managed = organisation("Styret", "merchant", managed_by=cast.agency.org)
    _token, raw = actions.token_create(actor=cast.agency.manager, name="CRM")
    actor = queries.actor_for_token(raw=raw, acting_for_id=managed.id)
    assert actor is not None
    assert (actor.org_id, actor.acting_for, actor.home) == (managed.id, managed, cast.agency.org)
    for other in (cast.magazine.org.id, cast.charity.org.id, new_id()):
        with pytest.raises(NotFound):
            queries.actor_for_token(raw=raw, acting_for_id=other)


def test_acting_for_ones_own_organisation_is_acting_for_nobody_else(cast: Cast) -> None:
    _token, raw = actions.token_create(actor=cast.agency.manager, name="CRM")
    actor = queries.actor_for_token(raw=raw, acting_for_id=cast.agency.org.id)
    assert actor is not None
    assert actor.acting_for is None


def test_a_user_of_several_organisations_chooses(cast: Cast) -> None:
    managed = organisation("Styret", "merchant", managed_by=cast.agency.org)
    user = cast.agency.manager.user
    assert user is not None
    assert [one.organisation.name for one in queries.choices(user=user)] == ["Ringbureauet", "Styret"]
    actor = actions.acting_choose(user=user, organisation_id=managed.id)
    assert (actor.org_id, actor.role) == (managed.id, "manager")
    again = queries.actor_for_session(user=user, org_id=managed.id)
    assert again is not None
    assert again.acting_for == managed
    with pytest.raises(NotFound):
        actions.acting_choose(user=user, organisation_id=cast.magazine.org.id)


def test_a_choice_that_no_longer_holds_falls_back_to_ones_own(cast: Cast) -> None:
    user = cast.agency.manager.user
    for stale in (cast.magazine.org.id, new_id()):
        actor = queries.actor_for_session(user=user, org_id=stale)
        assert actor is not None
        assert actor.org_id == cast.agency.org.id


def test_what_a_token_may_change_it_may_read(cast: Cast) -> None:
    """Or the change would be made and its answer refused."""
    _, raw = actions.token_create(actor=cast.charity.owner, name="HR", scopes=["orgs.users.change"])
    made = Client().post(
        "/api/v1/users",
        {"email": "ny@example.org", "role": "viewer"},
        content_type="application/json",
        headers={"authorization": f"Bearer {raw}"},
    )
    assert made.status_code == 201
    actor = queries.actor_for_token(raw=raw)
    assert actor is not None
    assert not permissions.allows(actor, "orgs.settings.read")


def test_a_token_for_teams_alone_renames_one(cast: Cast) -> None:
    team = actions.team_create(actor=cast.charity.owner, name="Aften")
    _, raw = actions.token_create(actor=cast.charity.owner, name="HR", scopes=["orgs.teams.change"])
    renamed = Client().patch(
        f"/api/v1/teams/{team.id}",
        {"name": "Dag"},
        content_type="application/json",
        headers={"authorization": f"Bearer {raw}"},
    )
    assert renamed.status_code == 200
    assert renamed.json() == {"id": str(team.id), "name": "Dag", "members": []}


def test_a_managed_merchant_asks_those_who_act_for_it_for_a_second_factor(cast: Cast) -> None:
    managed = organisation("Styret", "merchant", managed_by=cast.agency.org, mfa_required=True)
    user = cast.agency.owner.user
    assert user is not None
    acting, at_home = (queries.actor_for_session(user=user, org_id=one.id) for one in (managed, cast.agency.org))
    assert acting is not None
    assert acting.mfa_missing
    assert at_home is not None
    assert not at_home.mfa_missing
    assert queries.mfa_asked(user=user)
