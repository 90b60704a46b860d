"""A campaign with a workflow, payment accounts in the sandbox, and people who submit sessions on it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.test import Client

from ringround.campaigns.models import Campaign, Lead, TimelineItem
from ringround.infra import clock
from ringround.infra.models import AuditPending, EventOut
from ringround.messaging.models import Message
from ringround.messaging.ways import seal as seal_way
from ringround.onboarding import actions, sandbox
from ringround.onboarding.actions.gateways import gateway_create
from ringround.onboarding.actions.intake import events_apply
from ringround.onboarding.models import ApprovalLink, Session, Workflow
from ringround.orgs.actor import Actor
from tests.factories import Staff
from tests.integration.campaigns.rig import Rig
from tests.integration.onboarding import workflows

PERSON = {"first_name": "Åse", "last_name": "Ørum", "phone": "+4520123456", "email": "aase@example.org"}
HOLDER = "browser-one"


class Scene:
    """One campaign. `agent` is who submits, unless a test says otherwise."""

    def __init__(
        self, rig: Rig, *, agency: Staff | None = None, definition: dict[str, Any] | None = None, **settings: Any
    ) -> None:
        self.rig, self.merchant = rig, rig.staff
        self.people = agency or rig.staff
        self.agent = self.people.senior
        self.workflow: Workflow = workflows.make(rig.staff.manager, definition=definition)
        self.campaign: Campaign = rig.campaign(agency=agency, workflow=str(self.workflow.id), **settings)
        self.account = gateway_create(
            actor=rig.staff.owner, name="Sandkasse", kind="sandbox", slug=f"s-{rig.staff.org.id.hex[-8:]}"
        )
        self.transport("sms")

    def transport(self, channel: str) -> None:
        from ringround.kernel.ids import new_id
        from ringround.messaging.models import Transport

        now = clock.real_now()
        sender = "Charity" if channel == "sms" else "Charity <hello@charity.example>"
        Transport.objects.create(
            organisation=self.merchant.org, kind="sandbox", channel=channel, token=f"t-{new_id()}", tokens_at=now,
            rests_until=now - timedelta(hours=1), created_at=now, updated_at=now, name=channel, sender=sender,
            secrets=seal_way({}),
        )  # fmt: skip

    # --- doing --------------------------------------------------------------------------------

    def ask(self, **more: Any) -> actions.SessionAsk:
        given: dict[str, Any] = {
            "campaign_id": self.campaign.id, "external_lead_id": "crm-1", "product": "fast", "contact": PERSON,
            "agreement": {"amount": 10000, "currency": "DKK", "schedule": "monthly"}, "payment_method": "card", **more,
        }  # fmt: skip
        if given.get("lead_id") is not None:
            given["external_lead_id"] = None
        return actions.SessionAsk(**given)

    def submit(self, actor: Actor | None = None, **more: Any) -> Session:
        return actions.session_submit(actor=actor or self.agent, ask=self.ask(**more))

    def link(self, session: Session, channel: str = "qr", actor: Actor | None = None) -> str:
        """The token of a new link."""
        sent = actions.session_send_link(actor=actor or self.agent, session_id=session.id, channel=channel)
        url = sent.url or self.texts()[-1]
        found = re.search(r"/a/(\S+)", url)
        assert found is not None
        return found[1]

    def confirm(self, token: str, holder: str = HOLDER, **more: Any) -> actions.Confirmed:
        actions.link_open(token=token, holder=holder)
        return actions.link_confirm(token=token, holder=holder, **more)

    def at_gateway(self, **more: Any) -> Session:
        """A session whose donor has confirmed."""
        session = self.submit(**more)
        self.confirm(self.link(session))
        return self.see(session)

    def settle(self, **by: float) -> None:
        """Time passes; the sandbox says what it has to say, by its webhook, and it is applied."""
        if by:
            clock.advance(timedelta(**by))
        with heard():
            for _ in range(20):
                more = sandbox.sandbox_due(clock.now())
                more = events_apply(now=clock.now()) or more
                if not more:
                    return

    def due(self, **by: float) -> None:
        """Time passes, and what it makes due is done."""
        if by:
            clock.advance(timedelta(**by))
        actions.sessions_due(now=clock.now())
        actions.sessions_ask(now=clock.now())

    # --- seeing -------------------------------------------------------------------------------

    def see(self, session: Session) -> Session:
        return Session.objects.get(id=session.id)

    def stands(self, session: Session) -> tuple[str, str]:
        row = self.see(session)
        return row.status, row.phase

    def lead(self, session: Session) -> Lead:
        return Lead.objects.get(id=session.lead_id)

    def texts(self) -> list[str]:
        return list(Message.objects.order_by("id").values_list("text", flat=True))

    def links(self, session: Session) -> list[ApprovalLink]:
        return list(ApprovalLink.objects.filter(session=session).order_by("created_at", "id"))

    def log(self, session: Session) -> list[str]:
        """The session's own log."""
        rows = AuditPending.objects.filter(subject_id=session.id).order_by("id").values_list("action", flat=True)
        return [one.removeprefix("onboarding.session.") for one in rows]

    def told(self, subject: UUID, *, steps: bool = False) -> list[str]:
        """The types of the events of one thing, in their order; `steps`: also those within a session's status."""
        found = list(EventOut.objects.filter(subject_id=subject).order_by("subject_no").values_list("type", flat=True))
        return [one for one in found if steps or one != "onboarding.session.advanced"]

    def timeline(self, session: Session) -> list[str]:
        rows = TimelineItem.objects.filter(lead=session.lead_id, kind="session").order_by("id")
        return list(rows.values_list("key", flat=True))


@contextmanager
def heard() -> Iterator[None]:
    """What the sandbox says goes to our own webhook, without a server."""

    def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
        return (
            Client().post(urlsplit(url).path, body, content_type="application/json", headers=dict(headers)).status_code
        )

    with sandbox.posting_by(post):
        yield
