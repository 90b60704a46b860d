"""What an agent does, each in one transaction over the lead and the agent's presence.

The agent's presence row is locked first, so that two tabs, two clicks and a repeated request follow each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.campaigns import actions as campaigns
from ringround.campaigns import queries as leads
from ringround.campaigns.actions import CallStarted, Handout, NoLead, Saved
from ringround.contacts import actions as contacts
from ringround.dialer import actions as dialer
from ringround.dialer.actions import AgentRow, InHand
from ringround.infra.unit import action
from ringround.kernel.errors import Conflict, NotFound
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require


@action
def next_lead(*, actor: Actor) -> Handout | NoLead:
    """*Get customer*: the next lead, or the one that is held already, or why there is none."""
    require(actor, "desk.console")
    presence = dialer.require_joined(actor=actor, working=True, staying=True)
    assert presence.campaign_id is not None
    try:
        found = campaigns.lead_next(actor=actor, campaign_id=presence.campaign_id)
    except NotFound:
        raise Conflict("not_joined", _("You are not on this campaign any more.")) from None
    # What was held already may be in a call.
    held = isinstance(found, Handout) and found.rule == "held"
    hand = None if held else InHand(holding=isinstance(found, Handout))
    dialer.presence_settle(actor=actor, presence=presence, hand=hand)
    return found


@action
def skip(*, actor: Actor, reason: str = "", lead_id: UUID | None = None) -> None:
    """Pass the held lead on untouched, where the campaign lets one."""
    presence = dialer.require_joined(actor=actor)
    campaigns.lead_skip(actor=actor, lead_id=_held(actor, lead_id), reason=reason)
    dialer.presence_settle(actor=actor, presence=presence, hand=InHand())


@action
def call(*, actor: Actor, lead_id: UUID, number: str | None = None) -> CallStarted:
    """Call a number of the held lead. On a campaign that is paused nothing new is begun."""
    presence = dialer.require_joined(actor=actor, working=True)
    started = campaigns.call_start(actor=actor, lead_id=lead_id, number=number)
    hand = InHand(holding=True, in_call=True, answers_known=started.dial is None)
    dialer.presence_settle(actor=actor, presence=presence, hand=hand)
    return started


@action
def callback_take(*, actor: Actor, lead_id: UUID) -> None:
    """Call a callback of one's own now, ahead of its time: it comes in hand like any lead."""
    require(actor, "desk.console")
    presence = dialer.require_joined(actor=actor, working=True)
    if leads.lead_get(actor=actor, lead_id=lead_id).campaign_id != presence.campaign_id:
        raise Conflict("not_joined", _("This contact is on another campaign. Run that one first."))
    campaigns.callback_take(actor=actor, lead_id=lead_id)
    dialer.presence_settle(actor=actor, presence=presence)


@action
def hang_up(*, actor: Actor, lead_id: UUID | None = None) -> tuple[AgentRow, UUID]:
    """The telephone is put down (None: on whichever lead is held); what happened is said with the disposition.

    The agent's row, and the lead's id.
    """
    presence = dialer.require_joined(actor=actor)
    held = campaigns.call_hangup(actor=actor, lead_id=lead_id)
    return dialer.presence_settle(actor=actor, presence=presence, hand=InHand(holding=True)), held


@action
def disposition(
    *,
    actor: Actor,
    lead_id: UUID,
    disposition: str,
    outcome: str | None = None,
    number: str | None = None,
    answers: Mapping[str, Any] | None = None,
    note: str = "",
    callback: Mapping[str, Any] | None = None,
) -> Saved:
    """Say what happened with the held lead; allowed on a break and on a paused campaign too: nothing is lost."""
    require(actor, "desk.console")
    locked = dialer.presence_lock_soon(actor=actor)
    saved = campaigns.disposition_save(
        actor=actor,
        lead_id=lead_id,
        disposition=disposition,
        outcome=outcome,
        number=number,
        answers=answers,
        note=note,
        callback=callback,
    )
    presence = locked()
    if presence.campaign_id is not None:
        # Where contacts come by themselves there is a moment to finish; who asks for the next needs no timer.
        wrap_up_s = 0
        if presence.mode != "manual":
            wrap_up_s = saved.wrap_up_s
        dialer.presence_wrap(actor=actor, presence=presence, wrap_up_s=wrap_up_s, hand=InHand())
    return saved


@action
def contact_edit(*, actor: Actor, lead_id: UUID, fields: Mapping[str, Any]) -> None:
    """Correct a contact of the held lead, in the columns that agents may edit."""
    require(actor, "desk.console")
    lead = leads.lead_get(actor=actor, lead_id=_held(actor, lead_id))
    contacts.contact_change_for_lead(actor=actor, contact_id=lead.contact_id, fields=fields)


@action
def message_send(
    *, actor: Actor, lead_id: UUID, channel: str, template_id: UUID | None, text: str | None, subject: str | None
) -> UUID:
    """Write to the contact in hand, or to a callback of one's own; the id of the message."""
    require(actor, "desk.console")
    queued = campaigns.message_send(
        actor=actor, lead_id=lead_id, channel=channel, template_id=template_id, text=text, subject=subject
    )
    return queued.message_id


@action
def site_send(*, actor: Actor, lead_id: UUID) -> None:
    """The button of an external site that is told from here."""
    require(actor, "desk.console")
    if not campaigns.site_press(actor=actor, lead_id=lead_id):
        raise Conflict("no_external_site", _("This campaign has no external site to open."))


def _held(actor: Actor, lead_id: UUID | None) -> UUID:
    """The id of the lead that the actor holds; 409 `not_held` when none is, or it is another than the one named."""
    held = leads.lead_held(actor=actor)
    if held is None or (lead_id is not None and held.id != lead_id):
        raise Conflict(
            "not_held", _("This contact is not yours at the moment. It may have gone back when its time ran out.")
        )
    return held.id


# --- external systems ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meant:
    """Who and what a system has named by its own ids."""

    agent: Actor
    campaign_id: UUID
    lead_id: UUID
    number: str | None


def _meant(
    actor: Actor,
    system: str,
    external_campaign_id: str,
    agent: str,
    lead: UUID | None,
    external_lead_id: str | None,
    phone: str | None,
) -> Meant:
    calling = leads.system_calling(actor=actor, ref=system)
    campaign = leads.campaign_meant(system=calling, external_campaign_id=external_campaign_id)
    person = leads.agent_meant(system=calling, campaign=campaign, agent=agent)
    lead_id, number = leads.lead_meant(campaign=campaign, lead=lead, external_lead_id=external_lead_id, phone=phone)
    # By token: an agent whose console is another program has no console here that could fall silent.
    return Meant(replace(person, via="token"), campaign.id, lead_id, number)


@action
def external_call(
    *,
    actor: Actor,
    system: str,
    external_campaign_id: str,
    agent: str,
    lead: UUID | None = None,
    external_lead_id: str | None = None,
    phone: str | None = None,
) -> tuple[UUID, CallStarted]:
    """Click-to-call: the agent joins the campaign if they have not, until the contact is done; holds the lead and calls
    it. The lead's id too."""
    meant = _meant(actor, system, external_campaign_id, agent, lead, external_lead_id, phone)
    dialer.presence_join(actor=meant.agent, campaign_id=meant.campaign_id, visiting=True)
    presence = dialer.require_joined(actor=meant.agent, working=True)
    campaigns.lead_take(actor=meant.agent, lead_id=meant.lead_id, to_call=True)
    started = campaigns.call_start(actor=meant.agent, lead_id=meant.lead_id, number=meant.number)
    hand = InHand(holding=True, in_call=True, answers_known=started.dial is None)
    dialer.presence_settle(actor=meant.agent, presence=presence, hand=hand)
    return meant.lead_id, started


@action
def external_disposition(
    *,
    actor: Actor,
    system: str,
    external_campaign_id: str,
    agent: str,
    lead: UUID | None,
    external_lead_id: str | None,
    disposition: str,
    outcome: str | None = None,
    number: str | None = None,
    answers: Mapping[str, Any] | None = None,
    note: str = "",
    callback: Mapping[str, Any] | None = None,
) -> tuple[Actor, Saved]:
    """What happened in a call that was made elsewhere or by click-to-call: the lead is taken and let go again in this
    transaction. The agent it is of, and the lead as it is."""
    meant = _meant(actor, system, external_campaign_id, agent, lead, external_lead_id, None)
    presence = dialer.presence_lock(actor=meant.agent)
    campaigns.lead_take(actor=meant.agent, lead_id=meant.lead_id, to_call=False)
    saved = campaigns.disposition_save(
        actor=meant.agent,
        lead_id=meant.lead_id,
        disposition=disposition,
        outcome=outcome,
        number=number,
        answers=answers,
        note=note,
        callback=callback,
    )
    if presence.campaign_id is not None:
        wrap_up_s = saved.wrap_up_s if presence.campaign_id == meant.campaign_id and presence.mode != "manual" else 0
        # They may have another contact in hand here: looked up, not told.
        dialer.presence_wrap(actor=meant.agent, presence=presence, wrap_up_s=wrap_up_s)
    return meant.agent, saved
