"""Recycling: leads of a campaign that a filter finds begin anew, on it or on a new campaign made of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.actions.bulk import carry_out
from ringround.campaigns.actions.plan.copies import campaign_duplicate
from ringround.campaigns.actions.plan.store import check_not_archived
from ringround.campaigns.models import Campaign
from ringround.campaigns.queries.bulk import Bulk
from ringround.campaigns.queries.filters import LeadFilter, filtered
from ringround.campaigns.queries.plan import campaign_get, check_may
from ringround.infra import audit
from ringround.kernel.errors import Invalid
from ringround.orgs.actor import Actor


@dataclass(frozen=True, slots=True)
class Recycled:
    """`count` leads were found; `campaign` is where they begin anew, None where that is still to be made (dry run)."""

    count: int
    campaign: Campaign | None
    done: Bulk | None = None


def leads_recycle(
    *,
    actor: Actor,
    campaign_id: UUID,
    filter: LeadFilter,
    into: str | None = None,
    dry_run: bool = False,
    most: int | None = None,
) -> Recycled:
    """Reset the campaign's leads that the filter finds, or place their contacts on a new campaign named `into`.

    The new campaign has this one's plan and is unapproved; the leads it was made of stay as they are. An empty filter
    is every lead of the campaign. `dry_run` only counts. More than `most`, the number that somebody was shown, is 409
    `more_than_shown`.
    """
    source = campaign_get(actor=actor, campaign_id=campaign_id)
    check_may(actor, source, "campaigns.leads.change")
    if into is None:
        check_not_archived(source)
    else:
        check_may(actor, source, "campaigns.create")
    if filter.campaign and set(filter.campaign) != {campaign_id}:
        raise Invalid.one(("filter", "campaign"), "other_campaign", _("Leads of one campaign are recycled at a time."))
    found = filtered(actor, replace(filter, campaign=(campaign_id,)))
    if dry_run:
        return Recycled(found.count(), source if into is None else None)
    found = found.order_by("position", "id")
    if into is None:
        done = carry_out(actor, found, {}, "reset", most=most)
        return Recycled(done.total, source, done)
    # The campaign is there exactly when its leads are, or the job that makes them.
    with transaction.atomic():
        made = campaign_duplicate(actor=actor, campaign_id=campaign_id, name=into)
        done = carry_out(actor, found, {"campaign": str(made.id)}, "again", most=most)
        audit.write(
            actor=actor, action="campaigns.leads.recycled", org_id=source.merchant_id, subject_type="campaign",
            subject_id=source.id, data={"count": done.total, "campaign": str(made.id)},
        )  # fmt: skip
    return Recycled(done.total, made, done)
