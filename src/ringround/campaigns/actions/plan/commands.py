"""The lifecycle: one command is one transaction, by the table in `rules.lifecycle`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from ringround.campaigns.actions.plan import background
from ringround.campaigns.actions.plan.store import lock, tell
from ringround.campaigns.models import Campaign
from ringround.campaigns.queries.plan import counts, readiness
from ringround.campaigns.rules import lifecycle
from ringround.campaigns.rules import settings as rules_settings
from ringround.campaigns.rules.lifecycle import Command
from ringround.infra import clock, sql
from ringround.kernel.errors import Conflict
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor


def campaign_approve(*, actor: Actor, campaign_id: UUID) -> Campaign:
    """Approve: by somebody else than its maker where four eyes are asked for, and only when it is ready."""
    return _command(actor, campaign_id, Command.APPROVE)


def campaign_start(*, actor: Actor, campaign_id: UUID) -> Campaign:
    """Start or go on. Before its start time it runs, and nothing is handed out until then."""
    return _command(actor, campaign_id, Command.START)


def campaign_pause(*, actor: Actor, campaign_id: UUID) -> Campaign:
    """Nothing new starts; calls under way finish, and what is held may be dispositioned."""
    return _command(actor, campaign_id, Command.PAUSE)


def campaign_complete(*, actor: Actor, campaign_id: UUID) -> Campaign:
    """Complete; what is held may still be dispositioned."""
    return _command(actor, campaign_id, Command.COMPLETE)


def campaign_reopen(*, actor: Actor, campaign_id: UUID) -> Campaign:
    """A completed campaign is paused again."""
    return _command(actor, campaign_id, Command.REOPEN)


def campaign_archive(*, actor: Actor, campaign_id: UUID) -> Campaign:
    """Put away: hidden and kept; reports still work."""
    return _command(actor, campaign_id, Command.ARCHIVE)


@transaction.atomic
def _command(actor: Actor, campaign_id: UUID, command: Command, reason: str = "") -> Campaign:
    campaign = lock(actor=actor, campaign_id=campaign_id, permission=lifecycle.PERMISSION[command])
    # The state first: who approves twice is told that it is approved, not that something is missing.
    after = lifecycle.step(campaign.state, command)
    if command is Command.APPROVE:
        lifecycle.check_four_eyes(
            asked=campaign.merchant.four_eyes, approver=actor.user_id, creator=campaign.created_by_id
        )
        lifecycle.check_ready(readiness(campaign=campaign))
        campaign.approved_by = actor.user
        # Whoever planned it, by the API perhaps: an approved campaign has been through every step.
        campaign.wizard_step = 5
    if command is Command.REOPEN:
        lifecycle.check_reopens(campaign.ends_at, clock.now())
    campaign.state = after.value
    data = {"reason": reason} if command in (Command.PAUSE, Command.COMPLETE) else {}
    tell(campaign, actor, lifecycle.DONE[command], **data)
    campaign.save(update_fields=["state", "approved_by", "wizard_step", "event_no"])
    if command is Command.REOPEN:
        background.defer_lists(campaign)
    return campaign


# --- by the product itself --------------------------------------------------------------------


def campaigns_complete_due(*, now: datetime) -> int:
    """Complete what time, target or an empty list completes; how many. Safe to run anywhere and at once."""
    done = 0
    for row in sql.rows("campaigns", "campaigns_to_complete", now=now):
        done += _complete(orgs.system_actor(organisation_id=row["merchant_id"]), row["id"], now)
    return done


@transaction.atomic
def _complete(actor: Actor, campaign_id: UUID, now: datetime) -> bool:
    """Judged under the campaign's lock: somebody may just have paused it, or given it more time."""
    campaign = lock(actor=actor, campaign_id=campaign_id, permission=lifecycle.PERMISSION[Command.COMPLETE])
    if not lifecycle.TABLE.can(lifecycle.State(campaign.state), Command.COMPLETE):
        return False
    reason = _completes(campaign, now)
    if reason is not None:
        _command(actor, campaign_id, Command.COMPLETE, reason)
    return reason is not None


def _completes(campaign: Campaign, now: datetime) -> str | None:
    campaign_id = campaign.id
    settings = rules_settings.whole(campaign.settings)
    numbers = counts(campaign_ids=[campaign_id]).get(campaign_id, {})
    left = sql.row("campaigns", "leads_left", campaign=campaign_id)
    return lifecycle.completes(
        lifecycle.Standing(
            running=campaign.state == Campaign.State.RUNNING,
            ends_at=campaign.ends_at,
            target=campaign.target,
            engaged=numbers.get("engaged", 0),
            leads=numbers.get("leads", 0),
            leads_left=bool(left and left["few"]),
            when_target=settings["complete_when_target"],
            when_exhausted=settings["complete_when_exhausted"],
        ),
        now,
    )


def campaigns_pause_unlinked(*, merchant_id: UUID, agency_id: UUID) -> int:
    """The link between the two is gone: what the agency was running is paused, so that the merchant sees it; how many.

    The agency's people lost it with the link already; nobody else would work it.
    """
    running = Campaign.objects.filter(merchant_id=merchant_id, agency_id=agency_id, state=Campaign.State.RUNNING)
    done = 0
    for campaign_id in list(running.order_by("id").values_list("id", flat=True)):
        try:
            _command(orgs.system_actor(organisation_id=merchant_id), campaign_id, Command.PAUSE, "link_revoked")
        except Conflict:
            continue
        done += 1
    return done
