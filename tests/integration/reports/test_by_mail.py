"""Reports by e-mail, handed to a real mail server."""

from __future__ import annotations

import email
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from email.message import Message
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from ringround.infra import clock
from ringround.infra.bounded import within
from ringround.infra.models import AuditPending
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.orgs import actions as orgs
from ringround.reports import actions, ticks
from ringround.reports.actions import schedules
from ringround.reports.actions import sending as sending_module
from ringround.reports.actions.schedules import stop_token
from ringround.reports.actions.sending import NotYet
from ringround.reports.forms import ScheduleForm
from ringround.reports.models import Mail, Schedule, Sending
from ringround.reports.queries import schedules as queries
from ringround.reports.rules.schedule import covers, next_time
from tests import factories
from tests.integration.desk.scene import Scene, scene
from tests.integration.http.calling import token_for
from tests.integration.reports.work import ALWAYS, join, try_one

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Europe/Copenhagen")


class Server:
    """What the mail server does with mails, and those that it took."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append(email.message_from_bytes(envelope.content))
        return "250 OK"

    @property
    def to(self) -> list[str]:
        return [str(one["To"]) for one in self.taken]


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    found = Server()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield found
    controller.stop()


@pytest.fixture
def work(monday_ten: datetime) -> Scene:
    made = scene("manual", 3, hours=ALWAYS, holidays=None)
    join(made, made.agent)
    try_one(made, made.agent, "engaged", talk_s=60, answers={"belob": 5})
    return made


def planned(scene: Scene, **fields: Any) -> Schedule:
    given = {
        "name": "Ugens tal", "report": "agent_results", "every": "daily", "at": time(7), "language": "en",
        "recipients": ["boss@hjaelpen.example.org", "client@example.com"], **fields,
    }  # fmt: skip
    return actions.schedule_create(actor=scene.cast.charity.manager, fields=given)


def due(hours: float = 24) -> Sending:
    """Time passes, and what has come due is queued."""
    clock.advance(timedelta(hours=hours))
    actions.schedules_due()
    return Sending.objects.latest("created_at")


def states(sending: Sending) -> dict[str, str]:
    return {one.recipient.email: one.state for one in Mail.objects.filter(sending=sending).select_related("recipient")}


def test_it_is_sent_when_it_is_due_with_the_file_and_its_figures(work: Scene, server: Server) -> None:
    planned(work, format="csv")
    actions.sending_run(sending_id=due().id)
    assert server.to == ["boss@hjaelpen.example.org", "client@example.com"]
    message = server.taken[1]
    assert message["Subject"] == "Ugens tal: 2 March 2026"
    text, file = message.get_payload()  # type: ignore[misc]
    assert "Engaged: 1" in text.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert file.get_filename() == "agent_results_2026-03-02_2026-03-02.csv"  # type: ignore[union-attr]
    assert b"Jonas Junior" in file.get_payload(decode=True)  # type: ignore[union-attr, operator]
    sending = Sending.objects.get()
    assert (sending.state, set(states(sending).values())) == ("done", {"sent"})


def test_it_is_queued_once_for_each_time_with_its_job(work: Scene) -> None:
    planned(work)
    due()
    actions.schedules_due()
    assert Sending.objects.count() == 1
    assert ProcrastinateJob.objects.filter(task_name="reports.sending_run").count() == 1
    due()
    assert Sending.objects.count() == 2


def test_after_an_outage_it_is_sent_once_for_the_last_time(work: Scene) -> None:
    planned(work)
    sending = due(hours=24 * 10)
    assert Sending.objects.count() == 1
    assert sending.since == datetime(2026, 3, 10, 23, tzinfo=UTC)


def test_a_mail_that_was_taken_is_not_sent_again(work: Scene, server: Server) -> None:
    planned(work)
    sending = due()
    server.answers["client@example.com"] = "451 later"
    with pytest.raises(NotYet):
        actions.sending_run(sending_id=sending.id)
    assert states(sending) == {"boss@hjaelpen.example.org": "sent", "client@example.com": "queued"}
    server.answers.clear()
    actions.sending_run(sending_id=sending.id)
    actions.sending_run(sending_id=sending.id)
    assert server.to == ["boss@hjaelpen.example.org", "client@example.com"]


def test_each_try_of_a_mail_has_the_same_message_id(work: Scene, server: Server) -> None:
    planned(work, recipients=["client@example.com"])
    sending = due()
    actions.sending_run(sending_id=sending.id)
    # As if the process had died between the server's answer and the mark.
    Mail.objects.update(state="queued")
    Sending.objects.update(state="queued")
    actions.sending_run(sending_id=sending.id)
    first, again = server.taken
    assert first["Message-ID"] == again["Message-ID"] == f"<{Mail.objects.get().id}@localhost>"


def test_an_address_that_is_refused_for_good_fails_alone(work: Scene, server: Server) -> None:
    planned(work)
    server.answers["client@example.com"] = "550 no such user"
    sending = due()
    actions.sending_run(sending_id=sending.id)
    assert states(sending) == {"boss@hjaelpen.example.org": "sent", "client@example.com": "failed"}
    assert Mail.objects.get(state="failed").error == "550"


def test_a_mail_server_that_is_down_is_waited_for_and_then_given_up(work: Scene, settings: Any, server: Server) -> None:
    planned(work)
    sending = due()
    settings.EMAIL_PORT = 1
    with pytest.raises(NotYet):
        actions.sending_run(sending_id=sending.id)
    actions.sending_fail(sending_id=sending.id)
    sending.refresh_from_db()
    assert (sending.state, sending.error, set(states(sending).values())) == ("failed", "mail_server", {"failed"})


def test_a_mail_that_another_worker_has_in_hand_is_not_sent_twice(work: Scene, server: Server) -> None:
    planned(work)
    sending = due()
    theirs = Mail.objects.get(recipient__email="client@example.com")
    Mail.objects.filter(id=theirs.id).update(sending_until=clock.real_now() + timedelta(minutes=1))
    with pytest.raises(NotYet):
        actions.sending_run(sending_id=sending.id)
    assert server.to == ["boss@hjaelpen.example.org"]
    # It died over it.
    Mail.objects.filter(id=theirs.id).update(sending_until=clock.real_now() - timedelta(seconds=1))
    actions.sending_run(sending_id=sending.id)
    assert server.to == ["boss@hjaelpen.example.org", "client@example.com"]


def test_two_workers_at_once_send_each_mail_once(work: Scene, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(work)
    sending = due()
    claimed, others = sending_module._claimed, []

    def and_meanwhile(mail_id: Any) -> Any:
        if not others:
            others.append(mail_id)
            actions.sending_run(sending_id=sending.id)
        return claimed(mail_id)

    monkeypatch.setattr(sending_module, "_claimed", and_meanwhile)
    with pytest.raises(NotYet):
        actions.sending_run(sending_id=sending.id)
    assert server.to == ["boss@hjaelpen.example.org", "client@example.com"]
    assert set(states(sending).values()) == {"sent"}


def test_a_sending_whose_job_is_gone_is_over(work: Scene) -> None:
    planned(work)
    sending = due()
    actions.sendings_rescue()
    sending.refresh_from_db()
    assert sending.state == "queued"
    ProcrastinateJob.objects.filter(task_name="reports.sending_run").update(status="failed")
    actions.sendings_rescue()
    sending.refresh_from_db()
    assert (sending.state, sending.error, set(states(sending).values())) == ("failed", "interrupted", {"failed"})


def test_what_most_have_got_has_been_sent(work: Scene, server: Server) -> None:
    planned(work)
    sending = due()
    server.answers["client@example.com"] = "451 later"
    with pytest.raises(NotYet):
        actions.sending_run(sending_id=sending.id)
    actions.sending_fail(sending_id=sending.id)
    sending.refresh_from_db()
    assert (sending.state, sending.error) == ("done", "")
    assert states(sending) == {"boss@hjaelpen.example.org": "sent", "client@example.com": "failed"}


def test_a_database_that_is_busy_is_waited_for(work: Scene, server: Server) -> None:
    planned(work)
    sending = due()
    with pytest.raises(NotYet) as waits, within(0.0):
        actions.sending_run(sending_id=sending.id)
    assert (waits.value.code, set(states(sending).values())) == ("report_too_slow", {"queued"})


def test_a_list_that_is_tried_again_is_told_to_the_audit_log_once(work: Scene, server: Server) -> None:
    planned(work, report="call_log")
    sending = due()
    server.answers["client@example.com"] = "451 later"
    for _ in range(2):
        with pytest.raises(NotYet):
            actions.sending_run(sending_id=sending.id)
    assert AuditPending.objects.filter(action="reports.report.exported").count() == 1


def test_who_is_taken_off_stays_in_the_log_and_gets_no_more(work: Scene, server: Server) -> None:
    one = planned(work)
    manager = work.cast.charity.manager
    sending = due()
    gone = one.recipients.get(email="client@example.com")
    actions.schedule_change(actor=manager, schedule_id=one.id, fields={"recipients": ["boss@hjaelpen.example.org"]})
    actions.sending_run(sending_id=sending.id)
    assert states(sending) == {"boss@hjaelpen.example.org": "sent", "client@example.com": "skipped"}
    assert AuditPending.objects.get(action="reports.schedule.changed").data == {"removed": [str(gone.id)]}
    shown = queries.schedule_get(actor=manager, schedule_id=one.id)
    assert [each.email for each in shown.recipients.all()] == ["boss@hjaelpen.example.org"]
    with pytest.raises(NotFound):
        actions.recipient_of(token=stop_token(gone.id))


def test_who_has_stopped_it_is_not_put_back_by_mistake(work: Scene, server: Server) -> None:
    one = planned(work)
    manager, both = work.cast.charity.manager, ["boss@hjaelpen.example.org", "client@example.com"]
    actions.recipient_stop(token=stop_token(one.recipients.get(email=both[1]).id))
    actions.schedule_change(actor=manager, schedule_id=one.id, fields={"recipients": both})
    actions.sending_run(sending_id=due().id)
    assert server.to == both[:1]
    # As the page says on which they stopped it.
    for wanted in (both[:1], both):
        actions.schedule_change(actor=manager, schedule_id=one.id, fields={"recipients": wanted})
    actions.sending_run(sending_id=due().id)
    assert server.to[1:] == both


def test_a_change_does_not_lose_what_is_due(work: Scene) -> None:
    one = planned(work)
    clock.advance(timedelta(hours=24))
    actions.schedule_change(actor=work.cast.charity.manager, schedule_id=one.id, fields={"name": "Andet navn"})
    assert Sending.objects.get().since == datetime(2026, 3, 1, 23, tzinfo=UTC)
    actions.schedules_due()
    assert Sending.objects.count() == 1


def test_a_change_of_the_name_leaves_the_next_time_alone(work: Scene) -> None:
    one = planned(work, every="weekly")
    before = one.next_at
    clock.advance(timedelta(days=1))
    changed = actions.schedule_change(actor=work.cast.charity.manager, schedule_id=one.id, fields={"name": "Andet"})
    assert changed.next_at == before


def test_another_zone_of_the_organisation_moves_the_next_time_and_no_day_is_lost(work: Scene) -> None:
    one = planned(work)
    clock.advance(timedelta(hours=24))  # it was due at 06:00 UTC
    organisation = work.cast.charity.org
    organisation.timezone = "America/New_York"
    organisation.save(update_fields=["timezone"])
    actions.schedules_due()
    assert Sending.objects.get().since == datetime(2026, 3, 1, 23, tzinfo=UTC), "what was due, by the old days"
    one.refresh_from_db()
    assert (one.zone, one.next_at) == ("America/New_York", datetime(2026, 3, 3, 12, tzinfo=UTC))
    clock.advance(timedelta(hours=3))
    actions.schedules_due()
    assert Sending.objects.latest("id").since == datetime(2026, 3, 2, 5, tzinfo=UTC)


def test_a_breakdown_goes_with_the_report_that_it_was_of(work: Scene) -> None:
    one = planned(work, by="day", format="csv")
    changed = actions.schedule_change(
        actor=work.cast.charity.manager, schedule_id=one.id, fields={"report": "call_log"}
    )
    assert (changed.report, changed.by) == ("call_log", "")


def test_there_are_no_more_than_are_shown(work: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "MOST_SCHEDULES", 1)
    planned(work)
    with pytest.raises(Conflict) as refused:
        planned(work)
    assert refused.value.code == "too_many_schedules"


def test_a_team_is_what_it_can_be_narrowed_to(work: Scene, server: Server) -> None:
    team = orgs.team_create(actor=work.cast.charity.owner, name="Aften")
    theirs = orgs.team_create(actor=work.cast.magazine.owner, name="Aften")
    with pytest.raises(Invalid) as refused:
        planned(work, team=theirs.id)
    assert refused.value.code == "unknown_team"
    planned(work, team=team.id, format="csv")
    actions.sending_run(sending_id=due().id)
    file = server.taken[0].get_payload()[1]  # type: ignore[index, union-attr]
    assert b"Jonas Junior" not in file.get_payload(decode=True)  # type: ignore[union-attr, operator]


@pytest.mark.parametrize("error", ["550", "unreachable", "ConnectionRefusedError", "stopped"])
def test_why_a_mail_did_not_go_out_is_said_in_words(work: Scene, error: str) -> None:
    one = planned(work, recipients=["client@example.com"])
    due()
    Mail.objects.update(state="failed", error=error)
    page = Client()
    page.force_login(work.cast.charity.manager.user)  # type: ignore[arg-type]
    shown = page.get(f"/reports/schedules/{one.id}").content.decode()
    assert ("The mail server " in shown) == (error != "stopped")
    assert f"<small>{error}</small>" not in shown


def test_a_recipient_stops_it_by_the_link_in_the_mail(work: Scene, server: Server) -> None:
    one = planned(work)
    first = due()
    actions.sending_run(sending_id=first.id)
    link = str(server.taken[1]["List-Unsubscribe"]).strip("<>")
    path = "/reports/stop/" + link.rpartition("/")[2]
    assert Client().get(path).status_code == 200
    assert one.recipients.filter(stopped_at=None).count() == 2, "looking at the link stops nothing"
    assert Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert [each.email for each in one.recipients.filter(stopped_at=None)] == ["boss@hjaelpen.example.org"]
    actions.sending_run(sending_id=due().id)
    assert server.to[2:] == ["boss@hjaelpen.example.org"]


def test_who_stops_it_while_it_waits_does_not_get_it(work: Scene, server: Server) -> None:
    one = planned(work, recipients=["client@example.com"])
    sending = due()
    actions.recipient_stop(token=stop_token(one.recipients.get().id))
    actions.sending_run(sending_id=sending.id)
    assert (server.taken, states(sending)) == ([], {"client@example.com": "skipped"})


def test_when_nobody_wants_it_any_more_it_is_sent_no_more(work: Scene) -> None:
    one = planned(work, recipients=["client@example.com"])
    actions.recipient_stop(token=stop_token(one.recipients.get().id))
    clock.advance(timedelta(days=2))
    actions.schedules_due()
    one.refresh_from_db()
    assert (one.active, one.stopped, Sending.objects.count()) == (False, "no_recipients", 0)


def test_a_link_that_was_tampered_with_is_none(work: Scene) -> None:
    one = planned(work)
    token = stop_token(one.recipients.all()[0].id)
    other = str(one.recipients.all()[1].id)
    with pytest.raises(NotFound):
        actions.recipient_of(token=other + token[len(other) :])


def test_it_is_sent_by_hand_and_the_log_says_by_whom(work: Scene, server: Server) -> None:
    one = planned(work, every="monthly", format="xlsx", report="call_log")
    clock.advance(timedelta(days=31))
    made = actions.schedule_send(actor=work.cast.charity.manager, schedule_id=one.id)
    actions.sending_run(sending_id=made.id)
    assert server.taken[0].get_payload()[1].get_filename() == "call_log_2026-03-01_2026-03-31.xlsx"  # type: ignore[index, union-attr]
    (logged,), _ = queries.sending_page(actor=work.cast.charity.manager, schedule_id=one.id)
    assert (logged.by_id, logged.state) == (work.cast.charity.manager.user_id, "done")


def test_a_campaign_that_is_not_to_be_seen_any_more_stops_it(work: Scene, server: Server) -> None:
    one = planned(work, campaign=work.campaign.id)
    other = work.cast.magazine.org.id
    work.campaign.merchant_id = work.campaign.agency_id = other
    work.campaign.save(update_fields=["merchant_id", "agency_id"])
    sending = due()
    actions.sending_run(sending_id=sending.id)
    one.refresh_from_db()
    assert (server.taken, one.active, one.stopped) == ([], False, "not_visible")


def test_what_is_wrong_with_it_is_told_at_once(work: Scene) -> None:
    with pytest.raises(Invalid) as refused:
        planned(work, name="", report="nothing", every="hourly", recipients=["nobody"], weekday=9)
    assert {fault.loc[0] for fault in refused.value.errors} == {"name", "report", "every", "recipients", "weekday"}


def test_an_address_longer_than_any_is_none(work: Scene) -> None:
    long = f"{'a' * 60}@{'.'.join(['b' * 60] * 4)}.org"
    with pytest.raises(Invalid) as refused:
        planned(work, recipients=[long])
    assert refused.value.code == "bad_email"


def test_another_organisations_campaign_is_none(work: Scene) -> None:
    with pytest.raises(Invalid) as refused:
        actions.schedule_create(
            actor=work.cast.outsider,
            fields={"name": "a", "recipients": ["a@example.org"], "campaign": work.campaign.id},
        )
    assert refused.value.code == "unknown_campaign"


def test_only_managers_send_reports(work: Scene) -> None:
    with pytest.raises(Forbidden):
        actions.schedule_create(actor=work.supervisor, fields={"name": "a", "recipients": ["a@example.org"]})
    one = planned(work)
    with pytest.raises(NotFound):
        queries.schedule_get(actor=work.cast.outsider, schedule_id=one.id)


def test_the_virtual_clock_knows_when_it_is_due(work: Scene) -> None:
    one = planned(work)
    assert ticks.next_due() == one.next_at == datetime(2026, 3, 3, 6, tzinfo=UTC)
    assert ticks.idle(one.next_at - timedelta(seconds=1))
    assert not ticks.idle(one.next_at)


def test_over_http_it_is_made_changed_sent_and_deleted(work: Scene) -> None:
    web, headers = Client(), {"Authorization": f"Bearer {token_for(work.cast.charity.manager)}"}

    def call(method: str, path: str, body: Any = None) -> Any:
        return web.generic(
            method, f"/api/v1/reports/schedules{path}", json.dumps(body) if body is not None else "",
            "application/json", headers=headers,
        )  # fmt: skip

    made = call("POST", "", {"name": "A", "report": "dispositions", "recipients": ["A@Example.org"]})
    assert (made.status_code, made.json()["recipients"]) == (201, [{"email": "a@example.org", "stopped_at": None}])
    path = f"/{made.json()['id']}"
    changed = call("PATCH", path, {"every": "monthly", "monthday": 5, "at": "08:30"}).json()
    assert changed["at"] == "08:30"
    assert changed["next_at"] == "2026-03-05T07:30:00.000Z"
    assert call("PATCH", path, {"monthday": 31}).json()["code"] == "unknown_choice"
    assert call("POST", f"{path}/send").status_code == 202
    assert call("GET", f"{path}/sendings").json()["items"][0]["mails"][0]["state"] == "queued"
    assert [one["name"] for one in call("GET", "").json()["items"]] == ["A"]
    assert call("DELETE", path).status_code == 204
    assert call("GET", path).status_code == 404


def test_the_screens_make_change_and_show_it(work: Scene) -> None:
    web = Client()
    manager = work.cast.charity.manager
    web.force_login(manager.user)  # type: ignore[arg-type]
    form = {
        "name": "Til kunden", "report": "campaign_results", "format": "xlsx", "every": "weekly", "weekday": "0",
        "monthday": "1", "at": "07:00", "language": "da", "recipients": "a@example.org\nb@example.org", "active": "on",
    }  # fmt: skip
    assert web.post("/reports/schedules/new", {**form, "recipients": "x"}).status_code == 422
    made = web.post("/reports/schedules/new", form)
    assert made.status_code == 303
    one = Schedule.objects.get()
    assert web.post(f"/reports/schedules/{one.id}", {**form, "recipients": "b@example.org"}).status_code == 303
    assert [each.email for each in one.recipients.filter(removed_at=None)] == ["b@example.org"]
    web.post(f"/reports/schedules/{one.id}/send")
    page = web.get(f"/reports/schedules/{one.id}").content.decode()
    assert "b@example.org" in page
    assert "Til kunden" in web.get("/reports/schedules").content.decode()
    web.post(f"/reports/schedules/{one.id}/delete")
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(
    ("every", "after", "wanted"),
    [
        ("daily", "2026-03-28T08:00", "2026-03-29T05:00"),  # 07:00 in summer time
        ("weekly", "2026-03-02T05:59", "2026-03-02T06:00"),
        ("weekly", "2026-03-02T06:00", "2026-03-09T06:00"),
        ("monthly", "2026-01-28T07:00", "2026-02-28T06:00"),
    ],
)
def test_the_next_time_is_in_the_organisations_zone(every: str, after: str, wanted: str) -> None:
    found = next_time(
        every=every, at=time(7), weekday=0, monthday=28, after=datetime.fromisoformat(f"{after}+00:00"), zone=ZONE
    )
    assert found == datetime.fromisoformat(f"{wanted}+00:00")


def test_each_covers_what_is_over() -> None:
    day = datetime(2026, 3, 2, tzinfo=UTC).date()
    assert [str(one) for one in covers(every="daily", day=day)] == ["2026-03-01"] * 2
    assert [str(one) for one in covers(every="weekly", day=day)] == ["2026-02-23", "2026-03-01"]
    assert [str(one) for one in covers(every="monthly", day=day)] == ["2026-02-01", "2026-02-28"]


@pytest.mark.django_db
def test_what_a_schedule_was_limited_to_is_not_widened_by_an_edit() -> None:
    gone = str(new_id())
    form = ScheduleForm(factories.cast().charity.manager, initial={"campaign": gone, "agent": gone})
    assert form.fields["campaign"].choices[-1][0] == gone  # type: ignore[attr-defined]
    assert f'value="{gone}" selected' in str(form["campaign"])
    assert f'value="{gone}" selected' in str(form["agent"])
