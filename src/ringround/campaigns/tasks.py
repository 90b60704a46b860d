"""Background entry points: each takes ids and calls one action. `actions.plan.background` defers them by name."""

from __future__ import annotations

from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from ringround.campaigns import actions
from ringround.campaigns.actions.plan.background import QUEUE

# A database that is gone for a moment is waited for. What is given up in the end, the relay finds (`ticks.rescue`).
RETRIES = RetryStrategy(max_attempts=4, exponential_wait=3)


@app.task(name="campaigns.list_leads_add", queue=QUEUE, retry=RETRIES)
def list_leads_add(campaign_id: str, list_id: str) -> None:
    """All contacts of a list become leads."""
    actions.list_attach_run(campaign_id=UUID(campaign_id), list_id=UUID(list_id))


@app.task(name="campaigns.leads_replace", queue=QUEUE, retry=RETRIES)
def leads_replace(campaign_id: str) -> None:
    """A setting that decides the leads' places has changed."""
    actions.leads_replace(campaign_id=UUID(campaign_id))


@app.task(name="campaigns.preassign", queue=QUEUE, retry=RETRIES)
def preassign(campaign_id: str, run: int) -> None:
    """Deal a large campaign's leads to its agents."""
    actions.preassign_run(campaign_id=UUID(campaign_id), run=run)


@app.task(name="campaigns.bulk", queue=QUEUE, retry=RETRIES)
def bulk(bulk_id: str) -> None:
    """Change many leads."""
    actions.bulk_run(bulk_id=UUID(bulk_id))


@app.task(name="campaigns.leads_unassign", queue=QUEUE, retry=RETRIES)
def leads_unassign(campaign_id: str, user_id: str) -> None:
    """Free the many leads of an agent who is off the campaign."""
    actions.leads_unassign(actor=None, campaign_id=UUID(campaign_id), user_id=UUID(user_id))
