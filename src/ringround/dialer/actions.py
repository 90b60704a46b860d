"""Writing presence. Each function locks the agent's one row first, so that two tabs of one agent follow each other."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ringround.campaigns import actions as leads
from ringround.campaigns import queries as campaigns
from ringround.campaigns.queries.access import check_agent
from ringround.campaigns.queries.plan_facts import plan_load
from ringround.dialer import events
from ringround.dialer.models import Presence, PresenceLog
from ringround.dialer.rules import presence as rules
from ringround.infra import clock
from ringround.kernel.errors import Conflict
from ringround.kernel.ids import new_id
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require
from ringround.telephony import queries as telephony
from ringround.telephony.ports import Capability

# A console that has not been heard of for this long gets no new leads.
GRACE = timedelta(seconds=15)
# States of a campaign that an agent may join; one that holds a lead may always come back to it.
JOINABLE = ("running", "paused")
_BATCH = 200


@transaction.atomic
def presence_join(*, actor: Actor, campaign_id: UUID, console: bool = False) -> Presence:
    """Begin to work on a campaign. Joining it again changes nothing; another is left first, unless a lead is held."""
    require(actor, "dialer.work")
    plan = plan_load(campaign_id=campaign_id, user_id=actor.user_id)
    check_agent(actor=actor, plan=plan)
    presence = presence_lock(actor=actor)
    held = campaigns.lead_held(actor=actor)
    if held is not None and held.campaign_id != campaign_id:
        raise Conflict("lead_held", _("You hold a contact of another campaign. Finish it first."))
    if plan.state not in JOINABLE and held is None:
        raise Conflict("wrong_state", _("This campaign is not running."), allowed=JOINABLE)
    if presence.campaign_id != campaign_id or presence.organisation_id != actor.org_id:
        _go_offline(presence)
    presence.organisation_id, presence.merchant_id = actor.org_id, plan.merchant_id
    presence.campaign_id, presence.mode = campaign_id, plan.mode
    if presence.state == Presence.State.OFFLINE:
        if presence.back_to:
            _come_back(presence, actor)
        else:
            presence.pause_reason, presence.pause_wanted, presence.wrap_until = "", False, None
            _move(presence, rules.State.READY)
            _settle(presence, actor)
    presence.seen_at = clock.real_now() if console else None if actor.via == "token" else presence.seen_at
    presence.save()
    return presence


@transaction.atomic
def presence_leave(*, actor: Actor, release: bool = False) -> Presence:
    """Stop working. Holding a lead it is refused (`lead_held`) unless told to give it back."""
    presence = presence_lock(actor=actor)
    held = campaigns.lead_held(actor=actor)
    if held is not None:
        if not release:
            raise Conflict("lead_held", _("You hold a contact. Finish it, or give it back."))
        if telephony.open_call(agent_id=presence.user_id) is not None:
            raise Conflict("in_call", _("You have called this contact. Say what happened first."))
        leads.leads_release_held(actor=actor)
    _go_offline(presence)
    presence.save()
    return presence


@transaction.atomic
def presence_pause(*, actor: Actor, reason: str = "") -> Presence:
    """Take a break: at once when idle, else when the contact in hand is done. A new reason replaces the old one."""
    presence = require_joined(actor=actor)
    state = rules.State(presence.state)
    if state is rules.State.PAUSED or not rules.pauses_at_once(state, _work(presence, actor)):
        changed = presence.pause_reason != reason.strip()
        presence.pause_wanted = state is not rules.State.PAUSED
        presence.pause_reason = reason.strip()
        if changed and state is rules.State.PAUSED:
            _move(presence, state, again=True)
    else:
        presence.pause_reason, presence.pause_wanted, presence.wrap_until = reason.strip(), False, None
        _move(presence, rules.State.PAUSED)
    presence.save()
    return presence


@transaction.atomic
def presence_resume(*, actor: Actor) -> Presence:
    """End the break, or take back the wish for one. Without either nothing changes."""
    presence = require_joined(actor=actor)
    presence.pause_reason, presence.pause_wanted = "", False
    if presence.state == Presence.State.PAUSED:
        _move(presence, rules.State.READY)
    _settle(presence, actor)
    presence.save()
    return presence


def require_joined(*, actor: Actor, working: bool = False) -> Presence:
    """The locked presence of an agent who has joined; 409 `not_joined`, and with `working` 409 `paused`.

    Acting is a sign of life: an agent whose connection was lost is back by it.
    """
    require(actor, "dialer.work")
    presence = presence_lock(actor=actor)
    if presence.state == Presence.State.OFFLINE and presence.back_to and presence.organisation_id == actor.org_id:
        _come_back(presence, actor)
        presence.seen_at = None if actor.via == "token" else clock.real_now()
        presence.save()
    if presence.state == Presence.State.OFFLINE or presence.organisation_id != actor.org_id:
        raise Conflict("not_joined", _("Run a campaign first."))
    if working and presence.state == Presence.State.PAUSED:
        raise Conflict("paused", _("You are on a break. End it first."))
    return presence


def presence_settle(*, actor: Actor, presence: Presence) -> Presence:
    """Bring a locked presence in line with what the agent now has in hand."""
    _settle(presence, actor)
    presence.save()
    return presence


def presence_wrap(*, actor: Actor, presence: Presence, wrap_up_s: int) -> Presence:
    """After a disposition: wrap-up time runs from the end of the call, or from now where none was told."""
    now = clock.now()
    began = presence.since if presence.state == Presence.State.WRAPPING else now
    until = began + timedelta(seconds=wrap_up_s)
    presence.wrap_until = until if until > now and not presence.pause_wanted else None
    return presence_settle(actor=actor, presence=presence)


def presence_seen(*, actor: Actor) -> bool:
    """A sign of life from a console; whether it brought the agent back from a lost connection."""
    real = clock.real_now()
    assert actor.user_id is not None
    alive = Presence.objects.filter(user_id=actor.user_id).exclude(state=Presence.State.OFFLINE)
    if alive.update(seen_at=real):
        return False
    with transaction.atomic():
        presence = presence_lock(actor=actor)
        back = presence.state == Presence.State.OFFLINE and bool(presence.back_to)
        if back and presence.organisation_id == actor.org_id:
            _come_back(presence, actor)
            presence.seen_at = real
            presence.save()
        return back


def lapse_silent() -> bool:
    """Take agents whose console has fallen silent off delivery; True when there may be more. What they hold stays."""
    with transaction.atomic():
        silent = list(
            Presence.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(seen_at__lt=clock.real_now() - GRACE)
            .exclude(state=Presence.State.OFFLINE)
            .order_by("id")[:_BATCH]
        )
        for presence in silent:
            before = presence.state
            presence.back_to, presence.seen_at = before, None
            _move(presence, rules.State.OFFLINE)
            presence.save()
    return len(silent) == _BATCH


def end_wrap_up() -> bool:
    """Make agents ready whose wrap-up time is over; True when there may be more."""
    with transaction.atomic():
        over = list(
            Presence.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(wrap_until__lte=clock.now())
            .order_by("id")[:_BATCH]
        )
        for presence in over:
            presence.wrap_until = None
            _settle_alone(presence)
            presence.save()
    return len(over) == _BATCH


@transaction.atomic
def presence_refresh(*, user_id: UUID) -> None:
    """Something happened to what this agent holds (it lapsed, or was taken back): their state follows."""
    presence = Presence.objects.select_for_update(of=("self",)).filter(user_id=user_id).first()
    if presence is not None and presence.state != Presence.State.OFFLINE:
        _settle_alone(presence)
        presence.save()


@transaction.atomic
def presence_end(*, user_id: UUID, campaign_id: UUID | None = None, organisation_id: UUID | None = None) -> bool:
    """Sign an agent off who was taken off the campaign or left the organisation; whether they were there."""
    found = Presence.objects.select_for_update(of=("self",)).filter(user_id=user_id)
    if campaign_id is not None:
        found = found.filter(campaign_id=campaign_id)
    if organisation_id is not None:
        found = found.filter(organisation_id=organisation_id)
    presence = found.filter(~Q(state=Presence.State.OFFLINE) | ~Q(back_to="")).first()
    if presence is None:
        return False
    _go_offline(presence)
    presence.save()
    return True


def presence_lock(*, actor: Actor) -> Presence:
    """The agent's row, locked; made at their first join."""
    assert actor.user_id is not None
    now = clock.now()
    locked = Presence.objects.select_for_update(of=("self",))
    found = locked.filter(user_id=actor.user_id).first()
    if found is None:
        # Inserted without a fight when two tabs are first at once.
        fresh = Presence(user_id=actor.user_id, organisation_id=actor.org_id, since=now)
        Presence.objects.bulk_create([fresh], ignore_conflicts=True)
        found = locked.get(user_id=actor.user_id)
    return found


def _work(presence: Presence, actor: Actor) -> rules.Work:
    held = campaigns.lead_held(actor=actor)
    call = telephony.open_call(agent_id=presence.user_id)
    return rules.Work(
        holding=held is not None,
        in_call=call is not None and call.hung_up_at is None,
        answers_known=call is not None and telephony.can(Capability.ORIGINATE, exchange=call.exchange),
        looks=presence.mode != "manual",
        wrap_until=presence.wrap_until,
        pause_wanted=presence.pause_wanted,
    )


def _settle(presence: Presence, actor: Actor) -> None:
    now = clock.now()
    work = _work(presence, actor)
    to = rules.settle(rules.State(presence.state), work, now)
    if to is not rules.State.WRAPPING or work.holding:
        presence.wrap_until = None
    if to is rules.State.PAUSED:
        presence.pause_wanted = False
    _move(presence, to)


def _settle_alone(presence: Presence) -> None:
    """As `_settle`, with nobody asking: on the agent's own behalf."""
    actor = orgs.actor_for_member(organisation_id=presence.organisation_id, user_id=presence.user_id)
    if actor is None:
        _go_offline(presence)
    else:
        _settle(presence, actor)


def _come_back(presence: Presence, actor: Actor) -> None:
    before = rules.State(presence.back_to)
    presence.back_to = ""
    _move(presence, rules.come_back(before, _work(presence, actor), clock.now()))


def _go_offline(presence: Presence) -> None:
    presence.back_to = ""
    _move(presence, rules.State.OFFLINE)
    presence.campaign_id, presence.seen_at = None, None
    presence.pause_reason, presence.pause_wanted, presence.wrap_until = "", False, None


def _move(presence: Presence, to: rules.State, *, again: bool = False) -> None:
    """Change the state of a locked presence: close the stretch that runs, begin the next (`again`: anyway), tell."""
    before = rules.State(presence.state)
    if to is before and not again:
        return
    now = max(clock.now(), presence.since)
    presence.state, presence.since = to.value, now
    PresenceLog.objects.filter(user_id=presence.user_id, ended_at__isnull=True).update(ended_at=now)
    if to is not rules.State.OFFLINE:
        PresenceLog.objects.create(
            id=new_id(),
            user_id=presence.user_id,
            organisation_id=presence.organisation_id,
            campaign_id=presence.campaign_id,
            state=to.value,
            reason=presence.pause_reason if to is rules.State.PAUSED else "",
            began_at=now,
        )
    events.changed(presence, before=before.value, campaign_id=presence.campaign_id, at=now)
