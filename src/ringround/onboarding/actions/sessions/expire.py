"""What time does to sessions: beginnings whose answer was lost are repeated, and what nobody completed expires, after
the gateway has been asked where it has begun."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal
from uuid import UUID, uuid5

from django.db import InterfaceError, OperationalError

from ringround.infra import clock, sql
from ringround.infra.secrets import KeyTrouble
from ringround.infra.unit import unit
from ringround.kernel.errors import RingroundError
from ringround.onboarding.accounts import account_view
from ringround.onboarding.actions.agreements.signed import View, one_off_id
from ringround.onboarding.actions.orders import PATIENCE, Outcome, health_note
from ringround.onboarding.actions.sessions import begin, said, store
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import (
    Account,
    AlreadyFinal,
    Gateway,
    GatewayError,
    MandateView,
    NoSuch,
    RefundRequest,
    Transient,
)
from ringround.onboarding.models import GatewayAccount, Session
from ringround.onboarding.rules.session import LIVE, Action, PaymentType, Word, time_up, word_of_state

log = logging.getLogger(__name__)
# A round of the relay: others have their turn.
AT_ONCE, ROUND_S = 100, 0.5
# A beginning that has been under way for so long has lost its answer.
LOST_S = 30.0
# A gateway that cannot be asked is asked again after this; one that does not take back what came after a no ever later,
# and at last no more: then it is for people, whom the doctor tells.
AGAIN, SELDOM = timedelta(minutes=5), timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Asked:
    """A session that its gateway is to be asked about; `lost`: to begin again."""

    session_id: UUID
    account_id: UUID | None
    lost: bool


def sessions_due(*, now: datetime) -> bool:
    """A round's worth of what is due without asking anybody; whether more waits. Gateways are not called here: the
    relay waits for nobody."""
    end = time.monotonic() + ROUND_S
    due = [row["id"] for row in sql.rows("onboarding", "sessions_due", now=now, limit=AT_ONCE)]
    for at, session_id in enumerate(due):
        _one(session_id, partial(session_due, session_id=session_id, now=now, asking=False), now)
        if time.monotonic() > end and at + 1 < len(due):
            return True
    return len(due) == AT_ONCE


def sessions_ask(*, now: datetime) -> bool:
    """All that `sessions_asked` says, one after the other; whether more may wait. For the virtual clock and tests."""
    found = sessions_asked(now=now)
    for one in found:
        session_ask(session_id=one.session_id, lost=one.lost, now=now)
    return len(found) >= AT_ONCE


def sessions_asked(
    *, now: datetime, busy: Collection[UUID] = (), limit: int = AT_ONCE, each: int = AT_ONCE
) -> list[Asked]:
    """Of which sessions a gateway is to be asked now, but for those in `busy`; of one account at most `each`."""
    real = clock.real_now()
    before, more = real - timedelta(seconds=LOST_S), {"real": real, "busy": list(busy), "limit": limit}
    due = sql.rows("onboarding", "sessions_asking", now=now, each=each, **more)
    found = {row["id"]: Asked(row["id"], row["account_id"], lost=False) for row in due}
    for row in sql.rows("onboarding", "sessions_lost", before=before, **more):
        found.setdefault(row["id"], Asked(row["id"], row["account_id"], lost=True))
    return list(found.values())[:limit]


def session_ask(*, session_id: UUID, lost: bool, now: datetime) -> None:
    """Ask a session's gateway: to begin again where its answer was `lost`, else how it stands now that its time may be
    up. May last as long as calls do."""
    if lost:
        _one(session_id, partial(_repeat, session_id), now)
    else:
        _one(session_id, partial(session_due, session_id=session_id, now=now, asking=True), now)


def _one(session_id: UUID, act: Callable[[], None], now: datetime) -> None:
    """What fails with one session keeps no other from its turn; it is looked at again later."""
    try:
        act()
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("session %s cannot be looked at", session_id)
        Session.objects.filter(id=session_id, look_at__lte=now).update(look_at=now + AGAIN)


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


def session_due(*, session_id: UUID, now: datetime, asking: bool) -> None:
    """One session whose time may be up. The gateway is asked outside any transaction; what it says counts. Without
    `asking`, one that has to be asked about is left to who asks."""
    session = Session.objects.select_related("account").filter(id=session_id).first()
    if session is None or (not asking and (session.gateway_ref or session.beginning_at is not None)):
        return
    if session.status not in LIVE:
        _call_back(session, now)
        return
    if session.beginning_at is not None:
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
            _health(account, why)
    else:
        done = True
    with unit():
        locked = store.lock(session.id)
        if locked is None or locked.status in LIVE:
            return
        since = said.unwanted_since(locked) or now
        over = not done and now - since > PATIENCE
        locked.look_at = None if done or over else now + min(max(AGAIN, (now - since) / 4), SELDOM)
        locked.snapshot = {**locked.snapshot, "unwanted": not done, "unwanted_since": since.isoformat()}
        locked.save(update_fields=["look_at", "snapshot"])
        if done and account is not None:
            store.write(locked, "called_back")
        elif over:
            store.write(locked, "not_called_back")


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
        _health(account, why)
        return None, None
    _health(account, None)
    if isinstance(found, MandateView) and not found.charge_ref:
        # Not every rail says with a mandate which payment came with it; the answer to the beginning did.
        found = replace(found, charge_ref=said.one_off_ref(session))
    return word_of_state(found.state, session.payment_type) or "nothing", found


def _health(account: GatewayAccount, fault: Exception | None) -> None:
    """An account that is down rests, so that each of its sessions does not find that out by a call of its own."""
    if isinstance(fault, Transient) and fault.down:
        outcome = Outcome(
            kind="again", code=fault.code, detail=fault.detail, down=True, retry_after_s=fault.retry_after_s
        )
        health_note(account_id=account.id, outcome=outcome, real=clock.real_now())
    elif fault is None and account.failures:
        health_note(account_id=account.id, outcome=Outcome(kind="done"), real=clock.real_now())
