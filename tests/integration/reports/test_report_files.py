"""Reports as pages, as files and over HTTP."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client

from ringround.contacts import actions as contacts
from ringround.infra.bounded import bounded, within
from ringround.infra.models import AuditPending
from ringround.kernel.errors import Conflict
from ringround.orgs.actor import Actor
from ringround.reports import files, queries
from ringround.reports.queries import AGGREGATES, LOGS, NAMES
from tests.integration.desk.scene import Scene, scene
from tests.integration.http.calling import token_for
from tests.integration.reports.work import ALWAYS, join, try_one

pytestmark = pytest.mark.django_db
CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def work(monday_ten: datetime) -> Scene:
    """One contact who said yes, and whose name is a formula."""
    made = scene("manual", 2, hours=ALWAYS, holidays=None)
    lead = made.leads()[0]
    contacts.contact_change(
        actor=made.cast.charity.manager, contact_id=lead.contact_id, fields={"Navn": "=cmd|'/c calc'!A1"}
    )
    join(made, made.agent)
    try_one(made, made.agent, "engaged", talk_s=90, answers={"belob": 5})
    return made


def web(actor: Actor) -> Client:
    found = Client()
    assert actor.user is not None
    found.force_login(actor.user)
    return found


def call(actor: Actor, path: str) -> Any:
    return Client().get(f"/api/v1/reports/{path}", headers={"Authorization": f"Bearer {token_for(actor)}"})


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def tree(book: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(book.read(name))  # noqa: S314 - we have made it


def table(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode())))


# Nobody has agreed a callback or signed anything.
NOTHING = {"callbacks", "sessions", "sessions_by_agent"}


@pytest.mark.parametrize("name", NAMES)
def test_every_report_is_a_page_with_a_picture_its_table_and_its_meanings(work: Scene, name: str) -> None:
    page = web(work.supervisor).get(f"/reports/{name}").content.decode()
    # Of nothing there is no picture.
    assert (page.count("<svg viewBox") > 0) == (name not in NOTHING)
    assert "What the figures mean" in page
    part = web(work.supervisor).get(f"/reports/{name}?from=2026-03-02", headers={"HX-Request": "true"})
    assert b"<html" not in part.content


@pytest.mark.parametrize("name", NAMES)
def test_every_report_is_told_over_http(work: Scene, name: str) -> None:
    found = call(work.supervisor, name).json()
    assert (found["report"], found["timezone"], found["next"]) == (name, "Europe/Copenhagen", None)
    assert (found["since"], found["until"]) == ("2026-02-23T23:00:00.000Z", "2026-03-02T23:00:00.000Z")
    assert bool(found["items"]) == (name not in NOTHING)


def test_the_breakdown_can_be_chosen(work: Scene) -> None:
    found = call(work.supervisor, "agent_results?by=day").json()
    assert found["by"] == "day"
    assert [row["engaged"] for row in found["items"]] == [0, 0, 0, 0, 0, 0, 1]
    assert call(work.supervisor, "agent_results?by=hour").json()["code"] == "unknown_choice"
    assert call(work.supervisor, "call_log?by=day").json()["code"] == "unknown_choice"


@pytest.mark.parametrize("name", AGGREGATES)
def test_a_csv_says_what_the_api_says(work: Scene, name: str) -> None:
    rows = table(body(call(work.supervisor, f"{name}?format=csv")))
    items = call(work.supervisor, name).json()["items"]
    assert [row.get("attempts") for row in rows] == [
        str(item["attempts"]) if "attempts" in item else None for item in items
    ]
    assert len(rows) == len(items)


def test_cells_that_begin_as_a_formula_run_nothing(work: Scene) -> None:
    (row,) = table(body(call(work.supervisor, "call_log?format=csv")))
    assert row["contact_name"].startswith("'=cmd")
    book = zipfile.ZipFile(io.BytesIO(body(call(work.supervisor, "call_log?format=xlsx"))))
    sheet = tree(book, "xl/worksheets/sheet1.xml")
    assert not list(sheet.iter(f"{CELL}f"))
    assert any("=cmd" in (cell.text or "") for cell in sheet.iter(f"{CELL}t"))


def test_a_workbook_has_every_breakdown_and_the_definitions(work: Scene) -> None:
    raw = body(call(work.supervisor, "campaign_results?format=xlsx"))
    book = zipfile.ZipFile(io.BytesIO(raw))
    names = [one.get("name") for one in tree(book, "xl/workbook.xml").iter(f"{CELL}sheet")]
    assert names == ["By campaign", "By day", "By hour of the day", "Definitions"]


def test_a_file_that_names_people_asks_for_more_and_is_audited(work: Scene) -> None:
    viewer = work.cast.charity.viewer
    assert call(viewer, "agent_hours?format=csv").status_code == 200
    for name in LOGS:
        assert call(viewer, name).status_code == 200
        assert call(viewer, f"{name}?format=csv").status_code == 403
        assert web(viewer).get(f"/reports/{name}/file?format=csv").status_code == 403
    call(work.supervisor, "call_log?format=csv")
    (row,) = AuditPending.objects.filter(action="reports.report.exported")
    assert (row.actor_id, row.data) == (work.supervisor.user_id, {"report": "call_log"})


@pytest.mark.parametrize("path", ["api", "web"])
def test_a_long_list_is_refused_as_a_workbook_before_any_of_it_goes_out(
    work: Scene, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(files, "MOST_XLSX_ROWS", 0)
    if path == "api":
        found = call(work.supervisor, "call_log?format=xlsx")
        assert (found.status_code, found.json()["code"]) == (409, "too_many_rows")
    else:
        found = web(work.supervisor).get("/reports/call_log/file?format=xlsx")
        assert found.status_code == 409
        assert not found.streaming


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_list_that_is_too_slow_is_refused_before_any_of_it_goes_out(work: Scene, kind: str) -> None:
    found = queries.ask(actor=work.supervisor, name="call_log")
    with pytest.raises(Conflict) as refused, within(0.0):
        files.file(found, kind=kind)
    assert refused.value.code == "report_too_slow"


def test_a_whole_report_has_an_end_however_many_steps_it_has(work: Scene) -> None:
    asked = queries.ask(actor=work.supervisor, name="agent_hours")
    with within(60.0):
        assert queries.report(asked).main.rows
    with pytest.raises(Conflict) as refused, within(0.0):
        queries.report(asked)
    assert refused.value.code == "report_too_slow"


def test_a_page_with_a_period_that_is_none_says_so_and_shows_the_usual(work: Scene) -> None:
    page = web(work.supervisor).get("/reports/agent_hours?from=2026-03-05&to=2026-03-01")
    assert page.status_code == 200
    assert b"The period ends before it begins." in page.content


def test_agents_have_no_reports(work: Scene) -> None:
    assert web(work.agent).get("/reports/agent_hours").status_code == 403
    assert call(work.agent, "agent_hours").status_code == 403


def test_a_step_that_takes_too_long_is_cut_off(work: Scene) -> None:
    with pytest.raises(Conflict) as refused, bounded(0.05), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(2)")
    assert refused.value.code == "report_too_slow"
