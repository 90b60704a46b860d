"""What the caller does with a session: completing it on their own screen, and ending it for the donor."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ringround.infra import clock
from ringround.infra.secrets import KeyTrouble
from ringround.infra.unit import outside, unit
from ringround.kernel.errors import Conflict, Invalid, NotNow
from ringround.kernel.messages import N_
from ringround.kernel.text import clean
from ringround.onboarding.accounts import account_view
from ringround.onboarding.actions.agreements.changes import upgrade_drop
from ringround.onboarding.actions.sessions import begin, said, store
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import AlreadyFinal, GatewayError, NoSuch
from ringround.onboarding.models import GatewayAccount, Session
from ringround.onboarding.queries import asked
from ringround.onboarding.queries.asked import AGAIN
from ringround.onboarding.rules.session import (
    LIVE,
    Command,
    PaymentType,
    cancel_said,
    is_local,
    word_of_state,
)
from ringround.orgs.actor import Actor

MAX_REASON = 500


def session_submit_payment(*, actor: Actor, session_id: UUID) -> Session:
    """Begin at the gateway on the caller's screen, where that may be (`queries.asked.pay_here` says why not)."""
    with unit():
        session = store.lock_seen(actor, session_id)
        account, method = asked.pay_here(session)
        if account.kind == "sandbox":
            session.snapshot["stand_in"] = True
        begin.prepare(session, method)
        store.write(session, "payment_submitted", actor=actor)
    return begin.begin(session_id).session


def session_decline(*, actor: Actor, session_id: UUID, reason: str = "") -> Session:
    """The donor said no to the caller: Rejected."""
    return _ended_by(actor, session_id, "agent_declined", reason)


def session_cancel(*, actor: Actor, session_id: UUID, reason: str = "") -> Session:
    """The caller takes it back: Rejected; what is under way at the gateway is cancelled there."""
    return _ended_by(actor, session_id, "cancelled", reason)


def _ended_by(actor: Actor, session_id: UUID, code: str, reason: str) -> Session:
    words = clean(reason)
    if len(words) > MAX_REASON:
        raise Invalid.one("reason", "too_long", N_("At most %(limit)s characters.", limit=MAX_REASON))
    with unit():
        session = store.lock_seen(actor, session_id)
        if session.status not in LIVE:
            raise Conflict("wrong_state", N_("The session has ended."), [one.value for one in LIVE])
    return end(session_id, reason=code, detail=words, actor=actor)


def end(session_id: UUID, *, reason: str, detail: str = "", actor: Actor | None) -> Session:
    """End a session as Rejected; where it has begun at the gateway, that is asked first. Who was faster has agreed, and
    the session is then Complete. 409 `gateway_busy` where the gateway cannot be asked."""
    outside()
    session = Session.objects.select_related("account").get(id=session_id)
    answer = "cancelled"
    if session.status in LIVE and session.beginning_at is not None and not session.gateway_ref:
        # A beginning is under way, and what came of it is not known: it is asked for before it is ended.
        session = begin.begin(session_id).session
    if session.status in LIVE and session.account is not None and session.gateway_ref:
        answer = _cancel_there(session, session.account)
    with unit():
        locked = store.lock(session_id)
        assert locked is not None
        seen = (session.gateway_ref, session.beginning_at)
        if locked.status in LIVE and (locked.gateway_ref, locked.beginning_at) != seen:
            # The donor has gone to the gateway meanwhile, and it has not been asked.
            raise NotNow("gateway_busy", AGAIN)
        if locked.status in LIVE and is_local(locked.action) and not upgrade_drop(session=locked, now=clock.now()):
            raise NotNow("gateway_busy", AGAIN)
        _apply(locked, answer, reason, detail, actor, clock.now())
        return locked


def _apply(session: Session, answer: str, reason: str, detail: str, actor: Actor | None, now: datetime) -> None:
    what = cancel_said(session.status, answer)
    if what.commands == (Command.REJECT,):
        store.move(session, Command.REJECT, now=now, actor=actor, reason=reason, detail=detail)
    else:
        said.carry_out(session, what, now=now, view=None)


def _cancel_there(session: Session, account: GatewayAccount) -> str:
    """What the gateway answers; what was final before is applied by its own word."""
    key = f"{session.id}:cancel"
    try:
        drawer, view = DRAWERS[account.kind], account_view(account)
        if session.payment_type == PaymentType.SINGLE:
            answer = drawer.cancel_charge(view, session.gateway_ref, key)
        else:
            answer = drawer.cancel_mandate(view, session.gateway_ref, key, pending_only=True)
    except NoSuch:
        return "cancelled"
    except AlreadyFinal:
        answer = "already_final"
    except (GatewayError, KeyTrouble):
        raise NotNow("gateway_busy", AGAIN) from None
    if answer != "already_final":
        return answer
    return _final_there(session, account)


def _final_there(session: Session, account: GatewayAccount) -> str:
    """It had ended there by itself: accepted, or not. Where that cannot be asked, nothing is made of it."""
    try:
        drawer, view = DRAWERS[account.kind], account_view(account)
        if session.payment_type == PaymentType.SINGLE:
            state: str = drawer.get_charge(view, session.gateway_ref).state
        else:
            state = drawer.get_mandate(view, session.gateway_ref).state
    except NoSuch:
        return "cancelled"
    except (GatewayError, KeyTrouble):
        # Who has just accepted is not to be sent away unasked.
        raise NotNow("gateway_busy", AGAIN) from None
    return "already_active" if word_of_state(state, session.payment_type) == "accepted" else "cancelled"
