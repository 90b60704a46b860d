"""Writing presence. Each function locks the agent's one row first, so that two tabs of one agent follow each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.campaigns import actions as leads
from ringround.campaigns import queries as campaigns
from ringround.campaigns.queries.access import check_agent
from ringround.campaigns.queries.plan_facts import plan_load
from ringround.dialer import store
from ringround.dialer.rules import presence as rules
from ringround.dialer.store import AgentRow as AgentRow
from ringround.infra import clock, sql
from ringround.infra.unit import action, unit
from ringround.kernel.errors import Conflict
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


@action
def presence_join(*, actor: Actor, campaign_id: UUID, console: bool = False, visiting: bool = False) -> AgentRow:
    """Begin to work on a campaign. Joining it again changes nothing; another is left first, unless a lead is held.

    `visiting`: another program joins them, for one contact. Who is there already stays; who was on another campaign
    goes back to it when nothing is in hand any more; who was nowhere leaves then, unless a console of theirs is heard
    of: else they have nothing here to leave by.
    """
    require(actor, "dialer.work")
    plan = plan_load(campaign_id=campaign_id, user_id=actor.user_id)
    check_agent(actor=actor, plan=plan)
    presence = presence_lock(actor=actor)
    held = campaigns.lead_held(actor=actor)
    if held is not None and held.campaign_id != campaign_id:
        raise Conflict("lead_held", _("You hold a contact of another campaign. Finish it first."))
    if plan.state not in JOINABLE and held is None:
        raise Conflict("wrong_state", _("This campaign is not running."), allowed=JOINABLE)
    home, seen_at = _home(presence, actor, campaign_id) if visiting else None, presence.seen_at
    if presence.campaign_id != campaign_id or presence.organisation_id != actor.org_id:
        _go_offline(presence)
    presence.home_id = home
    presence.organisation_id, presence.merchant_id = actor.org_id, plan.merchant_id
    presence.campaign_id, presence.mode = campaign_id, plan.mode
    came, presence.visiting = presence.state == rules.State.OFFLINE, presence.visiting and visiting
    if came:
        if presence.back_to:
            _come_back(presence, actor)
        else:
            presence.pause_reason, presence.pause_wanted, presence.wrap_until = "", False, None
            presence.move(rules.State.READY)
            _settle(presence, actor)
    if came:
        # Only now: until the contact is in hand there is nothing to be here for.
        presence.visiting = visiting
    if home is not None:
        # A click says nothing of the console that stands open beside it.
        presence.seen_at = seen_at
    elif not visiting or came:
        presence.seen_at = clock.real_now() if console else None if actor.via == "token" else presence.seen_at
    presence.save()
    return presence


@action
def presence_leave(*, actor: Actor, release: bool = False) -> AgentRow:
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


@action
def presence_pause(*, actor: Actor, reason: str = "") -> AgentRow:
    """Take a break: at once when idle, else when the contact in hand is done. A new reason replaces the old one."""
    presence = require_joined(actor=actor, staying=True)
    state = rules.State(presence.state)
    if state is rules.State.PAUSED or not rules.pauses_at_once(state, _work(presence, actor)):
        changed = presence.pause_reason != reason.strip()
        presence.pause_wanted = state is not rules.State.PAUSED
        presence.pause_reason = reason.strip()
        if changed and state is rules.State.PAUSED:
            presence.move(state, again=True)
    else:
        presence.pause_reason, presence.pause_wanted, presence.wrap_until = reason.strip(), False, None
        presence.move(rules.State.PAUSED)
    presence.save()
    return presence


@action
def presence_resume(*, actor: Actor) -> AgentRow:
    """End the break, or take back the wish for one. Without either nothing changes."""
    presence = require_joined(actor=actor, staying=True)
    presence.pause_reason, presence.pause_wanted = "", False
    if presence.state == rules.State.PAUSED:
        presence.move(rules.State.READY)
    _settle(presence, actor)
    presence.save()
    return presence


def require_joined(*, actor: Actor, working: bool = False, staying: bool = False) -> AgentRow:
    """The locked presence of an agent who has joined; 409 `not_joined`, and with `working` 409 `paused`.

    Acting is a sign of life: an agent whose connection was lost is back by it. `staying`: what they do shows that they
    work here themselves, whoever joined them.
    """
    require(actor, "dialer.work")
    presence = presence_lock(actor=actor)
    if presence.state == rules.State.OFFLINE and presence.back_to and presence.organisation_id == actor.org_id:
        _come_back(presence, actor)
        presence.seen_at = None if actor.via == "token" else clock.real_now()
        presence.save()
    if presence.state == rules.State.OFFLINE or presence.organisation_id != actor.org_id:
        raise Conflict("not_joined", _("Run a campaign first."))
    if working and presence.state == rules.State.PAUSED:
        raise Conflict("paused", _("You are on a break. End it first."))
    if staying:
        presence.visiting, presence.home_id = False, None
    return presence


@dataclass(frozen=True, slots=True)
class InHand:
    """What the agent has in hand, as the caller has just made it so: a lead, a call on it, and whether the exchange
    tells when that is answered."""

    holding: bool = False
    in_call: bool = False
    answers_known: bool = False


def presence_settle(*, actor: Actor, presence: AgentRow, hand: InHand | None = None) -> AgentRow:
    """Bring a locked presence in line with what the agent now has in hand; without `hand` that is looked up."""
    _settle(presence, actor, hand)
    presence.save()
    return presence


def presence_wrap(*, actor: Actor, presence: AgentRow, wrap_up_s: int, hand: InHand | None = None) -> AgentRow:
    """After a disposition: wrap-up time runs from the end of the call, or from now where none was told."""
    now = clock.now()
    began = presence.since if presence.state == rules.State.WRAPPING else now
    until = began + timedelta(seconds=wrap_up_s)
    presence.wrap_until = until if until > now and not presence.pause_wanted else None
    return presence_settle(actor=actor, presence=presence, hand=hand)


def presence_working(*, actor: Actor) -> Callable[[int], None]:
    """Lock the agent who is about to be done with what they hold, otherwise than by a disposition; nobody where they
    have never joined. What comes back is called when it is given back: with the campaign's wrap-up time."""
    presence = store.lock(user_id=actor.user_id) if actor.user_id is not None else None

    def done(wrap_up_s: int) -> None:
        if presence is not None and presence.campaign_id is not None:
            # Who asks for the next contact needs no timer.
            presence_wrap(actor=actor, presence=presence, wrap_up_s=0 if presence.mode == "manual" else wrap_up_s)

    return done


def presence_seen(*, actor: Actor) -> bool:
    """A sign of life from a console; whether it brought the agent back from a lost connection."""
    real = clock.real_now()
    assert actor.user_id is not None
    if sql.run("dialer", "presence_seen", user=actor.user_id, at=real):
        return False
    with unit():
        presence = presence_lock(actor=actor)
        back = presence.state == rules.State.OFFLINE and bool(presence.back_to)
        if back and presence.organisation_id == actor.org_id:
            _come_back(presence, actor)
            presence.seen_at = real
            presence.save()
        return back


def lapse_silent() -> bool:
    """Take agents whose console has fallen silent off delivery; True when there may be more. What they hold stays."""
    with unit():
        before = clock.real_now() - GRACE
        silent = sql.rows("dialer", "presence_silent", before=before, limit=_BATCH)
        for one in silent:
            presence = _known(one["user_id"])
            presence.back_to, presence.seen_at = presence.state, None
            presence.move(rules.State.OFFLINE)
            presence.save()
    return len(silent) == _BATCH


def end_wrap_up() -> bool:
    """Make agents ready whose wrap-up time is over; True when there may be more."""
    with unit():
        over = sql.rows("dialer", "presence_wrapped", now=clock.now(), limit=_BATCH)
        for one in over:
            presence = _known(one["user_id"])
            presence.wrap_until = None
            _settle_alone(presence)
            presence.save()
    return len(over) == _BATCH


def _known(user_id: UUID) -> AgentRow:
    """A row that this transaction has locked already."""
    found = store.lock(user_id=user_id)
    assert found is not None
    return found


@action
def presence_refresh(*, user_id: UUID) -> None:
    """Something happened to what this agent holds (it lapsed, or was taken back): their state follows."""
    presence = store.lock(user_id=user_id)
    if presence is not None and presence.state != rules.State.OFFLINE:
        _settle_alone(presence)
        presence.save()


@action
def presence_end(*, user_id: UUID, campaign_id: UUID | None = None, organisation_id: UUID | None = None) -> bool:
    """Sign an agent off who was taken off the campaign or left the organisation; whether they were there."""
    presence = store.lock(user_id=user_id)
    if presence is None or (presence.state == rules.State.OFFLINE and not presence.back_to):
        return False
    if campaign_id is not None and presence.campaign_id != campaign_id:
        return False
    if organisation_id is not None and presence.organisation_id != organisation_id:
        return False
    _go_offline(presence)
    presence.save()
    return True


def presence_lock(*, actor: Actor) -> AgentRow:
    """The agent's row, locked; made at their first join."""
    assert actor.user_id is not None
    return store.lock_or_make(user_id=actor.user_id, organisation_id=actor.org_id)


def presence_lock_soon(*, actor: Actor) -> Callable[[], AgentRow]:
    """As `presence_lock`, in one letter with what is asked next."""
    assert actor.user_id is not None
    return store.lock_soon(user_id=actor.user_id, organisation_id=actor.org_id)


def _in_hand(presence: AgentRow, actor: Actor) -> InHand:
    held = campaigns.lead_held(actor=actor)
    call = telephony.open_call(agent_id=presence.user_id)
    return InHand(
        holding=held is not None,
        in_call=call is not None and call.hung_up_at is None,
        answers_known=call is not None and telephony.can(Capability.ORIGINATE, exchange=call.exchange),
    )


def _work(presence: AgentRow, actor: Actor, hand: InHand | None = None) -> rules.Work:
    hand = hand or _in_hand(presence, actor)
    return rules.Work(
        holding=hand.holding,
        in_call=hand.in_call,
        answers_known=hand.answers_known,
        looks=presence.mode != "manual",
        wrap_until=presence.wrap_until,
        pause_wanted=presence.pause_wanted,
    )


def _settle(presence: AgentRow, actor: Actor, hand: InHand | None = None) -> None:
    now = clock.now()
    work = _work(presence, actor, hand)
    to = rules.settle(rules.State(presence.state), work, now)
    if to is not rules.State.WRAPPING or work.holding:
        presence.wrap_until = None
    if to is rules.State.PAUSED:
        presence.pause_wanted = False
    if to is rules.State.READY and presence.visiting:
        _go_home(presence)
        return
    presence.move(to)


def _settle_alone(presence: AgentRow) -> None:
    """As `_settle`, with nobody asking: on the agent's own behalf."""
    actor = orgs.actor_for_member(organisation_id=presence.organisation_id, user_id=presence.user_id)
    if actor is None:
        _go_offline(presence)
    else:
        _settle(presence, actor)


def _come_back(presence: AgentRow, actor: Actor) -> None:
    before = rules.State(presence.back_to)
    presence.back_to = ""
    presence.move(rules.come_back(before, _work(presence, actor), clock.now()))


def _home(presence: AgentRow, actor: Actor, campaign_id: UUID) -> UUID | None:
    """The campaign to which a visitor goes back: on which they are of their own accord. None: nowhere, or here."""
    if presence.state == rules.State.OFFLINE or presence.organisation_id != actor.org_id:
        return None
    if presence.visiting:
        return presence.home_id
    return presence.campaign_id if presence.campaign_id != campaign_id else None


def _go_home(presence: AgentRow) -> None:
    """A visit is over: back to the campaign of before, where one may still work on it; else nowhere."""
    home, seen_at = presence.home_id, presence.seen_at
    _go_offline(presence)
    if home is None:
        return
    plan = plan_load(campaign_id=home, user_id=presence.user_id)
    if plan.state not in JOINABLE or plan.member_id is None or not plan.live:
        return
    presence.campaign_id, presence.merchant_id, presence.mode = home, plan.merchant_id, plan.mode
    presence.seen_at = seen_at
    presence.move(rules.State.READY)


def _go_offline(presence: AgentRow) -> None:
    presence.back_to = ""
    presence.move(rules.State.OFFLINE)
    presence.campaign_id, presence.seen_at, presence.visiting, presence.home_id = None, None, False, None
    presence.pause_reason, presence.pause_wanted, presence.wrap_until = "", False, None
