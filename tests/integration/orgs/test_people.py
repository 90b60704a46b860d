"""Inviting, joining, changing and deactivating members."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from ringround.infra import clock
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.orgs import actions, queries
from ringround.orgs.actor import system
from ringround.orgs.models import ApiToken, Invitation, Membership, User
from tests.factories import Cast, member
from tests.integration.orgs.helpers import audited, events

pytestmark = pytest.mark.django_db

PASSWORD = "rigtig hest batteri"


def invite(cast: Cast, email: str = "ny@example.org", role: str = "junior_agent", **more: str) -> actions.Invite:
    return actions.user_invite(actor=cast.charity.manager, email=email, name="Ny Medarbejder", role=role, **more)


def code(refused: pytest.ExceptionInfo[Conflict]) -> str:
    return refused.value.code


# --- inviting ---


def test_an_invited_user_is_listed_as_invited_and_may_do_nothing(cast: Cast) -> None:
    made = invite(cast, "Ny@Example.org")
    person = queries.user_get(actor=cast.charity.owner, user_id=made.user.id)
    assert (person.state, person.email, person.name) == ("invited", "ny@example.org", "Ny Medarbejder")
    assert queries.actor_for_session(user=made.user) is None
    assert queries.member_get(organisation_ids=[cast.charity.org.id], user_id=made.user.id) is None
    assert audited(cast.charity.org.id, "orgs.user.invited")[0]["subject"] == made.user.id


def test_the_invitation_is_mailed_when_it_is_committed(
    cast: Cast, django_capture_on_commit_callbacks: pytest.fixture
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        made = invite(cast)
    (sent,) = mail.outbox
    assert sent.to == ["ny@example.org"]
    assert made.token in sent.body
    assert "Hjælpen" in sent.subject


def test_the_token_is_not_stored(cast: Cast) -> None:
    made = invite(cast)
    assert made.token not in str(Invitation.objects.values().get())


def test_accepting_makes_an_active_member_with_a_password(cast: Cast) -> None:
    made = invite(cast)
    actor = actions.invitation_accept(token=made.token, name="Ny Navn", password=PASSWORD)
    assert (actor.role, actor.org_id) == ("junior_agent", cast.charity.org.id)
    user = User.objects.get(id=made.user.id)
    assert user.check_password(PASSWORD)
    assert user.name == "Ny Navn"
    assert queries.member_get(organisation_ids=[cast.charity.org.id], user_id=user.id) is not None
    assert events("orgs.user.joined")[-1].subject_id == user.id


def test_an_invitation_works_once(cast: Cast) -> None:
    made = invite(cast)
    actions.invitation_accept(token=made.token, password=PASSWORD)
    with pytest.raises(Conflict) as refused:
        actions.invitation_accept(token=made.token, password=PASSWORD)
    assert code(refused) == "invitation_used"


def test_an_expired_invitation_is_refused(cast: Cast) -> None:
    made = invite(cast)
    Invitation.objects.update(expires_at=clock.real_now() - timedelta(seconds=1))
    with pytest.raises(Conflict) as refused:
        actions.invitation_accept(token=made.token, password=PASSWORD)
    assert code(refused) == "invitation_expired"


def test_a_withdrawn_invitation_is_refused(cast: Cast) -> None:
    made = invite(cast)
    actions.invitation_revoke(actor=cast.charity.owner, user_id=made.user.id)
    with pytest.raises(Conflict) as refused:
        actions.invitation_accept(token=made.token, password=PASSWORD)
    assert code(refused) == "invitation_revoked"


def test_withdrawing_twice_is_refused(cast: Cast) -> None:
    made = invite(cast)
    actions.invitation_revoke(actor=cast.charity.owner, user_id=made.user.id)
    with pytest.raises(Conflict) as refused:
        actions.invitation_revoke(actor=cast.charity.owner, user_id=made.user.id)
    assert code(refused) == "not_invited"


def test_sending_again_replaces_the_link_also_of_an_expired_one(cast: Cast) -> None:
    made = invite(cast)
    Invitation.objects.update(expires_at=clock.real_now() - timedelta(seconds=1))
    again = actions.invitation_renew(actor=cast.charity.manager, user_id=made.user.id)
    with pytest.raises(Conflict) as refused:
        actions.invitation_accept(token=made.token, password=PASSWORD)
    assert code(refused) == "invitation_revoked"
    assert actions.invitation_accept(token=again.token, password=PASSWORD).user == made.user


def test_a_garbled_token_is_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound):
        actions.invitation_accept(token="rri_nothing", password=PASSWORD)


def test_a_weak_first_password_is_refused_and_the_invitation_stays_open(cast: Cast) -> None:
    made = invite(cast)
    with pytest.raises(Invalid):
        actions.invitation_accept(token=made.token, password="1234")
    assert queries.invitation_of(token=made.token).state == "open"


def test_inviting_a_member_is_refused(cast: Cast) -> None:
    assert cast.charity.junior.user is not None
    with pytest.raises(Conflict) as refused:
        invite(cast, cast.charity.junior.user.email.upper())
    assert code(refused) == "already_member"


def test_inviting_twice_is_refused(cast: Cast) -> None:
    invite(cast)
    with pytest.raises(Conflict) as refused:
        invite(cast, "NY@example.org")
    assert code(refused) == "already_invited"


def test_somebody_with_an_account_elsewhere_must_sign_in_to_accept(cast: Cast) -> None:
    known = cast.agency.junior.user
    assert known is not None
    known.set_password(PASSWORD)
    known.save()
    made = invite(cast, known.email)
    with pytest.raises(Forbidden) as refused:
        actions.invitation_accept(token=made.token, name="Tyv", password="en helt anden kode")
    assert refused.value.code == "sign_in_first"
    known.refresh_from_db()
    assert known.check_password(PASSWORD)
    assert actions.invitation_accept(token=made.token, signed_in=known).user == known


def test_an_invitation_never_sets_the_password_of_somebody_elses_member_without_one(cast: Cast) -> None:
    """Made by the operator without a password, waiting for "forgotten password": an inviter elsewhere has the link."""
    known = cast.agency.junior.user
    assert known is not None
    assert not known.has_usable_password()
    made = invite(cast, known.email)
    with pytest.raises(Forbidden) as refused:
        actions.invitation_accept(token=made.token, password=PASSWORD)
    assert refused.value.code == "sign_in_first"


def test_an_invitation_is_not_accepted_in_another_account(cast: Cast) -> None:
    made = invite(cast)
    with pytest.raises(Forbidden) as refused:
        actions.invitation_accept(token=made.token, signed_in=cast.outsider.user)
    assert refused.value.code == "other_account"


def test_what_an_invited_user_is_called_elsewhere_is_not_shown(cast: Cast) -> None:
    known = cast.agency.junior.user
    assert known is not None
    made = actions.user_invite(actor=cast.charity.manager, email=known.email, role="viewer")
    person = queries.user_get(actor=cast.charity.owner, user_id=made.user.id)
    assert known.name not in (person.name, person.shown)
    assert person.last_login is None


def test_a_manager_cannot_invite_an_owner(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        invite(cast, role="owner")


def test_a_supervisor_cannot_invite(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        actions.user_invite(actor=cast.charity.supervisor, email="ny@example.org", role="viewer")


def test_an_unknown_role_address_or_team_is_named(cast: Cast) -> None:
    for wrong, loc in (({"role": "king"}, "role"), ({"email": "x"}, "email"), ({"team": "Ingen"}, "team")):
        with pytest.raises(Invalid) as refused:
            invite(cast, **wrong)
        assert refused.value.errors[0].loc == (loc,)


def test_another_organisations_team_is_unknown(cast: Cast) -> None:
    theirs = actions.team_create(actor=cast.magazine.owner, name="Aften")
    with pytest.raises(Invalid):
        invite(cast, team=str(theirs.id))


# --- changing ---


def test_a_role_is_changed_and_told(cast: Cast) -> None:
    person = cast.charity.junior
    assert person.user_id is not None
    actions.user_change_role(actor=cast.charity.manager, user_id=person.user_id, role="senior_agent")
    assert queries.user_get(actor=cast.charity.owner, user_id=person.user_id).role == "senior_agent"
    assert events("orgs.user.role_changed")[0].data == {"before": "junior_agent", "after": "senior_agent"}
    assert audited(cast.charity.org.id, "orgs.user.role_changed")[0]["before"] == "junior_agent"


def test_a_manager_neither_makes_nor_unmakes_owners(cast: Cast) -> None:
    owner, junior = cast.charity.owner.user_id, cast.charity.junior.user_id
    assert owner is not None
    assert junior is not None
    for user_id, role in ((owner, "viewer"), (junior, "owner")):
        with pytest.raises(Forbidden):
            actions.user_change_role(actor=cast.charity.manager, user_id=user_id, role=role)


def test_the_last_owner_stays_owner(cast: Cast) -> None:
    owner = cast.charity.owner
    assert owner.user_id is not None
    with pytest.raises(Conflict) as refused:
        actions.user_change_role(actor=owner, user_id=owner.user_id, role="manager")
    assert code(refused) == "last_owner"
    with pytest.raises(Conflict) as refused:
        actions.user_deactivate(actor=system(cast.charity.org), user_id=owner.user_id)
    assert code(refused) == "last_owner"


def test_an_owner_among_two_may_step_down(cast: Cast) -> None:
    second = member(cast.charity.org, "owner")
    assert second.user_id is not None
    actions.user_change_role(actor=second, user_id=second.user_id, role="viewer")
    assert Membership.objects.get(user_id=second.user_id).role == "viewer"


def test_an_inactive_owner_does_not_count_as_another_owner(cast: Cast) -> None:
    second = member(cast.charity.org, "owner")
    assert second.user_id is not None
    assert cast.charity.owner.user_id is not None
    actions.user_deactivate(actor=cast.charity.owner, user_id=second.user_id)
    with pytest.raises(Conflict):
        actions.user_change_role(actor=cast.charity.owner, user_id=cast.charity.owner.user_id, role="viewer")


def test_team_and_external_id_are_set_and_taken_away(cast: Cast) -> None:
    user_id = cast.charity.junior.user_id
    assert user_id is not None
    team = actions.team_create(actor=cast.charity.manager, name="Aften")
    actions.user_change(actor=cast.charity.manager, user_id=user_id, team=team.id, external_id=" A-17 ")
    person = queries.user_get(actor=cast.charity.owner, user_id=user_id)
    assert (person.team, person.external_id) == ("Aften", "A-17")
    actions.user_change(actor=cast.charity.manager, user_id=user_id, team=None, external_id="")
    person = queries.user_get(actor=cast.charity.owner, user_id=user_id)
    assert (person.team, person.external_id) == (None, None)


def test_an_external_id_belongs_to_one_user_of_the_organisation(cast: Cast) -> None:
    one, two, elsewhere = cast.charity.junior.user_id, cast.charity.senior.user_id, cast.magazine.junior.user_id
    assert one is not None
    assert two is not None
    assert elsewhere is not None
    actions.user_change(actor=cast.charity.manager, user_id=one, external_id="A-17")
    with pytest.raises(Invalid) as refused:
        actions.user_change(actor=cast.charity.manager, user_id=two, external_id="A-17")
    assert refused.value.errors[0].code == "taken"
    actions.user_change(actor=cast.magazine.manager, user_id=elsewhere, external_id="A-17")


def test_changing_the_role_of_an_invited_user_changes_the_invitation(cast: Cast) -> None:
    made = invite(cast)
    actions.user_change_role(actor=cast.charity.manager, user_id=made.user.id, role="supervisor")
    assert actions.invitation_accept(token=made.token, password=PASSWORD).role == "supervisor"


def test_another_organisations_user_is_not_found(cast: Cast) -> None:
    theirs = cast.magazine.junior.user_id
    assert theirs is not None
    for attempt in (
        lambda: actions.user_change_role(actor=cast.charity.owner, user_id=theirs, role="viewer"),
        lambda: actions.user_deactivate(actor=cast.charity.owner, user_id=theirs),
        lambda: actions.invitation_renew(actor=cast.charity.owner, user_id=theirs),
        lambda: actions.invitation_revoke(actor=cast.charity.owner, user_id=theirs),
        lambda: actions.sessions_end(actor=cast.charity.owner, user_id=theirs),
        lambda: queries.user_get(actor=cast.charity.owner, user_id=theirs),
        lambda: actions.user_deactivate(actor=cast.charity.owner, user_id=new_id()),
    ):
        with pytest.raises(NotFound):
            attempt()


# --- deactivating ---


def test_deactivating_ends_membership_and_tokens_and_is_told(cast: Cast) -> None:
    person = cast.charity.junior
    assert person.user_id is not None
    _token, raw = actions.token_create(actor=person, name="bot")
    assert queries.actor_for_token(raw=raw) is not None
    actions.user_deactivate(actor=cast.charity.manager, user_id=person.user_id)
    assert queries.actor_for_token(raw=raw) is None
    assert queries.actor_for_session(user=person.user) is None
    assert ApiToken.objects.get().revoked_at is not None
    assert [event.subject_id for event in events("orgs.user.deactivated")] == [person.user_id]
    assert queries.user_get(actor=cast.charity.owner, user_id=person.user_id).state == "inactive"


def test_deactivating_twice_is_refused(cast: Cast) -> None:
    user_id = cast.charity.junior.user_id
    assert user_id is not None
    actions.user_deactivate(actor=cast.charity.manager, user_id=user_id)
    with pytest.raises(Conflict) as refused:
        actions.user_deactivate(actor=cast.charity.manager, user_id=user_id)
    assert code(refused) == "already_inactive"
    assert len(events("orgs.user.deactivated")) == 1


def test_deactivating_one_who_is_invited_withdraws_the_invitation(cast: Cast) -> None:
    made = invite(cast)
    actions.user_deactivate(actor=cast.charity.manager, user_id=made.user.id)
    assert queries.invitation_of(token=made.token).state == "revoked"


def test_nobody_deactivates_themselves(cast: Cast) -> None:
    manager = cast.charity.manager
    assert manager.user_id is not None
    with pytest.raises(Conflict) as refused:
        actions.user_deactivate(actor=manager, user_id=manager.user_id)
    assert code(refused) == "yourself"


def test_a_deactivated_user_comes_back_by_a_new_invitation(cast: Cast) -> None:
    person = cast.charity.junior
    assert person.user is not None
    actions.user_deactivate(actor=cast.charity.manager, user_id=person.user.id)
    made = actions.user_invite(actor=cast.charity.manager, email=person.user.email, role="senior_agent")
    actor = actions.invitation_accept(token=made.token, signed_in=person.user, name="Igen", password=PASSWORD)
    assert (actor.user_id, actor.role) == (person.user.id, "senior_agent")


def test_a_deactivated_user_stays_active_elsewhere(cast: Cast) -> None:
    person = cast.charity.junior
    assert person.user is not None
    made = actions.user_invite(actor=cast.magazine.manager, email=person.user.email, role="viewer")
    actions.invitation_accept(token=made.token, signed_in=person.user)
    actions.user_deactivate(actor=cast.charity.manager, user_id=person.user.id)
    actor = queries.actor_for_session(user=person.user, org_id=cast.charity.org.id)
    assert actor is not None
    assert actor.org_id == cast.magazine.org.id


# --- making by the operator ---


def test_the_operator_makes_members_at_once(cast: Cast) -> None:
    boss = system(cast.charity.org)
    user = actions.user_create(actor=boss, email="A@b.dk", name="Åse", role="viewer", password=PASSWORD)
    assert queries.member_find(organisation_ids=[cast.charity.org.id], ref="a@B.dk") is not None
    assert user.check_password(PASSWORD)
    with pytest.raises(Conflict):
        actions.user_create(actor=boss, email="a@b.dk", name="Åse", role="viewer")


def test_nobody_but_the_operator_makes_members_without_asking_them(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        actions.user_create(actor=cast.charity.owner, email="a@b.dk", name="Åse", role="viewer")


# --- finding ---


def test_members_are_found_by_id_address_and_external_id(cast: Cast) -> None:
    user = cast.charity.junior.user
    assert user is not None
    actions.user_change(actor=cast.charity.manager, user_id=user.id, external_id="A-17")
    orgs = [cast.charity.org.id]
    for ref in (user.id, str(user.id), user.email.upper(), "A-17"):
        found = queries.member_find(organisation_ids=orgs, ref=ref)
        assert found is not None
        assert found.id == user.id
    assert queries.member_find(organisation_ids=[cast.magazine.org.id], ref=user.email) is None
    assert queries.member_find(organisation_ids=orgs, ref="A-18") is None


def test_members_are_listed_by_danish_name(cast: Cast) -> None:
    boss = system(cast.agency.org)
    for number, name in enumerate(("Åse", "Zoe", "Ærø", "Øjvind")):
        actions.user_create(actor=boss, email=f"{number}@x.dk", name=name, role="quality")
    names = [one.name for one in queries.members(organisation_ids=[cast.agency.org.id], roles=["quality"])]
    assert names == ["Karla Quality", "Zoe", "Ærø", "Øjvind", "Åse"]


def test_users_are_paged_newest_first(cast: Cast) -> None:
    owner = cast.charity.owner
    first = queries.user_list(actor=owner, size=3)
    rest = queries.user_list(actor=owner, size=50, after=(first[-1].created_at, first[-1].membership_id))
    everyone = queries.user_list(actor=owner, size=50)
    assert [one.id for one in first + rest] == [one.id for one in everyone]
    assert len(everyone) == len(cast.charity.actors)


def test_two_organisations_that_invite_a_new_address_at_once_both_do(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[User] = []
    unusable = User.set_unusable_password

    def meanwhile(user: User) -> None:
        unusable(user)
        if not made:
            # The other organisation's invitation, between our look and our insert.
            made.append(user)
            actions.user_invite(actor=cast.magazine.owner, email="begge@example.org", role="viewer")

    monkeypatch.setattr(User, "set_unusable_password", meanwhile)
    actions.user_invite(actor=cast.charity.owner, email="begge@example.org", role="manager")
    user = User.objects.get(email="begge@example.org")
    assert set(user.memberships.values_list("organisation_id", "role")) == {
        (cast.charity.org.id, "manager"),
        (cast.magazine.org.id, "viewer"),
    }
