"""Signing up an organisation and changing its settings."""

from __future__ import annotations

import pytest

from ringround.kernel.errors import Conflict, Forbidden, Invalid
from ringround.orgs import actions
from ringround.orgs.actor import Actor
from ringround.orgs.models import Membership, Organisation, User
from tests.factories import Cast
from tests.integration.orgs.helpers import audited, events

pytestmark = pytest.mark.django_db

PASSWORD = "rigtig hest batteri"


def sign_up(**changes: str) -> Actor:
    given = {
        "kind": "merchant",
        "name": "Røde Kors",
        "email": "Olga@Example.ORG",
        "owner_name": "Olga Ø",
        "password": PASSWORD,
    }
    return actions.organisation_create(**(given | changes))


def test_signing_up_makes_the_organisation_and_its_owner() -> None:
    actor = sign_up(language="en")
    membership = Membership.objects.get(organisation_id=actor.org_id)
    assert (membership.role, membership.active, membership.user.email) == ("owner", True, "olga@example.org")
    assert membership.user.check_password(PASSWORD)
    assert actor.organisation.kind == "merchant"
    assert (actor.organisation.language, membership.user.language) == ("en", "en")
    assert audited(actor.org_id, "orgs.organisation.created")[0]["actor"] == membership.user_id
    assert [event.subject_no for event in events("orgs.user.joined")] == [1]


def test_an_address_that_is_known_signs_up_nobody() -> None:
    sign_up()
    with pytest.raises(Conflict) as refused:
        sign_up(email="OLGA@example.org", name="En anden")
    assert refused.value.code == "email_taken"
    assert Organisation.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "loc", "code"),
    [
        ("kind", "bank", "kind", "unknown_choice"),
        ("name", " ", "organisation", "required"),
        ("email", "olga", "email", "bad_email"),
        ("owner_name", "", "name", "required"),
        ("password", "kort", "password", "weak_password"),
        ("password", "olga@example.org", "password", "weak_password"),
    ],
)
def test_a_wrong_sign_up_names_the_field(field: str, value: str, loc: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        sign_up(**{field: value})
    assert (refused.value.errors[0].loc, refused.value.errors[0].code) == ((loc,), code)
    assert not User.objects.exists()


def test_an_owner_changes_settings_and_the_log_says_which(cast: Cast) -> None:
    owner = cast.charity.owner
    actions.organisation_change(actor=owner, four_eyes=True, name=" Hjælpen A/S ", pause_reasons=["Frokost", "Møde"])
    changed = Organisation.objects.get(id=owner.org_id)
    assert (changed.four_eyes, changed.name, changed.pause_reasons) == (True, "Hjælpen A/S", ["Frokost", "Møde"])
    (row,) = audited(owner.org_id, "orgs.organisation.changed")
    assert row["fields"] == ["four_eyes", "name", "pause_reasons"]
    assert "Hjælpen" not in str(row)
    assert events("orgs.organisation.changed")[0].data == {"fields": ["four_eyes", "name", "pause_reasons"]}


def test_a_change_to_the_same_writes_nothing(cast: Cast) -> None:
    actions.organisation_change(actor=cast.charity.owner, four_eyes=False)
    assert audited(cast.charity.org.id, "orgs.organisation.changed") == []


def test_every_wrong_setting_is_named_at_once_and_nothing_is_changed(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        actions.organisation_change(
            actor=cast.charity.owner, four_eyes=True, region="XX", callback_max_days=0, surprise=1
        )
    assert {fault.code for fault in refused.value.errors} == {"unknown_region", "out_of_range", "unknown_field"}
    assert Organisation.objects.get(id=cast.charity.org.id).four_eyes is False


def test_a_manager_cannot_change_settings(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        actions.organisation_change(actor=cast.charity.manager, four_eyes=True)
