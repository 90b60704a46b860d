"""A person is erased: their leads stay for the counts, and say nothing of them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F, TextField
from django.db.models.functions import Cast

from ringround.campaigns.actions.handout import release
from ringround.campaigns.actions.store import Writer
from ringround.campaigns.models import (
    Attempt,
    Callback,
    DialVerdict,
    DroppedCall,
    HandoutLog,
    Lead,
    LeadAnswers,
    LeadNumber,
    NumberHold,
    SiteDelivery,
    TimelineItem,
)
from ringround.campaigns.queries.plan_facts import plan_load
from ringround.campaigns.rules.lead import Change
from ringround.infra import clock, sql
from ringround.telephony import actions as telephony

# What of a line's parameters is of the person; the rest are statuses, times and ids.
_PERSONAL = ("number", "note", "name", "to", "from_number", "text")


@transaction.atomic
def leads_erase(*, contact_ids: Sequence[UUID]) -> int:
    """Empty what campaigns hold of these contacts, safe to run again; how many leads.

    Who holds one gives it back, a booked callback is off, an open lead is closed as unqualified: it is nobody now.
    Statuses, attempts, times and who did what stay.
    """
    now = clock.now()
    rows = sql.rows("campaigns", "leads_of_contacts", contacts=list(contact_ids))
    ids = [row["id"] for row in rows]
    if not ids:
        return 0
    off = {row["lead_id"] for row in sql.rows("campaigns", "callbacks_end", leads=ids, state="cancelled")}
    for campaign in sorted({row["campaign_id"] for row in rows}):
        writer = Writer(plan_load(campaign_id=campaign), now)
        for row in rows:
            if row["campaign_id"] != campaign:
                continue
            lead = writer.open(row)
            if lead.reserved_by_id is not None:
                release(writer, lead, reason="erased")
            if lead.id in off:
                writer.event(lead, "campaigns.callback.cancelled")
            if lead.open:
                lead.become(Change.SET, "unqualified")
                lead.owner_id = lead.assigned_to_id = lead.next_contact_at = lead.snoozed_until = None
                lead.callback_due_at = None
            lead.result, lead.numbers, lead.order_text = {}, [], None
        writer.flush(quiet=True)
    calls = {
        *Attempt.objects.filter(lead__in=ids, call__isnull=False).values_list("call", flat=True),
        *DroppedCall.objects.filter(lead__in=ids).values_list("call", flat=True),
        *(row[name] for row in rows for name in ("call_id", "unsaid_call_id") if row[name] is not None),
    }
    Lead.objects.filter(id__in=ids).update(external_lead_id=None)
    # Each number keeps its tries; which it was is not said.
    LeadNumber.objects.filter(lead__in=ids).update(number=Cast(F("id"), TextField()))
    LeadAnswers.objects.filter(lead__in=ids).update(answers={})
    Attempt.objects.filter(lead__in=ids).update(number="", verdict={})
    DialVerdict.objects.filter(lead__in=ids).delete()
    Callback.objects.filter(lead__in=ids).update(number="", note="")
    HandoutLog.objects.filter(lead_id__in=ids).update(reason="")
    NumberHold.objects.filter(lead_id__in=ids).delete()
    # What an external site was told, and what it still was to be.
    SiteDelivery.objects.filter(lead__in=ids).delete()
    lines = TimelineItem.objects.filter(lead__in=ids)
    lines.filter(kind__in=(TimelineItem.Kind.NOTE, TimelineItem.Kind.MESSAGE)).delete()
    lines.exclude(text="").update(text="")
    for line in lines.filter(params__has_any_keys=list(_PERSONAL)):
        line.params = {name: "" if name in _PERSONAL else value for name, value in line.params.items()}
        line.save(update_fields=["params"])
    telephony.calls_erase(call_ids=sorted(calls))
    return len(ids)
