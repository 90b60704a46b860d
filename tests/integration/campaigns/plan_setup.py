"""What the plan's tests stand on: a campaign that is ready to be approved, and contacts to call."""

from __future__ import annotations

from uuid import UUID

from django.test import Client

from ringround.campaigns import actions
from ringround.campaigns.models import Campaign, Lead
from ringround.contacts import actions as contacts
from ringround.contacts.models import ContactList
from ringround.orgs.actor import Actor
from tests.factories import Staff

COLUMNS = [
    {"name": "name", "type": "text", "role": "name"},
    {"name": "mobile", "type": "phone"},
    {"name": "agent", "type": "text"},
]


def contact_list(staff: Staff, people: int = 0, name: str = "Givere", agents: tuple[str, ...] = ()) -> ContactList:
    """A list with so many contacts; the column `agent` names `agents` in turn."""
    made = contacts.contact_list_create(actor=staff.manager, name=name, columns=COLUMNS, region="DK")
    for number in range(people):
        fields = {"name": f"Person {number}", "mobile": f"{28123456 + number * 7}"}
        if agents:
            fields["agent"] = agents[number % len(agents)]
        contacts.contact_create(actor=staff.manager, list_id=made.id, fields=fields)
    return made


def campaign(staff: Staff, *, name: str = "Efterår", people: int = 0, **fields: object) -> Campaign:
    """Unapproved, with its leads already placed."""
    lists = [contact_list(staff, people, name=f"{name}: liste").id] if people else []
    made = actions.campaign_create(
        actor=staff.manager, fields={"name": name, "mode": "manual", "lists": [str(one) for one in lists], **fields}
    )
    for list_id in lists:
        actions.list_attach_run(campaign_id=made.id, list_id=list_id)
    return made


def ready(staff: Staff, **more: object) -> Campaign:
    """One that can be approved: it has leads and agents."""
    made = campaign(staff, people=int(more.pop("people", 2)), **more)
    actions.agents_put(actor=staff.manager, campaign_id=made.id, users=[staff.senior.user_id, staff.junior.user_id])
    return made


def running(staff: Staff, **more: object) -> Campaign:
    made = ready(staff, **more)
    actions.campaign_approve(actor=staff.manager, campaign_id=made.id)
    return actions.campaign_start(actor=staff.manager, campaign_id=made.id)


def leads_of(campaign_id: UUID) -> list[Lead]:
    return list(Lead.objects.filter(campaign=campaign_id).order_by("position"))


def browser(actor: Actor) -> Client:
    """A browser that has signed in."""
    client = Client()
    assert actor.user is not None
    client.force_login(actor.user)
    return client
