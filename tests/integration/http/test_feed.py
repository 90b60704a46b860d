"""The change feed: each event once, in order, to those who may read it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from ringround.infra import events
from ringround.infra.relay.numbering import number_events
from ringround.kernel.ids import new_id
from ringround.orgs.models import AgencyLink, Organisation
from tests import factories
from tests.integration.http.calling import Caller

pytestmark = pytest.mark.django_db
JOINED = "orgs.user.joined"


def happened(
    org: Organisation,
    count: int = 1,
    *,
    type: str = JOINED,
    also: Organisation | None = None,
    data: dict[str, str] | None = None,
) -> list[UUID]:
    ids = []
    with transaction.atomic():
        for _ in range(count):
            subject = new_id()
            ids.append(subject)
            events.record(
                org_id=org.id,
                also_org_id=also.id if also else None,
                type=type,
                subject_type="user",
                subject_id=subject,
                subject_no=1,
                data={"role": "owner"} if data is None else data,
            )
    return ids


def number() -> None:
    while len(number_events()):
        pass


def subjects(response: Any) -> list[UUID]:
    return [UUID(one["subject"]["id"]) for one in response.json()["items"]]


def test_events_come_oldest_first_each_once_over_pages(cast: factories.Cast, call: Caller) -> None:
    expected = happened(cast.charity.org, 7)
    number()
    found: list[UUID] = []
    after = None
    for _ in range(5):
        response = call("GET", "/events?size=3" + (f"&after={after}" if after else ""))
        found += subjects(response)
        after = response.json()["next"]
    assert found == expected


def test_next_is_a_cursor_even_when_there_is_nothing_and_what_comes_later_is_found_from_it(
    cast: factories.Cast, call: Caller
) -> None:
    first = call("GET", "/events").json()
    assert (first["items"], bool(first["next"])) == ([], True)
    happened(cast.magazine.org, 3)
    number()
    second = call("GET", f"/events?after={first['next']}").json()
    assert second["items"] == []
    later = happened(cast.charity.org, 2)
    number()
    for cursor in (first["next"], second["next"]):
        assert subjects(call("GET", f"/events?after={cursor}")) == later


def test_an_event_has_the_documented_shape(cast: factories.Cast, call: Caller) -> None:
    (subject,) = happened(cast.charity.org)
    number()
    (event,) = call("GET", "/events").json()["items"]
    assert event | {"id": "", "at": "", "cursor": ""} == {
        "id": "",
        "cursor": "",
        "type": JOINED,
        "at": "",
        "organisation": str(cast.charity.org.id),
        "subject": {"type": "user", "id": str(subject)},
        "data": {"role": "owner"},
        "cause": None,
    }
    assert event["at"].endswith("Z")
    assert call("GET", f"/events?after={event['cursor']}").json()["items"] == []


def test_another_organisations_events_are_not_there(cast: factories.Cast, calling: Any) -> None:
    happened(cast.charity.org)
    number()
    for actor in (cast.magazine.owner, cast.agency.owner, cast.outsider):
        assert calling(actor)("GET", "/events").json()["items"] == []


def test_an_agency_reads_what_is_shared_with_it_while_the_link_lives(cast: factories.Cast, calling: Any) -> None:
    own = happened(cast.agency.org)
    shared = happened(cast.magazine.org, 2, also=cast.agency.org)
    happened(cast.magazine.org)
    happened(cast.charity.org, also=cast.agency.org)  # no link
    number()
    call = calling(cast.agency.manager)
    assert subjects(call("GET", "/events")) == own + shared
    AgencyLink.objects.update(revoked_at="2026-01-01T00:00:00Z")
    assert subjects(call("GET", "/events")) == own


def test_pages_over_own_and_shared_events_keep_their_order(cast: factories.Cast, calling: Any) -> None:
    expected = []
    for turn in range(6):
        expected += happened(cast.magazine.org, 2, also=cast.agency.org) if turn % 2 else happened(cast.agency.org, 2)
        number()
    call, found, after = calling(cast.agency.manager), [], ""
    while len(found) < len(expected):
        page = call("GET", f"/events?size=5{after}")
        found += subjects(page)
        after = f"&after={page.json()['next']}"
    assert found == expected


def test_only_the_types_asked_for(cast: factories.Cast, call: Caller) -> None:
    happened(cast.charity.org)
    gone = happened(cast.charity.org, type="orgs.user.deactivated", data={})
    number()
    assert subjects(call("GET", "/events?types=orgs.user.deactivated")) == gone
    assert len(subjects(call("GET", "/events?types=orgs.user.*"))) == 2
    assert len(subjects(call("GET", f"/events?types={JOINED},orgs.user.deactivated"))) == 2


@pytest.mark.parametrize("types", ["nonsense", "orgs.user", "*", "%00", "orgs.user.joined,x.y.z", "x.*"])
def test_a_type_that_does_not_exist_is_422(call: Caller, types: str) -> None:
    assert call("GET", f"/events?types={types}").status_code == 422


@pytest.mark.parametrize("after", ["garbage", "WyJhIl0", "Wy0xXQ", "%00", "x" * 3000, "W10", "bnVsbA"])
def test_a_cursor_that_is_none_is_422(call: Caller, after: str) -> None:
    response = call("GET", f"/events?after={after}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == ["query", "after"]


def test_a_cursor_beyond_the_end_stays(call: Caller) -> None:
    from ringround.kernel.cursors import encode_seq

    beyond = encode_seq(2**62)
    assert call("GET", f"/events?after={beyond}").json() == {"items": [], "next": beyond}


def test_agents_may_not_read_it(cast: factories.Cast, calling: Any) -> None:
    for actor in (cast.charity.senior, cast.charity.supervisor, cast.charity.viewer):
        assert calling(actor)("GET", "/events").status_code == 403
