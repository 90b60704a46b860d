"""Filters of leads are kept: for oneself, or for everybody of the organisation."""

from __future__ import annotations

import pytest

from ringround.campaigns import actions, queries
from ringround.infra.models import AuditPending
from ringround.kernel.errors import Forbidden, Invalid, NotFound
from ringround.orgs.actor import Actor
from tests.factories import Cast, cast
from tests.integration.campaigns.plan_setup import browser
from tests.integration.http.calling import Caller, token_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def who() -> Cast:
    return cast()


def seen(actor: Actor) -> list[str]:
    return [one.name for one in queries.saved_filters(actor=actor)]


def test_a_filter_is_ones_own_until_it_is_shared(who: Cast) -> None:
    actions.filter_save(actor=who.charity.manager, name="Mine", query="status=new&size=10&after=x&col=phone")
    actions.filter_save(actor=who.charity.manager, name="Alles", query="urgent=1", shared=True)
    assert seen(who.charity.manager) == ["Alles", "Mine"]
    assert seen(who.charity.supervisor) == ["Alles"]
    assert seen(who.magazine.manager) == []
    assert queries.saved_filters(actor=who.charity.manager)[1].query == "status=new"


@pytest.mark.parametrize(
    ("name", "query", "code"),
    [
        ("", "status=new", "required"),
        ("A", "", "empty_selection"),
        ("A", "size=10", "empty_selection"),
        ("A", "q=Anna", "empty_selection"),
        ("A", "status=" + "x" * 5000, "too_long"),
    ],
)
def test_what_is_no_filter_or_has_no_name_is_refused(who: Cast, name: str, query: str, code: str) -> None:
    with pytest.raises(Invalid) as wrong:
        actions.filter_save(actor=who.charity.manager, name=name, query=query)
    assert [one.code for one in wrong.value.errors] == [code]


def test_a_name_or_number_that_was_looked_for_is_not_kept(who: Cast) -> None:
    kept = actions.filter_save(actor=who.charity.manager, name="A", query="status=new&q=Anna&external_lead_id=crm-1")
    assert kept.query == "status=new"


def test_a_name_is_used_once_by_each(who: Cast) -> None:
    actions.filter_save(actor=who.charity.manager, name="Nye", query="status=new", shared=True)
    actions.filter_save(actor=who.charity.supervisor, name="Nye", query="status=new", shared=True)
    with pytest.raises(Invalid) as wrong:
        actions.filter_save(actor=who.charity.manager, name="Nye", query="status=success")
    assert [one.code for one in wrong.value.errors] == ["name_taken"]


def test_who_only_looks_keeps_and_does_not_share_and_agents_do_neither(who: Cast) -> None:
    actions.filter_save(actor=who.charity.viewer, name="Nye", query="status=new")
    with pytest.raises(Forbidden):
        actions.filter_save(actor=who.charity.viewer, name="Alles", query="status=new", shared=True)
    with pytest.raises(Forbidden):
        actions.filter_save(actor=who.charity.senior, name="Nye", query="status=new")


def test_a_shared_one_is_deleted_by_who_runs_the_day_and_anothers_own_is_not_found(who: Cast) -> None:
    own = actions.filter_save(actor=who.charity.manager, name="Mine", query="status=new")
    shared = actions.filter_save(actor=who.charity.manager, name="Alles", query="status=new", shared=True)
    for actor, refusal in ((who.charity.viewer, Forbidden), (who.magazine.owner, NotFound)):
        with pytest.raises(refusal):
            actions.filter_delete(actor=actor, saved_id=shared.id)
    with pytest.raises(NotFound):
        actions.filter_delete(actor=who.charity.supervisor, saved_id=own.id)
    actions.filter_delete(actor=who.charity.supervisor, saved_id=shared.id)
    assert seen(who.charity.manager) == ["Mine"]
    written = list(AuditPending.objects.filter(subject_id=shared.id).order_by("id").values_list("action", flat=True))
    assert written == ["campaigns.filter.shared", "campaigns.filter.deleted"]


def test_the_screen_keeps_shows_and_deletes(who: Cast) -> None:
    client = browser(who.charity.manager)
    client.post("/campaigns/leads/filters", {"name": "Nye <3", "query": "status=new", "shared": "1"})
    page = client.get("/campaigns/leads").content.decode()
    assert "Nye &lt;3" in page
    assert "/campaigns/leads?status=new" in page
    [saved] = queries.saved_filters(actor=who.charity.manager)
    client.post(f"/campaigns/leads/filters/{saved.id}/delete")
    assert seen(who.charity.manager) == []


def test_the_api_keeps_lists_and_deletes(who: Cast) -> None:
    api = Caller(token_for(who.charity.manager))
    for name in ("Zebra", "Alle", "Midt"):
        assert api("POST", "/lead-filters", {"name": name, "query": "status=new"}).status_code == 201
    first = api("GET", "/lead-filters?size=2").json()
    rest = api("GET", f"/lead-filters?size=2&after={first['next']}").json()
    assert [one["name"] for one in first["items"] + rest["items"]] == ["Alle", "Midt", "Zebra"]
    assert api("DELETE", f"/lead-filters/{first['items'][0]['id']}").status_code == 204
    assert api("DELETE", f"/lead-filters/{first['items'][0]['id']}").status_code == 404
