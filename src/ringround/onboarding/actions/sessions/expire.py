"""What time does to sessions: beginnings whose answer was lost are repeated, and what nobody completed expires, after
the gateway has been asked where it has begun."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

from ringround.infra import clock, sql
from ringround.infra.secrets import KeyTrouble
from ringround.infra.unit import unit
from ringround.kernel.errors import RingroundError
from ringround.onboarding.accounts import account_view
from ringround.onboarding.actions.agreements.signed import View, one_off_id
from ringround.onboarding.actions.sessions import begin, said, store
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import Account, AlreadyFinal, Gateway, GatewayError, NoSuch, RefundRequest
from ringround.onboarding.models import Session
from ringround.onboarding.rules.session import LIVE, Action, PaymentType, Word, time_up, word_of_state

log = logging.getLogger(__name__)
# A round of the relay: others have their turn, and a gateway that is slow holds up no more than this.
AT_ONCE, ROUND_S = 100, 0.5
# A beginning that has been under way for so long has lost its answer.
LOST_S = 30.0
# A gateway that cannot be asked is asked again after this.
AGAIN = timedelta(minutes=5)


def sessions_due(*, now: datetime) -> bool:
    """A round's worth of what is due; whether more waits."""
    end = time.monotonic() + ROUND_S
    due = [row["id"] for row in sql.rows("onboarding", "sessions_due", now=now, limit=AT_ONCE)]
    for at, session_id in enumerate(due):
        session_due(session_id=session_id, now=now)
        if time.monotonic() > end and at + 1 < len(due):
            return True
    return len(due) == AT_ONCE


def sessions_lost() -> bool:
    """Beginnings whose answer was lost, repeated with the same key; whether there were any."""
    before = clock.real_now() - timedelta(seconds=LOST_S)
    lost = [row["id"] for row in sql.rows("onboarding", "sessions_lost", before=before, limit=10)]
    for session_id in lost:
        _repeat(session_id)
    return len(lost) == 10


def _repeat(session_id: UUID) -> None:
    with unit():
        session = store.lock(session_id)
        if session is None or session.beginning_at is None:
            return
        # Whoever else looks meanwhile leaves it alone.
        session.beginning_at = clock.real_now()
        session.save(update_fields=["beginning_at"])
    try:
        begin.begin(session_id)
    except RingroundError as why:
        log.warning("the lost beginning of session %s: %s", session_id, why.code)


def session_due(*, session_id: UUID, now: datetime) -> None:
    """One session whose time may be up. The gateway is asked outside any transaction; what it says counts."""
    session = Session.objects.select_related("account").filter(id=session_id).first()
    if session is None:
        return
    if session.status not in LIVE:
        _call_back(session, now)
        return
    if session.beginning_at is not None and not session.gateway_ref:
        _repeat(session_id)
        session.refresh_from_db()
    begun = bool(session.gateway_ref) or session.beginning_at is not None
    answer, view = _ask(session) if session.gateway_ref else (None, None)
    with unit():
        locked = store.lock(session_id)
        if locked is None or locked.status not in LIVE or locked.look_at is None or locked.look_at > now:
            return
        if bool(locked.gateway_ref) != bool(session.gateway_ref):
            # It has begun since it was asked.
            return
        what = time_up(locked.status, begun=begun, answer=answer)
        if not said.carry_out(locked, what, now=now, view=view):
            locked.look_at = now + AGAIN
            locked.save(update_fields=["look_at"])


def _call_back(session: Session, now: datetime) -> None:
    """Stop at the gateway what was accepted after the session had ended with a no: nothing is to be collected on it,
    and what was taken goes back."""
    done = False
    account = session.account
    if account is not None and session.gateway_ref and session.snapshot.get("unwanted"):
        key = f"{session.id}:unwanted"
        try:
            drawer, view = DRAWERS[account.kind], account_view(account)
            taken = session.gateway_ref
            if session.payment_type != PaymentType.SINGLE:
                with suppress(NoSuch, AlreadyFinal):
                    drawer.cancel_mandate(view, session.gateway_ref, key)
                taken = _one_off(session, drawer, view)
            with suppress(NoSuch, AlreadyFinal):
                if taken and drawer.cancel_charge(view, taken, f"{key}:charge") == "already_active":
                    drawer.refund(view, taken, _all_of(session), f"{key}:refund")
            done = True
        except (GatewayError, KeyTrouble) as why:
            log.warning("session %s cannot be called back at its gateway: %s", session.id, type(why).__name__)
    else:
        done = True
    with unit():
        locked = store.lock(session.id)
        if locked is None or locked.status in LIVE:
            return
        locked.look_at = None if done else now + AGAIN
        locked.snapshot = {**locked.snapshot, "unwanted": not done}
        locked.save(update_fields=["look_at", "snapshot"])
        if done and account is not None:
            store.write(locked, "called_back")


def _one_off(session: Session, drawer: Gateway, view: Account) -> str:
    """The payment that came with the mandate, by its ref; empty where there is none."""
    if not session.agreed.get("one_off") or session.action != Action.SIGN_UP:
        return ""
    known = str(session.snapshot.get("charge_ref") or "")
    if not known:
        with suppress(NoSuch):
            known = drawer.find_charge(view, session.gateway_ref, one_off_id(session.id).hex)
    return known


def _all_of(session: Session) -> RefundRequest:
    amount, currency = int(session.agreed["amount"]), str(session.agreed["currency"])
    return RefundRequest(
        reference=uuid5(session.id, "unwanted").hex, amount=amount, currency=currency, total=amount,
        description=str(session.agreed.get("name") or ""),
    )  # fmt: skip


def _ask(session: Session) -> tuple[Word | Literal["nothing"] | None, View | None]:
    """What the gateway says of it now; None where it cannot be asked."""
    account = session.account
    assert account is not None
    try:
        drawer, view = DRAWERS[account.kind], account_view(account)
        found: View
        if session.payment_type == PaymentType.SINGLE:
            found = drawer.get_charge(view, session.gateway_ref)
        else:
            found = drawer.get_mandate(view, session.gateway_ref)
    except NoSuch:
        return "nothing", None
    except (GatewayError, KeyTrouble) as why:
        log.warning("session %s cannot be asked for at its gateway: %s", session.id, type(why).__name__)
        return None, None
    return word_of_state(found.state, session.payment_type) or "nothing", found
