"""Agency links: who may connect whom, once, and how it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ringround.infra import clock
from ringround.kernel.errors import Conflict, Forbidden, NotFound
from ringround.orgs import actions, queries
from ringround.orgs.models import AgencyLink
from tests.factories import Cast, organisation
from tests.integration.orgs.helpers import audited, events

pytestmark = pytest.mark.django_db


def live(cast: Cast) -> bool:
    return queries.link_is_live(merchant_id=cast.charity.org.id, agency_id=cast.agency.org.id)


def test_a_claimed_token_connects_both(cast: Cast) -> None:
    link, token = actions.agency_link_create(actor=cast.charity.manager)
    assert not live(cast)
    actions.agency_link_claim(actor=cast.agency.manager, token=f" {token} ")
    assert live(cast)
    assert [one.id for one in queries.linked_agencies(actor=cast.charity.owner)] == [cast.agency.org.id]
    assert {one.id for one in queries.visible_merchants(actor=cast.agency.owner)} == {
        cast.charity.org.id,
        cast.magazine.org.id,
    }
    (told,) = events("orgs.agency_link.claimed")
    assert (told.org_id, told.also_org_id, told.subject_id) == (cast.charity.org.id, cast.agency.org.id, link.id)


def test_the_token_is_not_stored(cast: Cast) -> None:
    _link, token = actions.agency_link_create(actor=cast.charity.owner)
    assert token not in str(list(AgencyLink.objects.values()))


def test_a_token_works_once(cast: Cast) -> None:
    _link, token = actions.agency_link_create(actor=cast.charity.owner)
    actions.agency_link_claim(actor=cast.agency.owner, token=token)
    with pytest.raises(Conflict) as refused:
        actions.agency_link_claim(actor=cast.agency2.owner, token=token)
    assert refused.value.code == "link_used"


def test_a_token_runs_out(cast: Cast) -> None:
    link, token = actions.agency_link_create(actor=cast.charity.owner)
    AgencyLink.objects.filter(id=link.id).update(expires_at=clock.real_now() - timedelta(seconds=1))
    with pytest.raises(Conflict) as refused:
        actions.agency_link_claim(actor=cast.agency.owner, token=token)
    assert refused.value.code == "link_expired"


def test_a_withdrawn_token_is_refused(cast: Cast) -> None:
    link, token = actions.agency_link_create(actor=cast.charity.owner)
    actions.agency_link_revoke(actor=cast.charity.owner, link_id=link.id)
    with pytest.raises(Conflict) as refused:
        actions.agency_link_claim(actor=cast.agency.owner, token=token)
    assert refused.value.code == "link_revoked"


def test_an_unknown_token_is_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound):
        actions.agency_link_claim(actor=cast.agency.owner, token="rrl_nothing")


def test_connecting_twice_is_refused(cast: Cast) -> None:
    _link, token = actions.agency_link_create(actor=cast.magazine.owner)
    with pytest.raises(Conflict) as refused:
        actions.agency_link_claim(actor=cast.agency.owner, token=token)
    assert refused.value.code == "already_linked"


def test_only_merchants_make_tokens_and_only_agencies_use_them(cast: Cast) -> None:
    with pytest.raises(Conflict) as refused:
        actions.agency_link_create(actor=cast.agency.owner)
    assert refused.value.code == "not_a_merchant"
    _link, token = actions.agency_link_create(actor=cast.charity.owner)
    with pytest.raises(Conflict) as refused:
        actions.agency_link_claim(actor=cast.magazine.owner, token=token)
    assert refused.value.code == "not_an_agency"


@pytest.mark.parametrize("side", ["magazine", "agency"])
def test_either_side_ends_a_link_at_once(cast: Cast, side: str) -> None:
    link = AgencyLink.objects.get()
    actions.agency_link_revoke(actor=getattr(cast, side).manager, link_id=link.id)
    assert not queries.link_is_live(merchant_id=cast.magazine.org.id, agency_id=cast.agency.org.id)
    assert queries.visible_merchants(actor=cast.agency.owner) == []
    assert queries.linked_agencies(actor=cast.magazine.owner) == []
    (told,) = events("orgs.agency_link.revoked")
    assert (told.org_id, told.also_org_id) == (cast.magazine.org.id, cast.agency.org.id)
    for org in (cast.magazine.org, cast.agency.org):
        assert len(audited(org.id, "orgs.agency_link.revoked")) == 1


def test_ending_twice_is_refused(cast: Cast) -> None:
    link = AgencyLink.objects.get()
    actions.agency_link_revoke(actor=cast.agency.owner, link_id=link.id)
    with pytest.raises(Conflict) as refused:
        actions.agency_link_revoke(actor=cast.magazine.owner, link_id=link.id)
    assert refused.value.code == "already_revoked"


def test_others_do_not_find_the_link(cast: Cast) -> None:
    link = AgencyLink.objects.get()
    for stranger in (cast.charity.owner, cast.agency2.owner, cast.outsider):
        with pytest.raises(NotFound):
            actions.agency_link_revoke(actor=stranger, link_id=link.id)
        assert queries.link_list(actor=stranger) == []


def test_a_supervisor_does_not_connect(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        actions.agency_link_create(actor=cast.charity.supervisor)
    with pytest.raises(Forbidden):
        actions.agency_link_revoke(actor=cast.agency.supervisor, link_id=AgencyLink.objects.get().id)


def test_an_ended_link_can_be_made_again(cast: Cast) -> None:
    actions.agency_link_revoke(actor=cast.agency.owner, link_id=AgencyLink.objects.get().id)
    _link, token = actions.agency_link_create(actor=cast.magazine.owner)
    actions.agency_link_claim(actor=cast.agency.owner, token=token)
    assert [one.state for one in queries.link_list(actor=cast.agency.owner)] == ["live", "revoked"]


def test_an_in_house_team_and_a_manager_of_a_merchant_need_no_link(cast: Cast) -> None:
    managed = organisation("Styret", "merchant", managed_by=cast.agency.org)
    assert queries.link_is_live(merchant_id=cast.charity.org.id, agency_id=cast.charity.org.id)
    assert queries.link_is_live(merchant_id=managed.id, agency_id=cast.agency.org.id)
    assert not queries.link_is_live(merchant_id=managed.id, agency_id=cast.agency2.org.id)
    assert managed in queries.visible_merchants(actor=cast.agency.owner)
