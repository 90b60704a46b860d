"""Trying a transport out: whether it answers, and a message by it at once, past the outbox."""

from __future__ import annotations

from uuid import UUID

from ringround.contacts import queries as contacts
from ringround.infra import audit
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.kernel.messages import N_
from ringround.messaging.models import Transport
from ringround.messaging.rules.compose import address
from ringround.messaging.transports import DRAWERS
from ringround.messaging.transports.port import Letter, Outcome, Way
from ringround.messaging.ways import way_of
from ringround.orgs import permissions
from ringround.orgs.actor import Actor


def transport_check(*, actor: Actor, transport_id: UUID) -> str:
    """Ask the provider whether it is there and knows us; empty when it does, else what is wrong. Nothing is sent."""
    transport, way = _way(actor, transport_id)
    return DRAWERS[transport.kind].look(way)


def transport_try(*, actor: Actor, transport_id: UUID, to: str, subject: str, text: str) -> Outcome:
    """Send one message to an address of one's own by this very transport, and hear what the provider says of it."""
    transport, way = _way(actor, transport_id)
    if transport.kind == "smpp":
        # A bind of its own would take what people answer away from the courier's.
        raise Conflict("not_here", N_("This kind is tried by sending a template a test."))
    found, fault = address(transport.channel, to)
    if fault:
        raise Invalid.one("to", fault, N_("This is no number or address for this channel."))
    sms = transport.channel == "sms"
    barred = contacts.suppression_check(actor=actor, phone=found if sms else "", email="" if sms else found)
    if barred:
        raise Invalid.one("to", "suppressed", N_("It is on a suppression list."))
    letter = Letter(
        id=new_id(), channel=transport.channel, to=found, sender=transport.sender, text=text, subject=subject, html="",
        unsubscribe_url="",
    )  # fmt: skip
    outcome = DRAWERS[transport.kind].carry(way, letter)
    audit.write(
        actor=actor, action="messaging.transport.tried", org_id=transport.organisation_id, subject_type="transport",
        subject_id=transport.id, data={"outcome": outcome.kind},
    )  # fmt: skip
    return outcome


def _way(actor: Actor, transport_id: UUID) -> tuple[Transport, Way]:
    transport = Transport.objects.filter(organisation=actor.org_id, id=transport_id).first()
    if transport is None:
        raise NotFound("transport")
    permissions.require(actor, "messaging.transports.change")
    way = way_of(transport)
    if way is None:
        raise Conflict("secrets_lost", N_("Its secrets cannot be read any more: write them anew."))
    return transport, way
