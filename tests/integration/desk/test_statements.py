"""What an agent's cycle costs the database: statements are counted, so these are no timed tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.test import Client

from ringround.campaigns.models import Lead
from ringround.campaigns.queries import customer_list
from ringround.infra import clock
from ringround.infra.database import prepared
from ringround.orgs import actions as orgs
from tests.integration.desk.scene import Scene, scene
from tests.integration.desk.test_console import running

pytestmark = pytest.mark.django_db
Counted = Callable[[], Any]


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement that goes to the server, prepared ones too, but for the savepoint that a test's own transaction
    makes of the request's BEGIN and COMMIT."""
    sent: list[str] = []
    run = {name: getattr(psycopg.Cursor, name) for name in ("execute", "executemany")}

    def note(name: str) -> Callable[..., Any]:
        def noted(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
            sent.append(str(query))
            return run[name](self, query, *args, **kwargs)

        return noted

    with monkeypatch.context() as patch:
        for name in run:
            patch.setattr(psycopg.Cursor, name, note(name))
        statement = prepared._statement

        def noted(raw: Any, text: str) -> Any:
            sent.append(text)
            return statement(raw, text)

        patch.setattr(prepared, "_statement", noted)
        yield sent
    if sent and any(one.startswith("SAVEPOINT") for one in sent):
        sent.remove(next(one for one in sent if one.startswith("SAVEPOINT")))
        sent.remove(next(one for one in reversed(sent) if one.startswith("RELEASE")))


class Agent:
    """A program with an agent's token."""

    def __init__(self, stage: Scene) -> None:
        token = orgs.token_create(actor=stage.agent, name="dialer")[1]
        self.web = Client(headers={"authorization": f"Bearer {token}"})

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        answer = self.web.post(f"/api/v1/agent/{path}", body or {}, "application/json", headers=headers)
        assert answer.status_code == 200, answer.content
        return answer.json()


@pytest.fixture(params=["manual", "preview"])
def warm(request: pytest.FixtureRequest, monday_ten: datetime) -> Agent:
    """An agent who has done one contact already: what a process reads once has been read."""
    stage = scene(request.param)
    agent = Agent(stage)
    agent.post("join", {"campaign": str(stage.campaign.id)})
    lead = agent.post("next")["lead"]["id"]
    agent.post("call", {"lead": lead})
    agent.post("hangup")
    agent.post("disposition", {"lead": lead, "disposition": "Intet svar"})
    return agent


# One of each is the token's look-up.
def test_a_cycle_by_api_is_few_statements(warm: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    with statements(monkeypatch) as given:
        lead = warm.post("next")["lead"]["id"]
    with statements(monkeypatch) as called:
        warm.post("call", {"lead": lead})
    with statements(monkeypatch) as put_down:
        warm.post("hangup")
    with statements(monkeypatch) as said:
        warm.post("disposition", {"lead": lead, "disposition": "Intet svar"})
    counts = {"next": len(given), "call": len(called), "hangup": len(put_down), "disposition": len(said)}
    assert counts == {"next": 7, "call": 8, "hangup": 8, "disposition": 13}


# What nobody waits for goes with the next statement, or here with the savepoint's end instead of the COMMIT.
def test_a_cycle_by_api_is_fewer_letters_than_statements(warm: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    letters: list[int] = []
    send = prepared._send

    def counted(raw: Any, sent: list[Any], **how: Any) -> Any:
        letters.append(len(sent))
        return send(raw, sent, **how)

    monkeypatch.setattr(prepared, "_send", counted)
    lead = warm.post("next")["lead"]["id"]
    given, letters = letters, []
    warm.post("disposition", {"lead": lead, "disposition": "Intet svar"})
    # The token, the agent, the claim, the lead, the contact with the end; the token, the agent with the lead and its
    # campaign, the contact with the disposition and what was tried, and all that is written with the end.
    assert (given, letters) == ([1, 1, 1, 2, 2], [1, 2, 3, 6])


# Two of each are the session's and the user's; the rest is what was done, then the bar (four), then what has changed.
@pytest.mark.parametrize("mode", ["manual", "preview"])
def test_a_cycle_by_browser_is_few_statements(mode: str, monday_ten: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = scene(mode)
    tab = running(stage)
    tab.open()
    nothing = stage.disposition("no_contact")
    counts: dict[str, int] = {}

    def counted(name: str, press: Counted) -> None:
        with statements(monkeypatch) as sent:
            assert press().status_code in (200, 204)
        counts[name] = len(sent)

    for _ in range(2):  # by the second contact a process has read what it reads once
        counted("next", lambda: tab.press("next"))
        counted("call", lambda: tab.press("call"))
        counted("pulse", tab.pulse)
        counted("hangup", lambda: tab.press("hangup"))
        counted("save", lambda: tab.save(nothing))
        counted("idle", tab.pulse)
        counted("seen", lambda: tab.press("seen"))
    assert counts == {"next": 21, "call": 18, "pulse": 8, "hangup": 18, "save": 23, "idle": 6, "seen": 3}


def test_an_idempotency_key_costs_four(warm: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    lead = warm.post("next")["lead"]["id"]
    with statements(monkeypatch) as said:
        warm.post("disposition", {"lead": lead, "disposition": "Intet svar"}, **{"Idempotency-Key": "once"})
    # Its row, its answer, and the savepoint within which a refusal is taken back. The call is written, not ended.
    assert len(said) <= 16


def test_a_customer_list_costs_no_more_for_more_rows(monday_ten: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = scene(people=4)
    agent = Agent(stage)
    agent.post("join", {"campaign": str(stage.campaign.id)})
    assert stage.agent.user is not None
    agent.web.force_login(stage.agent.user)
    counts = []
    for rows in (0, 2, 4):
        mine = [one.id for one in stage.leads()[:rows]]
        at = clock.now() + timedelta(days=1)
        Lead.objects.filter(id__in=mine).update(status="private_redial", owner=stage.agent.user_id, next_contact_at=at)
        with statements(monkeypatch) as sent:
            assert agent.web.get("/desk/console/customers").status_code == 200
        counts.append(len(sent))
    assert counts[1] == counts[2]


def test_a_customer_list_that_is_cut_short_holds_the_next(monday_ten: datetime) -> None:
    stage = scene(people=4)
    for days, one in enumerate(reversed(stage.leads()), 1):
        at = clock.now() + timedelta(days=days)
        Lead.objects.filter(id=one.id).update(status="private_redial", owner=stage.agent.user_id, next_contact_at=at)
    found = customer_list(actor=stage.agent, campaign_id=stage.campaign.id, size=2)
    assert [one.id for one in found] == [one.id for one in reversed(stage.leads()[-2:])]


def test_a_leads_page_reads_its_contact_once(monday_ten: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    manual = scene("manual")
    web = Client()
    assert manual.supervisor.user is not None
    web.force_login(manual.supervisor.user)
    lead = Lead.objects.filter(campaign=manual.campaign)[0]
    with statements(monkeypatch) as sent:
        assert web.get(f"/campaigns/leads/{lead.id}").status_code == 200
    assert sum("AS national_ids" in one for one in sent) == 1
