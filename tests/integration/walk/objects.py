"""Objects of the charity, one of each kind that an address can name.

A new route with an id in it needs a maker here: by the name of its parameter in `BY_NAME`, or where that name means
different things, by the whole address in `BY_ROUTE`; a parameter that is a word or a number in `BY_PARAMETER`. A write
whose empty body is refused before the object is looked at needs a good one in `BODIES` (pages: `FORMS`). Ids that stand
in a body or in a query are in `ELSEWHERE`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from ringround.campaigns import actions as campaigns
from ringround.campaigns.models import (
    BulkChange,
    Campaign,
    CampaignTemplate,
    Disposition,
    ExternalSite,
    ExternalSystem,
    Lead,
    SavedFilter,
    SiteDelivery,
)
from ringround.contacts import actions as contacts
from ringround.contacts.models import Contact, ContactList, Import, RegisterHit, Suppression
from ringround.desk import actions as desk
from ringround.dialer import actions as dialer
from ringround.http import actions as http
from ringround.http.models import Delivery, Webhook
from ringround.infra import clock
from ringround.journeys import actions as journeys
from ringround.journeys.engine.loop import Engine
from ringround.journeys.models import Journey, Notice, Run
from ringround.kernel.ids import new_id
from ringround.messaging import actions as messaging
from ringround.messaging.models import Message, Template, Transport
from ringround.onboarding import actions as onboarding
from ringround.onboarding import sealing
from ringround.onboarding.models import Charge, GatewayAccount, Session, Subscription, Workflow
from ringround.onboarding.rules.entry import Entry
from ringround.orgs import actions as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.models import AgencyLink, ApiToken, Organisation, Team, User
from ringround.reports import actions as reports
from ringround.reports.actions import clients as reports_clients
from ringround.reports.models import ClientExport, Schedule
from tests import factories
from tests.integration.http.calling import token_for
from tests.integration.onboarding import agreed
from tests.integration.onboarding.workflows import SIGNUP

COLUMNS = [{"name": "name", "type": "text", "role": "name"}, {"name": "mobile", "type": "phone"}]


class World:
    """The cast, and what the charity has; each thing made when it is first asked for, by the product's own actions."""

    def __init__(self) -> None:
        self.cast = factories.cast()
        self.staff = self.cast.charity

    def complete(self) -> World:
        """With everything made."""
        for make in (*BY_NAME.values(), *BY_ROUTE.values()):
            make(self)
        _ = self.acting
        return self

    @cached_property
    def acting(self) -> Actor:
        """An agency's owner, acting for a client of it that the charity does not know."""
        agency = self.cast.agency
        client = orgs.client_create(actor=agency.owner, name="Klienten")
        return Actor(user=agency.owner.user, organisation=client, home=agency.org, role="owner")

    @cached_property
    def list(self) -> ContactList:
        made = contacts.contact_list_create(actor=self.staff.manager, name="Givere", columns=COLUMNS, region="DK")
        for number in range(3):
            fields = {"name": f"Person {number}", "mobile": str(28123456 + number * 7)}
            contacts.contact_create(actor=self.staff.manager, list_id=made.id, fields=fields)
        return made

    @cached_property
    def contact(self) -> Contact:
        return Contact.objects.filter(list=self.list.id).order_by("id")[0]

    @cached_property
    def campaign(self) -> Campaign:
        """Running round the clock, with leads and agents."""
        always = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
        made = campaigns.campaign_create(
            actor=self.staff.manager,
            fields={
                "name": "Efterår",
                "mode": "manual",
                "lists": [str(self.list.id)],
                "hours": always,
                "holidays": None,
            },
        )
        campaigns.list_attach_run(campaign_id=made.id, list_id=self.list.id)
        campaigns.form_put(
            actor=self.staff.manager, campaign_id=made.id, form=[{"key": "why", "label": "Hvorfor", "type": "text"}]
        )
        agents = [self.staff.senior.user_id, self.staff.junior.user_id]
        campaigns.agents_put(actor=self.staff.manager, campaign_id=made.id, users=agents)
        campaigns.campaign_approve(actor=self.staff.manager2, campaign_id=made.id)
        return campaigns.campaign_start(actor=self.staff.manager, campaign_id=made.id)

    @cached_property
    def lead(self) -> Lead:
        """Held by the senior agent, who has booked a callback before."""
        _ = self.own_callback
        dialer.presence_join(actor=self.staff.senior, campaign_id=self.campaign.id)
        found = desk.next_lead(actor=self.staff.senior)
        assert not isinstance(found, campaigns.NoLead), found
        return Lead.objects.get(id=found.lead_id)

    @cached_property
    def own_callback(self) -> Lead:
        """A lead on which the senior agent has booked a callback."""
        return self.booked(self.staff.senior)

    @cached_property
    def call_id(self) -> Any:
        return desk.call(actor=self.staff.senior, lead_id=self.lead.id, number=None).call_id

    @cached_property
    def callback_lead(self) -> Lead:
        """A lead on which the junior agent has booked a callback."""
        return self.booked(self.staff.junior)

    def booked(self, agent: Actor) -> Lead:
        """The agent's next lead, now a private callback of theirs."""
        dialer.presence_join(actor=agent, campaign_id=self.campaign.id)
        found = desk.next_lead(actor=agent)
        assert not isinstance(found, campaigns.NoLead), found
        campaigns.disposition_save(
            actor=agent,
            lead_id=found.lead_id,
            disposition=self.disposition("callback_private"),
            callback={"at": clock.now() + timedelta(days=1)},
        )
        return Lead.objects.get(id=found.lead_id)

    def disposition(self, kind: str) -> Any:
        """The id of the campaign's disposition of this kind."""
        return Disposition.objects.filter(campaign=self.campaign.id, kind=kind)[0].id

    @cached_property
    def imported(self) -> Import:
        """Done, with one row refused."""
        row = contacts.import_start(
            actor=self.staff.manager,
            list_id=self.list.id,
            file=[b"name,mobile\nAnna,28998877\nBent,12\n"],
            file_name="a.csv",
            options={},
            queue=False,
        )
        contacts.import_run(import_id=row.id, processes=1)
        return row

    @cached_property
    def bulk(self) -> BulkChange:
        """A change of leads that is being carried out."""
        owner = self.staff.owner
        return BulkChange.objects.create(
            organisation=owner.organisation, user=owner.user, total=1, leads=self.lead.id.bytes, created_at=clock.now()
        )

    @cached_property
    def template(self) -> CampaignTemplate:
        return campaigns.template_save(actor=self.staff.manager, campaign_id=self.campaign.id, name="Efterår")

    @cached_property
    def saved(self) -> SavedFilter:
        return campaigns.filter_save(actor=self.staff.owner, name="Nye", query="status=new", shared=True)

    @cached_property
    def draft(self) -> Import:
        """An import whose columns are still to be confirmed."""
        return contacts.import_draft(
            actor=self.staff.manager,
            list_id=self.list.id,
            file=[b"name,mobile\nBo,28998878\n"],
            file_name="b.csv",
        )

    @cached_property
    def consent_id(self) -> UUID:
        return contacts.consent_add(
            actor=self.staff.manager, contact_id=self.contact.id, channel="phone", given_at=clock.now(), source="paper"
        )

    @cached_property
    def suppression(self) -> Suppression:
        found: Any = contacts.suppression_add(
            actor=self.staff.manager, scope="organisation", channel="phone", value="+4528123456"
        )
        return Suppression.objects.get() if not isinstance(found, Suppression) else found

    @cached_property
    def hit(self) -> RegisterHit:
        """A contact that a register may mean."""
        columns = [{"name": "name"}, {"name": "mobile", "type": "phone"}, {"name": "vej"}, {"name": "postnr"}]
        made = contacts.contact_list_create(actor=self.staff.manager, name="Adresser", columns=columns, region="DK")
        fields = {"name": "Anna Hansen", "mobile": "28990001", "vej": "Torvet 1", "postnr": "8000"}
        contacts.contact_create(actor=self.staff.manager, list_id=made.id, fields=fields)
        row = contacts.suppression_import_start(
            actor=self.staff.manager, file=[b"navn,adresse,postnr\nA. Hansen,Torvet 1,8000\n"],
            file_name="r.csv", options={"source": "Robinson"}, queue=False,
        )  # fmt: skip
        contacts.import_run(import_id=row.id, processes=1)
        return RegisterHit.objects.get()

    @cached_property
    def user(self) -> User:
        assert self.staff.junior.user is not None
        return self.staff.junior.user

    @cached_property
    def invited(self) -> User:
        orgs.user_invite(actor=self.staff.owner, email="ny@example.org", name="Ny", role="junior_agent")
        return User.objects.get(email="ny@example.org")

    @cached_property
    def team(self) -> Team:
        return orgs.team_create(actor=self.staff.owner, name="Aften")

    @cached_property
    def link(self) -> AgencyLink:
        made, _token = orgs.agency_link_create(actor=self.staff.owner)
        return made

    @cached_property
    def client(self) -> Organisation:
        """A merchant that the charity manages: an agency's, by rights, but here all things are the charity's."""
        return factories.organisation("Styret", "merchant", managed_by=self.staff.org)

    @cached_property
    def archive(self) -> ClientExport:
        """All that the client has, ready to be taken."""
        now = clock.real_now()
        made = ClientExport(organisation=self.client, state="done", format="csv", created_at=now)
        made.path, made.expires_at = f"exports/{self.client.id}/{made.id}.zip", now + timedelta(days=1)
        path = reports_clients.place(made.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        made.save(force_insert=True)
        return made

    @cached_property
    def token(self) -> ApiToken:
        made, _ = orgs.token_create(actor=self.staff.owner, name="walk")
        return made

    @cached_property
    def schedule(self) -> Schedule:
        """A report that is sent to somebody."""
        fields = {"name": "Ugens tal", "recipients": ["kunde@example.com"]}
        return reports.schedule_create(actor=self.staff.manager, fields=fields)

    @cached_property
    def system(self) -> ExternalSystem:
        made, _token = campaigns.external_system_create(actor=self.staff.owner, key="crm", name="CRM")
        return made

    @cached_property
    def site(self) -> ExternalSite:
        url = "https://crm.example.org/{{lead.id}}"
        return campaigns.external_site_create(
            actor=self.staff.owner, name="CRM", url=url, method="get", opens="button", parameters={}
        )

    @cached_property
    def site_delivery(self) -> SiteDelivery:
        now = clock.real_now()
        return SiteDelivery.objects.create(
            site=self.site, campaign=self.campaign, lead=self.lead, lead_no=1, moment="on_disposition", method="GET",
            url="https://crm.example.org/", state="failed", next_at=now, created_at=now,
        )  # fmt: skip

    @cached_property
    def journey(self) -> Journey:
        """One that the lead is in."""
        document = {
            "name": "Igen", "scope": {"campaigns": [str(self.campaign.id)]}, "trigger": {"type": "by_hand"},
            "settings": {}, "start": "wait",
            "nodes": [{"id": "wait", "type": "wait", "params": {"duration": {"n": 1, "unit": "days"}}, "next": {}}],
        }  # fmt: skip
        made = journeys.journey_make(actor=self.staff.manager, name="Igen", document=document, publish=True)
        journeys.runs_start(actor=self.staff.manager, journey_id=made.id, lead_ids=[self.lead.id])
        Engine().drain()
        return made

    @cached_property
    def run(self) -> Run:
        """The lead's way through the journey."""
        assert self.journey.version_id is not None
        return Run.objects.get(version_id=self.journey.version_id)

    @cached_property
    def notice(self) -> Notice:
        """The owner's own."""
        return Notice.objects.create(
            organisation=self.staff.org, user=self.staff.owner.user, key="run:tell:1", journey=self.journey,
            lead_id=self.lead.id, text="Se her", at=clock.now(),
        )  # fmt: skip

    @cached_property
    def message_template(self) -> Template:
        return messaging.template_create(
            actor=self.staff.manager, name="Tak", channel="sms", language="da", texts={"da": {"text": "Tak"}}
        )

    @cached_property
    def transport(self) -> Transport:
        return messaging.transport_create(
            actor=self.staff.owner, name="Sandkasse", kind="sandbox", channel="sms", sender="Charity"
        )

    @cached_property
    def gateway(self) -> GatewayAccount:
        return agreed.account_of(self.staff.org, "walk")

    @cached_property
    def subscription(self) -> Subscription:
        return agreed.subscription_of(self.gateway)

    @cached_property
    def charge(self) -> Charge:
        return agreed.charged_of(self.gateway)

    @cached_property
    def message(self) -> Message:
        """An SMS to the lead."""
        queued = campaigns.message_send(actor=self.staff.owner, lead_id=self.lead.id, channel="sms", text="Hej")
        return Message.objects.get(id=queued.message_id)

    @cached_property
    def workflow(self) -> Workflow:
        return onboarding.workflow_create(actor=self.staff.manager, name="Giver", definition=SIGNUP)

    @cached_property
    def session(self) -> Session:
        """New, on a campaign of its own; submitted by the senior agent."""
        always = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
        fields = {"name": "Givere", "mode": "manual", "lists": [], "hours": always, "holidays": None}
        made = campaigns.campaign_create(
            actor=self.staff.manager,
            fields={**fields, "workflow": str(self.workflow.id), "settings": {"fed_by_others": True}},
        )
        agents = [self.staff.senior.user_id, self.staff.junior.user_id]
        campaigns.agents_put(actor=self.staff.manager, campaign_id=made.id, users=agents)
        campaigns.campaign_approve(actor=self.staff.manager2, campaign_id=made.id)
        campaigns.campaign_start(actor=self.staff.manager, campaign_id=made.id)
        ask = onboarding.SessionAsk(
            campaign_id=made.id, external_lead_id="crm-1", product="fast", contact={"first_name": "Åse"},
            agreement={"amount": 10000, "schedule": "monthly"},
        )  # fmt: skip
        return onboarding.session_submit(actor=self.staff.senior, ask=ask)

    @cached_property
    def webhook(self) -> Webhook:
        made, _secret = http.webhook_create(actor=self.staff.owner, url="https://example.org/hook")
        return made

    @cached_property
    def delivery(self) -> Delivery:
        now = clock.real_now()
        ids = {"event_id": new_id(), "subject_id": new_id()}
        return Delivery.objects.create(webhook=self.webhook, seq=1, type="a", next_at=now, created_at=now, **ids)


Maker = Callable[[World], object]

BY_NAME: dict[str, Maker] = {
    "campaign_id": lambda world: world.campaign.id,
    "lead_id": lambda world: world.lead.id,
    "call_id": lambda world: world.call_id,
    "list_id": lambda world: world.list.id,
    "consent_id": lambda world: world.consent_id,
    "contact_id": lambda world: world.contact.id,
    "import_id": lambda world: world.imported.id,
    "suppression_id": lambda world: world.suppression.id,
    "hit_id": lambda world: world.hit.id,
    "register_id": lambda world: world.hit.register_id,
    "bulk_id": lambda world: world.bulk.id,
    "saved_id": lambda world: world.saved.id,
    "template_id": lambda world: world.template.id,
    "user_id": lambda world: world.user.id,
    "team_id": lambda world: world.team.id,
    "link_id": lambda world: world.link.id,
    "export_id": lambda world: world.archive.id,
    "organisation_id": lambda world: world.client.id,
    "client_id": lambda world: world.client.id,
    "token_id": lambda world: world.token.id,
    "schedule_id": lambda world: world.schedule.id,
    "system_id": lambda world: world.system.id,
    "site_id": lambda world: world.site.id,
    "site_delivery_id": lambda world: world.site_delivery.id,
    "webhook_id": lambda world: world.webhook.id,
    "delivery_id": lambda world: world.delivery.id,
    "transport_id": lambda world: world.transport.id,
    "gateway_id": lambda world: world.gateway.id,
    "account_id": lambda world: world.gateway.id,
    "agreement_id": lambda world: world.subscription.agreement_id,
    "subscription_id": lambda world: world.subscription.id,
    "charge_id": lambda world: world.charge.id,
    "message_id": lambda world: world.message.id,
    "journey_id": lambda world: world.journey.id,
    "run_id": lambda world: world.run.id,
    "notice_id": lambda world: world.notice.id,
    "workflow_id": lambda world: world.workflow.id,
    "session_id": lambda world: world.session.id,
    "attempt_id": lambda world: world.session.id,
}

# A parameter that is no id (a word, a number) and a value that it may have; or an id only inside another object.
BY_PARAMETER: dict[tuple[str, str], Maker] = {
    ("messages/templates/<uuid:template_id>/drop/<slug:language>", "language"): lambda world: "en",
    ("messages/<uuid:message_id>/act/<slug:act>", "act"): lambda world: "deliver",
    ("api/v1/_sandbox/messages/<message_id>/<act>", "act"): lambda world: "deliver",
    ("api/v1/messaging/in/<token>", "token"): lambda world: "nobodys",
    ("api/v1/hooks/<token>", "token"): lambda world: "nobodys",
    ("api/v1/gateways/<key>/<account>/webhook", "key"): lambda world: "sandbox",
    ("api/v1/gateways/<key>/<account>/webhook", "account"): lambda world: "nobodys",
    ("onboarding/sessions/<uuid:session_id>/act/<slug:act>", "act"): lambda world: "decline",
    ("onboarding/agreements/<uuid:agreement_id>/act/<slug:act>", "act"): lambda world: "pause",
    ("onboarding/gateways/new/<slug:kind>", "kind"): lambda world: "sandbox",
    ("onboarding/workflows/new/<slug:intention>", "intention"): lambda world: "signup",
    ("onboarding/workflows/<uuid:workflow_id>/versions/<int:number>", "number"): lambda world: 1,
    ("journeys/new/<slug:key>", "key"): lambda world: "reuse_not_interested",
    ("journeys/<uuid:journey_id>/do/<slug:name>", "name"): lambda world: "pause",
    ("journeys/<uuid:journey_id>/versions/<int:number>", "number"): lambda world: 1,
    ("campaigns/leads/<uuid:lead_id>/part/<slug:name>", "name"): lambda world: "history",
    ("campaigns/leads/<uuid:lead_id>/do/<slug:name>", "name"): lambda world: "release",
    ("campaigns/<uuid:campaign_id>/do/<slug:name>", "name"): lambda world: "pause",
    ("campaigns/<uuid:campaign_id>/plan/<int:number>", "number"): lambda world: 1,
    ("campaigns/<uuid:campaign_id>/people/<slug:duty>/search", "duty"): lambda world: "agent",
    ("campaigns/<uuid:campaign_id>/people/<slug:duty>/change", "duty"): lambda world: "agent",
    ("campaigns/<uuid:campaign_id>/dispositions/<slug:which>", "which"): lambda world: world.disposition("engaged"),
    ("campaigns/<uuid:campaign_id>/dispositions/<uuid:which>/<slug:way>", "which"): lambda world: world.disposition(
        "engaged"
    ),
    ("campaigns/<uuid:campaign_id>/dispositions/<uuid:which>/<slug:way>", "way"): lambda world: "down",
    ("campaigns/<uuid:campaign_id>/questions/<slug:which>", "which"): lambda world: "why",
    ("campaigns/<uuid:campaign_id>/questions/<slug:which>/<slug:way>", "which"): lambda world: "why",
    ("campaigns/<uuid:campaign_id>/questions/<slug:which>/<slug:way>", "way"): lambda world: "out",
}

BY_ROUTE: dict[str, Maker] = {
    "onboarding/leads/<uuid:lead_id>": lambda world: world.session.id,
    **dict.fromkeys(
        (
            "messages/templates/<uuid:template_id>",
            "messages/templates/<uuid:template_id>/test",
            "messages/templates/<uuid:template_id>/delete",
            "messages/templates/<uuid:template_id>/drop/<slug:language>",
        ),
        lambda world: world.message_template.id,
    ),
    "api/v1/templates/<template_id>": lambda world: world.message_template.id,
    "api/v1/templates/<template_id>/preview": lambda world: world.message_template.id,
    "api/v1/templates/<template_id>/test": lambda world: world.message_template.id,
    "api/v1/external/<system>/click-to-call": lambda world: world.system.id,
    "api/v1/external/<system>/dispositions": lambda world: world.system.id,
    "contacts/imports/<uuid:import_id>/columns": lambda world: world.draft.id,
    "contacts/imports/<uuid:import_id>/discard": lambda world: world.draft.id,
    "campaigns/callbacks/<uuid:lead_id>/move": lambda world: world.callback_lead.id,
    "campaigns/callbacks/<uuid:lead_id>/cancel": lambda world: world.callback_lead.id,
    **dict.fromkeys(
        (
            "desk/console/customers/<uuid:lead_id>",
            "desk/console/customers/<uuid:lead_id>/move",
            "desk/console/customers/<uuid:lead_id>/call",
        ),
        lambda world: world.own_callback.id,
    ),
    "settings/users/<uuid:user_id>/invite-again": lambda world: world.invited.id,
    "settings/users/<uuid:user_id>/withdraw": lambda world: world.invited.id,
    "api/v1/callbacks/<lead_id>": lambda world: world.callback_lead.id,
}

# Addresses whose parameter is no object of an organisation, and why.
NO_OBJECT: dict[str, str] = {
    "api/v1/hooks/<token>": "a secret address that a program calls; tests/integration/journeys",
    "api/v1/gateways/<key>/<account>/webhook": "signed by the provider, 401 without; tests/integration/onboarding",
    "api/v1/messaging/in/<token>": "a secret address that a provider calls; tests/integration/messaging",
    "journeys/new/<slug:key>": "the name of a template: it belongs to nobody",
    "onboarding/gateways/new/<slug:kind>": "a kind of payment account, of which every merchant may make one",
    "onboarding/workflows/new/<slug:intention>": "what the new one is for: it belongs to nobody",
    "accounts/^confirm-email/(?P<key>[-:\\w]+)/$": "a signed key from a mail",
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "a signed key from a mail",
    "reports/<slug:name>": "the name of a report: what it counts is the reader's own; tests/integration/reports",
    "reports/<slug:name>/file": "the name of a report: what it counts is the reader's own; tests/integration/reports",
    "messages/transports/new/<slug:kind>": "a kind of transport, of which everybody may make one",
    "reports/stop/<str:token>": "a signed link from a mail: whoever has it gets the report",
    "a/<str:token>": "a secret address: whoever has it was sent it; tests/integration/onboarding/test_donor.py",
    "a/<str:token>/decline": "a secret address: whoever has it was sent it; tests/integration/onboarding/test_donor.py",
    "m/u/<str:token>": "a signed link from a message: whoever has it got the message; tests/integration/messaging",
    "m/o/<str:token>.gif": "a signed link from a message: whoever has it got the message; tests/integration/messaging",
    "m/c/<str:token>/<int:place>": "a signed link from a message; tests/integration/messaging",
    "join/<str:token>": "a secret from an invitation: whoever has it is meant",
    "join/<str:token>/decline": "a secret from an invitation: whoever has it is meant",
    "me/sessions/<int:session_id>/end": "a session of one's own; its test is tests/integration/orgs",
}

# Screens that are the agent's, not the owner's.
AGENTS: tuple[str, ...] = ("desk/",)

# Web addresses that anyone may call.
PUBLIC: tuple[str, ...] = ("accounts/", "ui/", "healthz", "join/", "api/v1/docs", "reports/stop/", "m/", "a/")

# What is asked in one's own organisation, whomever one acts for: the charity's clients are not its agency's.
# And what is told to the charity's owner alone.
HOME = frozenset(
    {
        "GET /api/v1/organisations/{organisation_id}",
        "POST /api/v1/organisations/{organisation_id}/hand-over",
        "DELETE /api/v1/organisations/{organisation_id}/hand-over",
        "POST /api/v1/organisations/{organisation_id}/exports",
        "GET /api/v1/organisations/{organisation_id}/exports",
        "GET /api/v1/organisations/{organisation_id}/exports/{export_id}",
        "GET /api/v1/organisations/{organisation_id}/exports/{export_id}/file",
        "POST /api/v1/organisations/{organisation_id}/delete-data",
        "POST /api/v1/notices/{notice_id}/seen",
    }
)

# What a page's form needs so that the object is looked for at all.
FORMS: dict[str, dict[str, str]] = {
    "campaigns/<uuid:campaign_id>/duplicate": {"name": "a"},
    "campaigns/<uuid:campaign_id>/template": {"name": "a"},
    "campaigns/templates/<uuid:template_id>/new": {"name": "a"},
    "campaigns/leads/<uuid:lead_id>/note": {"text": "a"},
}

# A good body where `{}` is refused before the object is looked at.
BODIES: dict[str, Callable[[World], dict[str, Any]]] = {
    "POST /api/v1/subscriptions/{subscription_id}/change-amount": lambda world: {"amount": 15000},
    "POST /api/v1/subscriptions/{subscription_id}/change-frequency": lambda world: {"schedule": "yearly"},
    "POST /api/v1/subscriptions/{subscription_id}/set-expiry": lambda world: {"date": "2099-01-01"},
    "PUT /api/v1/journeys/{journey_id}/draft": lambda world: {"document": {}},
    "POST /api/v1/journeys/{journey_id}/runs": lambda world: {"leads": [str(world.lead.id)]},
    "POST /api/v1/templates/{template_id}/test": lambda world: {"to": "+4520123456"},
    "POST /api/v1/organisations/{organisation_id}/hand-over": lambda world: {"email": "ny@example.org"},
    "POST /api/v1/organisations/{organisation_id}/delete-data": lambda world: {"name": "Styret"},
    "POST /api/v1/external/{system}/click-to-call": lambda world: {"external_campaign_id": "a", "agent": "1"},
    "POST /api/v1/external/{system}/dispositions": lambda world: {
        "external_campaign_id": "a",
        "agent": "1",
        "disposition": "a",
    },
    "POST /api/v1/external-sites/{site_id}/preview": lambda world: {"lead": str(world.lead.id)},
    "PUT /api/v1/campaigns/{campaign_id}/agents": lambda world: {"users": []},
    "PUT /api/v1/campaigns/{campaign_id}/supervisors": lambda world: {"users": []},
    "PUT /api/v1/campaigns/{campaign_id}/dispositions": lambda world: {"dispositions": []},
    "PUT /api/v1/campaigns/{campaign_id}/form": lambda world: {"form": []},
    "PATCH /api/v1/suppressions/hits/{hit_id}": lambda world: {"state": "refused"},
    "PATCH /api/v1/teams/{team_id}": lambda world: {"name": "a"},
    "POST /api/v1/contacts/{contact_id}/consents": lambda world: {
        "channel": "phone",
        "given_at": "2026-01-05T10:00:00Z",
        "source": "paper",
    },
    "PATCH /api/v1/contacts/{contact_id}": lambda world: {"fields": {"name": "a"}},
    "POST /api/v1/campaigns/{campaign_id}/duplicate": lambda world: {"name": "a"},
    "POST /api/v1/campaigns/{campaign_id}/recycle": lambda world: {"filter": {}},
    "POST /api/v1/campaigns/{campaign_id}/preassign": lambda world: {"strategy": "none"},
    "POST /api/v1/campaigns/{campaign_id}/leads": lambda world: {"contacts": [str(world.contact.id)]},
    "PATCH /api/v1/callbacks/{lead_id}": lambda world: {"note": "a"},
    "PATCH /api/v1/leads/{lead_id}": lambda world: {"priority": 1},
    "POST /api/v1/leads/{lead_id}/notes": lambda world: {"text": "a"},
    "POST /api/v1/workflows/{workflow_id}/versions": lambda world: SIGNUP,
    "POST /api/v1/sessions/{session_id}/send-link": lambda world: {"channel": "qr"},
}


def _entry(campaign: str) -> str:
    """What `/onboard` seals of a link to this campaign."""
    entry = Entry(campaign=campaign, external_lead_id="a")
    return sealing.seal(sealing.LINK, {"entry": entry.to_json(), "notes": []}, ttl_s=600)


# Operations that take a form with a file.
UPLOADS: frozenset[str] = frozenset(
    {"POST /api/v1/contact-lists/{list_id}/imports", "POST /api/v1/suppressions/import"}
)


@dataclass(frozen=True)
class Elsewhere:
    """A call with the id of the charity's object in its query or body, made by another organisation.

    It is refused with one of `refused`, or with `empty` it finds nothing.
    """

    method: str
    path: Callable[[World], str]
    body: Callable[[World], Any] = lambda world: None
    actor: str = "owner"
    refused: tuple[int, ...] = (404, 422)
    empty: bool = False


ELSEWHERE: dict[str, Elsewhere] = {
    "leads of a campaign": Elsewhere("GET", lambda w: f"/leads?campaign={w.campaign.id}", empty=True),
    "messages of a lead": Elsewhere("GET", lambda w: f"/messages?lead={w.lead.id}"),
    "messages of a campaign": Elsewhere("GET", lambda w: f"/messages?campaign={w.campaign.id}"),
    "a message to a lead": Elsewhere(
        "POST", lambda w: "/messages", lambda w: {"lead": str(w.lead.id), "channel": "sms", "text": "Hej"}
    ),
    "leads of an agent": Elsewhere("GET", lambda w: f"/leads?assigned_to={w.user.id}", empty=True),
    "a file of a campaign's leads": Elsewhere("GET", lambda w: f"/reports/leads?campaign={w.campaign.id}", empty=True),
    "a report of a campaign": Elsewhere("GET", lambda w: f"/reports/agent_hours?campaign={w.campaign.id}"),
    "a report of an agent": Elsewhere("GET", lambda w: f"/reports/agent_hours?agent={w.user.id}", empty=True),
    "sending another's campaign": Elsewhere(
        "POST",
        lambda w: "/reports/schedules",
        lambda w: {"name": "a", "report": "call_log", "recipients": ["x@example.org"], "campaign": str(w.campaign.id)},
    ),
    "the calls of an agent": Elsewhere("GET", lambda w: f"/reports/call_log?agent={w.user.id}", empty=True),
    "callbacks of a campaign": Elsewhere("GET", lambda w: f"/callbacks?campaign={w.campaign.id}", empty=True),
    "callbacks of an agent": Elsewhere("GET", lambda w: f"/callbacks?agent={w.user.id}", empty=True),
    "calls of a campaign": Elsewhere("GET", lambda w: f"/calls?campaign={w.campaign.id}", empty=True),
    "bulk by id": Elsewhere(
        "POST", lambda w: "/leads/bulk", lambda w: {"ids": [str(w.lead.id)], "set": {"priority": 1}}, empty=True
    ),
    "bulk by filter": Elsewhere(
        "POST",
        lambda w: "/leads/bulk",
        lambda w: {"filter": {"campaign": str(w.campaign.id)}, "set": {"priority": 1}},
        empty=True,
    ),
    "a campaign on another's list": Elsewhere(
        "POST", lambda w: "/campaigns", lambda w: {"name": "a", "mode": "manual", "lists": [str(w.list.id)]}
    ),
    "a campaign from another's template": Elsewhere(
        "POST", lambda w: "/campaigns", lambda w: {"name": "a", "template": str(w.template.id)}
    ),
    "contacts of a list": Elsewhere("GET", lambda w: f"/contacts?list={w.list.id}", empty=True),
    "contacts by a number": Elsewhere("GET", lambda w: "/contacts?phone=%2B4528123456", empty=True),
    "a contact on another's list": Elsewhere(
        "POST", lambda w: "/contacts", lambda w: {"list": str(w.list.id), "fields": {"name": "a"}}
    ),
    "imports of a list": Elsewhere("GET", lambda w: f"/imports?list={w.list.id}", empty=True),
    "suppressions of a campaign": Elsewhere("GET", lambda w: f"/suppressions?campaign={w.campaign.id}", empty=True),
    "suppressing for another's campaign": Elsewhere(
        "POST",
        lambda w: "/suppressions",
        lambda w: {"scope": str(w.campaign.id), "channel": "phone", "value": "+4528123456"},
    ),
    "suppressing another's contact": Elsewhere(
        "POST", lambda w: "/suppressions", lambda w: {"kind": "contact", "value": str(w.contact.id)}
    ),
    "hits of a register": Elsewhere("GET", lambda w: f"/suppressions/hits?register_id={w.hit.register_id}", empty=True),
    "hits of a contact": Elsewhere("GET", lambda w: f"/suppressions/hits?contact={w.hit.contact_id}", empty=True),
    "deciding another's hits": Elsewhere(
        "POST",
        lambda w: "/suppressions/hits/decide",
        lambda w: {"ids": [str(w.hit.id)], "state": "accepted"},
        empty=True,
    ),
    "a user in another's team": Elsewhere(
        "POST",
        lambda w: "/users",
        lambda w: {"email": "x@example.org", "role": "viewer", "team": str(w.team.id)},
        # An organisation that is acted for has no users at all.
        refused=(404, 409, 422),
    ),
    "a campaign with another's workflow": Elsewhere(
        "POST",
        lambda w: "/campaigns",
        lambda w: {"name": "a", "mode": "manual", "lists": [], "workflow": str(w.workflow.id)},
    ),
    "sessions of a campaign": Elsewhere("GET", lambda w: f"/sessions?campaign={w.session.campaign_id}", empty=True),
    "sessions of a lead": Elsewhere("GET", lambda w: f"/sessions?lead={w.session.lead_id}", empty=True),
    "who was won on a campaign": Elsewhere(
        "GET", lambda w: f"/onboarding/leads?attempted=true&campaign={w.session.campaign_id}", empty=True
    ),
    "a session on another's campaign": Elsewhere(
        "POST", lambda w: "/sessions", lambda w: {"campaign": str(w.session.campaign_id), "external_lead_id": "a"}
    ),
    "a session by a link to another's campaign": Elsewhere(
        "POST",
        lambda w: "/sessions/by-entry",
        lambda w: {"token": _entry(str(w.session.campaign_id))},
    ),
    "joining": Elsewhere("POST", lambda w: "/agent/join", lambda w: {"campaign": str(w.campaign.id)}, actor="senior"),
    "calling": Elsewhere(
        "POST", lambda w: "/agent/call", lambda w: {"lead": str(w.lead.id)}, actor="senior", refused=(404, 409, 422)
    ),
    "correcting": Elsewhere(
        "PATCH",
        lambda w: "/agent/contact",
        lambda w: {"lead": str(w.lead.id), "fields": {"name": "a"}},
        actor="senior",
        refused=(404, 409, 422),
    ),
    "dispositioning": Elsewhere(
        "POST",
        lambda w: "/agent/disposition",
        lambda w: {"lead": str(w.lead.id), "disposition": str(w.disposition("engaged"))},
        actor="senior",
        refused=(404, 409, 422),
    ),
}


def token(actor: Actor) -> str:
    """A token of theirs that was just used: else each request would write so, for what it writes is taken back."""
    return token_for(actor, last_used_at=clock.real_now() + timedelta(days=1))


def maker(route: str, name: str) -> Maker | None:
    """What makes the object behind this parameter of this address."""
    return BY_PARAMETER.get((route, name)) or BY_ROUTE.get(route) or BY_NAME.get(name)


def body(world: World, label: str) -> dict[str, Any]:
    """A good body for this operation."""
    make = BODIES.get(label)
    return make(world) if make else {}
