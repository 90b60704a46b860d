"""Handing long work to the background. By name, so that actions need not know the tasks that call them.

A job is deferred in the caller's transaction: it exists exactly when what asks for it was committed.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from procrastinate.contrib.django import app

QUEUE = "campaigns"


def _defer(name: str, campaign_id: UUID, **args: Any) -> None:
    # One job of a campaign at a time: two would wait for each other's leads.
    app.configure_task(f"campaigns.{name}", queue=QUEUE, lock=f"campaign:{campaign_id}").defer(
        campaign_id=str(campaign_id), **args
    )


def defer_list(*, campaign_id: UUID, list_id: UUID) -> None:
    """All contacts of the list become leads."""
    _defer("list_leads_add", campaign_id, list_id=str(list_id))


def defer_replace(*, campaign_id: UUID) -> None:
    """A setting that decides the leads' places has changed."""
    _defer("leads_replace", campaign_id)


def defer_preassign(*, campaign_id: UUID, run: int) -> None:
    """Deal a large campaign's leads to its agents."""
    _defer("preassign", campaign_id, run=run)


def defer_unassign(*, campaign_id: UUID, user_id: UUID) -> None:
    """Free the many leads of an agent who is off the campaign."""
    _defer("leads_unassign", campaign_id, user_id=str(user_id))
