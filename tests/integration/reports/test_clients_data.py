"""The end of the work for a client: its data is returned and deleted, and nobody reads it afterwards."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import translation
from procrastinate.contrib.django.models import ProcrastinateJob

from ringround.campaigns import actions as campaigns
from ringround.campaigns import queries as campaign_queries
from ringround.campaigns.models import Attempt, Callback, Campaign, ExternalSystem, Lead, LeadNumber, TimelineItem
from ringround.contacts import actions as contacts
from ringround.contacts.models import Consent, Contact, ContactList, ContactNumber, Import, Relation, Suppression
from ringround.desk import actions as desk
from ringround.dialer import actions as dialer
from ringround.http.models import Webhook
from ringround.infra import audit, clock
from ringround.infra.events import Event
from ringround.infra.models import Audit, AuditPending, EventOut
from ringround.journeys import actions as journeys
from ringround.journeys.engine.loop import Engine
from ringround.journeys.models import Hook, Outbox, Run, RunEnd, Timer, Version
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.messaging import actions as messaging
from ringround.messaging.models import Message, MessagePart, Template, TemplateText, Transport
from ringround.onboarding.accounts import seal
from ringround.onboarding.actions.agreements import charge_refund
from ringround.onboarding.actions.agreements.run import charges_run
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import Transient
from ringround.onboarding.models import (
    ApprovalLink,
    Charge,
    GatewayAccount,
    GatewayOrder,
    Refund,
    Session,
    Subscription,
    WorkflowVersion,
)
from ringround.onboarding.texts import end_text, reason_text
from ringround.orgs import actions as orgs
from ringround.orgs import queries as org_queries
from ringround.orgs.actor import Actor
from ringround.orgs.models import AgencyLink, Invitation, Organisation, User
from ringround.reports import actions
from ringround.reports import archive as archive_module
from ringround.reports.actions import clients as work
from ringround.reports.api_clients import download
from ringround.reports.models import ClientDeletion, ClientExport, Mail, Schedule, Sending
from ringround.reports.reactions import REACTIONS
from ringround.telephony.models import Call
from tests import factories
from tests.factories import Cast
from tests.integration.http.calling import Caller, token_for
from tests.integration.onboarding.agreed import Round, account_of, charged_of, subscription_of
from tests.integration.onboarding.rail import Rail

pytestmark = pytest.mark.django_db
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
COLUMNS = [
    {"name": "name", "type": "text", "role": "name"},
    {"name": "mobile", "type": "phone"},
    {"name": "cpr", "type": "text", "role": "national_id"},
]


@pytest.fixture
def cast(db: None) -> Cast:
    return factories.cast()


@pytest.fixture
def data(settings: Any, tmp_path: Path) -> Path:
    settings.RINGROUND = replace(settings.RINGROUND, data=tmp_path)
    return tmp_path


class Worked:
    """A client with a list, a campaign by the agency's agents, a call, a callback, and what else there is to delete."""

    def __init__(self, cast: Cast) -> None:
        agency = cast.agency
        self.client = orgs.client_create(actor=agency.manager, name="Styret")
        acting = org_queries.actor_for_session(user=agency.owner.user, org_id=self.client.id)
        assert acting is not None
        self.acting: Actor = acting
        self.list = contacts.contact_list_create(actor=acting, name="Givere: 2026", columns=COLUMNS, region="DK")
        for number, name in enumerate(("Anna Alm", "Bent Bæk", "=Cecilie")):
            fields = {"name": name, "mobile": f"2812345{number}", "cpr": "010190-1234"}
            made = contacts.contact_create(actor=acting, list_id=self.list.id, fields=fields)
            Relation.objects.create(contact=made, kind="donor")
            Consent.objects.create(
                contact=made, channel="phone", given_at=clock.now(), source="form", recorded_at=clock.now()
            )
        self.campaign = campaigns.campaign_create(
            actor=acting,
            fields={
                "name": "Efterår", "mode": "manual", "lists": [str(self.list.id)], "hours": ALWAYS, "holidays": None,
                "script": "Goddag",
            },
        )  # fmt: skip
        campaigns.list_attach_run(campaign_id=self.campaign.id, list_id=self.list.id)
        campaigns.agents_put(actor=acting, campaign_id=self.campaign.id, users=[agency.senior.user_id])
        campaigns.campaign_approve(actor=acting, campaign_id=self.campaign.id)
        campaigns.campaign_start(actor=acting, campaign_id=self.campaign.id)
        # In the agency's own name: its agents are at home there.
        dialer.presence_join(actor=agency.senior, campaign_id=self.campaign.id)
        found = desk.next_lead(actor=agency.senior)
        assert not isinstance(found, campaigns.NoLead)
        self.lead_id = found.lead_id
        desk.call(actor=agency.senior, lead_id=self.lead_id, number=None)
        campaigns.call_hangup(actor=agency.senior, lead_id=self.lead_id)
        private = Campaign.objects.get(id=self.campaign.id).dispositions.get(kind="callback_private")
        campaigns.disposition_save(
            actor=agency.senior,
            lead_id=self.lead_id,
            disposition=private.id,
            note="Er på ferie",
            callback={"at": clock.now() + timedelta(days=1)},
        )
        contacts.suppression_add(actor=acting, scope="organisation", channel="phone", value="+4528123452")
        contacts.contact_create(
            actor=acting, list_id=self.spare(), fields={"name": "Ditte", "mobile": "28123459", "cpr": ""}
        )

    def spare(self) -> Any:
        made = contacts.contact_list_create(actor=self.acting, name="Andre", columns=COLUMNS, region="DK")
        return made.id

    def pause(self) -> None:
        campaigns.campaign_pause(actor=self.acting, campaign_id=self.campaign.id)


@pytest.fixture
def worked(cast: Cast, data: Path) -> Worked:
    return Worked(cast)


def opened(worked: Worked, made: ClientExport) -> zipfile.ZipFile:
    found = actions.client_export_file(actor=worked.acting, client_id=worked.client.id, export_id=made.id)
    return zipfile.ZipFile(io.BytesIO(found.path.read_bytes()))


def asked(actor: Actor, worked: Worked, format: str = "csv") -> ClientExport:
    made = actions.client_export(actor=actor, client_id=worked.client.id, format=format)
    actions.client_export_run(export_id=made.id)
    made.refresh_from_db()
    return made


# --- returning ----------------------------------------------------------------------------------


def test_an_archive_has_all_of_the_client(cast: Cast, worked: Worked) -> None:
    made = asked(cast.agency.owner, worked)
    assert (made.state, made.code) == ("done", "")
    with opened(worked, made) as archive:
        texts = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    assert set(texts) == {
        "README.txt", "contacts/01 Givere_ 2026.csv", "contacts/02 Andre.csv", "leads/01 Efterår.csv",
        "notes/01 Efterår.csv", "calls.csv", "callbacks.csv", "consents.csv", "suppressions.csv", "audit.csv",
        "messages.csv", "templates.csv", "sessions.csv", "agreements.csv", "subscriptions.csv", "charges.csv",
        "refunds.csv",
    }  # fmt: skip
    assert "Anna Alm" in texts["contacts/01 Givere_ 2026.csv"]
    assert "'=Cecilie" in texts["contacts/01 Givere_ 2026.csv"]
    assert "private_redial" in texts["leads/01 Efterår.csv"]
    assert "Er på ferie" in texts["notes/01 Efterår.csv"]
    for name in ("calls.csv", "callbacks.csv", "consents.csv", "audit.csv"):
        assert len(texts[name].splitlines()) > 1, name
    assert "+4528123452" in texts["suppressions.csv"]
    assert not any("010190" in text for text in texts.values())
    assert made.rows == sum(len(text.splitlines()) - 1 for name, text in texts.items() if name.endswith(".csv"))


def test_the_archive_tells_what_contacts_are_and_have_agreed_to_also_what_they_took_back(
    cast: Cast, worked: Worked
) -> None:
    anna = Contact.objects.get(organisation=worked.client.id, name="Anna Alm")
    contacts.relation_set(
        actor=worked.acting, contact_id=anna.id, relation={"kind": "member", "since": date(2024, 5, 1), "until": None}
    )
    at = clock.now() - timedelta(days=3)
    again = contacts.consent_add(
        actor=worked.acting, contact_id=anna.id, channel="email", given_at=at, source="=HYPERLINK(1)", text_version="v2"
    )
    contacts.consent_withdraw(actor=worked.acting, contact_id=anna.id, consent_id=again)
    made = asked(cast.agency.owner, worked)
    with opened(worked, made) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("consents.csv").decode("utf-8-sig"))))
    mine = [one for one in rows if one["name"] == "Anna Alm"]
    assert {(one["list"], one["numbers"]) for one in mine} == {("Givere: 2026", "+4528123450")}
    found = {(one["what"], one["kind"], one["source"], one["text_version"], bool(one["until"])) for one in mine}
    assert found == {
        ("relation", "member", "", "", False),
        ("consent", "phone", "form", "", False),
        # No cell is a formula for whoever opens it.
        ("consent", "email", "'=HYPERLINK(1)", "v2", True),
    }
    (relation,) = (one for one in mine if one["what"] == "relation")
    assert relation["from"] == "2024-05-01"
    (mail,) = (one for one in mine if one["kind"] == "email")
    assert datetime.fromisoformat(mail["from"]) == at.replace(microsecond=0)
    # Of who has said nothing there is nothing.
    assert not [one for one in rows if one["name"] == "Ditte"]


def test_the_archive_has_what_was_written_both_ways_and_what_writes_it(
    cast: Cast, worked: Worked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "PAGE", 2)
    acting, now = worked.acting, clock.now()
    messaging.transport_create(actor=acting, name="x", kind="sandbox", channel="sms", sender="Styret")
    texts = {"da": {"text": "Tak, {{ contact.name }}"}, "en": {"text": "Thank you"}}
    template = messaging.template_create(actor=acting, name="Tak", channel="sms", language="da", texts=texts)
    anna = Contact.objects.get(list=worked.list, name="Anna Alm")
    order = messaging.Order(
        key="1", org_id=worked.client.id, channel="sms", to="+4528123450", contact_id=anna.id,
        campaign_id=worked.campaign.id, template_id=template.id, values={"contact.name": "Anna"},
    )  # fmt: skip
    messaging.messages_queue(orders=[order, *(replace(order, key=one, text=one) for one in "23")], now=now)
    transport = Transport.objects.get()
    message = Message.objects.earliest("id")
    MessagePart.objects.create(message=message, number=1, provider_id="m1")
    messaging.message_receive(
        transport=transport, number="+4528123450", to="1204", text="Selv tak", provider_id="9", now=now
    )
    document = {"name": "Igen", "scope": {"campaigns": [str(worked.campaign.id)]}, "nodes": [], "start": ""}
    away = journeys.journey_create(actor=acting, name="Før", document=document)
    journeys.journey_archive(actor=acting, journey_id=away.id)
    journeys.journey_create(actor=acting, name="Igen", document=document)
    contacts.suppression_add(actor=acting, value="+4528123459", channel="sms", source="STOP (SMS)")
    with opened(worked, asked(cast.agency.owner, worked)) as archive:
        assert json.loads(archive.read("journeys/01 Igen _draft_.json"))["scope"] == document["scope"]
        assert "journeys/02 Før _draft_.json" in archive.namelist()
        found = {
            name: list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode("utf-8-sig"))))
            for name in ("messages", "templates", "suppressions")
        }
    # In words, which are of the language of who asked for it; stored is a constant.
    assert "STOP by SMS" in {one["source"] for one in found["suppressions"]}
    assert [(one["direction"], one["text"]) for one in found["messages"]] == [
        ("in", "Selv tak"), *[("out", "Tak, Anna")] * 3,
    ]  # fmt: skip
    for one in found["messages"]:
        facts = (one["name"], one["number_or_address"], one["campaign"])
        assert facts == ("Anna Alm", "+4528123450", "Efterår")
    assert [(one["name"], one["language"]) for one in found["templates"]] == [("Tak", "da"), ("Tak", "en")]
    deleted(cast, worked)
    for kind in (Message, Template, TemplateText, Transport, MessagePart):
        assert not kind.objects.exists()


def test_an_archive_of_workbooks(cast: Cast, worked: Worked) -> None:
    made = asked(cast.agency.owner, worked, "xlsx")
    with opened(worked, made) as archive:
        names = archive.namelist()
        assert all(name.endswith((".xlsx", "README.txt")) for name in names)
        assert zipfile.ZipFile(io.BytesIO(archive.read("calls.xlsx"))).namelist()


def test_an_archive_is_there_for_a_week_and_each_download_is_written_down(cast: Cast, worked: Worked) -> None:
    call = Caller(token_for(cast.agency.manager))
    there = f"/organisations/{worked.client.id}/exports"
    answer = call("POST", there, {"format": "csv"})
    assert answer.status_code == 202
    again = call("POST", there, {"format": "csv"})
    assert (again.status_code, again.json()["code"]) == (409, "export_running")
    one = f"{there}/{answer.json()['id']}"
    assert call("GET", f"{one}/file").status_code == 404
    made = ClientExport.objects.get()
    actions.client_export_run(export_id=made.id)
    sent = call("GET", f"{one}/file")
    assert (sent.status_code, sent["Content-Type"]) == (200, "application/zip")
    assert b"".join(sent.streaming_content)[:2] == b"PK"
    rows = [line.action for line in org_queries.audit_page(actor=worked.acting).lines]
    assert rows.count("reports.client.exported") == 1
    made.refresh_from_db()
    path = work.place(made.path)
    ClientExport.objects.update(expires_at=clock.real_now())
    assert call("GET", f"{one}/file").status_code == 404
    actions.client_exports_clear()
    assert (call("GET", one).json()["state"], path.exists()) == ("gone", False)


def test_the_audit_log_is_in_an_owners_archive_alone(cast: Cast, worked: Worked) -> None:
    with opened(worked, asked(cast.agency.manager, worked)) as archive:
        assert "audit.csv" not in archive.namelist()
        assert "an owner asks for" in archive.read("README.txt").decode()


def test_the_audit_log_is_there_to_its_beginning(worked: Worked, monkeypatch: pytest.MonkeyPatch) -> None:
    org = worked.client.id

    def seal() -> None:
        while audit.seal_pending():
            pass

    seal()
    audit.write(
        actor=worked.acting, action="orgs.client.kept", org_id=org, subject_type="organisation", subject_id=org, data={}
    )
    real = AuditPending.objects.filter

    class Sealing:
        """What waits, and is sealed before the chain is read."""

        def __init__(self, *args: Any) -> None:
            self.rows = real(*args)

        def order_by(self, *names: str) -> Sealing:
            return self

        def values_list(self, *names: str) -> list[Any]:
            found = list(self.rows.values_list(*names))
            seal()
            return found

    monkeypatch.setattr(archive_module, "PAGE", 3)
    with monkeypatch.context() as patch:
        patch.setattr(AuditPending.objects, "filter", Sealing)
        told = list(archive_module._audit(worked.acting))
    assert len(told) - 1 == Audit.objects.filter(org_id=org).count() > 4


@pytest.mark.parametrize("scope", ["reports", "orgs"])
def test_a_token_for_boards_and_reports_takes_nothing_out_and_deletes_nothing(
    cast: Cast, worked: Worked, scope: str
) -> None:
    worked.pause()
    call = Caller(token_for(cast.agency.owner, scopes=[scope]))
    there = f"/organisations/{worked.client.id}"
    assert call("POST", f"{there}/exports", {"format": "csv"}).status_code == 403
    assert call("POST", f"{there}/delete-data", {"name": "Styret"}).status_code == 403
    assert not ClientExport.objects.exists()
    narrow = Caller(token_for(cast.agency.owner, scopes=["reports.clients.export"]))
    assert narrow("POST", f"{there}/exports", {"format": "csv"}).status_code == 202
    assert narrow("POST", f"{there}/delete-data", {"name": "Styret"}).status_code == 403


def test_who_may_not_act_for_clients_takes_nothing_out(cast: Cast, worked: Worked) -> None:
    for stranger in (cast.agency2.owner, cast.charity.owner, cast.outsider):
        with pytest.raises(NotFound):
            actions.client_export(actor=stranger, client_id=worked.client.id)
    with pytest.raises(Forbidden):
        actions.client_export(actor=cast.agency.supervisor, client_id=worked.client.id)


def test_an_archive_asked_for_by_whom_nothing_is_given_any_more_is_not_made(cast: Cast, worked: Worked) -> None:
    made = actions.client_export(actor=cast.agency.manager, client_id=worked.client.id)
    orgs.user_deactivate(actor=cast.agency.owner, user_id=cast.agency.manager.user_id)  # type: ignore[arg-type]
    actions.client_export_run(export_id=made.id)
    made.refresh_from_db()
    assert (made.state, made.code) == ("failed", "not_allowed")


def test_an_archive_that_nobody_makes_any_more_has_failed(cast: Cast, worked: Worked) -> None:
    made = actions.client_export(actor=cast.agency.manager, client_id=worked.client.id)
    actions.clients_rescue()
    made.refresh_from_db()
    assert made.state == "queued"
    ProcrastinateJob.objects.filter(task_name=work.EXPORT_TASK)._raw_delete("default")
    actions.clients_rescue()
    made.refresh_from_db()
    assert (made.state, made.code) == ("failed", "lost")


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_half_an_archive_is_not_left_lying(
    cast: Cast, worked: Worked, data: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    made = actions.client_export(actor=cast.agency.manager, client_id=worked.client.id, format=format)

    def full(actor: Actor) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(archive_module, "_suppressions", full)
        with pytest.raises(OSError, match="No space"):
            actions.client_export_run(export_id=made.id)
    assert [one for one in (data / "exports").rglob("*") if one.is_file()] == []
    # As a worker leaves it that is killed.
    folder = data / "exports" / str(worked.client.id)
    for name in (f"{made.id}.part", f"{made.id}.zip"):
        (folder / name).write_bytes(b"PK")
    ProcrastinateJob.objects.filter(task_name=work.EXPORT_TASK)._raw_delete("default")
    actions.clients_rescue()
    assert list(folder.iterdir()) == []


def test_an_archive_cleared_away_while_it_is_asked_for_is_not_there(cast: Cast, worked: Worked) -> None:
    made = asked(cast.agency.owner, worked)
    found = actions.client_export_file(actor=cast.agency.owner, client_id=worked.client.id, export_id=made.id)
    found.path.unlink()
    with pytest.raises(NotFound):
        download(found)


def test_a_merchant_takes_its_own_data_out(cast: Cast, data: Path) -> None:
    made = actions.client_export(actor=cast.charity.owner, client_id=cast.charity.org.id)
    actions.client_export_run(export_id=made.id)
    made.refresh_from_db()
    assert made.state == "done"
    with pytest.raises(Conflict) as refused:
        actions.client_delete(actor=cast.charity.owner, client_id=cast.charity.org.id, name=cast.charity.org.name)
    assert refused.value.code == "not_managed"


def test_after_handing_over_the_agency_takes_nothing_out(cast: Cast, worked: Worked) -> None:
    made = asked(cast.agency.owner, worked)
    fields = {"name": "Ugens tal", "recipients": ["chef@bureau.example.org"]}
    schedule = actions.schedule_create(actor=worked.acting, fields=fields)
    waiting = actions.schedule_send(actor=worked.acting, schedule_id=schedule.id)
    token = orgs.client_hand_over(actor=cast.agency.owner, client_id=worked.client.id, email="ny@example.org").token
    owner = orgs.invitation_accept(token=token, name="Nanna", password="tre små kinesere 17")
    with pytest.raises(NotFound):
        actions.client_export_file(actor=cast.agency.owner, client_id=worked.client.id, export_id=made.id)
    assert actions.client_export_file(actor=owner, client_id=worked.client.id, export_id=made.id).path.is_file()
    told = Event(
        seq=1, id=new_id(), org_id=worked.client.id, also_org_id=cast.agency.org.id,
        type="orgs.organisation.handed_over", subject_type="organisation", subject_id=worked.client.id, subject_no=1,
        at=clock.now(), data={}, cause=None,
    )  # fmt: skip
    REACTIONS[told.type](told)
    assert (Schedule.objects.get(id=schedule.id).active, Schedule.objects.get().stopped) == (False, "handed_over")
    # Nor is what waited for the mail server.
    actions.sending_run(sending_id=waiting.id)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error) == ("failed", "handed_over")
    assert [one.error for one in Mail.objects.filter(sending=waiting)] == ["handed_over"]
    # The agents go on: they have the campaign by the link.
    assert campaign_queries.visible_campaigns(cast.agency.senior).get().id == worked.campaign.id


# --- deleting -----------------------------------------------------------------------------------


def deleted(cast: Cast, worked: Worked) -> ClientDeletion:
    worked.pause()
    row = actions.client_delete(actor=cast.agency.owner, client_id=worked.client.id, name="Styret")
    actions.client_delete_run(organisation_id=worked.client.id)
    row.refresh_from_db()
    return row


def test_what_is_deleted_is_gone_and_what_was_counted_stays(cast: Cast, worked: Worked, data: Path) -> None:
    export = asked(cast.agency.owner, worked)
    orgs.client_hand_over(actor=cast.agency.owner, client_id=worked.client.id, email="ny@example.org", name="Nanna")
    campaigns.external_system_create(actor=worked.acting, key="crm", name="CRM")
    actions.schedule_create(actor=worked.acting, fields={"name": "Tal", "recipients": ["a@example.org"]})
    Caller(token_for(cast.agency.owner), {"Ringround-Acting-For": str(worked.client.id)})(
        "POST", "/webhooks", {"url": "https://example.org/hook"}
    )
    before = Attempt.objects.filter(campaign=worked.campaign).count()
    row = deleted(cast, worked)
    assert (row.contacts, row.suppressions, row.finished_at is None) == (4, 1, False)

    org = worked.client.id
    left = Contact.objects.filter(organisation=org)
    assert left.count() == 3  # those that were leads
    assert not left.exclude(name="", search="", email="", fields={}, erased_at__isnull=False).exists()
    assert not ContactNumber.objects.filter(organisation=org).exclude(e164=None, written="").exists()
    assert not Suppression.objects.filter(organisation=org).exists()
    assert not Relation.objects.exists()
    assert not Consent.objects.exists()
    assert not Import.objects.filter(organisation=org).exists()
    assert [one.name for one in ContactList.objects.filter(organisation=org)] == ["Givere: 2026"]
    assert not Call.objects.filter(organisation=org).exclude(number="").exists()
    assert not LeadNumber.objects.filter(lead__campaign=worked.campaign, number__startswith="+").exists()
    assert not Callback.objects.filter(campaign=worked.campaign).exclude(number="", note="").exists()
    assert not TimelineItem.objects.filter(lead=worked.lead_id).exclude(text="").exists()
    plan = Campaign.objects.get(id=worked.campaign.id)
    assert (plan.state, plan.script, plan.name) == ("archived", "", "Efterår")
    assert not ExternalSystem.objects.filter(organisation=org).exists()
    assert not Schedule.objects.filter(organisation=org).exists()
    assert not Webhook.objects.filter(org_id=org, deleted_at=None).exists()
    assert not Invitation.objects.filter(organisation=org).exists()
    assert not User.objects.filter(email="ny@example.org").exists()
    assert not (data / "exports" / str(org)).exists()
    assert ClientExport.objects.get(id=export.id).state == "gone"

    assert Lead.objects.filter(campaign=worked.campaign).count() == 3
    assert Attempt.objects.filter(campaign=worked.campaign).count() == before > 0
    client = Organisation.objects.get(id=org)
    assert (client.closing_at is None, client.closed_at is None) == (False, False)


def test_nobody_acts_or_calls_for_the_client_from_the_first_moment(cast: Cast, worked: Worked) -> None:
    call = Caller(token_for(cast.agency.owner), {"Ringround-Acting-For": str(worked.client.id)})
    worked.pause()
    actions.client_delete(actor=cast.agency.owner, client_id=worked.client.id, name="Styret")
    assert call("GET", "/contact-lists").status_code == 404
    assert not campaign_queries.visible_campaigns(cast.agency.senior).exists()
    assert not campaign_queries.visible_campaigns(cast.agency.owner).exists()
    with pytest.raises(Conflict) as refused:
        orgs.client_hand_over(actor=cast.agency.owner, client_id=worked.client.id, email="a@example.org")
    assert refused.value.code == "closed"
    found = org_queries.client_get(actor=cast.agency.owner, client_id=worked.client.id)
    assert found.state == "closing"


def test_journeys_of_a_client_stop_and_what_they_kept_of_people_goes(cast: Cast, worked: Worked, data: Path) -> None:
    document = {
        "name": "Igen",
        "scope": {"campaigns": [str(worked.campaign.id)]},
        "trigger": {"type": "by_hand", "params": {}},
        "settings": {},
        "nodes": [
            {"id": "wait", "type": "wait", "params": {"duration": {"n": 1, "unit": "days"}}, "next": {"next": "note"}},
            {"id": "note", "type": "note", "params": {"text": "Hej"}, "next": {}},
        ],
        "start": "wait",
    }
    made = journeys.journey_make(actor=worked.acting, name="Igen", document=document, publish=True)
    journeys.runs_start(actor=worked.acting, journey_id=made.id, lead_ids=[worked.lead_id])
    Engine().drain()
    run = Run.objects.get()
    Run.objects.update(data={"event": {"text": "Jeg hedder Anna"}})
    called = {"key": f"{run.id}:call:1", "run_id": run.id, "epoch": 1, "kind": "url", "request": {"body": "Anna"}}
    now = clock.now()
    Outbox.objects.create(organisation=worked.client, lead_id=worked.lead_id, next_at=now, at=now, **called)
    journeys.hook_create(actor=worked.acting, journey_id=made.id)
    deleted(cast, worked)
    made.refresh_from_db()
    assert (made.state, made.draft) == ("archived", {})
    assert [one.document for one in Version.objects.all()] == [{}]
    assert [kind.objects.count() for kind in (Run, Outbox, Hook)] == [0, 0, 0]
    assert RunEnd.objects.get().how == "stopped"
    # The timer that is left does nothing.
    Timer.objects.update(due=clock.now())
    Engine().drain()
    assert (Timer.objects.count(), Run.objects.count()) == (0, 0)


def test_nothing_is_mailed_of_a_client_whose_data_is_being_deleted(cast: Cast, worked: Worked) -> None:
    fields = {"name": "Ugens tal", "recipients": ["chef@bureau.example.org"]}
    schedule = actions.schedule_create(actor=worked.acting, fields=fields)
    waiting = actions.schedule_send(actor=worked.acting, schedule_id=schedule.id)
    worked.pause()
    actions.client_delete(actor=cast.agency.owner, client_id=worked.client.id, name="Styret")
    Schedule.objects.update(next_at=clock.now() - timedelta(minutes=1))
    actions.schedules_due()
    assert Sending.objects.count() == 1
    actions.sending_run(sending_id=waiting.id)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error) == ("failed", "closed")


def test_a_register_that_came_too_late_is_not_taken_in(cast: Cast, worked: Worked) -> None:
    worked.pause()

    def slow() -> Any:
        yield b"number\n+4528123456\n"
        actions.client_delete(actor=cast.agency.owner, client_id=worked.client.id, name="Styret")

    with pytest.raises(Conflict) as refused:
        contacts.suppression_import_start(
            actor=worked.acting, file=slow(), file_name="robinson.csv",
            options={"scope": "organisation", "channel": "phone", "source": "Robinson"},
        )  # fmt: skip
    assert refused.value.code == "closed"
    assert not Import.objects.filter(organisation=worked.client.id).exists()


def test_a_deletion_asks_for_the_name_and_for_campaigns_that_rest(cast: Cast, worked: Worked) -> None:
    with pytest.raises(Invalid):
        actions.client_delete(actor=cast.agency.owner, client_id=worked.client.id, name="styret")
    with pytest.raises(Conflict) as refused:
        actions.client_delete(actor=cast.agency.owner, client_id=worked.client.id, name="Styret")
    assert refused.value.code == "campaigns_running"
    worked.pause()
    with pytest.raises(Forbidden):
        actions.client_delete(actor=cast.agency.manager, client_id=worked.client.id, name="Styret")
    with pytest.raises(NotFound):
        actions.client_delete(actor=cast.agency2.owner, client_id=worked.client.id, name="Styret")
    assert Organisation.objects.get(id=worked.client.id).closing_at is None
    assert not ClientDeletion.objects.exists()


def test_a_killed_deletion_goes_on(cast: Cast, worked: Worked, monkeypatch: pytest.MonkeyPatch) -> None:
    worked.pause()
    actions.client_delete(actor=cast.agency.owner, client_id=worked.client.id, name="Styret")
    monkeypatch.setattr(work, "BATCH", 1)
    batches = iter(range(2))
    real = work._batch

    def dies(row: ClientDeletion, after: UUID | None) -> UUID | None:
        if next(batches, None) is None:
            raise KeyboardInterrupt
        return real(row, after)

    with monkeypatch.context() as patch:
        patch.setattr(work, "_batch", dies)
        with pytest.raises(KeyboardInterrupt):
            actions.client_delete_run(organisation_id=worked.client.id)
    row = ClientDeletion.objects.get()
    assert (row.contacts, row.finished_at) == (2, None)
    ProcrastinateJob.objects.filter(task_name=work.DELETE_TASK)._raw_delete("default")
    actions.clients_rescue()
    assert ProcrastinateJob.objects.filter(task_name=work.DELETE_TASK).count() == 1
    actions.client_delete_run(organisation_id=worked.client.id)
    actions.client_delete_run(organisation_id=worked.client.id)
    row.refresh_from_db()
    assert (row.contacts, row.suppressions, row.finished_at is None) == (4, 1, False)


def test_the_screens_at_the_end_of_the_work(cast: Cast, worked: Worked) -> None:
    browser = Client()
    browser.force_login(cast.agency.owner.user)  # type: ignore[arg-type]
    page = f"/settings/clients/{worked.client.id}"
    assert "delete-name" in browser.get(page).content.decode()
    assert browser.post(f"/reports/clients/{worked.client.id}/export", {"format": "csv"}).status_code == 303
    busy = browser.get(f"/reports/clients/{worked.client.id}/data")
    assert "every 2s" in busy.content.decode()
    made = ClientExport.objects.get()
    actions.client_export_run(export_id=made.id)
    file = browser.get(f"/reports/clients/{worked.client.id}/exports/{made.id}/file")
    assert (file.status_code, file["Content-Type"]) == (200, "application/zip")
    worked.pause()
    assert browser.post(f"/reports/clients/{worked.client.id}/delete", {"name": "Andre"}).status_code == 303
    assert not ClientDeletion.objects.exists()
    assert browser.post(f"/reports/clients/{worked.client.id}/delete", {"name": "Styret"}).status_code == 303
    actions.client_delete_run(organisation_id=worked.client.id)
    assert browser.get(page).status_code == 200


# --- a link that ended --------------------------------------------------------------------------


def test_after_a_merchant_has_ended_its_link_the_agency_sees_nothing(cast: Cast, worked: Worked) -> None:
    token = orgs.client_hand_over(actor=cast.agency.owner, client_id=worked.client.id, email="ny@example.org").token
    owner = orgs.invitation_accept(token=token, name="Nanna", password="tre små kinesere 17")
    link = AgencyLink.objects.get(merchant=worked.client)
    orgs.agency_link_revoke(actor=owner, link_id=link.id)
    for actor in (cast.agency.owner, cast.agency.manager, cast.agency.supervisor, cast.agency.senior):
        call = Caller(token_for(actor))
        for path in ("/campaigns", "/leads", "/calls", "/callbacks"):
            answer = call("GET", path)
            if answer.status_code == 200:
                assert answer.json()["items"] == [], (actor.role, path)
            else:
                assert answer.status_code == 403
        for path in (
            f"/campaigns/{worked.campaign.id}",
            f"/leads/{worked.lead_id}",
            f"/live/campaigns/{worked.campaign.id}",
        ):
            assert call("GET", path).status_code in (403, 404), path
    call = Caller(token_for(cast.agency.owner))
    assert call("GET", f"/reports/call_log?campaign={worked.campaign.id}").status_code == 404
    log = call("GET", "/reports/call_log").json()
    assert "Anna" not in str(log)
    assert "28123450" not in str(log)
    assert call("GET", f"/organisations/{worked.client.id}").status_code == 404


def signed(worked: Worked, account: GatewayAccount) -> Session:
    """A session of the client's that waits for its donor, with a link."""
    now, agency = clock.now(), worked.acting.home
    assert agency is not None
    contact = Contact.objects.filter(list=worked.list).earliest("id")
    made = Session.objects.create(
        merchant=worked.client, agency=agency, campaign=worked.campaign, contact=contact,
        external_lead_id="crm-7", workflow_version=WorkflowVersion.objects.latest("id"), user=worked.acting.user,
        intention="signup", action="sign_up", payment_type="recurring", given={"first_name": "Anna"}, secrets="sealed",
        metadata={"segment": "A"}, snapshot={"merchant": "Styret"}, agreed={"amount": 10000, "currency": "DKK"},
        account=account, gateway_ref="m-1", redirect_url="https://pay.example.org/1", created_at=now,
        expires_at=now + timedelta(days=1), look_at=now + timedelta(days=1),
    )  # fmt: skip
    ApprovalLink.objects.create(
        session=made, token_hash="h", channel="qr", created_at=now, expires_at=now + timedelta(days=1)
    )
    return made


def test_the_archive_has_sessions_and_payments_without_what_is_secret(cast: Cast, worked: Worked) -> None:
    account = account_of(worked.client)
    subscription, charge, session = subscription_of(account), charged_of(account), signed(worked, account)
    Session.objects.filter(id=session.id).update(
        secrets=seal({"national_id": "0101901234"}), terms_version="t-1", params={"until": "2027-01-01"}
    )
    with opened(worked, asked(cast.agency.owner, worked)) as archive:
        texts = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    (found,) = csv.DictReader(io.StringIO(texts["sessions.csv"]))
    names = ("id", "status", "external_lead_id", "contact.first_name", "metadata", "params", "terms_version")
    assert [found[one] for one in names] == [
        str(session.id), "New", "crm-7", "Anna", "segment: A", '{"until": "2027-01-01"}', "t-1",
    ]  # fmt: skip
    # With its offset, as all times of an archive.
    assert datetime.fromisoformat(found["created"]) == session.created_at.replace(microsecond=0)
    assert str(subscription.agreement_id) in texts["agreements.csv"]
    assert str(subscription.id) in texts["subscriptions.csv"]
    assert str(charge.id) in texts["charges.csv"]
    assert json.loads(texts["workflows/01 Aftaler.json"])["versions"][0]["version"] == 1
    assert [name for name, text in texts.items() if "0101901234" in text] == []


@pytest.fixture
def rail(monkeypatch: pytest.MonkeyPatch) -> Rail:
    made = Rail()
    monkeypatch.setitem(DRAWERS, "sandbox", made)
    return made


def delete_asked(cast: Cast, worked: Worked) -> ClientDeletion:
    worked.pause()
    return actions.client_delete(actor=cast.agency.owner, client_id=worked.client.id, name="Styret")


def go_on(row: ClientDeletion) -> ClientDeletion:
    actions.client_delete_run(organisation_id=row.organisation_id)
    row.refresh_from_db()
    return row


def at_rail(subscription: Subscription, account: GatewayAccount) -> Charge:
    """A charge that the rail has, and collects soon."""
    now, today = clock.now(), clock.now().date()
    return Charge.objects.create(
        merchant=account.merchant, agreement=subscription.agreement, subscription=subscription,
        mandate=subscription.mandate, account=account, ref="c-1", state="submitted", amount=10000, currency="DKK",
        period_on=today, due_on=today + timedelta(days=3), created_at=now, submitted_at=now,
    )  # fmt: skip


def test_what_stands_at_a_clients_providers_is_called_back_before_their_keys_are_gone(
    cast: Cast, worked: Worked, rail: Rail
) -> None:
    account, kept = account_of(worked.client), account_of(cast.charity.org, "charity")
    subscription, session = subscription_of(account), signed(worked, account)
    charge, taken = at_rail(subscription, account), charged_of(account, 25000)
    charge_refund(actor=worked.acting, charge_id=taken.id, reason="Anna fortrød")
    Subscription.objects.filter(id=subscription.id).update(ended_note="Anna rejser")
    row = delete_asked(cast, worked)
    account.refresh_from_db()
    kept.refresh_from_db()
    # Nothing is begun, and what was promised is told.
    assert (account.active, account.webhook_secrets != "", kept.active) == (False, True, True)
    assert GatewayOrder.objects.get(what="refund").state == "pending"
    go_on(row)
    assert (row.waiting, row.finished_at) == (4, None)  # the charge and its cancelling, the mandate, the refund
    session.refresh_from_db()
    assert (session.status, session.reason, session.look_at) == ("Rejected", "closed", None)
    assert ApprovalLink.objects.get(session=session).revoked_at is not None
    assert EventOut.objects.filter(subject_id=session.id, type="onboarding.session.rejected").count() == 1
    # The people are not kept waiting for payments.
    assert row.contacts == 6
    # It is looked at again in a while, not all the time.
    ProcrastinateJob.objects.filter(task_name=work.DELETE_TASK)._raw_delete("default")
    actions.clients_rescue()
    assert not ProcrastinateJob.objects.filter(task_name=work.DELETE_TASK).exists()
    Round().all()
    assert sorted(rail.names()) == ["cancel_charge", "cancel_mandate", "cancel_mandate", "refund"]
    go_on(row)
    assert (row.waiting, row.untold, row.finished_at is None) == (0, 0, False)
    for one in (account, subscription, charge, taken):
        one.refresh_from_db()
    assert (account.secrets, account.webhook_secrets) == ("", "")
    assert (subscription.state, subscription.ended_reason, charge.state) == ("inactive", "closed", "cancelled")
    assert (taken.refunded, Refund.objects.get().reason, subscription.ended_note) == (25000, "", "")
    assert not GatewayOrder.objects.filter(account=account).exists()


def test_a_session_whose_gateway_is_away_is_ended_when_it_is_back(cast: Cast, worked: Worked, rail: Rail) -> None:
    account = account_of(worked.client)
    subscription_of(account)
    session = signed(worked, account)
    Session.objects.filter(id=session.id).update(lead=worked.lead_id)
    rail.on["cancel_mandate"] = failing(Transient("unreachable"))
    row = go_on(delete_asked(cast, worked))
    session.refresh_from_db()
    assert (session.status, row.waiting, row.finished_at) == ("New", 2, None)
    del rail.on["cancel_mandate"]
    Round().all()
    go_on(row)
    session.refresh_from_db()
    assert (session.status, session.reason, row.finished_at is None) == ("Rejected", "closed", False)


def test_what_providers_could_not_be_told_is_listed_for_who_asked(cast: Cast, worked: Worked, rail: Rail) -> None:
    with clock.frozen(clock.now()):
        subscription = subscription_of(account_of(worked.client))
        assert subscription.mandate is not None
        rail.on["cancel_mandate"] = failing(Transient("busy", down=False))
        row, run = delete_asked(cast, worked), Round()
        for _ in range(16):
            assert go_on(row).finished_at is None
            run.all()
            run.later(days=1)
        go_on(row)
    assert (row.waiting, row.untold, row.finished_at is None) == (0, 1, False)
    assert row.listed == [
        {"what": "mandate", "kind": "sandbox", "account": "Sandkassen", "ref": subscription.mandate.ref}
    ]
    browser = Client()
    browser.force_login(cast.agency.owner.user)  # type: ignore[arg-type]
    page = browser.get(f"/reports/clients/{worked.client.id}/data").content.decode()
    assert subscription.mandate.ref in page
    # Gone on with, it is still known.
    assert go_on(row).untold == 1


def test_why_it_ended_is_said_in_words() -> None:
    for language, words in (
        ("en", "The work for the organisation is over."),
        ("da", "Arbejdet for organisationen er slut."),
    ):
        with translation.override(language):
            assert reason_text("closed").startswith(words)
            assert end_text("closed").startswith(words)


def failing(fault: Exception) -> Any:
    def call(*_: Any) -> Any:
        raise fault

    return call


def test_sessions_and_agreements_of_a_client_are_emptied_and_what_was_collected_is_still_told(
    cast: Cast, worked: Worked
) -> None:
    account = account_of(worked.client)
    subscription, charge, session = subscription_of(account), charged_of(account, 25000), signed(worked, account)
    waits = Charge.objects.create(
        merchant=worked.client, agreement=subscription.agreement, subscription=subscription, account=account,
        amount=10000, currency="DKK", period_on=subscription.starts_on, due_on=subscription.starts_on,
        created_at=clock.now(), retry_on=subscription.starts_on,
    )  # fmt: skip
    other = subscription_of(account_of(cast.charity.org, "charity"))
    row = go_on(delete_asked(cast, worked))
    Round().all()
    go_on(row)
    for one in (subscription, charge, session, waits, other, account):
        one.refresh_from_db()
    assert (session.status, session.reason, session.given, session.secrets, session.metadata, session.snapshot) == (
        "Rejected", "closed", {}, "", {}, {},
    )  # fmt: skip
    assert (session.contact_id, session.external_lead_id, session.gateway_ref, session.look_at) == (None, "", "", None)
    assert not session.links.exists()
    assert (subscription.state, subscription.next_due_on, subscription.amount) == ("inactive", None, 10000)
    mandate, agreement = subscription.mandate, subscription.agreement
    assert mandate is not None
    mandate.refresh_from_db()
    agreement.refresh_from_db()
    assert (mandate.state, mandate.masked, mandate.ref) == ("stopped", "", str(mandate.id))
    assert (agreement.contact_id, agreement.metadata, agreement.name) == (None, {}, "Fast støtte")
    # Accounting stays.
    assert (charge.state, charge.amount, charge.ref) == ("charged", 25000, "")
    assert (waits.state, waits.retry_on) == ("cancelled", None)
    assert (account.name, account.settings, account.active) == ("", {}, False)
    assert not WorkflowVersion.objects.filter(workflow__merchant=worked.client).exclude(definition={}).exists()
    # Nobody else's.
    assert (other.state, other.agreement.contact_id is None) == ("active", False)


def test_nothing_more_is_collected_for_a_client_whose_work_is_over(cast: Cast, worked: Worked) -> None:
    subscription = subscription_of(account_of(worked.client), due=clock.now().date())
    other = subscription_of(account_of(cast.charity.org, "charity"), due=clock.now().date())
    worked.pause()
    actions.client_delete(actor=cast.agency.owner, client_id=worked.client.id, name="Styret")
    while charges_run(now=clock.now()):
        pass
    assert not Charge.objects.filter(subscription=subscription).exists()
    assert Charge.objects.filter(subscription=other).exists()
