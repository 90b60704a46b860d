"""An agency of several merchants looks at one of them: the address says whose things a page shows, and all that comes
of the page says it too, whatever was chosen in another tab meanwhile."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ringround.campaigns.models import Campaign
from ringround.onboarding.models import Session
from tests import factories
from tests.integration.campaigns.rig import Rig
from tests.integration.onboarding.scene import Scene
from tests.integration.onboarding.screens import come

if TYPE_CHECKING:
    from django.http import HttpResponse

pytestmark = pytest.mark.django_db
CAMPAIGNS, SESSIONS, LEADS = "/campaigns/", "/onboarding/sessions", "/onboarding/leads"
LISTS = pytest.mark.parametrize("path", [CAMPAIGNS, SESSIONS, LEADS])


class Tab:
    """A tab of the supervisor's browser: where it stands, what it shows, and what it asks for as htmx does."""

    def __init__(self, stage: Stage) -> None:
        self.client, self.address, self.page = stage.client, "", ""

    def open(self, address: str) -> str:
        came_from = {"Referer": f"http://testserver{self.address}"} if self.address else {}
        answer = self.client.get(address, headers=came_from)
        while answer.status_code == 303:
            address = answer["Location"]
            answer = self.client.get(address, headers=came_from)
        assert answer.status_code == 200
        self.address, self.page = address, answer.content.decode()
        return self.page

    def part(self, address: str) -> HttpResponse:
        """As htmx asks for it; the page stays where it is."""
        here = f"http://testserver{self.address}"
        return self.client.get(address, headers={"HX-Request": "true", "HX-Current-URL": here})  # type: ignore[return-value]

    def choose(self, merchant: Any, **more: str) -> str:
        """By the filter, and the address follows."""
        path = self.address.split("?")[0]
        fields = "&".join(f"{key}={value}" for key, value in {"merchant": merchant, **more}.items())
        answer = self.part(f"{path}?{fields}")
        self.address, self.page = f"{path}?{fields}", answer.content.decode()
        return self.page

    def live(self) -> HttpResponse:
        """The part that is fetched again when something happens."""
        url = re.search(r'data-live-url="([^"]+)"', self.page)
        assert url is not None
        return self.part(html.unescape(url[1]))

    def link(self, words: str) -> str:
        found = re.search(rf'<a [^>]*href="([^"]*)"[^>]*>{words}</a>', self.page)
        assert found is not None, words
        to = html.unescape(found[1])
        return self.address.split("?")[0] + to if to.startswith("?") else to


class Stage:
    """An agency with campaigns, sessions and leads of two merchants."""

    def __init__(self, rig: Rig) -> None:
        cast = rig.cast
        factories.link(cast.charity.org, cast.agency.org)
        self.agency, self.rig = cast.agency, rig
        self.one, self.two = (Scene(Rig(cast, staff), agency=cast.agency) for staff in (cast.magazine, cast.charity))
        for scene in (self.one, self.two):
            Campaign.objects.filter(id=scene.campaign.id).update(name=f"Plan of {scene.merchant.org.name}")
            scene.submit(external_lead_id=f"crm-{scene.merchant.org.name}")
        self.a, self.b = self.one.merchant.org.id, self.two.merchant.org.id
        self.client = come(cast.agency.manager)

    def shown(self, page: str) -> set[Any]:
        """Of whom the list's rows are."""
        rows = "".join(re.findall(r"<tbody>.*?</tbody>", page, re.S))
        names = {one.merchant.org.id: f"Plan of {one.merchant.org.name}" for one in (self.one, self.two)}
        return {id for id, name in names.items() if name in rows}

    def remembered(self) -> str:
        return str(self.client.session.get("merchant", ""))


@pytest.fixture
def stage(agency_rig: Rig) -> Stage:
    return Stage(agency_rig)


def at(path: str) -> str:
    """The list with everything that there is."""
    return f"{path}?attempted=1" if path == LEADS else path


def joined(path: str, query: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{query}"


@LISTS
def test_a_page_that_names_none_is_led_to_what_was_chosen_last(stage: Stage, path: str) -> None:
    tab = Tab(stage)
    assert stage.shown(tab.open(at(path))) == {stage.a, stage.b}
    other = Tab(stage)
    other.open(SESSIONS)
    other.choose(stage.b)
    assert stage.shown(tab.open(at(path))) == {stage.b}
    assert tab.address == joined(at(path), f"merchant={stage.b}")


@LISTS
def test_a_tab_that_the_live_stream_refreshes_chooses_nothing(stage: Stage, path: str) -> None:
    first, second = Tab(stage), Tab(stage)
    first.open(at(path))
    for old, new in ((stage.a, stage.b), ("", stage.a)):
        more = {"attempted": "1"} if path == LEADS else {}
        assert stage.shown(first.choose(old, **more)) == ({old} if old else {stage.a, stage.b})
        second.open(CAMPAIGNS)
        second.choose(new)
        with CaptureQueriesContext(connection) as asked:
            answer = first.live()
        assert stage.shown(answer.content.decode()) == ({old} if old else {stage.a, stage.b})
        assert not [one for one in asked if "django_session" in one["sql"] and not one["sql"].startswith("SELECT")]
        assert not answer.cookies
        assert stage.remembered() == str(new)
        assert stage.shown(second.open(SESSIONS)) == {new}


def test_filtering_by_something_else_chooses_no_merchant(stage: Stage) -> None:
    first, second = Tab(stage), Tab(stage)
    first.open(SESSIONS)
    first.choose(stage.a)
    second.open(SESSIONS)
    second.choose(stage.b)
    with CaptureQueriesContext(connection) as asked:
        first.choose(stage.a, status="New")
    assert not [one for one in asked if "django_session" in one["sql"] and not one["sql"].startswith("SELECT")]
    assert stage.remembered() == str(stage.b)


@LISTS
def test_clear_takes_the_merchant_away(stage: Stage, path: str) -> None:
    tab = Tab(stage)
    tab.open(path)
    tab.choose(stage.b)
    tab.open(at(path))
    assert not re.search(r"rr-filter-clear[^>]* hidden", tab.page)
    page = tab.open(tab.link("Clear"))
    assert re.search(r"rr-filter-clear[^>]* hidden", page)
    assert re.search(rf'<option value="{stage.b}" selected', page) is None
    assert stage.remembered() == ""
    assert stage.shown(tab.open(at(path))) == {stage.a, stage.b}


@LISTS
def test_show_all_shows_all(stage: Stage, path: str) -> None:
    if path == CAMPAIGNS:
        Campaign.objects.filter(id=stage.one.campaign.id).update(state="archived")
    else:
        # Of another agency since, so that nothing of that merchant is left to see.
        Session.objects.filter(campaign=stage.one.campaign).update(agency=stage.a)
    tab = Tab(stage)
    tab.open(path)
    assert stage.shown(tab.choose(stage.a)) == set()
    assert stage.shown(tab.open(path)) == set()
    everything = tab.link("Show all")
    tab.open(everything)
    assert "Show all<" not in tab.page
    assert stage.remembered() == ""
    assert stage.shown(tab.open(joined(everything, "attempted=1"))) == {stage.b}
    assert stage.shown(tab.open(at(path))) == {stage.b}


def test_the_file_is_of_whom_the_page_shows(stage: Stage) -> None:
    def file(tab: Tab) -> set[Any]:
        answer = stage.client.get(tab.link("CSV"))
        said = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        return {one.merchant.org.id for one in (stage.one, stage.two) if f"Plan of {one.merchant.org.name}" in said}

    chosen, everything, other = Tab(stage), Tab(stage), Tab(stage)
    everything.open(SESSIONS)
    other.open(SESSIONS)
    other.choose(stage.a)
    chosen.open(SESSIONS)
    other.choose(stage.b)
    assert file(chosen) == stage.shown(chosen.page) == {stage.a}
    assert file(everything) == stage.shown(everything.page) == {stage.a, stage.b}


@LISTS
def test_the_next_rows_and_fresh_ones_are_of_whom_the_page_shows(stage: Stage, path: str) -> None:
    if path == CAMPAIGNS:
        for number, scene in enumerate([*[stage.one] * 10, stage.two]):
            scene.rig.campaign(agency=stage.agency, name=f"Plan of {scene.merchant.org.name}, {number}")
    everything, chosen, other = Tab(stage), Tab(stage), Tab(stage)
    everything.open(joined(at(path), "size=10"))
    other.open(path)
    other.choose(stage.a)
    chosen.open(joined(at(path), "size=10"))
    other.choose(stage.b)
    assert stage.shown(chosen.live().content.decode()) == {stage.a}
    assert stage.shown(everything.live().content.decode()) == {stage.a, stage.b}
    if path == CAMPAIGNS:
        following = re.search(r'href="([^"]+)"[^>]*rel="next"', chosen.page)
        assert following is not None
        assert stage.shown(chosen.open(html.unescape(following[1]))) == {stage.a}
    else:
        assert stage.shown(chosen.open(chosen.link("25"))) == {stage.a}
        assert stage.shown(everything.open(everything.link("25"))) == {stage.a, stage.b}


def test_all_attempted_are_of_whom_the_page_shows(stage: Stage) -> None:
    everything, other = Tab(stage), Tab(stage)
    everything.open(LEADS)
    other.open(LEADS)
    other.choose(stage.b)
    assert stage.shown(everything.open(everything.link("Show all attempted"))) == {stage.a, stage.b}


def test_the_filter_offers_what_the_chosen_merchant_has(stage: Stage) -> None:
    Campaign.objects.filter(id=stage.two.campaign.id).update(state="paused")
    tab = Tab(stage)
    for path, said, gone in (
        (CAMPAIGNS, "Paused (1)", "Running (1)"),
        (SESSIONS, f'value="{stage.two.campaign.id}"', f'value="{stage.one.campaign.id}"'),
        (LEADS, f'value="{stage.two.campaign.id}"', f'value="{stage.one.campaign.id}"'),
    ):
        page = tab.open(f"{path}?merchant=")
        assert said in page
        assert gone in page
        part = tab.choose(stage.b)
        assert said in part
        assert gone not in part
        # It is taken out of the part by its id, and the page has it.
        bar = re.search(r'<form class="rr-filterbar" id="([^"]+)" hx-swap-oob="true"', part)
        assert bar is not None
        assert f'id="{bar[1]}"' in page
        assert 'hx-swap-oob="true"' not in re.sub(r"<span[^>]*>", "", page)
        # Nobody's open filter is drawn over when something happens.
        assert "rr-filterbar" not in tab.live().content.decode()


@LISTS
def test_an_unknown_merchant_finds_nothing_and_is_said(stage: Stage, path: str) -> None:
    tab = Tab(stage)
    tab.open(path)
    tab.choose(stage.a)
    for unknown in (stage.rig.cast.agency2.org.id, uuid4(), "nonsense"):
        page = tab.open(joined(at(path), f"merchant={unknown}"))
        assert stage.shown(page) == set()
        assert re.search(r"selected[^>]*>Unknown merchant<", page)
        assert "Show all" in page
        # What was chosen before is not forgotten.
        assert stage.remembered() == str(stage.a)


def test_who_is_no_longer_worked_for_is_not_led_to(stage: Stage) -> None:
    tab = Tab(stage)
    tab.open(SESSIONS)
    tab.choose(stage.b)
    Campaign.objects.filter(merchant=stage.b).update(agency=stage.b)
    tab.open(CAMPAIGNS)
    assert stage.shown(tab.page) == {stage.a}
    assert stage.shown(tab.open(f"{SESSIONS}?merchant={stage.b}")) == set()


def test_a_list_of_one_campaign_is_of_its_merchant_whatever_was_chosen(stage: Stage) -> None:
    tab = Tab(stage)
    tab.open(SESSIONS)
    tab.choose(stage.b)
    assert stage.shown(Tab(stage).open(f"{SESSIONS}?campaign={stage.one.campaign.id}")) == {stage.a}


@LISTS
def test_a_merchant_has_no_such_choice(stage: Stage, path: str) -> None:
    tab = Tab(stage)
    tab.client = come(stage.two.merchant.manager)
    page = tab.open(at(path))
    assert tab.address == at(path)
    assert 'name="merchant"' not in page
    assert stage.shown(tab.open(joined(at(path), f"merchant={stage.b}"))) == {stage.b}
    assert stage.shown(tab.open(joined(at(path), f"merchant={stage.a}"))) == set()


def test_an_address_of_nowhere_chooses_nothing(stage: Stage) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://["}
    assert stage.client.get(f"{SESSIONS}?merchant={stage.b}", headers=headers).status_code == 200
    assert stage.remembered() == ""
