"""Leads with what came of them, as rows of a CSV: the same for the browser, the API and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from ringround.campaigns.models import Attempt, Callback, Campaign, Lead, TimelineItem
from ringround.campaigns.queries.dispositions import form_fields_of
from ringround.campaigns.queries.filters import LeadFilter
from ringround.campaigns.queries.leads import contacts_of, lead_list
from ringround.campaigns.queries.plan import campaign_get, campaign_names
from ringround.campaigns.rules.forms import FieldSpec
from ringround.contacts import queries as contacts
from ringround.contacts.queries import ContactFacts
from ringround.infra import audit
from ringround.kernel.calendar import find_zone
from ringround.kernel.columns import to_text
from ringround.kernel.text import csv_safe
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

PAGE = 500
HEAD = (
    "id", "external_lead_id", "campaign", "name", "status", "disposition", "outcome", "active", "attempts", "priority",
    "assigned_to", "owner", "next_contact_at", "last_contacted_at", "last_contacted_by", "snoozed_until", "expires_at",
    "created_at", "numbers",
)  # fmt: skip


@transaction.atomic
def leads_export(*, actor: Actor, filter: LeadFilter) -> Iterator[list[str]]:
    """Header and rows of the leads that the filter finds; a page at a time, so that it can be sent as it is read.

    Of one campaign also the answers of its form, by key, and its lists' columns as `contact.<column>`; national ids are
    left out and formulas made harmless. `disposition` and `outcome` are the last attempt's, times are UTC. Audited when
    it is asked for: who has the first row may have them all.
    """
    require(actor, "campaigns.leads.export")
    campaign = campaign_get(actor=actor, campaign_id=filter.campaign[0]) if len(filter.campaign) == 1 else None
    audit.write(
        actor=actor, action="campaigns.leads.exported", org_id=actor.org_id, subject_type="campaign",
        subject_id=campaign.id if campaign is not None else None,
    )  # fmt: skip
    return _rows(actor, filter, campaign)


def _rows(actor: Actor, filter: LeadFilter, campaign: Campaign | None) -> Iterator[list[str]]:
    questions: Sequence[FieldSpec] = form_fields_of(campaign_id=campaign.id) if campaign is not None else ()
    columns = _columns(campaign) if campaign is not None else []
    zone = find_zone(actor.organisation.timezone)
    yield [csv_safe(one) for one in (*HEAD, *(q.key for q in questions), *(f"contact.{name}" for name, _ in columns))]
    after: str | None = None
    while True:
        page = lead_list(actor=actor, filter=filter, size=PAGE, after=after)
        leads, people = page.items, contacts_of(page.items)
        campaigns = campaign_names(ids=(lead.campaign_id for lead in leads))
        users = orgs.user_names(
            user_ids=[one for lead in leads for one in (lead.assigned_to_id, lead.owner_id, lead.last_contacted_by_id)]
        )
        last = _last_attempts([lead.id for lead in leads])
        for lead in leads:
            contact = people.get(lead.contact_id)
            cells = [
                *_lead(lead, contact, campaigns, users, last.get(lead.id)),
                *(to_text(lead.result.get(one.key)) for one in questions),
                *(_contact(contact, name, kind, zone) for name, kind in columns),
            ]
            yield [csv_safe(cell) for cell in cells]
        after = page.next
        if after is None:
            return


NOTES_HEAD = ("lead", "external_lead_id", "kind", "at", "by", "text")


def notes_export(*, actor: Actor, campaign_id: UUID) -> Iterator[list[str]]:
    """Header and rows of what was written about a campaign's leads, with their callbacks' notes; part of an archive,
    which is audited as a whole."""
    require(actor, "campaigns.leads.export")
    campaign = campaign_get(actor=actor, campaign_id=campaign_id)
    return _notes(campaign)


def _notes(campaign: Campaign) -> Iterator[list[str]]:
    yield list(NOTES_HEAD)
    after: UUID | None = None
    while True:
        leads = Lead.objects.filter(campaign=campaign.id).order_by("id")
        page = list((leads.filter(id__gt=after) if after else leads).values_list("id", flat=True)[:PAGE])
        if not page:
            break
        after = page[-1]
        told = TimelineItem.objects.filter(lead__in=page).exclude(text="").order_by("lead", "at", "id")
        yield from _said(told.values_list("lead", "lead__external_lead_id", "kind", "at", "by", "text"))
    # By their time: what was booked is found by its lead only while it waits.
    booked = Callback.objects.filter(campaign=campaign.id).order_by("at", "id")
    last: tuple[datetime, UUID] | None = None
    while True:
        rows = booked
        if last is not None:
            rows = booked.filter(Q(at__gt=last[0]) | Q(at=last[0], id__gt=last[1]), at__gte=last[0])
        found = list(rows.select_related("lead")[:PAGE])
        if not found:
            return
        last = (found[-1].at, found[-1].id)
        yield from _said(
            (one.lead_id, one.lead.external_lead_id, "callback", one.created_at, one.created_by_id, one.note)
            for one in found
            if one.note
        )


def _said(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[str]]:
    rows = list(rows)
    users = orgs.user_names(user_ids=[row[4] for row in rows if row[4]])
    for lead_id, external_id, kind, at, by, text in rows:
        yield [csv_safe(one) for one in (str(lead_id), external_id or "", kind, _at(at), users.get(by, ""), text)]


def _columns(campaign: Campaign) -> list[tuple[str, str]]:
    """(name, type) of all columns of the campaign's lists, each name once, in the order of the lists."""
    lists = list(campaign.lists.order_by("id").values_list("id", flat=True))
    known = contacts.columns_for_leads(list_ids=lists)
    found: dict[str, str] = {}
    for list_id in lists:
        for column in known.get(list_id, ()):
            if column.role != "national_id":
                found.setdefault(column.name, column.type)
    return list(found.items())


def _last_attempts(lead_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """{lead: (disposition, outcome)} of the last try on each."""
    rows = Attempt.objects.filter(lead__in=lead_ids).order_by("lead", "-at", "-id").distinct("lead")
    return {one[0]: (one[1] or "", one[2]) for one in rows.values_list("lead", "disposition__name", "outcome")}


def _lead(
    lead: Lead,
    contact: ContactFacts | None,
    campaigns: dict[UUID, str],
    users: dict[UUID, str],
    last: tuple[str, str] | None,
) -> list[str]:
    def who(user_id: UUID | None) -> str:
        return users.get(user_id, "") if user_id is not None else ""

    disposition, outcome = last or ("", "")
    return [
        str(lead.id), lead.external_lead_id or "", campaigns.get(lead.campaign_id, ""), contact.name if contact else "",
        lead.status, disposition, outcome, "1" if lead.active else "0", str(lead.attempts), str(lead.priority),
        who(lead.assigned_to_id), who(lead.owner_id), _at(lead.next_contact_at), _at(lead.last_contacted_at),
        who(lead.last_contacted_by_id), _at(lead.snoozed_until), _at(lead.expires_at), _at(lead.created_at),
        " ".join(one.e164 or one.written for one in contact.numbers) if contact else "",
    ]  # fmt: skip


def _contact(contact: ContactFacts | None, name: str, kind: str, zone: ZoneInfo | None) -> str:
    if contact is None:
        return ""
    if kind == "phone":
        return next((one.e164 or one.written for one in contact.numbers if one.label == name), "")
    return to_text(contact.fields.get(name), zone=zone)


def _at(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
