"""What this room does about events of lower rooms, and which screens its own events concern."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from ringround.campaigns.actions.erase import leads_erase
from ringround.campaigns.actions.leads import list_leads_add
from ringround.campaigns.actions.messages import message_take
from ringround.campaigns.actions.plan import agency_let_go, campaigns_pause_unlinked, people_drop
from ringround.campaigns.actions.refresh import leads_refresh
from ringround.campaigns.actions.sites import site_deliveries_end, sites_take_off
from ringround.campaigns.models import Campaign, Lead
from ringround.infra import clock
from ringround.infra.events import Event
from ringround.infra.relay.screens import Touch


def contacts_added(event: Event) -> None:
    """Contacts came onto a list: campaigns that follow it get them as leads, and those named with the import."""
    ids = [UUID(one) for one in event.data["contacts"]]
    named = [UUID(one) for one in event.data.get("campaigns", [])]
    following = Campaign.objects.filter(lists=event.subject_id, follow_lists=True).exclude(
        state__in=("completed", "archived")
    )
    for campaign_id in {*following.values_list("id", flat=True), *named}:
        if Campaign.objects.filter(id=campaign_id, merchant=event.org_id).exclude(state="archived").exists():
            list_leads_add(campaign_id=campaign_id, contact_ids=ids)


def contacts_changed(event: Event) -> None:
    """Numbers, suppression or data of contacts changed: their leads' gates are written again."""
    leads_refresh(contact_ids=[UUID(one) for one in event.data["contacts"]])


def contact_erased(event: Event) -> None:
    """A person is erased: what their leads say of them goes."""
    leads_erase(contact_ids=[UUID(one) for one in event.data["contacts"]])


def person_changed(event: Event) -> None:
    """A user was deactivated or has another role: who may not work a campaign any more is off it."""
    people_drop(organisation_id=event.org_id, user_id=event.subject_id)


def link_revoked(event: Event) -> None:
    """An agency lost its merchant: its agents give back what they hold of its leads, what ran is paused, and what its
    own sites were to be told is given up: it is no news any more, should the link be made anew."""
    if not event.data["agency"]:
        return  # a link that nobody had claimed
    merchant, agency = UUID(event.data["merchant"]), UUID(event.data["agency"])
    campaigns_pause_unlinked(merchant_id=merchant, agency_id=agency)
    agency_let_go(merchant_id=merchant, agency_id=agency)
    site_deliveries_end(merchant_id=merchant, agency_id=agency)


def handed_over(event: Event) -> None:
    """A managed merchant has an owner of its own: where its leads are told of is theirs to say."""
    sites_take_off(org_id=event.org_id)


def message_received(event: Event) -> None:
    """Somebody has written to a merchant: it is found whose lead they are, and told."""
    message_take(message_id=event.subject_id, org_id=event.org_id, stop=bool(event.data.get("stop")))


REACTIONS = {
    "contacts.list.contacts_added": contacts_added,
    "contacts.list.contacts_changed": contacts_changed,
    "contacts.contact.changed": contacts_changed,
    "contacts.contact.erased": contact_erased,
    "contacts.suppression.changed": contacts_changed,
    "orgs.user.deactivated": person_changed,
    "orgs.user.role_changed": person_changed,
    "orgs.agency_link.revoked": link_revoked,
    "orgs.organisation.handed_over": handed_over,
    "messaging.message.received": message_received,
}
# What somebody does with a mail, which whoever has them in hand sees at once.
_SEEN_AT_ONCE = ("messaging.message.opened", "messaging.message.clicked")


def topics(event: Event) -> Iterable[Touch]:
    """A campaign's boards, and the agents whose screens an event concerns."""
    if event.type in _SEEN_AT_ONCE and event.data.get("lead") and not event.data.get("machine"):
        yield from _holder(UUID(event.data["lead"]))
    if not event.type.startswith("campaigns."):
        return
    campaign = event.data.get("campaign") or (str(event.subject_id) if event.subject_type == "campaign" else None)
    for org in {event.org_id, event.also_org_id} - {None}:
        assert org is not None
        if campaign:
            yield Touch(org, f"campaign:{campaign}", str(event.subject_id))
        agent = event.data.get("agent") or event.data.get("owner")
        if agent:
            yield Touch(org, f"agent:{agent}", str(event.subject_id))


def _holder(lead_id: UUID) -> Iterable[Touch]:
    """The agent who has the lead in hand."""
    row = Lead.objects.filter(id=lead_id, reserved_until__gt=clock.now(), reserved_by__isnull=False)
    for merchant, agency, agent in row.values_list("merchant", "campaign__agency", "reserved_by"):
        for org in {merchant, agency}:
            yield Touch(org, f"agent:{agent}", str(lead_id))
