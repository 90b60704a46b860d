"""A campaign, its leads, and journeys on the real engine; time stands still until the test moves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.campaigns import actions as campaigns
from ringround.campaigns.models import Campaign, Lead
from ringround.config.wiring import make_relay
from ringround.contacts.models import Contact
from ringround.infra import clock
from ringround.infra.events import record
from ringround.infra.models import Event
from ringround.infra.relay.loop import Relay
from ringround.journeys import actions
from ringround.journeys.models import Journey, Run, RunEnd, Timer, Version
from ringround.journeys.rules.templates import fill
from ringround.kernel.errors import Invalid
from ringround.kernel.ids import new_id
from ringround.messaging import actions as messaging
from ringround.messaging.models import Message
from ringround.onboarding.events import OF_STATUS
from tests.integration.campaigns.rig import Rig, rig

MONTHS3 = {"n": 3, "unit": "months"}


def node(id: str, type: str, next: str | Mapping[str, str] | None = None, **params: Any) -> dict[str, Any]:
    """A node of a document; `next` alone is where its usual arrow leads."""
    out = {"wait_event": "happened", "wait_until": "met", "gate": "yes"}.get(type, "next")
    onward = {out: next} if isinstance(next, str) else dict(next or {})
    return {"id": id, "type": type, "params": params, "next": onward}


@dataclass
class Stage:
    """Writes journeys, lets things happen, and looks at what came of it."""

    rig: Rig
    campaign: Campaign
    _relay: Relay

    def document(
        self, *nodes: dict[str, Any], trigger: str = "status_changed", entry: Any = None, name: str = "Again",
        campaigns: list[UUID] | None = None, params: Mapping[str, Any] | None = None, **settings: Any,
    ) -> dict[str, Any]:  # fmt: skip
        given = {"to": ["not_interested"]} if trigger == "status_changed" and params is None else dict(params or {})
        return {
            "name": name,
            "scope": {"campaigns": [str(one) for one in campaigns or [self.campaign.id]]},
            "trigger": {"type": trigger, "params": given},
            "entry": entry,
            "settings": settings,
            "nodes": list(nodes),
            "start": nodes[0]["id"] if nodes else None,
        }

    def publish(self, document: dict[str, Any]) -> Journey:
        """Written and published; what is wrong with it is said in full."""
        manager = self.rig.staff.manager
        made = actions.journey_create(actor=manager, name=document["name"], document=document)
        try:
            actions.journey_publish(actor=manager, journey_id=made.id)
        except Invalid as wrong:
            raise AssertionError([(one.loc, one.code, str(one.detail)) for one in wrong.errors]) from None
        made.refresh_from_db()
        return made

    def use(self, key: str, **params: Any) -> Journey:
        """A journey of one of the ten templates."""
        given = {"campaign": str(self.campaign.id), **params}
        return self.publish(fill(key, given, name=key))

    def template(self, channel: str) -> UUID:
        """A message template of the charity's, and a sandbox that takes what is sent."""
        actor = self.rig.staff.owner
        sender = "Hj <hej@example.org>" if channel == "email" else "Charity"
        messaging.transport_create(actor=actor, name=f"Box {channel}", kind="sandbox", channel=channel, sender=sender)
        texts = {"da": {"text": "Vi ringer igen", "subject": "Hej"}} if channel == "email" else {"da": {"text": "Hej"}}
        made = messaging.template_create(actor=actor, name=f"To {channel}", channel=channel, language="da", texts=texts)
        return made.id

    def with_email(self) -> UUID:
        """A contact of the campaign's that mails reach."""
        one = self.rig.contact(self.campaign)
        Contact.objects.filter(id=one).update(email="kunde@example.org")
        return one

    def messages(self, lead: UUID) -> list[Message]:
        return list(Message.objects.filter(lead_id=lead).order_by("at", "id"))

    def opened(self, lead: UUID, *, machine: bool = False) -> None:
        """The lead's last message is opened."""
        messaging.message_opened(message_id=self.messages(lead)[-1].id, machine=machine, now=clock.now())
        self.settle()

    def again(self, journey: Journey, document: dict[str, Any], **how: Any) -> Version:
        """The next version of a journey."""
        actions.draft_save(actor=self.rig.staff.manager, journey_id=journey.id, document=document)
        return actions.journey_publish(actor=self.rig.staff.manager, journey_id=journey.id, **how)

    def settle(self) -> None:
        """Everything that waits is done: events, reactions, due leads, the engine."""
        while True:
            self._relay.drain()
            # The last round's ticks may have left events behind.
            if not self._relay.step(ticks=False):
                return

    def later(self, **by: float) -> datetime:
        """Time goes on, and what is due by then is done in its order."""
        return self.until(clock.now() + timedelta(**by))

    def until(self, at: datetime) -> datetime:
        """On to `at`, from one due moment to the next."""
        while True:
            self.settle()
            due = Timer.objects.order_by("due").values_list("due", flat=True).first()
            now = clock.now()
            if due is None or due > at:
                break
            clock.advance(max(due - now, timedelta(0)))
        clock.advance(at - clock.now())
        self.settle()
        return clock.now()

    def lead(self, **facts: Any) -> UUID:
        return self.rig.lead(self.campaign, **facts)

    def say(self, lead: UUID, kind: str, **more: Any) -> None:
        """The senior agent gets this lead, calls it and says what happened."""
        campaigns.lead_change(
            actor=self.rig.staff.supervisor, lead_id=lead, reservation={"by": self.rig.staff.senior.user_id}
        )
        self.rig.say(self.rig.staff.senior, lead, kind, **more)

    def close(self, lead: UUID, status: str = "not_interested") -> None:
        """By a supervisor's hand."""
        campaigns.lead_change(actor=self.rig.staff.supervisor, lead_id=lead, status=status)

    def session_told(self, lead: UUID, status: str = "Complete", **more: Any) -> None:
        """The room that signs people up tells of a session of this lead."""
        one = self.rig.see(lead)
        with transaction.atomic():
            tell_session(one, status, **more)

    def agreement_told(self, contact: UUID | None, what: str, merchant: UUID | None = None, **more: Any) -> None:
        """It tells of a contact's agreement, or of a charge of it: `subscription.held`."""
        with transaction.atomic():
            tell_agreement(contact, what, merchant or self.campaign.merchant_id, **more)

    # --- seeing -------------------------------------------------------------------------------

    def runs(self, lead: UUID) -> list[Run]:
        return list(Run.objects.filter(lead_id=lead).order_by("id"))

    def ends(self, lead: UUID) -> list[str]:
        """Why the lead's runs ended, in their order."""
        return list(RunEnd.objects.filter(lead_id=lead).order_by("id").values_list("how", flat=True))

    def due(self) -> list[datetime]:
        return sorted(Timer.objects.values_list("due", flat=True))

    def events(self, kind: str) -> list[Event]:
        return list(Event.objects.filter(type=kind).order_by("seq"))


def tell_session(lead: Lead, status: str = "Complete", **more: Any) -> None:
    """An event of a session as it is recorded; `more` of its data."""
    data = {
        "campaign": str(lead.campaign_id), "lead": str(lead.id), "contact": str(lead.contact_id),
        "external_lead_id": str(lead.id), "workflow": str(new_id()), "workflow_version": 1, "intention": "signup",
        "action": "sign_up", "payment_type": "recurring", "service_type": "SignUpRecurring", "subscription": None,
        "agent": None, "status": status,
    }  # fmt: skip
    last = {"Complete": {"late": False}, "New": {}, "Processing": {}}.get(status, {"reason": "declined"})
    record(
        org_id=lead.merchant_id, type=OF_STATUS[status], subject_type="session", subject_id=new_id(), subject_no=1,
        data={**data, **last, **more},
    )  # fmt: skip


_MORE: dict[str, dict[str, Any]] = {
    "subscription.changed": {"fields": ["amount"]}, "subscription.held": {"until": None},
    "subscription.ended": {"reason": "cancelled"}, "charge.failed": {"reason": "declined", "retry_on": None},
    "charge.refunded": {"refunded": 5000},
}  # fmt: skip


def tell_agreement(contact: UUID | None, what: str, merchant: UUID, **more: Any) -> None:
    """An event of a contact's agreement as it is recorded; `more` of its data."""
    subject = what.partition(".")[0]
    data: dict[str, Any] = {"contact": str(contact) if contact else None, "agreement": str(new_id())}
    if subject == "charge":
        data |= {
            "subscription": str(new_id()),
            "amount": 10000,
            "currency": "DKK",
            "due_on": "2026-03-02",
            "attempt": 1,
        }
    else:
        data |= {"campaign": None, "session": None, "version": 2, "state": "active"}
    record(
        org_id=merchant, type=f"onboarding.{what}", subject_type=subject, subject_id=new_id(), subject_no=1,
        data={**data, **_MORE.get(what, {}), **more},
    )  # fmt: skip


def stage() -> Stage:
    made = rig()
    return Stage(made, made.campaign(), make_relay())
