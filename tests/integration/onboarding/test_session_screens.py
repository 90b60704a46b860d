"""Sessions and leads on their screens: the lists as everybody knows them, one session with what may be done, files."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ringround.infra import clock
from ringround.kernel.errors import Conflict, Invalid
from ringround.onboarding import actions
from ringround.onboarding.accounts import seal
from ringround.onboarding.actions.settings import onboarding_settings_change
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.models import GatewayAccount, Session
from ringround.onboarding.views import sessions
from tests import factories
from tests.integration.campaigns.rig import Rig
from tests.integration.http.calling import Caller, token_for
from tests.integration.onboarding.scene import Scene
from tests.integration.onboarding.screens import come

if TYPE_CHECKING:
    from django.http import HttpResponse

pytestmark = pytest.mark.django_db
LIST, LEADS = "/onboarding/sessions", "/onboarding/leads"
# What is written of a caller when a minute begins on the wall, which it may between any two calls.
ONCE_A_MINUTE = ("http_rate", 'UPDATE "orgs_api_token"')
HTMX = {"HX-Request": "true"}


@pytest.fixture
def scene(rig: Rig) -> Scene:
    return Scene(rig)


def heads(page: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", page)]


def text_of(answer: HttpResponse) -> str:
    return b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]


# --- the list -------------------------------------------------------------------------------------


def test_the_list_has_its_columns_and_times_in_the_viewers_zone(scene: Scene) -> None:
    scene.submit()
    page = come(scene.merchant.manager).get(LIST).content.decode()
    assert heads(page) == ["Status", "Created", "Intention", "Campaign", "Workflow", "Agency"]
    # Ten o'clock in Copenhagen.
    assert re.search(r">\d{4}-\d\d-\d\d 10:\d\d:\d\d<", page)
    assert "Månedlig giver" in page


def test_an_organisation_may_write_times_with_dashes(scene: Scene) -> None:
    scene.submit()
    onboarding_settings_change(actor=scene.merchant.manager, dashed_times=True, keep_days=None)
    page = come(scene.merchant.manager).get(LIST).content.decode()
    assert re.search(r">\d{4}-\d\d-\d\d 10-\d\d-\d\d<", page)


def test_ten_are_shown_newest_first_and_the_rest_by_the_cursor(scene: Scene) -> None:
    for number in range(12):
        clock.advance(timedelta(seconds=1))
        scene.submit(external_lead_id=f"crm-{number}", contact={**PHONE, "phone": f"+45201234{number:02}"})
    client = come(scene.merchant.manager)
    first = client.get(LIST).content.decode()
    ids = re.findall(r"/onboarding/sessions/([0-9a-f-]{36})\"", first)
    newest = [str(one) for one in Session.objects.order_by("-created_at").values_list("id", flat=True)]
    assert ids == newest[:10]
    following = re.search(r'href="[^"?]*(\?[^"]*after=[^"]+)"', first)
    assert following is not None
    second = client.get(LIST + following[1].replace("&amp;", "&")).content.decode()
    assert re.findall(r"/onboarding/sessions/([0-9a-f-]{36})\"", second) == newest[10:]


PHONE: dict[str, Any] = {"first_name": "Åse"}


def test_it_is_filtered_by_campaign_status_and_day(scene: Scene) -> None:
    gone = scene.submit()
    actions.session_decline(actor=scene.agent, session_id=gone.id)
    clock.advance(timedelta(days=2))
    kept = scene.submit(external_lead_id="crm-2", contact={**PHONE, "phone": "+4520123499"})
    client = come(scene.merchant.manager)

    def shown(**asked: str) -> set[str]:
        page = client.get(LIST, asked).content.decode()
        return set(re.findall(r"/onboarding/sessions/([0-9a-f-]{36})\"", page))

    today = clock.now().date().isoformat()
    assert shown(status="Rejected") == {str(gone.id)}
    assert shown(first=today) == {str(kept.id)}
    assert shown(last=(clock.now() - timedelta(days=1)).date().isoformat()) == {str(gone.id)}
    assert shown(campaign=str(scene.campaign.id)) == {str(gone.id), str(kept.id)}
    assert shown(first="nonsense", status="nonsense") == {str(gone.id), str(kept.id)}


def test_an_empty_list_says_what_to_do(rig: Rig) -> None:
    assert "Make a workflow and choose it on a campaign." in come(rig.staff.manager).get(LIST).content.decode()
    assert "Agents begin them from the console" in come(rig.staff.viewer).get(LIST).content.decode()


def test_agents_see_their_own_alone(scene: Scene) -> None:
    session = scene.submit()
    assert str(session.id) in come(scene.agent).get(LIST).content.decode()
    assert str(session.id) not in come(scene.merchant.junior).get(LIST).content.decode()


def test_an_agency_sees_the_same_columns_and_only_its_own(agency_rig: Rig) -> None:
    scene = Scene(agency_rig, agency=agency_rig.cast.agency)
    session = scene.submit()
    mine = come(agency_rig.cast.agency.manager).get(LIST).content.decode()
    assert heads(mine) == ["Status", "Created", "Intention", "Campaign", "Workflow", "Agency"]
    assert str(session.id) in mine
    assert str(session.id) not in come(agency_rig.cast.agency2.manager).get(LIST).content.decode()


def test_an_agency_that_finds_nothing_of_one_merchant_is_shown_all_again(agency_rig: Rig) -> None:
    cast = agency_rig.cast
    factories.link(cast.charity.org, cast.agency.org)
    magazine, charity = (Scene(Rig(cast, one), agency=cast.agency) for one in (cast.magazine, cast.charity))
    magazine.submit()
    client = come(cast.agency.manager)
    for address, asked, all_of in (
        (LIST, "", f"{LIST}?merchant="), (LEADS, "attempted=1&", f"{LEADS}?merchant="),
        ("/campaigns/", "q=nonsense&", "/campaigns/?merchant="),
    ):  # fmt: skip
        page = client.get(f"{address}?{asked}merchant={charity.merchant.org.id}").content.decode()
        assert f'href="{all_of}">Show all</a>' in page


def test_an_agency_asks_for_one_merchants_by_api(agency_rig: Rig) -> None:
    cast = agency_rig.cast
    factories.link(cast.charity.org, cast.agency.org)
    magazine, charity = (Scene(Rig(cast, one), agency=cast.agency) for one in (cast.magazine, cast.charity))
    magazine.submit()
    wanted = charity.submit()
    api = Caller(token_for(cast.agency.manager))
    for path, of in (
        ("/sessions?", wanted.id), ("/onboarding/leads?attempted=true&", wanted.id),
        ("/campaigns?", charity.campaign.id),
    ):  # fmt: skip
        found = api("GET", f"{path}merchant={charity.merchant.org.id}").json()
        assert [one["id"] for one in found["items"]] == [str(of)]


# --- files ----------------------------------------------------------------------------------------


def test_the_file_has_the_lists_columns_and_the_details_without_what_is_secret(scene: Scene) -> None:
    scene.submit(contact={**PHONE, "phone": "+4520123456", "last_name": "=HYPERLINK(1)", "national_id": "0101701234"})
    answer = come(scene.merchant.supervisor).get(f"{LIST}/export")
    said = text_of(answer)
    (row,) = list(csv.DictReader(io.StringIO(said)))
    assert (row["status"], row["campaign"], row["intention"]) == ("New", scene.campaign.name, "signup")
    assert (row["agreement"], row["amount"], row["currency"], row["schedule"]) == (
        "Fast støtte", "10000", "DKK", "monthly"
    )  # fmt: skip
    assert row["contact.last_name"].startswith("'")
    assert "010170" not in said
    assert answer["Cache-Control"] == "no-store"


def test_the_file_follows_the_filter(scene: Scene) -> None:
    scene.submit()
    assert len(text_of(come(scene.merchant.manager).get(f"{LIST}/export?status=Failed")).splitlines()) == 1


def test_a_workbook_holds_texts_alone(scene: Scene) -> None:
    scene.submit(contact={**PHONE, "phone": "+4520123456", "last_name": "=1+1"})
    answer = come(scene.merchant.manager).get(f"{LIST}/export?format=xlsx")
    book = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "Fast støtte" in sheet
    assert "<f>" not in sheet


def test_a_workbook_that_would_be_too_long_leads_back_to_the_list_and_says_what_to_do(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST_XLSX_ROWS", 1)
    for number in range(2):
        scene.submit(external_lead_id=f"crm-{number}")
    client = come(scene.merchant.manager)
    answer = client.get(f"{LIST}/export?status=New&format=xlsx")
    assert (answer.status_code, answer["Location"]) == (303, f"{LIST}?status=New")
    page = client.get(answer["Location"]).content.decode()
    assert "A workbook holds at most 1 sessions. Filter the list, or take it as CSV." in page


@pytest.mark.parametrize("who", ["senior", "junior", "viewer", "quality"])
def test_others_take_no_files(scene: Scene, who: str) -> None:
    assert come(scene.merchant.actors[who]).get(f"{LIST}/export").status_code == 403


# --- one session ----------------------------------------------------------------------------------


def test_a_session_shows_what_it_is_about(scene: Scene) -> None:
    session = scene.submit(contact={**PHONE, "phone": "+4520123456", "email": "aase@example.org"})
    page = come(scene.merchant.manager).get(f"{LIST}/{session.id}").content.decode()
    for words in (
        "Session to set up a recurring agreement", "Sign-up, recurring", "Månedlig giver", "Fast støtte", "DKK 100",
        "Every month", "20 12 34 56", "crm-1", "Session submitted",
    ):  # fmt: skip
        assert words in page, words


def test_its_heading_is_danish_for_who_reads_danish(scene: Scene) -> None:
    session = scene.submit()
    page = come(scene.merchant.manager, "da").get(f"{LIST}/{session.id}").content.decode()
    assert "Session om fast aftale" in page
    assert "Session indsendt" in page


def test_a_national_id_shows_its_end_alone(scene: Scene) -> None:
    session = scene.submit(contact={**PHONE, "phone": "+4520123456", "national_id": "0101701234"})
    page = come(scene.merchant.owner).get(f"{LIST}/{session.id}").content.decode()
    assert "010170" not in page


def test_the_link_is_sent_by_sms(scene: Scene) -> None:
    session = scene.submit()
    answer = come(scene.agent).post(f"{LIST}/{session.id}/link", {"channel": "sms", "to": "20 12 34 56"})
    assert scene.stands(session) == ("New", "link_sent")
    assert "The link is on its way by SMS." in answer.content.decode()


def test_a_number_that_is_none_is_said_and_nothing_is_sent(scene: Scene) -> None:
    session = scene.submit()
    answer = come(scene.agent).post(f"{LIST}/{session.id}/link", {"channel": "sms", "to": "12"})
    assert scene.stands(session) == ("New", "submitted")
    assert answer.status_code == 422
    assert "This is not a phone number." in answer.content.decode()


def test_the_qr_code_is_drawn_and_the_link_does_not_stand_in_the_page(scene: Scene) -> None:
    session = scene.submit()
    answer = come(scene.agent).post(f"{LIST}/{session.id}/link", {"channel": "qr"}, headers=HTMX)
    page = answer.content.decode()
    assert page.startswith('<div id="ob-sent"')
    assert "data:image/svg+xml" in page
    assert "/a/" not in page
    assert "no-store" in answer["Cache-Control"]


def test_too_many_links_are_said_in_the_part_that_was_asked_for(scene: Scene) -> None:
    session = scene.submit()
    for _ in range(5):
        scene.link(session)
    answer = come(scene.agent).post(f"{LIST}/{session.id}/link", {"channel": "qr"}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.startswith('<div id="ob-sent"')
    assert "Several links were sent just now. Wait a little." in page


@pytest.mark.parametrize("act", ["pay", "decline", "cancel"])
def test_what_can_no_longer_be_done_is_said_beside_where_the_session_stands(scene: Scene, act: str) -> None:
    session = scene.submit()
    actions.session_decline(actor=scene.agent, session_id=session.id)
    answer = come(scene.agent).post(f"{LIST}/{session.id}/act/{act}", headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count('id="ob-state"') == 1
    said = page.partition('<div id="ob-sent"')[2]
    assert 'hx-swap-oob="true"' in said
    assert {"pay": "Only a new session can begin", "decline": "The session has ended.",
            "cancel": "The session has ended."}[act] in said  # fmt: skip


def test_without_a_script_a_refusal_is_said_on_the_sessions_page(scene: Scene) -> None:
    session = scene.submit()
    actions.session_decline(actor=scene.agent, session_id=session.id)
    client = come(scene.agent)
    answer = client.post(f"{LIST}/{session.id}/act/decline")
    assert (answer.status_code, answer["Location"]) == (303, f"{LIST}/{session.id}")
    assert "The session has ended." in client.get(answer["Location"]).content.decode()


def test_the_part_that_follows_a_session_is_the_one_that_its_page_has(scene: Scene) -> None:
    session = scene.submit()
    client = come(scene.agent)
    part = client.get(f"{LIST}/{session.id}/state", headers=HTMX).content.decode()
    page = client.get(f"{LIST}/{session.id}").content.decode()
    assert part.count("<section") == 1
    for words in (f'data-live="session:{session.id}"', "Send by SMS", 'data-dialog="ob-decline"', "Cancel the session"):
        assert words in part
        assert words in page


# --- on the agent's own screen --------------------------------------------------------------------


def button(scene: Scene, session: Session) -> bool:
    return "/act/pay" in come(scene.agent).get(f"{LIST}/{session.id}/state", headers=HTMX).content.decode()


def test_in_the_sandbox_it_can_be_completed_on_the_agents_screen(scene: Scene) -> None:
    session = scene.submit()
    assert button(scene, session)
    page = come(scene.agent).post(f"{LIST}/{session.id}/act/pay", headers=HTMX).content.decode()
    assert scene.see(session).status == "Processing"
    assert "/act/pay" not in page


@pytest.mark.parametrize(
    ("method", "typed", "fits"),
    [
        ("card", {}, False),
        ("direct_debit", {"national_id": "0101701234"}, False),
        ("direct_debit", {"national_id": "0101701234", "bank_account": "00400440116243"}, True),
    ],
)
def test_the_button_is_there_where_the_act_is_allowed_and_nowhere_else(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, method: str, typed: dict[str, str], fits: bool
) -> None:
    """On a rail of another kind than the sandbox, what it asks of the donor decides."""
    monkeypatch.setitem(DRAWERS, "vipps", DRAWERS["sandbox"])
    GatewayAccount.objects.update(kind="vipps")
    session = scene.submit(payment_method=method)
    Session.objects.filter(id=session.id).update(secrets=seal(typed))
    assert button(scene, session) == fits
    try:
        actions.session_submit_payment(actor=scene.agent, session_id=session.id)
    except (Conflict, Invalid):
        assert not fits
    else:
        assert fits


def test_an_account_that_no_key_opens_is_no_fault_of_the_pages(scene: Scene) -> None:
    session = scene.submit()
    GatewayAccount.objects.update(secrets="v1.nobodys")
    client = come(scene.agent)
    for path in ("", "/state"):
        assert client.get(f"{LIST}/{session.id}{path}", headers=HTMX).status_code == 200
    answer = client.post(f"{LIST}/{session.id}/act/pay", headers=HTMX)
    assert answer.status_code == 200
    assert "The payment provider does not answer at the moment." in answer.content.decode()
    assert scene.see(session).status == "New"


def test_a_declined_session_says_why_and_has_no_buttons(scene: Scene) -> None:
    session = scene.submit()
    client = come(scene.agent)
    client.post(f"{LIST}/{session.id}/act/decline", {"reason": "Vil tænke over det"})
    page = client.get(f"{LIST}/{session.id}").content.decode()
    assert scene.stands(session)[0] == "Rejected"
    assert "The agent noted that the donor declined." in page
    assert "Vil tænke over det" in page
    assert "Send by SMS" not in page


def test_a_session_that_has_ended_takes_nothing_more(scene: Scene) -> None:
    session = scene.submit()
    client = come(scene.agent)
    client.post(f"{LIST}/{session.id}/act/cancel")
    client.post(f"{LIST}/{session.id}/act/decline")
    assert scene.see(session).reason == "cancelled"
    assert "The session has ended." in client.get(f"{LIST}/{session.id}").content.decode()


def test_who_only_reads_gets_no_buttons_and_can_do_nothing(scene: Scene) -> None:
    session = scene.submit()
    client = come(scene.merchant.viewer)
    assert "Send by SMS" not in client.get(f"{LIST}/{session.id}").content.decode()
    for path in ("link", "act/decline", "act/cancel", "act/pay"):
        assert client.post(f"{LIST}/{session.id}/{path}", {"channel": "qr"}).status_code == 403
    assert scene.stands(session) == ("New", "submitted")


def test_an_unknown_act_is_not_found(scene: Scene) -> None:
    session = scene.submit()
    assert come(scene.agent).post(f"{LIST}/{session.id}/act/other").status_code == 404


def test_anothers_session_is_not_found(scene: Scene) -> None:
    session = scene.submit()
    client = come(factories.member(factories.organisation("Fremmed"), "owner"))
    assert client.get(f"{LIST}/{session.id}").status_code == 404
    assert client.get(f"{LEADS}/{session.id}").status_code == 404
    assert client.post(f"{LIST}/{session.id}/act/decline").status_code == 404
    assert client.post(f"{LIST}/{session.id}/link", {"channel": "qr"}).status_code == 404
    assert scene.stands(session) == ("New", "submitted")


# --- leads ----------------------------------------------------------------------------------------


def test_leads_are_those_that_were_won_and_with_the_toggle_all(scene: Scene) -> None:
    session = scene.submit()
    client = come(scene.merchant.manager)
    assert "Nobody is won yet" in client.get(LEADS).content.decode()
    all_of_them = client.get(f"{LEADS}?attempted=1").content.decode()
    assert "crm-1" in all_of_them
    scene.confirm(scene.link(session))
    scene.settle()
    won = client.get(LEADS).content.decode()
    assert heads(won) == ["Created", "External lead ID", "Campaign", "Agency"]
    assert "crm-1" in won


def test_a_leads_page_has_every_attempt_and_the_other_campaigns_with_its_id(scene: Scene) -> None:
    first = scene.submit()
    actions.session_decline(actor=scene.agent, session_id=first.id)
    second = scene.submit()
    page = come(scene.merchant.manager).get(f"{LEADS}/{second.id}").content.decode()
    assert page.count("/onboarding/sessions/") >= 2
    assert str(first.id) in page
    assert "The agent noted that the donor declined." in page
    assert "Review" in page


@pytest.mark.parametrize("api", [False, True])
@pytest.mark.parametrize("path", ["sessions", "onboarding/leads?attempted=true", "onboarding/leads/{id}"])
def test_many_sessions_are_asked_for_with_as_many_questions_as_few(scene: Scene, path: str, api: bool) -> None:
    owner = scene.merchant.owner
    call, client = Caller(token_for(owner)), come(owner)
    screen = f"/onboarding/{path.removeprefix('onboarding/')}"
    asked = []
    for number in range(5):
        session = scene.at_gateway()
        scene.settle(seconds=5)
        with CaptureQueriesContext(connection) as seen:
            answer = call("GET", f"/{path}".format(id=session.id)) if api else client.get(screen.format(id=session.id))
        assert answer.status_code == 200
        if number in (1, 4):
            asked.append(sum(not any(name in one["sql"] for name in ONCE_A_MINUTE) for one in seen.captured_queries))
    assert asked[0] == asked[1]


def test_the_campaigns_lead_shows_its_sessions(scene: Scene) -> None:
    session = scene.submit()
    page = come(scene.merchant.manager).get(f"/campaigns/leads/{session.lead_id}").content.decode()
    assert f"/onboarding/sessions/{session.id}" in page
