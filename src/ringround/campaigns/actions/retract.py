"""When an import is taken back: its contacts' leads go too, but not those that somebody has worked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from ringround.campaigns.events import LEAD_REMOVED
from ringround.campaigns.models import CampaignCountDelta, Lead
from ringround.campaigns.queries.plan_facts import plan_load
from ringround.infra import clock, events, sql


@transaction.atomic
def leads_retract(*, contact_ids: Sequence[UUID], since: datetime, remove: bool) -> set[UUID]:
    """Those of these contacts with a lead that was worked since; with `remove` the leads of the others are deleted.

    Worked is: handed out, held, called, dispositioned, booked, spoken of in a note, changed by a supervisor, or no
    longer new. A lead that only lies there with its place in the order is nobody's work.
    """
    # Locked, in the order of all, only where they go: nobody is given one between the look and the deletion.
    name = "leads_of_contacts" if remove else "leads_seen_of_contacts"
    rows = sql.rows("campaigns", name, contacts=list(contact_ids))
    if not rows:
        return set()
    touched = {
        row["lead_id"] for row in sql.rows("campaigns", "leads_worked", leads=[r["id"] for r in rows], since=since)
    }
    worked = {row["contact_id"] for row in rows if row["id"] in touched}
    if remove:
        # A contact that goes has all its leads from after it was made: none of them may have been worked at all.
        worked |= {row["contact_id"] for row in rows if row["status"] != "new" or row["attempts"]}
        _remove([row for row in rows if row["contact_id"] not in worked])
    return worked


def _remove(rows: Sequence[dict[str, object]]) -> None:
    now = clock.now()
    counts: Counter[tuple[UUID, str]] = Counter()
    records = []
    for row in rows:
        campaign, lead, number = row["campaign_id"], row["id"], row["event_no"]
        assert isinstance(campaign, UUID)
        assert isinstance(lead, UUID)
        assert isinstance(number, int)
        plan = plan_load(campaign_id=campaign)
        counts[campaign, "leads"] -= 1
        counts[campaign, f"status:{row['status']}"] -= 1
        records.append(
            events.Record(
                org_id=plan.merchant_id,
                also_org_id=plan.also_org_id,
                type=LEAD_REMOVED,
                subject_type="lead",
                subject_id=lead,
                subject_no=number + 1,
                at=now,
                data={"campaign": str(campaign), "contact": str(row["contact_id"])},
            )
        )
    Lead.objects.filter(id__in=[row["id"] for row in rows]).delete()
    CampaignCountDelta.objects.bulk_create(
        CampaignCountDelta(campaign_id=campaign, key=key, n=n) for (campaign, key), n in counts.items()
    )
    events.record_all(records)
