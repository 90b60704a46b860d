"""Handing long work to the background. By name, so that actions need not know the tasks that call them.

A job is deferred in the caller's transaction: it exists exactly when what asks for it was committed.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from procrastinate.contrib.django import app

from ringround.campaigns.models import Campaign

QUEUE = "campaigns"


def defer_bulk(*, bulk_id: UUID) -> None:
    """Change the many leads of a `BulkChange`."""
    app.configure_task("campaigns.bulk", queue=QUEUE, lock=f"bulk:{bulk_id}").defer(bulk_id=str(bulk_id))


def _defer(name: str, campaign_id: UUID, *, in_s: int = 0, **args: Any) -> None:
    # One job of a campaign at a time: two would wait for each other's leads. One for later would hold up the others.
    one = {"schedule_in": {"seconds": in_s}} if in_s else {"lock": f"campaign:{campaign_id}"}
    app.configure_task(f"campaigns.{name}", queue=QUEUE, **one).defer(campaign_id=str(campaign_id), **args)


def defer_list(*, campaign_id: UUID, list_id: UUID) -> None:
    """All contacts of the list become leads."""
    _defer("list_leads_add", campaign_id, list_id=str(list_id))


def defer_lists(campaign: Campaign) -> None:
    """What came onto the lists that a campaign follows while it did not look becomes leads."""
    if campaign.follow_lists:
        for list_id in campaign.lists.order_by("id").values_list("id", flat=True):
            defer_list(campaign_id=campaign.id, list_id=list_id)


def defer_replace(*, campaign_id: UUID) -> None:
    """A setting that decides the leads' places has changed."""
    _defer("leads_replace", campaign_id)


def defer_preassign(*, campaign_id: UUID, run: int, in_s: int = 0) -> None:
    """Deal a campaign's leads to its agents, unless it is done by then."""
    _defer("preassign", campaign_id, in_s=in_s, run=run)


def defer_unassign(*, campaign_id: UUID, user_id: UUID) -> None:
    """Free the many leads of an agent who is off the campaign."""
    _defer("leads_unassign", campaign_id, user_id=str(user_id))
