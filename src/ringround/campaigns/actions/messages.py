"""Messages to a lead: by a hand, by another program, and by journeys many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.campaigns.actions.store import Writer
from ringround.campaigns.models import Lead
from ringround.campaigns.queries.access import require_lead
from ringround.campaigns.queries.message_parties import Party, agent_names, parties, values_of
from ringround.campaigns.queries.plan import AGENTS
from ringround.campaigns.queries.plan_facts import plan_load
from ringround.campaigns.queries.rows import facts
from ringround.campaigns.rules.lead import OPEN, LeadFacts
from ringround.contacts import queries as contacts
from ringround.infra import audit, clock, sql
from ringround.infra.unit import action
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.kernel.text import clean
from ringround.messaging import actions as messaging
from ringround.messaging import queries as messages
from ringround.messaging.actions import Order, Queued
from ringround.messaging.queries import Message
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows, require

CHANNELS = ("sms", "email")
# As many parts as a telephone puts together without fail; and a letter that somebody will read.
LONGEST_SMS, LONGEST_EMAIL, LONGEST_SUBJECT = 1530, 50_000, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadMessage:
    """One message to a lead: a template, or words of one's own. `key`: stable, so that a repeat is recognised."""

    key: str
    lead_id: UUID
    channel: str
    template_id: UUID | None = None
    subject: str = ""
    text: str = ""
    by: UUID | None = None
    cause: Mapping[str, Any] | None = None
    not_before: datetime | None = None
    # {"from": "21:00", "to": "08:00"}: not then, where the contact is, beside the organisation's own hours.
    quiet: Mapping[str, str] | None = None


@action
def message_send(
    *,
    actor: Actor,
    lead_id: UUID,
    channel: str,
    template_id: UUID | None = None,
    text: str | None = None,
    subject: str | None = None,
    key: str | None = None,
    cause: Mapping[str, Any] | None = None,
) -> Queued:
    """Send a lead an SMS or an e-mail; Invalid with every fault. An agent sends to whom they have to do with: the lead
    in hand, or a callback of their own."""
    lead = require_lead(actor=actor, lead_id=lead_id)
    require(actor, "campaigns.messages.send")
    check_holding(actor, lead)
    words, title = _check(actor, lead, channel, template_id, text, subject)
    order = LeadMessage(
        key=key or f"hand:{new_id()}", lead_id=lead.id, channel=channel, template_id=template_id, subject=title,
        text=words, by=actor.user_id, cause=cause,
    )  # fmt: skip
    (queued,) = _queue([order], {lead.id: lead}, clock.now())
    if queued is None:
        raise NotFound("contact")
    if not queued.existed:
        audit.write(
            actor=actor, action="campaigns.lead.messaged", org_id=lead.merchant_id, subject_type="lead",
            subject_id=lead.id, data={"message": str(queued.message_id), "channel": channel},
        )  # fmt: skip
    return queued


@action
def messages_send(*, orders: Sequence[LeadMessage], now: datetime) -> list[Queued | None]:
    """Many at once, for journeys; what became of each, in their order. None where the lead or its contact is gone."""
    rows = sql.rows("campaigns", "leads_read", leads=list({order.lead_id for order in orders}))
    leads = {row["id"]: facts(row) for row in rows}
    return _queue(orders, leads, now, ask=True)


def check_holding(actor: Actor, lead: Lead) -> None:
    """An agent writes to nobody they have nothing to do with: 409 `not_held`."""
    if actor.role not in AGENTS or lead.owner_id == actor.user_id:
        return
    held = lead.reserved_by_id == actor.user_id and lead.reserved_until and lead.reserved_until > clock.now()
    if not held:
        raise Conflict("not_held", _("You write to the contact you have in hand, or to a callback of your own."))


@action
def message_take(*, message_id: UUID, org_id: UUID, stop: bool) -> None:
    """A message that came in: it is of the lead that was written to last, else of the newest open lead with that
    number, and whoever has that lead in hand is told."""
    message = messages.message_in(org_id=org_id, message_id=message_id)
    if message is None:
        return
    lead = _answering(message)
    if lead is None:
        return
    row = sql.row("campaigns", "lead_lock", lead=lead.id)
    if row is None:
        return
    now = clock.now()
    plan = plan_load(campaign_id=row["campaign_id"], user_id=None)
    writer = Writer(plan, now, orgs.system_actor(organisation_id=lead.merchant_id))
    facts = writer.open(row)
    held = facts.reserved_by_id is not None and facts.reserved_until is not None and facts.reserved_until > now
    agent = {"agent": str(facts.reserved_by_id)} if held else {}
    writer.event(
        facts, "campaigns.lead.message_received", message=str(message.id), channel=message.channel, stop=stop, **agent
    )
    writer.flush()


def _answering(message: Message) -> Lead | None:
    """Whose it is. Twice is no fault: what has been given to a lead stays with it."""
    if message.lead_id is not None:
        return Lead.objects.filter(id=message.lead_id, merchant=message.organisation_id).first()
    ids = contacts.contact_ids_with_number(org_id=message.organisation_id, number=message.to)
    found = Lead.objects.filter(merchant=message.organisation_id, contact__in=ids).select_related("campaign")
    lead = found.filter(status__in=OPEN).order_by("-id").first() or found.order_by("-id").first()
    if lead is not None:
        messaging.message_belongs(
            message_id=message.id, contact_id=lead.contact_id, lead_id=lead.id, campaign_id=lead.campaign_id,
            agency_id=lead.campaign.agency_id,
        )  # fmt: skip
    return lead


# --- inside -------------------------------------------------------------------------------------


def _check(
    actor: Actor, lead: Lead, channel: str, template_id: UUID | None, text: str | None, subject: str | None
) -> tuple[str, str]:
    """The words and the subject, where they are one's own."""
    if channel not in CHANNELS:
        raise Invalid.one("channel", "not_an_option", _("An SMS or an e-mail."))
    if template_id is not None:
        if text or subject:
            raise Invalid.one("text", "template_or_text", _("Choose a template, or write a text of your own."))
        campaign = lead.campaign
        found = messages.template_find(org_ids=[campaign.merchant_id, campaign.agency_id], template_id=template_id)
        if found is None or found.channel != channel:
            raise Invalid.one("template", "unknown_template", _("There is no such template for this."))
        return "", ""
    faults: list[Fault] = []
    words, title = clean(text or "", lines=True), clean(subject or "")
    most = LONGEST_SMS if channel == "sms" else LONGEST_EMAIL
    if not words:
        faults.append(Fault(("text",), "required", _("Choose a template, or write a text of your own.")))
    elif len(words) > most:
        faults.append(Fault(("text",), "too_long", _("At most %(limit)s characters.") % {"limit": most}))
    if channel == "email" and not title:
        faults.append(Fault(("subject",), "required", _("An e-mail has a subject.")))
    elif len(title) > LONGEST_SUBJECT:
        faults.append(Fault(("subject",), "too_long", _("At most %(limit)s characters.") % {"limit": LONGEST_SUBJECT}))
    if faults:
        raise Invalid(faults)
    if not allows(actor, "campaigns.messages.own_text"):
        raise Invalid.one("text", "template_only", _("Choose a template: you do not send texts of your own."))
    return words, title if channel == "email" else ""


def _queue(
    orders: Sequence[LeadMessage], leads: Mapping[UUID, Lead | LeadFacts], now: datetime, *, ask: bool = False
) -> list[Queued | None]:
    found = parties(leads=list(leads.values()))
    names = agent_names({one.by for one in orders} | {one.last_contacted_by_id for one in leads.values()})
    known = [one for one in orders if one.lead_id in found]
    done = {
        one.key: one
        for one in messaging.messages_queue(
            orders=[_order(one, found[one.lead_id], names) for one in known], now=now, ask=ask
        )
    }
    return [done.get(one.key) for one in orders]


def _order(one: LeadMessage, party: Party, names: Mapping[UUID, str]) -> Order:
    lead = party.lead
    who = one.by or lead.last_contacted_by_id
    return Order(
        key=one.key, org_id=lead.merchant_id, channel=one.channel, to=party.to(one.channel),
        contact_id=lead.contact_id, lead_id=lead.id, campaign_id=lead.campaign_id,
        agency_id=party.campaign.agency_id, template_id=one.template_id,
        language=party.language, subject=one.subject, text=one.text,
        values=values_of(party, agent=names.get(who) if who else None, language=party.language),
        by=one.by, cause=one.cause, not_before=one.not_before, quiet=one.quiet,
    )  # fmt: skip
