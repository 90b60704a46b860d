"""What lower rooms ask of upper ones, answered: a list asks which campaigns there are, a contact
whether it may go, a call whom it was made to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from ringround.campaigns import queries as campaigns
from ringround.campaigns.actions import leads_retract
from ringround.campaigns.queries.contact import contact_is_lead
from ringround.campaigns.queries.uses import leads_of_calls
from ringround.dialer import actions as dialing
from ringround.dialer import queries as dialer
from ringround.kernel.messages import Message
from ringround.messaging.ports import Above, Sample
from ringround.onboarding import queries as onboarding
from ringround.onboarding.queries.pending import contact_held, contact_signed
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows
from ringround.telephony.models import Call
from ringround.telephony.whom import Whom


def campaigns_of(actor: Actor) -> Sequence[tuple[UUID, str]]:
    """For `contacts.ports`: id and name of the campaigns of the actor's own organisation, by name.

    Without those of merchants that an agency works for: contacts and what bars them stay with their merchant.
    """
    own = campaigns.visible_campaigns(actor).filter(merchant_id=actor.org_id, state__in=campaigns.ALIVE)
    return list(own.order_by("name", "id").values_list("id", "name"))


def joined(campaign_id: UUID, user_ids: Iterable[UUID]) -> set[UUID]:
    """For `campaigns.ports`: which of these users work on a campaign now."""
    return dialer.joined(campaign_id=campaign_id, user_ids=user_ids)


def workflows_of(merchant_id: UUID) -> Sequence[tuple[UUID, str]]:
    """For `campaigns.ports`: what a campaign of the merchant may have as its workflow."""
    return onboarding.workflow_names(merchant_id=merchant_id)


def pending_of(lead_ids: Iterable[UUID]) -> set[UUID]:
    """For `campaigns.ports`: leads that wait for a session of theirs."""
    return onboarding.pending_leads(lead_ids=lead_ids)


def working(actor: Actor) -> Callable[[int], None]:
    """For `onboarding.ports`: the agent is about to be done with the contact in hand."""
    return dialing.presence_working(actor=actor)


def is_a_lead(contact_id: UUID) -> bool:
    """For `contacts.ports`: whether a contact is or was on a campaign."""
    return contact_is_lead(contact_id=contact_id)


def has_signed(contact_id: UUID) -> bool:
    """For `contacts.ports`: whether a contact has or had a session or an agreement."""
    return contact_signed(contact_id=contact_id)


def held(contact_id: UUID) -> Message | None:
    """For `contacts.ports`: what is to end before a person is erased."""
    return contact_held(contact_id=contact_id)


def retract(contact_ids: Sequence[UUID], since: datetime, going: bool) -> set[UUID]:
    """For `contacts.ports`: contacts that campaigns have worked on since; of those that go, the other leads go too."""
    return leads_retract(contact_ids=contact_ids, since=since, remove=going)


def whom_calls_were_to(actor: Actor, calls: Sequence[Call]) -> dict[UUID, Whom]:
    """For `telephony.whom`: contact and campaign of each call, as far as the actor may see them."""
    if not allows(actor, "campaigns.view"):
        return {}
    leads = leads_of_calls(actor=actor, calls=[(one.id, one.agent_id) for one in calls])
    contacts = campaigns.contacts_of(leads.values())
    overview = allows(actor, "campaigns.overview")
    return {
        call: Whom(
            name=contacts[lead.contact_id].name or "–",
            url=reverse("campaigns:lead", args=[lead.id]),
            campaign=lead.campaign.name,
            campaign_url=reverse("campaigns:detail", args=[lead.campaign_id]) if overview else "",
        )
        for call, lead in leads.items()
    }


def sample_of(actor: Actor, campaign_id: UUID, language: str) -> Sample | None:
    """For `messaging.ports`: somebody of a campaign to try a text on."""
    found = campaigns.message_sample(actor=actor, campaign_id=campaign_id, language=language)
    if found is None:
        return None
    lead, party, values = found
    return Sample(party.contact.name or "–", reverse("campaigns:lead", args=[lead.id]), values)


def leads_of_messages(actor: Actor, lead_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """For `messaging.ports`: whom messages were to, as far as the actor may see it."""
    if not lead_ids or not allows(actor, "campaigns.view"):
        return {}
    names = campaigns.leads_of_messages(actor=actor, lead_ids=lead_ids)
    return {lead: (name or "–", reverse("campaigns:lead", args=[lead])) for lead, name in names.items()}


MESSAGES = Above(
    campaigns=lambda actor: campaigns.message_campaigns(actor=actor),
    sample=sample_of,
    fields=lambda actor: campaigns.message_fields(actor=actor),
    leads=leads_of_messages,
)
