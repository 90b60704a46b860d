"""The reports of sessions: who submitted what, how it stands, and who may read it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from ringround.campaigns.models import Campaign
from ringround.infra import clock
from ringround.onboarding.models import Session, WorkflowVersion
from ringround.orgs.actor import Actor
from ringround.reports import files, queries
from tests.integration.campaigns.rig import MONDAY, Rig, rig
from tests.integration.http.calling import Caller, token_for
from tests.integration.onboarding.workflows import make

pytestmark = pytest.mark.django_db
ENDED = ("Complete", "Rejected", "Failed", "Expired")


@pytest.fixture
def here(db: None) -> Any:
    with clock.frozen(MONDAY):
        yield Signing(rig())


class Signing:
    """Sessions of the magazine's campaign, which its agency calls for; one of them in-house."""

    def __init__(self, made: Rig) -> None:
        self.magazine, self.agency = made.cast.magazine, made.cast.agency
        self.rig = Rig(made.cast, self.magazine)
        self.workflow = make(self.magazine.manager)
        self.campaign = self.rig.campaign(agency=self.agency)
        Campaign.objects.filter(id=self.campaign.id).update(workflow=self.workflow.id)
        self.own = self.rig.campaign()

    def session(
        self, status: str, *, agent: Actor | None = None, campaign: Campaign | None = None, days: int = 0, **more: Any
    ) -> UUID:
        """One, submitted so many days ago by the agency's senior agent."""
        by = agent or self.agency.senior
        at = clock.now() - timedelta(days=days)
        done = {"completed_at": at, "phase": "done"} if status == "Complete" else {}
        facts: dict[str, Any] = {
            "merchant": self.magazine.org, "agency": by.home, "campaign": campaign or self.campaign, "user": by.user,
            "external_lead_id": "crm-1", "intention": "signup", "action": "sign_up", "payment_type": "recurring",
            "agreed": {"amount": 10050, "currency": "DKK"}, "status": status, "created_at": at,
            "expires_at": at + timedelta(days=2), "ended_at": at if status in ENDED else None,
            "workflow_version": WorkflowVersion.objects.get(workflow=self.workflow.id), **done,
        }  # fmt: skip
        return Session.objects.create(**{**facts, **more}).id


def read(actor: Actor, name: str, **asked: Any) -> Any:
    found = queries.ask(actor=actor, name=name, **asked)
    return queries.log_report(found) if name == "sessions" else queries.report(found)


def listed(actor: Actor, **asked: Any) -> list[dict[str, Any]]:
    return list(queries.log_rows(queries.ask(actor=actor, name="sessions", **asked)))


def test_what_agents_reached_is_counted_by_how_their_sessions_stand(here: Signing) -> None:
    for status in ("New", "Processing", "Complete", "Rejected", "Failed", "Expired"):
        here.session(status)
    here.session("Complete", agent=here.agency.junior, payment_type="single", days=1)
    found = read(here.magazine.owner, "sessions_by_agent")
    of = {row["agent"]: row for row in found.main.rows}
    senior = of[here.agency.senior.user_id]
    assert {name: senior[name] for name in ("sessions", "pending", "complete", "rejected", "failed", "expired")} == {
        "sessions": 6, "pending": 2, "complete": 1, "rejected": 1, "failed": 1, "expired": 1,
    }  # fmt: skip
    # What waits is no part of the success.
    assert (senior["success"], senior["recurring"], senior["single"]) == (0.25, 1, 0)
    assert (of[here.agency.junior.user_id]["single"], found.totals["sessions"]) == (1, 7)
    # Every way of breaking it down gives the same sum.
    for table in found.tables.values():
        assert sum(row["sessions"] for row in table.rows) == table.totals["sessions"] == 7


def test_only_what_is_asked_for_is_counted(here: Signing) -> None:
    here.session("Complete")
    here.session("Complete", agent=here.agency.junior)
    here.session("Complete", days=20)
    here.session("Complete", agent=here.magazine.senior, campaign=here.own)
    owner = here.magazine.owner

    def count(**asked: Any) -> int:
        return int(read(owner, "sessions_by_agent", **asked).totals["sessions"])

    assert (count(), count(since="2026-02-01", until="2026-03-02")) == (3, 4)
    assert (count(campaign_id=here.own.id), count(agent_id=here.agency.junior.user_id)) == (1, 1)
    assert len(listed(owner)) == 3
    assert [row["name"] for row in listed(owner, agent_id=here.agency.junior.user_id)] == ["Jonas Junior"]


def test_an_agency_reads_its_own_sessions_and_nobody_elses(here: Signing) -> None:
    mine = here.session("Complete")
    here.session("Complete", agent=here.magazine.senior)
    assert [row["id"] for row in listed(here.agency.owner)] == [mine]
    assert read(here.agency.owner, "sessions_by_agent").totals["sessions"] == 1
    assert len(listed(here.magazine.owner)) == 2
    for stranger in (here.rig.cast.agency2.owner, here.rig.cast.outsider):
        assert listed(stranger) == []
        assert read(stranger, "sessions_by_agent").totals["sessions"] == 0


def test_the_list_is_newest_first_page_by_page(here: Signing) -> None:
    ids = [here.session("New", days=day) for day in (0, 0, 1, 3)]
    ids.sort(key=lambda id: (Session.objects.get(id=id).created_at, id), reverse=True)
    asked = queries.ask(actor=here.magazine.owner, name="sessions")
    got: list[UUID] = []
    after: str | None = None
    while True:
        rows, after = queries.log_page(asked, size=2, after=after)
        got += [row["id"] for row in rows]
        if after is None:
            break
    assert got == ids
    assert read(here.magazine.owner, "sessions").totals == {"New": 4}


def test_the_file_has_words_of_the_api_and_amounts_in_kroner(here: Signing) -> None:
    here.session("Rejected", reason="declined")
    asked = queries.ask(actor=here.magazine.owner, name="sessions")
    made = files.file(asked, kind="csv")
    (row,) = csv.DictReader(io.StringIO(b"".join(made.parts).decode()))
    assert (row["status"], row["service_type"], row["amount"]) == ("Rejected", "SignUpRecurring", "100.50")
    assert (row["workflow"], row["agency_name"], row["name"]) == ("Månedlig giver", "Ringbureauet", "Signe Senior")
    book = b"".join(files.file(queries.ask(actor=here.magazine.owner, name="sessions"), kind="xlsx").parts)
    assert book[:2] == b"PK"


@pytest.mark.parametrize("name", ["sessions", "sessions_by_agent"])
def test_the_reports_are_pages_and_answers_of_the_api(here: Signing, name: str, client: Any) -> None:
    here.session("Complete")
    here.session("Failed", reason="technical", agreed={})
    user = here.magazine.owner.user
    assert user is not None
    client.force_login(user)
    page = client.get(f"/reports/{name}")
    assert page.status_code == 200
    assert "Signe Senior" in page.content.decode()
    told = Caller(token_for(here.magazine.owner))("GET", f"/reports/{name}").json()
    assert len(told["items"]) == (2 if name == "sessions" else 1)
    if name == "sessions":
        assert [one["amount"] for one in told["items"] if one["status"] == "Complete"] == [
            {"amount": 10050, "currency": "DKK"}
        ]


def test_the_board_tells_of_sessions_where_the_campaign_has_a_workflow(here: Signing) -> None:
    for status, days in (("New", 3), ("Processing", 0), ("Complete", 0), ("Complete", 1), ("Expired", 0)):
        here.session(status, days=days)
    found = queries.board(actor=here.magazine.owner)
    assert {row.campaign.id: row.sessions for row in found.campaigns} == {here.campaign.id: (2, 1), here.own.id: None}
    told = queries.snapshot_json(queries.board(actor=here.agency.owner, campaign_id=here.campaign.id), None)
    assert told["sessions"] == {"pending": 2, "completed_today": 1}
