"""The beginning at the gateway: noted, called, and the answer noted, each by itself, so that a crash loses nothing.

1. In a transaction: which account and method, and that it is under way.
2. The call, with the session's id as its key: whoever repeats it has the same answer.
3. In a transaction: the answer. What the gateway says by itself may have come first.

A beginning whose answer was lost is repeated by the tick (`expire`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from ringround.infra import clock
from ringround.infra.secrets import KeyTrouble
from ringround.infra.unit import unit
from ringround.kernel.calendar import local_date
from ringround.kernel.errors import Conflict, Invalid, NotNow
from ringround.kernel.messages import N_
from ringround.onboarding.accounts import account_for, account_view, seal, unseal
from ringround.onboarding.actions import leads
from ringround.onboarding.actions.agreements.signed import one_off_id
from ringround.onboarding.actions.sessions import said, store
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import (
    Declined,
    Donor,
    GatewayError,
    InvalidData,
    MandateRef,
    MandateRequest,
    OneOff,
    PaymentRef,
    PaymentRequest,
    Schedule,
)
from ringround.onboarding.models import GatewayAccount, Session
from ringround.onboarding.queries.asked import AGAIN, refused_of, role_of
from ringround.onboarding.queries.payments import charges_waiting
from ringround.onboarding.rules.agreed import Agreed
from ringround.onboarding.rules.bankdays import Notice, add_bank_days
from ringround.onboarding.rules.schedule import Promise, first_charge_promise
from ringround.onboarding.rules.session import LIVE, Action, Command, PaymentType, Status, word_of_state
from ringround.onboarding.rules.subscription import next_changed
from ringround.onboarding.standing import notice_of, rail_of, standing_of, today_of

log = logging.getLogger(__name__)
# Who pays in the sandbox where nobody has typed anything; no account and no person of anybody's.
STAND_IN = {"national_id": "0101701234", "bank_account": "00400440116243", "phone": "+4520123456"}


# So much longer than a rail says that it takes its yes is waited for.
MARGIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Begun:
    """The session as it is, and where the donor goes now: None where nowhere."""

    session: Session
    redirect_url: str | None


def prepare(session: Session, method: str, *, return_url: str = "") -> GatewayAccount:
    """Step 1, of a locked session that is New; 409 `no_payment_account`, `closed`."""
    if session.merchant.closing_at is not None:
        raise Conflict("closed", N_("The work for this organisation is over."))
    # Who may have begun there already is asked again, for the same; else the one that serves the method by now.
    again = session.beginning_at is not None
    account = session.account if again else None
    account = account or account_for(merchant_id=session.merchant_id, method=method)
    if account is None:
        raise Conflict("no_payment_account", N_("There is no payment account for this method."))
    session.account, session.payment_method = account, method
    # Real time: how long a process may need for its call is no business of the virtual clock's.
    session.beginning_at = clock.real_now()
    if return_url:
        # With the donor's link in it: sealed, and only until the answer is noted.
        session.snapshot["return_url"] = seal({"url": return_url})
    now = clock.now()
    if not again:
        _promise(session, account, now)
    session.save(update_fields=["account", "payment_method", "beginning_at", "snapshot", "expires_at", "look_at"])
    store.write(session, "beginning", method=method)
    return account


def _promise(session: Session, account: GatewayAccount, now: datetime) -> None:
    """What the donor is told now, which holds however soon or late the rail says yes; and until when it may."""
    until = _answered_by(session, account, now=now, method=session.payment_method)
    if session.action == Action.CHANGE_PAYMENT_METHOD:
        next_on = next_of(session, account, now=now, method=session.payment_method)
        session.snapshot["next_on"] = next_on.isoformat() if next_on is not None else None
    elif session.payment_type != PaymentType.SINGLE:
        session.snapshot["promise"] = promise_of(session, account, now=now).to_json()
    if until > session.expires_at:
        # Not by the link's time: the donor has done what was theirs. Said before the call, whose body stays the same.
        session.snapshot["link_until"] = session.expires_at.isoformat()
        session.expires_at = session.look_at = until
        leads.waits(session, now=now)


def _answered_by(session: Session, account: GatewayAccount, *, now: datetime, method: str) -> datetime:
    """Until when the rail may say yes at the latest: some take bank days for it."""
    days, zone = rail_of(account, method).accept_bank_days, ZoneInfo(session.merchant.timezone)
    if not days:
        return session.expires_at
    last = add_bank_days(local_date(now, zone), days, session.merchant.region)
    return max(session.expires_at, datetime.combine(last + timedelta(days=1), time(0), zone) + MARGIN)


def begin(session_id: UUID) -> Begun:
    """Steps 2 and 3, of a session that has been prepared; again, they have the same answer.

    409 `gateway_busy` where it may be tried again, Invalid where what was given cannot be used.
    """
    session = Session.objects.select_related("account", "workflow_version").get(id=session_id)
    if session.status not in LIVE or session.account is None:
        return Begun(session, None)
    if session.gateway_ref and session.beginning_at is None:
        return Begun(session, session.redirect_url or None)
    try:
        answer = _call(session, session.account)
    except InvalidData as wrong:
        field = role_of(wrong.field.removeprefix("donor."))
        _undo(session_id, field if wrong.field.startswith("donor.") else "")
        raise Invalid.one(("contact", field), "invalid_data", N_("The payment provider does not take this.")) from None
    except Declined as wrong:
        return _refused(session, Command.REJECT, "gateway_rejected", wrong)
    except (GatewayError, KeyTrouble) as wrong:
        # A key of ours that is not there comes back with who keeps them: nothing is thrown away for it.
        if isinstance(wrong, KeyTrouble) or wrong.again:
            raise NotNow("gateway_busy", AGAIN) from None
        return _refused(session, Command.REFUSE, "cannot_begin", wrong)
    return _noted(session_id, answer)


def _call(session: Session, account: GatewayAccount) -> MandateRef | PaymentRef:
    drawer, view = DRAWERS[account.kind], account_view(account)
    # Another key once something was refused: a rail keeps what it was asked with a key.
    tries = session.snapshot.get("tries", 0)
    key = f"{session.id}-{tries}" if tries else str(session.id)
    if session.payment_type == PaymentType.SINGLE:
        return drawer.begin_payment(view, _payment(session), key)
    return drawer.begin_mandate(view, _mandate(session, account), key)


def _common(session: Session) -> dict[str, Any]:
    back = unseal(session.snapshot.get("return_url", "")).get("url") or settings.RINGROUND.base_url
    return {
        "reference": session.id.hex, "method": session.payment_method, "donor": _donor(session),
        "expires_at": session.expires_at, "return_url": back, "cancel_url": back, "language": session.language,
        "metadata": {name: str(value) for name, value in session.metadata.items() if name == "sandbox_fate"},
    }  # fmt: skip


def _payment(session: Session) -> PaymentRequest:
    agreed = Agreed.from_json(session.agreed)
    return PaymentRequest(
        amount=agreed.amount, currency=agreed.currency, description=agreed.description or agreed.name,
        **_common(session),
    )  # fmt: skip


def _mandate(session: Session, account: GatewayAccount) -> MandateRequest:
    if session.action == Action.CHANGE_PAYMENT_METHOD:
        one = session.subscription
        assert one is not None
        return MandateRequest(
            name=one.agreement.name, description=one.agreement.description, amount=one.amount, currency=one.currency,
            schedule=cast(Schedule, one.schedule), first_on=next_kept(session) or one.next_due_on, **_common(session),
        )  # fmt: skip
    agreed = Agreed.from_json(session.agreed)
    promise = promise_kept(session) or promise_of(session, account, now=clock.now())
    one_off = None
    # A rail that takes none with the acceptance is charged for it afterwards (`signed`).
    rail = rail_of(account, session.payment_method)
    if agreed.one_off and rail.one_off_start:
        one_off = OneOff(reference=one_off_id(session.id).hex, amount=agreed.amount, description=agreed.name)
    return MandateRequest(
        name=agreed.name, description=agreed.description, amount=agreed.amount, currency=agreed.currency,
        schedule=cast(Schedule, agreed.schedule), one_off=one_off, first_on=promise.period_on, **_common(session),
    )  # fmt: skip


def promise_kept(session: Session) -> Promise | None:
    """What the donor was told when they agreed; None before, and where there is nothing to be told."""
    return Promise.from_json(session.snapshot.get("promise"))


def promise_of(session: Session, account: GatewayAccount, *, now: datetime, method: str = "") -> Promise:
    """When the first charge of what is agreed comes, by this account's rail."""
    agreed = Agreed.from_json(session.agreed)
    method = method or session.payment_method or agreed.method
    notice = Notice.of(rail_of(account, method), session.merchant.region)
    return first_charge_promise(
        now, ZoneInfo(session.merchant.timezone), notice, start=agreed.start, day=agreed.day, schedule=agreed.schedule,
        one_off=agreed.one_off,
    )  # fmt: skip


def next_of(session: Session, account: GatewayAccount, *, now: datetime, method: str) -> date | None:
    """When the next payment of the subscription comes whose method is changed to this one."""
    one = session.subscription
    if one is None:
        return None
    return next_changed(
        standing_of(one), charges_waiting([one])[one.id], today=today_of(session.merchant, now),
        by=today_of(session.merchant, _answered_by(session, account, now=now, method=method)), before=notice_of(one),
        after=Notice.of(rail_of(account, method), session.merchant.region),
    )  # fmt: skip


def next_kept(session: Session) -> date | None:
    """When the next payment comes, as the donor was told who agreed to another method; None where nothing was told."""
    kept = session.snapshot.get("next_on")
    return date.fromisoformat(kept) if kept else None


def _donor(session: Session) -> Donor:
    given, secret = session.given, unseal(session.secrets)
    if session.snapshot.get("stand_in"):
        given, secret = {**STAND_IN, **given}, {**STAND_IN, **secret}
    refused = refused_of(session)
    given = {role: value for role, value in given.items() if role not in refused}
    name = given.get("name") or " ".join(
        part for part in (given.get("first_name"), given.get("last_name")) if part
    ) or given.get("company", "")  # fmt: skip
    return Donor(
        name=name, msisdn=given.get("phone", ""), email=given.get("email", ""), address=given.get("address", ""),
        postcode=given.get("post_code", ""), city=given.get("city", ""), country=given.get("country", ""),
        national_id=secret.get("national_id", ""), bank_account=secret.get("bank_account", ""),
        iban=secret.get("iban", ""),
    )  # fmt: skip


def _noted(session_id: UUID, answer: MandateRef | PaymentRef) -> Begun:
    with unit():
        session = store.lock(session_id)
        assert session is not None
        now = clock.now()
        session.gateway_ref, session.redirect_url = answer.ref, _safe(answer.redirect_url, session)
        session.beginning_at = None
        session.snapshot.pop("return_url", None)
        if isinstance(answer, MandateRef) and answer.charge_ref:
            session.snapshot = {**session.snapshot, "charge_ref": answer.charge_ref}
        if session.status in LIVE and answer.expires_at is not None and answer.expires_at > session.expires_at:
            session.expires_at = session.look_at = answer.expires_at
            leads.waits(session, now=now)
        if session.status in (Status.REJECTED, Status.FAILED):
            # Ended while the call was under way: nothing is to come of it, and the tick calls it back.
            session.snapshot = {**session.snapshot, "unwanted": True, "unwanted_since": now.isoformat()}
            session.look_at = now
        session.save(
            update_fields=["gateway_ref", "redirect_url", "beginning_at", "snapshot", "expires_at", "look_at"]
        )  # fmt: skip
        if session.status not in LIVE:
            return Begun(session, None)
        word = word_of_state(answer.state, session.payment_type) or "begun"
        said.take(session, word, now=now, view=None)
        going = session.redirect_url if session.status in LIVE else ""
        return Begun(session, going or None)


def _safe(url: str, session: Session) -> str:
    """Where a provider sends the donor, if that is an address that a page of ours may lead to; else ""."""
    own = settings.RINGROUND.base_url
    if not url or url == own or url.startswith(("https://", f"{own}/")):
        return url
    log.error("session %s: the provider's address to go on at is none that we lead to", session.id)
    return ""


def _refused(seen: Session, command: Command, reason: str, wrong: GatewayError) -> Begun:
    # What the sandbox refuses somebody wants refused: in a demo's log it would look like a fault.
    level = logging.DEBUG if seen.account is not None and seen.account.kind == "sandbox" else logging.INFO
    log.log(level, "session %s cannot begin at its gateway: %s", seen.id, wrong.code)
    with unit():
        session = store.lock(seen.id)
        assert session is not None
        session.beginning_at = None
        if session.status == "New":
            # Without the provider's own words, in which a person may be echoed: whoever looks has the reason.
            store.move(session, command, now=clock.now(), reason=reason)
        return Begun(session, None)


def _undo(session_id: UUID, refused: str) -> None:
    """Nothing has begun, and the next try is another. `refused`: the role of what is to be said again; "": none."""
    with unit():
        session = store.lock(session_id)
        if session is None:
            return
        session.account = session.beginning_at = None
        if (link_until := session.snapshot.pop("link_until", None)) is not None:
            session.expires_at = session.look_at = datetime.fromisoformat(link_until)
            leads.waits(session, now=clock.now())
        session.snapshot.pop("promise", None)
        session.snapshot.pop("next_on", None)
        session.snapshot["tries"] = session.snapshot.get("tries", 0) + 1
        if refused:
            session.snapshot["refused"] = sorted(refused_of(session) | {refused})
        session.save(update_fields=["account", "beginning_at", "snapshot", "expires_at", "look_at"])
